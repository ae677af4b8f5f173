"""The log of what was done: who sees what, what is refused, and what somebody alters by hand, on both stores."""
import csv
import io
import json
import os
import sqlite3
import unittest

from isolation_test import KNOWN, new_user
from mariadb import mariadb
from node import node
from rest import USER, rest
from users_test import command_line
from waiting import wait_until


class audit(unittest.TestCase):
    def setUp(self):
        self.node = node()
        self.addCleanup(self.node.close)
        self.admin = self.node.admin()
        self.aops = command_line(self.node)

    def records(self, api=None, **filters):
        return (api or self.admin).good("/manage/log/get", filters)["records"]

    def test_what_is_done_and_what_is_refused_is_recorded(self):
        self.admin.add_group("web")
        ann = new_user(self.admin, "ann", ["web"])
        self.assertEqual(ann.post("/manage/host/group/add", {"host_group_name": "x", "description": ""})["code"], 1207)
        self.assertEqual(self.admin.post("/manage/host/group/add", {"host_group_name": "web", "description": ""})["code"], 1105)
        rest(self.node.url).login("wrong-password", "ann")
        found = lambda: [(x["username"], x["result"]) for x in self.records(action="group.add")]
        wait_until(lambda: len(found()) == 3, 10, "three records")
        self.assertEqual(set(found()), {(USER, 1105), ("ann", 1207), (USER, 200)})
        refused = lambda: self.records(action="account.login", outcome="failed", username="ann")
        wait_until(refused, 10, "the refused log-in")
        failed = refused()
        self.assertEqual([(x["username"], x["result"], x["kind"]) for x in failed], [("ann", 1200, "audit")])
        self.assertEqual(self.records(action="group.add")[0]["address"], "127.0.0.1")
        grants = self.records(action="user.*")
        self.assertEqual([x["action"] for x in grants], ["user.grant", "user.adopt"])
        self.assertEqual(grants[0]["entity"], "ann")

    def test_who_is_refused_again_and_again_does_not_fill_the_log(self):
        ann = new_user(self.admin, "ann", [])
        for k in range(40):
            self.assertEqual(ann.post("/manage/host/group/add", {"host_group_name": f"x{k}", "description": ""})["code"], 1207)
        self.admin.add_group("afterwards")
        self.assertEqual([(x["username"], x["result"]) for x in self.records(action="group.add")], [(USER, 200), ("ann", 1207)])
        self.assertTrue(self.admin.good("/manage/log/verify")["complete"])

    def test_what_a_service_does_for_a_user_is_the_services(self):
        service = self.node.service()
        service.good("/data/host/group/add", {"username": USER, "host_group_name": "made", "description": ""})
        self.assertEqual(service.post("/data/host/group/add",
                                      {"username": USER, "host_group_name": "made", "description": ""})["code"], 1105)
        wait_until(lambda: len(self.records(username="service")) == 2, 10, "two records")
        done = next(x for x in self.records(username="service") if x["result"] == 200)
        self.assertEqual((done["action"], done["entity"], done["detail"]), ("group.add", "made", "for admin"))
        refused = next(x for x in self.records(username="service") if x["result"] == 1105)
        self.assertEqual((refused["action"], refused["detail"].split(":")[0]), ("data.host.group.add", "for admin"))
        self.assertEqual(self.admin.post("/manage/account/register", {"username": "service", "password": KNOWN})["code"], 1105)

    def test_each_sees_his_own_and_administrators_the_security_events(self):
        self.admin.add_group("web")
        ann = new_user(self.admin, "ann", ["web"])
        self.assertEqual(self.records(ann), [])
        self.assertEqual(ann.post("/manage/log/get", {"kind": "audit"})["code"], 1207)
        self.admin.good("/manage/account/register", {"username": "eve", "password": KNOWN})
        self.admin.good("/manage/account/role/change", {"username": "eve", "role": "administrator"})
        eve = rest(self.node.url)
        eve.login(KNOWN, "eve")
        eve.add_group("hers")
        self.assertEqual([x["entity"] for x in self.records(eve, kind="operation")], ["hers"])
        self.assertEqual([x["entity"] for x in self.records(kind="operation")], ["web"])
        self.assertTrue(self.records(eve, action="user.adopt"))

    def test_pages_read_on_while_others_are_added(self):
        for k in range(7):
            self.admin.add_group(f"g{k}")
        first = self.records(action="group.add", page=1, per_page=3)
        self.admin.add_group("later")
        second = self.records(action="group.add", page=1, per_page=3, before=first[-1]["number"])
        self.assertEqual([x["entity"] for x in first + second], ["g6", "g5", "g4", "g3", "g2", "g1"])

    def test_the_command_line_lists_and_exports(self):
        self.admin.add_group('odd,"name')
        row = self.aops.json("audit", "list", "--done", "group.*")["records"][0]
        self.assertEqual((row["entity"], row["result"]), ('odd,"name', 200))
        lines = self.aops("audit", "export", "--done", "group.*", "--last", "1h").stdout.splitlines()
        self.assertEqual([json.loads(x)["entity"] for x in lines], ['odd,"name'])
        rows = list(csv.DictReader(io.StringIO(self.aops("audit", "export", "--form", "csv").stdout)))
        self.assertIn('odd,"name', [x["entity"] for x in rows])
        self.assertEqual(len(rows), len(self.records()))

class by_hand:
    """A record that somebody alters or removes in the database is found."""

    def test_what_is_altered_or_removed_is_found(self):
        for k in range(5):
            self.admin.add_group(f"g{k}")
        aops = command_line(self.node)
        self.assertIn("as they were written", aops("audit", "verify").stdout)
        self.assertEqual(self.node.stop(), 0)
        self.sql("update audit_log set username = 'eve' where entity = 'g2'")
        self.node.start()
        broken = self.verify()
        self.assertEqual(broken["reason"], "was altered")
        self.assertIn(f"record {broken['broken']} was altered", command_line(self.node)("audit", "verify", code=1).stderr)
        self.node.stop()
        self.sql(f"update audit_log set username = '{USER}' where entity = 'g2'")
        self.node.start()
        self.assertNotIn("broken", self.verify())
        self.node.stop()
        self.sql("delete from audit_log where entity = 'g3'")
        self.node.start()
        self.assertEqual(self.verify()["reason"], "is missing")

    def verify(self):
        api = self.node.client()
        api.login()
        return api.good("/manage/log/verify")


class by_hand_in_sqlite(by_hand, unittest.TestCase):
    def setUp(self):
        self.node = node()
        self.addCleanup(self.node.close)
        self.admin = self.node.admin()

    def sql(self, text):
        db = sqlite3.connect(os.path.join(self.node.data, "aops.db"))
        with db:
            db.execute(text)
        db.close()


class by_hand_in_mariadb(by_hand, unittest.TestCase):
    def setUp(self):
        self.server = mariadb()
        self.addCleanup(self.server.close)
        self.server.let_nodes_in("logged")
        self.node = node(*self.server.settings("logged"))
        self.addCleanup(self.node.close)
        self.admin = self.node.admin()

    def sql(self, text):
        self.server.sql(text, "logged")


if __name__ == "__main__":
    unittest.main()
