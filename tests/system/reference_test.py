"""What docs/reference shows is so: vectors, requests, return codes and defaults. Its conditions are run by
`tests/core/expr/language_test.cpp`."""
import json
import pathlib
import re
import subprocess
import tempfile
import tomllib
import unittest

from node import node, program

top = pathlib.Path(__file__).resolve().parents[2]
pages = sorted((top / "docs/reference").glob("*.md"))


def blocks(kind):
    """(page, text) of every block of that kind."""
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for found in re.findall(rf"^```{kind}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
            yield page.name, found


def without_code(text):
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def holds(shown, got):
    """Whether a reply has the members that are shown."""
    if isinstance(shown, dict):
        return isinstance(got, dict) and all(name in got and holds(x, got[name]) for name, x in shown.items())
    if isinstance(shown, list):
        return isinstance(got, list) and len(shown) == len(got) and all(map(holds, shown, got))
    return shown == got


class vectors(unittest.TestCase):
    def test_they_pass(self):
        count = 0
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
            for page, text in blocks("vector"):
                for line in text.splitlines():
                    count += 1
                    file.write(json.dumps({"id": f"{page} {count}", **json.loads(line)}) + "\n")
            file.flush()
            done = subprocess.run([program("aops-vectors"), file.name], capture_output=True, text=True, timeout=60)
        self.assertGreater(count, 15)
        self.assertEqual(done.stdout.splitlines()[-1:], [f"{count} passed, 0 failed"], done.stdout + done.stderr)


class requests(unittest.TestCase):
    def test_replies_are_as_shown(self):
        with node() as it:
            api, count = it.admin(), 0
            for page, text in blocks("rest"):
                lines = text.splitlines()
                for asked, told in zip(lines[::2], lines[1::2], strict=True):
                    verb, path, body = asked.split(" ", 2)
                    status, shown = re.fullmatch(r"=> (?:HTTP (\d+) ?)?(\{.*\})?", told).groups()
                    got_status, got = api.call(verb, path, json.loads(body))
                    self.assertTrue(holds(json.loads(shown or "{}"), got), f"{page}: {asked}: {got}")
                    self.assertEqual(got_status, int(status or 200), f"{page}: {asked}")
                    count += 1
        self.assertGreater(count, 20)


class return_codes(unittest.TestCase):
    def test_the_table_is_that_of_the_sources(self):
        source = (top / "messages/return_code.hpp").read_text(encoding="utf-8")
        known = {200: ({200}, "operation succeed"), 206: ({200}, "partial succeed")}
        for code, http, text in re.findall(r'outcome\{\s*ec::\w+,\s*"\w+",\s*(\d+),\s*(\d+),\s*"([^"]*)"\}', source):
            known.setdefault(int(code), (set(), text))[0].add(int(http))
        self.assertGreater(len(known), 15)
        page = (top / "docs/reference/rest.md").read_text(encoding="utf-8")
        shown = {int(code): (set(map(int, http.split(", "))), text)
                 for code, http, text in re.findall(r"^\| (\d+) \| ([\d, ]+) \| (.*) \|$", page, re.MULTILINE)}
        self.assertEqual(shown, known)


class statements(unittest.TestCase):
    def test_the_fence_shown_is_the_fence_written(self):
        page = (top / "docs/reference/cluster.md").read_text(encoding="utf-8")
        (shown,) = re.findall(r"^    (update slot .*)$", page, re.MULTILINE)
        self.assertIn(f'"{shown}"', (top / "runtime/io/storage/group_writer.cpp").read_text(encoding="utf-8"))


class options(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        done = subprocess.run([program("aops-node"), "default-config"], capture_output=True, text=True, timeout=30)
        cls.sections = tomllib.loads(done.stdout)

    def default_of(self, section, key):
        self.assertIn(section, self.sections)
        self.assertIn(key, self.sections[section])
        return self.sections[section][key]

    def test_they_exist_and_have_the_defaults_shown(self):
        count = 0
        names = "|".join(name for name, section in self.sections.items() if isinstance(section, dict))
        for page in pages:
            text = without_code(page.read_text(encoding="utf-8"))
            for section, key, value in re.findall(rf"`({names})\.(\w+)`(?:\s\(([^)\s]+)\))?", text):
                with self.subTest(page=page.name, option=f"{section}.{key}"):
                    default = self.default_of(section, key)
                    if value:
                        count += 1
                        self.assertEqual(str(default), value)
        self.assertGreater(count, 15)
