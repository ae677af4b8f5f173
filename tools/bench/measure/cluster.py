"""What being many costs: idle traffic and CPU of three nodes, the CPU of 1 and 3 nodes under load, and rebalancing."""
import os
import sys
import time

from measure.process import TICKS, poll

PERIOD_S = 15
HOSTS_PER_NODE = 1000
IDLE_S = 20
REPEATS = 3
SETTINGS = (f"check.sample_period={PERIOD_S}s",)


def helpers(place):
    """What starts clusters for the system tests."""
    os.environ["AOPS_BIN"] = place.programs
    sys.path.insert(0, os.path.join(place.top, "tests/system"))
    import cluster  # Here, not above: these modules need to be found first.
    import netns
    return cluster, netns


class window:
    """What nodes and database do from its making until `tell`: CPU, and the database's statements and commits."""

    COUNTERS = {"statements": "Questions", "commits": "Com_commit", "log syncs": "Innodb_os_log_fsyncs"}

    def __init__(self, c):
        self.members, self.server = list(c.members), c.store.servers[0]
        self.began, self.before = time.monotonic(), self.status()
        self.cpu = [cpu_s(x.process.pid) for x in (*self.members, self.server)]

    def status(self):
        rows = (line.split("\t") for line in self.server.sql("show global status").splitlines())
        return {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}

    def tell(self, figures, name, goal=None):
        wall, now = time.monotonic() - self.began, self.status()
        shares = [100 * (cpu_s(x.process.pid) - was) / wall for x, was in zip((*self.members, self.server), self.cpu)]
        for share in shares[:-1]:
            figures.add(name + "CPU of a node", share, "% of a core", goal)
        figures.add(name + "CPU of MariaDB", shares[-1], "% of a core")
        for what, counter in self.COUNTERS.items():
            if counter in now:
                figures.add(name + what + " at MariaDB", (now[counter] - self.before[counter]) / wall, "1/s")


def cpu_s(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def idle(figures, place, system, netns):
    """Three nodes without hosts. Traffic is what crosses their interfaces, the database's included."""
    name = "3 nodes, no hosts: "
    net = None if netns.why_not() else netns.network("db", "n1", "n2", "n3")
    try:
        with system.cluster(3, settings=SETTINGS, net=net) as c:
            c.wait_settled()
            time.sleep(2)  # What settling left to do is not idling.
            for _ in range(REPEATS):
                before = {x.name: net.bytes_moved(x.name) for x in c.members} if net else {}
                seen = window(c)
                time.sleep(IDLE_S)
                seen.tell(figures, name, "<= 1")
                for x in c.members if net else ():
                    moved = [after - was for after, was in zip(net.bytes_moved(x.name), before[x.name])]
                    figures.add(name + "a node receives", moved[0] / IDLE_S, "bytes/s")
                    figures.add(name + "a node sends", moved[1] / IDLE_S, "bytes/s")
    finally:
        if net:
            net.close()


def sampled(c, hosts, rounds=1):
    """Until the store has so many rounds more of every host."""
    until = int(time.time() * 1000) + (rounds - 1) * 1000 * PERIOD_S
    poll(lambda: c.store.number(f"select count(*) from host_cursor where until_ms > {until}") == hosts,
         PERIOD_S * (rounds + 4), "the hosts are not sampled")


def fill(c, place, hosts):
    """Returns when all hosts are watched. Before, a host's first round may come ahead of its rules."""
    api = c.api()
    api.good("/check/rule/import", place.rules())
    c.add_fleet(hosts, 100)
    c.wait_settled()
    sampled(c, hosts, 2)
    return int(time.time() * 1000)


def under_load(figures, c, hosts, seconds, since_ms):
    name = f"{len(c.members)} node{'s' if len(c.members) > 1 else ''}, {hosts} hosts: "
    rounds = "select count(*) from sample"
    before, seen = c.store.number(rounds), window(c)
    time.sleep(seconds)
    seen.tell(figures, name)
    for x in c.members:
        figures.add(name + "memory of a node", x.rss_mb(), "MB")
    figures.add(name + "rounds missing", max(0, round(hosts * seconds / PERIOD_S) - (c.store.number(rounds) - before)),
                "in the window")
    figures.add(name + "missed rounds in the ledger",
                c.store.number(f"select count(*) from deviation where end_ms >= {since_ms}"), "rows", "<= 0")


def one_node(figures, place, system, options):
    with system.cluster(1, settings=SETTINGS) as c:
        since = fill(c, place, HOSTS_PER_NODE)
        under_load(figures, c, HOSTS_PER_NODE, options.window, since)


def three_nodes(figures, place, system, options):
    hosts = 3 * HOSTS_PER_NODE
    with system.cluster(2, settings=SETTINGS) as c:
        since = fill(c, place, hosts)
        third = c.prepare()
        for turn in range(REPEATS):
            joins(figures, c, third, hosts)
            if turn == 0:
                under_load(figures, c, hosts, options.window, since)
            dies(figures, c, third, hosts)


def joins(figures, c, third, hosts):
    """Ends when every host has a round committed after the move."""
    name, began = f"{hosts} hosts, a third node joins: ", time.monotonic()
    third.start()
    joined = time.monotonic()
    figures.add(name + "ready", joined - began, "s")
    c.wait_settled(120)
    figures.add(name + "slots shared, from ready", time.monotonic() - joined, "s")
    share = c.store.number(f"select count(*) from host h join slot s on s.slot = h.slot where s.node = '{third.id}'")
    poll(lambda: running_hosts(third) == share, 60, "the new node lacks hosts")
    figures.add(name + "its hosts run there, from ready", time.monotonic() - joined, "s")
    sampled(c, hosts)


def dies(figures, c, third, hosts):
    name, began, at = f"{hosts} hosts, one of three nodes is killed: ", time.monotonic(), int(time.time() * 1000)
    third.kill()
    poll(lambda: c.store.number(f"select count(*) from slot where node = '{third.id}'") == 0, 60, "slots stay with it")
    figures.add(name + "its slots have owners", time.monotonic() - began, "s")
    poll(lambda: sum(map(running_hosts, c.alive())) == hosts, 60, "hosts are missing")
    figures.add(name + "its hosts run elsewhere", time.monotonic() - began, "s")
    poll(lambda: c.store.number(f"select count(*) from host_cursor where until_ms > {at}") == hosts, 120,
         "hosts are not sampled")
    figures.add(name + f"every host sampled (each {PERIOD_S} s)", time.monotonic() - began, "s")


def running_hosts(it):
    return it.metrics().get("aops_hosts", 0)


def measure(figures, place, options):
    system, netns = helpers(place)
    idle(figures, place, system, netns)
    one_node(figures, place, system, options)
    three_nodes(figures, place, system, options)
