"""A dashboard of 20 panels over 24 hours, of ten hosts, asked of a node and of Debian's Prometheus in the same run.

Both hold the same samples of the past day. A node's rounds hold further series of a usual host, which no panel asks for: they
cost the node time, and Prometheus nothing, because making them known to it takes longer than the bench.
"""
import http.client
import json
import os
import random
import sqlite3
import struct
import subprocess
import time
import urllib.parse

from measure.fleet import free_port
from measure.node import Fleet, Node
from measure.process import Child, poll

HOSTS, PERIOD_S, HOURS, STEP_S = 10, 15, 25, 300
FURTHER = 220  # Series of a round that no panel asks for.

PANELS = (
    "up", "node_load1", "node_load5", "node_memory_MemAvailable_bytes", "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes",
    "sum by (instance) (rate(node_cpu_seconds_total[5m]))", 'sum by (mode) (rate(node_cpu_seconds_total{mode!="idle"}[5m]))',
    '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))', 'rate(node_cpu_seconds_total{cpu="0"}[5m])',
    "node_filesystem_avail_bytes", "node_filesystem_avail_bytes / node_filesystem_size_bytes",
    "rate(node_network_receive_bytes_total[5m])", "rate(node_network_transmit_bytes_total[5m])",
    "sum(rate(node_network_receive_bytes_total[5m]))", "topk(3, rate(node_network_receive_bytes_total[5m]))",
    "max_over_time(node_load1[1h])", "avg_over_time(node_load1[30m])", "count(up == 1)", "quantile(0.9, node_load1)",
    "max by (instance) (node_filesystem_avail_bytes)")
INSTANT = ("up", "node_load1", "sum by (instance) (rate(node_cpu_seconds_total[5m]))", "node_filesystem_avail_bytes")


def series():
    """[(name, labels, kind)] of a host; kinds: counter of hundredths, counter of bytes, gauge of hundredths, of bytes, constant."""
    out = [("node_cpu_seconds_total", {"cpu": str(cpu), "mode": mode}, "seconds")
           for cpu in range(4) for mode in ("idle", "user", "system", "iowait")]
    out += [(f"node_filesystem_{what}_bytes", {"device": f"/dev/sd{k}", "mountpoint": f"/m{k}"}, kind)
            for k in range(4) for what, kind in (("avail", "bytes"), ("size", "constant"))]
    out += [(f"node_network_{way}_bytes_total", {"device": f"eth{k}"}, "count") for k in range(4) for way in ("receive", "transmit")]
    out += [("node_load1", {}, "load"), ("node_load5", {}, "load"), ("node_memory_MemAvailable_bytes", {}, "bytes"),
            ("node_memory_MemTotal_bytes", {}, "constant")]
    return out


class Walk:
    """Values of one series, as text would say them: integers, or doubles of two decimals."""

    def __init__(self, kind, seed):
        self.kind, self.random, self.value = kind, random.Random(seed), 10_000_000 + seed * 977

    def next(self):
        if self.kind == "seconds":
            self.value += self.random.randrange(1500)
            return self.value / 100
        if self.kind == "count":
            self.value += self.random.randrange(100_000)
        elif self.kind == "load":
            return self.random.randrange(500) / 100
        elif self.kind == "bytes" and self.random.random() < 0.3:
            self.value += 4096 * self.random.randrange(-500, 500)
        return self.value


def varint(x):
    out = bytearray()
    while x >= 0x80:
        out.append(x & 0x7F | 0x80)
        x >>= 7
    out.append(x)
    return bytes(out)


def sample(value):
    """A slot after the one before, and its value."""
    if isinstance(value, int):
        return varint(1 << 1) + varint(value << 1 if value >= 0 else (-value << 1) - 1)
    return varint(1 << 1 | 1) + struct.pack("<d", value)


def fill(place, addresses, port, until_s):
    """Writes a day into the node's store, which is not running, and into a text for Prometheus."""
    store = sqlite3.connect(os.path.join(place.data_dir, "aops.db"))
    text = {}
    begin = until_s - HOURS * 3600
    store.execute("delete from sample")
    store.execute("delete from series")
    for n, address in store.execute("select n, ip from host order by n").fetchall():
        own = [(name, labels, Walk(kind, n * 1000 + i)) for i, (name, labels, kind) in enumerate(series())]
        further = [Walk("count" if i % 2 else "constant", i) for i in range(FURTHER)]
        names = [(name, labels) for name, labels, _ in own] + [("node_further_total", {"k": str(i)}) for i in range(FURTHER)]
        # Slots 0 and 1 are the host's own; those of samples count from 2.
        store.executemany("insert into series (host, slot, name, labels) values (?, ?, ?, ?)",
                          [(n, i + 2, name, "{" + ",".join(f'"{k}":"{v}"' for k, v in sorted(labels.items())) + "}")
                           for i, (name, labels) in enumerate(names)])
        lines = [text.setdefault(name, []) for name, _, _ in own]
        ends = [",".join([f'{k}="{v}"' for k, v in labels.items()] + [f'instance="{address}:{port}"', 'job="node"'])
                for _, labels, _ in own]
        rows = []
        for t in range(begin, until_s + 1, PERIOD_S):
            values = [walk.next() for _, _, walk in own]
            body = bytearray(b"\x01\x01" + struct.pack("<d", 0.01) + varint(2 << 1 | isinstance(values[0], float)) +
                             sample(values[0])[1:])
            for value in values[1:]:
                body += sample(value)
            for walk in further:
                body += sample(walk.next())
            rows.append((n, t * 1000, len(body), bytes(body)))
            for line, end, (name, _, _), value in zip(lines, ends, own, values):
                line.append(f"{name}{{{end}}} {value} {t}")
            text.setdefault("up", []).append(f'up{{instance="{address}:{port}",job="node"}} 1 {t}')
        store.executemany("insert into sample (host, time_ms, bytes, body) values (?, ?, ?, ?)", rows)
    store.commit()
    store.close()
    path = os.path.join(place.folder, "day.txt")
    with open(path, "w", encoding="utf-8") as out:
        for name in sorted(text):
            out.write(f"# TYPE {name} gauge\n" + "\n".join(text[name]) + "\n")
        out.write("# EOF\n")
    return path


