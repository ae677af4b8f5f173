"""etc/rules/linux.json and etc/trees/linux.json against real node_exporters: each fault is caused on a host of its own, and
exactly its rule fires there; before, and where all is well, none does. Windows and `for` are made short, conditions stay.

A disk is a real ext4 in a file, an interface a real one in a network of its own. What would harm whoever else works on this
machine is a /proc made of files (`proc_tree`); systemd and the kernel's clock are stood in for by node_exporter's text files.
"""
import contextlib
import json
import os
import re
import shutil
import socket
import tempfile
import threading
import time
import unittest

import netns
from disk import disk, why_not
from exporter import free_port
from node import node
from page import DOCS
from proc_tree import MEMORY_KB, proc_tree, small_exporter
from waiting import wait_until

RULES = DOCS.parent / "etc" / "rules" / "linux.json"
TREES = DOCS.parent / "etc" / "trees" / "linux.json"

# Windows of conditions, and every `for`, as the test can wait for them; `min(1h)` needs no full window.
SHORT = {"1m": "5s", "5m": "8s", "10m": "10s", "1h": "5m"}
FOR = "2s"
WARM_ROUNDS = 14  # Until the windows of ten seconds are full.
PATIENCE_S = 120

# Rules of the pack that cannot be caused here, and why.
NOT_CAUSED = {}


class way_into:
    """A port of this machine that leads to one of a namespace."""

    def __init__(self, space, port):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.open = lambda: space.inside(lambda: socket.create_connection(("127.0.0.1", port), 5))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):  # Closed.
            while True:
                near, _ = self.server.accept()
                try:
                    far = self.open()
                except OSError:
                    near.close()
                    continue
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self.carry, args=ends, daemon=True).start()

    @staticmethod
    def carry(source, target):
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                target.sendall(piece)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()


class host_of_files:
    """@param break_it What is done to its tree."""

    def __init__(self, break_it):
        self.tree = proc_tree()
        self.exporter = small_exporter(self.tree.collectors())
        self.port = self.exporter.port
        self.fault = break_it

    def break_it(self):
        self.fault(self.tree)

    def mend(self):
        self.tree.reset()

    def close(self):
        self.exporter.close()
        self.tree.close()


class host_with_disk:
    """@param break_it What is done to its disk. @param options Of mkfs.ext4."""

    def __init__(self, break_it, *options):
        self.folder = tempfile.mkdtemp(prefix="aops-disk-")
        self.port = free_port()
        self.fault = break_it
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.disk = disk(self.folder, [], "prometheus-node-exporter", "--log.level=error", "--collector.disable-defaults",
                             "--collector.filesystem", f"--web.listen-address=127.0.0.1:{self.port}", log=log, options=options)

    def break_it(self):
        self.fault(self)

    def fill(self, free_share):
        about = os.statvfs(self.disk.path)
        with open(os.path.join(self.disk.path, "fill"), "wb") as file:
            os.posix_fallocate(file.fileno(), 0, int(about.f_bavail - free_share * about.f_blocks) * about.f_frsize)

    def use_up_inodes(self, free_share):
        about = os.statvfs(self.disk.path)
        for n in range(int(about.f_ffree - free_share * about.f_files)):
            with open(os.path.join(self.disk.path, f"small-{n}"), "wb"):
                pass

    def mend(self):
        self.disk.remount("rw")
        for name in os.listdir(self.disk.path):
            if name != "lost+found":
                os.remove(os.path.join(self.disk.path, name))

    def close(self):
        self.disk.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class host_with_cable:
    """A second interface, whose other end is taken down."""

    def __init__(self, space):
        self.space = space
        space.run("ip", "link", "add", "eth1", "type", "veth", "peer", "name", "far1")
        self.mend()
        # /sys shows the interfaces of the network it was mounted in.
        self.exporter = small_exporter(
            ["--collector.disable-defaults", "--collector.netclass", "--collector.netclass.ignored-devices=^(lo|far1)$"],
            [*space.prefix, "unshare", "--mount", "sh", "-c", 'mount -t sysfs sysfs /sys && exec "$@"', "sh"])
        self.way = way_into(space, self.exporter.port)
        self.port = self.way.port

    def break_it(self):
        self.space.run("ip", "link", "set", "far1", "down")

    def mend(self):
        for end in ("eth1", "far1"):
            self.space.run("ip", "link", "set", end, "up")

    def close(self):
        self.way.close()
        self.exporter.close()


