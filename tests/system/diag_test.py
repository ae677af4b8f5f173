"""Diagnosis jobs: root causes, progress, streams that resume, cancel, limits."""
import itertools
import json
import time
import unittest

from exporter import exporter
from node import node
from rest import PASSWORD, USER, refused, rule, tree
from waiting import wait_until

RULES = [rule("hot", "temperature", "$0 > 50"), rule("full", "disk_used", "$0 > 0.9"),
         rule("lost", "no_such_series", "$0 > 1")]
LEAVES = {"cpu": "hot", "disk": "full"}


class diagnosis(unittest.TestCase):
    """One node and one hot host for all cases; none of them changes either."""

    @classmethod
    def setUpClass(cls):
        cls.exporter = exporter({"temperature": 90, "disk_used": 0.2})
        cls.addClassCleanup(cls.exporter.close)
        cls.node = node("check.sample_period=1s")
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.api.add_group()
        cls.api.good("/check/rule/import", {"check_items": RULES})
        trees = [tree("slow", "cpu || disk", LEAVES), tree("both", "cpu && disk", LEAVES),
                 tree("dark", "cpu && missing", LEAVES | {"missing": "lost"})]
        cls.api.good("/diag/tree/import", {"trees": trees})
        (cls.host,) = cls.api.add_hosts(("h1", "127.0.0.1", cls.exporter.port))
        wait_until(lambda: any(x["end"] - x["start"] >= 3 for x in cls.api.results(cls.host)
                               if x["value"] == "Abnormal"), what="an anomaly of three seconds")
        cls.now = int(time.time())

    def execute(self, trees=("slow",), hosts=None, start=None, end=None, interval=10, code=200):
        end = end or self.now
        body = {"host_list": hosts or [self.host], "tree_list": list(trees), "interval": interval,
                "time_range": [end - 10 if start is None else start, end]}
        reply = self.api.post("/diag/execute", body)
        self.assertEqual(reply["code"], code, reply)
        return reply

    def finished(self, started):
        wait_until(lambda: self.api.progress(started["task_id"]) == started["expected_report_num"], 60, "all reports")
        return self.api.reports(started["task_id"])

    def only_report(self, *trees):
        (row,) = self.finished(self.execute(trees))
        return self.api.report(row["report_id"])

    def test_a_report_names_the_root_cause_with_its_evidence(self):
        found = self.only_report("slow")
        self.assertEqual(found["verdict"], "true")
        content = found["report"]
        self.assertEqual((content["node name"], content["value"]), ("slow", True))
        self.assertEqual([x["value"] for x in content["children"]], [True, False])
        (cause,) = found["root_causes"]
        self.assertEqual(cause["path"], ["slow"])
        self.assertEqual((cause["description"], cause["advice"]), ("d", "a"))
        self.assertIn("hot", str(found["evidence"]))
        self.assertRegex(found["content_hash"], "^[0-9a-f]{64}$")

    def test_a_fault_that_is_not_there_has_no_root_cause(self):
        found = self.only_report("both")
        self.assertEqual((found["report"]["value"], found["root_causes"]), (False, []))

    def test_missing_knowledge_is_shown_and_what_would_decide_is_told(self):
        found = self.only_report("dark")
        leaf = next(x for x in found["report"]["children"] if x["node name"] == "missing")
        self.assertEqual((leaf["value"], leaf["msg"]), (None, "No data"))
        self.assertEqual(found["report"]["value"], False)
        self.assertEqual(found["verdict"], "unknown")
        self.assertIn("lost", str(found["undecided"]))

    def test_a_tree_of_200_levels_is_a_tree_and_a_deeper_one_is_told_the_limit(self):
        def deep(levels):
            content = {"node name": f"n{levels}", "value": None, "check item": "hot", "msg": ""}
            for level in range(levels - 1, 0, -1):
                content = {"node name": f"n{level}", "value": None, "condition": f"n{level + 1}", "description": "d",
                           "advice": "a", "children": [content]}
            return {"tree_name": f"deep{levels}", "tree_content": content, "description": ""}

        self.assertEqual(self.api.good("/diag/tree/import", {"trees": [deep(200)]})["succeed_list"], ["deep200"])
        (stored,) = self.api.good("/diag/tree/get", {"tree_list": ["deep200"]})["trees"]
        self.assertEqual(stored["tree_content"], deep(200)["tree_content"])
        started = self.execute(["deep200"])
        events = list(self.api.events(started["task_id"]))
        self.assertEqual([name for name, _, _ in events if name != "progress"], ["report", "done"])
        found = self.api.report(events[[name for name, _, _ in events].index("report")][2]["report_id"])
        self.assertEqual((found["verdict"], found["report"]["value"]), ("true", True))
        self.assertEqual(found["root_causes"][0]["path"], [f"n{level}" for level in range(1, 200)])
        node_, levels = found["report"], 1
        while "children" in node_:
            node_, levels = node_["children"][0], levels + 1
        self.assertEqual((levels, node_["value"]), (200, True))

        for levels in (201, 250):
            reply = self.api.good("/diag/tree/import", {"trees": [deep(levels)]}, 1000)
            self.assertIn("deeper than 200 levels", str(reply["fail_reasons"]))
        status, reply = self.api.call("POST", "/diag/tree/import", {"trees": [deep(400)]})
        self.assertEqual((status, reply["code"]), (400, 1000))
        self.assertIn("deeper than 512 levels", reply["message"])

    def test_one_stream_shows_several_tasks_to_a_browser(self):
        tasks = [self.execute(interval=1)["task_id"], self.execute(["both"])["task_id"]]
        own_page = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}
        asked = json.dumps({"username": USER, "password": PASSWORD})
        _, headers, text = self.api.send("POST", "/session/login", asked, own_page)
        self.assertEqual(json.loads(text)["code"], 200)
        cookie = own_page | {"Cookie": headers["Set-Cookie"].split(";")[0]}
        path = f"/events/stream?topics=diag:{tasks[0]},diag:{tasks[1]},diag:unknown"
        _, headers, text = self.api.send("GET", path, None, cookie, timeout=60)
        self.assertTrue(headers["Content-Type"].startswith("text/event-stream"))
        events = [dict(line.split(": ", 1) for line in block.split("\n"))
                  for block in text.split("\n\n") if "event: " in block]
        for event in events:
            event["data"] = json.loads(event["data"])
        named = lambda name, task: [x for x in events if (x["event"], x["data"]["topic"]) == (name, f"diag:{task}")]
        self.assertEqual([len(named("report", task)) for task in tasks], [10, 1])
        self.assertEqual([len(named("done", task)) for task in tasks], [1, 1])
        self.assertEqual(len(named("gone", "unknown")), 1)
        last = [x["id"] for x in events if "id" in x][-1]
        self.assertEqual(last, "10!.1!.0!")
        self.assertEqual(self.api.send("GET", path, None, cookie | {"Last-Event-ID": last})[0], 204)
        middle = named("report", tasks[0])[4]["id"]
        _, _, text = self.api.send("GET", path, None, cookie | {"Last-Event-ID": middle}, timeout=60)
        self.assertEqual(text.count("event: report"), 11 - 5 - int(middle.split(".")[1].rstrip("!")))

    def test_the_same_question_has_the_same_answer_under_another_task(self):
        first, second = self.only_report("slow"), self.only_report("slow")
        self.assertEqual(first["content_hash"], second["content_hash"])
        self.assertNotEqual(first["report_id"], second["report_id"])

    def test_slices_touch_and_the_last_may_be_shorter(self):
        started = self.execute(start=self.now - 25, interval=10)
        self.assertEqual(started["expected_report_num"], 3)
        spans = sorted((x["start"], x["end"]) for x in self.finished(started))
        s = self.now - 25
        self.assertEqual(spans, [(s, s + 10), (s + 10, s + 20), (s + 20, s + 25)])

    def test_the_task_is_listed_with_what_was_valid(self):
        started = self.execute(("slow", "no-such-tree"), code=206)
        (task,) = self.api.good("/diag/task/get", {"task_list": [started["task_id"]]})["task_infos"]
        self.assertEqual((task["host_list"], task["tree_list"]), ([self.host], ["slow"]))
        self.assertEqual((task["time_range"], task["expected_report_num"]), ([self.now - 10, self.now], 1))

    def test_unknown_hosts_and_trees_are_ignored_and_named(self):
        stranger = "0" * 32
        reply = self.execute(("slow", "no-such-tree"), [self.host, stranger], code=206)
        self.assertEqual((reply["ignored_hosts"], reply["ignored_trees"]), ([stranger], ["no-such-tree"]))
        self.assertEqual(reply["expected_report_num"], 1)
        self.execute(("no-such-tree",), code=1000)
        self.execute(hosts=[stranger], code=1000)

    def test_limits_of_a_task(self):
        self.execute(start=self.now, code=1000)
        self.execute(start=self.now + 1, code=1000)
        self.execute(interval=0, code=1000)
        self.execute(hosts=[f"{i:032x}" for i in range(51)], code=1000)
        self.execute(start=self.now - 100_001, interval=1, code=1000)
        self.assertEqual(self.api.post("/diag/execute", {"host_list": [], "tree_list": ["slow"], "interval": 1,
                                                         "time_range": [1, 2]})["code"], 1000)

    def test_progress_of_an_unknown_task_is_nothing(self):
        reply = self.api.good("/diag/progress/get", {"task_list": ["0" * 32]})
        self.assertEqual([(x["task_id"], x["progress"]) for x in reply["result"]], [("0" * 32, 0)])

    def test_the_stream_tells_every_report_once_and_ends_with_done(self):
        started = self.execute(("slow", "both"), start=self.now - 100, interval=5)
        task, expected = started["task_id"], started["expected_report_num"]
        events = list(self.api.events(task))
        reports = [(number, data) for name, number, data in events if name == "report"]
        self.assertEqual([number for number, _ in reports], list(range(1, expected + 1)))
        self.assertEqual({x["report_id"] for _, x in reports}, {x["report_id"] for x in self.api.reports(task)})
        name, _, done = events[-1]
        self.assertEqual((name, done["progress"], done["expected_report_num"]), ("done", expected, expected))
        progress = [data["progress"] for name, _, data in events if name == "progress"]
        self.assertEqual(progress, sorted(progress))

    def test_a_stream_resumes_behind_the_last_event(self):
        started = self.execute(start=self.now - 40, interval=1)
        task, expected = started["task_id"], started["expected_report_num"]
        self.finished(started)
        stream = (number for name, number, _ in self.api.events(task) if name == "report")
        self.assertEqual(list(itertools.islice(stream, 10)), list(range(1, 11)))
        stream.close()
        rest = [number for name, number, _ in self.api.events(task, after=10) if name == "report"]
        self.assertEqual(rest, list(range(11, expected + 1)))
        self.assertEqual([name for name, _, _ in self.api.events(task, after=expected)][-1], "done")

    def test_streams_refuse_by_http_status(self):
        for task, client, status in (("0" * 32, self.api, 404), ("x", self.node.client("no-token"), 401)):
            with self.assertRaises(refused) as caught:
                list(client.events(task))
            self.assertEqual(caught.exception.status, status)

    def test_deleted_reports_are_gone_and_progress_stays(self):
        started = self.execute(start=self.now - 20, interval=10)
        rows = self.finished(started)
        self.api.good("/diag/report/delete", {"report_list": [rows[0]["report_id"]]}, method="DELETE")
        self.assertEqual(len(self.api.reports(started["task_id"])), 1)
        self.assertEqual(self.api.progress(started["task_id"]), 2)
        self.assertEqual(self.api.good("/diag/report/get", {"report_list": [rows[0]["report_id"]]})["result"], [])

    def test_a_cancelled_task_keeps_what_it_has_and_gets_no_more(self):
        started = self.execute(("slow", "both", "dark"), start=self.now - 30_000, interval=1)
        task = started["task_id"]
        reply = self.api.good("/diag/task/cancel", {"task_list": [task, "0" * 32]}, code=206)
        self.assertEqual((reply["cancelled"], reply["ignored"]), ([task], ["0" * 32]))
        (row,) = self.api.good("/diag/task/get", {"task_list": [task]})["task_infos"]
        self.assertEqual(row["state"], "cancelled")
        self.assertEqual(list(self.api.events(task))[-1][0], "done")
        stored = self.api.progress(task)
        self.assertLess(stored, started["expected_report_num"])
        self.finished(self.execute())  # Later work is done, the cancelled task's is not.
        self.assertEqual(self.api.progress(task), stored)
        self.assertEqual(self.api.post("/diag/task/cancel", {"task_list": [task]})["ignored"], [task])

    def test_reports_are_the_same_after_a_restart(self):
        rows = self.finished(self.execute(start=self.now - 20, interval=10))
        before = [self.api.report(x["report_id"]) for x in rows]
        self.assertEqual(self.node.stop(), 0)
        self.node.start()
        type(self).api = self.node.client(self.api.token)
        self.assertEqual([self.api.report(x["report_id"]) for x in rows], before)


