"""The manual pages, as those who read and check them take them."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from node import program


class pages(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="aops-man-")
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, locale):
        folder = os.path.join(self.folder, name)
        subprocess.run([program("aops"), "man", folder], env={"LC_ALL": locale, "HOME": self.folder}, check=True, timeout=60)
        found = sorted(pathlib.Path(folder).glob("*.1"))
        self.assertGreater(len(found), 20)
        return found

    @unittest.skipUnless(shutil.which("groff"), "there is no groff")
    def test_groff_warns_of_nothing(self):
        for locale in ("C", "zh_CN.UTF-8"):
            for page in self.write(locale, locale):
                done = subprocess.run(["groff", "-man", "-ww", "-Kutf8", "-Tutf8", str(page)], capture_output=True, timeout=60)
                # Chinese has no blanks to break a line at.
                told = [x for x in done.stderr.decode().splitlines() if locale == "C" or "adjust" not in x and "break" not in x]
                self.assertEqual((done.returncode, told), (0, []), page)

    @unittest.skipUnless(shutil.which("mandoc"), "there is no mandoc")
    def test_mandoc_finds_nothing_wrong(self):
        for page in self.write("man1", "C"):
            done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", str(page)], capture_output=True, text=True, timeout=60)
            # The date is left out: pages of one release are the same whenever they are made.
            told = [x for x in done.stdout.splitlines() if "missing date" not in x]
            self.assertEqual(told, [], page)

    @unittest.skipUnless(shutil.which("man") and shutil.which("lexgrog"), "there is no man")
    def test_man_shows_them(self):
        found = self.write("man1", "C")
        done = subprocess.run(["lexgrog", *map(str, found)], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, len(done.stdout.splitlines())), (0, len(found)), done.stderr)
        shown = subprocess.run(["man", "-l", str(found[0].parent / "aops-host.1")], capture_output=True, text=True, timeout=60,
                               env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "MANPAGER": "cat", "HOME": self.folder})
        self.assertIn("aops host add web1 192.0.2.7", shown.stdout)
        self.assertIn("--host_group_name", shown.stdout.replace("\b", ""))

    def test_they_are_installed_where_man_looks(self):
        build = pathlib.Path(program("aops")).resolve().parents[1]
        if not (build / "cmake_install.cmake").exists():
            self.skipTest("these programs are in no build folder")
        place = pathlib.Path(self.folder, "usr")
        subprocess.run(["cmake", "--install", str(build), "--component", "man", "--prefix", str(place)], check=True, timeout=60,
                       stdout=subprocess.DEVNULL)
        installed = {str(x.relative_to(place)): x.read_bytes() for x in place.rglob("*") if x.is_file()}
        written = {f"share/man/{folder}/{page.name}": page.read_bytes()
                   for folder, locale in (("man1", "C"), ("zh_CN/man1", "zh_CN.UTF-8")) for page in self.write(folder, locale)}
        self.assertEqual(installed, written)
        self.assertNotEqual(written["share/man/man1/aops-host.1"], written["share/man/zh_CN/man1/aops-host.1"])


if __name__ == "__main__":
    unittest.main()
