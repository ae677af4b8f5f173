"""The sources of the pages, without a browser: each English text has a Chinese one, types follow what the node says, and a node
serves the pages as safely as it should.
"""
import html
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from node import node
from web import work

top = pathlib.Path(__file__).resolve().parents[2] / "http/ui"

# Texts that are chosen from a table: file, pattern.
TABLES = {
    "parts/Mark.vue": r"\['[^']*', '\w+', '([^']+)'\]",
    "router.ts": r"(?:title|group): '([^']+)'",
    "parts/range.ts": r"\['\w+', [\d_]+, '([^']+)'\]",
    "state/topology.ts": r"\w+: '([A-Z][^']+)'",
    "parts/HostCharts.vue": r"title: '([^']+)'",
    "parts/Palette.vue": r"kind: '([^']+)'",
    "App.vue": r"(?:auto|light|dark): '([A-Z][^']+)'",
    "parts/mindMap.ts": r"(?:\bfault|new DrawingFault)\('([^']+)'",
    "pages/Host.vue": r"(?:scrape|push|prometheus): '([^']+)'",
    "pages/Diagnosis.vue": r"(?:true|false|unknown|error|reading|none): '([a-z][^']+)'",
}

# What stands for a word, not for a count of things.
WORDS = set("a ago b child column date domain fault group host id item name names reason role row rule span status tasks time what".split())
# Bounds, of which each is far above one.
BOUNDS = {"A trial judges {n} rules at most; a diagnosis judges all", "a sheet may have {rows} rows and {columns} columns",
          "the tree has more than {n} nodes", "the tree is deeper than {n} levels"}
CHOICE = r"\{(\w+)\|([^{|}]*)\|([^{|}]*)\}"
SINGULAR = {"as", "has", "is", "its", "ms", "this", "was"}


def of_many_only(text):
    """Words of an English text that fit a count of many only: they stand after it, and are not chosen by it (`{n|host|hosts}`)."""
    found = []
    for name, rest in re.findall(r"\{(\w+)\}([^{.,;:?!×=]*)", text):
        if name not in WORDS:
            found += [x for x in re.findall(r"[A-Za-z]+", rest) if x in ("are", "were", "have", "wait", "need") or
                      (len(x) > 1 and x.endswith("s") and x not in SINGULAR)]
    return found


def texts_of_sources():
    found = set()
    for path in (top / "src").rglob("*"):
        if path.suffix not in (".vue", ".ts") or path.name in ("zh.ts", "schema.d.ts"):
            continue
        text = path.read_text(encoding="utf-8")
        for pattern in (r"\bt\(\s*'((?:[^'\\]|\\.)*)'", r"new ApiError\(0, '([^']+)'", r"\? '([^']+)' : '[^']+'\)\s*\}\}"):
            found |= {html.unescape(x).replace("\\'", "'") for x in re.findall(pattern, text)}
        pattern = TABLES.get(str(path.relative_to(top / "src")))
        if pattern:
            found |= set(re.findall(pattern, text))
    return found - {"中文"}


def dictionary():
    lines = re.findall(r"^  (?:'((?:[^'\\]|\\.)*)'|(\w+)): '((?:[^'\\]|\\.)*)',$",
                       (top / "src/text/zh.ts").read_text(encoding="utf-8"), re.MULTILINE)
    return {(quoted or bare).replace("\\'", "'"): told for quoted, bare, told in lines}


def from_pages(source, script, given):
    """What a script makes of `given` with what a source of the pages exports (`it`); the source must import nothing but types."""
    whole = """
        import { createRequire } from 'node:module'
        import { readFileSync } from 'node:fs'
        const [modules, source] = process.argv.slice(1)
        const { transformSync } = createRequire(modules + '/')('esbuild')
        const { code } = transformSync(readFileSync(source, 'utf8'), { loader: 'ts', format: 'esm' })
        const it = await import('data:text/javascript,' + encodeURIComponent(code))
        const given = JSON.parse(readFileSync(0, 'utf8'))
        console.log(JSON.stringify(""" + script + "))"
    done = subprocess.run(["node", "--input-type=module", "-e", whole, work() / "node_modules", top / "src" / source],
                          input=json.dumps(given), text=True, capture_output=True, timeout=60)
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


