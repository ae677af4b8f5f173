"""Rule groups of Prometheus on a node: imported, judged each round, recorded, told with their texts, and what is refused."""
import json
import os
import subprocess
import time
import unittest

from exporter import exporter
from node import die_with_parent, node, program
from prometheus import prometheus
from receiver import configured, receiver
from rest import rest, rule, tree
from waiting import wait_until

GROUPS = """
groups:
  - name: node
    interval: 30s
    labels: {team: ops}
    rules:
      - record: instance:work:sum
        expr: sum by (instance) (work_level)
      - record: instance:work:double
        expr: instance:work:sum * 2
        labels: {kind: doubled}
      - alert: WorkHigh
        expr: work_level > 50
        labels: {severity: critical, who: '{{ $labels.unit }}-team'}
        annotations:
          summary: '{{ $labels.host }} {{ $labels.unit }} is at {{ $value | humanize }}'
          runbook: 'https://runbooks.example.org/{{ $labels.unit }}'
      - alert: WorkHigh
        expr: instance:work:double > 120
        for: 2s
        annotations: {summary: 'all together {{ $value }}'}
  - name: all
    rules:
      - alert: ManyBusy
        expr: sum(work_level) > 100
      - alert: Gone
        expr: absent(up{job="node"})
"""

SAME = """
groups:
  - name: same
    rules:
      - record: unit:rate5s
        expr: rate(work_total[5s])
      - record: instance:level:sum
        expr: sum by (instance) (work_level)
      - alert: Fast
        expr: unit:rate5s > 20
        labels: {kind: '{{ $labels.unit }}!', severity: critical}
        annotations: {summary: 'unit {{ $labels.unit }} of {{ $labels.instance }}'}
      - alert: Loud
        expr: work_level > 50 and on (instance) instance:level:sum > 80
        for: 2s
        annotations: {summary: '{{ $labels.unit }} at {{ $value | humanize }}, {{ if gt $value 80.0 }}far{{ else }}near{{ end }}'}
      - alert: Share
        expr: work_level / on (instance) group_left sum by (instance) (work_level) > 0.7
        labels: {severity: page}
      - alert: Long
        expr: avg_over_time(work_level{unit=~"b|c"}[3s]) > 60
      - alert: Down
        expr: up == 0
        annotations: {summary: '{{ $labels.job }} {{ $labels.instance }} is down'}
"""


