"""The drills, one function each: a fault, how long it takes until a new owner works, and the account afterwards.

`drill_test` runs a handful of them, `tools/dev drill` all. Each leaves the scene whole, so that the next can follow.
"""
import threading
import time
from collections import namedtuple

from scene import now_ms
from waiting import wait_until

KILL_S, CUT_S, DRAIN_S = 3, 10, 5  # Bounds, from the fault to the first sample and step of a new owner.
OUTAGE_S = 10
WATCHED_S = 15  # How long it is watched that nothing moves: three leases.
drill = namedtuple("drill", "name run where")
ALL = []


def drilled(name, where="loopback"):
    """@param where `loopback`, `spaces` (a network namespace for each node), or `galera`."""
    def enlist(function):
        ALL.append(drill(name, function, where))
        return function
    return enlist


# -- a process


@drilled("kill-leader")
def kill_leader(s):
    kill(s, s.pick(leader=True), "kill -9 of the leader")


@drilled("kill-other")
def kill_other(s):
    kill(s, s.pick(leader=False), "kill -9 of another node")


def kill(s, victim, name):
    task, before, at = s.long_job(victim), s.slots_of(victim), now_ms()
    victim.kill()
    s.takeover(name, before, task, at, KILL_S)
    s.explain(before, at, now_ms())
    victim.start()
    s.wait_whole()
    s.verify(name)


@drilled("kill-two")
def kill_two(s):
    """The leader and another node die at the same moment; of three nodes one is left, and it is enough."""
    name, victims = "kill -9 of two nodes at once", [s.pick(leader=True), s.pick(leader=False)]
    task, at = s.long_job(victims[1]), now_ms()
    before = s.slots_of(victims[0]) | s.slots_of(victims[1])
    for it in victims:
        it.kill()
    s.takeover(name, before, task, at, KILL_S)
    s.explain(before, at, now_ms())
    for it in victims:
        it.start()
    s.wait_whole()
    s.verify(name)


@drilled("pause")
def pause(s):
    name, victim = "SIGSTOP, then SIGCONT", s.pick()
    task, before, at = s.long_job(victim), s.slots_of(victim), now_ms()
    was = s.cluster.nodes()[victim.id]["incarnation"]
    victim.pause()
    try:
        s.takeover(name, before, task, at, CUT_S)
        s.explain(before, at, now_ms())
    finally:
        victim.go_on()
    wait_until(lambda: s.cluster.nodes()[victim.id]["incarnation"] > was, 60, "the paused node joins anew")
    s.wait_whole()
    s.verify(name)  # A late result of the paused owner would be found here.


@drilled("stream")
def stream(s):
    """An event stream on a third node does not notice that the job moved."""
    name, victim = "the stream follows its job", s.pick()
    task = s.long_job(victim)
    reader = s.cluster.any(besides=(victim,))
    before, events, problems = s.slots_of(victim), [], []

    def read():
        try:
            for event in reader.client(timeout=60).events(task, timeout=60):
                events.append((event, now_ms()))
        except Exception as x:  # Told below, in the main thread.
            problems.append(x)
    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    wait_until(lambda: any(x[0][0] == "report" for x in events), 60, "a first report in the stream", 0.01)
    at = now_ms()
    victim.kill()
    expected = s.store.number(f"select expected from job where id = '{task}'")
    s.takeover(name, before, task, at, KILL_S)
    s.explain(before, at, now_ms())
    thread.join(120)
    assert not thread.is_alive() and not problems, (problems, len(events))
    numbers = [event[1] for event, _ in events if event[0] == "report"]
    assert numbers == list(range(1, expected + 1)), f"{len(numbers)} of {expected} numbers: {gaps(numbers)}"
    progress = [event[2]["progress"] for event, _ in events if event[0] == "progress"]
    assert progress == sorted(progress), "progress fell"
    assert events[-1][0][0] == "done" and events[-1][0][2]["progress"] == expected, events[-1]
    assert any(x > at for event, x in events if event[0] == "report"), "it had ended before the fault"
    victim.start()
    s.wait_whole()
    s.verify(name)


def gaps(numbers):
    return [(a, b) for a, b in zip(numbers, numbers[1:]) if b != a + 1][:5]