class host_that_dies(host_of_files):
    def __init__(self):
        super().__init__(lambda tree: self.exporter.stop())

    def mend(self):
        self.exporter.start()


def files(break_it):
    return lambda space: host_of_files(break_it)


def filesystem(break_it, *options):
    return lambda space: host_with_disk(break_it, *options)


# Rule of the pack → a host and how its fault is caused there; and rules that hold there too, for the same reason.
FAULTS = {
    "host_down": (lambda space: host_that_dies(), ()),
    "disk_nearly_full": (filesystem(lambda x: x.fill(0.05)), ()),
    "disk_full": (filesystem(lambda x: x.fill(0.005)), ("disk_nearly_full",)),
    "inodes_short": (filesystem(lambda x: x.use_up_inodes(0.02), "-N", "512"), ()),
    "disk_read_only": (filesystem(lambda x: x.disk.remount("ro")), ()),
    "load_high": (files(lambda x: x.set(load5=6)), ()),
    "cpu_busy": (files(lambda x: x.cpu_shares(user=0.93, idle=0.02)), ("cpu_core_busy",)),
    "cpu_core_busy": (files(lambda x: x.cpu_shares(user=0.8, idle=0.15)), ()),
    "cpu_waits_for_disks": (files(lambda x: x.cpu_shares(iowait=0.5, idle=0.3)), ()),
    "cpu_stolen": (files(lambda x: x.cpu_shares(steal=0.2, idle=0.5)), ()),
    "run_queue_long": (files(lambda x: x.set(running=10)), ()),
    "processes_blocked": (files(lambda x: x.set(blocked=6)), ()),
    "memory_short": (files(lambda x: x.set(available_kb=MEMORY_KB // 50)), ()),
    "out_of_memory": (files(lambda x: x.count(x.vm, "oom_kill", 1)), ()),
    "swap_nearly_full": (files(lambda x: x.set(swap_free_kb=MEMORY_KB // 20)), ()),
    "swapping": (files(lambda x: x.rates(x.vm, pswpout=400)), ()),
    "major_faults": (files(lambda x: x.rates(x.vm, pgmajfault=2000)), ()),
    "disk_busy": (files(lambda x: x.rates(x.disk, busy_ms=1100)), ()),
    "disk_slow": (files(lambda x: x.rates(x.disk, read_ms=3000)), ()),
    "network_receive_errors": (files(lambda x: x.rates(x.wire, receive_errors=20)), ()),
    "network_transmit_errors": (files(lambda x: x.rates(x.wire, transmit_errors=20)), ()),
    "network_down": (lambda space: host_with_cable(space), ()),
    "unit_failed": (files(lambda x: x.set(unit_failed=1)), ()),
    "clock_wrong": (files(lambda x: x.set(clock_offset=-0.4)), ()),
    "clock_not_synchronised": (files(lambda x: x.set(synchronised=0)), ()),
    "files_open_many": (files(lambda x: x.set(files=90_000)), ()),
    "connections_tracked_many": (files(lambda x: x.set(tracked=9000)), ()),
    "restarted": (files(lambda x: x.set(booted=1_700_000_500)), ()),
}
CALM = "all_is_well"

# Root cause of a shipped tree → the host that shows it.
CAUSES = {
    ("host_slow", "cpu exhausted"): "cpu_busy",
    ("host_slow", "memory exhausted"): "out_of_memory",
    ("host_slow", "disks exhausted"): "processes_blocked",
    ("host_unhealthy", "not reachable"): "host_down",
    ("host_unhealthy", "storage failing"): "inodes_short",
    ("host_unhealthy", "network failing"): "network_down",
    ("host_unhealthy", "system failing"): "unit_failed",
}


def pack():
    return json.loads(RULES.read_text())["check_items"]


def shortened(rule):
    def shorter(text):
        return re.sub(r"\b\d+[smh]\b", lambda found: SHORT[found[0]], text)
    out = rule | {"condition": shorter(rule["condition"])}
    if "for" in rule:
        out["for"] = FOR
    return out


def is_ours(row):
    """Not of a disk of this machine, which the hosts with a disk see too."""
    return row.get("labels", {}).get("mountpoint", "/var") == "/var"


def root_causes_of(node_):
    """Names of the branches below the root: what a shipped tree can name as the cause."""
    return [child["node name"] for child in node_["children"]]


class rule_pack(unittest.TestCase):
    def test_every_rule_is_caused_or_the_reason_why_not_stands_here(self):
        names = {rule["check_item"] for rule in pack()}
        self.assertEqual(names, FAULTS.keys() | NOT_CAUSED.keys())
        self.assertFalse(FAULTS.keys() & NOT_CAUSED.keys())

    def test_every_cause_of_the_trees_is_caused(self):
        causes = {(tree["tree_name"], name) for tree in json.loads(TREES.read_text())["trees"]
                  for name in root_causes_of(tree["tree_content"])}
        self.assertEqual(causes, CAUSES.keys())

    def start(self):
        if reason := why_not():
            self.skipTest(reason)
        self.net = netns.network("cable")
        self.addCleanup(self.net.close)
        self.hosts = {}
        for name, (make, _) in (FAULTS | {CALM: (files(lambda tree: None), ())}).items():
            self.hosts[name] = make(self.net["cable"])
            self.addCleanup(self.hosts[name].close)
        self.node = node("check.sample_period=1s", "scrape.timeout=1s", "scrape.connect_timeout=500ms")
        self.addCleanup(self.node.close)
        self.api = self.node.admin()
        self.api.add_group()
        ids = self.api.add_hosts(*((name, "127.0.0.1", x.port) for name, x in self.hosts.items()))
        self.ids = dict(zip(self.hosts, ids))

    def wait_warm(self):
        def rounds(name):
            now = int(time.time())
            rule = {"check_item": "answers", "data_list": [{"name": "up"}], "condition": "$0 == 0"}
            reply = self.api.post("/check/rule/test", {"rule": rule, "host_id": self.ids[name],
                                                       "time_range": [now - 600, now]})
            return reply.get("points", 0)
        for name in self.hosts:
            wait_until(lambda: rounds(name) >= WARM_ROUNDS, PATIENCE_S, f"{WARM_ROUNDS} rounds of {name}", 0.5)

    def found(self):
        """Host → rules that were abnormal there, ever; of the disks that are the test's own."""
        out = {name: set() for name in self.hosts}
        names = {host_id: name for name, host_id in self.ids.items()}
        for row in self.api.results(value="Abnormal"):
            if is_ours(row):
                out[names[row["host_id"]]].add(row["check_item"])
        return out

    def firing(self):
        rows = self.api.good("/check/status/get", {"firing": True})["alerts"]
        return [(x["host_name"], x["check_item"]) for x in rows if is_ours(x)]

    def test_each_fault_is_seen_where_it_is_and_nowhere_else(self):
        self.start()
        reply = self.api.good("/check/rule/import", {"check_items": [shortened(x) for x in pack()]})
        self.assertEqual((len(reply["succeed_list"]), reply["fail_list"]), (len(pack()), []))
        self.api.good("/diag/tree/import", json.loads(TREES.read_text()))
        self.wait_warm()
        self.assertEqual({name: found for name, found in self.found().items() if found}, {}, "all is well so far")

        begun = int(time.time())
        for host in self.hosts.values():
            if hasattr(host, "break_it"):
                host.break_it()
        expected = {name: {name, *more} for name, (_, more) in FAULTS.items()} | {CALM: set()}
        with contextlib.suppress(AssertionError):  # The comparison below says more.
            wait_until(lambda: self.found() == expected, PATIENCE_S, "each fault where it is", 0.5)
        self.assertEqual(self.found(), expected)
        self.diagnose(begun)

        for host in self.hosts.values():
            host.mend()
        wait_until(lambda: not self.firing(), PATIENCE_S, "all is well again", 0.5)
        self.assertEqual(self.found(), expected)

    def diagnose(self, begun):
        now = int(time.time())
        tasks = {name: self.api.good("/diag/execute", {"host_list": [self.ids[name]], "tree_list": [tree], "interval": 3600,
                                                       "time_range": [begun, now]})
                 for tree, name in ((tree, name) for (tree, _), name in CAUSES.items())}
        for (tree, cause), name in CAUSES.items():
            task = tasks[name]["task_id"]
            wait_until(lambda: self.api.progress(task) == 1, 60, f"the report about {name}")
            report = self.api.report(self.api.reports(task)[0]["report_id"])
            self.assertEqual(report["verdict"], "true", (tree, name, report))
            self.assertIn(cause, {x["path"][-1] for x in report["root_causes"]}, (name, report["root_causes"]))
