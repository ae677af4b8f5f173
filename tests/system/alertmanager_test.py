"""A real Alertmanager: it hears of alerts until they end, whatever is killed; and what it tells is diagnosed."""
import os
import unittest

from alertmanager import alertmanager
from exporter import exporter
from node import node
from receiver import configured, receiver
from rest import rule
from waiting import wait_until

SETTINGS = ("check.sample_period=1s", "scrape.timeout=1s", "http.public_url=https://aops.example.org")
HOT = rule("hot", "m", "$0 > 80", severity="critical", description="Too hot.")


class scene(unittest.TestCase):
    def start(self, manager, *more, settings=()):
        self.exporter = exporter({"m": 1, "n": 1})
        self.addCleanup(self.exporter.close)
        config = configured(manager.url, name="am", format="alertmanager", repeat="1s", expire_after="5m") + "".join(more)
        self.node = node(*SETTINGS, *settings, config=config)
        self.addCleanup(self.node.close)
        self.api = self.node.admin()
        self.api.add_group()
        self.api.good("/check/rule/import", {"check_items": [HOT]})
        (self.host,) = self.api.add_hosts(("web2", "127.0.0.1", self.exporter.port))
        wait_until(lambda: self.api.host(self.host)["status"] == "online", 30, "the host is online")


class told(scene):
    """Out."""

    def test_an_alert_lasts_over_a_crash_and_is_resolved_when_it_ends(self):
        with receiver() as hook, alertmanager(hook.url) as manager:
            self.start(manager)
            self.exporter.set(m=99, n=1)
            (alert,) = wait_until(lambda: manager.alerts("hot"), 30, "Alertmanager has the alert")
            labels = {"alertname": "hot", "host": "web2", "host_id": self.host, "severity": "critical"}
            self.assertEqual(alert["labels"], labels)
            self.assertEqual(alert["annotations"]["description"], "Too hot.")
            self.assertEqual(alert["generatorURL"], f"https://aops.example.org/ui/hosts/{self.host}")
            began = alert["startsAt"]

            def told_again():
                """Its end has moved on: it was told again."""
                before = alert["endsAt"]
                (now,) = wait_until(lambda: [x for x in manager.alerts("hot") if x["endsAt"] > before], 30, "it is told again")
                return now

            alert = told_again()
            self.node.kill()
            self.assertEqual(len(manager.alerts("hot")), 1)
            self.node.start()
            alert = told_again()
            self.assertEqual(alert["startsAt"], began, "another alert")
            # Alertmanager itself may be away, too.
            manager.kill()
            manager.start()
            wait_until(lambda: manager.alerts("hot"), 60, "it is told of what lasts")
            self.assertEqual(self.statuses(hook), {"firing"}, "a false end")
            self.exporter.set(m=1, n=1)
            wait_until(lambda: not manager.alerts("hot"), 30, "it is over")
            wait_until(lambda: "resolved" in self.statuses(hook), 30, "the end is told")

    def statuses(self, hook):
        return {body["status"] for _, body in hook.heard}

    def test_each_of_a_cluster_is_told_for_itself(self):
        with alertmanager() as first, alertmanager() as second:
            second.kill()
            self.start(first, f'urls = ["{second.url}"]\n')
            self.exporter.set(m=99, n=1)
            wait_until(lambda: first.alerts("hot"), 30, "the one that lives has the alert")
            second.start()
            wait_until(lambda: second.alerts("hot"), 60, "the other one has it as soon as it lives")
            rows = {x["name"]: x for x in self.api.call("GET", "/notify/receivers")[1]["receivers"]}
            self.assertEqual(set(rows), {"am", "am-2"})
            self.assertGreater(rows["am-2"]["failed"], 0)

    def test_a_chat_is_told_in_its_form_and_again_when_it_refuses_in_its_answer(self):
        with receiver() as hook, alertmanager() as manager:
            hook.text = '{"errcode": 310000, "errmsg": "hunter2"}'
            self.start(manager, configured(hook.url, name="chat", format="dingtalk"))
            self.exporter.set(m=99, n=1)
            wait_until(lambda: len(hook.all()) > 1, 30, "it is told again")
            hook.text = '{"errcode": 0}'
            find = lambda: {x["name"]: x for x in self.api.call("GET", "/notify/receivers")[1]["receivers"]}["chat"]
            wait_until(lambda: find()["sent"] == 1, 30, "it was taken")
            body = hook.all()[-1]
            self.assertEqual(body["msgtype"], "text")
            self.assertTrue(body["text"]["content"].startswith("firing: critical  web2  hot\nToo hot.\nsince "), body)
            self.assertIn(f"https://aops.example.org/ui/hosts/{self.host}", body["text"]["content"])
            self.assertNotIn("hunter2", self.node.log(1000))


if __name__ == "__main__":
    unittest.main()
