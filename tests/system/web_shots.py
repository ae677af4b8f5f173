#!/usr/bin/env python3
"""Makes the pictures of docs/web.md anew: a node with the rules and trees of the product, and hosts of which one has no time left.

Usage: AOPS_BIN=build/bin python3 tests/system/web_shots.py [FOLDER]
"""
import json
import math
import pathlib
import re
import sys
import threading
import time

from exporter import exporter
from node import node
from rest import rest
from waiting import wait_until
from web import browser, tab

top = pathlib.Path(__file__).resolve().parents[2]
HOSTS = (("web1", "127.0.0.1", "web"), ("web2", "127.0.0.2", "web"), ("db1", "127.0.0.3", "database"), ("db2", "127.0.0.4", "database"))
SECONDS, CALM = 75, 30


def metrics(name, second):
    """What a host says of itself; db1 is busy after a while and fills its disk."""
    busy = name == "db1" and second > CALM
    wave = math.sin(second / 9 + len(name) + ord(name[-1]))
    idle = CALM + 0.02 * (second - CALM) if busy else second * 0.8
    found = {"node_load1": 9 + wave if busy else 0.6 + 0.3 * wave, "node_load5": 9 + wave if busy else 0.5, "node_load15": 0.4,
             "node_memory_MemTotal_bytes": 16e9, "node_memory_MemAvailable_bytes": 9e9 + 1e9 * wave,
             'node_filesystem_size_bytes{device="/dev/vda1",fstype="ext4",mountpoint="/"}': 100e9,
             'node_filesystem_avail_bytes{device="/dev/vda1",fstype="ext4",mountpoint="/"}': 4e9 if busy else 60e9,
             'node_disk_io_time_seconds_total{device="vda"}': second * (0.99 if busy else 0.1),
             'node_network_receive_bytes_total{device="eth0"}': second * 2e6 + 4e5 * wave,
             'node_network_transmit_bytes_total{device="eth0"}': second * 8e5 + 2e5 * wave}
    for core in range(4):
        for mode, value in (("user", (second - idle) * 0.8), ("system", (second - idle) * 0.2), ("idle", idle)):
            found[f'node_cpu_seconds_total{{cpu="{core}",mode="{mode}"}}'] = max(0, value)
    return found


def impatient(text):
    """What is shipped looks a minute back."""
    return re.sub(r'"for": "\d+m"', '"for": "4s"', text.replace("rate(1m)", "rate(10s)"))


def live(exporters, url, tokens, over):
    """A second after the other, until all is shown."""
    second = 0
    while not over.wait(1):
        second += 1
        for name, one in exporters.items():
            one.set(metrics(name, second))
        tell(url, tokens, second)


def logged(name, second):
    """What programs of a host write in a second."""
    lines = [("nginx", "info", f'10.0.0.{20 + second % 9} "GET /shop/item/{second * 37 % 900} HTTP/1.1" 200')] * (1 + second % 3) if name[:3] == "web" else [
        ("mysqld", "info", f"query took {second * 13 % 90} ms")]
    if name == "db1" and second > CALM:
        lines += [("mysqld", "err", f"InnoDB: Error number 28 means 'No space left on device', page {second * 97}"),
                  ("kernel", "warning", "EXT4-fs (vda1): delayed block allocation failed")]
    return [{"date": time.time(), "log": text, "ident": program, "level": level, "path": f"/var/log/{program}.log"} for program, level, text in lines]


def linked(number, name, second):
    """What the processes of a host talk to."""
    address = {host: f"10.9.0.{n}" for n, (host, _, _) in enumerate(HOSTS, 1)}
    link = lambda process, role, client, server, port, count, **more: {
        "role": role, "process_name": process, "client_ip": client, "server_ip": server, "server_port": port, "link_count": count} | more
    mine, figures = address[name], {"rx_bytes": 918_000, "tx_bytes": 41_000, "retran_packets": 0, "rtt": 412}
    if name[:3] == "web":
        slow = figures | {"retran_packets": 90, "rtt": 48_000} if second > CALM else figures
        links = [link("nginx", "server", "203.0.113.7", mine, 443, 12), link("nginx", "client", mine, mine, 9000, 6), link("php-fpm", "server", mine, mine, 9000, 6),
                 link("php-fpm", "client", mine, address["db1"], 3306, 4, **slow), link("php-fpm", "client", mine, "198.51.100.20", 443, 1)]
    else:
        other = address["db2" if name == "db1" else "db1"]
        links = [link("mysqld", "server", address[x], mine, 3306, 4) for x in ("web1", "web2") if name == "db1"]
        links += [link("mysqld", "client" if name == "db2" else "server", *((mine, other) if name == "db2" else (other, mine)), 3306, 1, **figures)]
    return {"machine_id": f"{number:032x}", "hostname": name, "addresses": [mine], "period_ms": 5000, "agent": "aops-agent 0.1", "links": links,
            "processes": [{"process_name": x, "pids": [800 + number], "user": x, "command": x} for x in sorted({y["process_name"] for y in links})]}


