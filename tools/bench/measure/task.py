"""Runs of tasks: their time over that of bare ansible-playbook, events taken in, stored and streamed, and a run over 1000 hosts."""
import bisect
import os
import re
import socket
import sys
import tempfile
import threading
import time
import urllib.parse

from measure.figures import quantile
from measure.node import Node, Place
from measure.process import poll

LAB_HOSTS = 6
FORKS = 50
EVENT_HOSTS, EVENT_ACTIONS = 10, 10_000
MANY_HOSTS, MANY_ACTIONS = 1000, 20
ENDED = ("done", "failed", "cancelled", "timed_out")
QUICK = [{"hosts": "all", "tasks": [{"ansible.builtin.ping": None}]}]
# What a small deployment does: looks, copies, asks, starts.
PLAY = [{"name": "bench", "hosts": "all", "become": True, "tasks": [
    *({"name": f"file {k}", "ansible.builtin.copy": {"content": f"{k} of {{{{ ansible_facts.hostname }}}}\n",
                                                     "dest": f"/var/bench-{k}", "mode": "0644"}} for k in range(6)),
    *({"name": f"line {k}", "ansible.builtin.lineinfile": {"path": "/var/bench-lines", "line": f"line {k}", "create": True,
                                                           "mode": "0644"}} for k in range(4)),
    *({"name": f"command {k}", "ansible.builtin.command": f"stat /var/bench-{k}"} for k in range(4)),
    {"name": "service", "ansible.builtin.service": {"name": "ssh", "state": "started"}},
    {"name": "clear", "ansible.builtin.shell": "rm -f /var/bench-*"}]}]


def helpers(place):
    os.environ["AOPS_BIN"] = place.programs
    sys.path.insert(0, os.path.join(place.top, "tests/system"))
    import lab  # Here, not above: these modules need to be found first.
    import lab_ansible
    import node
    import run_scene
    return lab, lab_ansible, node, run_scene


def end_of(ask, run):
    def ended():
        (x,) = ask("/manage/task/result/get", {"execution_list": [run]})["executions"]
        return x if x["state"] in ENDED else None
    x = poll(ended, 600, f"run {run} has not ended")
    if x["state"] != "done":
        raise RuntimeError(f"run {run} is {x['state']}: {x['reason']}")
    return x


def measure(figures, place, options):
    measure_pairs(figures, place, options)
    quick = os.path.join(place.top, "tests/system/quick_runner.py")
    settings = ("check.sample_period=1h", f"tasks.runner={quick}")
    for measure_with, hosts in ((measure_events, EVENT_HOSTS), (measure_many, MANY_HOSTS)):
        own = Place(place.programs, tempfile.mkdtemp(dir=place.folder), place.top)
        with Node(own, 9100, False, settings) as it:
            measure_with(figures, it, prepare(it, hosts), options)


# -- beside ansible-playbook


def measure_pairs(figures, place, options):
    lab, lab_ansible, node, run_scene = helpers(place)
    if lab.why_not():
        raise RuntimeError(lab.why_not())
    with lab.lab(LAB_HOSTS) as hosts, node.node("check.sample_period=1h", "tasks.collect_facts=0s") as it:
        api = it.admin()
        api.good("/manage/account/certificate", {"key": "bench key"})
        api.add_group()
        ids = api.good("/manage/host/add", {"host_list": [run_scene.row(x) for x in hosts], "key": "bench key"})["host_list"]
        api.good("/manage/template/import", {"template_name": "bench", "template_content": PLAY, "description": ""})
        task = api.good("/manage/task/generate", {"task_name": "bench", "description": "", "template_name": ["bench"],
                                                  "host_list": ids})["task_id"]

        def by_aops():
            began = time.monotonic()
            (run,) = api.good("/manage/task/execute", {"task_list": [task], "forks": FORKS})["execution_id"]
            seen = run_scene.watcher(run)
            seen.take(seen.open(api, 600))
            took = time.monotonic() - began
            end_of(api.good, run)
            return took

        def bare():
            ansible = lab_ansible.runner(hosts)  # Anew: connections that are kept would be an advantage.
            try:
                began = time.monotonic()
                stats, text = ansible.run(PLAY, options=("--forks", str(FORKS)))
                took = time.monotonic() - began
            finally:
                ansible.close()
            if any(bad for _, bad in lab_ansible.went_well(stats).values()):
                raise RuntimeError(text[-1000:])
            return took
        for side in (bare, by_aops):
            side()  # Interpreters and files come into the memory of the machine.
        for k in range(options.runs):
            took = {side: side() for side in ((bare, by_aops) if k % 2 else (by_aops, bare))}
            figures.add(f"task: ansible-playbook on {LAB_HOSTS} hosts", took[bare], "s")
            figures.add(f"task: the same as a run, on {LAB_HOSTS} hosts", took[by_aops], "s")
            figures.add("task: run / ansible-playbook", took[by_aops] / took[bare], "ratio", "<= 1.1")


