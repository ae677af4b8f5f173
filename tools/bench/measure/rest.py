"""Replies under load: the mix of requests over TLS on a million stored results, while the fleet is watched."""
import contextlib
import os
import random
import sqlite3
import subprocess
import sys
import time
import urllib.parse

from measure import load
from measure.fleet import ensure_fleet_data, warm
from measure.node import Fleet, Node

SPREAD_S = 7 * 86400
PACED_CONNECTIONS, PACED_PAUSE_MS = 64, 60  # A little over 1000 requests a second.
SOAK_LOOK_S = 5
# The windows of the fleet's rules fill for an hour, which would hide whether requests leave anything behind.
FLEET_RESTS = ("check.sample_period=1h",)
SMALL_CACHE = ("store.cache=1MiB",)  # And a quarter for each that reads.
SLOW_CLIENTS = 100, 1000  # That dribble, that send rubbish.


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


def first_host(node):
    first = node.ask("/manage/host/get", {"host_group_list": [], "page": 1, "per_page": 1})["host_infos"][0]
    return first["host_id"]


def paced(node, task, seconds, mix):
    return load.run_wrk(node, task, PACED_CONNECTIONS, seconds, PACED_PAUSE_MS, mix)


def measure_reading(figures, node, task, options):
    """The mix of the budget: nobody changes anything."""
    load.run_wrk(node, task, 8, 2)
    for _ in range(max(1, options.runs)):
        free = load.run_wrk(node, task, 8, options.seconds)
        figures.add("rest: 8 connections, requests", free["requests"] / free["seconds"], "1/s")
        figures.add("rest: 8 connections, p50", free["p50_us"] / 1000, "ms")
        figures.add("rest: 8 connections, p99", free["p99_us"] / 1000, "ms")
        slow = paced(node, task, options.seconds, "read")
        figures.add("rest: paced, requests", slow["requests"] / slow["seconds"], "1/s")
        figures.add("rest: paced, p50", slow["p50_us"] / 1000, "ms")
        figures.add("rest: paced, p99", slow["p99_us"] / 1000, "ms", "<= 20")
        figures.add("rest: failed requests", free["errors"] + slow["errors"], "in a run", "<= 0")


def measure_work(figures, node, task, options, store):
    """People at work: some requests change something, each with its record in the log."""
    name = f"rest on {store}, work: "
    load.run_wrk(node, task, 8, 2, mix="work")
    for _ in range(max(1, options.runs)):
        nothing = load.run_wrk(node, task, 8, min(5, options.seconds), mix="nothing")
        free = load.run_wrk(node, task, 8, options.seconds, mix="work")
        figures.add(name + "most requests", free["requests"] / free["seconds"], "1/s")
        figures.add(name + "most requests / those that do nothing",
                    (free["requests"] / free["seconds"]) / (nothing["requests"] / nothing["seconds"]), "ratio")
        slow = paced(node, task, options.seconds, "work")
        figures.add(name + "paced, requests", slow["requests"] / slow["seconds"], "1/s")
        figures.add(name + "paced, p50", slow["p50_us"] / 1000, "ms")
        figures.add(name + "paced, p99", slow["p99_us"] / 1000, "ms", "<= 20" if store == "SQLite" else None)
        figures.add(name + "failed requests", free["errors"] + slow["errors"], "in a run", "<= 0")


