"""The Chinese manuals in docs/zh follow the English pages: the same code, titles, tables, lists and names, and links that
lead somewhere. So what other tests carry out of an English page holds for the Chinese one.
"""
import itertools
import re
import unittest

from page import DOCS
from sources_test import anchors

FOLDER = DOCS / "zh"
FIRST = {"README.md", "getting-started.md", "hosts.md", "status.md", "rules.md", "diagnosis.md", "notifications.md",
         "operations.md", "accounts.md", "backup.md", "web.md", "tasks.md", "cli.md"}
BLOCK = re.compile(r"^```[^\n]*\n.*?^```$|(?<=\n\n)(?: {4}[^\n]+(?:\n|\Z))+", re.DOTALL | re.MULTILINE)


def english_of(name):
    """The first page is that of the repository."""
    return DOCS.parent / name if name == "README.md" else DOCS / name


def pages():
    """(name, English text, Chinese text) of each page of the folder."""
    for path in sorted(FOLDER.glob("*.md")):
        yield path.name, english_of(path.name).read_text(encoding="utf-8"), path.read_text(encoding="utf-8")


def spans(text):
    """Code within lines, but for paths of pages, which may have become links."""
    found = [" ".join(x.split()) for _, x in re.findall(r"(`+)(.+?)\1", text, re.DOTALL)]
    return [x for x in found if not re.fullmatch(r"(docs/)?[\w/-]+\.md", x)]


def code_of(cell):
    """A cell of code alone is as it is; of others the code counts, which another language may put in another order."""
    return sorted(spans(cell)) if re.search(r"\w", re.sub(r"`.+?`", "", cell)) else cell


class section:
    def __init__(self, level, title, text):
        self.level, self.title = len(level), title
        self.tables = [x.strip().splitlines() for x in re.findall(r"(?:^\|.*(?:\n|\Z))+", text, re.MULTILINE)]
        self.items = len(re.findall(r"^ *(?:-|\d+\.) ", text, re.MULTILINE))
        self.names = spans(title + "\n" + text)

    def first_cells(self):
        """Of each row of its tables."""
        return [code_of(re.split(r"(?<!\\)\|", row)[1].strip()) for table in self.tables for row in table]


def sections(text):
    """What stands before the first title is one, too."""
    first, *rest = re.split(r"^(#+) (.*)$", BLOCK.sub("", text), flags=re.MULTILINE)
    return [section("", "", first)] + [section(*x) for x in zip(rest[::3], rest[1::3], rest[2::3])]


def differences(english, chinese):
    """Where a translation does not follow its page, a line each."""
    found = []
    for n, (x, y) in enumerate(itertools.zip_longest(BLOCK.findall(english), BLOCK.findall(chinese)), 1):
        if x != y:
            found.append(f"block {n} is\n{y}\nand should be\n{x}")
    shown, ours = sections(english), sections(chinese)
    if [x.level for x in shown] != [x.level for x in ours]:
        return found + [f"titles are {[x.title for x in ours]} and should be {[x.title for x in shown]}"]
    for x, y in zip(shown, ours):
        where = f"{y.title} ({x.title})"
        if [len(table) for table in x.tables] != [len(table) for table in y.tables]:
            found.append(f"{where}: tables have {[len(t) for t in y.tables]} rows, not {[len(t) for t in x.tables]}")
        found += [f"{where}: a row is that of {b} and should be that of {a}"
                  for a, b in zip(x.first_cells(), y.first_cells()) if a != b]
        if x.items != y.items:
            found.append(f"{where}: {y.items} items of lists, not {x.items}")
        found += [f"{where}: does not name `{name}`" for name in x.names if name not in y.names]
    return found


class languages(unittest.TestCase):
    def test_what_is_read_first_is_there_and_can_be_found(self):
        there = {name for name, _, _ in pages()}
        self.assertLessEqual(FIRST, there)
        index = (FOLDER / "README.md").read_text(encoding="utf-8")
        self.assertEqual([x for x in there - {"README.md"} if f"]({x})" not in index], [])
        self.assertIn("](docs/zh/README.md)", english_of("README.md").read_text(encoding="utf-8"))
        self.assertIn("](zh/README.md)", (DOCS / "README.md").read_text(encoding="utf-8"))

    def test_each_page_follows_the_english_one(self):
        for name, english, chinese in pages():
            with self.subTest(name):
                found = differences(english, chinese)
                self.assertEqual(found, [], f"docs/zh/{name} does not follow:\n" + "\n".join(found))

    def test_each_page_is_chinese(self):
        for name, _, chinese in pages():
            for part in sections(chinese)[1:]:
                if not re.fullmatch("aops( [a-z]+)?", part.title):  # What is typed is called so everywhere.
                    self.assertRegex(part.title, r"[\u4e00-\u9fff]", f"docs/zh/{name}")

    def test_links_lead_somewhere_and_stay_in_the_language(self):
        count = 0
        for name, _, chinese in pages():
            for text, target in re.findall(r"\[([^]]*)\]\(([^)\s]+)\)", BLOCK.sub("", chinese)):
                if "://" in target:
                    continue
                with self.subTest(name, target=target):
                    count += 1
                    file, _, anchor = target.partition("#")
                    to = (FOLDER / (file or name)).resolve()
                    self.assertTrue(to.exists())
                    if anchor:
                        self.assertIn(anchor, anchors(to))
                    is_translated = to == english_of(to.name) and (FOLDER / to.name).exists()
                    self.assertFalse(is_translated and text != "English", "there is a Chinese page")
        self.assertGreater(count, 30)


class who_does_not_follow(unittest.TestCase):
    """Each change of an English page is missed in the Chinese one."""

    def refuse(self, changed, english, chinese):
        self.assertNotEqual(changed, english)
        self.assertNotEqual(differences(changed, chinese), [])

    def test_a_changed_block_is_found(self):
        count = 0
        for name, english, chinese in pages():
            for block in BLOCK.finditer(english):
                count += 1
                last = block[0].rindex("\n") if block[0].startswith("```") else len(block[0].rstrip())
                with self.subTest(name, block=block[0]):
                    at = block.start() + last
                    self.refuse(english[:at] + "x" + english[at:], english, chinese)
                    self.refuse(english[:block.start()] + english[block.end():], english, chinese)
        self.assertGreater(count, 40)

    def test_a_lost_title_row_or_item_is_found(self):
        for name, english, chinese in pages():
            with self.subTest(name):
                for pattern in (r"^##+ .*\n", r"^\|.*\n", r"^- "):
                    prose = BLOCK.sub("", english)
                    if re.search(pattern, prose, re.MULTILINE):
                        without_blocks = BLOCK.sub("", chinese)
                        self.assertEqual(differences(prose, without_blocks), [])
                        self.refuse(re.sub(pattern, "", prose, count=1, flags=re.MULTILINE), prose, without_blocks)

    def test_a_new_option_is_found(self):
        for name, english, chinese in pages():
            with self.subTest(name):
                self.refuse(english + "\nSee `--new-option`.\n", english, chinese)

    def test_another_name_in_a_first_column_is_found(self):
        _, english, chinese = next(x for x in pages() if x[0] == "notifications.md")
        self.refuse(english.replace("| `repeat` |", "| `again` |"), english, chinese)


if __name__ == "__main__":
    unittest.main()
