"""The REST interface against its own OpenAPI document: the document is valid, replies are as it says, whatever is asked.

A tester from PyPI makes requests from the document, legal and illegal ones, from a fixed seed. With `AOPS_LONG=1`
it makes up twenty times as many.
"""
import json
import os
import subprocess
import tempfile
import unittest

from exporter import exporter
from node import node
from rest import host_row, rule, tree
from schema_tester import environment
from waiting import wait_until

EXAMPLES = 100 if os.environ.get("AOPS_LONG") else 5
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance," \
         "response_schema_conformance,unsupported_method,allow_header_conformance"
ACCOUNTS = r"^/(manage/account/|manage/logout|session|data/acc?ount/)"
LOGOUT = r"logout"
ENDLESS = r"^/logs/stream$"  # However it is asked, it goes on.
PACKED = r"^/api/v1/write$"  # The tester cannot make its bodies: remote_write_test, and mutated ones in tests/core/push.
LIMIT_S = 300 + 30 * EXAMPLES


class against_the_document(unittest.TestCase):
    """A node with something of everything, so that replies have contents."""

    @classmethod
    def setUpClass(cls):
        cls.tools = environment()
        cls.exporter = exporter({"load": 5})
        cls.addClassCleanup(cls.exporter.close)
        cls.node = node()
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.document = json.loads(cls.api.send("GET", "/openapi.json")[2])

    def ask_everything(self, api, *words):
        """Runs the tester; its findings fail the test."""
        with tempfile.TemporaryDirectory() as folder:
            command = [self.tools / "schemathesis", "run", f"{api.url}/openapi.json", "--tls-verify", "false",
                       "--header", f"Access-Token:{api.token}", "--checks", CHECKS, "--max-examples", str(EXAMPLES),
                       "--phases", "examples,coverage,fuzzing", "--seed", "1", "--generation-database", "none",
                       "--suppress-health-check", "all", "--warnings", "off", "--request-timeout", "30",
                       "--generation-with-security-parameters", "false",
                       "--continue-on-failure", "--no-color", *words]
            done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=LIMIT_S)
        text = done.stdout.decode(errors="replace")
        self.assertEqual(done.returncode, 0, text[-20000:])
        self.assertRegex(text, r"[1-9]\d* generated", text[-3000:])

    def assert_no_failure_of_our_own(self, of):
        """Code 500 comes with HTTP 200, in an envelope as it should be, so the tester sees nothing amiss."""
        with open(of.log_file, errors="replace") as file:
            self.assertEqual([line for line in file if " request-failed " in line], [])


