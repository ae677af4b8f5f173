"""Every page in a real browser, for an administrator, an ordinary user and a stranger: it is shown, in both languages, and
nothing goes wrong; names that are markup stay text; axe-core finds nothing serious; it fits a phone.
"""
import unittest

from web import HOSTILE, USERS, on_stage
# What is not there for somebody: the page says so.
HIDDEN = {"administrator": (), "ordinary": ("diagnosis",), "stranger": ("report",)}
MAIN = ("workbench", "hosts", "host", "board", "rules", "rule", "diagnosis", "report", "tree-editor", "packages", "domains", "domain", "changes", "cluster", "log", "logs",
        "log-tokens", "topology", "host-topology")


class pages(on_stage):
    def visit(self, role, names=None, judge=True, sizes=(), **options):
        """What went wrong on the pages; with AOPS_SHOTS their screenshots stay. @param sizes Of the window: each page is seen in all."""
        t = self.tab(**options).log_in(*USERS[role])
        wrong = {}
        language = options.get("locale", "en")[:2]
        for name, path in self.it.places().items():
            if names and name not in names:
                continue
            t.turn(path).quiet()
            problems = t.ask("problems")
            if judge:
                problems += t.ask("axe")
            if t.run("window.hacked !== undefined"):
                problems.append("markup in a name was run")
            for size in sizes or (None,):
                if size:
                    t.call("setViewportSize", size)
                    t.until(f"innerWidth === {size['width']}")
                    t.run("new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")  # Charts follow.
                if t.run("document.querySelector('main').scrollWidth > document.documentElement.clientWidth"):
                    problems.append(f"it is wider than the screen {size or ''}")
                t.shot(f"{name}-{role}-{language}" + "".join(f"-{v}" for v in (options.get("colorScheme"), (size or {}).get("width")) if v))
            if t.has("main [role=alert]") and name not in HIDDEN[role]:
                problems.append(f"an error: {t.text('[role=alert]')}")
            if problems:
                wrong[name] = problems
        return wrong

    def test_an_administrator_sees_every_page(self):
        self.assertEqual(self.visit("administrator"), {})

    def test_they_are_there_in_chinese_and_in_the_dark(self):
        self.assertEqual(self.visit("administrator", locale="zh-CN", colorScheme="dark"), {})

    def test_an_ordinary_user_sees_what_is_granted(self):
        self.assertEqual(self.visit("ordinary", judge=False), {})
        t = self.tab().log_in(*USERS["ordinary"], path="/ui/hosts").see("text=web1")
        self.assertNotIn(HOSTILE, t.text("main"))
        self.assertFalse(t.has("text=Add a host"))
        self.assertFalse(t.has("nav >> text=Users"))

    def test_a_stranger_is_told_what_to_wait_for(self):
        self.assertEqual(self.visit("stranger", names=("workbench", "hosts", "groups", "results", "rules", "trees", "diagnoses",
                                                       "tasks", "templates", "account", "log", "report"), judge=False), {})
        t = self.tab().log_in(*USERS["stranger"], path="/ui/hosts").see("text=You see no host yet.")

    def test_they_fit_a_phone_and_a_narrow_window(self):
        self.assertEqual(self.visit("administrator", MAIN, judge=False, sizes=({"width": 1024, "height": 700}, {"width": 390, "height": 780})), {})

    def test_everything_is_reached_by_keyboard(self):
        t = self.tab().log_in()
        t.press("g")
        t.press("h")
        t.see("h1 >> text=Hosts")
        t.press("Control+k")
        t.until("document.activeElement.role === 'combobox'")
        t.type("overload")
        t.see("[role=option] >> text=overload")
        t.press("Enter")
        t.see("[role=tree]")
        t.call("focus", on="[role=treeitem] >> nth=0")
        t.press("ArrowRight")
        t.until("document.activeElement.getAttribute('aria-level') === '2'")
        t.press("Tab")
        self.assertEqual(t.ask("problems"), [])

    def test_a_deep_link_leads_there_after_logging_in_and_back_goes_back(self):
        t = self.tab().type_in(path="/ui/rules?find=load&severity=critical")
        t.see("text=load_high")
        self.assertFalse(t.has("text=swap_low"))
        t.fill("input[type=search]", "swap")
        t.until("location.search.includes('find=swap')")
        t.call("goBack")
        t.until("location.search.includes('find=load')")
        t.see("text=load_high")

    def test_language_and_colours_are_kept(self):
        t = self.tab().log_in()
        t.click("button[lang=zh]")
        t.see("h1 >> text=工作台")
        t.call("reload")
        t.see("h1 >> text=工作台")
        self.assertEqual(t.run("document.documentElement.lang"), "zh-CN")
        t.click("button[lang=en]")
        t.click("[aria-label='Colours as the system has them']")
        t.click("[aria-label='Light colours']")
        t.until("document.documentElement.classList.contains('dark')")


if __name__ == "__main__":
    unittest.main()
