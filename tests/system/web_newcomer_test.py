"""Somebody who has read nothing, at a node that knows nothing: he is led from an empty workbench to the cause of a fault."""
import unittest

from exporter import exporter
from node import node
from rest import DEFAULT_PASSWORD, PASSWORD
from web import browser, tab


class newcomer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.exporter = exporter({"node_load1": 9, "node_load5": 8, "node_memory_MemTotal_bytes": 8e9}, ("127.0.0.1",))
        cls.addClassCleanup(cls.exporter.close)
        cls.node = node("check.sample_period=1s")
        cls.addClassCleanup(cls.node.close)
        cls.seen = browser()
        cls.addClassCleanup(cls.seen.close)

    def field(self, label, text):
        self.t.fill(f".el-dialog .field:has(label:text-is('{label}')) input", text)

    def step(self, number, text):
        """The list on the workbench says that this comes next, and leads there."""
        self.t.click("nav >> text=Workbench").see(f"li[aria-current=step]:has-text('{text}')")
        signs = self.t.all("main ol:has(li[aria-current=step]) .sign")
        self.assertEqual(signs, ["✓"] * (number - 1) + [str(n) for n in range(number, 6)])
        return self.t.click("li[aria-current=step] a")

    def test_from_an_empty_node_to_a_cause(self):
        self.t = t = tab(self.seen, self.node.url)
        self.addCleanup(t.close)
        t.go("/").fill("input[autocomplete=username]", "admin").fill("input[type=password]", DEFAULT_PASSWORD).click("button[type=submit]")
        t.see("text=Choose your own.")
        for box in (0, 1):
            t.call("fill", PASSWORD, on=f"input[type=password] >> nth={box}")
        t.click("button[type=submit]").see("text=No host is watched yet.")
        t.shot("newcomer-empty")
        self.assertEqual(t.ask("axe"), [])
        t.ask("problems")  # That the default password must be changed is said by an error of its own.

        self.step(1, "Add a host").see(".el-dialog")
        self.field("Host name", "web1")
        self.field("Address", "127.0.0.1")
        self.field("Exporter port", str(self.exporter.port))
        t.click(".el-dialog button[type=submit]").see("td >> text=web1").see("td .mark >> text=online")
        t.click("td a:text-is('web1')").see("h2 >> text=Load").see("main .u-wrap canvas")

        # What comes with aops is seen before it is taken in.
        self.step(3, "check rules").click("button:has-text('Take the rules for Linux hosts')").see(".plan >> text=load_high").see(".plan >> text=new")
        t.click(".el-dialog >> button:has-text('Cancel')")
        t.gone(".el-dialog")
        # A rule of his own is tried on the history of the host, and stored.
        t.click("button:has-text('New rule') >> nth=0").fill(".field:has(label:text-is('Check item')) input", "too_much")
        t.click("[aria-label=Condition]")
        t.type("$0 > 5")
        t.see("text=1 anomaly", 30).see("main .u-wrap canvas").click("button:has-text('Store')").see("text=too_much is stored")
        t.click("nav >> text=Check rules").see("td >> text=too_much").click("button:has-text('Import')").click("button:has-text('Or take the rules')")
        t.click(".el-dialog >> button:has-text('Import 2')").see(".el-dialog >> text=added")
        t.click(".el-dialog >> button:has-text('Close')")
        t.gone(".el-dialog")

        self.step(4, "fault tree").click("button:has-text('Draw a tree') >> nth=0").fill(".field:has(label:text-is('Name')) input", "slow")
        t.click("[role=treeitem] >> nth=1").fill(".panel .field:has(label:text-is('Check item')) input", "too_much")
        t.see("text=The tree is well formed.").click("button:has-text('Store')").see("text=slow is stored")

        self.step(5, "Diagnose a host").click(".el-dialog .el-select").click(".el-select-dropdown__item:has-text('web1')")
        t.press("Escape")
        t.see("text=1 host × 1 tree").click(".el-dialog button[type=submit]").see("h1 .mark >> text=done", 30)
        t.click(".causes a").see("text=Root causes").see("[role=treeitem].bad")
        t.shot("newcomer-report")
        t.click("nav >> text=Workbench").see("h2 >> text=Firing alerts")
        t.quiet()
        self.assertFalse(t.has("text=From nothing to a cause"))
        self.assertEqual(t.ask("problems"), [])


if __name__ == "__main__":
    unittest.main()
