"""Pages that tell what there is tell all of it, and once."""
import pathlib
import re
import unittest

top = pathlib.Path(__file__).resolve().parents[2]


def text(name):
    return (top / name).read_text(encoding="utf-8")


def folders(name):
    return sorted(x.name for x in (top / name).iterdir() if x.is_dir() and any(x.iterdir()) and x.name != "__pycache__")


class overviews(unittest.TestCase):
    def test_the_map_has_every_folder(self):
        shown = text("docs/map.md").split("```")[1]
        for parent in ("actors", "runtime", "runtime/core", "runtime/io", "http", "cli", "cli/aops"):
            self.assertEqual([x for x in folders(parent) if not re.search(rf"(?<![\w-]){re.escape(x)}/", shown)], [], parent)

    def test_the_page_of_pages_names_each(self):
        shown = set(re.findall(r"`([\w-]+)`", text("docs/README.md")))
        self.assertEqual([x.stem for x in (top / "docs").glob("*.md") if x.stem not in shown | {"README"}], [])

    def test_the_page_of_tools_names_each(self):
        shown = text("tools/README.md")
        self.assertEqual([x.name for x in (top / "tools").iterdir() if x.name not in {"README.md", "CMakeLists.txt", "__pycache__"}
                          and not re.search(rf"`{re.escape(x.name)}[`/]", shown)], [])

    def test_what_run_can_do_is_told_where_it_is_shown(self):
        modes = set(re.findall(r"^#   tools/run (--\w+)", text("tools/run"), re.MULTILINE)) - {"--stop"}
        self.assertGreater(len(modes), 2)
        self.assertEqual([x for x in modes if f"    tools/run {x} " not in text("README.md")], [])
        self.assertEqual([x for x in modes if f"`{x}`" not in text("tools/README.md")], [])

    def test_no_command_has_two_sections(self):
        titles = re.findall(r"^## (.*)$", text("docs/cli.md"), re.MULTILINE)
        self.assertEqual(sorted(set(titles)), sorted(titles))

    def test_who_takes_a_new_password_is_told(self):
        """All that ask for `AOPS_NEW_PASSWORD` stand in its row of the table of secrets."""
        row = next(x for x in text("docs/cli.md").splitlines() if x.endswith("| `AOPS_NEW_PASSWORD` |"))
        for verb, action in (("account", "change"), ("account", "register"), ("user", "add"), ("user", "reset")):
            self.assertIn("AOPS_NEW_PASSWORD", text(f"cli/aops/verbs/{verb}.cpp"))
            self.assertRegex(row, rf"`{verb} --action [^;]*{action}")


if __name__ == "__main__":
    unittest.main()
