"""The query API of Prometheus as its clients use it: promtool, a client from PyPI, and beside a real Prometheus that scrapes
the same exporters."""
import base64
import json
import os
import pathlib
import re
import shlex
import subprocess
import time
import unittest
import urllib.parse

from exporter import exporter
from node import node, program
from prometheus import prometheus
from rest import rest, rule
from schema_tester import environment
from waiting import wait_until

KNOWN = "correct horse"
HERE = pathlib.Path(__file__).parent


class moving(exporter):
    """Counters that grow by ten a second, and gauges that stay."""

    def answer(self):
        now = time.time()
        grown = round((now - self.begun) * 10, 3)
        self.set({'node_cpu_seconds_total{cpu="0",mode="idle"}': grown, 'node_cpu_seconds_total{cpu="0",mode="user"}': 7,
                  'node_cpu_seconds_total{cpu="1",mode="idle"}': 2 * grown, "node_load1": 0.5, "node_boot_time_seconds": 1e9,
                  'node_filesystem_avail_bytes{device="/dev/a b",mountpoint="/"}': 12345678901,
                  'node_filesystem_avail_bytes{device="tmpfs",mountpoint="/run"}': 0})
        return super().answer()

    def __init__(self, **more):
        self.begun = time.time()
        super().__init__(**more)


