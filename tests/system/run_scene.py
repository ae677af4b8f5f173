"""A node with test hosts and tasks whose steps count on the hosts themselves how often they were carried out.

Each step is a template of its name. On a host it appends `begin STEP` to /var/count, waits while /var/hold-STEP is there, fails
when /var/fail-STEP is there, and appends `end STEP`.
"""
import os
import socket
import threading
import unittest

import lab
from cluster import cluster
from node import node
from rest import parse_events
from waiting import wait_until

VAULT_KEY = "vault-key-of-the-scene"
OPEN = ("pending", "running", "paused", "waiting_for_approval", "waiting_for_key", "interrupted")
STEPS = ("one", "two", "three")


def play(step):
    return [{"name": step, "hosts": "all", "become": True, "gather_facts": False, "tasks": [
        {"name": "begin", "ansible.builtin.shell": f"echo begin {step} >>/var/count"},
        {"name": "hold", "ansible.builtin.shell": f"while [ -e /var/hold-{step} ]; do sleep 0.1; done"},
        {"name": "fail", "ansible.builtin.shell": f"! [ -e /var/fail-{step} ] || {{ echo told to fail >&2; exit 7; }}"},
        {"name": "end", "ansible.builtin.shell": f"echo end {step} >>/var/count"}]}]


def row(host, group="g"):
    """A host as it is added, with all that opens it."""
    facts = host.facts()
    it = {"host_name": host.name, "host_group_name": group, "public_ip": host.address, "ssh_port": host.port,
          "management": False, "username": host.user, "become": host.become}
    if facts["key"]:
        it["ssh_key"] = facts["key"]
    else:
        it["password"] = facts["password"]
    if host.become_password:
        it["sudo_password"] = host.become_password
    return it


class scene(unittest.TestCase):
    """@cvar HOSTS How many; they are all of the kinds of `lab`."""

    HOSTS = 3

    @classmethod
    def setUpClass(cls):
        cls.hosts = lab.lab(cls.HOSTS)
        cls.addClassCleanup(cls.hosts.close)
        cls.start_nodes()
        cls.api.good("/manage/account/certificate", {"key": VAULT_KEY})
        cls.api.add_group()
        rows = [row(x) for x in cls.hosts]
        ids = cls.api.good("/manage/host/add", {"host_list": rows, "key": VAULT_KEY})["host_list"]
        cls.ids = {x.name: host_id for x, host_id in zip(cls.hosts, ids)}
        for name in STEPS:
            cls.api.good("/manage/template/import", {"template_name": name, "template_content": play(name), "description": ""})

    @classmethod
    def start_nodes(cls):
        cls.node = node("check.sample_period=1h")
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()

    def setUp(self):
        self.addCleanup(self.end_runs)
        self.on_hosts("rm -f /var/count /var/hold-* /var/fail-*")

    def end_runs(self):
        """What a test that failed left behind would spoil the others."""
        self.on_hosts("rm -f /var/hold-*", *(x.name for x in self.hosts if x.init))
        open_runs = self.api.good("/manage/task/result/get", {"state": list(OPEN)})["executions"]
        if open_runs:
            self.api.post("/manage/task/stop", {"execution_list": [x["execution_id"] for x in open_runs]})
            wait_until(lambda: not self.api.good("/manage/task/result/get", {"state": list(OPEN)})["executions"], 120, "all ended")

    # -- hosts

    def on_hosts(self, command, *names):
        for name in names or self.ids:
            self.hosts[name].run("sh", "-c", command)

    def counted(self, name):
        """{`begin STEP` or `end STEP`: how often} of a host."""
        lines = (self.hosts[name].read("/var/count") or "").splitlines()
        return {x: lines.count(x) for x in lines}

    def assert_once(self, steps, *names):
        for name in names or self.ids:
            self.assertEqual(self.counted(name), {f"{what} {x}": 1 for x in steps for what in ("begin", "end")}, name)

    # -- tasks and runs

    def generate(self, steps=STEPS, hosts=None, idempotent=True, once=(), **tolerant):
        """A task of these steps. `once`: of those that may not be repeated; `tolerant`: {step: True} of those that may fail."""
        body = {"task_name": "counting", "description": "", "template_name": list(steps),
                "host_list": [self.ids[x] for x in hosts or self.ids],
                "steps": [{"step": x, "enable": True, "continue": x in tolerant, "idempotent": idempotent and x not in once}
                          for x in steps]}
        return self.api.good("/manage/task/generate", body)["task_id"]

    def execute(self, task, **more):
        """The id of the new run."""
        (run,) = self.api.good("/manage/task/execute", {"task_list": [task]} | more)["execution_id"]
        return run

    def run_info(self, run):
        (info,) = self.api.good("/manage/task/result/get", {"execution_list": [run]})["executions"]
        return info

    def wait_for(self, run, *states, deadline=180):
        return wait_until(lambda: (lambda x: x if x["state"] in states else None)(self.run_info(run)), deadline,
                          f"run is {' or '.join(states)}", every=0.2)

    def wait_end(self, run, state, deadline=180):
        info = wait_until(lambda: (lambda x: x if x["state"] not in OPEN else None)(self.run_info(run)), deadline,
                          "the run ends", every=0.2)
        self.assertEqual(info["state"], state, (info, self.failures(run)))
        return info

    def units(self, run):
        """{(step, host name): row}"""
        rows = self.api.good("/manage/task/result/hosts", {"execution_id": run})["results"]
        return {(x["step"], x["host_name"]): x for x in rows}

    def failures(self, run):
        return {where: (x["state"], x["action"], x["message"]) for where, x in self.units(run).items()
                if x["state"] in ("failed", "unreachable", "interrupted")}

    def wait_held(self, run, step, *names):
        """Until the step waits on these hosts."""
        def is_held():
            self.assertNotIn(self.run_info(run)["state"], ("failed", "cancelled", "timed_out", "done"), self.failures(run))
            return all(self.counted(x).get(f"begin {step}") for x in names or self.ids)
        wait_until(is_held, 180, f"{step} of {run} waits", every=0.2)

    def log(self, run):
        """All its events."""
        found, last = [], None
        while last is None or len(found) < last:
            page = self.api.good("/manage/task/result/log", {"execution_id": run, "limit": 1000,
                                                             "after": found[-1]["number"] if found else 0})
            last = page["last"]
            if not page["events"]:
                break
            found += page["events"]
        return found

    def act(self, what, run, **more):
        reply = self.api.good(f"/manage/task/{what}", {"execution_list": [run]} | more)
        self.assertEqual((reply["accepted"], reply["ignored"]), ([run], []))

    def retry(self, run):
        """The new run."""
        (new,) = self.api.good("/manage/task/retry", {"execution_list": [run]})["execution_id"]
        return new


