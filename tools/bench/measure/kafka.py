"""Requests by Kafka: how fast they are durably accepted beside a bare consumer, how soon the first report comes, how fast events go.

The bare consumer is kcat, which is librdkafka and a loop.
"""
import json
import os
import subprocess
import sys
import time

from measure.figures import quantile
from measure.process import TICKS, poll

TOPIC, REPORTS = "DIAGNOSE_EXECUTE_REQ", "DIAGNOSE_REPORT"
LATENCIES = 200
RUN_TASKS = 5000


def helpers(place):
    os.environ["AOPS_BIN"] = place.programs
    sys.path.insert(0, os.path.join(place.top, "tests/system"))
    import cluster  # Here, not above: these modules need to be found first.
    import exporter
    import brokers
    import node
    import rest
    return cluster, exporter, brokers, node, rest


def prepare(api, page, rest):
    api.add_group()
    api.good("/check/rule/import", {"check_items": [rest.rule("hot", "temperature", "$0 > 50")]})
    api.good("/diag/tree/import", {"trees": [rest.tree("slow", "cpu", {"cpu": "hot"})]})
    (host,) = api.add_hosts(("h1", "127.0.0.1", page.port))
    poll(lambda: api.results(host), 60, "no anomaly")
    return host


def request(host):
    now = int(time.time())
    return json.dumps({"username": "admin", "host_list": [host], "time_range": [now - 5, now], "fault_tree": ["slow"]}).encode()


def status(api):
    return api.good("/kafka/status", method="GET")


def accepted(api):
    return sum(x["accepted"] for x in status(api)["topics"])


def rss_mb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmRSS"))


def cpu_us(pid):
    """User and system time so far."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return 1e6 * (int(fields[11]) + int(fields[12])) / TICKS


def accept(figures, name, brokers, it, api, page, rest, count, goal):
    """A burst of `count` messages: until all are stored, and the same by a consumer that only reads."""
    host = prepare(api, page, rest)
    message = request(host)
    before, spent = accepted(api), cpu_us(it.process.pid)
    began = time.monotonic()
    brokers.kcat("-P", "-t", TOPIC, stdin=(message + b"\n") * count, timeout=600)
    poll(lambda: accepted(api) > before, 120, "nothing is accepted")
    first, at, memory = accepted(api), time.monotonic(), rss_mb(it.process.pid)
    poll(lambda: accepted(api) >= before + count, 1200, "not all are accepted")
    ended = time.monotonic()
    spent = cpu_us(it.process.pid) - spent
    rate = (before + count - first) / (ended - at)
    figures.add(f"{name}: requests durably accepted", rate, "1/s", goal)
    figures.add(f"{name}: processor time of the node for each", spent / count, "us")
    figures.add(f"{name}: burst of {count} until its lag is 0, from its first message", ended - began, "s")
    figures.add(f"{name}: memory gained meanwhile", rss_mb(it.process.pid) - memory, "MB")
    at = time.monotonic()
    subprocess.run(["kcat", "-q", "-b", brokers.bootstrap, "-C", "-t", TOPIC, "-o", "beginning", "-c", str(count)], check=True,
                   stdout=subprocess.DEVNULL, timeout=600)
    bare = count / (time.monotonic() - at)
    figures.add(f"{name}: a consumer that only reads", bare, "1/s")
    figures.add(f"{name}: ratio", rate / bare, "", ">= 0.5")


def latency(figures, brokers, host):
    """From produce to the first report, one after the other, by programs that are there already."""
    brokers.kcat("-P", "-t", TOPIC, stdin=request(host) + b"\n")
    brokers.read(REPORTS, 1)
    writer = brokers.writer(TOPIC)
    reader = subprocess.Popen(["kcat", "-q", "-u", "-b", brokers.bootstrap, "-C", "-t", REPORTS, "-o", "beginning"],
                              stdout=subprocess.PIPE)
    reader.stdout.readline()
    took = []
    for _ in range(LATENCIES):
        at = time.monotonic()
        writer.stdin.write(request(host) + b"\n")
        writer.stdin.flush()
        reader.stdout.readline()
        took.append(1000 * (time.monotonic() - at))
    for process in (writer, reader):
        process.kill()
        process.wait()
    figures.add("from produce to the first report, p50", quantile(took, 0.5), "ms")
    figures.add("from produce to the first report, p99", quantile(took, 0.99), "ms")


def publish(figures, brokers, api, host):
    """Tasks that run, and each of their events."""
    before = status(api)["published"]
    began = time.monotonic()
    brokers.kcat("-P", "-t", TOPIC, stdin=(request(host) + b"\n") * RUN_TASKS, timeout=300)
    poll(lambda: (x := status(api))["published"] >= before + 2 * RUN_TASKS and x["waiting"] == 0 and x["open_jobs"] == 0, 1200,
         "not all is published")
    took = time.monotonic() - began
    figures.add(f"{RUN_TASKS} tasks asked for, run, and reported", RUN_TASKS / took, "tasks/s")
    figures.add("events published meanwhile", (status(api)["published"] - before) / took, "1/s")


def measure(figures, place, chosen):
    cluster, exporter, kafka, node, rest = helpers(place)
    still = ("kafka.enabled=true", "kafka.max_open_jobs=100000000", "jobs.max_running=1", "check.sample_period=1s")
    with kafka.kafka() as brokers, exporter.exporter({"temperature": 90}) as page:
        with node.node(*still, f"kafka.brokers={brokers.bootstrap}") as it:
            accept(figures, "SQLite", brokers, it, it.admin(), page, rest, chosen.messages, ">= 20000")
    with kafka.kafka() as brokers, exporter.exporter({"temperature": 90}) as page:
        with cluster.cluster(1, settings=still + (f"kafka.brokers={brokers.bootstrap}",)) as nodes:
            accept(figures, "MariaDB", brokers, nodes.members[0], nodes.api(), page, rest, chosen.messages, None)
    with kafka.kafka() as brokers, exporter.exporter({"temperature": 90}) as page:
        with node.node("check.sample_period=1s", *brokers.settings()) as it:
            api = it.admin()
            host = prepare(api, page, rest)
            latency(figures, brokers, host)
            publish(figures, brokers, api, host)
