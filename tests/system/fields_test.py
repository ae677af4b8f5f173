"""Every endpoint and every field of the interface, made from its OpenAPI document, so that a new route is in it by itself.

Without a token a request that is legal is 1201 and one that is not is 1000, for fields are checked first: so nothing that is
sent here does anything. What another administrator owns is neither shown nor changed, whatever is asked.
"""
import json
import unittest

from exporter import exporter
from node import node
from rest import rest, rule, tree
from schema_cases import schemas
from waiting import wait_until

# Legal values of fields for which the schema does not say enough.
SAMPLES = {"time_range": [1, 2], "tree_content": {"node name": "x"}, "data_infos": {"192.0.2.1": []}, "report": "{}",
           "start": 1, "end": 2, "public_ip": "192.0.2.1",
           "config_list": ["/etc/hosts"], "path": "/etc/hosts", "domainName": "web", "domain_name": "web",
           "line_id": "1-1-0000000000000001-h", "after_line": "1-1-0000000000000001-h",
           "filePath": "/etc/hosts", "file_path": "/etc/hosts", "hostId": "h"}
# Bodies that must say more than their schema requires.
MORE = {"/manage/host/update": {"host_name": "x"}, "/manage/host/group/update": {"new_name": "x"},
        "/manage/check/result/delete": {"time_range": [1, 2]}}
# Whose HTTP status tells, too: the last four are of configuration tracing, where it is the code or what is usual for it.
BY_STATUS = ("/alertmanager/webhook", "/domain/", "/host/", "/management/", "/confs/")
# Fields that others of the same body must come with: alone they are illegal, so they are not tried at their bounds.
TOGETHER = {"username", "password", "sudo_password", "ssh_key", "become", "key"}
MARK = "owned by the first"


def cases_of(document):
    """(path, method, operation, schemas, schema, a legal body) of each that takes a body."""
    known = schemas(document, SAMPLES)
    for path, method, operation, schema in known.operations():
        yield path, method, operation, known, schema, known.legal(schema) | MORE.get(path.replace("/data/", "/manage/"), {})


class fields(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = node()
        cls.addClassCleanup(cls.node.close)
        cls.doors = {"users": cls.node.client(), "services": rest(cls.node.data_url)}

    def each(self):
        for door, client in self.doors.items():
            for case in cases_of(json.loads(client.send("GET", "/openapi.json")[2])):
                yield lambda body, case=case, client=client, **more: self.code(client, *case[:2], body, **more), door, *case

    @staticmethod
    def code(client, path, method, body, token=None):
        """The code of a reply that comes with HTTP 200; else that status."""
        # What is for pages of the node itself is asked from one.
        headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}
        if token is not None:
            headers["Access-Token"] = token
        status, _, text = client.send(method, path, json.dumps(body), headers)
        return json.loads(text)["code"] if status == 200 or path.startswith(BY_STATUS) else f"HTTP {status}"

    def judge(self, seen, wanted, least):
        """Of (where, code)s, all must be as wanted, and be many."""
        self.assertEqual([x for x in seen if x[1] != wanted], [])
        self.assertGreater(len(seen), least)

    def test_a_legal_request_without_a_session_is_1201(self):
        seen = []
        for ask, door, path, _, operation, known, schema, body in self.each():
            if not operation["security"]:
                continue
            seen += [((door, path, what), ask(x)) for what, x in [("legal", body), *self.bounds(known, schema, body)]]
            seen += [((door, path, token), ask(body, token=token)) for token in ("", "x" * 64)]
        self.judge(seen, 1201, 300)

    @staticmethod
    def bounds(known, schema, body):
        for what, x in known.at_the_bounds(schema, body):
            if what.split(":")[0] not in TOGETHER or set(x) == set(body):
                yield what, x

    def test_an_illegal_field_is_1000_whoever_asks(self):
        seen = []
        for ask, door, path, _, _, known, schema, body in self.each():
            seen += [((door, path, what, str(x)[-100:]), ask(x)) for what, x in known.illegal_objects(schema, body)
                     if not self.is_also_taken(path, what, x)]
        self.judge(seen, 1000, 3000)

    @staticmethod
    def is_also_taken(path, what, body):
        """Forms of a body that stand in the reference and not in the schema."""
        if path == "/data/check/result/save" and what == "check_results: [0] data_list: [0] no object":
            return isinstance(body["check_results"][0]["data_list"][0], str)
        return path == "/data/data/get" and what == "data_infos: no object" and body["data_infos"] == []

    def test_a_body_that_is_no_object_is_1000(self):
        seen = []
        for ask, door, path, _, _, _, _, _ in self.each():
            seen += [((door, path, x), ask(x)) for x in ([], "text", 1, True)]
        self.judge(seen, 1000, 300)

    def test_a_body_that_is_no_json_is_http_400(self):
        for client in self.doors.values():
            for path, method, *_ in cases_of(json.loads(client.send("GET", "/openapi.json")[2])):
                for kind, text in (("application/json", "{"), ("text/plain", "{}"),
                                   ("application/json", '{"a": 1, "a": 1}')):
                    status, _, reply = client.send(method, path, text, {"Content-Type": kind})
                    self.assertEqual((status, json.loads(reply)["code"]), (400, 1000), (path, kind, text))