class rule_groups(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.exporter = exporter({'work_level{unit="a"}': 10, 'work_level{unit="b"}': 20})
        cls.addClassCleanup(cls.exporter.close)
        cls.told = receiver()
        cls.addClassCleanup(cls.told.close)
        cls.node = node("check.sample_period=1s", "scrape.timeout=1s", config=configured(cls.told.url))
        cls.addClassCleanup(cls.node.close)
        cls.node.api = cls.api = cls.node.admin()
        cls.api.add_group()
        (cls.host,) = cls.api.add_hosts(("web1", "127.0.0.1", cls.exporter.port))
        wait_until(lambda: cls.api.host(cls.host)["status"] == "online", 30, "the host is online")

    def setUp(self):
        self.exporter.set({'work_level{unit="a"}': 10, 'work_level{unit="b"}': 20})

    @classmethod
    def aops(cls, *words, code=0):
        env = os.environ | {"AOPS_URL": cls.node.url, "AOPS_ACCESS_TOKEN": cls.node.api.token, "HOME": cls.node.folder,
                            "LC_ALL": "C.UTF-8"}
        done = subprocess.run([program("aops"), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                              env=env, preexec_fn=die_with_parent)
        if done.returncode != code:
            raise AssertionError(f"aops {' '.join(words)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def file(self, name, text):
        path = os.path.join(self.node.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def open(self, item):
        found = self.api.good("/check/status/get", {"check_items": [item]})["alerts"]
        return [x for x in found if x["value"] == "Abnormal"]

    def query(self, text):
        status, _, body = self.api.send("GET", "/api/v1/query?query=" + text,
                                        headers={"Access-Token": self.api.token})
        self.assertEqual(status, 200, body)
        return json.loads(body)["data"]["result"]

    def test_a_file_of_groups(self):
        done = self.aops("checkrule", "add", self.file("rules.yml", GROUPS), "-o", "json", code=1)
        reply = json.loads(done.stdout)
        self.assertEqual(reply["succeed_list"], ["instance:work:sum", "instance:work:double", "WorkHigh", "WorkHigh#2"])
        self.assertIn("group node: its interval is left out", done.stderr)
        reasons = reply["fail_reasons"]
        self.assertIn('rule "ManyBusy" of group "all": 1:1: sum without `by (instance)` is over all hosts',
                      reasons["ManyBusy"])
        self.assertIn("absent is over all hosts", reasons["Gone"])
        # Recorded series are there for the query API, in their order.
        wait_until(lambda: self.query("instance:work:double"), 30, "a recorded series")
        (row,) = self.query("instance:work:double")
        self.assertEqual((row["metric"]["kind"], row["metric"]["team"], row["metric"]["host"], row["value"][1]),
                         ("doubled", "ops", "web1", "60"))
        (row,) = self.query("instance:work:sum")
        self.assertEqual(row["value"][1], "30")
        # Other rules may name them.
        self.api.good("/check/rule/import", {"check_items": [
            rule("by_name", [("instance:work:double", {"kind": "doubled", "team": "ops"})], "$0 > 100")]})
        self.exporter.set({'work_level{unit="a"}': 10, 'work_level{unit="b"}': 90})
        (alert,) = wait_until(lambda: self.open("WorkHigh"), 30, "an alert")
        self.assertEqual((alert["labels"], alert["severity"], alert["reason"]),
                         ({"unit": "b"}, "critical", "web1 b is at 90"))
        wait_until(lambda: self.open("by_name"), 30, "the alert by the recorded series")
        (alert,) = wait_until(lambda: self.open("WorkHigh#2"), 30, "the second alert")
        self.assertEqual((alert["severity"], alert["reason"]), ("warning", "all together 200"))
        heard = wait_until(lambda: [x for b in self.told.all() for x in b["alerts"] if x["check_item"] == "WorkHigh"], 30,
                           "the notice")
        self.assertEqual(heard[0]["rule_labels"], {"severity": "critical", "team": "ops", "who": "b-team"})
        self.assertEqual(heard[0]["annotations"], {"summary": "web1 b is at 90",
                                                   "runbook": "https://runbooks.example.org/b"})
        # The query API lists groups as Prometheus does.
        status, _, body = self.api.send("GET", "/api/v1/rules", headers={"Access-Token": self.api.token})
        self.assertEqual(status, 200, body)
        group = next(x for x in json.loads(body)["data"]["groups"] if x["name"] == "node")
        self.assertEqual([(x["name"], x["type"]) for x in group["rules"]],
                         [("instance:work:sum", "recording"), ("instance:work:double", "recording"),
                          ("WorkHigh", "alerting"), ("WorkHigh", "alerting")])
        self.exporter.set({'work_level{unit="a"}': 10, 'work_level{unit="b"}': 20})
        wait_until(lambda: not self.open("WorkHigh") and not self.open("WorkHigh#2"), 30, "all is well")

    def test_a_restart_keeps_what_is_wrong(self):
        self.api.good("/check/rule/import", {"check_items": [
            {"check_item": "lasting", "plugin": "promql", "data_list": [],
             "condition": 'work_level{unit="b"} > 15', "for": "2s"}]})
        (alert,) = wait_until(lambda: self.open("lasting"), 30, "an alert")
        token = self.api.token
        self.node.kill()
        self.node.start()
        self.node.api = type(self).api = self.node.client(token)
        since = time.time()
        wait_until(lambda: self.api.host(self.host)["status"] == "online" and time.time() > since + 3, 30, "some rounds")
        (again,) = self.open("lasting")
        self.assertEqual(again["alert_id"], alert["alert_id"])

    def test_a_diagnosis_shows_what_a_query_came_to(self):
        self.api.good("/check/rule/import", {"check_items": [
            {"check_item": "levelled", "plugin": "promql", "data_list": [], "condition": "work_level > 15"}]})
        wait_until(lambda: self.open("levelled"), 30, "an alert")
        self.api.good("/diag/tree/import", {"trees": [tree("levels", "level", {"level": "levelled"})]})
        now = int(time.time())
        started = self.api.good("/diag/execute", {"host_list": [self.host], "tree_list": ["levels"], "interval": 5,
                                                  "time_range": [now - 5, now]})
        wait_until(lambda: self.api.progress(started["task_id"]) == 1, 60, "the report")
        report = self.api.report(self.api.reports(started["task_id"])[0]["report_id"])
        self.assertEqual(report["verdict"], "true", report)
        shown = json.dumps(report)
        self.assertIn("work_level > 15", shown)
        self.assertIn("20", shown)
        self.assertIn("unit", shown)

    def test_an_explicit_check_finds_the_same(self):
        self.api.good("/check/rule/import", {"check_items": [
            {"check_item": "checked", "plugin": "promql", "data_list": [], "condition": 'work_level{unit="b"} > 15'}]})
        wait_until(lambda: self.open("checked"), 30, "an alert")
        now = int(time.time())
        before = self.api.results(self.host, check_items=["checked"])
        task = self.api.good("/check/execute", {"host_list": [self.host], "time_range": [now - 60, now],
                                                "check_items": ["checked"]})["task_id"]
        wait_until(lambda: self.api.good("/check/result/get", {"time_range": [], "check_items": ["checked"], "host_list": []})
                   ["check_result"], 30, "results")
        self.assertTrue(task)
        (row,) = self.api.results(self.host, check_items=["checked"])
        self.assertEqual((row["value"], row["labels"]), ("Abnormal", {"unit": "b"}))
        self.assertLessEqual(row["start"], before[0]["start"])

    def test_a_query_over_the_past(self):
        path = self.file("one.json", json.dumps({"check_items": [
            {"check_item": "tried", "plugin": "promql", "condition": "scrape_duration_seconds >= 0 and up == 1"}]}))
        wait_until(lambda: self.query("up"), 30, "samples")
        reply = json.loads(self.aops("checkrule", "test", path, "web1", "-o", "json").stdout)
        self.assertTrue(reply["check_result"][0]["reason"].startswith("value 0"), reply)
        (part,) = reply["parts"]
        self.assertEqual(part["text"], "scrape_duration_seconds >= 0 and up == 1")
        self.assertGreater(part["points"], 0)

    def test_errors_name_line_and_column(self):
        reply = self.api.post("/check/rule/import", {"check_items": [
            {"check_item": "broken", "plugin": "promql", "data_list": [], "condition": "rate(a) > 1"},
            {"check_item": "other", "plugin": "median", "condition": "$0 > 1", "data_list": [{"name": "a"}]}]})
        reasons = reply["fail_reasons"]
        self.assertTrue(reasons["broken"].startswith("condition: 1:6: "), reasons)
        self.assertEqual(reasons["other"], "plugin: unknown plug-in 'median'; there are promql, seasonal")
        done = self.aops("checkrule", "add", self.file("bad.yml", GROUPS.replace("work_level > 50", "work_level >")), code=1)
        self.assertIn('bad.yml: group "node": rule 3 ("WorkHigh"): could not parse expression: 1:', done.stderr)


class working(exporter):
    """`work_total` of the unit b grows by a hundred a second while `is_fast`."""

    def __init__(self):
        self.total, self.before, self.is_fast, self.level = 0.0, time.time(), False, 10
        super().__init__()

    def answer(self):
        now = time.time()
        self.total += (now - self.before) * (100 if self.is_fast else 1)
        self.before = now
        self.set({'work_total{unit="a"}': 5, 'work_total{unit="b"}': round(self.total, 3), 'work_level{unit="a"}': 10,
                  'work_level{unit="b"}': self.level})
        return super().answer()


class beside_prometheus(unittest.TestCase):
    """The same rules over the same exporter: who fires, with which labels and annotations, and who is well again."""

    def test_both_say_the_same(self):
        source = working()
        self.addCleanup(source.close)
        told = receiver()
        self.addCleanup(told.close)
        it = node("check.sample_period=1s", "scrape.timeout=1s", config=configured(told.url, severities=["critical", "warning"]))
        self.addCleanup(it.close)
        api = it.admin()
        api.add_group()
        api.add_hosts(("web1", "127.0.0.1", source.port))
        folder = it.folder
        with open(os.path.join(folder, "same.yml"), "w", encoding="utf-8") as file:
            file.write(SAME)
        done = subprocess.run([program("aops"), "checkrule", "add", os.path.join(folder, "same.yml")], capture_output=True,
                              text=True, timeout=60, env=os.environ | {"AOPS_URL": it.url, "AOPS_ACCESS_TOKEN": api.token,
                                                                       "HOME": folder, "LC_ALL": "C"})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        real = prometheus(targets=(f"127.0.0.1:{source.port}",), rules=SAME)
        self.addCleanup(real.close)
        theirs = rest(f"http://127.0.0.1:{real.port}")

        def fires_there():
            alerts = json.loads(theirs.send("GET", "/api/v1/alerts")[2])["data"]["alerts"]
            return sorted((sorted((k, v) for k, v in x["labels"].items() if k not in ("instance", "job")),
                           sorted(x["annotations"].items())) for x in alerts if x["state"] == "firing")

        def fires_here():
            begun, ended = told.told("firing"), told.told("resolved")
            return sorted((sorted(({"alertname": x["check_item"]} | x["labels"] | x.get("rule_labels", {})).items()),
                           sorted(x.get("annotations", {}).items()))
                          for alert, notices in begun.items() if alert not in ended for _, x in notices[:1])

        def same(count, what):
            try:
                wait_until(lambda: len(fires_there()) == count and fires_here() == fires_there(), 40, what)
            except AssertionError as problem:
                raise AssertionError(f"{problem}\nhere:  {fires_here()}\nthere: {fires_there()}") from None

        wait_until(lambda: api.good("/check/status/count", {})["online"] == 1, 30, "the host is online")
        same(0, "nothing is wrong")
        source.is_fast = True
        source.level = 90
        same(4, "fast, loud, a share, long")
        source.is_fast = False
        source.level = 10
        same(0, "all is well")
        source.silent = True
        same(1, "down")
        source.silent = False
        same(0, "up again")


if __name__ == "__main__":
    unittest.main()
