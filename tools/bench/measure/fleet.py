"""1000 hosts × 100 series × 20 rules at 15 s on one node, and the same load on Debian's Prometheus."""
import os
import socket
import time
import urllib.request

from measure.node import Fleet, Node, ITEMS
from measure.process import Child, poll

PERIOD_S = 15
LATENESS = 'aops_round_lateness_seconds_bucket{le="'


def bucket_quantile(before, after, q):
    """Upper estimate in seconds from the change of a histogram, linear inside a bucket as Prometheus does it."""
    buckets = sorted((float(name[len(LATENESS):].split('"')[0].replace("+Inf", "inf")), count - before.get(name, 0))
                     for name, count in after.items() if name.startswith(LATENESS))
    rank, low, below = q * buckets[-1][1], 0.0, 0.0
    for bound, count in buckets:
        if count >= rank:
            if bound == float("inf"):
                return low
            return low + (bound - low) * (rank - below) / max(count - below, 1)
        low, below = bound, count
    return low


def grown_late(before, after):
    """p99 of lateness in seconds between two looks."""
    return bucket_quantile(before, after, 0.99)


def cpu_share(used_s, wall_s, cores):
    return 100 * used_s / wall_s / cores


def observe(node, window_s):
    """What the node did in a window."""
    node.ask("/manage/host/count", {})  # Keeps the session in use.
    before, cpu, began = node.metrics(), node.cpu_s(), time.monotonic()
    time.sleep(window_s)
    wall, used, after = time.monotonic() - began, node.cpu_s() - cpu, node.metrics()

    def grown(name):
        return after.get(name, 0) - before.get(name, 0)
    return {"cpu_s": used, "wall_s": wall, "rss_mb": node.rss_mb(), "samples": grown("aops_samples_total"),
            "rounds": grown("aops_rounds_total"), "skipped": grown("aops_rounds_skipped_total"),
            "evaluations": grown("aops_rule_evaluations_total"),
            "late_p99_ms": 1000 * grown_late(before, after)}


def warm(node, hosts, rounds):
    """Waits until every host had so many rounds."""
    want = node.metrics().get("aops_rounds_total", 0) + hosts * rounds
    poll(lambda: node.metrics().get("aops_rounds_total", 0) >= want, PERIOD_S * (rounds + 4), "the hosts are not sampled")


def report(figures, kind, seen, hosts, cores):
    name = f"fleet {kind}: "
    figures.add(name + "CPU share", cpu_share(seen["cpu_s"], seen["wall_s"], cores), "% of all cores", "<= 25")
    figures.add(name + "memory per host", seen["rss_mb"] / hosts, "MB", "<= 1")
    figures.add(name + "resident memory", seen["rss_mb"], "MB")
    figures.add(name + "samples kept", seen["samples"] / seen["wall_s"], "1/s")
    figures.add(name + "rules judged", seen["evaluations"] / seen["wall_s"], "1/s")
    figures.add(name + "rounds missing", max(0, round(hosts * seen["wall_s"] / PERIOD_S - seen["rounds"])), "in the window")
    figures.add(name + "rounds skipped", seen["skipped"], "in the window", "<= 0")
    figures.add(name + "lateness p99", seen["late_p99_ms"], "ms", "<= 100")


def prometheus_config(place, fleet, rules):
    targets = ", ".join(f"'{address}:{fleet.port}'" for address in fleet.addresses)
    path = os.path.join(place.folder, "prometheus.yml")
    with open(path, "w", encoding="utf-8") as out:
        out.write(f"global: {{scrape_interval: {PERIOD_S}s, evaluation_interval: {PERIOD_S}s}}\n"
                  f"rule_files: ['{rules}']\n"
                  f"scrape_configs: [{{job_name: fleet, static_configs: [{{targets: [{targets}]}}]}}]\n")
    return path


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def summed(url, name):
    """A figure of a Prometheus, over all its labels."""
    with urllib.request.urlopen(url + "/metrics", timeout=30) as reply:
        lines = reply.read().decode().splitlines()
    return sum(float(x.rsplit(" ", 1)[1]) for x in lines if x.startswith((name + " ", name + "{")))


def appended(url):
    return summed(url, "prometheus_tsdb_head_samples_appended_total")


