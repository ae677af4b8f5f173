"""Pages of docs/ as scripts: their parts, the commands and the files that these show."""
import pathlib
import re

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"


class page:
    def __init__(self, name):
        self.name = name
        self.text = (DOCS / name).read_text(encoding="utf-8")

    def section(self, title):
        """The text of the part whose title begins so, up to the next title."""
        found = re.search(rf"^##+ {re.escape(title)}[^\n]*\n(.*?)(?=^##+ |\Z)", self.text, re.DOTALL | re.MULTILINE)
        assert found, f"{self.name} has no part {title}"
        return found[1]

    def commands(self, title):
        """Lines set in by four blanks, without remarks."""
        lines = re.findall(r"^    (\S.*)$", self.section(title), re.MULTILINE)
        return [re.sub(r"\s{2,}# .*", "", line) for line in lines]

    def blocks(self, title, kind):
        return re.findall(rf"^```{kind}\n(.*?)^```$", self.section(title), re.DOTALL | re.MULTILINE)
