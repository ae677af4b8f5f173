"""Deployment tasks run by real Ansible over real SSH on test hosts: what becomes of them, and that nothing is done twice."""
import unittest

import lab
from node import node
from waiting import wait_until

LINE = {"name": "note it", "ansible.builtin.lineinfile":
        {"path": "/tmp/noted", "line": "{{ word }} {{ lookup('pipe', 'cat /proc/sys/kernel/random/uuid') }}", "create": True}}
NOTE = [{"hosts": "all", "gather_facts": False, "vars": {"word": "first"}, "tasks": [LINE]}]
SLOW = [{"hosts": "all", "gather_facts": False, "tasks": [
    {"name": "take long", "ansible.builtin.shell":
     "while [ ! -e /tmp/{{ gate }} ]; do sleep 0.2; done; echo done >> /tmp/through-{{ gate }}"}]}]


@unittest.skipIf(lab.why_not(), lab.why_not())
class runs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.hosts = lab.lab(2)
        cls.addClassCleanup(cls.hosts.close)
        cls.node = node()
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.api.good("/manage/host/group/add", {"host_group_name": "lab", "description": ""})
        added = []
        for name in ("h1", "h2"):
            x = cls.hosts[name]
            added.append({"host_name": name, "public_ip": x.address, "ssh_port": x.port, "host_group_name": "lab",
                          "management": False, "username": x.user, "password": x.password,
                          "sudo_password": x.become_password})
        cls.api.good("/manage/host/add", {"key": "vault", "host_list": added})
        cls.api.good("/manage/account/certificate", {"key": "vault"})
        for name, content in (("note", NOTE), ("slow", SLOW)):
            cls.api.good("/manage/template/import", {"template_name": name, "template_content": content, "description": ""})

    def task(self, *templates, **more):
        return self.api.good("/manage/task/generate", {"task_name": "t", "description": "", "template_name": list(templates),
                                                       "host_group_list": ["lab"]} | more)["task_id"]

    def start(self, task, **more):
        (run,) = self.api.good("/manage/task/execute", {"task_list": [task]} | more)["execution_id"]
        return run

    def info(self, run):
        (x,) = self.api.good("/manage/task/result/get", {"execution_list": [run]})["executions"]
        return x

    def hosts_of(self, run):
        return self.api.good("/manage/task/result/hosts", {"execution_id": run})["results"]

    def log(self, run):
        return self.api.good("/manage/task/result/log", {"execution_id": run, "limit": 1000})["events"]

    def ends(self, run, state, seconds=120):
        over = ("done", "failed", "cancelled", "timed_out", state)
        wait_until(lambda: self.info(run)["state"] in over, seconds)
        x = self.info(run)
        self.assertEqual(x["state"], state, (x, self.hosts_of(run), self.log(run)[-20:]))
        return x

    def lines(self, name, path):
        return self.hosts[name].run("cat", path).split("\n")[:-1]

    def test_a_run_does_its_steps_on_all_hosts_and_tells_of_it(self):
        run = self.start(self.task("note"), vars={"word": "second"})
        x = self.ends(run, "done")
        self.assertEqual(x["hosts"]["ok"], 2)
        for name in ("h1", "h2"):
            self.assertEqual([line.split()[0] for line in self.lines(name, "/tmp/noted")].count("second"), 1)
        events = self.log(run)
        self.assertEqual([e["number"] for e in events], list(range(1, len(events) + 1)))
        told = [e for e in events if e["type"] == "event" and e.get("action") == "note it" and e["outcome"] == "ok"]
        self.assertEqual(len(told), 2)
        self.assertTrue(all(e["changed"] for e in told))

    def test_after_a_kill_nothing_is_done_twice_and_the_rest_is_done(self):
        """In mid-run, batch by batch: what has ended is not done again, what was under way is its user's to decide."""
        task = self.task("note", "slow", steps=[{"step": "note", "enable": True},
                                                {"step": "slow", "enable": True, "idempotent": False}])
        run = self.start(task, vars={"word": "once", "gate": "killed"}, serial=1)
        wait_until(lambda: any(e.get("action") == "take long" for e in self.log(run)), 120)
        self.node.kill()
        self.node.start()
        type(self).api = self.node.client()
        self.api.login()
        wait_until(lambda: self.info(run)["state"] == "waiting_for_key", 60)
        self.api.good("/manage/account/certificate", {"key": "vault"})
        x = self.ends(run, "interrupted")
        self.assertEqual(x["hosts"]["interrupted"], 1)
        for name in ("h1", "h2"):
            self.hosts[name].run("touch", "/tmp/killed")
        self.api.good("/manage/task/resume", {"execution_list": [run], "decision": "again"})
        self.ends(run, "done")
        for name in ("h1", "h2"):
            self.assertEqual([line.split()[0] for line in self.lines(name, "/tmp/noted")].count("once"), 1)
            self.assertEqual(self.lines(name, "/tmp/through-killed"), ["done"])
        attempts = sorted((h["step"], h["attempts"]) for h in self.hosts_of(run))
        self.assertEqual(attempts, [("note", 1), ("note", 1), ("slow", 1), ("slow", 2)])

    def test_what_is_stopped_ends_on_the_hosts_too(self):
        run = self.start(self.task("slow"), vars={"gate": "stopped"})
        wait_until(lambda: any(e.get("action") == "take long" for e in self.log(run)), 60)
        self.api.good("/manage/task/stop", {"execution_list": [run]})
        self.ends(run, "cancelled")
        for name in ("h1", "h2"):
            self.assertNotIn("/tmp/stopped", self.hosts[name].run("ps", "-eo", "args"))


if __name__ == "__main__":
    unittest.main()