def observe_prometheus(place, fleet, window_s, windows, rules=None):
    """CPU seconds, wall seconds, MB, samples and missed rounds of rules of the same load on Prometheus, by window."""
    port = free_port()
    config = prometheus_config(place, fleet, rules or f"{place.top}/tools/bench/fleet_rules.yml")
    command = ["prometheus", f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}",
               f"--storage.tsdb.path={place.folder}/prometheus", "--log.level=warn"]
    with Child(command, place.folder, "prometheus") as server:
        url = f"http://127.0.0.1:{port}"

        def has_sampled_twice():
            try:
                return appended(url) >= 2 * 100 * fleet.hosts
            except OSError:
                return False
        poll(has_sampled_twice, PERIOD_S * 6, "Prometheus does not sample")
        for _ in range(windows):
            missed = summed(url, "prometheus_rule_group_iterations_missed_total")
            before, cpu, began = appended(url), server.cpu_s(), time.monotonic()
            time.sleep(window_s)
            wall = time.monotonic() - began
            yield {"cpu_s": server.cpu_s() - cpu, "wall_s": wall, "rss_mb": server.rss_mb(),
                   "samples": appended(url) - before,
                   "missed": summed(url, "prometheus_rule_group_iterations_missed_total") - missed}


def measure(figures, place, options):
    cores = len(os.sched_getaffinity(0))
    ids = None
    with Fleet(place, options.hosts) as fleet:
        with Node(place, fleet.port) as node:
            node.log_in()
            ids = fill(figures, place, node, fleet)
            warm(node, fleet.hosts, 2)
            windows = [observe(node, options.window) for _ in range(options.runs)]
        for seen in windows:
            report(figures, "healthy", seen, fleet.hosts, cores)
        for seen, other in zip(windows, observe_prometheus(place, fleet, options.window, options.runs)):
            figures.add("fleet: Prometheus CPU share", cpu_share(other["cpu_s"], other["wall_s"], cores), "% of all cores")
            figures.add("fleet: Prometheus resident memory", other["rss_mb"], "MB")
            figures.add("fleet: Prometheus samples kept", other["samples"] / other["wall_s"], "1/s")
            figures.add("fleet: CPU, node / Prometheus",
                        seen["cpu_s"] / seen["wall_s"] / (other["cpu_s"] / other["wall_s"]), "ratio", "<= 0.5")
            figures.add("fleet: memory, node / Prometheus", seen["rss_mb"] / other["rss_mb"], "ratio", "<= 0.5")
    with Fleet(place, options.hosts, blackhole=10) as fleet, Node(place, fleet.port) as node:
        node.log_in()
        warm(node, fleet.hosts, 4)  # What never answers is offline by then.
        for _ in range(options.runs):
            report(figures, "10 % black-holed", observe(node, options.window), fleet.hosts, cores)
    return ids


def measure_large(figures, place, options):
    """Ten times as many hosts, and a node alone. Both it and what serves them need a file for each."""
    with Fleet(place, 10 * options.hosts) as fleet, Node(place, fleet.port) as node:
        node.log_in()
        fill(figures, place, node, fleet)
        warm(node, fleet.hosts, 2)
        for _ in range(options.runs):
            cpu, seen = fleet.cpu_s(), observe(node, options.window)
            report(figures, f"of {fleet.hosts}", seen, fleet.hosts, len(os.sched_getaffinity(0)))
            figures.add(f"fleet of {fleet.hosts}: CPU of what serves them", 100 * (fleet.cpu_s() - cpu) / seen["wall_s"], "% of a core")


def fill(figures, place, node, fleet):
    """Rules, then hosts; ids in the order of the fleet."""
    node.ask("/check/rule/import", place.rules())
    began = time.monotonic()
    ids = node.add_hosts(fleet.addresses)
    figures.add(f"fleet: adding {fleet.hosts} hosts", time.monotonic() - began, "s")
    assert len(ids) == fleet.hosts and node.ask("/check/rule/count", {})["rule_count"] == ITEMS
    return ids


def ensure_fleet_data(figures, place, options):
    """A data directory with the fleet's hosts, where `fleet` was not measured before."""
    if not os.path.exists(place.data_dir):
        with Fleet(place, options.hosts) as fleet, Node(place, fleet.port) as node:
            node.log_in()
            fill(figures, place, node, fleet)
            warm(node, fleet.hosts, 1)


def measure_start(figures, place, options):
    """From the start of the process to its ready line, and to where its hosts answer, with all hosts stored."""
    ensure_fleet_data(figures, place, options)
    with Fleet(place, options.hosts) as fleet:
        with Node(place, fleet.port) as node:
            node.log_in()
            token = node.token  # Sessions are stored: they outlive the node.
            page = {"host_group_list": [], "sort": "host_name", "page": 1, "per_page": 50}
            ids = [host["host_id"] for host in node.ask("/manage/host/get", page)["host_infos"]]
        for _ in range(options.runs):
            with Node(place, fleet.port) as node:
                node.token = token
                figures.add(f"start to ready, {options.hosts} hosts", node.start_s, "s", "<= 1")
                for host in ids:
                    poll(lambda: node.ask_anything("/check/series/get", {"host_id": host})["code"] == 200, 30,
                         "a host does not answer")
                figures.add(f"start to {len(ids)} of them asked for their series", time.monotonic() - node.began, "s")