@contextlib.contextmanager
def slow_clients(place, node):
    """So many clients that dribble, and so many that send rubbish."""
    where = urllib.parse.urlsplit(node.url)
    with subprocess.Popen([sys.executable, os.path.join(place.top, "tests/system/slow_clients.py"), where.hostname,
                           str(where.port), *map(str, SLOW_CLIENTS), *(["tls"] if where.scheme == "https" else [])],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as crowd:
        try:
            if crowd.stdout.readline() != b"open\n":
                raise RuntimeError("the slow clients did not come in")
            yield
        finally:
            crowd.kill()


def measure_beside_slow_clients(figures, place, node, task, options):
    """Few requests, one after the other, while those others are there."""
    for _ in range(max(1, options.runs)):
        with slow_clients(place, node):
            asked = load.run_wrk(node, task, 4, min(10, options.seconds), 20)
        name = "rest beside {} clients that dribble and {} that send rubbish: ".format(*SLOW_CLIENTS)
        figures.add(name + "p50", asked["p50_us"] / 1000, "ms")
        figures.add(name + "p99", asked["p99_us"] / 1000, "ms", "<= 50")
        figures.add(name + "failed requests", asked["errors"], "in a run", "<= 0")


def slope(points):
    """Of a straight line through (x, y)s, by least squares."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / max(sum((x - mean_x) ** 2 for x, _ in points), 1e-9)


def soak(figures, place, fleet, task, options, store, settings=()):
    """The paced work for long, on a node whose fleet rests; whether memory grows, the first third left out.

    The page cache of the embedded store would fill for half an hour, up to its bound, and what it takes from the heap bit by bit
    would hide whether anything else grows: its bound is so low here that it is full in the first third.
    """
    with Node(place, fleet.port, tls=True, settings=(*settings, *FLEET_RESTS, *SMALL_CACHE)) as node:
        node.log_in()
        soak_one(figures, node, task, options, f"rest on {store}, soak: ")


def soak_one(figures, node, task, options, name):
    seen = []
    running = subprocess.Popen(load.command(node, PACED_CONNECTIONS, options.soak),
                               env=load.environment(node, task, PACED_PAUSE_MS, "work"), stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    began = time.monotonic()
    while running.poll() is None:
        cache = node.metrics().get("aops_sqlite_memory_bytes", 0) / 1e6
        seen.append((time.monotonic() - began, node.rss_mb(), cache))
        time.sleep(SOAK_LOOK_S)
    did = load.answer_of(running.communicate()[0])
    late = [x for x in seen if x[0] >= options.soak / 3]
    figures.add(name + "requests", did["requests"] / did["seconds"], "1/s")
    figures.add(name + "p99", did["p99_us"] / 1000, "ms")
    figures.add(name + "failed requests", did["errors"], "in a run", "<= 0")
    figures.add(name + "resident memory at the end", seen[-1][1], "MB")
    grows = slope([(at, rss - cache) for at, rss, cache in late]) * 3600
    figures.add(name + "page cache of the embedded store at the end", seen[-1][2], "MB")
    figures.add(name + "resident memory but for that grows by", grows, "MB/h", "<= 20" if options.soak >= 600 else None)


@contextlib.contextmanager
def moved_to_mariadb(place):
    """The same store on a MariaDB of its own, beside everything else on this machine; the settings of a node on it."""
    sys.path.insert(0, os.path.join(place.top, "tests/system"))
    from mariadb import mariadb  # pylint: disable=import-outside-toplevel
    # The results have to fit: else its disk is measured.
    with mariadb("--innodb-buffer-pool-size=1G") as server:
        server.let_nodes_in("bench")
        settings = server.settings("bench")
        words = [word for x in settings for word in ("--set", x)]
        subprocess.run([place.program("aops-node"), "migrate", "--from", place.data_dir, *words], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=True, timeout=1800)
        yield settings


def measure(figures, place, options):
    ensure_fleet_data(figures, place, options)
    store_results(place, options.results)
    with Fleet(place, options.hosts) as fleet:
        with Node(place, fleet.port, tls=True) as node:
            began = time.monotonic()
            node.log_in()
            figures.add("rest: log-in", 1000 * (time.monotonic() - began), "ms")
            task = start_task(node, place, [first_host(node)])
            figures.add("rest: stored results", load.check_mix(node, task), "rows")
            warm(node, fleet.hosts, 1)
            measure_reading(figures, node, task, options)
            figures.add("rest: resident memory", node.rss_mb(), "MB")
            measure_beside_slow_clients(figures, place, node, task, options)
            measure_work(figures, node, task, options, "SQLite")
        if options.soak:
            soak(figures, place, fleet, task, options, "SQLite")
        with moved_to_mariadb(place) as settings:
            with Node(place, fleet.port, tls=True, settings=settings) as node:
                node.log_in()
                warm(node, fleet.hosts, 1)
                measure_work(figures, node, task, options, "MariaDB")
            if options.soak:
                soak(figures, place, fleet, task, options, "MariaDB", settings)