class shared_scene(scene):
    """The same on two nodes of a cluster. Each of them, and the database, is a machine of its own in the network of the hosts."""

    @classmethod
    def start_nodes(cls):
        for name in ("db", "n1", "n2"):
            cls.hosts.net.add(name)
        cls.cluster = cluster(2, settings=("check.sample_period=1h",), net=cls.hosts.net)
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.wait_settled()
        cls.api = cls.cluster.members[0].client()

    def setUp(self):
        self.api = self.cluster.members[0].client()
        self.enter_key()
        super().setUp()

    def end_runs(self):
        for x in self.cluster.members:
            if not x.is_running():
                x.start()
        self.api = self.cluster.api()
        super().end_runs()

    def enter_key(self):
        self.api.good("/manage/account/certificate", {"key": VAULT_KEY})

    def owner_of(self, run):
        """The member whose slots the run is of, and another one."""
        ((owner,),) = self.cluster.store.rows(f"select s.node from job j join slot s on s.slot = j.slot where j.id = '{run}'")
        (it,), others = ([x for x in self.cluster.members if (x.id == owner) == same] for same in (True, False))
        return it, others[0]


class watcher:
    """Reads the live events of a run in a thread, and comes back where it was cut off, perhaps to another node."""

    def __init__(self, run, after=""):
        self.run, self.after, self.events, self.end, self.problem = run, f"&after={after}" if after else "", [], None, None
        self.thread = self.socket = None

    @property
    def numbers(self):
        return [number for _, number, _ in self.events]

    def open(self, client, timeout=120):
        """The reply, from which events come after those that are known."""
        headers = {"Access-Token": client.token, "Accept": "text/event-stream"}
        if self.events:
            headers["Last-Event-ID"] = str(self.numbers[-1])
        link = client.connection(timeout)
        link.connect()
        self.socket = link.sock
        link.request("GET", f"/manage/task/stream?execution_id={self.run}{self.after}", headers=headers)
        reply = link.getresponse()
        assert reply.status == 200, reply.read()
        return reply

    def take(self, reply):
        """All that comes, until the node ends the stream or it is cut."""
        for event in parse_events(reply):
            if event[1] is not None:
                self.events.append(event)
            if event[0] == "done":
                self.end = event[2]

    def follow(self, client):
        """In a thread. `cut`, `join` or the end of the node end it."""
        reply = self.open(client)

        def read():
            try:
                self.take(reply)
            except Exception as x:  # Told by `join`; a stream that was cut may break anyhow.
                self.problem = x
        self.thread = threading.Thread(target=read, daemon=True)
        self.thread.start()

    def cut(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # The node is gone.
        self.thread.join(30)
        assert not self.thread.is_alive(), "a stream that was cut goes on"

    def join(self, deadline=60):
        """Until the stream has ended by itself."""
        self.thread.join(deadline)
        assert not self.thread.is_alive() and self.problem is None, (self.problem, self.numbers[-3:])


def children_of(pid):
    """All processes that it started, and those they did."""
    found, queue = [], [pid]
    while queue:
        parent = queue.pop()
        try:
            tasks = os.listdir(f"/proc/{parent}/task")
        except OSError:  # It has ended.
            continue
        for task in tasks:
            try:
                with open(f"/proc/{parent}/task/{task}/children", encoding="ascii") as file:
                    new = [int(x) for x in file.read().split()]
            except OSError:
                continue
            found += new
            queue += new
    return found


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def command(pid):
    return read(f"/proc/{pid}/cmdline").replace(b"\0", b" ").decode(errors="replace")


def with_run(run, *roots):
    """Processes below these that belong to a run, whose id is in their environment. Those of a host are below its process."""
    found = []
    for pid in (x for root in roots for x in children_of(root)):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if any(x.startswith(b"AOPS_RUN") and run.encode() in x for x in file.read().split(b"\0")):
                    found.append(pid)
        except OSError:
            continue
    return found


def settle_without(run, *roots):
    """Until nothing of a run is left below these; what is left is named."""
    def are_gone():
        left[:] = with_run(run, *roots)
        return not left

    left = []
    try:
        settle(are_gone)
    except AssertionError as problem:
        raise AssertionError("\n".join(("left of the run:", *(f"{x}: {command(x)}" for x in left)))) from problem


def lives(pid):
    """Whether it runs: what has ended and was not asked for yet, as by a parent that is stopped, does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def settle(predicate, deadline=30):
    return wait_until(predicate, deadline, "what a run leaves or does not leave", every=0.1)

