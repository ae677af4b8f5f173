"""`aops-node backup`, `verify` and `restore`, and backups by schedule, on both stores."""
import datetime
import os
import shlex
import subprocess
import unittest

from mariadb import mariadb
from node import node, program
from page import page
from waiting import wait_until

PAGE = page("backup.md")


def run(*words):
    return subprocess.run([program("aops-node"), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=120)


def tables(done):
    """Name → rows and digest, as the command prints them."""
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()[1:]]
    return {words[0]: tuple(words[1:]) for words in rows if len(words) == 3 and words[1].isdigit()}


class backups(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = mariadb()
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        self.node = node()
        self.addCleanup(self.node.close)
        self.api = self.node.admin()
        self.api.add_group()
        self.api.add_hosts(("kept", "127.88.0.2", 9), ("too", "127.88.0.3", 9))
        self.file = os.path.join(self.node.folder, "it.backup")

    def back_up(self, *more):
        return run("backup", "--to", self.file, "--data-dir", self.node.data, *more)

    def hosts_of(self, other):
        """Names of its hosts."""
        api = other.client()
        api.login()
        return sorted(each["host_name"] for each in api.good("/manage/host/get", {"host_group_list": []})["host_infos"])

    def another(self, *settings):
        other = node(*settings, start=False)
        self.addCleanup(other.close)
        return other

    def test_a_running_node_is_saved_and_comes_back_elsewhere(self):
        made = self.back_up()
        self.assertEqual(tables(made)["host"][0], "2")
        self.assertEqual(os.stat(self.file).st_mode & 0o777, 0o600)
        self.assertEqual(tables(run("verify", "--from", self.file)), tables(made))
        other = self.another()
        restored = run("restore", "--from", self.file, "--data-dir", other.data)
        self.assertEqual(tables(restored), tables(made))
        other.start()
        self.assertEqual(self.hosts_of(other), ["kept", "too"])

    def test_from_the_embedded_store_to_mariadb_and_back(self):
        made = self.back_up()
        self.server.let_nodes_in("restored")
        settings = [word for setting in self.server.settings("restored") for word in ("--set", setting)]
        restored = run("restore", "--from", self.file, *settings)
        self.assertEqual(tables(restored), tables(made))
        self.assertEqual(self.server.sql("select name from host order by name", "restored"), "kept\ntoo\n")
        back = os.path.join(self.node.folder, "back.backup")
        self.assertEqual(tables(run("backup", "--to", back, *settings)), tables(made))
        other = self.another()
        self.assertEqual(tables(run("restore", "--from", back, "--data-dir", other.data)), tables(made))
        again = run("restore", "--from", self.file, *settings)
        self.assertEqual(again.returncode, 2)
        self.assertIn("not empty", again.stderr)
        self.assertNotIn("node-s3cret", again.stderr + restored.stderr)

    def test_nothing_is_overwritten_without_a_word(self):
        tables(self.back_up())
        self.assertEqual(self.back_up().returncode, 2)
        running = run("restore", "--from", self.file, "--data-dir", self.node.data, "--replace")
        self.assertEqual(running.returncode, 2)
        self.assertIn(self.node.data, running.stderr)
        self.api.add_hosts(("later", "127.88.0.4", 9))
        self.assertEqual(self.node.stop(), 0)
        refused = run("restore", "--from", self.file, "--data-dir", self.node.data)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("not empty", refused.stderr)
        tables(run("restore", "--from", self.file, "--data-dir", self.node.data, "--replace"))
        self.assertTrue([name for name in os.listdir(self.node.data) if name.startswith("aops.db.before-restore-")])
        self.node.start()
        self.assertEqual(self.hosts_of(self.node), ["kept", "too"])

    def test_a_damaged_one_touches_nothing(self):
        tables(self.back_up())
        with open(self.file, "r+b") as file:
            file.seek(-200, os.SEEK_END)
            file.write(b"\x00\x01\x02")
        self.assertEqual(self.node.stop(), 0)
        spoilt = run("restore", "--from", self.file, "--data-dir", self.node.data, "--replace")
        self.assertEqual(spoilt.returncode, 1)
        self.assertIn(self.file, spoilt.stderr)
        self.node.start()
        self.assertEqual(self.hosts_of(self.node), ["kept", "too"])

    def test_the_page_as_it_stands(self):
        """docs/backup.md: its file of the configuration and its commands, in their order."""
        folder = os.path.join(self.node.folder, "page")
        etc, kept = os.path.join(folder, "etc"), os.path.join(folder, "backups")
        os.makedirs(etc)
        os.makedirs(kept)
        local = lambda text: text.replace("/etc/aops", etc).replace("/var/backups/aops", kept)
        subprocess.run(["bash", "-c", local(PAGE.commands("Encrypted")[0])], check=True, timeout=20)
        (schedule,) = PAGE.blocks("By schedule", "toml")
        with open(os.path.join(etc, "aops.toml"), "w", encoding="utf-8") as file:
            file.write(f'data_dir = "{self.node.data}"\n' + local(schedule))
        self.assertEqual(run("check-config", "--config", os.path.join(etc, "aops.toml")).returncode, 0)

        def follow(title, *more):
            for command in PAGE.commands(title):
                words = shlex.split(local(command))
                self.assertEqual(words[0], "aops-node")
                tables(run(*words[1:], *more))

        follow("By hand")
        self.assertEqual(self.node.stop(), 0)
        follow("Restore", "--replace")
        self.node.start()
        self.assertEqual(self.hosts_of(self.node), ["kept", "too"])

    def test_by_schedule_and_encrypted(self):
        self.assertEqual(self.node.stop(), 0)
        folder = os.path.join(self.node.folder, "backups")
        os.mkdir(folder)
        key = os.path.join(self.node.folder, "backup.key")
        with open(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write("k" * 44 + "\n")
        # Nearly the whole day, so that it does not matter when this runs.
        now = datetime.datetime.now()
        ends = (now - datetime.timedelta(minutes=2)).strftime("%H:%M")
        begins = (now - datetime.timedelta(minutes=1)).strftime("%H:%M")
        self.node.settings += (f"backup.directory={folder}", f"backup.key_file={key}",
                               f"backup.window={begins}-{ends}")
        self.node.start()
        made = wait_until(lambda: [name for name in os.listdir(folder) if name.endswith(".backup")], 60, "a backup")
        self.assertEqual(len(made), 1)
        path = os.path.join(folder, made[0])
        self.assertEqual(run("verify", "--from", path).returncode, 2)
        self.assertEqual(tables(run("verify", "--from", path, "--key-file", key))["host"][0], "2")
        with open(path, "rb") as file:
            self.assertNotIn(b"kept", file.read())
        figure = "aops_backup_last_success_timestamp_seconds"
        wait_until(lambda: any(line.startswith(figure + " 1")
                               for line in self.node.client().send("GET", "/metrics")[2].splitlines()), what=figure)


if __name__ == "__main__":
    unittest.main()
