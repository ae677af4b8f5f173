"""Rules that plug-ins judge: the sample program with a real node, killed and hanging; and what it and the built-in one find in a
series with known faults, as docs/plugins.md says."""
import json
import os
import re
import signal
import statistics
import subprocess
import tempfile
import time
import unittest

from exporter import exporter
from node import die_with_parent, node, program
from rest import rule
from waiting import wait_until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EWMA = os.path.join(ROOT, "etc/plugins/ewma.py")

# Answers that it is there; of what it shall judge it says nothing.
HANGING = """
import sys
sys.stdin.readline()
print('{"protocol": 1, "name": "hang"}', flush=True)
sys.stdin.readline()
while True:
    sys.stdin.read()
    __import__("time").sleep(1000)
"""

CONFIG = """
[plugins.ewma]
command = ["/usr/bin/python3", "-I", "-S", "{ewma}"]
timeout = "30s"
nice = 0

[plugins.hang]
command = ["/usr/bin/python3", "-I", "-S", "-c", '''{hanging}''']
timeout = "2s"
nice = 0

[plugins.broken]
command = ["/no/such/program"]
"""

# A series for each test: what one does to it the next would learn.
LEVELS = {"found_level": 10, "killed_level": 10, "tried_level": 10, "work_level": 10, "quiet_level": 5}

PARAMETERS = "alpha=0.2 sigmas=4 warmup=5 floor=0.05 history=10s"


