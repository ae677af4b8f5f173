"""Three machines, each with a network, a disk, an exporter and an agent of its own: web1 asks app1, which asks db1. When the disk
of db1 is really full, requests at web1 are late, and its report names that disk and the way to it."""
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import netns
from agent import agent
from agent_test import node_inside
from authority import made_authority
from chain_service import PATIENCE_S
from disk import disk, why_not
from node import die_with_parent, program
from rest import rule
from waiting import wait_until

SERVICE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "chain_service.py")
PORT = {"web1": 8000, "app1": 8001, "db1": 3306}
RULES = [rule("requests late", "service_request_seconds", "$0 > 1"),
         {"check_item": "disk full", "description": "", "condition": "$0 / $1 < 0.05", "data_list": [
             {"name": f"node_filesystem_{x}_bytes", "type": "kpi", "match": {"mountpoint": "/var"}} for x in ("avail", "size")]}]
TREE = {"tree_name": "late", "description": "", "tree_content": {
    "node name": "late", "condition": "requests && (itself || those it needs)", "description": "d", "advice": "a", "children": [
        {"node name": "requests", "check item": "requests late"},
        {"node name": "itself", "condition": "disk", "children": [{"node name": "disk", "check item": "disk full"}]},
        {"node name": "those it needs", "condition": "their disk", "advice": "Look there.", "children": [
            {"node name": "their disk", "check item": "disk full", "scope": "upstream"}]}]}}


class machine:
    """@param more Words of its service."""

    def __init__(self, net, name, *more):
        self.folder = tempfile.mkdtemp(prefix="aops-chain-")
        self.address = net[name].address
        with open(os.path.join(self.folder, "log"), "wb") as log:
            self.disk = disk(self.folder, net[name].prefix, sys.executable, "-B", SERVICE, "--name", name.rstrip("1"), "--listen",
                             f"{self.address}:{PORT[name]}", "--page", self.folder, "--exporter", f"{self.address}:9100", *more,
                             log=log)

    def fill_disk(self):
        """Until its service finds no room: the record of a request under way leaves some again when it goes."""
        def is_full():
            with open(os.path.join(self.disk.path, "fill"), "ab", buffering=0) as file:
                for piece in (1 << 20, 1 << 16, 1 << 12):
                    try:
                        while file.write(b"\0" * piece) == piece:
                            pass
                    except OSError:  # Full, for pieces of this size.
                        pass
            return self.last_request() >= PATIENCE_S

        wait_until(is_full, 60, "a request that finds no room")

    def last_request(self):
        """How long it took, in seconds; 0 before the first one."""
        try:
            with open(os.path.join(self.folder, "service.prom"), encoding="ascii") as file:
                return float(file.read().split()[1])
        except FileNotFoundError:
            return 0

    def close(self):
        self.disk.close()
        shutil.rmtree(self.folder)