def tell(url, tokens, second):
    for number, (name, token) in enumerate(tokens.items(), 1):
        for path, body in (("/logs/ingest", logged(name, second)), ("/topology/ingest", linked(number, name, second)))[:1 if second % 4 else 2]:
            rest(url).send("POST", path, json.dumps(body), {"Authorization": "Bearer " + token, "Content-Type": "application/json"})


def fill(it, exporters):
    for group, what in (("web", "front-end servers"), ("database", "behind them")):
        it.good("/manage/host/group/add", {"host_group_name": group, "description": what})
    rows = [{"host_name": name, "public_ip": address, "exporter_port": exporters[name].port, "host_group_name": group}
            for name, address, group in HOSTS]
    ids = dict(zip((name for name, _, _ in HOSTS), it.good("/manage/host/add", {"host_list": rows})["host_list"]))
    it.good("/check/rule/import", json.loads(impatient((top / "etc/rules/linux.json").read_text(encoding="utf-8"))))
    it.good("/diag/tree/import", json.loads((top / "etc/trees/linux.json").read_text(encoding="utf-8")))
    return ids


def diagnose(it, ids, began):
    task = it.good("/diag/execute", {"host_list": list(ids.values()), "time_range": [began + 5, began + SECONDS - 5],
                                     "tree_list": ["host_slow"], "interval": 5})["task_id"]
    wait_until(lambda: it.good("/diag/task/get", {"task_list": [task], "page": 1, "per_page": 1})["task_infos"][0]["state"] == "done", 60)
    return task, next(x["report_id"] for x in reversed(it.reports(task)) if it.report(x["report_id"])["verdict"] == "true")


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else top / "docs/pictures")
    folder.mkdir(exist_ok=True)
    exporters = {name: exporter(metrics(name, 0), (address,)) for name, address, _ in HOSTS}
    over = threading.Event()
    with node("check.sample_period=1s") as own:
        it = own.admin()
        ids = fill(it, exporters)
        tokens = {name: it.good("/logs/token/create", {"host_id": id, "name": "agent"})["access_token"] for name, id in ids.items()}
        began = int(time.time())
        threading.Thread(target=live, args=(exporters, own.url, tokens, over), daemon=True).start()
        wait_until(lambda: time.time() > began + SECONDS, SECONDS + 5, "there is something to show")
        task, report = diagnose(it, ids, began)
        period = f"{began}-{began + SECONDS}"
        seen = browser()
        t = tab(seen, own.url, viewport={"width": 1100, "height": 700}).log_in()
        for name, path in {"workbench": "/ui/", "host": f"/ui/hosts/{ids['db1']}?range={period}",
                           "rule": f"/ui/rules/edit?name=load_high&host={ids['db1']}&range={period}",
                           "diagnosis": f"/ui/diagnoses/{task}", "report": f"/ui/reports/{report}",
                           "logs": f"/ui/logs?range={period}&q=mysqld%20OR%20nginx",
                           "topology": f"/ui/topology?peers=true&chosen={ids['web1']}%20%E2%86%92%20{ids['db1']}"}.items():
            t.turn(path).quiet()
            t.see({"diagnosis": ".cell.v-true", "host": ".u-wrap canvas", "rule": ".u-wrap canvas", "logs": ".line", "topology": ".detail h2"}.get(name, "h1"))
            t.quiet()
            t.ask("shot", file=str(folder / f"{name}.png"), full=False)
        seen.close()
        over.set()
    for one in exporters.values():
        one.close()


if __name__ == "__main__":
    main()