class unanswered_hosts(unittest.TestCase):
    def test_reports_on_a_host_that_never_answered_say_why_they_know_nothing(self):
        with node("check.sample_period=1s", "scrape.connect_timeout=200ms") as n:
            api = n.admin()
            api.add_group()
            api.good("/check/rule/import", {"check_items": RULES})
            api.good("/diag/tree/import", {"trees": [tree("slow", "cpu || disk", LEAVES)]})
            (host,) = api.add_hosts(("h1", "127.77.0.1", 9))  # Nobody listens at the discard port.
            wait_until(lambda: api.host(host)["status"] == "offline", what="status offline")
            wait_until(lambda: api.results(host), what="an interval of No data")
            now = int(time.time())
            task = api.good("/diag/execute", {"host_list": [host], "tree_list": ["slow"], "interval": 30,
                                              "time_range": [now - 60, now]})["task_id"]
            wait_until(lambda: api.progress(task) == 2, 60, "both reports")
            # The earlier slice ends before the host was known: nothing is claimed about it either.
            for row, reason in zip(sorted(api.reports(task), key=lambda x: x["start"]), ("Not evaluated", "No data")):
                found = api.report(row["report_id"])
                self.assertEqual((found["verdict"], found["root_causes"]), ("unknown", []))
                self.assertEqual([(x["check_item"], x["reason"]) for x in found["missing"]],
                                 [("hot", reason), ("full", reason)])
