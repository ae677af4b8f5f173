"""Two nodes on one database, and a page at one of them: the other one dies in the middle of what is looked at, and the page goes on."""
import time
import unittest

from cluster import cluster
from rest import PASSWORD, USER, rule, tree
from waiting import wait_until
from web import browser, tab

HOSTS, SLICES = 6, 8000


class takeover(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cluster(2, settings=("check.sample_period=1s", "scrape.timeout=1s"))
        cls.addClassCleanup(cls.cluster.close)
        cls.hosts = cls.cluster.add_fleet(HOSTS)
        cls.api = cls.cluster.members[0].client()
        cls.api.good("/check/rule/import", {"check_items": [rule("full", "node_memory_MemTotal_bytes", "$0 > 0")]})
        cls.api.good("/diag/tree/import", {"trees": [tree("t", "a", {"a": "full"})]})
        cls.cluster.wait_settled()
        cls.seen = browser()
        cls.addClassCleanup(cls.seen.close)

    def test_a_diagnosis_goes_on_under_the_page_when_its_node_dies(self):
        stays, dies = self.cluster.members
        wait_until(lambda: self.api.good("/check/status/count")["online"] == HOSTS, what="all hosts are online")
        now = int(time.time())
        # Some of its hosts are the other node's, whoever has the job itself.
        task = self.api.good("/diag/execute", {"host_list": self.hosts, "time_range": [now - SLICES, now], "tree_list": ["t"],
                                               "interval": 1})["task_id"]
        t = tab(self.seen, stays.url).log_in(USER, PASSWORD, f"/ui/diagnoses/{task}").see(".matrix")
        shown = lambda: int(t.text("[role=progressbar] + span").split("/")[0].replace(",", ""))
        wait_until(lambda: shown() > 0, what="the page shows that it gets on")
        before = shown()
        self.assertLess(before, HOSTS * SLICES)
        self.assertEqual(t.ask("problems"), [])
        dies.kill()
        t.see(f"text={HOSTS * SLICES:,}/{HOSTS * SLICES:,} · 100 %", 180)
        # What the other node was at is asked for once more before all is done.
        t.see("h1 .mark >> text=done", 120)
        self.assertGreaterEqual(shown(), before)
        self.assertEqual(self.api.progress(task), HOSTS * SLICES)
        # Who is asked for reports of hosts that have no owner for a moment says so.
        self.assertEqual([x for x in t.ask("problems") if not x.startswith("HTTP 503")], [])
        t.turn("/ui/cluster").see("tbody .mark >> text=gone", 30)
        t.click("button:text-is('Slots')").until(
            "(n => n.length === 256 && n.every((x) => x.textContent === n[0].textContent))([...document.querySelectorAll('.slots li')])", 30)
        # It comes back, and the page shows that too.
        dies.start()
        t.click("button:text-is('Nodes')")
        t.until("[...document.querySelectorAll('tbody .mark')].filter((x) => x.innerText.includes('alive')).length === 2", 60)
        t.close()


if __name__ == "__main__":
    unittest.main()
