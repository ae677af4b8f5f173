"""What docs/operations.md promises: stopping in order, backup by copying, probes, bad configuration."""
import errno
import os
import shutil
import subprocess
import time
import unittest

from exporter import exporter
from node import node, program
from rest import PASSWORD, rule, tree
from waiting import wait_until


class operations(unittest.TestCase):
    def setUp(self):
        self.node = node("check.sample_period=1s", "scrape.connect_timeout=200ms")
        self.addCleanup(self.node.close)
        self.api = self.node.admin()
        self.api.add_group()

    def test_a_copy_taken_while_stopped_is_a_backup(self):
        (host,) = self.api.add_hosts(("kept", "127.88.0.1", 9))
        self.assertEqual(self.node.stop(), 0)
        backup = self.node.data + ".copy"
        shutil.copytree(self.node.data, backup, ignore=shutil.ignore_patterns("aops.lock"))
        self.node.start()
        self.api = self.node.client(self.api.token)
        self.api.good("/manage/host/delete", {"host_list": [host]}, method="DELETE")
        self.node.stop()
        shutil.rmtree(self.node.data)
        os.rename(backup, self.node.data)
        self.node.start()
        api = self.node.client()
        self.assertEqual(api.login(PASSWORD)["code"], 200)
        self.assertEqual(api.host(host)["host_name"], "kept")

    def test_a_node_that_is_stopped_in_the_middle_of_a_job_ends_it_later(self):
        self.api.good("/check/rule/import", {"check_items": [rule("r", "m", "$0 > 1")]})
        self.api.good("/diag/tree/import", {"trees": [tree("t", "a", {"a": "r"})]})
        hosts = self.api.add_hosts(*[(f"h{i}", f"127.88.1.{i + 1}", 9) for i in range(20)])
        now = int(time.time())
        started = self.api.good("/diag/execute", {"host_list": hosts, "tree_list": ["t"], "interval": 1,
                                                  "time_range": [now - 100, now]})
        self.assertEqual(self.node.stop(), 0)
        self.node.start()
        self.api = self.node.client(self.api.token)
        task, expected = started["task_id"], started["expected_report_num"]
        wait_until(lambda: self.api.progress(task) == expected, 90, "the end of the job")
        self.assertEqual(len(self.api.reports(task)), expected)

    def test_figures_count_hosts_and_requests(self):
        self.api.add_hosts(("h1", "127.88.2.1", 9), ("h2", "127.88.2.2", 9))
        figure = lambda: dict(line.rsplit(" ", 1) for line in self.api.send("GET", "/metrics")[2].splitlines()
                              if line and not line.startswith("#"))
        wait_until(lambda: float(figure()["aops_hosts"]) == 2, what="two hosts in the metrics")
        self.assertGreater(float(figure()["aops_http_request_seconds_count"]), 0)

    def test_files_are_for_their_owner_only(self):
        self.assertEqual(os.stat(self.node.data).st_mode & 0o077, 0)
        for name in ("aops.db", "aops.lock"):
            self.assertEqual(os.stat(os.path.join(self.node.data, name)).st_mode & 0o077, 0, name)


