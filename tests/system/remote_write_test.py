"""Hosts that are pushed: by a real Prometheus, over a kill -9; what is refused, by hand; and to another node when one dies."""
import http.client
import json
import os
import re
import subprocess
import tempfile
import time
import unittest
import urllib.parse

from cluster import GONE, cluster
from exporter import exporter
from node import node, program
from page import DOCS
from prometheus import prometheus
from remote_write import STALE, packed, push
from rest import host_row, rule
from waiting import wait_until

QUICK = ("check.sample_period=1s", "remote_write.patience=3s")


class counting(exporter):
    """Each page is told by a number of its own."""

    def answer(self):
        self.set({"node_load1": self.pages_served + 1, 'node_cpu_seconds_total{cpu="0",mode="idle"}': 7})
        return super().answer()


class staying(node):
    """Comes back at the port where it was."""

    def command(self):
        words = super().command()
        if self.url:
            words[words.index("127.0.0.1:0")] = self.url.removeprefix("http://")
        return words


def asked(api, path, token=None, **parameters):
    status, _, text = api.send("GET", f"/api/v1/{path}?{urllib.parse.urlencode(parameters)}", None,
                               {"Authorization": "Bearer " + (token or api.token)})
    assert status == 200, (status, text)
    return json.loads(text)["data"]


def points_of(data):
    """{time in s: value} of the one series of a matrix."""
    return {t: float(v) for series in data["result"] for t, v in series["values"]}


def add_pushed(api, *hosts):
    rows = [host_row(*host) | {"source": "push"} for host in hosts]
    return api.good("/manage/host/add", {"host_list": rows, "key": "vault-key"})["host_list"]


def figure(api, outcome):
    _, _, text = api.send("GET", "/metrics")
    found = re.search(rf'^aops_pushed_samples_total{{outcome="{outcome}"}} (\S+)$', text, re.MULTILINE)
    return float(found[1]) if found else 0


class by_prometheus(unittest.TestCase):
    def test_what_a_prometheus_forwards_is_there_as_it_has_it(self):
        with counting() as page, staying(*QUICK) as aops:
            api = aops.admin()
            api.add_group()
            (host,) = add_pushed(api, ("h1", "127.0.0.1", page.port))
            api.good("/check/rule/import", {"check_items": [rule("busy", "node_load1", "$0 > 3")]})
            token = api.good("/manage/account/token/create", {"name": "pusher", "scope": "act"})["access_token"]
            config = (f"remote_write:\n- url: {aops.url}/api/v1/write\n  authorization: {{credentials: {token}}}\n"
                      "  queue_config: {batch_send_deadline: 200ms, min_backoff: 50ms, max_backoff: 200ms}\n")
            with prometheus(targets=[f"127.0.0.1:{page.port}"], more=config) as source:
                wait_until(lambda: any(x["value"] == "Abnormal" for x in api.results(host)), 20, "the rule fires")
                self.assertEqual(api.host(host)["status"], "online")
                aops.kill()
                there = page.pages_served
                wait_until(lambda: page.pages_served > there + 2, 10, "pages that nobody takes")
                aops.start()
                wait_until(lambda: any(v > there + 4 for v in self.rows(api).values()), 20, "what came since")
                # Of each second the newest sample of Prometheus.
                real, wanted = self.real(source), {}
                for t, value in sorted(real.items()):
                    wanted[int(t)] = value
                mine = self.rows(api)
                last = max(mine)
                self.assertEqual(mine, {t: v for t, v in wanted.items() if min(mine) <= t <= last})
                self.assertLessEqual(min(mine), min(wanted) + 1)
                self.assertGreater(len(mine), 6)
                series = asked(api, "series", **{"match[]": "node_load1"})
                self.assertEqual(series, [{"__name__": "node_load1", "host": "h1", "host_id": host, "job": "node",
                                           "instance": f"127.0.0.1:{page.port}"}])
                (target,) = asked(api, "targets")["activeTargets"]
                self.assertEqual((target["scrapeUrl"], target["health"]), ("push", "up"))
            # It ends: what is not known is not well.
            wait_until(lambda: api.host(host)["status"] == "offline", 20, "the host is silent")
            self.assertRegex(api.host(host)["scrape_error"], r"^nothing was pushed since \d{4}-")
            wait_until(lambda: any(x["value"] == "No data" for x in api.results(host)), 10, "no data")

    def rows(self, api):
        return points_of(asked(api, "query", query="node_load1[5m]"))

    def real(self, source):
        link = http.client.HTTPConnection("127.0.0.1", source.port, timeout=10)
        link.request("GET", "/api/v1/query?" + urllib.parse.urlencode({"query": "node_load1[5m]"}))
        return points_of(json.loads(link.getresponse().read())["data"])


