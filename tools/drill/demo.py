"""The demonstration of `tools/cluster-demo`: demo.py FOLDER_OF_PROGRAMS."""
import os
import pathlib
import signal
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests/system"))

from checker import watch  # noqa: E402
from cluster import cluster  # noqa: E402
from node import die_with_parent, program  # noqa: E402
from rest import PASSWORD, rule, tree  # noqa: E402
from waiting import wait_until  # noqa: E402

HOSTS, SLICE_S, LAST_MINUTES = 300, 1, 5
SETTINGS = ("check.sample_period=2s",)
RULES = [rule("load_high", "node_load1", "$0 > 0.8"), rule("queue_long", "node_procs_running", "avg(#3) > 4"),
         rule("memory_short", "node_memory_MemAvailable_bytes", "$0 < 1000000000")]
TREE = tree("host_slow", "load || memory", {"load": "load_high", "memory": "memory_short"})


def say(text):
    print(f"\033[1m{text}\033[0m" if sys.stderr.isatty() else text, file=sys.stderr, flush=True)


class command_line:
    def __init__(self, c):
        self.env = dict(os.environ, XDG_CONFIG_HOME=c.folder, AOPS_PASSWORD=PASSWORD)
        urls = ",".join(x.url for x in c.members)
        self.run("login", "--url", urls, "--username", "admin", "--trust")

    def run(self, *words):
        done = subprocess.run([program("aops"), *words], env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              timeout=30, check=False)
        if done.returncode:
            raise RuntimeError(f"aops {' '.join(words)} ended with {done.returncode}")
        return done.stdout.decode()

    def start(self, *words, to):
        return subprocess.Popen([program("aops"), *words], env=self.env, stdin=subprocess.DEVNULL, stdout=to,
                                preexec_fn=die_with_parent)


def prepare(c):
    api = c.api()
    api.good("/check/rule/import", {"check_items": RULES})
    api.good("/diag/tree/import", {"trees": [TREE]})
    c.add_fleet(HOSTS)
    c.wait_settled()
    wait_until(lambda: c.store.number("select count(*) from host_cursor where until_ms > since_ms + 4000") == HOSTS, 60,
               "three rounds of every host")


def open_work(c):
    """Reports still to come, by the node that owns their job; none before all six tasks are there."""
    rows = c.store.rows("select s.node, sum(j.expected - j.finished), count(*), sum(j.finished) from job j "
                        "join slot s on s.slot = j.slot where j.state in ('pending', 'running') group by s.node")
    jobs, finished = sum(int(x[2]) for x in rows), sum(int(x[3]) for x in rows)
    return {node: int(left) for node, left, _, _ in rows} if jobs == HOSTS // 50 and finished else None


def kill_busiest(c, watcher):
    work = wait_until(lambda: open_work(c), 30, "six tasks under way", 0.01)
    victim = max((x for x in c.members), key=lambda x: work.get(x.id, 0))
    before = {slot: x for slot, x in watcher.epochs().items() if x[0] == victim.id}
    jobs = c.store.number("select count(*) from job j join slot s on s.slot = j.slot where j.state in "
                          f"('pending', 'running') and s.node = '{victim.id}'")
    hosts = c.store.number(f"select count(*) from host h join slot s on s.slot = h.slot where s.node = '{victim.id}'")
    victim.kill()
    at = int(time.time() * 1000)
    say(f"\nkilled {victim.name} ({victim.id[:12]}) by kill -9: it owned {jobs} of the 6 tasks and {hosts} of {HOSTS} hosts")
    return victim, before, at


def tell_takeover(watcher, before, at):
    for what, kind in (("first job step by a new owner", "step"), ("first sample by a new owner", "sample")):
        when = wait_until(lambda: watcher.first(kind, before), 30, what, 0.02)
        say(f"\n{what} after {(when - at) / 1000:.2f} s")
    when = wait_until(lambda: watcher.all_sampled(before), 30, "a sample of all its hosts", 0.05)
    say(f"\nall its hosts sampled by new owners after {(when - at) / 1000:.2f} s")


def check(c):
    expected, done, reports, states = (int(x or 0) for x in c.store.rows(
        "select sum(expected), sum(finished), (select count(*) from report), sum(state <> 'done') from job")[0])
    twice = len(c.store.rows("select 1 from report group by job, host_id, tree_name, start_ms having count(*) > 1"))
    say(f"{reports} of {expected} reports stored, {twice} of them twice; {states} tasks did not end well")
    return expected == done == reports and not twice and not states


def demonstrate():
    say("starting MariaDB and three nodes")
    with cluster(3, settings=SETTINGS) as c:
        say(f"adding {HOSTS} simulated hosts, sampled every 2 s")
        prepare(c)
        aops, watcher = command_line(c), watch(c.store)
        print(aops.run("cluster", "nodes", "-o", "table"), flush=True)
        say(f"diagnosing all of them over the last {LAST_MINUTES} minutes, a report for each second")
        with open(os.path.join(c.folder, "reports"), "w+b") as reports:
            running = aops.start("diag", "--all_hosts", "--tree_list", "host_slow", "--last", f"{LAST_MINUTES}m",
                                 "--interval", str(SLICE_S), "--watch", "-o", "table", to=reports)
            _, before, at = kill_busiest(c, watcher)
            tell_takeover(watcher, before, at)
            code = running.wait(100)
            reports.seek(0)
            print("…\n" + b"\n".join(reports.read().splitlines()[-12:]).decode(), flush=True)
        print(aops.run("cluster", "nodes", "-o", "table"), flush=True)
        return check(c) and code == 0


if __name__ == "__main__":
    os.environ["AOPS_BIN"] = os.path.abspath(sys.argv[1])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # So that everything ends with us.
    began = time.monotonic()
    try:
        good = demonstrate()
    except KeyboardInterrupt:
        sys.exit(130)
    say(f"{'all is well' if good else 'something is wrong'}, after {time.monotonic() - began:.0f} s")
    sys.exit(0 if good else 1)
