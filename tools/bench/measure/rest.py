"""Replies under load: the mix of requests over TLS on a million stored results, while the fleet is watched."""
import os
import random
import sqlite3
import time

from measure import load
from measure.fleet import ensure_fleet_data, warm
from measure.node import Fleet, Node

SECONDS = 10
SPREAD_S = 7 * 86400
PACED_CONNECTIONS, PACED_PAUSE_MS = 64, 60  # A little over 1000 requests a second.


def store_results(place, rows):
    """Rows as rounds leave them, over a week, and the counters that move with them. The node must be stopped."""
    path = next(os.path.join(place.data_dir, name) for name in sorted(os.listdir(place.data_dir)) if name.endswith(".db"))
    db = sqlite3.connect(path)
    try:
        db.execute("pragma cache_size = -200000")
        hosts = [n for (n,) in db.execute("select n from host where owner = 'admin'")]
        rules = list(db.execute("select check_item, content from check_rule where owner = 'admin'"))
        randomly, begin = random.Random(1), int(time.time() * 1000) - SPREAD_S * 1000

        def made():
            for k in range(rows):
                item, rule = randomly.choice(rules)
                start = begin + k * SPREAD_S * 1000 // rows
                is_abnormal = randomly.random() < 0.75
                yield ("admin", randomly.choice(hosts), item, 0, 1 if is_abnormal else 2, start,
                       start + randomly.randrange(60_000), "Abnormal" if is_abnormal else "No data", rule)
        with db:
            db.executemany("insert or ignore into check_result (owner, host, check_item, origin, mark, start_ms, end_ms, "
                           "value, rule) values (?, ?, ?, ?, ?, ?, ?, ?, ?)", made())
            db.execute("delete from result_count")
            db.execute("insert into result_count (owner, host, value, total) "
                       "select owner, host, value, count(*) from check_result group by owner, host, value")
        db.execute("pragma wal_checkpoint(truncate)")
    finally:
        db.close()


def start_task(node, place, host_ids, slices=10):
    """A small diagnosis; its id."""
    node.ask("/diag/tree/import", place.trees())
    end = int(time.time()) - 60
    started = node.ask("/diag/execute", {"host_list": host_ids, "time_range": [end - 60 * slices, end],
                                         "tree_list": ["bench"], "interval": 60})
    return started["task_id"]


def measure(figures, place, options):
    ensure_fleet_data(figures, place, options)
    store_results(place, options.results)
    with Fleet(place, options.hosts) as fleet, Node(place, fleet.port, tls=True) as node:
        began = time.monotonic()
        node.log_in()
        figures.add("rest: log-in", 1000 * (time.monotonic() - began), "ms")
        first = node.ask("/manage/host/get", {"host_group_list": [], "page": 1, "per_page": 1})["host_infos"][0]
        task = start_task(node, place, [first["host_id"]])
        figures.add("rest: stored results", load.check_mix(node, task), "rows")
        warm(node, fleet.hosts, 1)
        load.run_wrk(node, task, 8, 2)
        for _ in range(max(1, options.runs)):
            free = load.run_wrk(node, task, 8, SECONDS)
            figures.add("rest: 8 connections, requests", free["requests"] / free["seconds"], "1/s")
            figures.add("rest: 8 connections, p50", free["p50_us"] / 1000, "ms")
            figures.add("rest: 8 connections, p99", free["p99_us"] / 1000, "ms")
            paced = load.run_wrk(node, task, PACED_CONNECTIONS, SECONDS, PACED_PAUSE_MS)
            figures.add("rest: paced, requests", paced["requests"] / paced["seconds"], "1/s")
            figures.add("rest: paced, p50", paced["p50_us"] / 1000, "ms")
            figures.add("rest: paced, p99", paced["p99_us"] / 1000, "ms", "<= 20")
            figures.add("rest: failed requests", free["errors"] + paced["errors"], "in a run", "<= 0")
        figures.add("rest: resident memory", node.rss_mb(), "MB")
