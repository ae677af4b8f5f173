"""Lists that pages follow: what changes one is told by streams, at every node, and nothing else is."""
import threading
import unittest

from cluster import cluster
from exporter import exporter
from isolation_test import new_user
from node import node
from rest import refused, rule
from waiting import wait_until

LISTS = ("hosts", "alerts", "results", "rules", "diagnoses", "runs", "nodes")


class listener:
    """Versions of lists as a stream tells them, in the order in which they come."""

    def __init__(self, api, lists=LISTS):
        self.seen = []
        self.source = api.stream("/events/stream?topics=" + ",".join(f"list:{x}" for x in lists))
        threading.Thread(target=self.hear, daemon=True).start()
        wait_until(lambda: {x for x, _ in self.seen} == set(lists), what="where all lists stand")

    def hear(self):
        try:
            for name, number, data in self.source:
                assert (name, number, set(data)) == ("change", None, {"topic", "version"}), (name, number, data)
                self.seen.append((data["topic"].removeprefix("list:"), data["version"]))
        except (OSError, ValueError):
            pass  # The node has ended.

    def mark(self):
        return len(self.seen)

    def since(self, mark):
        return [x for x, _ in self.seen[mark:]]


class changes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.exporter = exporter({"temperature": 20})
        cls.addClassCleanup(cls.exporter.close)
        cls.node = node("check.sample_period=1s")
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.api.add_group()

    def told(self, to, mark, what):
        wait_until(lambda: what in to.since(mark), 20, f"{what} is told")

    def test_what_changes_a_list_is_told(self):
        to = listener(self.api)
        mark = to.mark()
        hosts = self.api.add_hosts(("one", "127.0.0.1", self.exporter.port))
        self.told(to, mark, "hosts")
        wait_until(lambda: self.api.good("/check/status/count")["online"] == 1, what="it is online")
        mark = to.mark()
        self.api.good("/check/rule/import", {"check_items": [rule("hot", "temperature", "$0 > 50")]})
        self.told(to, mark, "rules")
        mark = to.mark()
        self.exporter.set({"temperature": 90})
        self.told(to, mark, "alerts")
        self.told(to, mark, "results")
        self.assertNotIn("rules", to.since(mark))
        self.assertNotIn("nodes", to.since(mark))
        self.assertNotIn("runs", to.since(mark))
        mark = to.mark()
        start = int(self.api.results()[0]["start"])
        self.api.good("/diag/tree/import", {"trees": [{"tree_name": "t", "description": "", "tree_content": {
            "node name": "t", "condition": "a", "children": [{"node name": "a", "check item": "hot"}]}}]})
        task = self.api.good("/diag/execute", {"host_list": hosts, "tree_list": ["t"], "time_range": [start, start + 1], "interval": 1})["task_id"]
        self.told(to, mark, "diagnoses")
        wait_until(lambda: self.api.progress(task) == 1, what="its report")
        mark = to.mark()
        self.api.good("/manage/host/delete", {"host_list": hosts}, method="DELETE")
        self.told(to, mark, "hosts")
        versions = {}
        for name, version in to.seen:
            self.assertGreater(version, versions.get(name, -1))
            versions[name] = version

    def test_whoever_is_logged_in_may_follow_and_only_lists_that_there_are(self):
        ann = new_user(self.api, "ann", ["g"])
        listener(ann, ("hosts",))
        for topics in ("list:secrets", "list:", "list", "diag:list:hosts", ",".join(["list:hosts"] * 65)):
            with self.subTest(topics=topics[:20]), self.assertRaises(refused) as problem:
                next(self.api.stream("/events/stream?topics=" + topics))
            self.assertIn("topics: ", problem.exception.text)

    def test_nobody_keeps_views_of_another(self):
        bob = new_user(self.api, "bob", ["g"])
        view = {"kind": "board", "view_name": "disks", "content": {"search": "host=a&series=b"}}
        self.api.good("/manage/account/view/save", view)
        bob.good("/manage/account/view/save", view | {"content": {"search": "of bob"}})
        of = lambda api: [(x["view_name"], x["content"]) for x in api.good("/manage/account/view/get", {"kind": "board"})["view_infos"]]
        self.assertEqual(of(self.api), [("disks", view["content"])])
        self.assertEqual(of(bob), [("disks", {"search": "of bob"})])
        reply = bob.post("/manage/account/view/save", view | {"content": {"search": "x" * 16384}})
        self.assertEqual((reply["code"], reply["detail"].split(":")[0]), (1000, "content"))
        self.api.good("/manage/account/view/delete", {"kind": "board", "view_list": ["disks"]}, method="DELETE")
        self.assertEqual((of(self.api), len(of(bob))), ([], 1))
        # They go with the account: who comes after him under his name has none of it.
        self.api.good("/manage/account/user/release", {"username": "bob"})
        self.api.good("/manage/account/user/delete", {"user_list": ["bob"]}, method="DELETE")
        self.assertEqual(of(new_user(self.api, "bob", ["g"])), [])

    def test_a_key_that_opens_nothing_is_not_asked_for_again(self):
        self.api.good("/manage/template/import", {"template_name": "ping", "template_content": [{"hosts": "all", "tasks": [{"ping": {}}]}], "description": ""})
        for x in self.api.good("/manage/host/get", {"host_group_list": []})["host_infos"]:  # No other test's may be sealed.
            self.api.good("/manage/host/delete", {"host_list": [x["host_id"]]}, method="DELETE")
        (host,) = self.api.good("/manage/host/add", {"host_list": [{"host_name": "bare", "public_ip": "127.0.0.9", "host_group_name": "g"}]})["host_list"]
        task = self.api.good("/manage/task/generate", {"task_name": "ping them", "template_name": ["ping"], "description": "", "host_list": [host]})["task_id"]
        execute = lambda: self.api.post("/manage/task/execute", {"task_list": [task]})
        self.assertEqual(execute()["code"], 1203)
        self.api.good("/manage/account/certificate", {"key": "whatever"})
        reply = execute()
        self.assertEqual((reply["code"], reply["detail"]), (1000, "task_list: no host has credentials yet: `aops host update` adds them"))


class two_nodes(unittest.TestCase):
    def test_a_stream_of_one_node_tells_what_another_one_changed(self):
        with_two = cluster(2)
        self.addCleanup(with_two.close)
        one, other = (x.client() for x in with_two.members)
        to = listener(one, ("hosts", "rules", "nodes"))
        mark = to.mark()
        other.good("/check/rule/import", {"check_items": [rule("hot", "temperature", "$0 > 50")]})
        wait_until(lambda: "rules" in to.since(mark), 20, "it is told at the other node")
        mark = to.mark()
        with_two.members[1].kill()
        wait_until(lambda: "nodes" in to.since(mark), 30, "it is told that a node is gone")


if __name__ == "__main__":
    unittest.main()