class replies(against_the_document):
    def setUp(self):
        self.seen = []

    def ask(self, method, path, body=None, query="", wanted=200, token="own"):
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Access-Token"] = self.api.token
        data = None if body is None else json.dumps(body)
        status, head, text = self.api.send(method, path + query, data, headers)
        kind = (head.get("Content-Type") or "").split(";")[0]
        self.seen.append({"method": method, "path": path, "status": status, "type": kind, "text": text})
        reply = json.loads(text) if kind == "application/json" else {}
        self.assertEqual(reply.get("code", status), wanted, (path, text[:1000]))
        return reply

    def judge(self):
        asked = json.dumps({"document": self.document, "replies": self.seen})
        script = os.path.join(os.path.dirname(__file__), "schema_replies.py")
        done = subprocess.run([self.tools / "python", script], input=asked.encode(), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=300)
        self.assertEqual((done.returncode, done.stdout.decode()), (0, ""))

    def test_the_document_is_valid(self):
        self.judge()

    def test_replies_with_contents_are_as_the_document_says(self):
        ask = self.ask
        ask("POST", "/manage/host/group/add", {"host_group_name": "g", "description": ""})
        rows = [host_row("h", "127.0.0.1", self.exporter.port)]
        host = ask("POST", "/manage/host/add", {"host_list": rows, "key": "vault-key"})["host_list"][0]
        ask("POST", "/manage/host/add", {"host_list": rows, "key": "vault-key"}, wanted=1105)
        ask("POST", "/check/rule/import",
            {"check_items": [rule("high", "load", "$0 > 1", host_group_list=["g"]), rule("bad", "load", "$0 >")]}, wanted=206)
        ask("POST", "/diag/tree/import", {"trees": [tree("slow", "a && b || a", {"a": "high", "b": "none"})]})
        wait_until(lambda: self.api.results(host), 60, "a result")
        ask("POST", "/manage/host/group/get", {})
        ask("POST", "/manage/host/get", {"host_group_list": [], "page": 1, "per_page": 5})
        ask("POST", "/manage/host/count", {})
        ask("POST", "/check/rule/get", {"check_items": []})
        ask("POST", "/check/rule/count", {})
        ask("POST", "/check/rule/cost/get", {})
        ask("POST", "/check/result/get", {"check_items": [], "host_list": [], "time_range": []})
        ask("POST", "/check/result/count", {"host_list": []})
        ask("POST", "/check/series/get", {"host_id": host})
        ask("POST", "/diag/tree/get", {"tree_list": []})
        wanted = {host: [{"name": "load"}, {"name": "history", "type": "log"}]}
        ask("POST", "/data/data/get", {"time_range": [0, 4000000000], "data_infos": wanted})
        ask("POST", "/check/series/data/get", {"time_range": [0, 4000000000], "data_infos": wanted, "most_points": 2})
        saved = {"host_id": host, "data_list": ["load"], "start": 1, "end": 2, "check_item": "high", "condition": "$0 > 1",
                 "value": "Abnormal"}
        ask("POST", "/data/check/result/save", {"check_results": [saved, saved | {"host_id": "unknown"}]}, wanted=206)
        ask("DELETE", "/data/check/result/delete", {"host_list": [host], "time_range": [1, 2]})
        ask("DELETE", "/data/data/delete", {"host_list": [host], "time_range": [1, 2]})
        ask("POST", "/data/diag/task/save", {"task_id": "t", "time": 1, "host_list": [], "tree_list": [], "time_range": [],
                                             "expected_report_num": 1})
        report = {"host_id": host, "tree_name": "slow", "task_id": "t", "report_id": "r", "start": 1, "end": 2, "report": "{}"}
        ask("POST", "/data/diag/report/save", {"reports": [report, report | {"report": "[]"}]}, wanted=206)
        ask("POST", "/diag/report/get", {"report_list": ["r"]})
        ask("POST", "/data/host/add", {"host_list": [{"host_id": "kept", "host_name": "k", "public_ip": "127.0.0.9"}]})
        start = self.api.results(host)[0]["start"]
        ask("POST", "/check/rule/test",
            {"rule": rule("new", "load", "$0 > 2"), "host_id": host, "time_range": [start - 60, start + 60]})
        ask("POST", "/check/condition/eval",
            {"condition": "load > 2 && lod < 1", "host_id": host, "time_range": [start - 60, start + 60]})
        body = {"host_list": [host, "unknown"], "tree_list": ["slow"], "time_range": [start, start + 2], "interval": 1}
        task = ask("POST", "/diag/execute", body, wanted=206)["task_id"]
        wait_until(lambda: self.api.progress(task) == 2, 60, "two reports")
        info = ask("POST", "/diag/task/get", {"task_list": [task]})["task_infos"][0]
        self.assertIs(type(info["time"]), int)
        ask("POST", "/diag/progress/get", {"task_list": [task, "unknown"]})
        report = ask("POST", "/diag/report/get_list", {"task_id": task})["result"][0]
        ask("POST", "/diag/report/get", {"report_list": [report["report_id"]]})
        check = {"host_list": [host], "time_range": [start, start + 2], "check_items": []}
        checked = ask("POST", "/check/execute", check)["task_id"]
        ask("POST", "/diag/task/cancel", {"task_list": [checked, "unknown"]}, wanted=self.any_of(200, 206))
        ask("POST", "/diag/task/resume", {"task_list": [checked]})
        ask("POST", "/diag/task/waits", {"task_id": task})
        for path in ("/cluster/nodes", "/cluster/slots", "/cluster/tree", "/session"):
            ask("GET", path)
        for path in ("/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"):
            ask("GET", path, token=None)
        ask("GET", "/diag/progress/stream", query="?task_id=unknown", wanted=1000)
        ask("GET", "/diag/progress/stream", query=f"?task_id={task}")
        ask("GET", "/logs/stream", query="?query=%28", wanted=1000)
        ask("GET", "/events/stream", query=f"?topics=diag:{task},check:{checked}")
        ask("POST", "/manage/host/get", {"host_group_list": [], "colour": 1}, wanted=1000)
        ask("DELETE", "/diag/report/delete", {"report_list": [report["report_id"]]})
        ask("DELETE", "/diag/tree/delete", {"tree_list": ["slow"]})
        ask("DELETE", "/check/rule/delete", {"check_items": ["high"]})
        ask("DELETE", "/manage/host/delete", {"host_list": [host, "kept"]})
        ask("DELETE", "/manage/host/group/delete", {"host_group_list": ["g"]})
        self.judge()

    @staticmethod
    def any_of(*codes):
        class one:
            def __eq__(self, other):
                return other in codes

            def __repr__(self):
                return f"one of {codes}"
        return one()


class whatever_is_asked(against_the_document):
    def test_no_surprise_from_anything_but_accounts(self):
        self.ask_everything(self.api, "--exclude-path-regex", f"{ACCOUNTS}|{ENDLESS}|{PACKED}")
        self.assertEqual(self.api.post("/manage/host/count")["code"], 200)
        self.assert_no_failure_of_our_own(self.node)

    def test_no_surprise_from_accounts(self):
        with node() as other:  # The tester changes the password.
            api = other.admin()
            self.ask_everything(api, "--include-path-regex", ACCOUNTS, "--exclude-path-regex", LOGOUT)
            self.assertEqual(api.post("/manage/host/count")["code"], 200)
            self.ask_everything(api, "--include-path-regex", LOGOUT)
            self.assert_no_failure_of_our_own(other)


if __name__ == "__main__":
    unittest.main()
