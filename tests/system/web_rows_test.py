"""What a row of spec W1 to W26 asks for beside what web_steps, web_watching, web_deploy, web_tracing, web_logs and web_topology do:
docs/web.md says which test is for which row.
"""
import pathlib
import time
import unittest

from isolation_test import KNOWN
from node import node
from waiting import wait_until
from web import USERS, on_stage, tab

MANY = 12
EWMA = pathlib.Path(__file__).resolve().parents[2] / "etc/plugins/ewma.py"


class rows(on_stage):
    CONFIG = f'''[plugins.ewma]\ncommand = ["/usr/bin/python3", "-I", "-S", "{EWMA}"]\n'''

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        it = cls.it.admin
        it.good("/manage/host/group/add", {"host_group_name": "many", "description": "so many"})
        hosts = [{"host_name": f"m{n:02}", "public_ip": f"127.0.1.{n + 1}", "exporter_port": 9, "host_group_name": "many", "management": n == 0}
                 for n in range(MANY)]
        cls.many = it.good("/manage/host/add", {"host_list": hosts})["host_list"]

    def setUp(self):
        self.t = self.tab().log_in(path="/ui/account")

    def first(self):
        """Of the rows that are seen, what stands first."""
        self.t.quiet()
        return self.t.run("[...document.querySelectorAll('main tbody tr:not(.more)')].map((x) => x.querySelector('td a, td strong, td button.link').innerText)")

    def names(self):
        return {x["host_name"] for x in self.it.admin.good("/manage/host/get", {"host_group_list": []})["host_infos"]}

    # -- W1, W2

    def test_w1_hosts_are_sorted_narrowed_and_turned_over(self):
        t = self.t.turn("/ui/hosts?group=many&per_page=10&sort=host_name").see("td >> text=m00").see(f"text={MANY} in all")
        self.assertEqual(self.first(), [f"m{n:02}" for n in range(10)])
        t.click("[aria-label='Next page']").see("td >> text=m11")
        self.assertEqual(self.first(), ["m10", "m11"])
        t.choose("nav[aria-label=Pages] select", "50")
        t.see("td >> text=m00")
        self.assertEqual(len(self.first()), MANY)
        t.click("th >> text=Host name").until("document.querySelector('main tbody a').innerText === 'm11'")
        t.choose("select[aria-label=Kind]", "management")
        t.until("document.querySelectorAll('main tbody tr').length === 1")
        self.assertEqual(self.first(), ["m00"])
        count = self.it.admin.good("/manage/host/count")["host_count"]
        t.click("button:text-is('Reset')").see(f"nav[aria-label=Pages] >> text={count} in all")
        self.assertEqual(t.ask("problems"), [])

    def test_w1_the_source_of_a_host_is_shown(self):
        (pushed,) = self.it.admin.good("/manage/host/add", {"host_list": [
            {"host_name": "pushed", "public_ip": "127.0.3.1", "host_group_name": "many", "source": "push"}]})["host_list"]
        self.addCleanup(self.it.admin.good, "/manage/host/delete", {"host_list": [pushed]}, method="DELETE")
        shown = lambda t, name: t.text(f"tr:has(td a:text-is('{name}'))").split()
        t = self.t.turn("/ui/hosts?group=many&per_page=50").see("th >> text=Source").see("td >> text=pushed")
        self.assertIn("push", shown(t, "pushed"))
        self.assertIn("scrape", shown(t, "m01"))
        t.shot("hosts-source")
        t.click("td a:text-is('pushed')").see("dd:has-text('senders push its samples')").see("text=once a sender has pushed samples")
        t.shot("host-source")
        t.turn(f"/ui/hosts/{self.many[1]}").see("dd:has-text('the node asks its exporter')")
        # Where all series come from a Prometheus, its hosts are asked for nothing.
        with node("samples.source=prometheus", "prometheus.url=http://127.0.0.1:9") as other:
            api = other.admin()
            api.add_group()
            api.add_hosts(("far", "127.0.3.2", 9))
            there = tab(self.seen, other.url).log_in(path="/ui/hosts")
            self.addCleanup(there.close)
            there.see("td >> text=far").see("td:text-is('prometheus')").click("td a:text-is('far')").see("dd:has-text('the node asks a Prometheus')")
            self.assertEqual(there.ask("problems"), [])
        self.assertEqual(t.ask("problems"), [])

    def test_w1_facts_are_told_as_not_collected_and_several_hosts_are_deleted_at_once(self):
        spare = [{"host_name": x, "public_ip": f"127.0.2.{n}", "exporter_port": 9, "host_group_name": "many"} for n, x in enumerate(("s1", "s2"), 1)]
        ids = self.it.admin.good("/manage/host/add", {"host_list": spare})["host_list"]
        t = self.t.turn(f"/ui/hosts/{ids[0]}?tab=facts").see("text=Not collected")
        t.turn("/ui/hosts?group=many&per_page=50&sort=host_name&direction=desc").click("[aria-label='Select s1']").click("[aria-label='Select s2']")
        t.click("text=Delete 2").see(".el-message-box >> text=s1")
        t.confirm()
        t.gone("td >> text=s1")
        self.assertFalse({"s1", "s2"} & self.names())
        t.turn("/ui/diagnoses?new=true").click(".el-dialog .el-select").see(".el-select-dropdown__item >> text=m00")
        self.assertFalse(t.has(".el-select-dropdown__item >> text=s1"))
        t.turn("/ui/account").turn(f"/ui/hosts/{ids[0]}").see("text=There is no such host")

    def test_w2_groups_are_sorted_lead_to_their_hosts_and_are_not_twice(self):
        t = self.t.turn("/ui/groups?sort=host_count&direction=desc").see("td >> text=many")
        self.assertEqual(self.first()[0], "many")
        t.click(f"[aria-label='{MANY} hosts of many']").see("td >> text=m00")
        self.assertEqual(set(self.first()), {f"m{n:02}" for n in range(MANY)})
        t.turn("/ui/groups").click("text=Add a group").fill(".el-dialog form input", "many")
        t.press("Enter")
        t.see(".el-dialog [role=alert]")
        t.press("Escape")

    # -- W3, W5, W6

    def test_w3_templates_are_all_reached_opened_and_not_twice(self):
        it = self.it.admin
        for n in range(MANY):
            it.good("/manage/template/import", {"template_name": f"zz{n:02}", "template_content": [{"hosts": "all", "tasks": [{"ping": None}]}], "description": ""})
        t = self.t.turn("/ui/templates?per_page=10&sort=template_name&direction=desc").see("td >> text=zz11")
        t.click("[aria-label='Last page']").see("td >> text=ping")
        t.turn("/ui/templates?per_page=50").click("td >> text=zz03").see(".el-dialog .cm-content >> text=ping")
        file = t.ask("download", on=".el-dialog button:has-text('Export')")
        self.assertEqual(file["name"], "zz03.yaml")
        self.assertIn("hosts: all", file["text"])
        t.press("Escape")
        t.click("text=Import a playbook")
        t.ask("upload", on=".el-dialog input[type=file]", name="zz03.yaml", content="- hosts: all\n  tasks:\n    - ping:\n")
        t.click(".el-dialog button[type=submit]").see(".el-dialog [role=alert]")
        t.press("Escape")
        it.good("/manage/template/delete", {"template_list": [f"zz{n:02}" for n in range(MANY)]}, method="DELETE")

    def test_w6_several_tasks_are_run_together_after_their_hosts_were_shown(self):
        t = self.t.turn("/ui/tasks").click("[aria-label='Select ping']").click("thead input[type=checkbox]")
        count = len(self.it.admin.good("/manage/task/get", {"task_list": []})["task_infos"])
        self.assertGreater(count, 1)
        t.click(f"button:has-text('Run {count}')").see(".el-message-box >> text=web1").see(".el-message-box >> text=ping")
        t.press("Escape")
        t.gone(".el-message-box")
        self.assertEqual(t.asked("/manage/task/execute"), [])

    # -- W11, W14

    def test_w11_a_tree_that_is_wrong_is_refused_with_the_reason(self):
        t = self.t.turn("/ui/trees").click("header >> button:has-text('Import')")
        wrong = '{"trees": [{"tree_name": "wrong", "description": "", "tree_content": {"node name": "a", "condition": "(b", "children": [{"node name": "b", "check item": "x"}]}}]}'
        t.ask("upload", on=".el-dialog input[type=file]", name="wrong.json", content=wrong)
        t.click(".el-dialog >> button:has-text('Import 1')").see(".el-dialog >> text=condition")
        self.assertEqual(self.it.admin.good("/diag/tree/get", {"tree_list": ["wrong"]})["trees"], [])
        t.press("Escape")
        t.ask("problems")

    def test_w14_reports_are_listed_by_host_and_shown_as_they_are_stored(self):
        t = self.t.turn(f"/ui/hosts/{self.it.hosts[0]}?tab=reports").click("main .reports a >> nth=0").see("text=Root causes")
        t.turn(f"/ui/reports/{self.it.report}?tab=file").see(".cm-content >> text=content_hash")
        self.assertEqual(t.ask("problems"), [])

    # -- W23, W25, W26

    def test_w25_an_ordinary_user_sees_his_own_records_and_takes_them_along(self):
        his, now = self.it.node.client(), int(time.time())
        his.login(KNOWN, "ann")
        his.good("/diag/execute", {"host_list": self.it.hosts[:1], "time_range": [now - 8, now], "tree_list": ["overload"], "interval": 4})
        t = self.tab().log_in(*USERS["ordinary"], path="/ui/log").see("code >> text=diag.execute")
        self.assertEqual(set(t.run("[...document.querySelectorAll('main tbody tr')].map((x) => x.cells[2].innerText.trim())")), {"ann"})
        self.assertFalse(t.has("button:text-is('Audit')"))
        file = t.ask("download", on="button:has-text('CSV')")["text"].splitlines()
        self.assertTrue(file[0].startswith("number,time,kind,user"))
        self.assertTrue(all(",ann," in x for x in file[1:]), file[:3])

    def test_w26_refusals_are_in_the_audit_log_and_are_found_by_outcome(self):
        self.it.node.client().login("not her word", "ann")
        t = self.t.turn("/ui/log?kind=audit&user=ann").see("code >> text=login")
        t.choose("select[aria-label=Outcome]", "failed")
        t.see("td .mark >> text=refused")
        self.assertNotIn("not her word", t.text("main"))

    def test_w23_pages_of_administrators_are_hidden_and_refused(self):
        for role in ("ordinary", "stranger"):
            t = self.tab().log_in(*USERS[role])
            self.assertFalse([x for x in ("Users", "Cluster", "Packages") if t.has(f"nav >> text={x}")])
            for path, body in (("/manage/account/user/adopt", '{"username": "ann"}'), ("/cluster/node/drain", '{"node": "n"}'),
                               ("/manage/package/get", '{"package_list": []}'), ("/manage/task/get", '{"task_list": []}')):
                code = t.run(f"fetch('{path}', {{method: 'POST', headers: {{'Content-Type': 'application/json'}}, body: '{body}'}}).then((r) => r.json()).then((r) => r.code)")
                self.assertEqual(code, 1207, (role, path))
            t.ask("problems")

    # -- W10

    def test_w10_a_rule_is_judged_by_a_query_a_program_or_what_is_usual(self):
        t = self.t.turn(f"/ui/rules/edit?host={self.it.hosts[0]}&range=5m")
        t.until("document.querySelector('#plugin option[value=ewma]')")
        self.assertEqual(t.run("[...document.querySelectorAll('#plugin option')].map((x) => x.value)"), ["", "promql", "seasonal", "ewma"])
        wait_until(lambda: "plugin ewma" not in self.it.node.client().send("GET", "/readyz")[2], what="the program serves")

        def write(name, plugin, label, text):
            t.fill(".field:has(label:text-is('Check item')) input", name).choose("#plugin", plugin)
            t.see(f"[aria-label='{label}']").click(f"[aria-label='{label}']")
            t.press("Control+a")
            t.type(text)

        def stored(name):
            t.click("button:has-text('Store')").until(f"location.search.includes('name={name}')")
            t.see(f"h1 >> text={name}").gone(".chip:has-text('not stored yet')")
            return self.it.admin.good("/check/rule/get", {"check_items": [name]})["check_items"][0]

        write("by_program", "ewma", "Parameters", "alfa=0.2")
        t.click("button:has-text('Store')").see("[role=alert] >> text=alfa")
        write("by_program", "ewma", "Parameters", "alpha=0.2 warmup=5")
        t.shot("rule-program")
        it = stored("by_program")
        self.assertEqual((it["plugin"], it["condition"], [x["name"] for x in it["data_list"]]), ("ewma", "alpha=0.2 warmup=5", ["node_load1"]))
        self.assertFalse(t.has("text=Recovers when"))

        write("by_query", "promql", "Query", "node_load1 > 5")
        t.gone("[aria-label='Series of the rule']")
        t.see("text=1 anomaly")
        t.shot("rule-query")
        it = stored("by_query")
        self.assertEqual((it["plugin"], it["condition"], it["data_list"]), ("promql", "node_load1 > 5", []))

        write("by_habit", "seasonal", "Parameters", "season=day cycles=1 min_cycles=1")
        t.see("[aria-label='Series of the rule']")
        it = stored("by_habit")
        self.assertEqual((it["plugin"], it["condition"]), ("seasonal", "season=day cycles=1 min_cycles=1"))
        # Another judge is another rule, and is shown as a difference.
        t.choose("#plugin", "")
        t.see(".chip >> text=not stored yet").click("text=Difference to the stored rule").see('.diff .removed:has-text(\'"plugin": "seasonal"\')')
        self.assertEqual(t.ask("problems"), [])

    # -- keyboard only

    def test_a_group_is_added_and_deleted_by_keyboard_only(self):
        t = self.t
        for key in ("g", "b", "g", "a"):
            t.press(key)
        t.press("Control+k")
        t.until("document.activeElement.role === 'combobox'")
        t.type("host groups")
        t.see("[role=option] >> text=Host groups")
        t.press("Enter")
        t.see("h1 >> text=Host groups")
        self.tab_to("Add a group")
        t.press("Enter")
        t.until("document.activeElement.closest('.el-dialog form')")
        t.type("by keys")
        t.press("Enter")
        t.gone(".el-dialog")
        t.see("td >> text=by keys")
        self.tab_to("Delete by keys")
        t.press("Enter")
        t.see(".el-message-box")
        t.until("document.activeElement.closest('.el-message-box')")
        self.tab_to("Delete")
        t.press("Enter")
        t.gone("td >> text=by keys")
        self.assertEqual(t.ask("problems"), [])

    def tab_to(self, name):
        """Goes on by the tabulator until something of this name has the focus."""
        for _ in range(150):
            if self.t.run("(document.activeElement.ariaLabel ?? document.activeElement.innerText ?? '').trim()") == name:
                return
            self.t.press("Tab")
        self.fail(f"{name} is not reached by the tabulator")

    # -- charts

    def test_charts_move_on_when_samples_were_stored_and_not_otherwise(self):
        t = self.t
        t.run("""window.EventSource = class extends EventTarget {
          static CLOSED = 2
          constructor(url) {
            super()
            window.told = (list, version) => this.dispatchEvent(new MessageEvent('change', {data: JSON.stringify({topic: 'list:' + list, version})}))
            window.followed = decodeURIComponent(url)
          }
          close() {}
        }""")
        asked = lambda: len(t.asked("/check/series/data/get"))

        def board(span):
            before = asked()
            t.turn(f"/ui/board?host={self.it.hosts[0]}&series=node_load1&range={span}").see("main .u-wrap canvas")
            wait_until(lambda: asked() > before, what="the board is read")
            t.quiet()
            return asked()

        before = board("5m")
        t.until("window.followed?.includes('list:samples')")
        t.ask("clock", method="install")
        t.ask("clock", method="runFor", args=[120_000])
        self.assertEqual(asked(), before)  # Nobody has told.
        t.run("told('samples', 1)")
        t.ask("clock", method="runFor", args=[100])
        wait_until(lambda: asked() == before + 1, what="it is asked for at once after a quiet time")
        t.quiet()
        for version in range(2, 5):
            t.run(f"told('samples', {version})")
            t.ask("clock", method="runFor", args=[1000])
        self.assertEqual(asked(), before + 1)
        t.ask("clock", method="runFor", args=[10_000])
        wait_until(lambda: asked() == before + 2, what="what came in ten seconds is asked for once")
        t.quiet()
        # A week hardly moves; who goes from it to five minutes does not wait as long.
        before = board("7d")
        t.run("told('samples', 6)")
        t.ask("clock", method="runFor", args=[60_000])
        self.assertEqual(asked(), before)
        before = board("5m")
        t.run("told('samples', 7)")
        t.ask("clock", method="runFor", args=[100])
        wait_until(lambda: asked() == before + 1, what="five minutes move on")
        t.turn("/ui/account")
        t.run("told('samples', 9)")
        t.ask("clock", method="runFor", args=[60_000])
        self.assertEqual(asked(), before + 1)


if __name__ == "__main__":
    unittest.main()
