"""`aops-node migrate`: from the embedded store to MariaDB, and what it refuses."""
import subprocess
import unittest

from mariadb import mariadb
from node import node, program


class migrate(unittest.TestCase):
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

    def migrate(self, database, *more, source=None):
        words = [program("aops-node"), "migrate", "--from", source or self.node.data]
        for setting in (*self.server.settings(database), *more):
            words += ["--set", setting]
        return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)

    def test_moves_a_store_and_refuses_to_do_it_twice(self):
        self.assertEqual(self.node.stop(), 0)
        self.server.let_nodes_in("moved")
        done = self.migrate("moved")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = {words[0]: words[1] for words in map(str.split, done.stdout.splitlines())}
        self.assertEqual(rows["host"], "2")
        self.assertEqual(rows["slot"], "256")
        self.assertIn("copied host: 2 rows", done.stderr)
        self.assertEqual(self.server.sql("select name from host order by name", "moved"), "kept\ntoo\n")
        again = self.migrate("moved")
        self.assertEqual(again.returncode, 2)
        self.assertIn("not empty", again.stderr)

    def test_begins_anew_when_it_was_killed(self):
        self.assertEqual(self.node.stop(), 0)
        self.server.let_nodes_in("cut")
        self.server.sql("create database cut character set utf8mb4 collate utf8mb4_nopad_bin")
        done = self.migrate("cut")
        self.assertEqual(done.returncode, 0, done.stderr)
        # As a kill in the middle leaves it: some rows, and the mark.
        self.server.sql("create table unfinished_copy (since_ms bigint); set foreign_key_checks = 0; "
                        "delete from host where name = 'too'; update host set name = 'half'", "cut")
        done = self.migrate("cut")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.server.sql("select name from host order by name", "cut"), "kept\ntoo\n")

    def test_refuses_what_it_cannot_move(self):
        running = self.migrate("other")
        self.assertEqual(running.returncode, 2)
        self.assertIn(self.node.data, running.stderr)
        self.assertEqual(self.node.stop(), 0)
        missing = self.migrate("other", source=self.node.data + "-elsewhere")
        self.assertEqual(missing.returncode, 2)
        self.assertIn("aops.db", missing.stderr)
        embedded = self.migrate("other", "storage.engine=sqlite")
        self.assertEqual(embedded.returncode, 2)
        self.assertIn("storage.engine", embedded.stderr)
        denied = self.migrate("other")
        self.assertEqual(denied.returncode, 1)
        self.assertIn("storage.database", denied.stderr)
        self.assertNotIn("node-s3cret", running.stderr + missing.stderr + embedded.stderr + denied.stderr)


if __name__ == "__main__":
    unittest.main()
