"""Drills of overload: one node has too much to do for a while, and must come back from it by itself.

Each on an embedded store and on a server of its own. During the fault the node may fall behind, refuse, and miss rounds
with a reason; it must say that it is degraded when no round is stored for three periods. Once the fault is gone it must be
on time within `ON_TIME_S` (of what the machine gives, see `machine`), back at its memory, and nothing that it acknowledged
may be lost.
"""
import json
import threading
import time
import unittest
from http.client import HTTPException

from checker import wait_for_end
from cluster import GONE, SLOTS
from drills import drilled
from machine import squeezed
from rest import rule
from scene import PERIOD_MS, TREE, now_ms
from waiting import wait_until

ON_TIME_S = 30  # From the end of the fault.
MEMORY = 1.2  # Of what it was before, and would have grown to: a young node fills its windows and caches.
RULE_MB = 0.016  # Besides, for each rule that a drill adds and each host: its windows and results.
LATE_MS = 3 * PERIOD_MS  # A host whose last stored round is older is not on time.
STEADY_S = 5  # So long everything must be well to count.
NOTICED_S = 3  # So long the node may take to say what is wrong.
ENOUGH = 0.5  # What a machine must give so that a node with so many hosts has no excuse.
SHARE = 0.1  # Of the processor time that it uses.
WRITE_US, FLUSH_US = 3000, 100_000  # A disk of 300 writes and 10 flushes a second.
DELAY_MS, MBIT = 150, 2  # A database far away.
STARTING_SHARE = 0.1
TEN_YEARS_S = 10 * 365 * 86400
# No sample is as old as these reach.
ENDLESS = ["max(87600h) > 1", "max(99999999999h) > 1", "max(#1000000000) > 1", "count(87600h, 1, '>') > 1e12",
           "abschange(87600h) > 1e30"]
# The longest window that a node takes is used.
LONGEST = ["87600h", "8760h", "2160h", "720h", "168h", "24h", "1h"]
FUNCTIONS = ["max({0}) > 1e30", "min({0}) > 1e30", "avg({0}) > 1e30", "sum({0}) > 1e30", "count({0}, 1e30, '>') > 0",
             "rate({0}) > 1e30", "change({0}) > 1e30", "abschange({0}) > 1e30", "diff({0}) && $0 > 1e30"]
SERIES = ["node_load1", "node_load5", "node_procs_running", "node_memory_MemFree_bytes", "node_context_switches_total"]
# Of hosts and their reads that ran out of time.
TIMED_OUT = ("host-start-delayed", "host-not-started", "history-not-read", "round-not-stored")
STAGES = {"embedded": {"nodes": 1, "servers": 0, "strained": True, "hosts": 300, "per_second": 2},
          "server": {"nodes": 1, "servers": 1, "strained": True, "hosts": 300, "per_second": 2}}
MARIADB = "-mariadb"


def strained(name):
    """Enlists it twice: on an embedded store, and on a server."""
    def enlist(function):
        drilled(name, "embedded")(function)
        drilled(name + MARIADB, "server")(function)
        return function
    return enlist


# -- what is looked at ---------------------------------------------------------------------------------


class readiness(threading.Thread):
    """What the node says of itself, twice a second."""

    def __init__(self, it):
        super().__init__(daemon=True)
        self.it, self.answers, self.stopping = it, [], threading.Event()
        self.start()

    def run(self):
        while not self.stopping.wait(0.5):
            try:
                _, _, text = self.it.client(None, timeout=5).send("GET", "/readyz")
                reply = json.loads(text)
                self.answers.append((time.monotonic(), reply["status"], reply["reasons"]))
            except (*GONE, HTTPException):
                pass  # It was too busy to say.

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.join(20)


