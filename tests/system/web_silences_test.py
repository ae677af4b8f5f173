"""Silences on the pages: begun at an alert, listed, ended; what is silenced is shown as such, in both languages."""
import unittest

from exporter import exporter
from node import node
from rest import rule
from waiting import wait_until
from web import HOSTILE, browser, tab


class silence_pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.exporter = exporter({"m": 99})
        cls.addClassCleanup(cls.exporter.close)
        cls.node = node("check.sample_period=1s", "scrape.timeout=1s")
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.api.add_group()
        cls.api.good("/check/rule/import", {"check_items": [rule("hot", "m", "$0 > 80", severity="critical")]})
        (cls.host,) = cls.api.add_hosts(("web2", "127.0.0.1", cls.exporter.port))
        cls.seen = browser()
        cls.addClassCleanup(cls.seen.close)

    def known(self):
        return self.api.good("/check/silence/get", {})["silence_infos"]

    def test_an_alert_is_silenced_by_a_click_and_heard_of_again(self):
        wait_until(lambda: self.api.good("/check/status/get", {"firing": True})["alerts"], 30, "the alert is open")
        it = tab(self.seen, self.node.url)
        self.addCleanup(it.close)
        it.log_in(path="/ui/")
        it.click("[aria-label='Silence hot on web2']")
        it.see(".el-dialog form").fill(".el-dialog input[maxlength='1024']", HOSTILE)
        it.click(".el-dialog button[type=submit]")
        it.see("main [aria-label^='End ']")
        (info,) = wait_until(self.known, 30, "it is there")
        self.assertEqual((info["comment"], info["state"], info["matchers"]), (HOSTILE, "active", ["alertname=hot"]))
        self.assertEqual([x["host_name"] for x in info["hosts"]], ["web2"])
        for place in ("/ui/", f"/ui/hosts/{self.host}", "/ui/results?firing=true"):
            it.go(place).see("main a.silenced")
        it.go("/ui/silences").click("main [aria-label^='End ']")
        it.confirm()
        it.see("text=Nothing is silenced.")
        self.assertEqual([x["ended_by"] for x in self.known()], ["admin"])
        it.go("/ui/").see("[aria-label='Silence hot on web2']")
        self.assertFalse(it.run("typeof hacked !== 'undefined'"))

    def test_it_is_there_in_chinese(self):
        it = tab(self.seen, self.node.url, locale="zh-CN")
        self.addCleanup(it.close)
        it.log_in(path="/ui/silences").see("text=添加静默")


if __name__ == "__main__":
    unittest.main()