class texts(unittest.TestCase):
    maxDiff = None

    def test_each_text_is_there_in_chinese(self):
        self.assertEqual(sorted(texts_of_sources() - dictionary().keys()), [])

    def test_both_have_the_same_places(self):
        places = lambda x: sorted(set(re.findall(r"\{\w+\}", x)))
        self.assertEqual({k: v for k, v in dictionary().items() if places(k) != places(v)}, {})

    def test_what_is_counted_is_right_of_one_too(self):
        counted = {x: of_many_only(x) for x in texts_of_sources() - BOUNDS if of_many_only(x)}
        self.assertEqual(counted, {}, "of one thing it would say '1 hosts': write {n|host|hosts}")
        self.assertEqual({x for x in BOUNDS if not of_many_only(x)}, set())

    def test_words_beside_a_figure_are_chosen_by_it(self):
        """A figure that stands before the text, in a tag of its own."""
        beside = re.compile(r"\{\{ count\([^}]*\) \}\}(?:<[^>]*>|\s)*\{\{ t\('([a-z][^']*s)'\)")
        self.assertTrue(beside.search("<b>{{ count(n) }}</b> {{ t('lines') }}"))
        found = {str(path): beside.findall(path.read_text(encoding="utf-8")) for path in (top / "src").rglob("*.vue")}
        self.assertEqual({path: texts for path, texts in found.items() if texts}, {})

    def test_words_are_chosen_by_what_is_shown(self):
        chosen = 0
        for text, told in dictionary().items():
            for name, one, many in re.findall(CHOICE, text):
                chosen += 1
                self.assertNotEqual(one, many, text)
                self.assertTrue("{" + name + "}" in text or re.fullmatch(CHOICE, text), text)
            self.assertFalse(re.search(r"\{\w+\|", re.sub(CHOICE, "", text)), f"{text}: a word of one, and one of many")
            self.assertNotIn("{n|", told, "there is no plural in Chinese")
        self.assertGreater(chosen, 50)

    def test_one_is_one_and_nothing_is_many(self):
        told = from_pages("text/filled.ts", "given.map(([text, values]) => it.filled(text, values))", [
            ("{n} {n|host is|hosts are} watched", {"n": 1}), ("{n} {n|host is|hosts are} watched", {"n": 0}),
            ("{n} of {of} {of|host|hosts} {n|is|are} in sync", {"n": "1", "of": "1,204"}),
            ("{name}: {n|one|many}", {"name": "{n|a|b}", "n": 2}), ("{n} {m|x|y}", {"n": 3})])
        self.assertEqual(told, ["1 host is watched", "0 hosts are watched", "1 of 1,204 hosts is in sync", "{n|a|b}: many", "3 {m|x|y}"])

    def test_return_codes_are_there_in_chinese(self):
        codes = (top.parents[1] / "messages/return_code.hpp").read_text(encoding="utf-8")
        told = set(re.findall(r'\d{3}, \d{3}, "([^"]+)"', codes)) | set(re.findall(r"1\d{3}, \d{3}, \"([^\"]+)\"", codes))
        self.assertGreater(len(told), 10)
        self.assertEqual(sorted(told - dictionary().keys()), [])


class rows(unittest.TestCase):
    def test_tests_that_the_table_of_rows_names_are_there(self):
        """`file`: `name`, `name`; a name may leave out an end, as `a_board_is_…`."""
        folder = pathlib.Path(__file__).resolve().parent
        named = 0
        for line in (top.parents[1] / "docs/reference/web.md").read_text(encoding="utf-8").splitlines():
            if not line.startswith("| ") or line.startswith("| row") or line.startswith("| what"):
                continue
            for part in line.rsplit("|", 2)[1].split(";"):
                words = re.findall(r"`([a-z0-9_…]+)`", part)
                if not words:
                    continue
                files = [x for x in (folder / f"web_{words[0]}_test.py", folder / f"{words[0]}.py") if x.exists()]
                self.assertTrue(files, (words[0], line))
                text = "".join(x.read_text(encoding="utf-8") for x in files)
                for name in words[1:]:
                    pattern = r"def test_" + re.escape(name).replace("…", r"\w*") + (r"\(" if not name.endswith("…") else "")
                    self.assertTrue(re.search(pattern, text), (name, line))
                    named += 1
        self.assertGreater(named, 40)


