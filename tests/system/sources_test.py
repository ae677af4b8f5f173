"""What the sources say of other files is so: pages and sections they name exist, and are in this repository."""
import pathlib
import re
import unittest

top = pathlib.Path(__file__).resolve().parents[2]
TEXTS = {".cpp", ".hpp", ".py", ".md", ".txt", ".cmake", ".sql", ".toml", ".json", ".sh", ""}


def texts():
    """(path, text) of every source and page."""
    for folder in sorted(top.iterdir()):
        if folder.is_file():
            files = [folder]
        elif folder.name.startswith("build") or folder.name == ".git":
            continue
        else:
            files = sorted(folder.rglob("*"))
        for path in files:
            if path.is_file() and path.suffix in TEXTS and "__pycache__" not in path.parts:
                yield path.relative_to(top), path.read_text(encoding="utf-8", errors="replace")


def anchors(page):
    """The anchors of a page's titles, as GitHub makes them."""
    found, is_code = set(), False
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            is_code = not is_code
        title = re.fullmatch(r"#+ (.*?)\s*", line)
        if title and not is_code:
            plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title[1]).lower()
            anchor = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
            later = sum(1 for x in found if x == anchor or re.fullmatch(rf"{re.escape(anchor)}-\d+", x))
            found.add(f"{anchor}-{later}" if later else anchor)
    return found


class sources(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.all = list(texts())
        assert len(cls.all) > 500

    def refuse(self, pattern, why, among=lambda path: True):
        found = [f"{path}: {match[0]}" for path, text in self.all
                 if among(path) and path != pathlib.Path("tests/system/sources_test.py")
                 for match in re.finditer(pattern, text, re.MULTILINE)]
        self.assertEqual(found, [], why)

    def test_they_cite_nothing_that_is_not_here(self):
        def among(path):
            return path.suffix != ".jsonl"
        self.refuse(r"§ ?\d.*", "a section of which page? Name file and title", among)
        self.refuse(r"(?i)\b(?:design|specification|guide)\b[^a-z]{1,3}(?:§|section).*", "not in this repository", among)
        self.refuse(r"(?i)source:\s*(?:///?\s*)?(?:the\s+)?(?:design|specification|contract|rest)\b.*",
                    "not in this repository", among)

    def test_one_file_leans_on_the_inside_of_caf(self):
        def among(path):
            return path.suffix in (".cpp", ".hpp") and path != pathlib.Path("messages/caf_inside.hpp")
        self.refuse(r"caf(::|/)detail\b.*", "goes to messages/caf_inside.hpp, with the condition under which it may go", among)

    def test_pages_and_sections_they_name_exist(self):
        count, wrong = 0, []
        for path, text in self.all:
            # A path may be torn from the comment's line before, never within.
            for page, section in re.findall(r"\b(docs/[\w/.-]+?\.md)(?:#([\w-]+))?", text):
                count += 1
                if not (top / page).is_file():
                    wrong.append(f"{path}: {page}")
                elif section and section not in anchors(top / page):
                    wrong.append(f"{path}: {page}#{section}")
            for decision in re.findall(r"\bdocs/adr/(\d{4})", text):
                if not list((top / "docs/adr").glob(f"{decision}-*.md")):
                    wrong.append(f"{path}: docs/adr/{decision}")
        self.assertEqual(wrong, [])
        self.assertGreater(count, 50)

    def test_links_between_pages_lead_somewhere(self):
        count, wrong = 0, []
        for path, text in self.all:
            if path.suffix != ".md":
                continue
            for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)):
                if "://" in target or target.startswith("mailto:"):
                    continue
                count += 1
                file, _, section = target.partition("#")
                page = (top / path).parent / file if file else top / path
                if not page.exists():
                    wrong.append(f"{path}: {target}")
                elif section and section not in anchors(page):
                    wrong.append(f"{path}: {target}")
        self.assertEqual(wrong, [])
        self.assertGreater(count, 20)

    def test_titles_of_sections_are_whole(self):
        self.refuse(r"^\s*// -{4,}\s*$", "clang-format tore the title: make it one short line, `// -- title`",
                    lambda path: path.suffix in (".cpp", ".hpp"))

    def test_the_reference_can_be_found(self):
        pages = sorted((top / "docs/reference").glob("*.md"))
        self.assertGreater(len(pages), 4)
        for start in ("README.md", "docs/map.md"):
            text = (top / start).read_text(encoding="utf-8")
            for page in pages:
                self.assertIn(f"reference/{page.name}", text, start)
