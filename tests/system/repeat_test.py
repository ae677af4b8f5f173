"""Requests that come again with the same key: one node, a node that is killed, two nodes at once."""
import json
import random
import threading
import time
import unittest

from cluster import cluster
from node import node
from rest import rule, tree
from waiting import wait_until

PLAY = [{"hosts": "all", "tasks": [{"ping": {}}]}]


def ask(api, path, body, key, tail=""):
    """The reply of a request with a key. With a tail it says the same in other bytes."""
    headers = {"Content-Type": "application/json", "Access-Token": api.token, "Idempotency-Key": key}
    status, _, text = api.send("POST", path, json.dumps(body) + tail, headers)
    assert status == 200, (path, status, text)
    return json.loads(text)


def host_rows(*names):
    return {"host_list": [{"host_name": x, "public_ip": f"{x}.example.org"} for x in names]}


class keyed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = node()
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()

    def keyed_paths(self):
        """Paths that take the key, as the document has them."""
        document = json.loads(self.api.send("GET", "/openapi.json")[2])
        return {path for path, verbs in document["paths"].items() for operation in verbs.values()
                if any(x["name"] == "Idempotency-Key" for x in operation.get("parameters", []))}

    def test_what_creates_is_carried_out_once_for_a_key(self):
        (host,) = self.api.good("/manage/host/add", host_rows("h0"))["host_list"]
        self.api.good("/check/rule/import", {"check_items": [rule("r0", "m", "$0 > 1")]})
        self.api.good("/diag/tree/import", {"trees": [tree("t0", "a", {"a": "r0"})]})
        asked = {
            "/manage/host/group/add": {"host_group_name": "g1", "description": ""},
            "/manage/host/add": host_rows("h0", "h1"),
            "/check/rule/import": {"check_items": [rule("r1", "m", "$0 > 1"), rule("r2", "m", "$0 >")]},
            "/diag/tree/import": {"trees": [tree("t1", "a && b || a", {"a": "r0", "b": "r1"})]},
            "/manage/template/import": {"template_name": "p1", "template_content": PLAY, "description": ""},
            "/manage/task/generate": {"task_name": "k1", "description": "", "template_name": ["p1"]},
            "/check/silence/add": {"comment": "c", "host_list": [host], "duration_s": 60},
            "/diag/execute": {"host_list": [host, "no"], "tree_list": ["t0"], "time_range": [1000, 1100], "interval": 60},
            "/check/execute": {"host_list": [host, "no"], "time_range": [1000, 1100]},
            "/manage/account/register": {"username": "ann", "password": "correct horse"},
            "/manage/account/user/add": {"username": "bob", "password": "correct horse"}}
        self.assertLessEqual(set(asked), self.keyed_paths())
        for path, body in asked.items():
            first = ask(self.api, path, body, "key-" + path)
            self.assertIn(first["code"], (200, 206), (path, first))
            self.assertEqual(ask(self.api, path, body, "key-" + path), first, path)
            other = ask(self.api, path, body | {"unknown": 1}, "key-" + path)
            self.assertEqual(other["code"], 1000)  # Read before the key is looked at.
            changed = ask(self.api, path, body, "key-" + path, " ")
            self.assertEqual(changed["code"], 1000, path)
            self.assertIn("Idempotency-Key", changed["detail"], path)
        self.assertEqual(self.api.good("/manage/host/count", {})["host_count"], 2)
        self.assertEqual(self.api.good("/manage/task/get", {"task_list": ["k1"]})["total_count"], 1)
        self.assertEqual(self.api.good("/diag/task/get", {})["total_count"], 1)

    def test_a_token_comes_once_with_the_secret_of_the_last_answer(self):
        body = {"name": "program", "scope": "read"}
        self.assertIn("/manage/account/token/create", self.keyed_paths())
        first, again = (ask(self.api, "/manage/account/token/create", body, "key-token") for _ in range(2))
        self.assertEqual((first["token_id"], first["expires"]), (again["token_id"], again["expires"]))
        self.assertEqual(len(self.api.good("/manage/account/token/get")["token_infos"]), 1)
        count = lambda reply: self.api.post("/manage/host/count", token=reply["access_token"])["code"]
        self.assertEqual(count(again), 200)
        wait_until(lambda: count(first) == 1201, 2, "the first secret is void")

    def test_a_key_is_a_short_visible_text(self):
        body = {"host_group_name": "odd", "description": ""}
        for key in ("x" * 256, "a b", "\u00e4".encode().decode("latin-1")):
            reply = ask(self.api, "/manage/host/group/add", body, key)
            self.assertEqual((reply["code"], reply["detail"].split(":")[0]), (1000, "Idempotency-Key"))
        self.assertEqual(ask(self.api, "/manage/host/group/add", body, "x" * 255)["code"], 200)

    def test_a_failure_is_not_remembered(self):
        body = {"task_name": "k2", "description": "", "template_name": ["late"]}
        self.assertEqual(ask(self.api, "/manage/task/generate", body, "late")["code"], 1000)
        self.api.good("/manage/template/import", {"template_name": "late", "template_content": PLAY, "description": ""})
        self.assertEqual(ask(self.api, "/manage/task/generate", body, "late")["code"], 200)


