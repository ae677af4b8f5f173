"""Lateness when an owner imports any legal rules: 100 random ones, with windows up to a week, on 100 hosts."""
import json
import subprocess
import time

from measure.fleet import cpu_share, grown_late, observe, warm
from measure.node import Fleet, Node

PERIOD_S = 1
HOSTS = 100
RULES = 100
SERIES = ("node_load1", "node_load5", "node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes")


def rules_of(place, seed):
    out = subprocess.run([place.program("aops-random-rules"), str(seed), str(RULES), *SERIES], check=True,
                         capture_output=True, text=True)
    return json.loads(out.stdout)


def measure(figures, place, options):
    """p99 of lateness below a period, for each of several sets of rules: while they are imported, and then."""
    settings = (f"check.sample_period={PERIOD_S}s", "scrape.timeout=1s")
    with Fleet(place, HOSTS) as fleet, Node(place, fleet.port, settings=settings) as node:
        node.log_in()
        ids = node.add_hosts(fleet.addresses)
        warm(node, len(ids), 120)  # Two minutes of history to read at each import.
        for seed in range(options.runs):
            body = rules_of(place, seed)
            before = node.metrics()
            began = time.monotonic()
            reply = node.ask("/check/rule/import", body)
            assert not reply["fail_list"], reply["fail_reasons"]
            figures.add("random rules: import answered", 1000 * (time.monotonic() - began), "ms")
            seen = observe(node, options.window)
            figures.add("random rules: lateness p99 from the import on", 1000 * grown_late(before, node.metrics()), "ms",
                        f"<= {1000 * PERIOD_S}")
            figures.add("random rules: CPU share", cpu_share(seen["cpu_s"], seen["wall_s"], 1), "% of one core")
            figures.add("random rules: rules judged", seen["evaluations"] / seen["wall_s"], "1/s")
            figures.add("random rules: rounds skipped", seen["skipped"], "in the window", "<= 0")
            figures.add("random rules: memory per host", seen["rss_mb"] / HOSTS, "MB")