@drilled("drain")
def drain(s):
    name, victim = "drain", s.pick()
    s.long_job(victim)
    at = time.monotonic()
    s.cluster.api().good("/cluster/node/drain", {"node": victim.id})
    wait_until(lambda: not s.slots_of(victim), 3 * DRAIN_S, "the drained node has no slots", 0.02)
    took = time.monotonic() - at
    s.tell(name, {"no slots left after": took}, DRAIN_S)
    assert took <= DRAIN_S, f"drain took {took:.1f} s"
    s.wait_sampled()
    assert s.cluster.nodes()[victim.id]["state"] == "draining"
    s.cluster.api().good("/cluster/node/drain", {"node": victim.id, "resume": True})
    s.wait_whole()
    s.verify(name)  # Nothing was explained: not one round may be missing.


@drilled("rolling")
def rolling(s):
    """Each node in turn ends by SIGTERM and starts again."""
    name, longest = "rolling restart", 0
    for it in list(s.cluster.members):
        at = time.monotonic()
        code = it.stop()
        assert code == 0, f"{it.name} ended with {code}\n{it.log()}"
        longest = max(longest, time.monotonic() - at)
        it.start()
        s.wait_whole()
    s.tell(name, {"longest end": longest})
    s.verify(name)


@drilled("join")
def join(s):
    """A fourth node comes, and goes again."""
    name, at = "join of a node", time.monotonic()
    it = s.cluster.add()
    ready = time.monotonic() - at
    s.wait_whole()
    s.tell(name, {"ready": ready, "slots shared": time.monotonic() - at})
    s.verify(name)
    assert it.stop() == 0
    s.cluster.members.remove(it)
    it.close()
    s.wait_whole()


@drilled("skew")
def skew(s):
    """A machine whose clock is five minutes wrong works as the others do."""
    it = s.pick()
    for seconds in (300, -300, 0):
        name = f"clock skew of {seconds:+d} s"
        assert it.stop() == 0
        it.skew_s = seconds
        it.start()
        s.wait_whole()
        if not seconds:
            continue
        before = s.watch.epochs()
        watch_for(s, WATCHED_S / 3, lambda: same_owners(s, before))
        latest = s.store.number("select max(time_ms) from sample") - now_ms()
        assert abs(latest) < 5000, f"the latest sample is {latest} ms from now"
        s.verify(name)


# -- the store


@drilled("database")
def database(s):
    without_database(s, "database killed and started", 0)


@drilled("outage")
def outage(s):
    without_database(s, f"database away for {OUTAGE_S} s", OUTAGE_S)


def without_database(s, name, seconds):
    """Nothing moves, no round is missing; requests are told 1101 meanwhile."""
    before = s.watch.epochs()
    s.store.kill()
    began = time.monotonic()
    codes = set()
    while time.monotonic() - began < seconds:  # The fault is a duration.
        reply = s.cluster.api().post("/manage/host/count", {})
        codes.add(reply["code"])
        time.sleep(0.2)
    assert not seconds or codes == {1101}, f"without a database requests were answered {codes}"
    s.store.start_again()
    up, at = time.monotonic(), now_ms()
    s.wait_sampled(at)
    s.tell(name, {"every host sampled again": time.monotonic() - up})
    wait_until(lambda: s.cluster.api().post("/manage/host/count", {})["code"] == 200, 60, "requests are served")
    same_owners(s, before)
    s.verify(name)
    same_owners(s, before)


@drilled("galera", "galera")
def galera(s):
    """The server in use dies: the nodes go on with another one."""
    name, used, before = "the database server in use is killed", s.store.in_use(), s.watch.epochs()
    s.store.kill(used)
    at, began = now_ms(), time.monotonic()
    s.wait_sampled(at)
    s.tell(name, {"every host sampled": time.monotonic() - began})
    same_owners(s, before)
    s.verify(name)
    s.store.start_again(used)
    s.wait_whole()
    s.verify(name + ", and is back")


