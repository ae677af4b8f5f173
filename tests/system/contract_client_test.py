"""The whole contract by a client that knows nothing else (`contract_client.py`): every endpoint, on both stores."""
import os
import shutil
import tempfile
import time
import unittest

from contract_client import ENDPOINTS, contract_client
from exporter import exporter
from node import node
from stores import database
from waiting import wait_until

KEY = "miyao"
LABEL = {"mode": "irq"}


class on_sqlite(unittest.TestCase):
    settings = ()

    @classmethod
    def setUpClass(cls):
        cls.exporter = exporter({'data_item1{mode="irq"}': 7})
        cls.addClassCleanup(cls.exporter.close)
        cls.node = node("check.sample_period=1s", f"scrape.port={cls.exporter.port}", *cls.settings)
        cls.addClassCleanup(cls.node.close)

    def test_every_endpoint_as_documented(self):
        c = contract_client(self.node.url)
        self.accounts(c)
        hosts = self.hosts(c)
        self.rules(c, hosts[0])
        self.trees_and_reports(c, hosts[0])
        self.templates_and_tasks(c)
        self.endings(c, hosts)
        self.assertEqual(c.used, set(ENDPOINTS))

    def accounts(self, c):
        c.login("admin", "changeme", codes=(1204,))
        c.call("/manage/host/count", {}, codes=(1204,))
        c.call("/manage/account/change", {"password": "mima-mima"})
        c.call("/manage/account/change", {"password": "mima-mima"}, codes=(1205,))
        c.login("admin", "mima-mima")
        c.call("/manage/account/certificate", {"key": KEY})
        token, c.token = c.token, "xxx"
        c.call("/manage/host/count", {}, codes=(1201,))
        c.token = token

    def hosts(self, c):
        c.call("/manage/host/group/add", {"host_group_name": "group1", "description": "ttt"})
        c.call("/manage/host/group/add", {"host_group_name": "group1", "description": "ttt"}, codes=(1105,))
        rows = [{"host_name": f"host{i}", "host_group_name": "group1", "public_ip": f"127.0.0.{i}", "ssh_port": 22,
                 "management": i == 1, "username": "xxx", "password": "xx", "sudo_password": "111"} for i in (1, 2)]
        ids = c.call("/manage/host/add", {"key": KEY, "host_list": rows})["host_list"]
        self.assertEqual(len(ids), 2)
        c.call("/manage/account/certificate", {"key": "another"}, codes=(1203,))
        c.call("/manage/account/certificate", {"key": KEY})
        asked = {"host_group_list": [], "sort": "host_name", "direction": "desc", "page": 1, "per_page": 1}
        reply = c.call("/manage/host/get", asked)
        self.assertEqual((reply["total_count"], reply["total_page"]), (2, 2))
        self.assertEqual([x["host_name"] for x in reply["host_infos"]], ["host2"])
        reply = c.call("/manage/host/get", {"host_group_list": ["group1"], "management": True})
        self.assertEqual([x["host_id"] for x in reply["host_infos"]], ids[:1])
        self.assertEqual(c.call("/manage/host/count")["host_count"], 2)
        (group,) = c.call("/manage/host/group/get", {"page": 1, "per_page": 50})["host_group_infos"]
        self.assertEqual((group["host_group_name"], group["description"], group["host_count"]), ("group1", "ttt", 2))
        basic = c.call("/manage/host/info/query", {"host_list": ids, "basic": True})["host_infos"]
        self.assertEqual({x["host_name"] for x in basic}, {"host1", "host2"})
        detailed = c.call("/manage/host/info/query", {"host_list": ids[:1]})["host_infos"]
        self.assertEqual([(x["host_id"], type(x["infos"])) for x in detailed], [(ids[0], dict)])
        c.call("/manage/host/info/query", {"host_list": []}, codes=(1000,))
        return ids

    def rules(self, c, host):
        item = {"check_item": "item1", "data_list": [{"name": "data_item1", "type": "kpi", "label": LABEL}],
                "condition": "$0 > 1", "plugin": "", "description": ""}
        self.assertEqual(c.call("/check/rule/import", {"check_items": [item]})["succeed_list"], ["item1"])
        self.assertEqual(c.call("/check/rule/import", {"check_items": [item]})["update_list"], ["item1"])
        (found,) = c.call("/check/rule/get", {"check_items": [], "page": 1, "per_page": 50})["check_items"]
        self.assertEqual({key: found[key] for key in item}, item)
        self.assertEqual(c.call("/check/rule/count", {})["rule_count"], 1)
        asked = {"time_range": [11, int(time.time()) + 86400], "chcek_items": ["item1"], "host_list": [host], "page": 1,
                 "per_page": 50}
        wait_until(lambda: c.call("/check/result/get", asked)["check_result"], 60, "a result")
        result = c.call("/check/result/get", asked)["check_result"][0]
        self.assertEqual((result["data_list"], result["condition"], result["value"]),
                         (item["data_list"], "$0 > 1", "Abnormal"))
        counts = c.call("/check/result/count", {"host_list": [], "sort": "count", "page": 1, "per_page": 50})["results"]
        self.assertIn(host, [x["host_id"] for x in counts])

    def trees_and_reports(self, c, host):
        content = {"node name": "tree1", "value": None, "condition": "leaf", "description": "d", "advice": "a",
                   "children": [{"node name": "leaf", "value": None, "check item": "item1", "msg": ""}]}
        tree = {"tree_name": "tree1", "tree_content": content, "description": ""}
        self.assertEqual(c.call("/diag/tree/import", {"trees": [tree]})["succeed_list"], ["tree1"])
        (found,) = c.call("/diag/tree/get", {"tree_list": ["tree1"]})["trees"]
        self.assertEqual((found["tree_content"], found["tag"]), (content, []))
        result = c.call("/check/result/get", {"time_range": [], "check_items": [], "host_list": [host]})["check_result"][0]
        start = int(result["start"])
        begun = c.call("/diag/execute", {"host_list": [host], "time_range": [start, start + 2], "tree_list": ["tree1"],
                                         "interval": 1})
        self.assertEqual(begun["expected_report_num"], 2)
        task = begun["task_id"]
        progress = lambda: c.call("/diag/progress/get", {"task_list": [task]})["result"][0]["progress"]
        wait_until(lambda: progress() == 2, 60, "two reports")
        listed = c.call("/diag/report/get_list", {"task_id": task, "sort": "start", "page": 1, "per_page": 1})
        self.assertEqual((listed["total_count"], len(listed["result"])), (2, 1))
        by_filter = {"time_range": [start, start + 2], "host_list": [host], "tree_list": ["tree1"], "page": 1,
                     "per_page": 50}
        self.assertEqual(c.call("/diag/report/get_list", by_filter)["total_count"], 2)
        report = listed["result"][0]["report_id"]
        self.assertEqual(c.call("/diag/report/get", {"report_list": [report]})["result"][0]["report"]["node name"], "tree1")
        (info,) = c.call("/diag/task/get", {"time_range": [1, int(time.time()) + 86400], "sort": "time"})["task_infos"]
        self.assertEqual((info["task_id"], info["time_range"], info["tree_list"]), (task, [start, start + 2], ["tree1"]))
        c.call("/diag/report/delete", {"report_list": [report]})
        self.assertEqual(c.call("/diag/report/get_list", {"task_id": task})["total_count"], 1)

    def templates_and_tasks(self, c):
        template = {"template_name": "template1", "template_content": {"hosts": "all", "tasks": [{"ping": {}}]},
                    "description": "xxx"}
        c.call("/manage/template/import", template)
        c.call("/manage/template/import", template, codes=(1105,))
        asked = {"template_list": ["template1"], "sort": "template_name", "page": 1, "per_page": 50}
        (found,) = c.call("/manage/template/get", asked)["template_infos"]
        self.assertEqual({key: found[key] for key in template}, template)
        task = c.call("/manage/task/generate", {"task_name": "task1", "description": "it's a install task",
                                                "template_name": ["template1"]})["task_id"]
        tasks = c.call("/manage/task/get", {"task_list": [], "page": 1, "per_page": 50})["task_infos"]
        self.assertIn((task, ["template1"]), [(x["task_id"], x["template_name"]) for x in tasks])
        c.call("/manage/task/execute", {"task_list": [task]}, codes=(200, 1000, 1301))
        c.call("/manage/task/delete", {"task_list": ["task1"]})
        self.assertEqual(c.call("/manage/task/get", {"task_list": [task]})["task_infos"], [])
        c.call("/manage/template/delete", {"template_list": ["template1", "t2"]})

    def endings(self, c, hosts):
        c.call("/diag/tree/delete", {"tree_list": ["tree1"]})
        c.call("/check/rule/delete", {"check_items": ["item1"]})
        c.call("/manage/host/group/delete", {"host_group_list": ["group1"]}, codes=(1106,))
        c.call("/manage/host/delete", {"host_list": hosts})
        self.assertEqual(c.call("/manage/host/group/delete", {"host_group_list": ["group1"]})["deleted"], ["group1"])


class on_mariadb(on_sqlite):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="aops-contract-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        server = database(os.path.join(cls.folder, "store"))
        server.start()
        cls.addClassCleanup(server.close)
        cls.settings = tuple(server.settings(None))
        super().setUpClass()


if __name__ == "__main__":
    unittest.main()
