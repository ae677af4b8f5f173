"""The source `prometheus`: what a real Prometheus collected is judged as docs/reference/checks.md says."""
import bisect
import random
import time
import unittest
import urllib.parse

from exporter import exporter
from node import node
from prometheus import door, openmetrics, prometheus
from rest import rule, tree
from waiting import wait_until

PERIOD = 2000
NAMED, UNNAMED = "10.1.2.3:9777", "10.1.2.4:9100"  # The second host names no port.


# -- an independent computation of what docs/reference/checks.md says

def clip(points, first, last):
    return [(t, v) for t, v in points if first <= t <= last]


def aligned(series, end):
    """All series on the grid of the shortest one."""
    anchor = min(series, key=len)
    grid, columns = [], []
    t = anchor[0][0]
    while t < end and t <= anchor[-1][0]:
        grid.append(t)
        t += PERIOD
    for points in series:
        times = [t for t, _ in points]
        column = []
        for g in grid:
            k = bisect.bisect_left(times, g)
            near = [i for i in (k - 1, k) if 0 <= i < len(times)]
            column.append((g, points[min(near, key=lambda i: (abs(times[i] - g), -times[i]))][1]))
        columns.append(column)
    return columns


def window(points, t, seconds):
    return [(x, v) for x, v in points if t - seconds * 1000 <= x <= t]


def mean(points, t, seconds):
    values = [v for _, v in window(points, t, seconds)]
    return sum(values) / len(values)


def growth(points, t, seconds):
    inside = window(points, t, seconds)
    if len(inside) < 2:
        return None
    steps = zip(inside, inside[1:])
    total = sum(b - a if b >= a else b for (_, a), (_, b) in steps)
    return total * 1000 / (inside[-1][0] - inside[0][0])


def value(points, t):
    return dict(points)[t]


def count_back(points, t, n):
    k = [x for x, _ in points].index(t) - n
    return None if k < 0 else points[k][1]


LOAD, TEMP, HITS, GONE = ("load", {"cpu": "0"}), "temp", "hits_total", "no_such_series"

# name: (series, condition, look-back in seconds, the same in Python; None is an error)
RULES = {
    "high": ([LOAD], "$0 > 80", 0, lambda s, t: value(s[0], t) > 80),
    "mean": ([LOAD], "avg(20s) > 60", 20, lambda s, t: mean(s[0], t, 20) > 60),
    "drop": ([TEMP], "change(#3) < -30", 6,
             lambda s, t: None if count_back(s[0], t, 3) is None else value(s[0], t) - count_back(s[0], t, 3) < -30),
    "both": ([LOAD, TEMP], "$0 > 50 && $1.max(10s) > 70", 10,
             lambda s, t: value(s[0], t) > 50 and max(v for _, v in window(s[1], t, 10)) > 70),
    "rate": ([HITS], "rate(30s) > 5", 30,
             lambda s, t: None if growth(s[0], t, 30) is None else growth(s[0], t, 30) > 5),
    "gone": ([LOAD, GONE], "$0 > $1", 0, None),
}


def key_of(series):
    name, labels = (series, {}) if isinstance(series, str) else series
    return name, tuple(sorted(labels.items()))


# Rules over file systems. name: (entries, condition, the same in Python over the series they need)
MATCHING = {
    "full": ([{"name": "fs_free", "match": {"fstype": "!~tmpfs|overlay"}}], "$0 < 20",
             lambda s, t: value(s[0], t) < 20),
    "share": ([{"name": "fs_free", "match": {"fstype": "!~tmpfs|overlay"}}, {"name": "fs_size", "match": {}}],
              "$0 / $1 < 0.3", lambda s, t: value(s[0], t) / value(s[1], t) < 0.3),
    "least": ([{"name": "fs_free", "match": {"fstype": "!~tmpfs|overlay"}, "agg": "min"}], "$0 < 10",
              lambda s, t: min(value(x, t) for x in s) < 10),
    "sum": ([{"name": "fs_free", "match": {"fstype": "=ext4"}, "agg": "sum"}], "$0 < 80",
            lambda s, t: sum(value(x, t) for x in s) < 80),
}


def matching_rules():
    out = []
    for name, (entries, condition, _) in MATCHING.items():
        x = rule(name, "fs_free", condition)
        x["data_list"] = [{"type": "kpi"} | entry for entry in entries]
        out.append(x)
    return out


def expected(data, name, start, end):
    """Rows (start, end, value) in ms of one rule on one host over [start, end)."""
    series, _, back, judge = RULES[name]
    return rows_of([data.get(key_of(x), []) for x in series], start, end, judge, back)