class Asked:
    """Somebody who answers /api/v1."""

    def __init__(self, url, headers=None):
        self.headers = headers or {}
        at = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(at.hostname, at.port, timeout=120)

    def ask(self, path, **parameters):
        """Seconds, and the bytes of the answer."""
        began = time.monotonic()
        self.connection.request("GET", f"/api/v1/{path}?{urllib.parse.urlencode(parameters)}", headers=self.headers)
        reply = self.connection.getresponse()
        body = reply.read()
        if reply.status != 200:
            raise RuntimeError(f"{path} {parameters}: HTTP {reply.status} {body[:300]}")
        return time.monotonic() - began, body


def dashboard(whom, until_s):
    """Seconds of each panel, one after the other."""
    whom.connection.close()  # One that was idle for long is not there any more.
    return [whom.ask("query_range", query=x, start=until_s - 24 * 3600, end=until_s, step=STEP_S)[0] for x in PANELS]


def ask_both(figures, node, other, until_s, runs):
    cold = sum(dashboard(node, until_s))
    figures.add("query: dashboard, node, for the first time", cold, "s")
    dashboard(other, until_s)
    for _ in range(runs):
        mine, theirs = dashboard(node, until_s), dashboard(other, until_s)
        figures.add("query: dashboard of 20 panels, 24 h, node", sum(mine), "s")
        figures.add("query: the same, Prometheus", sum(theirs), "s")
        figures.add("query: dashboard, node / Prometheus", sum(mine) / sum(theirs), "ratio", "<= 1")
        figures.add("query: slowest panel, node / Prometheus", max(a / b for a, b in zip(mine, theirs)), "ratio")
        for query in INSTANT:
            at = [whom.ask("query", query=query, time=until_s)[0] for whom in (node, other)]
            figures.add(f"query: {query} now, node", at[0] * 1000, "ms")
            figures.add(f"query: {query} now, node / Prometheus", at[0] / at[1], "ratio")


def is_same(node, other, until_s):
    """Both answer the same numbers, so that the figures compare the same work."""
    found = []
    for whom in (node, other):
        _, body = whom.ask("query_range", query="sum(rate(node_network_receive_bytes_total[5m]))", start=until_s - 7200,
                           end=until_s, step=STEP_S)
        found.append([(t, float(value)) for t, value in json.loads(body)["data"]["result"][0]["values"]])
    for (t, mine), (s, theirs) in zip(*found, strict=True):
        if t != s or abs(mine - theirs) > 1e-9 * abs(theirs):
            raise RuntimeError(f"the node says {mine} at {t}, Prometheus {theirs} at {s}")


def measure(figures, place, options):
    with Fleet(place, HOSTS) as fleet:
        with Node(place, fleet.port) as node:
            node.log_in()
            node.add_hosts(fleet.addresses)
        addresses, port = fleet.addresses, fleet.port
    # Without the fleet hosts do not answer: rounds come, and cost little. The day ends an hour before them.
    until_s = int(time.time()) // 3600 * 3600 - 3600
    day = fill(place, addresses, port, until_s)
    subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", day, place.folder + "/prometheus"], check=True,
                   stdout=subprocess.DEVNULL)
    os.unlink(day)
    config = os.path.join(place.folder, "prometheus.yml")
    with open(config, "w", encoding="utf-8") as out:
        out.write("scrape_configs: []\n")
    with Node(place, port, settings=("check.sample_period=15s",)) as node:
        node.log_in()
        packed = sqlite3.connect(f"file:{place.data_dir}/aops.db?mode=ro", uri=True)
        poll(lambda: packed.execute("select count(*) from sample where time_ms < ?", ((until_s - 7200) * 1000,)).fetchone()[0] == 0,
             600, "the node does not pack its hours")
        at = free_port()
        with Child(["prometheus", f"--config.file={config}", f"--web.listen-address=127.0.0.1:{at}",
                    f"--storage.tsdb.path={place.folder}/prometheus", "--storage.tsdb.retention.time=10y",
                    "--log.level=warn"], place.folder, "prometheus"):
            other = Asked(f"http://127.0.0.1:{at}")

            def is_up():
                try:
                    other.ask("query", query="1")
                    return True
                except (OSError, RuntimeError, http.client.HTTPException):
                    other.connection.close()
                    return False
            poll(is_up, 60, "Prometheus does not start")
            mine = Asked(node.url, {"Access-Token": node.token})
            # Between samples: whether the begin of a window is in it differs between releases of Prometheus.
            is_same(mine, other, until_s - 8)
            ask_both(figures, mine, other, until_s - 8, options.runs)