class mind_maps(unittest.TestCase):
    def test_the_pages_draw_what_the_engine_draws(self):
        """The recorded cases of the engine, played to the pages' own reading of mind maps."""
        cases = [json.loads(line) for line in (top.parents[1] / "tests/golden/diagnosis.jsonl").read_text(encoding="utf-8").splitlines()]
        sheets = [x for x in cases if x["kind"] == "excel"]
        self.assertGreater(len(sheets), 10)
        told_of_all = from_pages("parts/mindMap.ts", """given.map((rows) => {
              try {
                return { tree: it.treeFromRows(rows) }
              } catch (problem) {
                if (!(problem instanceof it.DrawingFault)) throw problem
                return { error: true }
              }
            })""", [x["sheet"] for x in sheets])
        for case, told in zip(sheets, told_of_all, strict=True):
            self.assertEqual(told, case.get("sane_expected", case["expected"]), case["id"])


class served(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = node()

    @classmethod
    def tearDownClass(cls):
        cls.node.close()

    def get(self, path, **headers):
        return self.node.client().send("GET", path, headers=headers)

    def test_sources_say_what_the_node_says(self):
        """Types are made of /openapi.json: what the pages send and read must be there."""
        with tempfile.TemporaryDirectory(prefix="aops-types-") as folder:
            place = pathlib.Path(folder)
            shutil.copytree(top / "src", place / "src", ignore=shutil.ignore_patterns("schema.d.ts"))
            shutil.copy(top / "tsconfig.json", place)
            (place / "node_modules").symlink_to(work() / "node_modules")
            (place / "openapi.json").write_text(self.get("/openapi.json")[2], encoding="utf-8")
            for command in (["openapi-typescript/bin/cli.js", "openapi.json", "-o", "src/api/schema.d.ts"],
                            ["vue-tsc/bin/vue-tsc.js", "--noEmit"]):
                done = subprocess.run(["node", f"node_modules/{command[0]}", *command[1:]], cwd=place, text=True, timeout=300,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                self.assertEqual(done.returncode, 0, done.stdout[-4000:])

    def test_policy_allows_nothing_but_its_own(self):
        for path in ("/", "/ui/hosts/x"):
            status, headers, text = self.get(path)
            self.assertEqual(status, 200)
            policy = headers["Content-Security-Policy"]
            for part in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
                self.assertIn(part, policy)
            for word in ("unsafe-inline", "unsafe-eval", "http:", "https:", "*"):
                self.assertNotIn(word, policy)
            self.assertEqual(headers["Cache-Control"], "no-store")
            # No code and no style stands in the page itself.
            self.assertEqual(re.findall(r"<script(?![^>]*\bsrc=)|<style|\bon\w+=|\bstyle=", text), [])
            self.assertNotIn("{{", text)

    def test_files_are_small_and_kept_for_good(self):
        _, _, text = self.get("/")
        names = re.findall(r'(?:src|href)="(/ui/assets/[^"]+)"', text)
        self.assertGreaterEqual(len(names), 3)
        for name in names:
            link = self.node.client().connection()
            link.request("GET", name, headers={"Accept-Encoding": "gzip, br"})
            reply = link.getresponse()
            self.assertIn("immutable", reply.headers["Cache-Control"])
            self.assertEqual(reply.headers["Content-Encoding"], "br")
            reply.read()
            link.request("GET", name, headers={"If-None-Match": reply.headers["ETag"]})
            again = link.getresponse()
            self.assertEqual((again.status, again.read()), (304, b""))
            link.close()

    def test_below_a_path_of_a_proxy_links_are_below_it(self):
        _, _, text = self.get("/", **{"X-Forwarded-Prefix": "/ops"})
        self.assertIn('content="/ops"', text)
        self.assertTrue(all(x.startswith("/ops/ui/assets/") for x in re.findall(r'(?:src|href)="(/[^"]+)"', text)))


if __name__ == "__main__":
    unittest.main()
