"""The interface for other services, from outside: listener and credential, whom they act for, what they keep and read."""
import json
import os
import stat
import subprocess
import unittest

import node as product
from exporter import exporter
from node import node
from rest import PASSWORD, USER, rule, tree
from waiting import wait_until

RESULT = {"data_list": [{"name": "load1", "type": "kpi", "label": {"cpu": "0"}}], "check_item": "high",
          "condition": "$0 > 1", "value": "Abnormal"}


class data(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.exporter = exporter({'load{cpu="0",mode="idle"}': 5, 'load{cpu="1",mode="idle"}': 6},
                                [f"127.0.0.{i}" for i in (21, 22, 23, 24, 25)])
        cls.addClassCleanup(cls.exporter.close)
        cls.node = node("check.sample_period=1s")
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.service = cls.node.service()
        cls.api.add_group()

    def add_host(self, name, address):
        return self.service.good("/data/host/add", {
            "username": "admin", "host_list": [{"host_id": f"id-{name}", "host_name": name, "host_group_name": "g",
                                                "public_ip": address, "ssh_port": 22, "management": False,
                                                "exporter_port": self.exporter.port}]})["host_list"][0]

    def test_a_service_works_for_the_user_it_names(self):
        host = self.add_host("kept", "127.0.0.21")
        self.assertEqual(host, "id-kept")
        self.assertEqual(self.api.host(host)["host_name"], "kept")
        body = {"host_group_list": [], "username": "admin"}
        self.assertIn(host, [x["host_id"] for x in self.service.good("/data/host/get", body)["host_infos"]])
        self.assertEqual(self.service.good("/data/host/get", body | {"username": "nobody"})["host_infos"], [])
        self.assertEqual(self.service.post("/data/host/get", {"host_group_list": []})["code"], 1000)
        gone = self.service.good("/data/host/delete", {"host_list": [host], "username": "admin"}, method="DELETE")
        self.assertEqual(gone["succeed_list"], [host])

    def test_a_key_without_credentials_is_of_no_use_and_no_harm(self):
        row = {"host_id": "id-keyed", "host_name": "keyed", "host_group_name": "g", "public_ip": "127.0.0.26"}
        ask = {"username": "admin", "host_list": [row]}
        self.assertEqual(self.service.post("/data/host/add", ask | {"key": 7})["code"], 1000)
        self.service.good("/data/host/add", ask | {"key": "somebody's vault key"})
        secret = row | {"username": "u", "password": "p", "sudo_password": "p", "host_id": "id-x", "host_name": "x"}
        self.assertEqual(self.service.post("/data/host/add", {"username": "admin", "host_list": [secret]})["code"], 1000)
        self.service.good("/data/host/delete", {"host_list": ["id-keyed"], "username": "admin"}, method="DELETE")

    def test_hosts_of_a_group_and_kind_are_counted(self):
        self.api.add_group("counted")
        rows = [{"host_id": f"id-n{k}", "host_name": f"n{k}", "host_group_name": "counted", "public_ip": f"127.0.1.{k}",
                 "management": k == 1} for k in (1, 2, 3)]
        self.service.good("/data/host/add", {"username": "admin", "host_list": rows})
        count = lambda **which: self.service.good("/data/host/count", {"username": "admin"} | which)["host_count"]
        self.assertEqual(count(host_group_list=["counted"]), 3)
        self.assertEqual(count(host_group_list=["counted"], management=False), 2)
        self.assertEqual(count(host_group_list=["nothing"]), 0)
        self.assertEqual(count(), self.api.good("/manage/host/count", {})["host_count"])
        self.assertEqual(self.api.post("/manage/host/count", {"management": True})["code"], 1000)
        self.service.good("/data/host/delete", {"host_list": [x["host_id"] for x in rows], "username": "admin"},
                          method="DELETE")

    def test_hosts_are_listed_by_user(self):
        host = self.add_host("listed", "127.0.0.24")
        for names in (["admin", "nobody"], []):
            found = self.service.good("/data/host/info/get/user", {"username": names})["host_infos"]
            self.assertIn({"host_id": host, "host_group_name": "g", "host_name": "listed", "public_ip": "127.0.0.24",
                           "ssh_port": 22}, found["admin"])
            self.assertEqual(found.get("nobody", []), [])
        self.assertEqual(list(self.api.good("/data/host/info/get/user", {"username": []})["host_infos"]), ["admin"])
        self.assertEqual(self.api.post("/data/host/info/get/user", {"username": ["nobody"]})["code"], 1207)
        self.service.good("/data/host/delete", {"host_list": [host], "username": "admin"}, method="DELETE")

    def test_facts_templates_and_tasks_go_both_ways(self):
        host = self.add_host("facts", "127.0.0.25")
        infos = {"os": {"name": "openEuler20.09"}, "cpu": {"core_count": 96}}
        self.service.good("/data/host/info/save", {"host_infos": [{"host_id": host, "infos": infos}]})
        ask = {"username": "admin", "host_list": [host]}
        (found,) = self.service.good("/data/host/info/get", ask)["host_infos"]
        self.assertEqual((found["infos"]["os"]["name"], found["infos"]["cpu"]["core_count"]), ("openEuler20.09", 96))
        self.assertEqual(self.api.good("/manage/host/info/query", {"host_list": [host]})["host_infos"], [found])
        self.service.good("/data/host/info/delete", {"host_list": [host]}, method="DELETE")
        self.assertEqual(self.service.good("/data/host/info/get", ask)["host_infos"], [{"host_id": host, "infos": {}}])
        me = {"username": "admin"}
        play = {"hosts": "all", "tasks": [{"name": "reach it", "ping": {}}]}
        self.service.good("/data/manage/template/add", me | {"template_name": "t", "template_content": [play], "description": ""})
        self.service.good("/data/manage/task/add", me | {"task_id": "task-d", "task_name": "d", "description": "",
                                                         "template_name": ["t"]})
        tasks = self.service.good("/data/manage/task/get", me | {"task_list": ["task-d"]})["task_infos"]
        self.assertEqual([(x["task_id"], x["template_name"]) for x in tasks], [("task-d", ["t"])])
        self.service.good("/data/manage/task/delete", me | {"task_list": ["task-d"]}, method="DELETE")
        self.service.good("/data/manage/template/delete", me | {"template_list": ["t"]}, method="DELETE")
        self.assertEqual(self.api.good("/manage/template/get", {"template_list": ["t"]})["template_infos"], [])
        self.service.good("/data/host/delete", {"host_list": [host], "username": "admin"}, method="DELETE")

    def test_files_are_collected_for_the_first_administrator_unless_another_is_named(self):
        collect = lambda **body: self.service.post("/manage/config/collect", {"infos": []} | body)["code"]
        self.assertEqual((collect(), collect(username="admin")), (1203, 1203))
        self.assertEqual(collect(username="nobody"), 1207)
        self.assertEqual(collect(username=1), 1000)

    def test_what_creates_something_is_carried_out_once_for_a_key(self):
        body = {"username": "admin", "host_list": [{"host_name": "once", "host_group_name": "g", "public_ip": "192.0.2.66"}]}
        headers = {"Content-Type": "application/json", "Access-Token": self.service.token, "Idempotency-Key": "key-of-data"}
        replies = [json.loads(self.service.send("POST", "/data/host/add", json.dumps(body), headers)[2]) for _ in range(2)]
        self.assertEqual(replies[0], replies[1])
        self.assertEqual(replies[0]["code"], 200)
        gone = {"host_list": replies[0]["host_list"], "username": "admin"}
        self.service.good("/data/host/delete", gone, method="DELETE")

    def test_nobody_comes_in_without_the_credential(self):
        for token in (None, "wrong", self.api.token):
            reply = self.service.post("/data/host/count", {"username": "admin"}, token=token)
            self.assertEqual(reply["code"], 1201, token)
        self.assertEqual(self.api.post("/data/host/count", {}, token=self.service.token)["code"], 1201)
        self.assertEqual(self.service.call("POST", "/manage/host/count", {})[0], 404)

    def test_the_credential_is_for_the_owner_of_the_node_only(self):
        path = os.path.join(self.node.data, "service.credential")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        with open(path, encoding="ascii") as file:
            secret = file.read().strip()
        self.assertRegex(secret, "^[0-9a-f]{64}$")
        self.assertNotIn(secret, self.node.log(100000))

    def test_an_administrator_may_use_the_paths_for_himself(self):
        self.assertEqual(self.api.post("/data/host/count", {})["code"], 200)
        self.assertEqual(self.api.post("/data/host/count", {"username": "admin"})["code"], 200)
        self.assertEqual(self.api.post("/data/host/count", {"username": "other"})["code"], 1207)
        self.assertEqual(self.api.post("/data/host/count", {}, token=None)["code"], 1201)

    def test_saved_results_stand_beside_those_of_the_engine(self):
        host = self.add_host("judged", "127.0.0.22")
        self.api.good("/check/rule/import", {"check_items": [rule("judged", ("load", {"cpu": "0", "mode": "idle"}), "$0 > 1",
                                                                  host_group_list=["g"])]})
        wait_until(lambda: self.api.results(host), 60, "a result of the engine")
        saved = RESULT | {"host_id": host, "start": 100, "end": 200, "username": "admin"}
        self.service.good("/data/check/result/save", {"check_results": [saved]})
        self.service.good("/data/check/result/save", {"check_results:": [saved | {"value": "No data"}]})
        found = [x for x in self.api.results(host) if x["check_item"] == "high"]
        self.assertEqual([(x["start"], x["end"], x["value"]) for x in found], [(100, 200, "No data")])
        self.assertEqual(found[0]["data_list"], RESULT["data_list"])
        body = {"username": "admin", "host_list": [host], "time_range": [100, 199]}
        self.assertEqual(self.service.good("/data/check/result/delete", body, method="DELETE")["count"], 0)
        self.assertEqual(
            self.service.good("/data/check/result/delete", body | {"time_range": [100, 200]}, method="DELETE")["count"], 1)
        self.assertEqual([x for x in self.api.results(host) if x["check_item"] == "high"], [])
        counts = self.service.good("/data/check/result/count", {"username": "admin", "host_list": [host]})["results"]
        self.assertEqual([x["host_id"] for x in counts], [host])

    def test_a_diagnosis_from_elsewhere_is_shown_like_our_own(self):
        task = {"task_id": "task-e", "username": "admin", "time": 1600000000, "host_list": ["h"], "tree_list": ["t"],
                "time_range": [1000, 2000], "expected_report_num": 2}
        self.service.good("/data/diag/task/save", task)
        report = {"usename": "admin", "host_id": "h", "tree_name": "t", "task_id": "task-e", "report_id": "ssda1222x",
                  "start": 1000, "end": 1500, "report": '{"node name": "t", "value": true}'}
        self.service.good("/data/diag/report/save", {"reports": [report]})
        listed = self.service.good("/data/diag/process/query", {"username": "admin", "task_list": ["task-e"]})["result"]
        self.assertEqual((listed[0]["progress"], listed[0]["expected_report_num"]), (1, 2))
        self.assertEqual(self.api.reports("task-e")[0]["report_id"], "ssda1222x")
        self.assertEqual(self.api.report("ssda1222x")["report"], {"node name": "t", "value": True})
        info = self.service.good("/data/diag/task/get", {"username": "admin", "task_list": ["task-e"]})["task_infos"][0]
        self.assertEqual((info["time"], info["host_list"], info["time_range"]), (1600000000, ["h"], [1000, 2000]))
        gone = {"username": "admin", "report_list": ["ssda1222x"]}
        self.service.good("/data/diag/report/delete", gone, method="DELETE")
        self.assertEqual(self.api.progress("task-e"), 1)

    def test_rules_and_trees_go_both_ways(self):
        self.service.good("/data/check/rule/add", {"username": "admin", "check_items": [rule("both", "load", "$0 > 1")]})
        self.assertEqual(len(self.api.good("/check/rule/get", {"check_items": ["both"]})["check_items"]), 1)
        self.service.good("/data/check/rule/delete", {"username": "admin", "check_items": ["both"]}, method="DELETE")
        self.assertEqual(self.api.good("/check/rule/get", {"check_items": ["both"]})["check_items"], [])
        self.service.good("/data/diag/tree/add", {"username": "admin", "trees": [tree("both", "a", {"a": "both"})]})
        found = self.service.good("/data/diag/tree/get", {"username": "admin", "tree_list": ["both"]})["trees"]
        self.assertEqual([x["tree_name"] for x in found], ["both"])
        self.service.good("/data/diag/tree/delete", {"username": "admin", "tree_list": ["both"]}, method="DELETE")

    def test_samples_are_read_and_deleted(self):
        host, address = self.add_host("sampled", "127.0.0.23"), "127.0.0.23"
        self.api.good("/check/rule/import", {"check_items": [
            rule("all loads", "load", "$0 > 1000", data_list=[{"name": "load", "match": {}}])]})
        wanted = [{"name": "load", "type": "kpi", "label": {"cpu": "1"}}, {"name": "history", "type": "log"},
                  {"name": "none"}]
        body = {"time_range": [0, 4000000000], "data_infos": {address: wanted}}
        read = lambda: self.service.post("/data/data/get", body)
        wait_until(lambda: read()["result"][address]["succeed_list"], 60, "samples")
        reply = read()
        self.assertEqual(reply["code"], 200)
        (found,) = reply["result"][address]["succeed_list"]
        self.assertEqual((found["name"], found["label"]), ("load", {"cpu": "1", "mode": "idle"}))
        self.assertEqual({float(value) for _, value in found["values"]}, {6.0})
        self.assertEqual(reply["result"][address]["fail_list"], [])  # A log without lines is as a series without points.
        flat = {"time_range": body["time_range"], "data_infos": [{"host_id": host, "data_list": wanted[:1]}]}
        self.assertEqual(self.api.post("/data/data/get", flat)["code"], 200)
        until = int(found["values"][0][0])
        gone = self.service.good("/data/data/delete", {"host_infos": [host], "time_range": [0, until]}, method="DELETE")
        self.assertGreaterEqual(gone["count"], 1)
        left = self.service.good("/data/data/get", flat | {"time_range": [0, until]})["result"][host]
        self.assertEqual(left, {"succeed_list": [], "fail_list": []})

    def test_a_log_in_and_a_new_password(self):
        good = {"username": USER, "password": PASSWORD}
        self.assertIn("access_token", self.service.good("/data/account/login", good))
        self.assertEqual(self.service.post("/data/account/login", good | {"password": "wrong"})["code"], 1200)
        self.assertEqual(self.service.post("/data/account/change", good)["code"], 1205)
        self.assertEqual(self.service.post("/data/acount/change", good | {"username": "nobody"})["code"], 1200)


class listener(unittest.TestCase):
    def run_node(self, *settings):
        """A start that fails: exit code and what it says."""
        with node(*settings, start=False) as it:
            done = subprocess.run(it.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  timeout=60, preexec_fn=product.die_with_parent)
            return done.returncode, done.stderr.decode()

    def test_it_can_be_turned_off(self):
        with node("data.listen=") as it:
            self.assertEqual(it.data_url, "-")
            self.assertFalse(os.path.exists(os.path.join(it.data, "service.credential")))
            self.assertEqual(it.admin().post("/data/host/count", {})["code"], 200)

    def test_several_nodes_of_a_machine_each_have_one(self):
        with node() as one, node() as two:
            self.assertNotEqual(one.data_url, two.data_url)
            self.assertNotEqual(one.service().token, two.service().token)
            for it in (one, two):
                self.assertEqual(it.service().post("/data/host/count", {"username": "admin"})["host_count"], 0)

    def test_a_port_that_is_taken_ends_the_start_with_its_reason(self):
        with node() as it:
            port = it.data_url.rsplit(":", 1)[1]
            code, said = self.run_node(f"data.listen=127.0.0.1:{port}")
            self.assertEqual(code, 2)
            self.assertIn("data.listen", said)

    def test_a_credential_others_may_read_ends_the_start(self):
        with node(start=False) as it:
            path = os.path.join(it.folder, "credential")
            with open(path, "w", encoding="ascii") as file:
                file.write("c" * 64 + "\n")
            os.chmod(path, 0o644)
            code, said = self.run_node(f"data.credential_file={path}")
            self.assertEqual(code, 2)
            self.assertIn("data.credential_file", said)
            self.assertNotIn("cccc", said)
            os.chmod(path, 0o600)
            it.settings += (f"data.credential_file={path}",)
            it.start()
            client = product.rest(it.data_url, "c" * 64)
            self.assertEqual(client.post("/data/host/count", {"username": "admin"})["code"], 200)

    def test_it_stays_the_same_after_a_restart(self):
        with node() as it:
            secret = it.service().token
            it.stop()
            it.start()
            self.assertEqual(it.service().token, secret)


if __name__ == "__main__":
    unittest.main()
