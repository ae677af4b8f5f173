"""What operators look at and see to by command line: the configuration in force, and backups, those of the night and one now."""
import shutil
import subprocess
import tempfile

from node import program
from rest import PASSWORD
from user import user


class upkeep(user):
    @classmethod
    def setUpClass(cls):
        cls.kept = tempfile.mkdtemp(prefix="aops-kept-")
        cls.addClassCleanup(shutil.rmtree, cls.kept)
        cls.SETTINGS = ("check.sample_period=1s", f"backup.directory={cls.kept}", "backup.window=00:00-00:01",
                        "storage.password=not-to-be-shown")
        super().setUpClass()

    def test_a_backup_is_made_now_listed_and_whole(self):
        begun = self.json("backup", "start", "--wait")
        self.assertTrue(begun["file"].startswith(self.kept), begun)
        rows = self.json("backup", "list")["backups"]
        self.assertIn(begun["file"], [x["file"] for x in rows])
        self.assertGreater(next(x for x in rows if x["file"] == begun["file"])["bytes"], 0)
        self.assertIn(begun["file"], self.aops("backup", "list", "-o", "name").stdout.splitlines())
        self.assertRegex(self.aops("backup", "list", "-o", "csv").stdout.splitlines()[1], r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
        done = subprocess.run([program("aops-node"), "verify", "--from", begun["file"]], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("backup.start", self.aops("audit", "list", "-o", "csv", "--per_page", "50").stdout)

    def test_the_configuration_in_force_shows_no_secret(self):
        shown = self.aops("config", "show", "-o", "json").stdout
        self.assertNotIn("not-to-be-shown", shown)
        changed = self.json("config", "show", "--filter", "is_default=false")["options"]
        values = {x["option"]: x["value"] for x in changed}
        self.assertEqual(values["backup.directory"], f'"{self.kept}"')
        self.assertEqual(values["storage.password"], '"<sealed>"')
        self.assertNotIn("http.max_connections", values)
        every = self.json("config", "show")["options"]
        self.assertGreater(len(every), 50)
        self.assertTrue(all(x["doc"] for x in every))

    def test_they_are_nothing_for_ordinary_users(self):
        self.aops("account", "register", "ann", AOPS_NEW_PASSWORD=PASSWORD)
        self.aops("user", "adopt", "ann")
        self.aops("login", "--url", self.node.url, "--username", "ann", "--context", "ann", AOPS_PASSWORD=PASSWORD)
        for words in (["config", "show"], ["backup", "list"], ["backup", "start"]):
            done = self.aops(*words, "--context", "ann", code=1)
            self.assertIn("1207", done.stderr)


class without_backups(user):
    def test_a_node_that_keeps_none_says_so(self):
        self.assertIn("backup.directory is not set", self.aops("backup", "list").stderr)
        self.assertIn("backup.directory is not set", self.aops("backup", "start", code=1).stderr)
