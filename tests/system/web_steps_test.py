"""What people do on the pages, step by step in a real browser; the interface of the node must then say the same."""
import base64
import io
import json
import pathlib
import time
import unittest
import zipfile

from exporter import exporter
from isolation_test import KNOWN
from waiting import wait_until
from web import on_stage

SAMPLES = pathlib.Path(__file__).resolve().parents[1] / "cli/aops/text/samples"
SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OF_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def sheet(rows):
    """A workbook with these rows as its sheet `diag`: as little as a reader needs."""
    cells = lambda row: "".join(f'<c t="inlineStr"><is><t>{x}</t></is></c>' for x in row)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", f'<workbook xmlns="{SPREADSHEET}" xmlns:r="{OF_OFFICE}"><sheets>'
                                            '<sheet name="diag" sheetId="1" r:id="r1"/></sheets></workbook>')
        archive.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{RELATIONS}">'
                                                       '<Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>')
        archive.writestr("xl/worksheets/sheet1.xml", f'<worksheet xmlns="{SPREADSHEET}"><sheetData>' + "".join(
            f'<row r="{n}">{cells(row)}</row>' for n, row in enumerate(rows, 1)) + "</sheetData></worksheet>")
    return out.getvalue()


class steps(on_stage):
    def setUp(self):
        self.t = self.tab().log_in()

    def tearDown(self):
        self.assertEqual(self.t.ask("problems"), [])

    def names(self, **more):
        return [h["host_name"] for h in self.it.admin.good("/manage/host/get", {"host_group_list": []} | more)["host_infos"]]

    def test_hosts_are_added_refused_changed_and_deleted(self):
        t = self.t.go("/ui/hosts")
        t.click("text=Add a host")
        t.click(".el-dialog button[type=submit]")
        t.see("text=is needed")
        field = lambda label, text: t.fill(f".el-dialog .field:has(label:text-is('{label}')) input", text)
        field("Host name", "web9")
        field("Address", "300.1.1.1")
        field("SSH port", "70000")
        t.see("text=is no IPv4 address").see("text=is no port")
        field("Address", "127.0.0.9")
        field("SSH port", "2222")
        field("Group", "web")
        t.click(".el-dialog button[type=submit]")
        t.see("td >> text=web9")
        t.gone(".el-dialog")
        self.assertIn("web9", self.names())
        # A second one of this name is refused, and the dialog stays.
        t.click("text=Add a host")
        field("Host name", "web9")
        field("Address", "127.0.0.10")
        field("Group", "web")
        t.click(".el-dialog button[type=submit]")
        t.see(".el-dialog [role=alert]")
        t.press("Escape")
        t.gone(".el-dialog")
        t.click("[aria-label='Delete web9']")
        t.see(".el-message-box >> text=web9")
        t.confirm()
        t.gone("td >> text=web9")
        self.assertNotIn("web9", self.names())

    def test_the_source_of_a_host_is_chosen_and_changed(self):
        source = lambda: {h["host_name"]: h["source"] for h in self.it.admin.good("/manage/host/get", {"host_group_list": []})["host_infos"]}.get("far1")
        t = self.t.go("/ui/hosts").click("text=Add a host")
        for label, text in (("Host name", "far1"), ("Address", "127.0.0.41")):
            t.fill(f".el-dialog .field:has(label:text-is('{label}')) input", text)
        self.assertEqual(t.all("#host-source option"), ["scrape: the node asks its exporter", "push: senders push its samples"])
        t.choose("#host-source", "push")
        t.click(".el-dialog button[type=submit]").see("tr:has-text('far1') >> td:text-is('push')")
        self.assertEqual(source(), "push")
        # What is changed about it otherwise leaves it so; it is turned back by choosing.
        t.click("[aria-label='Change far1']").see("#host-source")
        self.assertEqual(t.call("inputValue", on="#host-source"), "push")
        t.choose("#host-source", "scrape")
        t.click(".el-dialog button[type=submit]").see("tr:has-text('far1') >> td:text-is('scrape')")
        self.assertEqual(source(), "scrape")
        t.click("[aria-label='Delete far1']")
        t.confirm()
        t.gone("td >> text=far1")

    def test_a_host_is_drawn_under_an_open_page_once_it_has_answered(self):
        with exporter({"node_load1": 1}, ("127.0.0.42",)) as one:
            host = {"host_name": "later", "public_ip": "127.0.0.42", "exporter_port": one.port, "source": "push"}
            identity = self.it.admin.good("/manage/host/add", {"host_list": [host]})["host_list"][0]
            t = self.t.go(f"/ui/hosts/{identity}").see("text=They are seen once a sender has pushed samples.")
            self.it.admin.good("/manage/host/update", {"host_id": identity, "source": "scrape"})
            t.see("main section h2 >> text=Load").see(".u-wrap canvas")
            t.go("/ui/hosts").see("td >> text=later")
            self.it.admin.good("/manage/host/delete", {"host_list": [identity]}, method="DELETE")

    def test_who_types_elsewhere_already_is_not_put_into_the_first_input(self):
        t = self.t.go("/ui/hosts").see("button:has-text('Add a host')")
        there = t.run("""new Promise((done) => {
          [...document.querySelectorAll('button')].find((b) => b.innerText === 'Add a host').click()
          const look = () => {
            const second = document.querySelectorAll('.el-dialog form input')[1]
            if (!second) return setTimeout(look)
            second.focus()
            setTimeout(() => done(document.activeElement === second), 200) // Whatever the form itself had set is over.
          }
          look()
        })""")
        self.assertTrue(there)
        t.press("Escape")
        t.gone(".el-dialog")
        t.click("text=Add a host")
        t.until("document.activeElement === document.querySelector('.el-dialog form input')")

    def test_a_dialog_is_opened_again_while_it_goes(self):
        t = self.t.go("/ui/groups").click("text=Add a group")
        t.fill(".el-dialog form input", "of before")
        seen = t.run("""new Promise((done) => {
          document.querySelector('.el-dialog__headerbtn').click()
          const look = () => {
            if (!document.querySelector('.is-closing')) return setTimeout(look)
            const button = [...document.querySelectorAll('button')].find((b) => b.innerText === 'Add a group')
            const { x, y } = button.getBoundingClientRect()
            const hit = document.elementFromPoint(x + 4, y + 4)
            button.click()
            setTimeout(() => done([button.contains(hit), document.querySelector('.el-dialog form input')?.value ?? null]), 600)
          }
          look()
        })""")
        self.assertEqual(seen, [True, ""])

    def test_hosts_come_from_a_table_with_a_preview(self):
        t = self.t.go("/ui/hosts")
        t.click("text=Add from CSV")
        t.ask("upload", on=".el-dialog input[type=file]", name="hosts.csv",
              content="name;ip;group;source\ncsv1;127.0.0.21;web;\ncsv2;not an address;web;push\ncsv3;127.0.0.23;web;push\ncsv4;127.0.0.24;web;pull\n")
        t.see("text=✕ Address: is no address").see("tr.wrong:has(td:text-is('5')) >> text=✕ Source: is neither scrape nor push")
        t.see("text=2 lines are left out").click("text=Add 2 hosts")
        t.gone(".el-dialog")
        wait_until(lambda: {"csv1", "csv3"} <= set(self.names()))
        there = [h for h in self.it.admin.good("/manage/host/get", {"host_group_list": []})["host_infos"] if h["host_name"].startswith("csv")]
        self.assertEqual({h["host_name"]: h["source"] for h in there}, {"csv1": "scrape", "csv3": "push"})
        ids = [h["host_id"] for h in there]
        self.it.admin.good("/manage/host/delete", {"host_list": ids}, method="DELETE")

    def test_of_groups_the_empty_ones_go_and_the_others_are_named(self):
        self.it.admin.good("/manage/host/group/add", {"host_group_name": "empty", "description": ""})
        t = self.t.go("/ui/groups")
        t.click("[aria-label='Select empty']").click("[aria-label='Select web']")
        t.click("text=Delete 2")
        t.confirm()
        t.see("text=1 group deleted · not deleted, for they have hosts: web")
        groups = [g["host_group_name"] for g in self.it.admin.good("/manage/host/group/get")["host_group_infos"]]
        self.assertNotIn("empty", groups)
        self.assertIn("web", groups)

    def test_a_rule_is_typed_tried_stored_exported_and_imported(self):
        t = self.t.go(f"/ui/rules/edit?host={self.it.hosts[0]}&range=5m")
        t.fill(".field:has(label:text-is('Check item')) input", "typed")
        t.click("[aria-label=Condition]")
        t.type("$0 > > 5")
        t.see(".cm-lintRange-error")
        t.press("Control+a")
        t.type("$0 > 5")
        t.see("text=1 anomaly")
        t.see(".u-wrap canvas")
        t.click("button:has-text('Store')")
        t.until("location.search.includes('name=typed')")
        stored = self.it.admin.good("/check/rule/get", {"check_items": ["typed"]})["check_items"][0]
        self.assertEqual(stored["condition"], "$0 > 5")
        file = t.ask("download", on="button:has-text('Export')")
        t.go("/ui/rules")
        t.click("button:has-text('Import')")
        t.ask("upload", on=".el-dialog input[type=file]", name=file["name"], content=file["text"])
        t.click("text=Import 1")
        t.see("text=1 replaced")
        again = self.it.admin.good("/check/rule/get", {"check_items": ["typed"]})["check_items"][0]
        self.assertEqual(again, stored)
        t.ask("upload", on=".el-dialog input[type=file]", name="bad.json", content='{"check_items": [{"check_item": "x", "data_list": [{"name": "a"}], "condition": "$7 >"}]}')
        t.click("text=Import 1")
        t.see(".el-dialog [role=alert] >> text=x: condition: line 1, position 1")
        t.press("Escape")
        t.gone(".el-dialog")
        t.click("[aria-label='Select typed']").click("text=Delete 1")
        t.confirm()
        wait_until(lambda: not self.it.admin.good("/check/rule/get", {"check_items": ["typed"]})["check_items"])

    def test_a_tree_is_drawn_undone_stored_and_exported(self):
        t = self.t.go("/ui/trees/edit")
        t.fill(".field:has(label:text-is('Name')) input", "drawn")
        t.click("[role=treeitem] >> nth=0")
        t.click("text=+ Leaf")
        t.see("[role=treeitem] >> nth=2")
        t.click("text=Undo")
        t.gone("[role=treeitem] >> nth=2")
        t.click("text=Redo")
        t.see("[role=treeitem] >> nth=2")
        for leaf in (1, 2):
            t.call("click", on=f"[role=treeitem] >> nth={leaf}")
            t.fill(".panel .field:has(label:text-is('Check item')) input", ("load_high", "swap_low")[leaf - 1])
        # The second one asks the hosts behind, and how far; asked of the host itself it says nothing of either.
        t.choose(".panel label:has-text('Asked of') select", "upstream")
        t.choose(".panel label:has-text('So many links away') select", "3")
        t.see("text=The tree is well formed.")
        t.call("click", on="[role=treeitem] >> nth=0")
        t.click(".panel [aria-label=Condition]")
        t.press("Control+a")
        t.type("cause 1 && nothing")
        t.see("text=1 thing is wrong")
        t.see(".cm-lintRange-error")
        t.press("Control+a")
        t.type("cause 1 && !cause 2")
        t.see("text=The tree is well formed.")
        # Tried before it is stored: the first is true of the host, and of the second there is no data.
        t.click(".trial .el-select").click(".el-select-dropdown__item:has-text('web1')")
        t.press("Escape")
        t.click("button:has-text('Try')").see(".trial .mark >> text=unknown").see("[role=treeitem].bad")
        self.assertEqual(self.it.admin.good("/diag/tree/get", {"tree_list": ["drawn"]})["trees"], [])
        t.click("button:has-text('Store')")
        t.see("text=drawn is stored")
        content = self.it.admin.good("/diag/tree/get", {"tree_list": ["drawn"]})["trees"][0]["tree_content"]
        self.assertEqual([c["check item"] for c in content["children"]], ["load_high", "swap_low"])
        self.assertEqual(content["condition"], "cause 1 && !cause 2")
        first, second = content["children"]
        self.assertEqual((second["scope"], second["depth"], "scope" in first), ("upstream", 3, False))
        t.go("/ui/trees/show/drawn")
        file = json.loads(t.ask("download", on="button:has-text('Export')")["text"])
        self.assertEqual(file["trees"][0]["tree_content"], content)
        t.click("button:has-text('Delete')")
        t.confirm()
        t.until("location.pathname === '/ui/trees'")
        self.assertEqual(self.it.admin.good("/diag/tree/get", {"tree_list": ["drawn"]})["trees"], [])

    def test_a_tree_is_made_of_a_mind_map(self):
        """The workbook of the command line's tests; and one that breaks a rule of drawing, whose place is said."""
        t = self.t.go("/ui/trees/edit").click("text=From a mind map")
        workbook = (SAMPLES / "mind_map.xlsx").read_bytes()
        t.ask("upload", on=".el-dialog input[type=file]", name="broken.xlsx", bytes=base64.b64encode(workbook[:400]).decode())
        t.see(".el-dialog [role=alert] >> text=This is no .xlsx workbook")
        broken = [["shop", "", "", "", "", "", "", "", ""], [], ["", "too deep", "", "", "", "", "", "", ""]]
        t.ask("upload", on=".el-dialog input[type=file]", name="rule.xlsx", bytes=base64.b64encode(sheet(broken)).decode())
        t.see(".el-dialog [role=alert] >> text=row 3, column B: a level is skipped")
        t.ask("upload", on=".el-dialog input[type=file]", name="mind_map.xlsx", bytes=base64.b64encode(workbook).decode())
        t.gone(".el-dialog")
        t.see("[role=treeitem] >> nth=2").see("text=The tree is well formed.")
        t.shot("tree-of-a-mind-map")
        name = t.call("inputValue", on=".field:has(label:text-is('Name')) input")
        t.click("button:has-text('Store')").see(f"text={name} is stored")
        content = self.it.admin.good("/diag/tree/get", {"tree_list": [name]})["trees"][0]["tree_content"]
        self.assertEqual(content["node name"], name)
        self.assertTrue(content["children"])
        self.it.admin.good("/diag/tree/delete", {"tree_list": [name]}, method="DELETE")

    def test_a_diagnosis_is_watched_and_its_report_read_and_deleted(self):
        now = int(time.time())
        t = self.t.go(f"/ui/diagnoses?new=true&host={self.it.hosts[0]}&tree=overload&from={now - 20}&to={now}")
        t.fill(".field:has(label:text-is('Seconds of a slice')) input", "5")
        t.see("text=1 host × 1 tree × 4 slices = 4 reports")
        t.click(".el-dialog button[type=submit]")
        t.until("/^.ui.diagnoses.[0-9a-f]{32}$/.test(location.pathname)")
        task = t.run("location.pathname.split('/').at(-1)")
        t.see("text=4/4 · 100 %").see("h1 .mark >> text=done")
        t.see(".cell.v-true")
        self.assertEqual(self.it.admin.progress(task), 4)
        t.click("a.cell.v-true")
        t.see("text=Root causes").see("[role=treeitem].bad")
        t.click("text=Evidence")
        t.see("article >> text=load_high")
        self.assertIn("load_high", t.ask("download", on="button:has-text('HTML')")["text"])
        report = t.run("location.pathname.split('/').at(-1)")
        t.click("button:has-text('Delete')")
        t.confirm()
        t.until("location.pathname.startsWith('/ui/diagnoses/')")
        self.assertNotIn(report, [x["report_id"] for x in self.it.admin.reports(task)])
        t.go("/ui/reports/" + report).see("text=There is no such report")

    def test_a_playbook_becomes_a_template_and_a_task(self):
        t = self.t.go("/ui/templates")
        t.click("text=Import a playbook")
        t.ask("upload", on=".el-dialog input[type=file]", name="reboot.yaml", content="- hosts: all\n  tasks:\n   - ping: {}\n  - bad\n")
        t.click(".el-dialog button[type=submit]")
        t.see("text=Line 4")
        t.ask("upload", on=".el-dialog input[type=file]", name="reboot.yaml", content="- hosts: all\n  tasks:\n    - ping: {}\n")
        t.click(".el-dialog button[type=submit]")
        t.see("td >> text=reboot")
        t.go("/ui/tasks?new=true")
        t.fill(".field:has(label:text-is('Task')) input", "reboot them")
        t.click(".el-dialog .el-select >> nth=0")
        t.click(".el-select-dropdown__item:has-text('reboot')")
        t.press("Escape")
        t.click(".el-dialog button[type=submit]")
        t.see("td >> text=reboot them")
        self.it.admin.good("/manage/template/delete", {"template_list": ["reboot"]}, method="DELETE")
        task = self.it.admin.good("/manage/task/get", {"task_list": ["reboot them"]})["task_infos"][0]
        self.assertEqual(task["template_name"], ["reboot"])
        t.click("[aria-label='Delete reboot them']")
        t.confirm()
        t.gone("td >> text=reboot them")

    def test_running_a_task_asks_for_the_vault_key(self):
        t = self.t.go("/ui/tasks")
        t.click("[aria-label='Run ping']")
        t.see(".el-message-box >> text=web1")
        t.confirm()
        t.see("text=The vault key opens what hosts are logged in to with.")
        t.press("Escape")

    def test_a_run_is_followed_step_by_step(self):
        """On a host that refuses connections: the run is there at once, and says of the host what went wrong."""
        it = self.it.admin
        host = {"host_name": "closed", "public_ip": "127.0.0.31", "host_group_name": "web", "ssh_port": 9, "username": "u",
                "password": "p", "sudo_password": "p"}
        hosts = it.good("/manage/host/add", {"host_list": [host], "key": "a vault key"})["host_list"]
        play = [{"hosts": "all", "gather_facts": False, "tasks": [{"ping": {}}]}]
        it.good("/manage/template/import", {"template_name": "try", "template_content": play, "description": ""})
        it.good("/manage/task/generate", {"task_name": "try", "template_name": ["try"], "description": "", "host_list": hosts})
        t = self.t.go("/ui/tasks")
        t.click("[aria-label='Run try']")
        t.confirm()
        t.fill("input[type=password]", "a vault key").click("text=Open the vault")
        t.until("location.pathname === '/ui/runs'")
        t.click("td a:text-is('try')")
        t.see(".grid-box .cell.unreachable", 120).click(".grid-box .cell")
        t.see("article >> text=127.0.0.31")
        t.see("h1 .mark >> text=failed", 60).see("button:has-text('Retry what failed')")
        run = it.good("/manage/task/result/get", {"task_list": ["try"]})["executions"][0]
        self.assertEqual((run["state"], run["hosts"]["unreachable"]), ("failed", 1))

    def test_users_are_taken_in_and_granted_groups(self):
        self.it.admin.post("/manage/account/register", {"username": "bob", "password": KNOWN})
        t = self.t.go("/ui/users")
        t.click("[aria-label='Take in bob']")
        t.see("[aria-label='Grants of bob']").click("[aria-label='Grants of bob']")
        t.click(".el-dialog .el-select")
        t.click(".el-select-dropdown__item:has(span:text-is('web'))")
        t.press("Escape")
        t.click(".el-dialog button:has-text('Save')")
        t.see("text=Grants of bob are changed")
        bob = next(u for u in self.it.admin.good("/manage/account/user/get")["user_infos"] if u["username"] == "bob")
        self.assertEqual(bob["host_group_list"], ["web"])
        t.go("/ui/log?action=user.*&kind=audit").see("code >> text=user.adopt")
        t.click("text=Verify")
        t.see("text=is as it was written.")

    def test_a_token_is_shown_once(self):
        t = self.t.go("/ui/account")
        t.click("text=New token")
        t.fill(".el-dialog .field input", "script")
        t.click("text=Make it")
        t.see("code.token")
        token = t.text("code.token").strip()
        self.assertEqual(self.it.node.client(token).call("POST", "/manage/host/count")[1]["code"], 200)
        t.click(".el-dialog >> text=Close")
        t.gone("code.token")
        self.assertNotIn(token, t.run("document.documentElement.outerHTML + JSON.stringify(localStorage) + location.href"))
        t.click("[aria-label='Delete script']")
        t.confirm()
        wait_until(lambda: self.it.node.client(token).call("POST", "/manage/host/count")[1]["code"] == 1201)


if __name__ == "__main__":
    unittest.main()
