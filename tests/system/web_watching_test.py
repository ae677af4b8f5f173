"""Looking at things on the pages: boards, results, reports side by side and on paper, and whatever the palette finds."""
import json
import time
import unittest

from isolation_test import KNOWN
from waiting import wait_until
from web import HOSTILE, on_stage


class watching(on_stage):
    def setUp(self):
        self.t = self.tab().log_in()

    def tearDown(self):
        self.assertEqual(self.t.ask("problems"), [])

    # -- boards

    def board(self, more=""):
        a, b = self.it.hosts
        return self.t.go(f"/ui/board?host={a}&host={b}&series=node_load1&range=5m{more}").see("main .u-wrap canvas")

    def test_a_board_draws_several_hosts_and_is_exported(self):
        t = self.board("&series=node_load5")
        self.assertEqual(len(t.all("main .u-wrap canvas")), 2)
        self.assertIn("web1", t.text(".u-legend"))
        self.assertIn(HOSTILE, t.text(".u-legend"))
        t.until("[...document.querySelectorAll('.chart li')].some((x) => x.textContent.includes('load_high'))")
        file = t.ask("download", on=".chart >> nth=0 >> button:text-is('CSV')")
        head, first = file["text"].splitlines()[:2]
        self.assertEqual((head, first.split(",")[-1]), ("time,series,value", "9"))
        self.assertIn("web1", file["text"])
        image = t.ask("download", on=".chart >> nth=0 >> button:text-is('PNG')")
        self.assertEqual((image["name"].rsplit(".", 1)[-1], image["text"][1:4]), ("png", "PNG"))
        t.click(".chart >> nth=0 >> button:text-is('Table')").see(".chart td >> text=web1")
        t.click("button:text-is('Bars')").see("button:text-is('Bars')[aria-pressed=true]")

    def test_a_board_is_zoomed_and_comes_back_and_says_where_there_is_nothing(self):
        t = self.board()
        place = t.run("document.querySelector('.u-over').getBoundingClientRect().toJSON()")
        middle = place["y"] + place["height"] / 2
        t.call("mouse.move", place["x"] + place["width"] * 0.5, middle)
        t.call("mouse.down")
        t.call("mouse.move", place["x"] + place["width"] * 0.99, middle, {"steps": 4})
        t.call("mouse.up")
        t.until("/range=\\d+-\\d+/.test(location.search)")
        t.see("main .u-wrap canvas")
        t.call("dblclick", on=".u-over >> nth=0")
        t.until("!/range=/.test(location.search)")
        t.go(f"/ui/board?host={self.it.hosts[0]}&series=node_load1&range=1000-2000").see("text=No data in this period")

    def boards(self):
        return {x["view_name"]: x["content"]["search"] for x in
                self.it.admin.good("/manage/account/view/get", {"kind": "board"})["view_infos"]}

    def test_a_board_is_kept_with_the_account_and_opened_again(self):
        t = self.board("&kind=area").fill("input[aria-label='Name of this board']", "my board").click("button:has-text('Keep')")
        t.see("a:text-is('my board')")
        self.assertIn("kind=area", self.boards()["my board"])
        other = self.tab().log_in(path="/ui/board")  # Another browser.
        other.click("a:text-is('my board')").see("main .u-wrap canvas")
        self.assertEqual(other.run("new URLSearchParams(location.search).get('kind')"), "area")
        other.click("[aria-label='Delete my board']").gone("a:text-is('my board')")
        self.assertEqual(self.boards(), {})

    def test_boards_that_the_browser_kept_are_taken_over(self):
        search = f"host={self.it.hosts[0]}&series=node_load1&kind=bar"
        t = self.t.run("localStorage.setItem('aops.boards', JSON.stringify({old: %s}))" % json.dumps(search)) or self.t
        t.go("/ui/board").click("text=Keep them with my account").see("a:text-is('old')")
        self.assertEqual(self.boards(), {"old": search})
        t.gone("text=Keep them with my account")
        self.assertEqual(t.run("localStorage.getItem('aops.boards')"), None)
        t.click("a:text-is('old')").see("main .u-wrap canvas")
        t.click("[aria-label='Delete old']").gone("a:text-is('old')")

    # -- what follows by itself

    def test_a_list_is_asked_for_when_it_has_changed_and_not_otherwise(self):
        t = self.t.turn("/ui/hosts").see("td >> text=web1")
        asked = lambda: len(t.asked("/manage/host/get"))
        t.quiet()
        t.run("new Promise((done) => setTimeout(done, 1200))")  # The one that follows when the stream began.
        # Longer than any page waited when they asked by time.
        t.ask("clock", method="install")
        t.ask("clock", method="runFor", args=[120_000])
        before = asked()
        self.assertLessEqual(before, 3)  # The workbench's, the page's, and one when the stream began.
        (host,) = self.it.admin.good("/manage/host/add", {"host_list": [{"host_name": "newcomer", "public_ip": "127.0.0.77",
                                                                         "exporter_port": 9, "host_group_name": "web"}]})["host_list"]
        self.addCleanup(self.it.admin.good, "/manage/host/delete", {"host_list": [host]}, method="DELETE")
        t.see("td >> text=newcomer")
        t.see("tr:has-text('newcomer') >> text=offline")
        self.assertLessEqual(asked(), before + 4)
        # Asked for no more once nothing changes.
        t.quiet()

    def test_a_burst_of_changes_is_one_request_a_second(self):
        t = self.t
        # A node that tells of a change every 20 ms, and goes on.
        t.run("""window.EventSource = class extends EventTarget {
          static CLOSED = 2
          constructor() {
            super()
            let version = 0
            this.timer = setInterval(() => this.dispatchEvent(new MessageEvent('change', {data: JSON.stringify({topic: 'list:hosts', version: ++version})})), 20)
          }
          close() { clearInterval(this.timer) }
        }""")
        t.turn(f"/ui/diagnoses/{self.it.task}").see(".matrix")  # Another topic: the stream is opened anew.
        t.turn("/ui/hosts").see("td >> text=web1")
        asked = lambda: len(t.asked("/manage/host/get"))
        wait_until(lambda: asked() >= 3, what="it is asked for again and again")
        before = asked()
        t.run("new Promise((done) => setTimeout(done, 3000))")
        self.assertGreaterEqual(asked() - before, 2)
        self.assertLessEqual(asked() - before, 4)
        t.turn("/ui/account")
        before = asked()
        t.run("new Promise((done) => setTimeout(done, 1500))")
        self.assertEqual(asked(), before)  # Who left does not follow.

    # -- what cannot be done

    def test_a_key_that_opens_nothing_is_asked_for_once(self):
        t = self.t.go("/ui/tasks").click("[aria-label='Run ping']")
        t.confirm()
        t.fill("input[type=password]", "any key").click("text=Open the vault")
        t.see(".el-message >> text=no host has credentials yet")
        t.gone("text=The vault key opens what hosts are logged in to with.")
        self.assertEqual(len(t.asked("/manage/task/execute")), 2)

    def test_the_node_reduces_what_is_drawn_for_everybody(self):
        host = self.it.hosts[0]
        t = self.tab().log_in("ann", KNOWN, f"/ui/board?host={host}&series=node_load1&range=7d").see("main .u-wrap canvas")
        asked = [json.loads(x["body"]) for x in t.asked("/check/series/data/get")]
        self.assertTrue(asked)
        self.assertTrue(all(500 <= x["most_points"] <= 10_000 for x in asked), asked)
        reply = self.it.admin.good("/check/series/data/get", asked[-1] | {"most_points": 4})
        self.assertLessEqual(len(reply["result"][host]["succeed_list"][0]["values"]), 4)

    # -- results

    def test_results_are_filtered_sorted_and_read(self):
        t = self.t.go("/ui/results?item=load_high").see("td >> text=load_high")
        rows = t.all("tbody tr:not(.more)")
        self.assertEqual(len(rows), self.it.admin.good("/check/result/get", {"check_items": ["load_high"], "host_list": [], "time_range": [],
                                                                            "value": "Abnormal"})["total_count"])
        t.click(f"[aria-label^='Details of load_high'] >> nth=0").see("tr.more >> text=node_load1")
        t.click("th >> text=Start")
        t.until("location.search.includes('direction=asc')")
        t.choose("select[aria-label=Result]", "No data")
        t.see("text=Nothing was found in this period.")
        t.go("/ui/").see("h2 >> text=Most anomalies")
        ranks = self.it.admin.good("/check/result/count", {"host_list": [], "sort": "count", "direction": "desc"})["results"]
        self.assertIn(str(ranks[0]["count"]), t.text("ol.rank li >> nth=0"))

    # -- diagnoses and reports

    def test_a_diagnosis_is_found_by_its_id(self):
        t = self.t.go("/ui/diagnoses").fill("input[aria-label='Id of a task']", self.it.task)
        t.press("Enter")
        t.until("location.search.includes('id=')")
        t.see("text=8/8 · 100 %")
        self.assertEqual(len(t.all("tbody tr")), 1)

    def test_reports_that_are_deleted_change_no_progress(self):
        it, now = self.it.admin, int(time.time())
        task = it.good("/diag/execute", {"host_list": self.it.hosts[:1], "time_range": [now - 8, now], "tree_list": ["overload"],
                                         "interval": 2})["task_id"]
        wait_until(lambda: it.progress(task) == 4, what="the diagnosis is done")
        t = self.t.go(f"/ui/diagnoses/{task}").see("a.cell >> nth=3").click("text=Select reports")
        t.click("button.cell >> nth=0").click("button.cell >> nth=1").click("button:has-text('Delete 2')")
        t.confirm()
        t.until("document.querySelectorAll('button.cell').length === 2")
        t.see("text=4/4 · 100 %")
        self.assertEqual((len(it.reports(task)), it.progress(task)), (2, 4))

    def test_a_report_is_laid_beside_another_and_taken_along(self):
        other = next(x["report_id"] for x in self.it.admin.reports(self.it.task) if x["tree_name"] != "overload")
        t = self.t.go(f"/ui/reports/{self.it.report}?tab=compare").fill("input[aria-label='Id of the other report']", other)
        t.click("form button:has-text('Compare')").see("td >> text=overload › busy")
        t.shot("reports-compared")
        picture = t.ask("download", on="button:has-text('SVG')")
        self.assertTrue(picture["text"].startswith("<svg"), picture["text"][:80])
        self.assertIn("overload", picture["text"])
        page = t.ask("download", on="button:has-text('HTML')")["text"]
        for text in ("<b>overload</b>", "load_high", "Root causes"):
            self.assertIn(text, page)
        self.assertNotIn("<script", page)
        t.run("window.print = () => (window.printed = true)")
        t.click("button:has-text('PDF')").until("window.printed")
        t.call("emulateMedia", {"media": "print"})
        t.gone(".side")
        t.see("text=Root causes")
        t.call("emulateMedia", {"media": "screen"})
        t.go(f"/ui/reports/{self.it.report}?tab=file").see(".cm-content >> text=content_hash")

    # -- the palette

    def test_the_palette_finds_whatever_has_a_name(self):
        host = self.it.hosts[0]
        for text, kind, path in (("cluster", "Page", "/ui/cluster"), ("web1", "Host", f"/ui/hosts/{host}"),
                                 ("swap_low", "Rule", "/ui/rules/edit"), ("overload", "Fault tree", "/ui/trees/show/overload"),
                                 ("front-end", "Group", "/ui/hosts"), (self.it.task[:12], "Diagnosis", f"/ui/diagnoses/{self.it.task}"),
                                 ("overload · web1", "Report", "/ui/reports/"), ("ping", "Task", "/ui/tasks"),
                                 ("ping", "Template", "/ui/templates"), (self.it.report, "Report", f"/ui/reports/{self.it.report}")):
            self.t.press("Control+k")
            self.t.until("document.activeElement.role === 'combobox'")
            self.t.type(text)
            self.t.click(f"[role=option]:has(.kind:text-is('{kind}'))")
            self.t.until(f"location.pathname.startsWith({json.dumps(path)})")
            self.t.quiet()


if __name__ == "__main__":
    unittest.main()
