"""The web pages in Chromium, at a node that watches a fleet and has many results: bytes, seconds, memory, processor time; and a
week of a series, drawn.
"""
import json
import os
import pathlib
import shutil
import sqlite3
import sys
import time
import urllib.parse
import urllib.request

from measure.node import PASSWORD, Fleet, Node

SETTINGS = ("check.sample_period=15s",)
SERIES = 60
RESULTS, RESULTS_AT_ONCE = 100_000, 5000
WEEK_S, STEP_S = 7 * 86_400 - 600, 15
TABS = 3
BESIDE = 8
LOADS = 5
RULE = {"check_item": "always", "data_list": [{"name": "sim_metric_1"}], "condition": "$0 > -1e300", "severity": "info", "description": ""}


def harness(place):
    """The browser of the system tests."""
    os.environ["AOPS_BIN"] = str(pathlib.Path(place.programs).resolve())
    sys.path.insert(0, os.path.join(place.top, "tests/system"))
    import web  # pylint: disable=import-outside-toplevel
    return web


def save_results(node, ids):
    """Anomalies of the last day, spread over the hosts."""
    now = int(time.time())
    for first in range(0, RESULTS, RESULTS_AT_ONCE):
        rows = [{"host_id": ids[k % len(ids)], "data_list": ["sim_metric_1"], "start": now - 86_400 + k * 0.8, "end": now - 86_390 + k * 0.8,
                 "check_item": f"rule-{k % 20}", "condition": "$0 > 1", "value": "Abnormal"}
                for k in range(first, first + RESULTS_AT_ONCE)]
        node.ask("/data/check/result/save", {"check_results": rows})


def load_bytes(node, names, coding):
    """How long the pieces of the first load are in a coding."""
    total = 0
    for name in names:
        link = node.connect(10)
        link.request("GET", urllib.parse.urlsplit(name).path, headers={"Accept-Encoding": coding})
        total += len(link.getresponse().read())
        link.close()
    return total


def open_tab(web, seen, node):
    return web.tab(seen, node.url).log_in("admin", PASSWORD).see("text=Firing alerts")


def cpu_percent(node, seconds):
    before = node.cpu_s()
    time.sleep(seconds)
    return 100 * (node.cpu_s() - before) / seconds


def first_load(figures, web, seen, node):
    for _ in range(LOADS):
        began = time.monotonic()
        t = web.tab(seen, node.url, fresh=True).go("/").see("button[type=submit]")
        figures.add("ui: log-in can be used after", time.monotonic() - began, "s")
        t.fill("input[autocomplete=username]", "admin").fill("input[type=password]", PASSWORD)
        began = time.monotonic()
        t.click("button[type=submit]").see("text=Firing alerts")
        figures.add("ui: workbench after logging in", time.monotonic() - began, "s")
        names = t.run("performance.getEntriesByType('resource').map((r) => r.name).filter((x) => x.includes('/ui/assets/'))")
        figures.add("ui: read until the workbench is seen, answers included", t.ask("read") / 1000, "kB")
        t.close()
    for coding, goal in (("br", "<= 350"), ("gzip", None)):
        figures.add(f"ui: first load, {coding}", load_bytes(node, names, coding) / 1000, "kB", goal)


def lists(figures, t, hosts):
    for name, path, there in ((f"hosts, of {hosts}", "/ui/hosts", "td"), (f"results, of {RESULTS}", "/ui/results?range=7d", "td"),
                              ("results, page 2000", "/ui/results?range=7d&page=2000&per_page=50", "td"),
                              ("results of a rule by end", "/ui/results?range=7d&item=rule-7&sort=end", "td")):
        t.turn("/ui/account").quiet()
        began = time.monotonic()
        t.turn(path).see(f"main {there}")
        t.quiet()
        figures.add(f"ui: {name}", time.monotonic() - began, "s")


