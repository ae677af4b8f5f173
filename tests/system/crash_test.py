"""kill -9 in the middle of a large diagnosis: every report is there in the end, none twice."""
import os
import random
import time
import unittest

from exporter import exporter
from node import node
from rest import rule, tree
from waiting import wait_until

HOSTS, TREES, SLICES = 50, 5, 10
EXPECTED = HOSTS * TREES * SLICES
KILLS = 30 if os.environ.get("AOPS_LONG") else 5


class crash(unittest.TestCase):
    def setUp(self):
        self.answering = [f"127.{9 + i // 200}.{i % 200}.7" for i in range(HOSTS // 2)]
        self.exporter = exporter({"m": 9, "n": 1}, self.answering)
        self.addCleanup(self.exporter.close)
        # Small units, so that a kill comes between many of them.
        self.node = node("check.sample_period=2s", "scrape.connect_timeout=300ms")
        self.addCleanup(self.node.close)
        self.api = self.node.admin()
        self.api.add_group()
        rules = [rule(f"r{i}", "m" if i % 2 else "n", f"$0 > {i}") for i in range(5)]
        self.api.good("/check/rule/import", {"check_items": rules})
        trees = [tree(f"t{i}", "a || b && c", {"a": f"r{i}", "b": f"r{(i + 1) % 5}", "c": f"r{(i + 2) % 5}"})
                 for i in range(TREES)]
        self.api.good("/diag/tree/import", {"trees": trees})
        silent = [f"127.200.0.{i + 1}" for i in range(HOSTS - len(self.answering))]
        self.hosts = self.api.add_hosts(*[(f"h{i}", address, self.exporter.port)
                                          for i, address in enumerate(self.answering + silent)])
        wait_until(lambda: self.exporter.pages_served >= 2 * len(self.answering), 60, "two rounds")

    def start_job(self):
        now = int(time.time())
        body = {"host_list": self.hosts, "tree_list": [f"t{i}" for i in range(TREES)], "interval": 3,
                "time_range": [now - 3 * SLICES, now]}
        started = self.api.good("/diag/execute", body)
        self.assertEqual(started["expected_report_num"], EXPECTED)
        return started["task_id"]

    def restart(self):
        self.node.kill()
        self.node.start()
        self.api = self.node.client(self.api.token)

    def test_a_job_that_is_killed_again_and_again_stores_each_report_once(self):
        chance = random.Random(20240301)
        kills = jobs = during = 0
        while kills < KILLS:
            task, jobs = self.start_job(), jobs + 1
            last = 0
            while kills < KILLS and last < EXPECTED:
                # The moment is given in progress, not in time: the machine may be slow or fast.
                aim = min(EXPECTED, last + chance.randrange(EXPECTED // 4))
                wait_until(lambda: self.api.progress(task) >= aim, 120, f"progress {aim}", every=0.002)
                self.restart()
                kills += 1
                reached = self.api.progress(task)
                self.assertGreaterEqual(reached, last, "what was stored is gone")
                during += reached < EXPECTED
                last = reached
            wait_until(lambda: self.api.progress(task) >= EXPECTED, 180, "the end of the job")
            self.check(task)
        self.assertGreater(during, 0, "no kill came before the end of a job")
        print(f"{kills} kills, {during} of them in the middle, {jobs} jobs ", end="")

    def check(self, task):
        rows = self.api.reports(task)
        keys = {(x["host_id"], x["tree_name"], x["start"], x["end"]) for x in rows}
        self.assertEqual((len(rows), len(keys), len({x["report_id"] for x in rows})), (EXPECTED,) * 3)
        (found,) = self.api.good("/diag/task/get", {"task_list": [task]})["task_infos"]
        self.assertEqual((found["state"], found["progress"]), ("done", EXPECTED))
        numbers = [number for name, number, _ in self.api.events(task) if name == "report"]
        self.assertEqual(numbers, list(range(1, EXPECTED + 1)))

    def test_a_job_killed_right_after_its_reply_is_not_lost(self):
        for _ in range(2):
            task = self.start_job()
            self.restart()
            wait_until(lambda: self.api.progress(task) >= EXPECTED, 180, "the end of the job")
            self.check(task)
