"""Three hundred usual rules over a simulated fleet at 15 s: a node, and the same rules as alerts of Debian's Prometheus."""
import json
import os

from measure.fleet import cpu_share, observe, observe_prometheus, warm
from measure.node import Fleet, Node

RULES = 300
# (condition, query): `m` is the series, `t` a threshold that is never met.
OF_GAUGES = [("$0>{t}", "{m} > {t}"), ("avg(5m)>{t}", "avg_over_time({m}[5m]) > {t}"), ("max(10m)>{t}", "max_over_time({m}[10m]) > {t}"),
             ("min(15m)>{t}", "min_over_time({m}[15m]) > {t}"),
             ("max(10m)-min(10m)>{t}", "max_over_time({m}[10m]) - min_over_time({m}[10m]) > {t}"),
             ("avg(5m)-min(1h)>{t}", "avg_over_time({m}[5m]) - min_over_time({m}[1h]) > {t}")]
OF_COUNTERS = [("rate(1m)>{t}", "rate({m}[1m]) > {t}"), ("rate(5m)>{t}", "rate({m}[5m]) > {t}"), ("rate(1h)>{t}", "rate({m}[1h]) > {t}")]
GAUGES = ["node_load1", "node_load5", "node_load15", "node_procs_running", "node_procs_blocked", "node_memory_MemAvailable_bytes"]
GAUGES += [f"sim_metric_{k}" for k in range(40)]
COUNTERS = ["node_context_switches_total", "node_intr_total", "node_network_receive_bytes_total", "node_network_transmit_bytes_total",
            "node_disk_read_bytes_total", "node_disk_written_bytes_total", "node_disk_io_time_seconds_total", "node_time_seconds"]
LABELS = {"node_network": {"device": "eth0"}, "node_disk": {"device": "sda"}}
NEVER = 10 ** 15


def rules():
    """(name, series, its labels, condition, query) of each."""
    pairs = [(name, form) for name in GAUGES for form in OF_GAUGES] + [(name, form) for name in COUNTERS for form in OF_COUNTERS]
    assert len(pairs) == RULES
    for number, (name, (condition, query)) in enumerate(pairs):
        labels = next((x for begin, x in LABELS.items() if name.startswith(begin)), {})
        series = name + ("{" + ",".join(f'{k}="{v}"' for k, v in labels.items()) + "}" if labels else "")
        yield f"rule_{number}", name, labels, condition.format(t=NEVER), query.format(m=series, t=NEVER)


def as_items():
    items = []
    for name, series, labels, condition, _ in rules():
        wanted = {"name": series, "type": "kpi"} | ({"label": labels} if labels else {})
        items.append({"check_item": name, "data_list": [wanted], "condition": condition, "description": "Load for measuring"})
    return {"check_items": items}


def as_file(place):
    """JSON is YAML. In ten groups, which Prometheus judges side by side."""
    alerts = [{"alert": name, "expr": query} for name, _, _, _, query in rules()]
    path = os.path.join(place.folder, "many_rules.yml")
    with open(path, "w", encoding="utf-8") as out:
        json.dump({"groups": [{"name": f"g{k}", "rules": alerts[k::10]} for k in range(10)]}, out)
    return path


def measure(figures, place, options):
    cores = len(os.sched_getaffinity(0))
    with Fleet(place, options.hosts) as fleet:
        with Node(place, fleet.port) as node:
            node.log_in()
            node.ask("/check/rule/import", as_items())
            node.add_hosts(fleet.addresses)
            warm(node, fleet.hosts, 2)
            windows = [observe(node, options.window) for _ in range(options.runs)]
        others = observe_prometheus(place, fleet, options.window, options.runs, as_file(place))
        for seen, other in zip(windows, others):
            name = f"{RULES} rules over {fleet.hosts} hosts"
            figures.add(name + ": CPU share", cpu_share(seen["cpu_s"], seen["wall_s"], cores), "% of all cores")
            figures.add(name + ": CPU of a round of a host", 1e6 * seen["cpu_s"] / max(1, seen["rounds"]), "us")
            figures.add(name + ": resident memory", seen["rss_mb"], "MB")
            figures.add(name + ": rules judged", seen["evaluations"] / seen["wall_s"], "1/s")
            figures.add(name + ": rounds skipped", seen["skipped"], "in the window", "<= 0")
            figures.add(name + ": lateness p99", seen["late_p99_ms"], "ms", "<= 100")
            figures.add(name + ": Prometheus CPU share", cpu_share(other["cpu_s"], other["wall_s"], cores), "% of all cores")
            figures.add(name + ": Prometheus resident memory", other["rss_mb"], "MB")
            figures.add(name + ": Prometheus, rounds of rules missed", other["missed"], "in the window")
            figures.add(name + ": CPU, node / Prometheus", seen["cpu_s"] / seen["wall_s"] / (other["cpu_s"] / other["wall_s"]), "ratio", "<= 0.5")
            figures.add(name + ": memory, node / Prometheus", seen["rss_mb"] / other["rss_mb"], "ratio", "<= 0.5")