class killed(unittest.TestCase):
    def test_what_was_asked_of_a_node_that_died_is_there_once(self):
        """Killed at some moment between the arrival of the request and its answer."""
        random.seed(7)
        with node() as it:
            api = it.admin()
            (host,) = api.good("/manage/host/add", host_rows("h"))["host_list"]
            api.good("/check/rule/import", {"check_items": [rule("r", "m", "$0 > 1")]})
            api.good("/diag/tree/import", {"trees": [tree("t", "a", {"a": "r"})]})
            diagnosis = {"host_list": [host], "tree_list": ["t"], "time_range": [1000, 1100], "interval": 60}
            for i in range(6):
                bodies = {"/manage/host/add": host_rows(f"h{i}"), "/diag/execute": diagnosis}
                before = {}

                def send(path):
                    try:
                        before[path] = ask(api, path, bodies[path], f"{path}-{i}")
                    except (OSError, ValueError, AssertionError):
                        pass  # The node died first.

                threads = [threading.Thread(target=send, args=(path,)) for path in bodies]
                for x in threads:
                    x.start()
                end = time.monotonic() + random.uniform(0, 0.02)
                while time.monotonic() < end:
                    pass
                it.kill()
                for x in threads:
                    x.join()
                it.start()
                api = it.client(api.token)
                for path, body in bodies.items():
                    after = ask(api, path, body, f"{path}-{i}")
                    self.assertEqual(after["code"], 200, (path, after))
                    self.assertEqual(before.get(path, after), after)
                    self.assertEqual(ask(api, path, body, f"{path}-{i}"), after)
                self.assertEqual(api.good("/manage/host/count", {})["host_count"], i + 2)
                self.assertEqual(api.good("/diag/task/get", {})["total_count"], i + 1)


class two_nodes(unittest.TestCase):
    def test_the_same_key_at_two_nodes_at_once_is_one_request(self):
        with cluster(2) as them:
            apis = [x.client() for x in them.members]
            for i in range(10):
                body, replies = host_rows(f"a{i}", f"b{i}"), [None, None]
                barrier = threading.Barrier(2)

                def send(at):
                    barrier.wait()
                    replies[at] = ask(apis[at], "/manage/host/add", body, f"key-{i}")

                threads = [threading.Thread(target=send, args=(at,)) for at in range(2)]
                for x in threads:
                    x.start()
                for x in threads:
                    x.join()
                self.assertEqual(replies[0], replies[1])
                self.assertEqual((replies[0]["code"], len(replies[0]["host_list"])), (200, 2))
            self.assertEqual(apis[0].good("/manage/host/count", {})["host_count"], 20)


if __name__ == "__main__":
    unittest.main()