class owners(unittest.TestCase):
    """Two administrators, of whom one has things."""

    @classmethod
    def setUpClass(cls):
        cls.exporter = exporter({"load": 5})
        cls.addClassCleanup(cls.exporter.close)
        cls.node = node("check.sample_period=1s")
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.document = json.loads(cls.api.send("GET", "/openapi.json")[2])

    def other_administrator(self):
        account = {"username": "second", "password": "another-password"}
        self.api.good("/manage/account/register", account)
        self.api.good("/manage/account/role/change", {"username": "second", "role": "administrator"})
        client = self.node.client()
        self.assertEqual(client.login(account["password"], "second")["code"], 200)
        return client

    def things(self):
        """One of everything, by the fields that name it."""
        self.api.good("/manage/host/group/add", {"host_group_name": "mine", "description": MARK})
        (host,) = self.api.add_hosts(("host of mine", "127.0.0.1", self.exporter.port), group="mine")
        self.api.good("/check/rule/import", {"check_items": [rule("rule of mine", "load", "$0 > 1", description=MARK)]})
        mine = tree("tree of mine", "a", {"a": "rule of mine"}) | {"description": MARK}
        self.api.good("/diag/tree/import", {"trees": [mine]})
        wait_until(lambda: self.api.results(host), 60, "a result")
        start = int(self.api.results(host)[0]["start"])
        task = self.api.good("/diag/execute", {"host_list": [host], "tree_list": ["tree of mine"], "interval": 1,
                                               "time_range": [start, start + 1]})["task_id"]
        wait_until(lambda: self.api.progress(task) == 1, 60, "a report")
        report = self.api.reports(task)[0]["report_id"]
        return {"host_list": [host], "host_infos": [host], "host_id": host, "host_group_list": ["mine"],
                "host_group_name": "mine", "check_items": ["rule of mine"], "tree_list": ["tree of mine"], "task_id": task,
                "task_list": [task], "report_list": [report], "report_id": report, "time_range": [0, 2 * start],
                "data_infos": {host: [{"name": "load"}]}}

    def seen(self):
        """What the first administrator has, but for what moves by itself."""
        ask = lambda path, body: {k: v for k, v in self.api.good(path, body).items() if k != "msg"}
        hosts = ask("/manage/host/get", {"host_group_list": []})["host_infos"]
        return [[(x["host_id"], x["host_name"], x["host_group_name"], x["public_ip"]) for x in hosts],
                ask("/manage/host/group/get", {}), ask("/check/rule/get", {"check_items": []}),
                ask("/diag/tree/get", {"tree_list": []}), ask("/diag/task/get", {}), ask("/diag/report/get_list", {}),
                len(self.api.results()) > 0]

    def test_nothing_of_another_administrator_is_shown_or_changed(self):
        things, other, count = self.things(), self.other_administrator(), 0
        before = self.seen()
        known = schemas(self.document, SAMPLES | things)
        for path, method, _, schema in known.operations():
            if "logout" in path or "account" in path or path.startswith("/session"):
                continue
            fields = {key: known.legal(field, key) for key, field in schema["properties"].items() if key in known.samples}
            for body in (known.legal(schema) | MORE.get(path, {}), known.legal(schema) | fields | MORE.get(path, {})):
                status, reply = other.call(method, path, body)
                self.assertTrue(status == 200 or path.startswith(BY_STATUS), (path, reply))
                told = json.dumps(reply)
                self.assertNotIn(MARK, told, path)
                self.assertNotIn("host of mine", told, path)
                count += 1
        self.assertGreater(count, 80)
        self.assertEqual(self.seen(), before)
        status, _, _ = other.send("GET", f"/diag/progress/stream?task_id={things['task_id']}", headers={
            "Access-Token": other.token})
        self.assertEqual(status, 404)


if __name__ == "__main__":
    unittest.main()