def rows_of(series, start, end, judge, back=0):
    found = [clip(points, start - back * 1000 - PERIOD, end) for points in series]
    if not all(found):
        return [(start, end, "No data")]
    columns = aligned(found, end)
    runs, judged = {}, 0
    for t, _ in columns[0]:
        if not start <= t < end:
            continue
        judged += 1
        verdict = judge(columns, t)
        if verdict is False:
            continue
        rows = runs.setdefault("Internal error" if verdict is None else "Abnormal", [])
        if rows and t - rows[-1][1] <= PERIOD * 3 // 2:
            rows[-1][1] = t
        else:
            rows.append([t, t])
    if not judged:
        return [(start, end, "No data")]
    return sorted((a, b, value) for value, rows in runs.items() for a, b in rows)


def history_of(seed, now):
    """Twenty minutes of three series at unsteady times, with holes and a counter that starts anew."""
    chance = random.Random(seed)
    data = {}
    for series, jitter in ((LOAD, 300), (TEMP, 700), (HITS, 100)):
        points, level = [], 0
        for t in range(now - 1_200_000, now - 30_000, PERIOD):
            if chance.random() < 0.03 or (t // 60_000) % 7 == 3 and series == TEMP:
                continue
            level = 0 if chance.random() < 0.01 else level + chance.randrange(25)
            points.append((t + chance.randrange(jitter), level if series == HITS else chance.randrange(100)))
        data[key_of(series)] = points
    for mount, kind in (("/", "ext4"), ("/var", "ext4"), ("/run", "tmpfs")):
        times = sorted(t + chance.randrange(300) for t in range(now - 1_200_000, now - 30_000, PERIOD))
        labels = {"fstype": kind, "mountpoint": mount}
        data[key_of(("fs_free", labels))] = [(t, chance.randrange(100)) for t in times]
        data[key_of(("fs_size", labels))] = [(t, 50 + chance.randrange(100)) for t in times]
    return data


def id_of(added):
    return added["host_id"] if isinstance(added, dict) else added


class history(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        now = int(time.time() * 1000)
        cls.end = now // 1000 * 1000 - 60_000
        cls.start = cls.end - 900_000
        cls.data = {instance: history_of(instance, now) for instance in (NAMED, UNNAMED)}
        text = openmetrics({(name, labels + (("instance", instance), ("job", "node"))): points
                            for instance, data in cls.data.items() for (name, labels), points in data.items()})
        cls.source = prometheus(text)
        cls.addClassCleanup(cls.source.close)
        cls.door = door(cls.source.port)
        cls.addClassCleanup(cls.door.close)
        cls.node = node("samples.source=prometheus", "prometheus.url=" + cls.door.url, "check.sample_period=2s",
                        "check.cool_down_time=3s")
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.api.add_group()
        rules = [rule(name, series, condition) for name, (series, condition, *_) in RULES.items()] + matching_rules()
        cls.api.good("/check/rule/import", {"check_items": rules})
        ids = cls.api.add_hosts(("named", "10.1.2.3", 9777), ("unnamed", "10.1.2.4", None))
        cls.hosts = {NAMED: id_of(ids[0]), UNNAMED: id_of(ids[1])}

    def execute(self, start, end, items=()):
        body = {"host_list": list(self.hosts.values()), "time_range": [start / 1000, end / 1000],
                "check_items": list(items)}
        reply = self.api.good("/check/execute", body)
        wait_until(lambda: self.api.progress(reply["task_id"]) >= reply["expected_result_num"], 60, "the check ends")

    def rows(self, instance, name, start, end, labels=None):
        """@param labels only of this instance."""
        found = self.api.results(self.hosts[instance], check_items=[name])
        found = [(round(x["start"] * 1000), round(x["end"] * 1000), x["value"]) for x in found
                 if labels is None or x.get("labels", {}) == labels]
        return sorted(x for x in found if start <= x[0] and x[1] <= end)

    def test_explicit_checks_equal_an_independent_computation(self):
        self.execute(self.start, self.end)
        abnormal = 0
        for instance, data in self.data.items():
            for name in RULES:
                with self.subTest(instance=instance, rule=name):
                    want = expected(data, name, self.start, self.end)
                    self.assertEqual(self.rows(instance, name, self.start, self.end), want)
                    abnormal += sum(1 for x in want if x[2] == "Abnormal")
        self.assertGreater(abnormal, 50)

    def test_rules_with_matches_have_an_instance_for_each_series(self):
        fs = {x: {k: v for (name, k), v in data.items() if name == "fs_free" and ("fstype", "ext4") in k}
              for x, data in self.data.items()}
        self.execute(self.start, self.end, ["full", "share", "least", "sum"])
        for instance, series in fs.items():
            size = {k: v for (name, k), v in self.data[instance].items() if name == "fs_size"}
            for labels, points in series.items():
                with self.subTest(instance=instance, labels=labels):
                    for name, others in (("full", []), ("share", [size[labels]])):
                        want = rows_of([points, *others], self.start, self.end, MATCHING[name][2])
                        self.assertEqual(self.rows(instance, name, self.start, self.end, dict(labels)), want)
            for name in ("least", "sum"):
                want = rows_of(list(series.values()), self.start, self.end, MATCHING[name][2])
                self.assertEqual(self.rows(instance, name, self.start, self.end, {}), want, name)
                self.assertTrue(want, name)

    def test_the_same_check_again_changes_nothing(self):
        start, end = self.start + 123_000, self.start + 456_000
        self.execute(start, end, ["high"])
        once = self.api.results(self.hosts[NAMED], check_items=["high"], value="Abnormal")
        self.execute(start, end, ["high"])
        self.assertEqual(self.api.results(self.hosts[NAMED], check_items=["high"], value="Abnormal"), once)

    def test_a_rule_is_tested_on_what_prometheus_has(self):
        series, condition, *_ = RULES["mean"]
        reply = self.api.good("/check/rule/test", {
            "rule": rule("mean", series, condition), "host_id": self.hosts[NAMED],
            "time_range": [self.start / 1000, self.end / 1000]})
        rows = [(round(x["start"] * 1000), round(x["end"] * 1000), x["value"]) for x in reply["check_result"]]
        self.assertEqual(sorted(rows), expected(self.data[NAMED], "mean", self.start, self.end))

    def test_series_of_a_host_come_from_prometheus(self):
        reply = self.api.good("/check/series/get", {"host_id": self.hosts[NAMED]})
        self.assertEqual({(x["name"], tuple(x["label"].items())) for x in reply["series"]}, set(self.data[NAMED]))
        last = {x["name"]: x["value"] for x in reply["series"]}
        self.assertEqual(last["temp"], self.data[NAMED][key_of(TEMP)][-1][1])

    def test_services_read_what_prometheus_has_and_cannot_delete_it(self):
        service, host = self.node.service(), self.hosts[NAMED]
        first, last = self.start // 1000, self.start // 1000 + 600
        asked = {"time_range": [first, last], "data_infos": {host: [{"name": key[0], "label": dict(key[1][:1])}
                                                                    for key in self.data[NAMED]]}}
        found = service.good("/data/data/get", asked)["result"][host]["succeed_list"]
        want = {key: clip(points, first * 1000, last * 1000) for key, points in self.data[NAMED].items()}
        got = {(x["name"], tuple(x.get("label", {}).items())): [(round(t * 1000), float(v)) for t, v in x["values"]]
               for x in found}
        self.assertEqual(got, {key: points for key, points in want.items() if points})
        gone = service.delete("/data/data/delete", {"host_list": [host], "time_range": [first, last]})
        self.assertEqual(gone["code"], 1103)
        self.assertIn("Prometheus", gone["detail"])

    def test_a_check_waits_for_a_prometheus_that_is_away(self):
        self.door.is_open = False
        try:
            start, end = self.start, self.start + 300_000
            reply = self.api.good("/check/execute", {
                "host_list": [self.hosts[NAMED]], "time_range": [start / 1000, end / 1000], "check_items": ["high"]})
            wait_until(lambda: "prometheus-down" in self.node.log(400), 20, "the log names the trouble")
            self.assertEqual(self.api.progress(reply["task_id"]), 0)
        finally:
            self.door.is_open = True
        wait_until(lambda: self.api.progress(reply["task_id"]) == 1, 60, "the check ends")
        self.assertEqual(self.rows(NAMED, "high", start, end), expected(self.data[NAMED], "high", start, end))


    def test_a_range_without_data_is_asked_again(self):
        start, end = self.start + 300_000, self.start + 600_000
        self.door.is_blind = True
        try:
            self.execute(start, end, ["mean"])
            self.assertEqual(self.rows(NAMED, "mean", start, end), [(start, end, "No data")])
        finally:
            self.door.is_blind = False
        # Of both hosts: who comes late would take the place of what another case asks for.
        for instance, data in self.data.items():
            want = expected(data, "mean", start, end)
            wait_until(lambda: self.rows(instance, "mean", start, end) == want, 30, "what came late is judged")


class live(unittest.TestCase):
    """A Prometheus that scrapes; the rule `always` is abnormal in every round, so its row shows what was judged."""

    def setUp(self):
        self.exporter = exporter({"m": 1})
        self.addCleanup(self.exporter.close)
        self.source = prometheus(targets=[f"127.0.0.1:{self.exporter.port}"])
        self.addCleanup(self.source.close)
        self.door = door(self.source.port)
        self.addCleanup(self.door.close)
        self.node = node("samples.source=prometheus", "prometheus.url=" + self.door.url, "check.sample_period=1s")
        self.addCleanup(self.node.close)
        self.api = self.node.admin()
        self.api.add_group()
        self.api.good("/check/rule/import", {"check_items": [
            rule("always", "up", "$0 >= 0"), rule("window", "m", "count(4s, 1, '==') == 5")]})
        self.host = id_of(self.api.add_hosts(("h", "127.0.0.1", self.exporter.port))[0])
        wait_until(self.row, 30, "a first result")

    def row(self):
        rows = [x for x in self.api.results(self.host, check_items=["always"])]
        self.assertLessEqual(len(rows), 1, rows)
        return rows[0] if rows else None

    def grows_past(self, t):
        wait_until(lambda: self.row() and self.row()["end"] > t, 30, "judging goes on")

    def test_nothing_is_lost_while_prometheus_cannot_be_asked(self):
        since = self.row()["start"]
        self.door.is_open = False
        wait_until(lambda: "prometheus-down" in self.node.log(400), 20, "the log names the trouble")
        shut = time.time()
        wait_until(lambda: time.time() > shut + 5, 10, "some rounds pass")
        self.assertLess(self.row()["end"], shut + 1)
        self.door.is_open = True
        self.grows_past(shut + 5)
        self.assertEqual(self.row()["start"], since)
        self.assertEqual(self.row()["value"], "Abnormal")

    def test_a_restart_leaves_no_hole(self):
        since = self.row()["start"]
        wait_until(lambda: self.api.results(self.host, check_items=["window"], value="Abnormal"), 30, "a full window")
        self.node.kill()
        down = time.time()
        wait_until(lambda: time.time() > down + 4, 10, "some rounds pass")
        self.door.is_open = False  # The node must not need Prometheus to start, nor begin with empty windows.
        self.api = self.node.start()
        self.api.login()
        wait_until(lambda: "prometheus-down" in self.node.log(400), 20, "the log names the trouble")
        self.door.is_open = True
        self.grows_past(down + 4)
        self.assertEqual(self.row()["start"], since)
        rows = self.api.results(self.host, check_items=["window"], value="Abnormal")
        self.assertTrue(any(x["start"] < down and x["end"] > down + 3 for x in rows), rows)  # Full at once.

    def test_status_follows_up(self):
        wait_until(lambda: self.api.host(self.host)["status"] == "online", 20, "the host is online")
        self.exporter.silent = True
        wait_until(lambda: self.api.host(self.host)["status"] == "offline", 30, "the host is offline")

    def test_a_new_rule_is_judged_back_to_the_hosts_first_round(self):
        since = self.row()["start"]
        self.grows_past(since + 5)
        self.api.good("/check/rule/import", {"check_items": [rule("late", "m", "count(3s, 0, '>=') > 2")]})
        wait_until(lambda: any(x["start"] <= since + 3 for x in self.api.results(self.host, check_items=["late"])), 30,
                   "the back-fill reaches the start")

    def test_many_hosts_share_few_queries(self):
        ids = self.api.add_hosts(*((f"m{i}", f"10.9.8.{i}", 9100) for i in range(1, 41)))
        wait_until(lambda: all(self.api.results(id_of(x)) for x in ids), 30, "all hosts are judged")
        self.door.queries.clear()
        wait_until(lambda: len(self.door.queries) >= 6, 20, "some rounds pass")
        asked = [urllib.parse.unquote(x).count(":9100") for x in self.door.queries]
        self.assertGreaterEqual(max(asked), 30, asked)
        self.assertGreater(sum(asked) / len(asked), 10, asked)

    def test_a_diagnosis_shows_samples_of_prometheus(self):
        self.grows_past(self.row()["start"] + 5)
        self.api.good("/diag/tree/import", {"trees": [tree("t", "x", {"x": "always"})]})
        end = self.row()["end"]
        reply = self.api.good("/diag/execute", {"host_list": [self.host], "tree_list": ["t"],
                                                "time_range": [end - 4, end], "interval": 4})
        wait_until(lambda: self.api.progress(reply["task_id"]) == 1, 60, "the diagnosis ends")
        report = self.api.report(self.api.reports(reply["task_id"])[0]["report_id"])
        self.assertEqual(report["verdict"], "true", report)
        self.assertIn("always", str(report["evidence"]))


if __name__ == "__main__":
    unittest.main()