class configuration(unittest.TestCase):
    def test_the_printed_defaults_are_a_configuration(self):
        with node(start=False) as n:
            path = os.path.join(n.folder, "default.toml")
            with open(path, "wb") as file:
                self.assertEqual(subprocess.run([program("aops-node"), "default-config"], stdout=file).returncode, 0)
            done = subprocess.run([program("aops-node"), "--config", path, "check-config"], capture_output=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_an_error_in_the_file_names_file_line_and_key(self):
        with node(start=False) as n:
            path = os.path.join(n.folder, "bad.toml")
            with open(path, "w") as file:
                file.write('[check]\nsample_period = "15s"\nsampel_period = "15s"\n')
            done = subprocess.run([program("aops-node"), "--config", path, "check-config"], capture_output=True,
                                  text=True, timeout=30)
        self.assertEqual(done.returncode, 2)
        for part in (path, "3", "sampel_period"):
            self.assertIn(part, done.stderr)


    def test_each_file_that_is_missing_is_one_line_before_anything_starts(self):
        with node(start=False) as n:
            path, gone = os.path.join(n.folder, "aops.toml"), os.path.join(n.folder, "gone.pem")
            with open(path, "w") as file:
                file.write(f'[tls]\ncertificate = "{gone}"\nkey = "{gone}"\n')
            for words in (["check-config"], ["--data-dir", n.data, "--http", "127.0.0.1:0"]):
                done = subprocess.run([program("aops-node"), "--config", path, *words], capture_output=True, text=True,
                                      timeout=30)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertEqual(done.stderr, "".join(
                    f"aops-node: {path}:{line}: tls.{key}: {gone}: No such file or directory\n"
                    "    remedy: name a file that is there, or make it\n" for line, key in ((2, "certificate"), (3, "key"))))
            self.assertFalse(os.path.exists(n.data))

    def test_a_keep_list_that_is_none_is_told_with_its_line(self):
        with node(start=False) as n:
            path, names = os.path.join(n.folder, "aops.toml"), os.path.join(n.folder, "names")
            with open(path, "w") as file:
                file.write(f'[scrape]\nkeep_list = "{names}"\n')
            with open(names, "w") as file:
                file.write("node_load1\nno name\u0021\n")
            done = subprocess.run([program("aops-node"), "--config", path, "check-config"], capture_output=True, text=True,
                                  timeout=30)
        self.assertEqual(done.returncode, 2)
        self.assertIn(f"{path}:2: scrape.keep_list: {names}:2: is no metric name", done.stderr)


class on_a_small_disk(node):
    """A node whose data folder is a file system of its own, which nobody else sees and which ends with the process."""
    MEGABYTES = 24

    def command(self):
        os.makedirs(self.data, exist_ok=True)
        mount = f'mount -t tmpfs -o mode=0700,size={self.MEGABYTES}m none "$0" && exec "$@"'
        return ["unshare", "--mount", "sh", "-c", mount, self.data, *super().command()]

    def inside(self, name):
        return f"/proc/{self.process.pid}/root{os.path.join(self.data, name)}"


class full_disk(unittest.TestCase):
    """What docs/failures.md promises of a disk that is full."""

    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("a file system of its own needs root")
        self.exporter = exporter({"m": 9})
        self.addCleanup(self.exporter.close)
        self.node = on_a_small_disk("check.sample_period=1s")
        self.addCleanup(self.node.close)
        self.api = self.node.admin()
        self.api.add_group()
        self.api.good("/check/rule/import", {"check_items": [rule("r", "m", "$0 > 1")]})
        (self.host,) = self.api.add_hosts(("h", "127.0.0.1", self.exporter.port))

    def fill(self):
        with open(self.node.inside("filler"), "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError as x:
                self.assertEqual(x.errno, errno.ENOSPC)

    def judged_until(self):
        """Of the newest result; 0 while there is none."""
        return max((row["end"] for row in self.api.results(self.host)), default=0)

    def add_groups(self):
        """Until one is refused. Returns those that were acknowledged, and the refusal."""
        names = []
        while len(names) < 10_000:
            name = f"group-{len(names)}"
            code, reply = self.api.call("POST", "/manage/host/group/add",
                                        {"host_group_name": name, "description": "x" * 60})
            if reply["code"] != 200:
                return names, code, reply
            names.append(name)
        self.fail("nothing was refused")

    def test_writes_are_refused_until_there_is_room_and_nothing_is_lost(self):
        wait_until(self.judged_until, 30, "a first result")
        self.fill()
        names, _, reply = self.add_groups()
        self.assertEqual(reply["code"], 1101, reply)
        # What only reads is answered, and the host goes on being sampled.
        served = self.exporter.pages_served
        wait_until(lambda: self.exporter.pages_served > served + 2, 30, "the host is sampled")
        self.assertTrue(self.judged_until())
        os.remove(self.node.inside("filler"))
        free = time.time()
        wait_until(lambda: self.api.call("POST", "/manage/host/group/add",
                                         {"host_group_name": "late", "description": ""})[1]["code"] == 200,
                   30, "there is room again")
        wait_until(lambda: self.judged_until() > free, 30, "results go on")
        known = {row["host_group_name"] for row in self.api.good("/manage/host/group/get", {})["host_group_infos"]}
        self.assertLessEqual(set(names) | {"late", "g"}, known)
        self.assertTrue(self.node.process.poll() is None)