def stay_open(figures, tabs, node, seconds, alone):
    """Memory of a tab that follows what happens, and what each costs the node."""
    heap, before, began = [], node.cpu_s(), time.monotonic()
    while time.monotonic() - began < seconds:
        time.sleep(min(30, seconds / 12))
        heap.append(tabs[0].ask("heap"))
    busy = 100 * (node.cpu_s() - before) / (time.monotonic() - began)
    part = max(1, len(heap) // 3)
    megabytes = [x["bytes"] / 1e6 for x in heap]
    figures.add("ui: memory of a tab, first third", min(megabytes[:part]), "MB")
    figures.add("ui: memory of a tab, last third", min(megabytes[-part:]), "MB")
    figures.add("ui: elements of a tab, last / first", heap[-1]["elements"] / heap[0]["elements"], "ratio")
    figures.add("ui: node without tabs", alone, "% of a core")
    figures.add("ui: node, each open workbench", (busy - alone) / len(tabs), "% of a core")


def has_samples(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?query=sim_metric_1", timeout=10) as reply:
        return len(json.load(reply)["data"]["result"]) == BESIDE


def beside(figures, web, seen, fleet):
    """The pages of a Prometheus that watches some of the same hosts: an empty graph, and an hour of a series of each."""
    from prometheus import prometheus  # pylint: disable=import-outside-toplevel
    from waiting import wait_until  # pylint: disable=import-outside-toplevel
    if not shutil.which("prometheus"):
        print("ui: there is no prometheus to stand beside", file=sys.stderr)
        return
    targets = [f"{x}:{fleet.port}" for x in fleet.addresses[:BESIDE]]
    with prometheus(targets=targets) as other:
        url = f"http://127.0.0.1:{other.port}"
        wait_until(lambda: has_samples(other.port), 60, "Prometheus has samples")
        for _ in range(LOADS):
            t = web.tab(seen, url, fresh=True)
            began = time.monotonic()
            t.go("/classic/graph").see("input.execute_btn")
            figures.add("ui: Prometheus' graph page can be used after", time.monotonic() - began, "s")
            figures.add("ui: Prometheus' graph page, read", t.ask("read") / 1000, "kB")
            began = time.monotonic()
            t.go("/classic/graph?g0.range_input=1h&g0.tab=0&g0.expr=sim_metric_1")
            t.call("waitFor", {"state": "attached", "timeout": 60_000}, on=".graph svg path >> nth=0")
            figures.add(f"ui: Prometheus' graph of {BESIDE} hosts", time.monotonic() - began, "s")
            t.close()


def chart(figures, web, seen, node, hosts):
    """The same on the board: an hour of a series of each of these hosts."""
    for _ in range(LOADS):
        t = web.tab(seen, node.url).log_in("admin", PASSWORD, "/ui/account")
        t.quiet()
        began = time.monotonic()
        t.turn("/ui/board?" + "&".join(f"host={x}" for x in hosts) + "&series=sim_metric_1&range=1h").see("main .u-wrap canvas", 60)
        figures.add(f"ui: board of {len(hosts)} hosts", time.monotonic() - began, "s")
        t.close()


def fill_week(place):
    """Rounds of a host every 15 s for a week: what it measured last, again and again."""
    with sqlite3.connect(pathlib.Path(place.data_dir) / "aops.db") as db:
        host, count = db.execute("select host, count(*) from sample group by host order by 2 desc").fetchone()
        bodies = [x[0] for x in db.execute("select body from sample where host = ? order by time_ms desc limit ?", (host, count))]
        first = db.execute("select min(time_ms) from sample where host = ?", (host,)).fetchone()[0]
        times = range(first - WEEK_S * 1000, first - 1000, STEP_S * 1000)
        rows = ((host, at, len(bodies[k % count]), bodies[k % count]) for k, at in enumerate(times))
        db.executemany("insert into sample (host, time_ms, bytes, body) values (?, ?, ?, ?)", rows)
        return db.execute("select id from host where n = ?", (host,)).fetchone()[0], len(times)


def week(figures, web, seen, node, host):
    for _ in range(LOADS):
        t = web.tab(seen, node.url).log_in("admin", PASSWORD, "/ui/account")
        t.quiet()
        t.turn(f"/ui/board?host={host}&series=sim_metric_1&range=7d&bands=false&runs=false").see("main .u-wrap canvas", 60)
        asked, answered, drawn = t.run("""(() => {
          const r = performance.getEntriesByType('resource').filter((x) => x.name.includes('/check/series/data/get')).at(-1)
          const p = performance.getEntriesByName('aops-drawn').at(-1)
          return [r.startTime, r.responseEnd, p?.startTime ?? performance.now()]
        })()""")
        figures.add("ui: a week of a series at 15 s, answered", (answered - asked) / 1000, "s")
        figures.add("ui: a week of a series at 15 s, drawn", drawn - answered, "ms", "<= 300")
        t.close()


def measure(figures, place, options):
    web = harness(place)
    seen = web.browser()
    try:
        with Fleet(place, options.hosts, SERIES) as fleet:
            with Node(place, fleet.port, settings=SETTINGS) as node:
                node.log_in()
                ids = node.add_hosts(fleet.addresses)
                node.ask("/check/rule/import", {"check_items": [RULE]})
                save_results(node, ids)
                alone = cpu_percent(node, options.window)
                first_load(figures, web, seen, node)
                tabs = [open_tab(web, seen, node) for _ in range(TABS)]
                lists(figures, tabs[0], options.hosts)
                tabs[0].turn("/ui/").see("text=Firing alerts")
                stay_open(figures, tabs, node, options.soak or options.window, alone)
                for t in tabs:
                    t.close()
                chart(figures, web, seen, node, ids[:BESIDE])
            beside(figures, web, seen, fleet)
            host, rounds = fill_week(place)
            print(f"ui: {rounds} rounds of {host}", file=sys.stderr)
            with Node(place, fleet.port, settings=SETTINGS) as node:
                node.log_in()
                week(figures, web, seen, node, host)
    finally:
        seen.close()
