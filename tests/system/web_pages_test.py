"""Every page in a real browser, for an administrator, an ordinary user and a stranger: it is shown, in both languages, and
nothing goes wrong; names that are markup stay text; axe-core finds nothing serious; it fits a phone.
"""
import json
import time
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

    def test_dialogs_and_a_chosen_period_fit_a_phone(self):
        """What stands in a frame that can be scrolled, or is cut by one, is not counted."""
        outside = """[...document.querySelectorAll('main *, .el-dialog, .el-dialog *')].filter((x) => {
          const at = x.getBoundingClientRect()
          if (!at.width || (at.left >= 0 && at.right <= innerWidth)) return false
          for (let p = x.parentElement; p && !p.matches('main, .el-overlay, .el-overlay-dialog'); p = p.parentElement)
            if (getComputedStyle(p).overflowX !== 'visible') return false
          return true
        }).map((x) => `${x.tagName} ${x.className} ${x.innerText}`.slice(0, 80))"""
        t = self.tab(viewport={"width": 390, "height": 780}).log_in(path="/ui/hosts")
        for word in ("Add a host", "Add from CSV"):
            t.click(f"button:has-text('{word}')").see(".el-dialog input, .el-dialog textarea")
            self.assertEqual(t.run(outside), [], word)
            t.press("Escape")
            t.gone(".el-dialog")
        now = int(time.time())
        for path in (f"hosts/{self.it.hosts[0]}?", "logs?", f"board?host={self.it.hosts[0]}&series=node_load1&"):
            t.turn(f"/ui/{path}range={now - 300}-{now}").quiet()
            t.see(".el-range-editor")
            self.assertEqual(t.run(outside), [], path)

    def test_words_of_a_table_are_not_broken_into_letters(self):
        """A word of usual length stands in one line, as narrow as the window is."""
        for width in (1024, 390):
            t = self.tab(viewport={"width": width, "height": 780}).log_in()
            for path, words in (("hosts", ("web1", "127.0.0.1")), ("log", ("admin", "silence.add")), ("cluster", ("leader",))):
                t.turn(f"/ui/{path}").see(f"td >> text={words[0]}").quiet()
                for word in words:
                    lines = t.run("""((word) => {
                      const walk = document.createTreeWalker(document.querySelector('main table'), NodeFilter.SHOW_TEXT)
                      for (let x = walk.nextNode(); x; x = walk.nextNode()) {
                        const at = x.data.indexOf(word)
                        const range = document.createRange()
                        if (at < 0) continue
                        range.setStart(x, at)
                        range.setEnd(x, at + word.length)
                        return range.getClientRects().length
                      }
                    })(%s)""" % json.dumps(word))
                    self.assertEqual(lines, 1, (path, word, width))

    def test_a_part_of_the_cluster_is_shown_by_a_link_too(self):
        t = self.tab().log_in(path="/ui/cluster").see("td >> text=leader")
        t.turn("/ui/cluster?tab=doctor").see("main td .mark", 60)
        t.call("goBack")
        t.see("td >> text=leader")

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
