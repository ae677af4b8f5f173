"""Sampling a host and judging its rules live, from an exporter whose page the test controls."""
import time
import unittest

from exporter import exporter, node_exporter
from node import node
from rest import rule
from waiting import wait_until

PERIOD = 1  # The shortest there is; everything below is told in rounds.


class sampling(unittest.TestCase):
    def setUp(self):
        self.exporter = exporter({"temperature": 10, 'load{cpu="0"}': 0})
        self.addCleanup(self.exporter.close)
        self.node = node(f"check.sample_period={PERIOD}s", "scrape.timeout=1s", "scrape.connect_timeout=500ms")
        self.addCleanup(self.node.close)
        self.api = self.node.admin()
        self.api.add_group()

    def add_host(self, *rules, name="h1", address="127.0.0.1"):
        if rules:
            self.api.good("/check/rule/import", {"check_items": list(rules)})
        (self.host,) = self.api.add_hosts((name, address, self.exporter.port))
        return self.host

    def wait_for_rounds(self, rounds=2):
        """Until the node has taken this many more pages, and one more so that they are judged."""
        wanted = self.exporter.pages_served + rounds + 1
        wait_until(lambda: self.exporter.pages_served >= wanted, 20 + rounds * PERIOD, f"{rounds} rounds")

    def wait_for_status(self, status):
        wait_until(lambda: self.api.host(self.host)["status"] == status, 30, f"status {status}")

    def abnormal(self, item="hot"):
        return [x for x in self.api.results(self.host) if x["value"] == "Abnormal" and x["check_item"] == item]

    def other(self, item):
        return [x for x in self.api.results(self.host) if x["value"] != "Abnormal" and x["check_item"] == item]

    def test_an_anomaly_opens_grows_into_one_row_and_closes(self):
        self.add_host(rule("hot", "temperature", "$0 > 50", severity="critical"))
        self.wait_for_status("online")
        self.assertEqual(self.abnormal(), [])
        self.exporter.set(temperature=90)
        wait_until(self.abnormal, what="an anomaly")
        wait_until(lambda: self.abnormal()[0]["end"] - self.abnormal()[0]["start"] >= 3 * PERIOD, what="merging")
        self.exporter.set(temperature=10)
        self.wait_for_rounds(3)
        closed = self.abnormal()
        self.wait_for_rounds(2)
        self.assertEqual(self.abnormal(), closed)
        self.assertEqual(len(closed), 1)
        self.assertEqual((closed[0]["severity"], closed[0]["condition"]), ("critical", "$0 > 50"))
        self.assertEqual(self.api.good("/check/result/count", {"host_list": [self.host]})["results"],
                         [{"host_id": self.host, "count": 1}])
        self.exporter.set(temperature=90)
        wait_until(lambda: len(self.abnormal()) == 2, what="a second anomaly of its own")

    def test_a_rule_with_labels_needs_them_all(self):
        self.add_host(rule("cpu0", ("load", {"cpu": "0"}), "$0 > 1"), rule("no_label", "load", "$0 > 1"))
        self.wait_for_status("online")
        self.exporter.set({'load{cpu="0"}': 5, "temperature": 1})
        wait_until(lambda: self.abnormal("cpu0"), what="the labelled rule")
        self.assertEqual(self.abnormal("no_label"), [])
        self.assertEqual({x["value"] for x in self.other("no_label")}, {"No data"})

    def test_a_silent_host_is_offline_and_its_rules_have_no_data_until_it_is_back(self):
        self.add_host(rule("hot", "temperature", "$0 > 50"), rule("down", "up", "max(#2) == 0"))
        self.wait_for_status("online")
        self.exporter.silent = True
        self.wait_for_status("offline")
        wait_until(lambda: self.abnormal("down"), what="the rule on `up`")
        (gap,) = wait_until(lambda: self.other("hot"), what="an interval of No data")
        self.assertEqual(gap["value"], "No data")
        self.exporter.silent = False
        self.wait_for_status("online")
        self.wait_for_rounds(2)
        (closed,) = self.other("hot")
        self.assertEqual(closed["start"], gap["start"])
        self.assertGreaterEqual(closed["end"] - closed["start"], 2 * PERIOD)
        self.wait_for_rounds(2)
        self.assertEqual(self.other("hot"), [closed])

    def test_a_point_that_cannot_be_judged_is_an_internal_error_of_its_rule_only(self):
        self.exporter.set(temperature=90, zero=0)
        self.add_host(rule("ratio", ["temperature", "zero"], "$0 / $1 > 1"), rule("hot", "temperature", "$0 > 50"))
        wait_until(lambda: self.other("ratio"), what="an internal error")
        self.assertEqual({x["value"] for x in self.other("ratio")}, {"Internal error"})
        wait_until(self.abnormal, what="the other rule")

    def test_a_new_rule_finds_the_history_of_kept_series(self):
        self.add_host(rule("hot", "temperature", "$0 > 50"))
        self.wait_for_status("online")
        self.exporter.set(temperature=90)
        wait_until(self.abnormal, what="the first rule")
        begun = self.abnormal()[0]["start"]
        self.exporter.set(temperature=10)
        self.wait_for_rounds(2)
        self.api.good("/check/rule/import", {"check_items": [rule("warm", "temperature", "$0 > 40")]})
        (found,) = wait_until(lambda: self.abnormal("warm"), what="back-fill")
        self.assertEqual(found["start"], begun)

    def test_the_series_of_a_host_are_listed_with_labels_and_values(self):
        self.add_host(rule("hot", "temperature", "$0 > 50"), rule("cpu0", ("load", {"cpu": "0"}), "$0 > 1"))
        self.wait_for_status("online")
        self.wait_for_rounds(1)
        series = {x["name"]: x for x in self.api.good("/check/series/get", {"host_id": self.host})["series"]}
        self.assertEqual((series["load"]["label"], float(series["load"]["value"])), ({"cpu": "0"}, 0))
        self.assertEqual((series["temperature"].get("label", {}), float(series["temperature"]["value"])), ({}, 10))
        self.assertIn("up", series)

    def test_a_node_killed_in_between_gives_the_rows_of_one_that_ran_through(self):
        """The same page is sampled by two nodes; one is killed while an anomaly is open."""
        rules = [rule("hot", "temperature", "$0 > 50"), rule("mean", "temperature", "avg(3s) > 40")]
        self.add_host(*rules)
        with node(*self.node.settings) as other:
            steady = other.admin()
            steady.add_group()
            steady.good("/check/rule/import", {"check_items": rules})
            (its_host,) = steady.add_hosts(("h1", "127.0.0.1", self.exporter.port))
            self.wait_for_status("online")
            self.exporter.set(temperature=90)
            wait_until(self.abnormal, what="an anomaly")
            self.wait_for_rounds(2)
            self.node.kill()
            self.node.start()
            self.api = self.node.client(self.api.token)
            self.wait_for_rounds(6)
            self.exporter.set(temperature=10)
            self.wait_for_rounds(6)
            mine = self.rows_of(self.api, self.host)
            theirs = self.rows_of(steady, its_host)
            self.assertEqual(set(mine), set(theirs))
            for item, spans in theirs.items():
                self.assertEqual(len(spans), 1, (item, spans))
                # The killed node may have missed the rounds of its absence: these may split the interval, nothing else.
                self.assertLessEqual(len(mine[item]), 2, (item, mine[item]))
                for end in (0, 1):
                    self.assertAlmostEqual(mine[item][-end][end], spans[-end][end], delta=2 * PERIOD)

    @staticmethod
    def rows_of(api, host):
        rows = {}
        for x in api.results(host):
            if x["value"] == "Abnormal":
                rows.setdefault(x["check_item"], []).append((x["start"], x["end"]))
        return rows

    def test_a_replay_after_a_restart_changes_no_row(self):
        self.add_host(rule("hot", "temperature", "$0 > 50"), rule("broken", "temperature", "$0 / 0 > 1"))
        self.wait_for_status("online")
        self.exporter.set(temperature=90)
        wait_until(self.abnormal, what="an anomaly")
        self.exporter.set(temperature=10)
        self.wait_for_rounds(3)
        before = [x for x in self.api.results(self.host) if x["check_item"] == "hot"]
        for _ in range(2):
            self.node.kill()
            self.node.start()
            self.api = self.node.client(self.api.token)
            self.wait_for_rounds(3)
        after = [x for x in self.api.results(self.host) if x["check_item"] == "hot" and x["value"] == "Abnormal"]
        self.assertEqual(after, [x for x in before if x["value"] == "Abnormal"])

    def test_a_check_of_a_range_gives_the_rows_of_live_detection(self):
        self.add_host(rule("hot", "temperature", "$0 > 50"))
        self.wait_for_status("online")
        self.exporter.set(temperature=90)
        wait_until(self.abnormal, what="an anomaly")
        self.exporter.set(temperature=10)
        self.wait_for_rounds(3)
        live = self.abnormal()
        now = int(time.time())
        body = {"host_list": [self.host], "time_range": [now - 60, now], "check_items": ["hot"]}
        started = self.api.good("/check/execute", body)
        self.assertEqual(started["expected_result_num"], 1)
        wait_until(lambda: self.api.progress(started["task_id"]) == 1, what="the end of the check")
        self.assertEqual(self.abnormal(), live)


class this_machine(unittest.TestCase):
    def test_a_real_node_exporter_is_sampled(self):
        with node_exporter() as real, node(f"check.sample_period={PERIOD}s") as n:
            api = n.admin()
            api.add_group()
            items = [rule("always", "node_boot_time_seconds", "$0 > 0"), rule("never", "node_boot_time_seconds", "$0 < 0"),
                     rule("idle", ("node_cpu_seconds_total", {"cpu": "0", "mode": "idle"}), "rate(#3) < -1")]
            api.good("/check/rule/import", {"check_items": items})
            (host,) = api.add_hosts(("me", "127.0.0.1", real.port))
            wait_until(lambda: api.host(host)["status"] == "online", what="status online")
            found = wait_until(lambda: [x for x in api.results(host) if x["end"] - x["start"] >= 3], what="three seconds")
            self.assertEqual([(x["check_item"], x["value"]) for x in found], [("always", "Abnormal")])
            series = {x["name"]: x for x in api.good("/check/series/get", {"host_id": host})["series"]}
            self.assertGreater(float(series["node_memory_MemTotal_bytes"]["value"]), 1e6)