class query_api(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.exporter = moving(addresses=("127.0.0.1", "127.0.0.2"))
        cls.addClassCleanup(cls.exporter.close)
        cls.node = node("check.sample_period=1s")
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.api.add_group()
        cls.api.add_group("other")
        port = cls.exporter.port
        cls.host = cls.api.add_hosts(("h1", "127.0.0.1", port))[0]
        cls.other = cls.api.add_hosts(("h2", "127.0.0.2", port), group="other")[0]
        cls.api.good("/check/rule/import", {"check_items": [
            rule("busy", "node_load1", "$0 > 0.1", severity="critical", description="Much to do.")]})
        made = cls.api.good("/manage/account/token/create", {"name": "reader", "scope": "read"})
        cls.token = made["access_token"]
        wait_until(lambda: len(cls.result("query", query="node_load1")) == 2, 30, "samples of both hosts")

    # -- asking

    @classmethod
    def ask(cls, path, headers=None, method="GET", **parameters):
        """(status, body) of a request."""
        text = urllib.parse.urlencode(parameters, doseq=True)
        headers = {"Authorization": "Bearer " + cls.token} if headers is None else headers
        if method == "POST":
            headers = headers | {"Content-Type": "application/x-www-form-urlencoded"}
            status, _, body = cls.api.send("POST", "/api/v1/" + path, text, headers)
        else:
            status, _, body = cls.api.send("GET", f"/api/v1/{path}?{text}", None, headers)
        return status, json.loads(body)

    @classmethod
    def data(cls, path, **parameters):
        status, body = cls.ask(path, **parameters)
        assert (status, body["status"]) == (200, "success"), (path, parameters, status, body)
        return body["data"]

    @classmethod
    def result(cls, path, **parameters):
        return cls.data(path, **parameters)["result"]

    def refused(self, path, **parameters):
        status, body = self.ask(path, **parameters)
        self.assertEqual(body["status"], "error", body)
        return status, body["errorType"], body["error"]

    def promtool(self, *words):
        at = urllib.parse.urlsplit(self.node.url)
        url = f"{at.scheme}://admin:{self.token}@{at.netloc}"
        words = [url if x == "URL" else x for x in words]
        done = subprocess.run(["promtool", "query", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        text = done.stdout.decode()
        self.assertEqual(done.returncode, 0, text)
        return text

    # -- promtool

    def test_promtool_queries(self):
        line = f'node_load1{{host="h1", host_id="{self.host}", instance="127.0.0.1:{self.exporter.port}", job="node"}} => 0.5'
        self.assertIn(line, self.promtool("instant", "URL", "node_load1"))
        found = json.loads(self.promtool("-o", "json", "instant", "URL", "sum(node_load1)"))
        self.assertEqual(found[0]["value"][1], "1")
        now = int(time.time())
        found = json.loads(self.promtool("-o", "json", "range", f"--start={now - 10}", f"--end={now}", "--step=1s", "URL",
                                         "count(up)"))
        self.assertEqual({v for _, v in found[0]["values"]} - {"1"}, {"2"})
        text = self.promtool("series", '--match=node_cpu_seconds_total{mode="user"}', "URL")
        self.assertEqual(text.count("node_cpu_seconds_total"), 2, text)
        self.assertEqual(set(self.promtool("labels", "URL", "host").split()), {"h1", "h2"})

    def test_what_the_manual_shows(self):
        text = (HERE.parents[1] / "docs/query.md").read_text(encoding="utf-8")
        at = urllib.parse.urlsplit(self.node.url).netloc
        lines = [x for kind in ("promtool", "curl") for block in re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)
                 for x in block.splitlines()]
        self.assertGreater(len(lines), 5)
        for line in lines:
            words = shlex.split(line.replace("127.0.0.1:11111", at).replace("$TOKEN", self.token))
            done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
            self.assertEqual(done.returncode, 0, (line, done.stderr.decode()))
            if words[0] == "curl":
                self.assertEqual(json.loads(done.stdout)["status"], "success", line)

    # -- a client from PyPI

    def test_a_python_client_understands_it(self):
        tools = environment(HERE / "query_client.txt")
        done = subprocess.run([tools / "python", HERE / "query_client.py", self.node.url, "admin", self.token],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout.decode())
        seen = json.loads(done.stdout)
        self.assertLessEqual({"node_load1", "up", "scrape_duration_seconds"}, set(seen["metrics"]))
        self.assertEqual({x["metric"]["host"]: x["value"][1] for x in seen["instant"]}, {"h1": "0.5", "h2": "0.5"})
        self.assertEqual(seen["values"], ["h1", "h2"])
        self.assertEqual([x["value"][1] for x in seen["current"]], ["0.5"])
        self.assertEqual(sorted(seen["range"]), [["h1", ["0.5"]], ["h2", ["0.5"]]])
        self.assertEqual(sorted(seen["targets"]), ["h1", "h2"])

    # -- the command line

    def aops(self, *words):
        environment_of = {"PATH": os.environ["PATH"], "HOME": self.node.folder, "LC_ALL": "C.UTF-8", "TZ": "UTC",
                          "AOPS_URL": self.node.url, "AOPS_ACCESS_TOKEN": self.token}
        return subprocess.run([program("aops"), "query", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=60, env=environment_of)

    def test_the_command_line_shows_what_the_api_answers(self):
        done = self.aops('count by (host) ({mountpoint="/"})')
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(done.stdout)
        self.assertEqual({x["metric"]["host"]: x["value"][1] for x in found["result"]}, {"h1": "1", "h2": "1"})
        done = self.aops("node_load1", "--last", "1m", "--step", "1s", "-o", "csv")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0], "series,time,value")
        self.assertTrue(all(x.endswith(",0.5") for x in lines[1:]) and len(lines) > 1, done.stdout)
        self.assertEqual(self.aops("node_load1 > 0.1", "--exit-code").returncode, 10)
        self.assertEqual(self.aops("node_load1 > 1", "--exit-code").returncode, 0)
        done = self.aops("node_load1[")
        self.assertEqual(done.returncode, 1)
        self.assertIn("parse error", done.stderr)

    # -- a real Prometheus

    QUERIES = (
        "up", "node_load1", "sum(node_load1)", 'node_filesystem_avail_bytes{mountpoint=~"/r.*"}',
        "sum by (instance, mode) (rate(node_cpu_seconds_total[5s]))", "count by (instance) (node_cpu_seconds_total)",
        "increase(node_cpu_seconds_total[5s])", "max_over_time(node_load1[5s])",
        'topk(1, node_filesystem_avail_bytes{instance=~"127.0.0.1:.*"}) / 2',
        "node_load1 > bool 0.1", "node_load1 offset 1s", "node_cpu_seconds_total > 1e9", "absent(nothing)", "scalar(sum(up))",
        "1 + 1", '"text"', "sort_desc(sum by (mountpoint) (node_filesystem_avail_bytes))",
        'label_replace(up, "port", "$1", "instance", ".*:(.*)")', "avg_over_time(rate(node_cpu_seconds_total[3s])[4s:1s])",
        "node_filesystem_avail_bytes and on (instance) up == 1", "histogram_quantile(0.9, nothing)",
    )

    def test_a_real_prometheus_says_the_same(self):
        port = self.exporter.port
        real = prometheus(targets=(f"127.0.0.1:{port}", f"127.0.0.2:{port}"))
        self.addCleanup(real.close)
        client = rest(f"http://127.0.0.1:{real.port}")

        def ask_real(path, **parameters):
            text = urllib.parse.urlencode(parameters, doseq=True)
            status, _, body = client.send("GET", f"/api/v1/{path}?{text}")
            return status, json.loads(body)

        def has_samples():
            found = ask_real("query", query="count_over_time(up[30s])")[1]["data"]["result"]
            return len(found) == 2 and all(int(x["value"][1]) > 12 for x in found)

        wait_until(has_samples, 60, "some seconds of samples")
        now = time.time() - 1
        at = int(now) - 0.5  # No sample is just at the edge of a window, which the two versions see differently.
        for query in self.QUERIES:
            with self.subTest(query=query):
                self.compare(self.data("query", query=query, time=at), ask_real("query", query=query, time=at)[1]["data"], query)
        for query in [x for x in self.QUERIES if x != '"text"']:
            with self.subTest(range=query):
                over = {"start": at - 3, "end": at, "step": "1s"}
                self.compare(self.data("query_range", query=query, **over),
                             ask_real("query_range", query=query, **over)[1]["data"], query)
        for path, parameters in (("query", {"query": "up[", "time": at}), ("query", {"query": "up", "time": "x"}),
                                 ("query_range", {"query": "up", "start": 1, "end": 0, "step": 1}),
                                 ("query_range", {"query": "up", "start": 0, "end": 12000, "step": 1}),
                                 ("query_range", {"query": "up", "start": 0, "end": 1, "step": 0}),
                                 ("query_range", {"query": "up[1m]", "start": 0, "end": 1, "step": 1}),
                                 ("query", {"query": "node_load1 * on (job) node_load1", "time": at}),
                                 ("query", {"query": "up", "timeout": "x"}), ("series", {})):
            with self.subTest(refused=path, parameters=parameters):
                status, body = ask_real(path, **parameters)
                self.assertEqual(self.refused(path, **parameters)[:2], (status, body["errorType"]))
        more = ("host", "host_id", "alertname", "alertstate", "severity")  # The last three are of ALERTS.
        self.assertEqual([x for x in self.data("labels") if x not in more], ask_real("labels")[1]["data"])
        self.assertEqual(self.data("label/instance/values"), ask_real("label/instance/values")[1]["data"])
        match = {"match[]": ["node_load1", 'node_cpu_seconds_total{cpu="1"}']}
        self.assertEqual(self.without_host(self.data("series", **match)),
                         self.without_host(ask_real("series", **match)[1]["data"]))
        ours, theirs = self.data("targets"), ask_real("targets")[1]["data"]
        pick = lambda all, *names: sorted([x[name] for name in names] for x in all["activeTargets"])
        names = ("scrapeUrl", "scrapePool", "health", "lastError", "scrapeInterval")
        self.assertEqual(pick(ours, *names), pick(theirs, *names))
        self.assertLessEqual(set(theirs["activeTargets"][0]), set(ours["activeTargets"][0]))

    @staticmethod
    def without_host(all_series):
        keep = lambda x: sorted((k, v) for k, v in x.items() if k not in ("host", "host_id"))
        return sorted(keep(x) for x in all_series)

    def compare(self, ours, theirs, query):
        # What is measured goes on between the moments at which the two scrape; what is counted or compared does not.
        moves = any(x in query for x in ("node_cpu_seconds_total", "node_load1", "node_filesystem"))
        share = 0.2 if moves and "count" not in query and "bool" not in query else 1e-9
        self.assertEqual(ours["resultType"], theirs["resultType"])
        if ours["resultType"] in ("scalar", "string"):
            self.assertEqual(ours, theirs)
            return
        keyed = lambda data: {json.dumps(self.without_host([x["metric"]])): x for x in data["result"]}
        ours, theirs = keyed(ours), keyed(theirs)
        self.assertEqual(sorted(ours), sorted(theirs))
        for key, x in ours.items():
            mine = x["values"] if "values" in x else [x["value"]]
            other = theirs[key]["values"] if "values" in x else [theirs[key]["value"]]
            self.assertEqual([t for t, _ in mine], [t for t, _ in other], key)
            for (_, a), (_, b) in zip(mine, other):
                self.assertAlmostEqual(float(a), float(b), delta=max(share * abs(float(b)), 1e-9), msg=key)

    # -- the rest of the interface

    def test_errors_are_those_of_prometheus(self):
        self.assertEqual(self.refused("query", query="up[")[:2], (400, "bad_data"))
        self.assertTrue(self.refused("query", query="up[")[2].startswith('invalid parameter "query": 1:'))
        self.assertEqual(self.refused("query", query="node_load1 * on (job) node_load1")[:2], (422, "execution"))
        self.assertEqual(self.refused("query_range", query="up", start=0, end=11001, step=1)[0], 400)
        self.assertEqual(self.refused("label/host")[:2], (404, "not_found"))
        # What takes longer than it may ends.
        slow = "sum_over_time(sum_over_time(node_cpu_seconds_total[1h:1ms])[1h:1ms])"
        began = time.monotonic()
        status, kind, _ = self.refused("query", query=slow, timeout="200ms")
        self.assertIn((status, kind), ((503, "timeout"), (422, "execution")))
        self.assertLess(time.monotonic() - began, 10)

    def test_limits_and_warnings(self):
        status, body = self.ask("query", query="node_load1", limit=1)
        self.assertEqual((status, len(body["data"]["result"]), body["warnings"]), (200, 1, ["results truncated due to limit"]))
        self.assertEqual(self.data("labels", limit=1), ["__name__"])
        _, body = self.ask("query", query="rate(node_load1[5s])")
        self.assertIn("node_load1", body["infos"][0])

    def test_forms_and_times(self):
        self.assertEqual(len(self.result("query", method="POST", query="node_load1")), 2)
        self.assertEqual(self.result("query", query="vector(1)", time="2026-01-01T00:00:00Z")[0]["value"], [1767225600, "1"])
        long = "node_load1 or " * 150 + "node_load1"
        self.assertEqual(len(self.result("query", method="POST", query=long)), 2)
        self.assertEqual(self.data("format_query", query="a/b"), "a / b")

    def test_rules_alerts_and_metadata(self):
        alerts = wait_until(lambda: self.data("alerts")["alerts"], 30, "alerts")
        labels = next(x["labels"] for x in alerts if x["labels"]["host"] == "h1")
        self.assertEqual(labels, {"alertname": "busy", "severity": "critical", "host": "h1", "host_id": self.host, "job": "node",
                                  "instance": f"127.0.0.1:{self.exporter.port}"})
        one, = self.data("rules")["groups"][0]["rules"]
        self.assertEqual((one["name"], one["type"], one["state"], one["query"]), ("busy", "alerting", "firing", "$0 > 0.1"))
        self.assertEqual(one["annotations"], {"description": "Much to do."})
        self.assertEqual(self.data("rules", type="record"), {"groups": []})
        self.assertEqual(self.data("metadata", metric="node_cpu_seconds_total"),
                         {"node_cpu_seconds_total": [{"type": "counter", "help": "", "unit": ""}]})
        self.assertRegex(self.data("status/buildinfo")["version"], r"^3\.")
        target = self.data("targets")["activeTargets"][0]
        self.assertRegex(target["lastScrape"], r"^20\d\d-")

    def test_who_asks_sees_his_hosts(self):
        self.api.good("/manage/account/register", {"username": "ann", "password": KNOWN})
        self.api.good("/manage/account/user/adopt", {"username": "ann"})
        self.api.good("/manage/account/grant/change", {"username": "ann", "grant": ["other"]})
        basic = lambda pair: {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        for _ in range(3):  # Grafana sends them with each request.
            _, body = self.ask("query", headers=basic("ann:" + KNOWN), query="node_load1")
            self.assertEqual([x["metric"]["host"] for x in body["data"]["result"]], ["h2"])
        sessions = self.api.good("/manage/account/session/get", {"username": "ann"})
        self.assertEqual(len(sessions["session_infos"]), 1, sessions)
        _, body = self.ask("targets", headers=basic("ann:" + KNOWN))
        self.assertEqual([x["labels"]["host"] for x in body["data"]["activeTargets"]], ["h2"])
        for headers in ({}, basic("ann:wrong"), {"Authorization": "Bearer x"}):
            status, body = self.ask("query", headers=headers, query="up")
            self.assertEqual((status, body["errorType"]), (401, "unauthorized"))


if __name__ == "__main__":
    unittest.main()