@drilled("galera-minority", "galera")
def galera_minority(s):
    """Two of three servers freeze: the third refuses, being a minority. Nothing moves, no round is missing."""
    name, before, used = "a minority of the database is left", s.watch.epochs(), s.store.in_use()
    others = [x for k, x in enumerate(s.store.servers) if k != used]
    for x in others:
        x.pause()
    try:
        began, codes = time.monotonic(), []
        while time.monotonic() - began < OUTAGE_S:  # The fault is a duration.
            codes.append(ask_once(s))
            time.sleep(0.2)
    finally:
        for x in others:
            x.resume()
        s.store.view.close()  # Our own look, too, may wait for an answer that does not come.
    assert 200 not in codes[len(codes) // 2:], f"a minority served: {codes}"
    up, at = time.monotonic(), now_ms()
    s.wait_sampled(at)
    s.tell(name, {"every host sampled again": time.monotonic() - up})
    same_owners(s, before)
    s.verify(name)


def ask_once(s):
    try:
        return s.cluster.api().call("POST", "/manage/host/count", {})[1]["code"]
    except OSError:
        return 0  # It took too long.


# -- the network


@drilled("partition", "spaces")
def partition(s):
    cut_off(s, "two-way partition", lambda it: s.net.isolate(it.name))


@drilled("deaf", "spaces")
def deaf(s):
    cut_off(s, "one-way partition, nothing reaches it", lambda it: s.net.deafen(it.name))


@drilled("mute", "spaces")
def mute(s):
    cut_off(s, "one-way partition, nothing leaves it", lambda it: s.net.mute(it.name))


@drilled("unplugged", "spaces")
def unplugged(s):
    cut_off(s, "interface down", lambda it: s.net.pull_plug(it.name))


def cut_off(s, name, fault):
    """A node that reaches neither peers nor database loses its hosts, and gets new ones when it is back."""
    victim = s.pick()
    task, before, at = s.long_job(victim), s.slots_of(victim), now_ms()
    fault(victim)
    try:
        s.takeover(name, before, task, at, CUT_S)
        s.explain(before, at, now_ms())
    finally:
        s.net.heal()
    s.wait_whole()
    s.verify(name)


@drilled("peers", "spaces")
def peers(s):
    """Two nodes cannot talk to each other; both reach the database, so nothing is taken over."""
    name, one = "two nodes cannot talk", s.pick()
    other, before = s.cluster.any(besides=(one,)), s.watch.epochs()
    s.net.cut_both_ways(one.name, other.name)
    try:
        watch_for(s, WATCHED_S, lambda: same_owners(s, before))
        s.wait_sampled()
    finally:
        s.net.heal()
    same_owners(s, before)
    s.tell(name, {"nothing moved for": WATCHED_S})
    s.verify(name)


@drilled("slow", "spaces")
def slow(s):
    """A link with a round trip of 200 ms and 10 Mbit/s, to the database too. Storing takes longer than rounds are apart,
    so the node falls behind; yet nothing moves, and once the link is quick again not one round is missing."""
    slow_link(s, 100)


@drilled("distant", "spaces")
def distant(s):
    """A round trip of 20 ms: the node keeps up."""
    lag = slow_link(s, 10)
    assert lag < 5, f"its hosts are {lag:.1f} s behind"


def slow_link(s, delay_ms):
    name, it, before = f"link with a round trip of {2 * delay_ms} ms", s.pick(), s.watch.epochs()
    s.net.slow(it.name, delay_ms, 10)
    try:
        watch_for(s, WATCHED_S, lambda: same_owners(s, before))
        oldest = s.store.number("select min(c.until_ms) from host_cursor c join host h on h.n = c.host "
                                f"join slot s on s.slot = h.slot where s.node = '{it.id}'")
        lag, healed = (now_ms() - oldest) / 1000, time.monotonic()
    finally:
        s.net.heal()
    s.wait_sampled()
    s.tell(name, {f"behind after {WATCHED_S} s": lag, "caught up": time.monotonic() - healed})
    same_owners(s, before)
    s.verify(name)
    return lag


def same_owners(s, before):
    now = s.watch.epochs()
    moved = {slot: (before[slot], now[slot]) for slot in before if now[slot] != before[slot]}
    assert not moved, f"{len(moved)} slots moved, such as {next(iter(moved.items()))}"
    return True


def watch_for(s, seconds, holds):
    """It must hold all the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        holds()
        time.sleep(0.5)


def named(name):
    return next(x for x in ALL if x.name == name)
