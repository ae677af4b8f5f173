"""The disk of a database is full, so what needs it is slow: its report names the database, and the links to it."""
import json
import time
import unittest

from exporter import exporter
from isolation_test import new_user
from node import node
from rest import rule
from topology_test import QUICK, calls, scene, serves
from waiting import wait_until

TREE = {"tree_name": "slow", "description": "", "tree_content": {
    "node name": "slow", "condition": "itself || those it needs", "description": "d", "advice": "a", "children": [
        {"node name": "itself", "condition": "disk", "children": [{"node name": "disk", "check item": "disk full"}]},
        {"node name": "those it needs", "condition": "their disk", "advice": "Look there.", "children": [
            {"node name": "their disk", "check item": "disk full", "scope": "upstream"}]}]}}


class upstream(unittest.TestCase):
    def setUp(self):
        self.node = node("check.sample_period=1s", *QUICK)
        self.addCleanup(self.node.close)
        self.api = self.node.admin()
        self.api.add_group()
        self.api.good("/check/rule/import", {"check_items": [rule("disk full", "disk_used", "$0 > 90")]})
        self.api.good("/diag/tree/import", {"trees": [TREE]})

    def hosts(self, **used):
        """Hosts with a figure each; agents tell of them what `agent` is asked for."""
        pages = {name: exporter({"disk_used": value}) for name, value in used.items()}
        for page in pages.values():
            self.addCleanup(page.close)
        it = scene(self.api)
        ids = self.api.add_hosts(*((name, "127.0.0.1", page.port) for name, page in pages.items()))
        for name, host_id in zip(pages, ids):
            it.ids[name] = host_id
            it.tokens[name] = self.api.good("/logs/token/create", {"host_id": host_id, "name": "agent"})["access_token"]
        return it

    def diagnosed(self, host_id):
        """The report of the seconds just over."""
        end = int(time.time())
        started = self.api.good("/diag/execute", {"host_list": [host_id], "tree_list": ["slow"], "interval": 3,
                                                  "time_range": [end - 4, end - 1]})
        wait_until(lambda: self.api.progress(started["task_id"]) == 1, 60, "the report")
        return self.api.report(self.api.reports(started["task_id"])[0]["report_id"])

    def test_a_report_names_the_host_that_is_at_fault_and_the_way_to_it(self):
        it = self.hosts(web1=10, app1=20, db1=99)
        web1, app1, db1 = (it.ids[x] for x in ("web1", "app1", "db1"))
        # In a circle, and to an address of nobody.
        for agent in (it.agent("web1", "10.0.0.1", calls("nginx", "10.0.0.1", "10.0.0.2", 8080),
                               calls("nginx", "10.0.0.1", "198.51.100.7", 443)),
                      it.agent("app1", "10.0.0.2", serves("java", "10.0.0.1", "10.0.0.2", 8080),
                               calls("java", "10.0.0.2", "10.0.0.3", 3306)),
                      it.agent("db1", "10.0.0.3", serves("mysqld", "10.0.0.2", "10.0.0.3", 3306),
                               calls("backup", "10.0.0.3", "10.0.0.1", 22))):
            self.addCleanup(agent.start().stop)
        wait_until(lambda: any(x["end"] - x["start"] >= 6 for x in self.api.results(db1)), 30, "an anomaly of six seconds")
        found = self.diagnosed(web1)
        self.assertEqual(found["verdict"], "true", found)
        (cause,) = found["root_causes"]
        self.assertEqual((cause["path"], cause["instances"]), (["slow", "those it needs"], ["disk full on db1"]))
        (evidence,) = found["evidence"]
        self.assertEqual((evidence["host_id"], evidence["host_name"], evidence["condition"]), (db1, "db1", "$0 > 90"))
        self.assertEqual(evidence["path"], ["web1 nginx -> app1 java 10.0.0.2:8080", "app1 java -> db1 mysqld 10.0.0.3:3306"])
        leaf = found["report"]["children"][1]["children"][0]
        self.assertEqual((leaf["scope"], leaf["value"]), ("upstream", True))
        # Its own disk is its own fault.
        self.assertEqual(self.diagnosed(db1)["root_causes"][0]["path"], ["slow", "itself"])
        # The tree comes back as it was.
        (tree,) = self.api.good("/diag/tree/get", {"tree_list": ["slow"]})["trees"]
        self.assertEqual(tree["tree_content"]["children"][1]["children"][0]["scope"], "upstream")

    def test_who_may_not_see_the_host_at_fault_reads_of_another_host(self):
        self.api.add_group("back")
        it = self.hosts(web1=10, app1=20)
        page = exporter({"disk_used": 99})
        self.addCleanup(page.close)
        (db1,) = self.api.add_hosts(("db1", "127.0.0.1", page.port), group="back")
        token = self.api.good("/logs/token/create", {"host_id": db1, "name": "agent"})["access_token"]
        it.ids["db1"], it.tokens["db1"] = db1, token
        for agent in (it.agent("web1", "10.0.0.1", calls("nginx", "10.0.0.1", "10.0.0.2", 8080)),
                      it.agent("app1", "10.0.0.2", serves("java", "10.0.0.1", "10.0.0.2", 8080),
                               calls("java", "10.0.0.2", "10.0.0.3", 3306)),
                      it.agent("db1", "10.0.0.3", serves("mysqld", "10.0.0.2", "10.0.0.3", 3306))):
            self.addCleanup(agent.start().stop)
        wait_until(lambda: any(x["end"] - x["start"] >= 6 for x in self.api.results(db1)), 30, "an anomaly of six seconds")
        whole = self.diagnosed(it.ids["web1"])
        ann = new_user(self.api, "ann", ["g"])
        end = int(time.time())
        started = ann.good("/diag/execute", {"host_list": [it.ids["web1"]], "tree_list": ["slow"], "interval": 3,
                                             "time_range": [end - 4, end - 1]})
        wait_until(lambda: ann.progress(started["task_id"]) == 1, 60, "the report")
        (row,) = ann.reports(started["task_id"])
        hers, his = ann.report(row["report_id"]), self.api.report(row["report_id"])
        self.assertEqual((hers["verdict"], hers["content_hash"]), ("true", his["content_hash"]))
        for secret in ("db1", db1, "mysqld", "10.0.0.3"):
            self.assertIn(secret, json.dumps(whole["evidence"]))
            self.assertIn(secret, json.dumps(his["evidence"]))
            self.assertNotIn(secret, json.dumps(hers))
        self.assertEqual(hers["root_causes"][0]["instances"], ["disk full on another host"])
        (evidence,) = hers["evidence"]
        self.assertEqual((evidence["host_name"], evidence["path"]),
                         ("another host", ["web1 nginx -> app1 java 10.0.0.2:8080", "app1 java -> another host"]))
        self.assertEqual(evidence["first"], his["evidence"][0]["first"])

    def test_without_an_agent_nobody_knows(self):
        it = self.hosts(web1=10)
        wait_until(lambda: self.api.host(it.ids["web1"])["status"] == "online", 30, "a sample")
        found = self.diagnosed(it.ids["web1"])
        self.assertEqual(found["verdict"], "unknown", found)
        told = next(x for x in found["missing"] if x.get("leaf") == "upstream disk full")
        self.assertEqual((told["reason"], told["detail"]),
                         ("No data", "no agent told then which hosts this one depends on"))

    def test_an_unknown_scope_is_refused(self):
        content = {"node name": "x", "condition": "y", "children": [{"node name": "y", "check item": "z", "scope": "all"}]}
        refused = lambda: self.api.call("POST", "/diag/tree/import", {"trees": [
            {"tree_name": "x", "description": "", "tree_content": content}]})[1]["fail_reasons"]
        self.assertEqual(refused(), {"x": '"x" > "y": "scope" must be "own" or "upstream"'})
        content["children"][0] |= {"scope": "upstream", "depth": 5}
        self.assertEqual(refused(), {"x": '"x" > "y": "depth" must be a whole number from 1 to 4'})


if __name__ == "__main__":
    unittest.main()