class course:
    """How far behind the node was, and for how long nothing was stored at all."""

    def __init__(self, s):
        self.s, self.it = s, s.cluster.members[0]
        self.worst_ms, self.memory, self.stuck, self.is_stuck = 0, [], [], False
        self.noticed_s = NOTICED_S

    def look(self):
        """Milliseconds since the last stored round of the host that is worst off."""
        oldest, newest = self.s.store.rows(
            "select min(coalesce(c.until_ms, 0)), max(coalesce(c.until_ms, 0)) from host h "
            "left join host_cursor c on c.host = h.n")[0]
        now, at = now_ms(), time.monotonic()
        behind = now - int(oldest)
        self.worst_ms = max(self.worst_ms, behind)
        if self.it.is_running():
            self.memory.append((at, self.it.rss_mb()))
        is_stuck = now - int(newest) > LATE_MS
        if is_stuck and not self.is_stuck:
            self.stuck.append([at, at])
        elif is_stuck:
            self.stuck[-1][1] = at
        self.is_stuck = is_stuck
        return behind

    def watch(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.look()
            time.sleep(0.25)

    def wait_on_time(self, what, bound_s=ON_TIME_S):
        """Seconds of the machine until the node was on time and stayed so."""
        machine, hosts = self.s.machine, len(self.s.hosts)
        began, since = machine.mark(), None  # A moment, rounds and operations as it became so.

        def is_on_time():
            nonlocal since
            if self.look() > LATE_MS:
                since = None
                return None
            if since is None:
                since = (machine.mark(), *self.counted(), machine.given(began))
            if machine.given(since[0]) < STEADY_S:
                return None
            # Rounds that are missed move the cursor, too.
            rounds, operations = (now - then for now, then in zip(self.counted(), since[1:3]))
            assert rounds >= hosts * STEADY_S / 2 and operations > 0, \
                f"{what}: {rounds:.0f} rounds of {hosts} hosts in {STEADY_S} s, {operations:.0f} operations of the store"
            return max(since[3], 0.001)
        return machine.wait_given(is_on_time, bound_s + STEADY_S, lambda: f"{what}: every host on time ("
                                  f"{self.look() / 1000:.1f} s is the worst now, {self.it.rss_mb():.0f} MB)", 0.25)

    def counted(self):
        found = self.it.metrics()
        return found.get("aops_rounds_total", 0), found.get("aops_store_operations_total", 0)

    def must_have_said(self, answers):
        """When nothing was stored for long, whoever asked in that time was told so, with the reason."""
        for begin, end in self.stuck:
            told = [(status, reasons) for at, status, reasons in answers if begin + self.noticed_s <= at <= end]
            silent = [x for x in told if x[0] == "ready" or not x[1]]
            assert not silent, f"no round was stored for {end - begin + LATE_MS / 1000:.0f} s, and of {len(told)} times it " \
                f"was asked it said {len(silent)} times {silent[0]}"

    def usual_mb(self):
        """What its memory comes to now when it goes on as it did in this time."""
        (first_at, first), (last_at, last) = self.memory[0], self.memory[-1]
        return last + max(0, last - first) / (last_at - first_at) * (time.monotonic() - last_at)

    def seconds_stuck(self):
        return sum(end - begin for begin, end in self.stuck)


# -- overload and recovery -----------------------------------------------------------------------------


def start_jobs(s):
    return s.start_jobs("diag", 20, {"tree_list": [TREE], "interval": 2})


def warm_up(s, name):
    """Does once what is done in the fault: after it the node has the memory that such work takes. What a machine cannot
    do without a fault tells nothing about the fault. Returns the course of the last seconds.
    """
    since = s.machine.mark()
    try:
        if not s.is_warm:
            start_jobs(s)
            wait_for_end(s.store, s.load.acknowledged[:])
            s.is_warm = True
        calm = course(s)
        calm.wait_on_time(f"{name}, before it", 2 * ON_TIME_S)
        return calm
    except AssertionError as late:
        share = s.machine.given(since) / (time.monotonic() - since[0])
        if share < ENOUGH:
            raise unittest.SkipTest(f"the machine gives a process {100 * share:.0f} % of its time") from late
        raise


def overload(s, name, fault, rules=()):
    """Work, then `fault` on top of it; then all must be as before."""
    it = s.cluster.members[0]
    calm, seen, at = warm_up(s, name), course(s), now_ms()
    start_jobs(s)
    with readiness(it) as asked:
        fault(seen)
        took = seen.wait_on_time(name)
        s.explain(range(SLOTS), at, now_ms(), may_be_silent=True)
        wait_until(lambda: asked.answers and asked.answers[-1][1] == "ready", 20, f"{name}: ready again")
    seen.must_have_said(asked.answers)
    more = RULE_MB * len(rules) * len(s.hosts)
    s.machine.wait_given(
        lambda: it.rss_mb() <= MEMORY * calm.usual_mb() + more, ON_TIME_S,
        lambda: f"{name}: {it.rss_mb():.0f} MB fall to {MEMORY} × {calm.usual_mb():.0f} MB and {more:.0f} for rules")
    s.tell(name, {"behind at most": seen.worst_ms / 1000, "nothing stored": seen.seconds_stuck(), "on time after": took},
           ON_TIME_S)
    most = max(mb for _, mb in seen.memory)
    print(f"  memory {calm.memory[-1][1]:.0f} MB before, at most {most:.0f}, then {it.rss_mb():.0f}; without the fault it "
          f"would have come to {calm.usual_mb():.0f}", flush=True)
    s.verify(name)


@strained("overload-cpu")
def cpu(s):
    """Nine tenths of the processor time that it uses are taken away."""
    it = s.cluster.members[0]

    def fault(seen):
        seen.noticed_s /= SHARE  # Noticing takes processor time, too.
        usual = used_share(it, lambda: seen.watch(STEADY_S))
        left = used_share(it, lambda: squeeze(it, SHARE * usual, lambda: seen.watch(s.fault_s)))
        print(f"  it had {left:.3f} of a processor, and {usual:.3f} before", flush=True)
    overload(s, "processor cut to a tenth", fault)


def used_share(it, during):
    used, began = it.cpu_s(), time.monotonic()
    during()
    return (it.cpu_s() - used) / (time.monotonic() - began)


def squeeze(it, share, during):
    with squeezed(it.process.pid, share):
        during()


@strained("overload-disk")
def disk(s):
    """The disk that the store is on takes its time."""
    def fault(seen):
        s.cluster.disk.set(WRITE_US, FLUSH_US)
        try:
            seen.watch(s.fault_s)
        finally:
            s.cluster.disk.set()
    overload(s, "slow disk", fault)


@strained("overload-disk-stall")
def disk_stall(s):
    """The disk takes nothing for a while."""
    def fault(seen):
        s.cluster.disk.set(0, int(4e9))
        try:
            seen.watch(s.fault_s)
        finally:
            s.cluster.disk.set()
    overload(s, "disk that stands still", fault)


@drilled("overload-database" + MARIADB, "server")
def database(s):
    """The way to the database is long and narrow."""
    def fault(seen):
        s.cluster.path.set(DELAY_MS, MBIT)
        try:
            seen.watch(s.fault_s)
        finally:
            s.cluster.path.set()
    overload(s, "slow database", fault)


# -- what a tenant may ask for -------------------------------------------------------------------------


@strained("overload-tenant")
def tenant(s):
    """Rules and jobs that reach back for years: refused, or worked on without anybody else noticing."""
    name, it, api = "rules and jobs of ten years", s.cluster.members[0], s.cluster.api()
    rules = [rule(f"endless_{k}", "node_load1", x) for k, x in enumerate(ENDLESS)]

    def fault(_):
        refused = [x["check_item"] for x in rules if not import_rules(api, [x])]
        print(f"  {len(refused)} of {len(rules)} endless rules refused; legal ones of {import_longest(api, rules)}", flush=True)
        for kind, what in (("check", {"check_items": []}), ("diag", {"tree_list": [TREE], "interval": TEN_YEARS_S})):
            print(f"  {kind} jobs over ten years were answered {set(s.start_jobs(kind, TEN_YEARS_S, what))}", flush=True)
    overload(s, name, fault, rules)
    at, again = now_ms(), course(s)
    it.kill()
    it.start()
    took = again.wait_on_time(f"{name}, after a restart")
    s.explain(range(SLOTS), at, now_ms(), may_be_silent=True)
    s.tell(f"{name}, after a restart", {"on time after": took}, ON_TIME_S)
    s.verify(f"{name}, after a restart")
    s.cluster.api().good("/check/rule/delete", {"check_items": [x["check_item"] for x in rules]}, method="DELETE")


def import_rules(api, rules):
    """Whether all were taken."""
    reply = api.post("/check/rule/import", {"check_items": rules})
    return reply["code"] == 200


def import_longest(api, rules):
    """Rules of every function on several series, with the longest window the node takes. Returns it."""
    for window in LONGEST:
        if import_rules(api, [rule("longest", "node_load1", f"max({window}) > 1e30")]):
            break
    more = [rule(f"longest_{series}_{k}", series, text.format(window)) for series in SERIES
            for k, text in enumerate(FUNCTIONS)]
    assert import_rules(api, more), f"a window of {window} is legal for max only"
    rules += [rule("longest", "node_load1", "$0 > 0"), *more]
    return window


# -- a start under pressure ----------------------------------------------------------------------------


@strained("overload-start")
def start(s):
    """Killed and started again with little processor time: all hosts want to begin at once."""
    name, it = "start of all hosts at once", s.cluster.members[0]
    before = 0

    def fault(seen):
        nonlocal before
        before = len(log_of(it))
        it.kill()
        it.launch()
        with squeezed(it.process.pid, STARTING_SHARE):
            it.wait_ready(240)
            seen.watch(s.fault_s / 2)
    overload(s, name, fault)
    timed_out = [x for x in log_of(it)[before:] if any(f" {event} " in x for event in TIMED_OUT)]
    assert len(timed_out) <= len(s.hosts) / 20, f"{name}: {len(timed_out)} hosts ran out of time, such as {timed_out[0]}"


def log_of(it):
    return it.log(1 << 30).splitlines()
