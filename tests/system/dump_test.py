"""What leaves the store for files: nothing is lost when a node dies in between, nothing is there twice when it is read back."""
import json
import os
import shlex
import shutil
import sqlite3
import subprocess
import unittest

from exporter import exporter
from mariadb import mariadb
from node import die_with_parent, node, program
from page import page
from rest import rule
from waiting import wait_until

ROWS = 30
PAGE = page("backup.md")


class dumping:
    def aops_node(self, *words, code=0):
        done = subprocess.run([program("aops-node"), *words, *self.settings(), "--set", f"retention.dump_directory={self.dumps}"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, preexec_fn=die_with_parent)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout

    def shown(self, kind="results"):
        return [json.loads(line) for line in self.aops_node("dump", "show", "--kind", kind).splitlines()]

    def start(self, *settings):
        self.node.settings = (*self.plain, *settings)
        self.node.start()
        return self.node


class dumped(dumping):
    def fill(self):
        """Results of long ago, of a host that is there."""
        api = self.node.admin()
        host = api.good("/manage/host/add", {"host_list": [{"host_name": "h", "public_ip": "192.0.2.7"}]})["host_list"][0]
        rows = [{"host_id": host, "data_list": ["load1"], "start": 1000 + k, "end": 1001 + k, "check_item": "high",
                 "condition": "$0 > 1", "value": "Abnormal"} for k in range(ROWS)]
        api.good("/data/check/result/save", {"check_results": rows})
        self.assertEqual(self.count(api), ROWS)
        self.assertEqual(self.node.stop(), 0)

    @staticmethod
    def count(api):
        return api.good("/check/result/get", {"time_range": [], "check_items": [], "host_list": []})["total_count"]

    def start_dumping(self):
        return self.start(f"retention.dump_directory={self.dumps}", "retention.check_results=1d")

    def test_what_is_too_old_leaves_and_comes_back(self):
        self.fill()
        self.start_dumping()
        api = self.node.client()
        api.login()
        wait_until(lambda: self.count(api) == 0, 60, "the results have left")
        rows = self.shown()
        self.assertEqual(sorted(x["start_ms"] for x in rows), [1000 * (1000 + k) for k in range(ROWS)])
        self.assertIn("results", self.aops_node("dump", "list"))
        self.assertEqual(self.node.stop(), 0)
        self.assertIn(f"{ROWS} restored, 0 present already, 0 without a place", self.aops_node("dump", "restore"))
        self.assertIn(f"0 restored, {ROWS} present already", self.aops_node("dump", "restore", self.dumps))
        api = self.start().client()
        api.login()
        self.assertEqual(self.count(api), ROWS)


class in_sqlite(dumped, unittest.TestCase):
    def setUp(self):
        self.node = node()
        self.addCleanup(self.node.close)
        self.plain = self.node.settings
        self.dumps = os.path.join(self.node.folder, "dumps")
        os.mkdir(self.dumps)

    def settings(self):
        return ["--data-dir", self.node.data]

    def stored(self):
        with sqlite3.connect(os.path.join(self.node.data, "aops.db")) as db:
            return db.execute("select count(*) from check_result").fetchone()[0]

    def test_a_node_that_dies_between_file_and_deletion_loses_nothing_and_doubles_nothing(self):
        self.fill()
        self.start_dumping()
        other = sqlite3.connect(os.path.join(self.node.data, "aops.db"), isolation_level=None, timeout=30)
        self.addCleanup(other.close)
        # Nobody else may write: the file comes, its rows stay. The name of the files is written before.
        wait_until(lambda: other.execute("select count(*) from dump").fetchone()[0] == 0, 5, "before the first look")
        other.execute("insert into dump (kind, store, number) values ('results', 'abcd', 0)")
        other.execute("begin immediate")
        wait_until(lambda: any(x.endswith(".zst") for x in os.listdir(self.dumps)), 60, "the file")
        self.node.kill()
        other.execute("rollback")
        self.assertEqual(self.stored(), ROWS)
        self.start_dumping()
        wait_until(lambda: self.stored() == 0, 60, "the rows are deleted after all")
        self.assertEqual(len([x for x in os.listdir(self.dumps) if x.startswith("results-")]), 1)
        self.assertEqual(sorted(x["start_ms"] for x in self.shown()), [1000 * (1000 + k) for k in range(ROWS)])

    def test_nothing_is_deleted_while_no_file_can_be_written(self):
        self.fill()
        self.start_dumping()
        shutil.rmtree(self.dumps)
        api = self.node.client()
        wait_until(lambda: "dump" in json.dumps(api.call("GET", "/readyz")[1]), 60, "the node says so")
        self.assertEqual(api.call("GET", "/readyz")[1]["status"], "degraded")
        self.assertEqual(self.stored(), ROWS)

    def test_the_page_as_it_stands(self):
        """docs/backup.md: its file of the configuration and its commands, in their order."""
        self.fill()
        self.start_dumping()
        wait_until(lambda: self.stored() == 0, 60, "the results have left")
        self.assertEqual(self.node.stop(), 0)
        name = os.path.join(self.node.folder, "aops.toml")
        local = lambda text: text.replace("/etc/aops/aops.toml", name).replace("/var/lib/aops-dumps", self.dumps)
        (section,) = PAGE.blocks("Dumps: what leaves the store", "toml")
        with open(name, "w", encoding="utf-8") as file:
            file.write(f'data_dir = "{self.node.data}"\n' + local(section))
        said = ""
        for command in PAGE.commands("Dumps: what leaves the store"):
            words = shlex.split(local(command))
            self.assertEqual(words.pop(0), "aops-node")
            done = subprocess.run([program("aops-node"), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=60, preexec_fn=die_with_parent)
            self.assertEqual(done.returncode, 0, done.stderr)
            said += done.stdout
        self.assertIn(f"{ROWS} restored", said)
        self.assertEqual(said.count('"check_item":"high"'), ROWS)

    def test_rows_are_limited_only_where_they_are_dumped(self):
        done = subprocess.run([program("aops-node"), "check-config", "--set", "retention.most_check_results=5"],
                              capture_output=True, text=True, timeout=60, preexec_fn=die_with_parent)
        self.assertEqual(done.returncode, 2)
        self.assertIn("retention.dump_directory", done.stderr)


def varint(x):
    out = bytearray()
    while x >= 0x80:
        out.append(x & 0x7F | 0x80)
        x >>= 7
    return bytes(out) + bytes([x])


def packed_hour(rounds):
    """(time, blob)s as the store packs them: in a frame of zstd, here with one block that is not compressed."""
    plain, last = b"", 0
    for time_ms, blob in rounds:
        plain += varint(time_ms - last) + varint(len(blob)) + blob
        last = time_ms
    head = b"\x28\xb5\x2f\xfd\xe0" + len(plain).to_bytes(8, "little")
    return b"\x01" + head + (len(plain) << 3 | 1).to_bytes(3, "little") + plain


class samples(dumping, unittest.TestCase):
    def setUp(self):
        self.exporter = exporter({'load{cpu="1"}': 5})
        self.addCleanup(self.exporter.close)
        self.node = node("check.sample_period=1s")
        self.addCleanup(self.node.close)
        self.plain = self.node.settings
        self.dumps = os.path.join(self.node.folder, "dumps")
        os.mkdir(self.dumps)

    def settings(self):
        return ["--data-dir", self.node.data]

    def sql(self, *statement):
        with sqlite3.connect(os.path.join(self.node.data, "aops.db"), timeout=30) as db:
            return db.execute(*statement).fetchall()

    def age(self):
        """Makes what is stored of samples a packed hour of four days ago. Returns its times."""
        rows = [(x - 4 * 86_400_000, body) for x, body in self.sql("select time_ms, body from sample order by time_ms")]
        chunk = packed_hour(rows)
        self.sql("insert into sample_chunk (host, from_ms, until_ms, bytes, body) select n, ?, ?, ?, ? from host",
                 (rows[0][0], rows[-1][0], len(chunk), chunk))
        self.sql("delete from sample")
        return [x for x, _ in rows]

    def test_they_leave_readable_and_come_back_under_other_numbers(self):
        api = self.node.admin()
        host = api.good("/manage/host/add", {"host_list": [{"host_name": "h", "public_ip": "127.0.0.1",
                                                            "exporter_port": self.exporter.port}]})["host_list"][0]
        api.good("/check/rule/import", {"check_items": [rule("r", ("load", {"cpu": "1"}), "$0 > 1000")]})
        wait_until(lambda: self.sql("select count(*) from series where name = 'load'")[0][0], 30, "the series")
        wait_until(lambda: self.sql("select count(*) from sample")[0][0] > 5, 30, "samples")
        self.assertEqual(self.node.stop(), 0)
        times = self.age()
        self.start(f"retention.dump_directory={self.dumps}", "retention.dump_samples=true", "samples.keep=2d")
        wait_until(lambda: not self.sql("select * from sample_chunk"), 60, "the hour has left")
        self.assertEqual(self.node.stop(), 0)
        (hour,) = self.shown("samples")
        self.assertEqual((hour["host_id"], hour["from_ms"], hour["until_ms"]), (host, times[0], times[-1]))
        load = next(x for x in hour["series"] if x["name"] == "load")
        self.assertEqual(load["labels"], {"cpu": "1"})
        self.assertEqual({x for _, x in load["points"]}, {5})
        self.assertLessEqual({x for x, _ in load["points"]}, set(times))
        self.sql("delete from sample")
        self.sql("update series set slot = slot + 50")
        self.assertIn("1 restored, 0 present already, 0 without a place", self.aops_node("dump", "restore"))
        self.assertIn("0 restored, 1 present already", self.aops_node("dump", "restore"))
        service = self.start().service()
        asked = {"time_range": [times[0] // 1000, times[-1] // 1000 + 1],
                 "data_infos": [{"host_id": host, "data_list": [{"name": "load", "type": "kpi", "label": {"cpu": "1"}}]}]}
        (found,) = service.good("/data/data/get", asked)["result"][host]["succeed_list"]
        self.assertEqual([float(x) for _, x in found["values"]], [5.0] * len(load["points"]))


class in_mariadb(dumped, unittest.TestCase):
    def setUp(self):
        self.server = mariadb()
        self.addCleanup(self.server.close)
        self.server.let_nodes_in("dumped")
        self.node = node(*self.server.settings("dumped"))
        self.addCleanup(self.node.close)
        self.plain = self.node.settings
        self.dumps = os.path.join(self.node.folder, "dumps")
        os.mkdir(self.dumps)

    def settings(self):
        return [word for x in self.server.settings("dumped") for word in ("--set", x)]


if __name__ == "__main__":
    unittest.main()
