"""What the pages do when answers are lost, late, refused or many; the node must have done each thing once."""
import json
import time
import unittest

from isolation_test import KNOWN
from rest import rule
from waiting import wait_until
from web import on_stage

NO_ANSWER = "text=The node does not answer"


class faults(on_stage):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        host = {"host_name": "shut", "public_ip": "127.0.0.51", "host_group_name": "web", "ssh_port": 9, "username": "u",
                "password": "p", "sudo_password": "p"}
        cls.shut = cls.it.admin.good("/manage/host/add", {"host_list": [host], "key": "a vault key"})["host_list"]

    def setUp(self):
        self.t = self.tab().log_in()

    def keys(self, path):
        return [x["key"] for x in self.t.asked(path)]

    def group(self, name):
        self.it.admin.good("/manage/host/group/add", {"host_group_name": name, "description": ""})
        self.addCleanup(self.it.admin.good, "/manage/host/group/delete", {"host_group_list": [name]}, method="DELETE")

    # -- once

    def test_what_was_done_without_an_answer_is_not_done_again(self):
        t = self.t.go("/ui/account").meddle("/manage/account/token/create", "unheard")
        t.click("text=New token").fill(".el-dialog .field input", "heard late")
        t.click("text=Make it").see(f".el-dialog >> {NO_ANSWER}")
        t.click("text=Make it").see("code.token")
        first, second = self.keys("/manage/account/token/create")
        self.assertTrue(first)
        self.assertEqual(first, second)
        tokens = self.it.admin.good("/manage/account/token/get")["token_infos"]
        self.assertEqual([x["name"] for x in tokens].count("heard late"), 1)
        t.click(".el-dialog >> text=Close").gone("code.token")
        t.click("text=New token").fill(".el-dialog .field input", "heard later")
        t.click("text=Make it").see("code.token")
        self.assertNotEqual(self.keys("/manage/account/token/create")[2], first)

    def test_a_task_keeps_its_key_while_the_vault_is_opened(self):
        t = self.t.go("/ui/tasks")
        t.click("[aria-label='Run ping']")
        t.confirm()
        t.meddle("/manage/account/certificate", 1000).fill("input[type=password]", "a vault key").click("text=Open the vault")
        t.see(".el-dialog [role=alert]")
        t.click("text=Open the vault")
        wait_until(lambda: len(self.keys("/manage/task/execute")) == 2)
        first, second = self.keys("/manage/task/execute")
        self.assertTrue(first)
        self.assertEqual(first, second)

    def test_a_form_is_sent_once_however_often_it_is_told_to(self):
        t = self.t.go("/ui/groups")
        self.addCleanup(self.it.admin.good, "/manage/host/group/delete", {"host_group_list": ["twice"]}, method="DELETE")
        t.ask("hold", path="/manage/host/group/add")
        t.click("text=Add a group").fill(".el-dialog form input", "twice")
        t.run("(() => { for (let i = 0; i < 3; ++i) document.querySelector('.el-dialog form').requestSubmit() })()")
        t.press("Enter")
        t.ask("release")
        t.gone(".el-dialog")
        t.see("td >> text=twice")
        self.assertEqual(len(self.keys("/manage/host/group/add")), 1)

    # -- who is there

    def test_who_could_not_be_logged_out_stays(self):
        t = self.t.meddle("/session/logout", "lost")
        t.click(".user button").click(".pop >> text=Log out")
        t.see(f".el-message >> {NO_ANSWER}")
        t.see(".frame")
        self.assertEqual(t.run("fetch('/session').then(r => r.json()).then(r => r.code)"), 200)
        t.click(".user button").click(".pop >> text=Log out")
        t.see("input[type=password]")

    def test_another_user_sees_a_page_of_his_own(self):
        t = self.tab().log_in("ann", KNOWN, "/ui/groups")
        t.see("td >> text=web")
        self.assertEqual(len(t.all("tbody tr")), 1)
        self.it.admin.call("DELETE", "/manage/account/session/delete", {"username": "ann", "session_list": []})
        wait_until(lambda: t.run("fetch('/session').then(r => r.json()).then(r => r.code)") == 1201)
        t.click("th >> text=Group").see("text=Your session has ended.")
        t.fill(".gate input[autocomplete=username]", "admin").fill(".gate input[type=password]", "a-better-password")
        t.click(".gate button[type=submit]")
        t.gone(".gate")
        t.see("td >> text=onerror")

    # -- hosts of now

    def test_a_task_runs_on_the_hosts_that_were_confirmed(self):
        it = self.it.admin
        self.group("late")
        it.good("/manage/task/generate", {"task_name": "grouped", "template_name": ["ping"], "description": "", "host_group_list": ["late"]})
        t = self.t.go("/ui/tasks").see("[aria-label='Run grouped']")
        t.quiet()
        hosts = it.good("/manage/host/add", {"host_list": [{"host_name": "latecomer", "public_ip": "127.0.0.41", "host_group_name": "late"}]})["host_list"]
        self.addCleanup(it.good, "/manage/host/delete", {"host_list": hosts}, method="DELETE")
        t.click("[aria-label='Run grouped']").see(".el-message-box >> text=latecomer")
        t.press("Escape")
        t.gone(".el-message-box")
        t.meddle("/manage/host/get", "lost").click("[aria-label='Run grouped']").see(f".el-message >> {NO_ANSWER}")
        self.assertFalse(t.has(".el-message-box"))
        t.turn("/ui/diagnoses?new=true").click(".el-dialog .el-select")
        t.see(".el-select-dropdown__item >> text=latecomer")
        more = it.good("/manage/host/add", {"host_list": [{"host_name": "newcomer", "public_ip": "127.0.0.42", "host_group_name": "late"}]})["host_list"]
        self.addCleanup(it.good, "/manage/host/delete", {"host_list": more}, method="DELETE")
        t.turn("/ui/board").click("main .el-select")
        t.see(".el-select-dropdown__item >> text=newcomer")

    # -- why

    def test_a_chinese_page_says_why_a_host_is_offline(self):
        it = self.it.admin
        host = {"host_name": "deaf", "public_ip": "127.0.0.52", "exporter_port": 9, "host_group_name": "web"}
        hosts = it.good("/manage/host/add", {"host_list": [host]})["host_list"]
        self.addCleanup(it.good, "/manage/host/delete", {"host_list": hosts}, method="DELETE")
        self.t.go("/ui/hosts").see("tr:has-text('deaf') >> text=exporter refused the connection at 127.0.0.52:9")
        self.assertEqual([x for x in self.t.run("performance.getEntriesByType('resource').map((x) => x.name)") if "reasons" in x], [])
        t = self.tab(locale="zh-CN").log_in(path="/ui/hosts")
        t.see("tr:has-text('deaf') >> text=采集端拒绝连接（127.0.0.52:9）").see("tr:has-text('deaf') >> text=离线")
        t.go(f"/ui/hosts/{hosts[0]}").see("dd:has-text('离线') >> text=采集端拒绝连接（127.0.0.52:9）")
        t.click("button[lang=en]").see("dd:has-text('offline') >> text=exporter refused the connection at 127.0.0.52:9")

    # -- editors

    def test_an_editor_says_that_nothing_was_loaded(self):
        for page, path, there in (("/ui/rules/edit?name=load_high", "/check/rule/get", ".cm-content >> text=node_load1"),
                                  ("/ui/trees/edit?name=overload", "/diag/tree/get", "[role=treeitem] >> text=overload")):
            t = self.tab().log_in(path="/ui/account").meddle(path, 500, 2).turn(page)
            t.see(".problem >> text=meddled with")
            t.click(".problem >> text=Try again")
            t.until("document.querySelector('main').ariaBusy === 'false'")
            t.click(".problem >> text=Try again")
            t.see(there)
            t.gone(".problem")
        self.t.go("/ui/trees/edit?name=nothing").see("text=There is no such tree")

    def test_texts_of_a_tree_are_changes(self):
        t = self.t.go("/ui/trees/edit?name=overload").see("[role=treeitem] >> text=overload")
        chip = ".chip >> text=not stored yet"
        self.assertFalse(t.has(chip))
        for label in ("Description", "Tags"):
            box = f".meta .field:has(label:has-text('{label}')) >> css=input, textarea"
            before = t.call("inputValue", on=box + " >> nth=0")
            t.fill(box, "something else").see(chip)
            t.fill(box, before).gone(chip)
        t.fill(".meta .field:has(label:has-text('Description')) >> css=input, textarea", "something else")
        t.click("nav >> text=Hosts").see(".el-message-box >> text=Leave without storing the tree?")

    def test_a_condition_is_tried_once_for_what_is_typed(self):
        t = self.t.go(f"/ui/rules/edit?host={self.it.hosts[0]}&range=5m")
        t.click("[aria-label=Condition]")
        t.type("$0 > 5")
        t.see("text=1 anomaly")
        t.press("Control+a")
        t.type("$0 > 4")
        tried = lambda: [x["body"] for x in t.asked("/check/rule/test") if json.loads(x["body"])["rule"]["condition"] == "$0 > 4"]
        wait_until(tried)
        # What else was to be tried is asked for by now: a timer of this page that is longer than its own says so.
        t.run("new Promise((done) => setTimeout(done, 800))")
        self.assertEqual(len(tried()), 1)
        t.type("2")
        t.turn("/ui/account")
        t.run("new Promise((done) => setTimeout(done, 800))")
        self.assertEqual([x for x in t.asked("/check/rule/test") if "$0 > 42" in x["body"]], [])

    # -- much at once

    def test_a_matrix_fills_while_reports_come(self):
        t = self.t.go("/ui/account")
        # A node that tells of a report every 50 ms, and goes on.
        t.run("""window.EventSource = class extends EventTarget {
          static CLOSED = 2
          constructor() {
            super()
            this.timer = setInterval(() => this.dispatchEvent(new MessageEvent('report', {data: JSON.stringify({topic: 'diag:%s', progress: 1})})), 50)
          }
          close() { clearInterval(this.timer) }
        }""" % self.it.task)
        t.turn(f"/ui/diagnoses/{self.it.task}").see(".matrix")
        read = lambda: len(t.asked("/diag/report/get_list"))
        wait_until(lambda: read() >= 4, what="the matrix is read again and again")
        t.ask("hold", path="/diag/report/get_list")
        before = read()
        wait_until(lambda: read() == before + 1, what="one more reading")
        t.run("new Promise((done) => setTimeout(done, 2500))")
        self.assertEqual(read(), before + 1)
        t.turn("/ui/account")
        t.ask("release")
        t.run("new Promise((done) => setTimeout(done, 1500))")
        self.assertEqual(read(), before + 1)

    def test_charts_of_many_processors_are_few_requests(self):
        """As many as there are names, also for who may not ask for samples; what is refused is said."""
        it = self.it
        cpus = {f'node_cpu_seconds_total{{cpu="{n}",mode="{mode}"}}': 5 for n in range(64) for mode in ("user", "system", "idle")}
        disks = {f'node_filesystem_avail_bytes{{mountpoint="/m{n}",fstype="ext4"}}': 1e9 for n in range(14)}
        it.exporter.set({"node_load1": 9, "node_load5": 1, "node_memory_MemTotal_bytes": 8e9, "node_memory_MemAvailable_bytes": 4e9}, **cpus, **disks)
        host = it.hosts[0]
        known = lambda: it.admin.good("/check/series/get", {"host_id": host})["series"]
        wait_until(lambda: sum(x["name"] == "node_cpu_seconds_total" for x in known()) >= 192, what="its processors are known")
        t = self.tab().log_in("ann", KNOWN, f"/ui/hosts/{host}")
        t.see("h2 >> text=CPU time by mode").see("section:has(h2:text-is('CPU time by mode')) >> text=system")
        t.see("section:has(h2:text-is('File systems, free')) >> text=/m0")
        t.quiet()
        first = [json.loads(x["body"]) for x in t.asked("/check/rule/test")]
        rounds = sum(x["rule"]["data_list"][0].get("agg") == "sum" for x in first)
        self.assertGreaterEqual(rounds, 1)
        self.assertLessEqual(len(first), 7 * (rounds + 1))
        self.assertFalse(t.has("section:has(h2:text-is('File systems, free')) >> text=/m9"))  # Ten of them.
        t = self.tab().log_in("ann", KNOWN, "/ui/account").meddle("/check/rule/test", 500, 20)
        t.turn(f"/ui/hosts/{host}").see("main .problem >> text=meddled with")

    def test_a_board_that_could_not_be_read_says_so_until_it_is(self):
        host = self.it.hosts[0]
        t = self.t.go("/ui/account").meddle("/check/series/get", 500).turn(f"/ui/board?host={host}&series=node_load1&range=5m")
        t.see("main .problem >> text=meddled with")
        t.click(".problem >> text=Try again")
        t.gone("main .problem")
        t.see("main .u-wrap canvas")

    def test_a_log_is_read_on_from_where_it_was_read_to(self):
        it = self.it.admin
        play = [{"hosts": "all", "gather_facts": False, "tasks": [{"ping": {}}]}]
        it.good("/manage/template/import", {"template_name": "shut", "template_content": play, "description": ""})
        it.good("/manage/task/generate", {"task_name": "shut", "template_name": ["shut"], "description": "", "host_list": self.shut})
        task = it.good("/manage/task/get", {"task_list": ["shut"]})["task_infos"][0]["task_id"]
        it.good("/manage/account/certificate", {"key": "a vault key"})
        it.good("/manage/task/execute", {"task_list": [task]})
        runs = lambda: it.good("/manage/task/result/get", {"task_list": ["shut"]})["executions"]
        wait_until(lambda: [x["state"] for x in runs()] == ["failed"], 60, "the run is over")
        t = self.t
        t.ask("hold", path="/manage/task/result/hosts")
        t.go(f"/ui/runs/{runs()[0]['execution_id']}?host={self.shut[0]}").see("article >> text=127.0.0.51")
        t.ask("release")
        asked = lambda: [json.loads(x["body"])["after"] for x in t.asked("/manage/task/result/log") if "host_list" in x["body"]]
        wait_until(lambda: len(asked()) == 2, what="it is read a second time")
        self.assertEqual(asked()[0], 0)
        self.assertGreater(asked()[1], 0)


if __name__ == "__main__":
    unittest.main()
