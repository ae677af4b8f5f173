"""Silences from outside: nobody is told while they hold, all of what lasts afterwards; over a restart, with a real Alertmanager."""
import json
import time
import unittest
import urllib.parse

from alertmanager import alertmanager
from cluster import cluster
from exporter import exporter
from node import node
from notify_test import SETTINGS, aops
from receiver import configured, receiver
from rest import rule
from waiting import wait_until

RULES = [rule("hot", "m", "$0 > 80", severity="critical"), rule("cold", "n", "$0 < 0", severity="warning")]


class silences(unittest.TestCase):
    def start(self, *config):
        self.exporter = exporter({"m": 1, "n": 1})
        self.addCleanup(self.exporter.close)
        self.node = node(*SETTINGS, config="".join(config))
        self.addCleanup(self.node.close)
        self.node.api = self.api = self.node.admin()
        self.api.add_group()
        self.api.good("/check/rule/import", {"check_items": RULES})
        (self.host,) = self.api.add_hosts(("web2", "127.0.0.1", self.exporter.port))
        wait_until(lambda: self.api.host(self.host)["status"] == "online", 30, "the host is online")

    def open(self):
        return {x["check_item"]: x for x in self.api.good("/check/status/get", {"firing": True})["alerts"]}

    def known(self, **query):
        return self.api.good("/check/silence/get", query)["silence_infos"]

    def query(self, text, path="query", **more):
        fields = urllib.parse.urlencode({"query": text, **more})
        status, _, answer = self.api.send("GET", f"/api/v1/{path}?{fields}", headers={"Access-Token": self.api.token})
        self.assertEqual(status, 200, answer)
        return json.loads(answer)["data"]["result"]

    def test_nobody_is_told_while_it_holds_over_a_restart_and_all_hear_of_what_lasts(self):
        with receiver() as told, receiver() as hook, alertmanager(hook.url) as manager:
            self.start(configured(told.url, severities=["critical", "warning"]),
                       configured(manager.url, name="am", format="alertmanager", repeat="1s", expire_after="5m"))
            self.exporter.set(m=99, n=1)
            wait_until(lambda: told.told("firing") and manager.alerts("hot"), 30, "both are told of the first one")
            code, text = aops(self.node, "silence", "add", "new disk", "--host_list", "web2", "--lasts", "1h")
            self.assertEqual(code, 0, text)
            silence = json.loads(text)["silence_id"]
            self.exporter.set(m=99, n=-1)
            cold = wait_until(lambda: self.open().get("cold"), 30, "the second one is found and shown")
            self.assertEqual(cold["silenced_by"], silence)
            self.assertEqual({x["silenced_by"] for x in self.open().values()}, {silence})
            self.assertRegex(aops(self.node, "status", "-o", "table")[1], r"web2  cold  since \w+  silenced")
            self.node.kill()
            self.node.start()
            self.node.api = self.api = self.node.client(self.api.token)
            # What Alertmanager knows of goes on being refreshed; so notices do go out.
            before = manager.alerts("hot")[0]["endsAt"]
            wait_until(lambda: manager.alerts("hot")[0]["endsAt"] > before, 30, "it is refreshed after the restart")
            self.assertEqual(manager.alerts("cold"), [])
            self.assertEqual({x["check_item"] for all_ in told.told("firing").values() for _, x in all_}, {"hot"})
            (info,) = self.known()
            self.assertEqual((info["state"], info["comment"], info["username"]), ("active", "new disk", "admin"))
            self.assertEqual([x["host_name"] for x in info["hosts"]], ["web2"])
            # The end of what was told before is told.
            self.exporter.set(m=1, n=-1)
            wait_until(lambda: told.told("resolved") and not manager.alerts("hot"), 30, "the end goes out")
            code, text = aops(self.node, "silence", "end", silence)
            self.assertEqual(code, 0, text)
            wait_until(lambda: cold["alert_id"] in told.told("firing") and manager.alerts("cold"), 30, "what lasts is told")
            self.assertEqual(self.open()["cold"].get("silenced_by", ""), "")
            self.assertEqual(self.known(ended=False), [])
            self.assertEqual([x["ended_by"] for x in self.known(ended=True)], ["admin"])

    def test_what_is_wrong_is_named_and_series_of_alerts_are_asked_for(self):
        self.start()
        self.exporter.set(m=99, n=1)
        wait_until(lambda: self.open().get("hot"), 30, "the alert is open")
        good = {"comment": "c", "host_list": ["web2"], "duration_s": 60}
        for wrong, field in (({"matchers": ["x"]}, "matchers[0]"), ({"host_list": ["nobody"]}, "host_list[0]"),
                             ({"group_list": ["none"]}, "group_list[0]"), ({"ends_at": time.time() + 60}, "duration_s"),
                             ({"expression": "99 * * * *"}, "expression"), ({"time_zone": "UTC"}, "time_zone"),
                             ({"host_list": []}, "host_list"), ({"starts_at": 1000}, "starts_at")):
            with self.subTest(wrong=wrong):
                reply = self.api.call("POST", "/check/silence/add", good | wrong)[1]
                self.assertNotEqual(reply["code"], 200, reply)
                self.assertTrue(reply["detail"].startswith(field), reply)
        added = self.api.good("/check/silence/add", {"comment": "weekly", "group_list": ["g"], "expression": "0 3 * * sun",
                                                     "time_zone": "Europe/Berlin", "duration_s": 7200})
        self.assertEqual((added["state"], len(added["next"])), ("pending", 5))
        # ALERTS, now and over time.
        (series,) = self.query('ALERTS{alertstate="firing"}')
        self.assertEqual((series["metric"]["alertname"], series["metric"]["host"], series["metric"]["severity"]),
                         ("hot", "web2", "critical"))
        self.assertEqual(series["value"][1], "1")
        since = float(self.query("ALERTS_FOR_STATE")[0]["value"][1])
        self.assertAlmostEqual(since, self.open()["hot"]["since"], delta=2)
        self.exporter.set(m=1, n=1)
        wait_until(lambda: not self.open(), 30, "it is over")
        ended = time.time()
        wait_until(lambda: not self.query('ALERTS{alertname="hot"}'), 30, "the series has ended")
        (series,) = self.query('ALERTS{alertname="hot"}', "query_range", start=since - 30, end=ended + 30, step=1)
        times = [x[0] for x in series["values"]]
        self.assertGreaterEqual(times[0], since - 2)
        self.assertLessEqual(times[-1], ended + 2)