class by_hand(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.page = exporter({"node_load1": 1})
        cls.addClassCleanup(cls.page.close)
        cls.node = node(*QUICK)
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.api.add_group()
        cls.a, cls.b = add_pushed(cls.api, ("a", "192.0.2.1", None), ("b", "192.0.2.2", 9256))
        (cls.scraped,) = cls.api.add_hosts(("s", "127.0.0.1", cls.page.port))
        make = cls.api.good
        cls.token = make("/logs/token/create", {"host_id": cls.a, "name": "sender"})["access_token"]
        cls.full = make("/manage/account/token/create", {"name": "full", "scope": "act"})["access_token"]
        cls.reading = make("/manage/account/token/create", {"name": "reading", "scope": "read"})["access_token"]
        wait_until(lambda: push(cls.api, cls.full, cls.load("192.0.2.1:9100", 0))[0] == 204 and
                   push(cls.api, cls.full, cls.load("192.0.2.2:9256", 0))[0] == 204, 10, "the hosts have begun")

    @staticmethod
    def load(instance, *values, name="node_load1", **labels):
        now = int(time.time() * 1000)
        labels = {"__name__": name, "instance": instance, "job": "node"} | labels
        return {k: v for k, v in labels.items() if v}, [(now + i, v) for i, v in enumerate(values)]

    def newest(self, **labels):
        text = ",".join(f'{k}="{v}"' for k, v in labels.items())
        found = asked(self.api, "query", query=f"node_load1{{{text}}}")["result"]
        return float(found[0]["value"][1]) if found else None

    def refused(self, status, text, token, *series, **more):
        got = push(self.api, token, *series, **more)
        self.assertEqual(got[0], status, got)
        self.assertIn(text, got[1])

    def test_who_may_not_is_told_so(self):
        one = self.load("192.0.2.1:9100", 1)
        self.refused(401, "", None, one)
        self.refused(401, "", "0" * 64, one)
        self.refused(403, "may only read", self.reading, one)
        self.refused(400, "of host a", self.token, self.load("", 1, host_id=self.b))
        self.refused(400, "of host a", self.token, self.load("192.0.2.2:9256", 1))
        self.refused(400, "is scraped, not pushed", self.full, self.load(f"127.0.0.1:{self.page.port}", 1))

    def test_what_does_not_read_is_named(self):
        self.refused(400, "snappy", self.full, body=b"rubbish")
        self.refused(400, "WriteRequest", self.full, body=packed(b"\x0a\xff\xff\xff\x7f"))
        self.refused(400, "of the future", self.full, ({"__name__": "node_load1", "instance": "192.0.2.1"},
                                                       [(int(time.time() * 1000) + 10 ** 7, 1)]))

    def test_unknown_hosts_are_named_and_the_others_are_stored(self):
        self.refused(400, "no host is instance 192.0.2.99:9100", self.full,
                     self.load("192.0.2.99:9100", 5), self.load("192.0.2.2:9256", 21))
        wait_until(lambda: self.newest(host="b") == 21, 10, "the sample of the one that is known")

    def test_a_host_is_found_by_each_of_its_names_and_sent_again_nothing_changes(self):
        # Each another series: of two origins of one series only the first would count.
        for name, labels in (("node_load5", {"instance": "192.0.2.1:9100"}), ("node_procs_running", {"instance": "a"}),
                             ("node_context_switches_total", {"instance": "else", "host_id": self.a})):
            one = self.load(labels.pop("instance"), 31, name=name, **labels)
            wait_until(lambda: push(self.api, self.full, one)[0] == 204, 5, "it is taken")
            before = figure(self.api, "taken")
            self.assertEqual(push(self.api, self.full, one)[0], 204)
            self.assertEqual(figure(self.api, "taken"), before)
        self.assertGreater(figure(self.api, "duplicate"), 2)

    def test_late_samples_are_counted_and_the_end_of_a_series_ends_it(self):
        late = figure(self.api, "late")
        labels = {"__name__": "node_load15", "instance": "localhost:9100", "job": "node"}
        now = int(time.time() * 1000)
        self.assertEqual(push(self.api, self.token, (labels, [(now - 3600_000, 1)]))[0], 204)
        self.assertEqual(figure(self.api, "late"), late + 1)
        self.assertEqual(push(self.api, self.token, (labels, [(now, 4)]))[0], 204)
        wait_until(lambda: asked(self.api, "query", query="node_load15")["result"], 10, "the series")
        now = int(time.time() * 1000)
        self.assertEqual(push(self.api, self.token, (labels, [(now, STALE)]), self.load("192.0.2.1:9100", 9))[0], 204)
        wait_until(lambda: not asked(self.api, "query", query="node_load15")["result"], 10, "its end")

    def test_the_page_says_what_a_prometheus_takes(self):
        page = (DOCS / "remote-write.md").read_text(encoding="utf-8")
        whole, more = re.findall(r"^```yaml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "prometheus.yml")
            with open(file, "w", encoding="utf-8") as out:
                out.write((whole + more).replace("/etc/prometheus/aops.token", file))
            done = subprocess.run(["promtool", "check", "config", file], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_command_line_adds_and_shows_such_hosts(self):
        def aops(*words):
            done = subprocess.run([program("aops"), *words, "--url", self.node.url], capture_output=True, text=True,
                                  env=os.environ | {"AOPS_ACCESS_TOKEN": self.api.token}, timeout=30)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            return done.stdout + done.stderr
        self.assertIn("waits for what is pushed", aops("host", "add", "told", "192.0.2.40", "--source", "push"))
        self.assertIn("push", aops("host", "query", "--filter", "host_name=told", "-o", "csv"))
        aops("host", "update", "told", "--source", "scrape", "--wait", "0")
        self.assertIn("scrape", aops("host", "query", "--filter", "host_name=told", "-o", "csv"))

    def test_a_host_changes_how_its_samples_come(self):
        self.api.good("/manage/host/update", {"host_id": self.b, "source": "scrape"})
        wait_until(lambda: push(self.api, self.full, self.load("192.0.2.2:9256", 1))[0] == 400, 10, "it is scraped")
        self.assertEqual(self.api.host(self.b)["source"], "scrape")
        self.api.good("/manage/host/update", {"host_id": self.b, "source": "push"})
        wait_until(lambda: push(self.api, self.full, self.load("192.0.2.2:9256", 1))[0] == 204, 10, "it is pushed")


class many_nodes(unittest.TestCase):
    """Senders that go on at whichever node answers; what was acknowledged before the death of an owner, and since."""

    def test_what_was_acknowledged_is_there_when_the_owner_of_the_hosts_dies(self):
        with cluster(3, settings=QUICK) as it:
            api = it.members[0].client()
            api.add_group()
            self.names = [f"h{k}" for k in range(12)]
            ids = set(add_pushed(api, *[(name, f"192.0.2.{k + 1}", None) for k, name in enumerate(self.names)]))
            self.token = api.good("/manage/account/token/create", {"name": "pusher", "scope": "act"})["access_token"]
            it.wait_settled()
            self.acknowledged, self.sent = [], 0
            for member in it.members:  # Whichever has the host.
                wait_until(lambda to=member: self.send(to) == 204, 20, f"{member.name} takes it")
            wait_until(lambda: self.send(it.any()) and self.online(it) == ids, 30, "all are online")
            self.acknowledged.clear()
            wait_until(lambda: self.send(it.any()) == 204, 10, "it is taken")
            victim = max(it.members, key=lambda x: x.metrics()["aops_hosts"])
            self.assertGreater(victim.metrics()["aops_hosts"], 0)
            wait_until(lambda: self.send(it.any()) == 204, 10, "it is taken")
            victim.kill()  # Its last rounds are not judged yet.
            before = len(self.acknowledged)
            wait_until(lambda: self.send(it.any()) and len(self.acknowledged) >= before + 3, 20, "others take what is pushed")
            wanted = list(self.acknowledged)
            for member in it.alive():
                wait_until(lambda at=member: self.send(at) and not self.missing(at, wanted), 30, f"{member.name} has all of it")
            self.assertEqual(self.online(it), ids)

    def send(self, to):
        """One sample of each host, each time another value; the status of the answer."""
        self.sent += 1
        sample = int(time.time() * 1000), float(self.sent)
        try:
            status, text = push(to.client(), self.token, *[
                ({"__name__": "node_load1", "instance": name, "job": "node"}, [sample]) for name in self.names])
        except GONE:
            return None
        self.assertIn(status, (204, 500, 503), f"a sender would drop it: {text}")
        if status == 204:
            self.acknowledged.append(sample)
        return status

    def missing(self, at, wanted):
        """Those of the samples that are not seen there: a round shows its newest."""
        found = asked(at.client(), "query", query="node_load1[2m]")["result"]
        known = {x["metric"]["host"]: {int(t): float(v) for t, v in x["values"]} for x in found}
        return [(name, time_ms, value) for name in self.names for time_ms, value in wanted
                if known.get(name, {}).get(time_ms // 1000, 0) < value]

    def online(self, it):
        rows = it.api().good("/manage/host/get", {"host_group_list": []})["host_infos"]
        return {x["host_id"] for x in rows if x["status"] == "online"}


if __name__ == "__main__":
    unittest.main()
