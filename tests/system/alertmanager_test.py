"""A real Alertmanager: it hears of alerts until they end, whatever is killed; and what it tells is diagnosed."""
import contextlib
import json
import os
import sqlite3
import time
import unittest

from alertmanager import alertmanager
from cluster import cluster
from exporter import exporter
from node import node
from receiver import configured, receiver
from rest import rest, rule, tree
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


class asked(scene):
    """In."""

    def prepare(self, manager, *more):
        self.start(manager, *more)
        self.api.good("/diag/tree/import", {"trees": [tree("web_slow", "too hot", {"too hot": "hot"}, description="It is too hot.")]})
        self.token = self.api.good("/manage/account/token/create", {"name": "am", "scope": "act"})["access_token"]
        manager.tell(self.node.url + "/alertmanager/webhook", self.token)

    def causes_to_tell(self, receiver):
        with contextlib.closing(sqlite3.connect(os.path.join(self.node.data, "aops.db"))) as db:
            rows = db.execute("select body from notice where receiver = ?", (receiver,)).fetchall()
        return sum('"diagnosed"' in body for (body,) in rows)

    def tasks(self):
        return self.api.good("/diag/task/get", {})["task_infos"]

    def test_what_alertmanager_tells_is_diagnosed_once_and_the_cause_is_in_the_alert(self):
        with receiver() as chat, alertmanager() as manager:
            self.prepare(manager, configured(chat.url, name="chat", format="slack"))
            self.exporter.set(m=99, n=1)
            caused = lambda: [x for x in manager.alerts("hot") if "root_cause" in x["annotations"]]
            (alert,) = wait_until(caused, 60, "the cause is in the alert")
            notes = alert["annotations"]
            self.assertEqual(notes["root_cause"], "web_slow: It is too hot.")
            self.assertEqual(notes["report"], "https://aops.example.org/ui/reports/" + notes["report_id"])
            (report,) = self.api.good("/diag/report/get", {"report_list": [notes["report_id"]]})["result"]
            self.assertEqual((report["host_id"], report["verdict"]), (self.host, "true"))
            # It stays there while it is told again, by another process, too. What is told and not yet noted may be told twice.
            wait_until(lambda: [x for x in chat.all() if x["text"].startswith("diagnosed: ")], 30, "the chat hears the cause")
            wait_until(lambda: self.causes_to_tell("chat") == 0, 30, "it is noted that the chat heard it")
            self.node.kill()
            self.node.start()
            self.api = self.node.client(self.api.token)
            before = alert["endsAt"]
            (alert,) = wait_until(lambda: [x for x in manager.alerts("hot") if x["endsAt"] > before], 30, "it is told again")
            self.assertEqual(alert["annotations"]["root_cause"], notes["root_cause"])
            self.assertEqual(len(self.tasks()), 1, "diagnosed more than once")
            causes = [x for x in chat.all() if x["text"].startswith("diagnosed: ")]
            self.assertEqual(len(causes), 1, causes)
            (said,) = causes[0]["attachments"]
            self.assertIn("cause: web_slow: It is too hot.", said["text"])
            self.assertEqual(said["title_link"], notes["report"])

    def test_an_alert_of_another_system_gets_its_cause_beside_its_own_annotations(self):
        with alertmanager() as manager:
            self.prepare(manager)
            self.api.good("/diag/tree/import", {"trees": [tree("NodeSlow", "too hot", {"too hot": "hot"})]})
            self.exporter.set(m=99, n=1)
            wait_until(lambda: self.api.good("/check/status/get", {})["alerts"], 30, "the host is hot")
            labels = {"alertname": "NodeSlow", "instance": f"127.0.0.1:{self.exporter.port}", "severity": "page"}
            manager.post({"labels": labels, "annotations": {"summary": "as it was"}})
            caused = lambda: [x for x in manager.alerts("NodeSlow") if "root_cause" in x["annotations"]]
            (alert,) = wait_until(caused, 60, "the cause is in the alert")
            self.assertEqual(alert["labels"], labels)
            self.assertEqual(alert["annotations"]["summary"], "as it was")
            self.assertEqual(alert["annotations"]["root_cause"], "NodeSlow: d")

    def test_the_answer_says_by_its_status_what_alertmanager_has_to_know(self):
        with alertmanager() as manager:
            self.prepare(manager)
            alert = {"status": "firing", "labels": {"alertname": "hot", "host": "web2"}, "startsAt": "2026-03-01T08:15:00Z",
                     "annotations": {}, "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "", "fingerprint": "1f", "new": 1}
            group = {"version": "4", "groupKey": "g", "status": "firing", "alerts": [alert], "receiver": "r", "new": None}

            def ask(token, body):
                headers = {"Content-Type": "application/json", "Authorization": "Bearer " + token}
                status, _, text = rest(self.node.url).send("POST", "/alertmanager/webhook", json.dumps(body), headers)
                return status, json.loads(text)

            began = time.monotonic()
            status, reply = ask(self.token, group)
            self.assertEqual((status, reply["code"], reply["is_new"], reply["host_list"]), (200, 200, True, [self.host]), reply)
            done = lambda: [x for x in self.tasks() if x["task_id"] == reply["task_id"] and x["state"] == "done"]
            wait_until(done, 30, "the report is there")
            print(f"from webhook to report: {time.monotonic() - began:.2f} s")
            self.assertEqual(ask(self.token, group)[1]["is_new"], False)
            self.assertEqual(ask("wrong", group)[0], 401)
            self.assertEqual(ask(self.token, group | {"version": "3"})[0], 400)
            reader = self.api.good("/manage/account/token/create", {"name": "r", "scope": "read"})["access_token"]
            self.assertEqual(ask(reader, group)[0], 403)
            nobody = ask(self.token, group | {"groupKey": "h", "alerts": [alert | {"labels": {"alertname": "hot", "host": "x"}}]})
            self.assertEqual((nobody[0], nobody[1]["task_id"], nobody[1]["ignored"]),
                             (200, "", ["no host has the labels of hot"]))


class many_nodes(unittest.TestCase):
    def test_a_takeover_ends_no_alert(self):
        config = lambda url: configured(url, name="am", format="alertmanager", repeat="1s", expire_after="5m")
        with receiver() as hook, alertmanager(hook.url) as manager, \
                exporter({"m": 1}, [f"127.45.0.{i + 1}" for i in range(6)]) as hot, \
                cluster(2, settings=SETTINGS, config=config(manager.url)) as it:
            api = it.members[0].client()
            api.add_group()
            api.good("/check/rule/import", {"check_items": [HOT]})
            ids = set(api.add_hosts(*[(f"h{i}", f"127.45.0.{i + 1}", hot.port) for i in range(6)]))
            it.wait_settled()
            hot.set(m=99)
            known = lambda: {x["labels"]["host_id"]: x["endsAt"] for x in manager.alerts("hot")}
            wait_until(lambda: set(known()) == ids, 90, "Alertmanager has all of them")
            before = known()
            busiest = max(it.members, key=lambda x: x.metrics().get('aops_alerts{severity="critical"}', 0))
            busiest.kill()
            wait_until(lambda: all(known().get(x, "") > before[x] for x in ids), 90, "all are told again")
            self.assertEqual({body["status"] for _, body in hook.heard}, {"firing"}, "a false end")
            hot.set(m=1)
            wait_until(lambda: not known(), 90, "all are over")


if __name__ == "__main__":
    unittest.main()
