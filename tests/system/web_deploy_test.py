"""Deployment on the pages: packages, runs that are followed, retried, approved and compared, and grids that are large. Runs are
told by a program as fast as they are taken, in place of Ansible.
"""
import base64
import hashlib
import json
import os
import pathlib
import time
import unittest

from machine import witness
from packages_test import MANIFEST, ROLE, packed
from waiting import wait_until
from web import on_stage

RUNNER = pathlib.Path(__file__).with_name("quick_runner.py")
PLAY = [{"hosts": "all", "tasks": [{"ansible.builtin.ping": None}]}]
PIECE = 768 * 1024
USUAL_FRAME_MS = 300  # Of the time that the machine gives; with all cells drawn it would be seconds.


def archive(noise):
    return packed(("aops.yml", MANIFEST.encode()), ("site.yml", b"- {hosts: all, roles: [r]}\n"), ("roles/r/tasks/main.yml", ROLE.encode()),
                  ("files/big", os.urandom(noise)))


class deploy(on_stage):
    SETTINGS = (f"tasks.runner={RUNNER}",)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.api = cls.it.admin
        for host in cls.it.hosts:
            cls.api.good("/manage/host/update", {"host_id": host, "username": "u", "password": "p", "sudo_password": "p", "key": "vault-key"})
        for name in ("first", "second"):
            cls.api.good("/manage/template/import", {"template_name": name, "template_content": PLAY, "description": ""})
        cls.task = cls.api.good("/manage/task/generate", {"task_name": "roll out", "description": "", "template_name": ["first", "second"],
                                                          "host_list": cls.it.hosts})["task_id"]

    def setUp(self):
        self.t = self.tab().log_in()
        self.addCleanup(self.delete_packages)

    def delete_packages(self):
        if there := [{"package_name": x["package_name"]} for x in self.packages()]:
            self.api.good("/manage/package/delete", {"package_list": there}, method="DELETE")

    # -- packages

    def upload(self, name, content):
        t = self.t.go("/ui/packages").click("text=Upload a package")
        t.ask("upload", on=".el-dialog input[type=file]", name=name, bytes=base64.b64encode(content).decode())
        t.click(".el-dialog button[type=submit]")
        return t

    def packages(self):
        return self.api.good("/manage/package/get", {"package_list": []})["package_infos"]

    def sent(self):
        return [json.loads(x["body"])["offset"] for x in self.t.asked("/manage/package/upload")]

    def test_a_package_is_uploaded_found_made_a_template_and_deleted(self):
        content = archive(2 * PIECE)
        t = self.upload("sample-1.2.tar.gz", content).see("td >> text=sample")
        t.gone(".el-dialog")
        self.assertEqual(self.sent(), [0, PIECE, 2 * PIECE])
        (it,) = [x for x in self.packages() if x["package_name"] == "sample"]
        self.assertEqual((it["version"], it["bytes"], it["sha256"], it["username"]),
                         ("1.2", len(content), hashlib.sha256(content).hexdigest(), "admin"))
        t.click("[aria-label='Details of sample 1.2']").see(f"text={it['sha256']}")
        t.fill("input[type=search]", "nothing").see("text=No package has such a name.")
        t.fill("input[type=search]", "samp").see("td >> text=sample")
        t.shot("packages-filled")
        t.click("[aria-label='Make a template of sample 1.2']")
        t.until("location.pathname === '/ui/templates'")
        t.see("td >> text=sample 1.2")
        t.go("/ui/packages").click("[aria-label='Delete sample 1.2']").see(".el-message-box >> text=sample 1.2")
        t.confirm()
        t.gone("td >> text=sample")
        self.assertEqual(self.packages(), [])
        made = self.api.good("/manage/template/get", {"template_list": ["sample"]})["template_infos"]
        self.assertEqual([x["package_name"] for x in made], ["sample"])

    def test_an_upload_that_was_cut_off_leaves_nothing_and_goes_on(self):
        content = archive(2 * PIECE)
        self.t.go("/ui/packages").meddle("/manage/package/upload", 500)
        t = self.t.click("text=Upload a package")
        t.ask("upload", on=".el-dialog input[type=file]", name="cut.tar.gz", bytes=base64.b64encode(content).decode())
        t.click(".el-dialog button[type=submit]").see(".el-dialog >> text=meddled with")
        self.assertEqual(self.packages(), [])
        # What was sent and not answered is sent again; pieces that came are not.
        t.meddle("/manage/package/upload", "unheard", 2)
        t.click(".el-dialog button[type=submit]").see("td >> text=cut")
        self.assertEqual(self.sent()[1:], [0, 0, 0, PIECE, 2 * PIECE])

    def test_what_is_no_archive_is_refused_in_the_dialog(self):
        t = self.upload("bad.zip", b"no archive at all").see(".el-dialog [role=alert] >> text=neither tar.gz nor zip")
        self.assertEqual(self.packages(), [])
        t.press("Escape")

    # -- runs

    def open_vault(self):
        """In the session of the tab."""
        code = self.t.run("""fetch('/manage/account/certificate', {method: 'POST', headers: {'Content-Type': 'application/json'},
          body: JSON.stringify({key: 'vault-key'})}).then((r) => r.json()).then((r) => r.code)""")
        self.assertEqual(code, 200)

    def execute(self, actions, failing=0, **more):
        self.api.good("/manage/account/certificate", {"key": "vault-key"})
        body = {"task_list": [self.task], "vars": {"quick_actions": actions, "quick_failing": failing}} | more
        (run,) = self.api.good("/manage/task/execute", body)["execution_id"]
        return run

    def state(self, run):
        return self.api.good("/manage/task/result/get", {"execution_list": [run]})["executions"][0]["state"]

    def test_a_run_is_followed_by_its_stream(self):
        run = self.execute(300, approve=["second"])
        self.open_vault()
        t = self.t.go(f"/ui/runs/{run}").see("h1 .mark >> text=waits for approval", 60)
        self.assertEqual(len(t.all(".grid-box .cell.ok")), 2)
        read = len(t.asked("/manage/task/result/hosts"))
        t.click("button:has-text('Approve')").see("h1 .mark >> text=done", 60)
        t.until("document.querySelectorAll('.grid-box .cell.ok').length === 4")
        t.until("performance.getEntriesByType('resource').some((r) => r.name.includes('/manage/task/stream?execution_id='))")
        # The grid was read when the page came and when the run was over; between, the stream told.
        self.assertLessEqual(len(t.asked("/manage/task/result/hosts")), read + 2)
        t.click(".grid-box .cell.ok").see("article >> text=done 7")
        self.assertEqual(t.ask("problems"), [])
        t.go(f"/ui/board?host={self.it.hosts[0]}&series=node_load1&range=15m")
        t.until("[...document.querySelectorAll('.chart li')].some((x) => x.textContent.startsWith('Deployment: roll out'))")
        t.click("text=Deployments")
        t.until("![...document.querySelectorAll('.chart li')].some((x) => x.textContent.startsWith('Deployment'))")

    def test_what_failed_is_retried_and_two_runs_are_compared(self):
        good = self.execute(3)
        wait_until(lambda: self.state(good) == "done", 60, "a run that ends well")
        bad = self.execute(3, failing=1)
        self.open_vault()
        t = self.t.go(f"/ui/runs/{bad}").see("h1 .mark >> text=failed", 60).see(".grid-box .cell.failed")
        t.choose("select[aria-label='Compare with']", good)
        t.see("h2 >> text=Differences to the other run").see("tr:has(td:text-is('first')) .mark >> text=ok")
        t.shot("run-compared")
        t.click("text=Only what failed")
        t.until("document.querySelectorAll('.grid-box tbody th').length === 1")
        t.click("button:has-text('Retry what failed')")
        t.until(f"/^.ui.runs.[0-9a-f]+$/.test(location.pathname) && !location.pathname.endsWith('{bad}')")
        t.see(f"a[href$='{bad}']")
        t.go("/ui/").see("section:has(h2:text-is('Latest runs')) >> text=roll out")
        before = len(t.asked("/manage/task/result/get"))
        t.go(f"/ui/hosts/{self.it.hosts[0]}?tab=tasks").see("a:text-is('roll out')")
        t.go("/ui/tasks").see("tr:has-text('roll out') .mark")
        # Of each task the newest run, however many others there are.
        asked = [json.loads(x["body"]) for x in t.asked("/manage/task/result/get")[before:]]
        self.assertTrue(asked)
        self.assertTrue(all(x["latest"] for x in asked), asked)

    def test_a_grid_of_a_thousand_hosts_and_thirty_steps_stays_fluent(self):
        steps, hosts = [f"step {k}" for k in range(30)], [f"host-{k:04}" for k in range(1000)]
        count = {x: 0 for x in ("pending", "running", "failed", "unreachable", "skipped", "interrupted")} | {"ok": len(hosts)}
        run = {"execution_id": "big", "task_id": "t", "task_name": "big", "username": "admin", "state": "done", "reason": "", "time": 1,
               "started": 1, "ended": 2, "check": False, "hosts": count, "events": 9,
               "steps": [{"step": x, "state": "done", "hosts": count, "message": ""} for x in steps]}
        cell = {"state": "ok", "attempts": 1, "ok": 1, "changed": 0, "failed": 0, "skipped": 0, "action": "", "message": ""}
        cells = [cell | {"step": s, "host_id": h, "host_name": h} for s in steps for h in hosts]
        t = self.t.go("/ui/account")
        t.ask("answer", path="/manage/task/result/get", body={"code": 200, "total_count": 1, "total_page": 1, "executions": [run]})
        t.ask("answer", path="/manage/task/result/hosts", body={"code": 200, "total_count": len(cells), "total_page": 1, "results": cells})
        t.turn("/ui/runs/big").see(".grid-box .cell")
        it = witness()
        self.addCleanup(it.close)
        since = it.mark()
        frames = t.run("""new Promise((done) => {
          const box = document.querySelector('.grid-box')
          const took = []
          let last = performance.now()
          const turn = (now) => {
            took.push(now - last)
            last = now
            box.scrollTop += 300
            if (took.length < 60) requestAnimationFrame(turn)
            else done(took.sort((a, b) => a - b))
          }
          requestAnimationFrame(turn)
        })""")
        share = it.given(since) / (time.monotonic() - since[0])
        self.assertLess(frames[len(frames) // 2] * share, USUAL_FRAME_MS, share)
        self.assertGreater(t.run("document.querySelector('.grid-box').scrollTop"), 10_000)
        self.assertLess(t.run("document.querySelectorAll('.grid-box .cell').length"), 3000)
        t.see(".grid-box >> text=host-06")


if __name__ == "__main__":
    unittest.main()