# -- with a program that tells events in place of Ansible


def prepare(it, hosts):
    it.log_in()
    ids = it.add_hosts([f"127.8.{k // 250}.{k % 250 + 1}" for k in range(hosts)])
    it.ask("/manage/account/certificate", {"key": "bench key"})
    it.ask("/manage/template/import", {"template_name": "quick", "template_content": QUICK, "description": ""})
    return it.ask("/manage/task/generate", {"task_name": "quick", "description": "", "template_name": ["quick"],
                                            "host_list": ids})["task_id"]


def start(it, task, actions):
    (run,) = it.ask("/manage/task/execute", {"task_list": [task], "vars": {"quick_actions": actions}})["execution_id"]
    return run


class counter(threading.Thread):
    """Counts the events of a stream as they come: what takes the stream apart costs more than what makes it."""

    def __init__(self, it, run, keeps=False):
        super().__init__(daemon=True)
        self.pieces = [] if keeps else None  # (When it came, bytes).
        where = urllib.parse.urlsplit(it.url)
        self.link = socket.create_connection((where.hostname, where.port), 120)
        self.link.sendall(f"GET /manage/task/stream?execution_id={run} HTTP/1.1\r\nHost: {where.netloc}\r\nAccess-Token: {it.token}\r\n"
                          "Accept: text/event-stream\r\nConnection: close\r\n\r\n".encode())
        self.count, self.first, self.last = 0, None, None

    def run(self):
        tail = b""
        while piece := self.link.recv(1 << 18):
            if self.pieces is not None:
                self.pieces.append((time.time(), piece))
            lines = tail + piece
            tail = lines[-3:]  # A byte less than what is counted.
            found = lines.count(b"\nid:")
            if found:
                self.last = time.monotonic()
                self.first = self.first or self.last
            self.count += found
        self.link.close()


def lateness_ms(pieces):
    """From when each event happened to when a stream had all of it."""
    ends, whole = [], b""
    for at, piece in pieces:
        whole += piece
        ends.append((len(whole), at))
    return [1000 * (ends[bisect.bisect_left(ends, (found.end(),))][1] - float(found[1]))
            for found in re.finditer(rb'"time":([0-9.]+),"type":"event"', whole)]


def measure_events(figures, it, task, options):
    for _ in range(options.runs):
        cpu, began = it.cpu_s(), time.monotonic()
        run = start(it, task, EVENT_ACTIONS)
        seen = counter(it, run)
        seen.start()
        x = end_of(it.ask, run)
        seen.join(120)
        if seen.count != x["events"]:
            raise RuntimeError(f"{seen.count} of {x['events']} events came by the stream")
        figures.add("task: events taken in and stored", x["events"] / (x["ended"] - x["started"]), "1/s", ">= 20000")
        figures.add("task: events streamed meanwhile", seen.count / (seen.last - began), "1/s", ">= 20000")
        figures.add("task: CPU of the node for an event", (it.cpu_s() - cpu) / x["events"] * 1e6, "us")


def measure_many(figures, it, task, options):
    for _ in range(options.runs):
        idle = it.rss_mb()
        began, most = time.monotonic(), idle
        run = start(it, task, MANY_ACTIONS)
        seen = counter(it, run, keeps=True)
        seen.start()
        while seen.is_alive():
            most = max(most, it.rss_mb())
            seen.join(0.05)
        x = end_of(it.ask, run)
        figures.add(f"task: a run over {MANY_HOSTS} hosts, memory above idle", most - idle, "MB", "<= 100")
        figures.add(f"task: a run over {MANY_HOSTS} hosts, first event", seen.first - began, "s")
        late = lateness_ms(seen.pieces)
        for share in (0.5, 0.99):
            figures.add(f"task: a run over {MANY_HOSTS} hosts, from an event to the stream, p{100 * share:g}", quantile(late, share), "ms")
        figures.add(f"task: a run over {MANY_HOSTS} hosts, whole", x["ended"] - x["time"], "s")
        for name, path, body in (("its hosts", "hosts", {"execution_id": run}), ("runs", "get", {})):
            began = time.monotonic()
            it.ask(f"/manage/task/result/{path}", body)
            figures.add(f"task: {MANY_HOSTS} hosts, list of {name}", (time.monotonic() - began) * 1000, "ms", "<= 1000")
