"""What every drill needs: a cluster that samples, under load, watched; figures, bounds and the final account."""
import time

from checker import ALWAYS, SILENT, check, wait_for_end, watch
from cluster import cluster
from load import steady_load
from machine import witness
from netns import network
from rest import rule, tree
from waiting import wait_until

PERIOD_MS = 1000
HOSTS = 48
JOB_HOSTS = 24
MOST_HOSTS = 50  # Of one job.
LATE_RULE = "late_rule"  # What took place before a rule came; no round is missing.
SETTINGS = ("check.sample_period=1s", "scrape.timeout=1s", "scrape.connect_timeout=500ms",
            "log.level=info")
RULES = [rule(ALWAYS, "node_memory_MemTotal_bytes", "$0 > 0"), rule("never", "node_memory_MemTotal_bytes", "$0 < 0"),
         rule("busy", "node_load1", "$0 > 0.7")]
TREE = "drill"


def now_ms():
    return int(time.time() * 1000)


class scene:
    """@param spaces Whether each node and the database have a network namespace of their own.
    @param fault_s How long faults last whose length is free.
    @param more Of the cluster.
    """

    def __init__(self, nodes=3, servers=1, spaces=False, seed=1, per_second=4, hosts=HOSTS, fault_s=60, settings=(),
                 **more):
        self.fault_s, self.is_warm = fault_s, False
        self.seed, self.per_second, self.slices = seed, per_second, 400
        self.net = network("db", *[f"n{k + 1}" for k in range(nodes)]) if spaces else None
        self.windows, self.figures, self.load, self.cluster, self.acknowledged = [], [], None, None, []
        self.machine = witness()
        try:
            self.cluster = cluster(nodes, servers, SETTINGS + tuple(settings), self.net, **more)
            self.chance = self.cluster.chance
            self.chance.seed(seed)
            self.store = self.cluster.store
            self.watch = watch(self.store) if servers else None  # Nobody else can own anything in an embedded store.
            api = self.cluster.api()
            api.good("/check/rule/import", {"check_items": RULES})
            leaves = {"a": ALWAYS, "b": "never", "c": "busy"}
            api.good("/diag/tree/import", {"trees": [tree(TREE, "a && b || c", leaves)]})
            self.hosts = self.cluster.add_fleet(hosts)
            self.cluster.wait_settled()
            self.wait_sampled()
            self.start_load()
        except BaseException:
            self.close()
            raise

    # -- load

    def start_load(self):
        self.load = steady_load(self.cluster, self.hosts, TREE, self.per_second, seed=self.seed + len(self.acknowledged))

    def stop_load(self):
        if self.load is not None:
            self.load.stop()
            self.acknowledged += self.load.acknowledged
            told, self.load = self.load.told(), None
            return told
        return ""

    def long_job(self, owner):
        """A diagnosis under way whose job actor lives on this member. Returns its id."""
        now = int(time.time())
        body = {"host_list": self.hosts[:JOB_HOSTS], "tree_list": [TREE], "interval": 1,
                "time_range": [now - self.slices, now]}
        for _ in range(40):
            reply = self.cluster.api().good("/diag/execute", body)
            task = reply["task_id"]
            if self.store.rows("select s.node from job j join slot s on s.slot = j.slot "
                               f"where j.id = '{task}'") == [(owner.id,)]:
                self.load.add("diag", reply, owner.name)
                wait_until(lambda: self.finished(task) >= reply["expected_report_num"] // 50, 60, "a first step", 0.01)
                return task
            self.cluster.api().post("/diag/task/cancel", {"task_list": [task]})
        raise AssertionError(f"no job came to {owner.name}")

    def start_jobs(self, kind, seconds, what):
        """Of every host, over so much time until now. Returns the code that each job of some of them was answered."""
        now, codes = int(time.time()), []
        for begin in range(0, len(self.hosts), MOST_HOSTS):
            body = {"host_list": self.hosts[begin:begin + MOST_HOSTS], "time_range": [now - seconds, now]}
            reply = self.cluster.api().post(f"/{kind}/execute", body | what)
            codes.append(reply["code"])
            if reply["code"] == 200:
                self.load.add(kind, reply, "n1")
        return codes

    def finished(self, task):
        return self.store.number(f"select finished from job where id = '{task}'")

    # -- faults

    def pick(self, leader=None):
        """A random member; the leader, or one that is not, when asked for."""
        if leader is None:
            return self.cluster.any()
        chief = self.cluster.leader()
        return chief if leader else self.cluster.any(besides=(chief,))

    def slots_of(self, it):
        """Slot → (node, epoch) as they are now."""
        return {slot: x for slot, x in self.watch.epochs().items() if x[0] == it.id}

    def takeover(self, name, before, task, since_ms, bound_s):
        """Waits until hosts and jobs of `before` go on under later epochs; prints how long each took.

        Fails above the bound, yet waits longer than that, to tell by how much.
        """
        patience, began = 2 * bound_s + 20, self.machine.mark()
        sample = wait_until(lambda: self.watch.first("sample", before), patience, f"{name}: a sample of a new owner")
        step = wait_until(lambda: self.step_of(task, before), patience, f"{name}: a step of a new owner")
        whole = wait_until(lambda: self.watch.all_sampled(before), patience, f"{name}: a sample of every host")
        figures = {"first sample": (sample - since_ms) / 1000, "first step": (step - since_ms) / 1000,
                   "all hosts sampled": (whole - since_ms) / 1000}
        self.tell(name, figures, bound_s)
        slowness = (time.monotonic() - began[0]) / self.machine.given(began)
        late = {what: took for what, took in figures.items()
                if took > bound_s * slowness and what != "all hosts sampled"}
        assert not late, f"{name}: over the bound of {bound_s} s on a machine {slowness:.1f} times as slow: {late}"

    def step_of(self, task, before):
        rows = self.store.rows(f"select slot, epoch, at_ms from drill.event where kind = 'step' and entity = '{task}'")
        times = [int(at) for slot, epoch, at in rows if int(slot) in before and int(epoch) > before[int(slot)][1]]
        return min(times, default=None)

    def tell(self, name, figures, bound_s=None):
        self.figures.append((name, dict(figures), bound_s))
        text = ", ".join(f"{what} {took:.2f} s" for what, took in figures.items())
        print(f"drill {name}: {text}" + (f" (bound {bound_s} s)" if bound_s else ""), flush=True)

    def explain(self, before, from_ms, until_ms, may_be_silent=False):
        """Rounds of hosts in these slots may be missing in this time; or be there without an answer of the host."""
        self.windows.append((set(before), from_ms - PERIOD_MS, until_ms + PERIOD_MS, may_be_silent))

    def wait_sampled(self, since_ms=None, deadline=90):
        """Until every host has a committed round later than this (now)."""
        since_ms = since_ms or now_ms()
        self.machine.wait_given(lambda: self.store.number(
            "select count(*) from host h left join host_cursor c on c.host = h.n "
            f"where c.until_ms is null or c.until_ms < {since_ms}") == 0, deadline, "every host is sampled", 0.2)

    def wait_whole(self, deadline=120):
        self.cluster.wait_settled(deadline)
        self.wait_sampled()

    # -- the account

    def verify(self, name, load_again=True):
        """Stops the load, lets what was acknowledged end, and compares."""
        told = self.stop_load()
        wait_for_end(self.store, self.acknowledged)
        end = now_ms()
        self.wait_sampled(end)
        found = check(self.store, self.acknowledged, PERIOD_MS, self.watch, end)
        slots = {int(n): int(slot) for n, slot in self.store.rows("select n, slot from host")}
        problems = found.problems + [f"missed without a reason of the drill: {x}" for x in found.missed
                                     if x.reason != LATE_RULE and not self.is_explained(x, slots[int(x.host)])]
        lost, twice, holes = (found.figures[x] for x in ("lost", "twice", "holes"))
        print(f"  checked {name}: {told}; {lost} lost, {twice} twice, {holes} holes, {found.figures['missed']} missed of "
              f"{found.figures['rounds']} rounds", flush=True)
        assert not problems, f"{name}: {len(problems)} problems, such as\n" + "\n".join(problems[:15])
        if load_again:
            self.start_load()
        return found

    def is_explained(self, x, slot):
        return any(slot in concerned and begin <= x.start_ms and x.end_ms <= end and (x.reason != SILENT or may_be_silent)
                   for concerned, begin, end, may_be_silent in self.windows)

    def close(self):
        try:
            if self.load is not None:
                self.load.stopping.set()
            if self.cluster is not None:
                self.cluster.close()
        finally:
            self.machine.close()
            if self.net is not None:
                self.net.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None and self.cluster is not None:
            print(self.cluster.logs(), flush=True)
        self.close()
