"""One adaptive tree is another on each host: it has the disks of that host."""
import time
import unittest

from exporter import exporter
from node import node
from rest import rule
from waiting import wait_until

BUSY, IDLE = 90, 1
DISKS = {"one": {"sda": IDLE}, "two": {"sda": IDLE, "nvme0n1": BUSY}}
TREE = {"tree_name": "disks", "description": "", "tree_content": {
    "node name": "disks", "condition": "disk {id} busy", "description": "d", "advice": "a", "children": [
        {"node name": "disk {id} busy", "check item": "busy_{id}", "expand": {"by": "disk", "join": "||"}}]}}


def series(disk):
    return f'node_disk_io_time_seconds_total{{device="{disk}"}}'


class expand(unittest.TestCase):
    def test_hosts_with_different_disks_have_different_trees(self):
        own = node("check.sample_period=1s")
        self.addCleanup(own.close)
        api = own.admin()
        api.add_group()
        rules = [rule(f"busy_{disk}", ("node_disk_io_time_seconds_total", {"device": disk}), "$0 > 50") for disk in DISKS["two"]]
        api.good("/check/rule/import", {"check_items": rules})
        api.good("/diag/tree/import", {"trees": [TREE]})
        pages = {name: exporter({series(disk): value for disk, value in disks.items()}) for name, disks in DISKS.items()}
        for page in pages.values():
            self.addCleanup(page.close)
        one, two = api.add_hosts(*((name, "127.0.0.1", page.port) for name, page in pages.items()))
        wait_until(lambda: any(x["end"] - x["start"] >= 5 for x in api.results(two) if x["value"] == "Abnormal"),
                   what="an anomaly of five seconds")
        end = int(time.time())
        started = api.good("/diag/execute", {"host_list": [one, two], "tree_list": ["disks"], "interval": 3,
                                             "time_range": [end - 4, end - 1]})
        wait_until(lambda: api.progress(started["task_id"]) == 2, 60, "both reports")
        found = {x["host_id"]: api.report(x["report_id"]) for x in api.reports(started["task_id"])}
        leaves = {host: {x["node name"]: x["value"] for x in found[host]["report"]["children"]} for host in (one, two)}
        self.assertEqual(leaves, {one: {"disk sda busy": False}, two: {"disk nvme0n1 busy": True, "disk sda busy": False}})
        self.assertEqual((found[one]["verdict"], found[two]["verdict"]), ("false", "true"))


if __name__ == "__main__":
    unittest.main()