class plugins(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.exporter = exporter(LEVELS)
        cls.addClassCleanup(cls.exporter.close)
        cls.node = node("check.sample_period=1s", "scrape.timeout=1s", config=CONFIG.format(ewma=EWMA, hanging=HANGING))
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.api.add_group()
        (cls.host,) = cls.api.add_hosts(("web1", "127.0.0.1", cls.exporter.port))
        wait_until(lambda: cls.api.host(cls.host)["status"] == "online", 30, "the host is online")
        wait_until(lambda: cls.figure('aops_plugin_up{plugin="ewma"}') == 1, 30, "the plug-in serves")

    def setUp(self):
        self.exporter.set(LEVELS)

    def tearDown(self):
        names = [x["check_item"] for x in self.api.good("/check/rule/get", {"check_items": []})["check_items"]]
        if names:
            self.api.good("/check/rule/delete", {"check_items": names}, method="DELETE")

    @classmethod
    def figures(cls):
        _, _, body = cls.api.send("GET", "/metrics")
        return body.decode() if isinstance(body, bytes) else body

    @classmethod
    def figure(cls, name):
        found = re.search("^" + re.escape(name) + r" (\S+)$", cls.figures(), re.M)
        return float(found[1]) if found else None

    def add(self, *rules, code=200):
        return self.api.good("/check/rule/import", {"check_items": list(rules)}, code=code)

    def open(self, item):
        return self.api.good("/check/status/get", {"check_items": [item]})["alerts"]

    def judged(self, item, value, deadline=30):
        wait_until(lambda: [x["value"] for x in self.open(item)] == ([value] if value else []), deadline, f"{item} is {value}")
        return self.open(item)

    def settle(self):
        """Until the program has seen enough of a new rule to judge by: then what is far off is found."""
        before = self.figure('aops_plugin_requests_total{outcome="answered",plugin="ewma"}') or 0
        wait_until(lambda: self.figure('aops_plugin_requests_total{outcome="answered",plugin="ewma"}') >= before + 8, 40,
                   "the program has judged some rounds")

    def errors(self, item):
        return [x for x in self.api.results(self.host) if x["check_item"] == item and x["value"] == "Internal error"]

    def test_what_the_program_finds_is_a_row_and_an_alert_with_its_bounds(self):
        self.add(rule("unusual", "found_level", PARAMETERS, plugin="ewma"))
        (stored,) = self.api.good("/check/rule/get", {"check_items": ["unusual"]})["check_items"]
        self.assertEqual((stored["plugin"], stored["condition"]), ("ewma", PARAMETERS))
        self.settle()
        self.assertEqual(self.open("unusual"), [])
        self.exporter.set(LEVELS | {"found_level": 100})
        (alert,) = self.judged("unusual", "Abnormal")
        self.assertRegex(alert["reason"], r"^value 100, expected 1\d(\.\d+)? \([\d.]+ to 1\d(\.\d+)?\)$")
        row = next(x for x in self.api.results(self.host) if x["check_item"] == "unusual")
        self.assertEqual(row["value"], "Abnormal")
        self.exporter.set(LEVELS)
        self.judged("unusual", None)

    def test_what_cannot_be_judged_is_refused_with_its_field(self):
        reply = self.add(rule("a", "work_level", "alfa=1", plugin="ewma"), rule("b", "work_level", "x=1", plugin="ewm"),
                         rule("c", "work_level", "x=1", plugin="broken"), rule("d", "work_level", "$0 > 3", plugin="ewma"),
                         rule("e", "work_level", "mad=5", plugin="seasonal"), code=1000)
        reasons = reply["fail_reasons"]
        self.assertEqual(reasons["a"], "condition: alfa: unknown parameter; there are history, alpha, floor, sigmas, warmup")
        self.assertEqual(reasons["b"], "plugin: unknown plug-in 'ewm'; there are promql, seasonal, broken, ewma, hang")
        self.assertEqual(reasons["c"], "plugin: broken: /no/such/program: No such file or directory")
        self.assertEqual(reasons["d"], "condition: '$0' is no parameter: name=value, parted by blanks")
        self.assertTrue(reasons["e"].startswith("condition: mad: unknown parameter; there are season"), reasons["e"])
        _, _, ready = self.api.send("GET", "/readyz")
        ready = ready.decode() if isinstance(ready, bytes) else ready
        self.assertIn("plugin broken: /no/such/program", ready)
        examined = json.loads(self.aops("doctor", "-o", "json", codes=range(256)).stdout)
        self.assertIn("plugin broken", json.dumps(examined))

    def test_a_program_that_is_killed_comes_back_and_learns_again(self):
        self.add(rule("killed", "killed_level", PARAMETERS, plugin="ewma"))
        self.settle()
        starts = self.figure('aops_plugin_starts_total{plugin="ewma"}')
        os.kill(self.child(EWMA), signal.SIGKILL)
        wait_until(lambda: self.errors("killed"), 30, "the rule is not judged")
        self.assertEqual(self.errors("killed")[0]["reason"], "plug-in ewma: was ended by signal 9 (Killed)")
        self.judged("killed", None)
        self.assertGreater(self.figure('aops_plugin_starts_total{plugin="ewma"}'), starts)
        self.settle()
        self.exporter.set(LEVELS | {"killed_level": 100})
        self.judged("killed", "Abnormal")
        self.assertEqual(len(self.errors("killed")), 1, self.errors("killed"))

    def test_a_program_that_hangs_holds_up_no_round(self):
        wait_until(lambda: self.figure('aops_plugin_up{plugin="hang"}') == 1, 30, "the plug-in serves")
        self.add(rule("stuck", "work_level", "x=1", plugin="hang"), rule("high", "quiet_level", "$0 > 7"))
        self.judged("stuck", "Internal error")
        skipped = self.figure("aops_rounds_skipped_total") or 0
        rounds = self.figure("aops_rounds_total")
        begun = time.monotonic()
        self.exporter.set(LEVELS | {"quiet_level": 9})
        self.judged("high", "Abnormal", 10)
        wait_until(lambda: self.figure("aops_rounds_total") >= rounds + 6, 30, "six rounds")
        took = time.monotonic() - begun
        self.assertEqual(self.figure("aops_rounds_skipped_total") or 0, skipped)
        self.assertLessEqual(self.figure("aops_rounds_total") - rounds, took + 2)
        (alert,) = self.open("stuck")
        self.assertRegex(alert["reason"], "^plug-in hang: (did not answer within 2000 ms|has not answered for [23] s)$")
        rows = [x for x in self.api.results(self.host) if x["check_item"] == "stuck"]
        self.assertEqual([x["value"] for x in rows], ["Internal error"], rows)
        self.assertIn("plugin-away", self.node.log(2000))

    def test_rules_are_tried_on_history(self):
        self.add(rule("known", "tried_level", "$0 > 1000"))

        def with_data():
            tried = self.tried(rule("x", "tried_level", "$0 > 1000"))
            return tried["points"] - tried["without_data"]
        wait_until(lambda: with_data() >= 12, 40, "some history")
        self.exporter.set(LEVELS | {"tried_level": 100})
        found = {}

        def is_found():
            found.update(self.tried(rule("x", "tried_level", PARAMETERS, plugin="ewma"), seconds=20))
            return any(x["value"] == "Abnormal" for x in found["check_result"])
        wait_until(is_found, 30, "the program finds it in what is stored")
        parts = {x["text"]: x for x in found["parts"]}
        self.assertEqual(set(parts), {"tried_level", "expected", "low", "high"})
        self.assertGreater(parts["expected"]["points"], 3)
        tried = self.tried(rule("x", "tried_level", "season=day cycles=1 min_cycles=1", plugin="seasonal"))
        self.assertEqual(tried["check_result"], [])  # Nothing is known of yesterday: no verdict.
        self.assertGreater(tried["points"], 0)

    def test_files_and_export_know_plug_ins(self):
        path = os.path.join(self.node.folder, "rules.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"check_items": [rule("week", "work_level", "season=day cycles=2 mads=6", plugin="seasonal"),
                                       rule("unusual", "work_level", PARAMETERS, plugin="ewma")]}, file)
        self.aops("checkrule", "add", path)
        rows = {x["check_item"]: x for x in self.api.good("/check/rule/get", {"check_items": []})["check_items"]}
        self.assertEqual(rows["week"]["plugin"], "seasonal")
        self.assertEqual(rows["unusual"]["plugin"], "ewma")

    def tried(self, what, seconds=120):
        now = int(time.time())
        return self.api.good("/check/rule/test", {"host_id": self.host, "rule": what, "time_range": [now - seconds, now + 1]})

    def child(self, word):
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
                    words = file.read().split("\0")
                with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                    parent = int(file.read().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if word in words and parent == self.node.process.pid:
                return int(pid)
        raise AssertionError("no child of the node runs " + word)

    @classmethod
    def aops(cls, *words, codes=(0,)):
        env = os.environ | {"AOPS_URL": cls.node.url, "AOPS_ACCESS_TOKEN": cls.api.token, "HOME": cls.node.folder,
                            "LC_ALL": "C.UTF-8"}
        done = subprocess.run([program("aops"), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                              env=env, preexec_fn=die_with_parent)
        if done.returncode not in codes:
            raise AssertionError(f"aops {' '.join(words)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done


# -- the back-test

PERIOD, DAY = 600, 86400
BEGIN = 1704067200  # A Monday, 00:00 UTC.
DAYS, LEARNED = 10, 4

# What is wrong with the series, and when: day, hour, how many samples.
FAULTS = {
    "busy at night": (5, 3, 6),
    "idle by day": (6, 11, 6),
    "a spike by day": (7, 14, 1),
    "slowly more, from morning on": (8, 8, 60),
}


def series():
    """10 by night and 50 by day, a little around it, and the faults."""
    out = []
    for i in range(DAYS * DAY // PERIOD):
        t = BEGIN + i * PERIOD
        hour = i * PERIOD % DAY // 3600
        value = (50 if 8 <= hour < 18 else 10) + (i * 7919 % 13 - 6) / 6
        out.append([t, round(value, 6)])
    for name, (day, hour, count) in FAULTS.items():
        first = (day * DAY + hour * 3600) // PERIOD
        for k in range(count):
            out[first + k][1] = {"busy at night": 50, "idle by day": 10, "a spike by day": 150,
                                 "slowly more, from morning on": out[first + k][1] + k / 2}[name]
    return out


def seasonal(points, cycles=4, min_cycles=2, mads=5, floor=0.05):
    """What docs/plugins.md says that `seasonal` does, with `season=day`, written once more. Times that are abnormal."""
    hours = {}
    for t, x in points:
        hours.setdefault(t // 3600, {}).setdefault(t % 3600 // 600, x)
    found = []
    for t, x in points:
        known = [hours[h] for h in (t // 3600 - 24 * k for k in range(1, cycles + 1)) if len(hours.get(h, {})) >= 3]
        if len(known) < min_cycles:
            continue
        values = [v for hour in known for v in hour.values()]
        middle = statistics.median(values)
        away = mads * max(1.4826 * statistics.median(abs(v - middle) for v in values), floor * abs(middle))
        if not middle - away <= x <= middle + away:
            found.append(t)
    return found


def by_ewma(points):
    """What the sample program says of the same, by its own protocol."""
    run = subprocess.Popen(["/usr/bin/python3", EWMA], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                           preexec_fn=die_with_parent)

    def ask(**request):
        run.stdin.write(json.dumps(request) + "\n")
        run.stdin.flush()
        return json.loads(run.stdout.readline())
    with run:
        assert ask(method="describe", protocol=1)["name"] == "ewma"
        millis = [[t * 1000, x] for t, x in points]
        past = [p for p in millis if p[0] < (BEGIN + LEARNED * DAY) * 1000]
        sent = {"parameters": {}, "host": "h", "rule": "r", "metric": "m", "period_ms": PERIOD * 1000}
        assert ask(method="learn", series=[{"key": "k", "labels": {}, "points": past}], **sent) == {}
        said = ask(method="judge", series=[{"key": "k", "labels": {}, "points": millis[len(past):]}], **sent)
        (one,) = said["series"]
        run.stdin.close()
    return [x["time"] // 1000 for x in one["points"] if x["state"] == "abnormal"]


def table(found):
    """Of each fault how many samples were found, and the first; then what else was."""
    rows, in_faults = [], set()
    for name, (day, hour, count) in FAULTS.items():
        times = [BEGIN + day * DAY + hour * 3600 + k * PERIOD for k in range(count)]
        in_faults.update(times)
        hits = [t for t in times if t in found]
        rows.append((name, count, len(hits), times.index(hits[0]) if hits else None))
    judged = (DAYS - LEARNED) * DAY // PERIOD - len(in_faults)
    return rows, len([t for t in found if t not in in_faults]), judged


def shown(found):
    rows, others, judged = table(found)
    cells = [f"{hits} of {count}" + (f", the first after {first * PERIOD // 60} min" if first else "") if hits else "not found"
             for _, count, hits, first in rows]
    return cells + [f"{others} of {judged}"]


class back_test(unittest.TestCase):
    def found_by_node(self, points):
        """What the built-in plug-in finds, by the program that replays vectors; it says so when it is something else."""
        begin, end = BEGIN + LEARNED * DAY, BEGIN + DAYS * DAY
        expected = [t for t in seasonal(points) if t >= begin]
        vector = {"id": "back-test", "kind": "check_run", "period": PERIOD, "time_range": [begin, end],
                  "rule": {"check_item": "usual", "data_list": [{"name": "a", "type": "kpi"}], "description": "",
                           "condition": "season=day cycles=4 min_cycles=2 mads=5 floor=0.05", "plugin": "seasonal"},
                  "hosts": [{"host_id": "h1", "public_ip": "192.0.2.1"}],
                  "data": {"192.0.2.1": {"code": 200, "msg": "", "fail_list": [],
                                         "succeed_list": [{"name": "a", "label": {}, "values": points}]}},
                  "expected": {"fetched_range": [begin - 4 * DAY - 3600, end],
                               "results": [{"host_id": "h1", "start": t, "end": t, "value": "Abnormal"} for t in expected]}}
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write(json.dumps(vector) + "\n")
            file.flush()
            done = subprocess.run([program("aops-vectors"), file.name], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, (done.stdout + done.stderr)[:4000])
        return expected

    def test_the_documentation_says_what_was_found(self):
        points = series()
        built_in, sample = shown(self.found_by_node(points)), shown(by_ewma(points))
        rows = [f"| {name} | {a} | {b} |" for name, a, b in zip([*FAULTS, "false alarms"], built_in, sample)]
        with open(os.path.join(ROOT, "docs/plugins.md"), encoding="utf-8") as file:
            page = file.read()
        for row in rows:
            self.assertIn(row, page, "\n".join(rows))


if __name__ == "__main__":
    unittest.main()
