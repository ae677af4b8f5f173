"""The same lines in a node's own store and in an OpenSearch, one after the other in the same run.

OpenSearch (2.18, one node, no replica, 2 GiB of heap) gets them by `_bulk`, as a collector sends them there: the line as text, the
rest as keywords, numbers and a date, and nothing else in its index. Requests carry as many lines, over as many connections, as those to the node. Its
disk is what it says of its index after a flush, before anything was merged by hand.
"""
import concurrent.futures
import datetime
import http.client
import json
import os
import random
import sys
import time
import urllib.parse

from measure.figures import quantile
from measure.logs import SEARCHES, SENDERS, WORDS, disk_bytes, filled, searched_s, senders, source
from measure.node import Node
from measure.process import cpu_s, rss_mb

MAPPING = {"settings": {"number_of_shards": 1, "number_of_replicas": 0},
           "mappings": {"properties": {"@timestamp": {"type": "date"}, "message": {"type": "text"}, "host": {"type": "keyword"},
                                       "program": {"type": "keyword"}, "path": {"type": "keyword"}, "offset": {"type": "long"}}}}
HOSTS, HEAP = 100, "2g"


class bulk:
    """A connection for each of some threads, as `senders` of the node."""

    def __init__(self, url):
        self.at = urllib.parse.urlsplit(url)
        self.pool = concurrent.futures.ThreadPoolExecutor(SENDERS)

    def send(self, jobs):
        for _ in self.pool.map(self._send_some, [jobs[k::SENDERS] for k in range(SENDERS)]):
            pass

    def _send_some(self, jobs):
        connection = http.client.HTTPConnection(self.at.hostname, self.at.port, timeout=120)
        for host, lines in jobs:
            text = "".join('{"create":{}}\n' + json.dumps(self.document(host, x)) + "\n" for x in lines)
            connection.request("POST", "/lines/_bulk", text, {"Content-Type": "application/x-ndjson"})
            answer = connection.getresponse()
            reply = answer.read()
            if answer.status != 200 or b'"errors":false' not in reply[:200]:
                raise RuntimeError(f"_bulk: {answer.status} {reply[:300]}")
        connection.close()

    @staticmethod
    def document(host, x):
        at = datetime.datetime.fromtimestamp(x["date"], datetime.timezone.utc).isoformat(timespec="milliseconds")
        return {"@timestamp": at, "message": x["log"], "host": host, "program": x["ident"], "path": x["path"], "offset": x["offset"]}


def searched_there(engine):
    """Seconds of each search: the newest hundred lines with a word, as the node is asked for them."""
    some, took = random.Random(5), []
    for _ in range(SEARCHES):
        query = {"size": 100, "query": {"match": {"message": some.choice(WORDS)}}, "sort": [{"@timestamp": "desc"}]}
        began = time.monotonic()
        engine.ask("POST", "/lines/_search", query)
        took.append(time.monotonic() - began)
    return took


def of_node(place, count):
    with Node(place, 1, settings=("logs.max_bytes=100GB", "logs.keep=30d", "check.sample_period=1h", "scrape.connect_timeout=100ms")) as node:
        node.log_in()
        ids = node.add_hosts([f"127.2.{k // 250}.{k % 250 + 1}" for k in range(HOSTS)])
        tokens = {host: node.ask("/logs/token/create", {"host_id": host, "name": "bench"})["access_token"] for host in ids}
        sources, cpu = [source(k) for k in range(HOSTS)], node.cpu_s()
        sent, rate = filled(senders(node, tokens), sources, ids, count)
        cpu, text = node.cpu_s() - cpu, sum(x.text_bytes for x in sources)
        took = searched_s(node)
        return {"lines": sent, "rate": rate, "cpu_us": 1e6 * cpu / sent, "disk": disk_bytes(place) / text,
                "p50": quantile(took, 0.5), "p99": quantile(took, 0.99), "rss": node.rss_mb()}


def of_opensearch(place, count):
    sys.path.insert(0, os.path.join(place.top, "tests/system"))
    os.environ |= {"OPENSEARCH_HEAP": HEAP, "OPENSEARCH_JAVA": "-XX:+UseG1GC"}  # As it is run, not as tests start it.
    from opensearch import opensearch
    engine = opensearch()
    try:
        engine.ask("PUT", "/lines", MAPPING)
        sources, pid = [source(k) for k in range(HOSTS)], engine.process.pid
        cpu = cpu_s(pid)
        sent, rate = filled(bulk(engine.url), sources, [f"host-{k}" for k in range(HOSTS)], count)
        engine.ask("POST", "/lines/_flush")
        engine.ask("POST", "/lines/_refresh")
        cpu, text = cpu_s(pid) - cpu, sum(x.text_bytes for x in sources)
        stored = engine.ask("GET", "/lines/_stats/store,docs")["_all"]["primaries"]
        if stored["docs"]["count"] != sent:
            raise RuntimeError(f"OpenSearch has {stored['docs']['count']} of {sent} lines")
        took = searched_there(engine)
        return {"lines": sent, "rate": rate, "cpu_us": 1e6 * cpu / sent, "disk": stored["store"]["size_in_bytes"] / text,
                "p50": quantile(took, 0.5), "p99": quantile(took, 0.99), "rss": rss_mb(pid)}
    finally:
        engine.close()


def measure(figures, place, chosen):
    both = {"node": of_node(place, chosen.lines), "OpenSearch": of_opensearch(place, chosen.lines)}
    rows = (("rate", "taken", "lines/s", 1), ("cpu_us", "CPU of a line", "us", 1), ("disk", "disk of the text", "of it", 1),
            ("p50", "a word, p50", "ms", 1000), ("p99", "a word, p99", "ms", 1000), ("rss", "memory", "MB", 1))
    name = f"logs, {both['node']['lines']:,} lines: "
    for key, what, unit, scale in rows:
        for who, seen in both.items():
            figures.add(f"{name}{what}, {who}", scale * seen[key], unit)
        figures.add(f"{name}{what}, node / OpenSearch", both["node"][key] / both["OpenSearch"][key], "ratio")
