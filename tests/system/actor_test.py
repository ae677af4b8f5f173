"""docs/actors.md shows code as it stands, and `tools/dev new actor` writes an actor that builds, passes and is formatted."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

top = pathlib.Path(__file__).resolve().parents[2]
build = pathlib.Path(os.environ["AOPS_BIN"]).parent
page = top / "docs/actors.md"


class page_on_actors(unittest.TestCase):
    def test_its_excerpts_stand_in_the_files_they_name(self):
        text = page.read_text(encoding="utf-8")
        excerpts = re.findall(r"^<!-- (\S+) -->\n```cpp\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
        self.assertEqual(len(excerpts), text.count("```cpp"), "an excerpt names no file")
        self.assertGreater(len(excerpts), 5)
        for name, code in excerpts:
            self.assertIn(code, (top / name).read_text(encoding="utf-8"), f"{name} has no such lines")


def command_of(target):
    """How the build folder makes a file."""
    told = subprocess.run(["ninja", "-C", build, "-t", "commands", "-s", target], capture_output=True, text=True, timeout=60)
    if told.returncode != 0 or not told.stdout.strip():
        raise AssertionError(f"{target} is not built here: {told.stderr}")
    return told.stdout.strip()


@unittest.skipUnless((build / "build.ninja").exists(), "needs a build folder of ninja")
class new_actor(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="aops-actor-"))
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "tools").mkdir()
        (self.folder / "actors").mkdir()
        for name in ("tools/dev", "tools/lib.sh", "actors/CMakeLists.txt", ".clang-format"):
            shutil.copy(top / name, self.folder / name)
        self.run_in("tools/dev", "new", "actor", "night_watch")

    def run_in(self, *command, **more):
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=300, **more)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def compile(self, source, like):
        """Compiles a file with the flags of another one, which may be compiled together with its neighbours."""
        rows = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
        together = str(build / pathlib.Path(like).parent / "CMakeFiles")
        row = next(x for x in rows if x["file"] == str(top / like) or x["file"].startswith(together))
        object_file = self.folder / (source.replace("/", "_") + ".o")
        command = re.sub(r" -o \S+", "", row["command"]).replace(row["file"], str(self.folder / source))
        command = command.replace(" -c ", f" -I{self.folder} -o {object_file} -c ")
        done = subprocess.run(command, shell=True, cwd=row["directory"], capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        return object_file

    def test_it_is_listed(self):
        lists = (self.folder / "actors/CMakeLists.txt").read_text(encoding="utf-8")
        self.assertRegex(lists, r"foreach\(folder [a-z_ ]* night_watch\)")

    def test_it_builds_and_passes(self):
        objects = [self.compile("actors/night_watch/night_watch.cpp", "actors/support/prepare.cpp"),
                   self.compile("tests/actors/night_watch/night_watch_test.cpp", "tests/actors/support/prepare_test.cpp")]
        link = command_of("bin/test_actors_support")
        program = self.folder / "night_watch_test"
        link = re.sub(r"\S+/test_actors_support\.dir/(\S*_test\.cpp|Unity/\S+)\.o", "", link)
        link = re.sub(r" -o bin/test_actors_support", f" {objects[1]} {objects[0]} -o {program}", link)
        done = subprocess.run(link, shell=True, cwd=build, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("Running 2 test cases", self.run_in(program))

    @unittest.skipUnless(shutil.which("clang-format"), "needs clang-format")
    def test_it_is_formatted(self):
        sources = [str(x) for x in self.folder.rglob("night_watch*.?pp")]
        self.assertEqual(len(sources), 3)
        self.run_in("clang-format", "--dry-run", "-Werror", *sources)