class slow_service(unittest.TestCase):
    def setUp(self):
        if why := why_not():
            self.skipTest(why)
        if not shutil.which("prometheus-node-exporter"):
            self.skipTest("there is no prometheus-node-exporter")
        self.net = netns.network("node", "web1", "app1", "db1", "stranger")
        self.addCleanup(self.net.close)
        folder = tempfile.mkdtemp(prefix="aops-chain-test-")
        self.addCleanup(shutil.rmtree, folder)
        self.authority = made_authority(folder, os.path.dirname(program("aops")))
        self.node = node_inside(self.net["node"], self.authority, "check.sample_period=1s", "topology.period=1s")
        self.addCleanup(self.node.close)
        self.api = self.ask(self.node.admin)
        self.good("/check/rule/import", {"check_items": RULES}, group=True)
        self.good("/diag/tree/import", {"trees": [TREE]})
        self.ids, self.machines = {}, {}

    def ask(self, what):
        return self.net["node"].inside(what)

    def good(self, path, body=None, group=False, **more):
        if group:
            self.ask(self.api.add_group)
        return self.ask(lambda: self.api.good(path, body, **more))

    def at(self, name):
        return f"{self.net[name].address}:{PORT[name]}"

    def start(self):
        """Services first: each finds the next one when that is there."""
        stranger = subprocess.Popen([*self.net["stranger"].prefix, sys.executable, "-B", SERVICE, "--name", "stranger", "--listen",
                                     f"{self.net['stranger'].address}:443"], stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
        self.addCleanup(stranger.wait)
        self.addCleanup(stranger.kill)
        for name, words in (("db1", ("--stores", "--tells", self.at("web1"))), ("app1", ("--calls", self.at("db1"))),
                            ("web1", ("--calls", self.at("app1"), "--begins", "--tells",
                                      f"{self.net['stranger'].address}:443"))):
            self.machines[name] = machine(self.net, name, *words)
            self.addCleanup(self.machines[name].close)
        for number, name in enumerate(self.machines):
            (self.ids[name],) = self.ask(lambda: self.api.add_hosts((name, self.net[name].address, 9100)))
            token = self.good("/logs/token/create", {"host_id": self.ids[name], "name": "agent"})["access_token"]
            it = agent("--period", "1s", prefix=self.net[name].prefix, start=False)
            self.addCleanup(it.close)
            it.write("agent.toml", f'url = ["{self.node.url}"]\nca = "{self.authority.file("ca.pem")}"\n'
                                   f'token_file = "{it.write("token", token)}"\nhostname = "{name}"\nmachine_id = "{number:032x}"\n')
            it.start()

    def links(self):
        """{(client, server)} by name, processes with their hosts."""
        reply = self.good("/gala-spider/api/v1/get_entities", method="GET")
        names = {x["entityid"]: x["name"] for x in reply["entities"]}
        end = lambda x, side: names[x[side][0]["calls"][0]["id"]]
        return {(end(x, "dependeditems"), end(x, "dependingitems")) for x in reply["entities"] if x["type"] == "TCP_LINK"}

    def results(self, name, item):
        return [x for x in self.ask(lambda: self.api.results(self.ids[name])) if x["check_item"] == item and x["value"] == "Abnormal"]

    def diagnosed(self, name):
        """The report of the seconds just over."""
        end = int(time.time())
        started = self.good("/diag/execute", {"host_list": [self.ids[name]], "tree_list": ["late"], "interval": 3,
                                              "time_range": [end - 4, end - 1]})
        task = started["task_id"]
        wait_until(lambda: self.ask(lambda: self.api.progress(task)) == 1, 60, "the report")
        return self.ask(lambda: self.api.report(self.api.reports(task)[0]["report_id"]))

    def test_a_full_disk_at_the_end_of_the_chain_is_why_the_first_one_is_late(self):
        self.start()
        stranger = self.net["stranger"].address
        wanted = {("web1.web", "app1.app"), ("app1.app", "db1.db"), ("db1.db", "web1.web"), ("web1.web", stranger)}
        wait_until(lambda: wanted <= self.links(), 60, "all links, in a circle and to a stranger")
        for name in self.ids:
            wait_until(lambda: self.ask(lambda: self.api.host(self.ids[name]))["status"] == "online", 30, "samples of " + name)
        self.assertEqual(self.results("db1", "disk full"), [])

        self.machines["db1"].fill_disk()
        for name, item in (("web1", "requests late"), ("db1", "disk full")):
            wait_until(lambda: any(x["end"] - x["start"] >= 6 for x in self.results(name, item)), 60, f"{item} on {name}")
        found = self.diagnosed("web1")
        self.assertEqual(found["verdict"], "true", found)
        (cause,) = found["root_causes"]
        self.assertEqual(cause["path"], ["late", "those it needs"])
        (instance,) = cause["instances"]
        self.assertRegex(instance, r'^disk full\{.*mountpoint="/var".*\} on db1$')
        (evidence,) = [x for x in found["evidence"] if "host_id" in x]
        self.assertEqual((evidence["host_id"], evidence["host_name"]), (self.ids["db1"], "db1"))
        self.assertEqual(evidence["path"], [f"web1 web -> app1 app {self.at('app1')}", f"app1 app -> db1 db {self.at('db1')}"])
        self.assertTrue(any(x["check_item"] == "requests late" and "host_id" not in x for x in found["evidence"]))
        self.assertNotIn(stranger, str(found))
        # db1 needs web1 and app1 in turn; its own disk is what is wrong with it.
        (cause,) = self.diagnosed("db1")["root_causes"]
        self.assertEqual(cause["path"], ["late", "itself"])


if __name__ == "__main__":
    unittest.main()