class many_nodes(unittest.TestCase):
    HOSTS = 12

    def test_a_silence_set_at_one_node_holds_at_all_and_at_those_that_take_over(self):
        addresses = [f"127.34.0.{i + 1}" for i in range(self.HOSTS)]
        with receiver() as told, exporter({"m": 1, "n": 1}, addresses) as pages, \
                cluster(3, settings=SETTINGS, config=configured(told.url, severities=["critical", "warning"])) as it:
            api = it.members[0].client()
            api.add_group()
            api.good("/check/rule/import", {"check_items": RULES})
            ids = api.add_hosts(*[(f"h{i}", address, pages.port) for i, address in enumerate(addresses)])
            it.wait_settled()
            wait_until(lambda: all(x["status"] == "online" for x in
                                   api.good("/manage/host/get", {"host_group_list": []})["host_infos"]), 60, "all online")
            # Each node has hosts of its own, and hears of what another was asked.
            owned = {x.id: x.metrics()["aops_hosts"] for x in it.members}
            self.assertGreater(min(owned.values()), 0, owned)
            silence = it.members[1].client().good("/check/silence/add", {
                "comment": "moving", "matchers": ["alertname=hot"], "group_list": ["g"], "duration_s": 3600})["silence_id"]
            pages.set(m=99, n=-1)
            wait_until(lambda: len(self.open(it)) == 2 * len(ids), 60, "both rules fire on all hosts")
            self.assert_silenced(it, silence)
            wait_until(lambda: self.heard(told) == {("cold", x) for x in ids}, 30, "of the other rule all is told")
            victim = max(it.members, key=lambda x: owned[x.id])
            victim.kill()
            it.wait_owned_by_alive(30)
            # A silenced alert that begins at a new owner is silenced as well: here, one after a round without it.
            pages.set(m=1, n=-1)
            wait_until(lambda: len(self.open(it)) == len(ids), 30, "the silenced ones end, at new owners too")
            pages.set(m=99, n=-1)
            wait_until(lambda: len(self.open(it)) == 2 * len(ids), 30, "they begin again")
            self.assert_silenced(it, silence)
            # What the outbox held, if anything, would have gone out before the end of the others.
            pages.set(m=99, n=1)
            wait_until(lambda: {x["host_id"] for x in self.ended(told)} == set(ids), 60, "the end of the other rule is told")
            self.assertEqual({rule_ for rule_, _ in self.heard(told)}, {"cold"})
            # Ended at any node: what lasts is told.
            it.api().good("/check/silence/end", {"silence_list": [silence]})
            wait_until(lambda: {("hot", x) for x in ids} <= self.heard(told), 60, "what lasts is told, by every owner")

    def open(self, it):
        return it.api().good("/check/status/get", {"firing": True})["alerts"]

    def assert_silenced(self, it, silence):
        for member in it.alive():
            alerts = member.client().good("/check/status/get", {"firing": True})["alerts"]
            self.assertEqual({x.get("silenced_by", "") for x in alerts if x["check_item"] == "hot"}, {silence})
            self.assertEqual({x.get("silenced_by", "") for x in alerts if x["check_item"] == "cold"}, {""})
            (known,) = member.client().good("/check/silence/get", {})["silence_infos"]
            self.assertEqual((known["silence_id"], known["state"]), (silence, "active"))

    def heard(self, told):
        """(rule, host) of all that was told to begin."""
        return {(alert["check_item"], alert["host_id"]) for all_ in told.told("firing").values() for _, alert in all_}

    def ended(self, told):
        return [alert for all_ in told.told("resolved").values() for _, alert in all_ if alert["check_item"] == "cold"]


if __name__ == "__main__":
    unittest.main()
