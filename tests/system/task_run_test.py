"""Deployment tasks on real hosts: what ends well, what does not, and what is done again and what never is."""
import base64
import hashlib
import os
import stat
import unittest

import lab
from run_scene import OPEN, STEPS, VAULT_KEY, children_of, command, read, scene, settle, settle_without, with_run
from waiting import wait_until


@unittest.skipIf(lab.why_not(), lab.why_not())
class runs(scene):
    def test_each_step_is_done_once_on_each_host_in_order(self):
        run = self.execute(self.generate())
        info = self.wait_end(run, "done")
        self.assert_once(STEPS)
        self.assertEqual(info["hosts"]["ok"], len(self.ids))
        for name in self.ids:
            self.assertEqual(self.hosts[name].read("/var/count").split()[1::2], ["one", "one", "two", "two", "three", "three"])
        self.assertEqual({(x["state"], x["attempts"]) for x in self.units(run).values()}, {("ok", 1)})
        events = self.api.good("/manage/task/result/log", {"execution_id": run, "limit": 1000})
        self.assertEqual([x["number"] for x in events["events"]], list(range(1, events["last"] + 1)))

    def test_a_failure_has_its_reason_and_only_its_host_is_retried(self):
        self.on_hosts("touch /var/fail-two", "h2")
        run = self.execute(self.generate())
        self.wait_end(run, "failed")
        ((where, (state, action, message)),) = self.failures(run).items()
        self.assertEqual((where, state, action), (("two", "h2"), "failed", "fail"))
        self.assertIn("told to fail", message)
        self.assert_once(("one", "two"), "h1", "h3")
        self.on_hosts("rm /var/fail-two", "h2")
        new = self.retry(run)
        self.wait_end(new, "done")
        self.assertEqual(self.counted("h2"), {"begin one": 1, "end one": 1, "begin two": 2, "end two": 1, "begin three": 1,
                                              "end three": 1})
        self.assertEqual(self.run_info(new)["retry_of"], run)
        for name in ("h1", "h3"):
            self.assertEqual([self.counted(name).get(f"{x} {y}") for x in ("begin", "end") for y in ("one", "two")], [1] * 4)

    def test_a_host_that_is_away_is_unreachable_and_the_others_go_on(self):
        self.hosts["h3"].kill()
        self.addCleanup(lambda: self.hosts["h3"].init or self.hosts["h3"].start())
        run = self.execute(self.generate(["one"]))
        self.wait_end(run, "failed")
        self.assertEqual({where: x[0] for where, x in self.failures(run).items()}, {("one", "h3"): "unreachable"})
        self.assert_once(["one"], "h1", "h2")
        self.hosts["h3"].start()
        self.wait_end(self.retry(run), "done")
        self.assert_once(["one"])

    def test_a_step_that_may_fail_lets_the_others_go_on(self):
        self.on_hosts("touch /var/fail-one", "h1")
        run = self.execute(self.generate(["one", "two"], one=True))
        self.wait_end(run, "done")
        self.assertEqual({where: x[0] for where, x in self.failures(run).items()}, {("one", "h1"): "failed"})
        self.assert_once(("one", "two"), "h2", "h3")

    def test_what_is_stopped_ends_everywhere(self):
        self.on_hosts("touch /var/hold-one")
        run = self.execute(self.generate())
        self.wait_held(run, "one")
        places = self.node.process.pid, *(x.process.pid for x in self.hosts)
        settle(lambda: all(with_run(run, x) for x in places))  # It is here, and on each host.
        self.act("stop", run)
        self.wait_end(run, "cancelled")
        settle_without(run, *places)
        settle(lambda: not any("ansible" in command(x) for x in children_of(self.node.process.pid)))
        self.on_hosts("rm /var/hold-one")
        for name in self.ids:
            self.assertEqual(self.counted(name), {"begin one": 1}, "nothing went on after the stop")

    def test_a_play_finds_the_facts_that_ansible_gathers_unless_told_otherwise(self):
        content = [{"hosts": "all", "become": True, "tasks": [
            {"name": "fact", "ansible.builtin.copy": {"content": "{{ ansible_facts.hostname }}", "dest": "/var/fact", "mode": "0644"}}]}]
        self.api.good("/manage/template/import", {"template_name": "facts", "template_content": content, "description": ""})
        self.wait_end(self.execute(self.generate(["facts"], ["h1"])), "done")
        self.assertEqual(self.hosts["h1"].read("/var/fact"), "h1")

    def test_a_dry_run_does_nothing(self):
        run = self.execute(self.generate(), check=True)
        self.assertTrue(self.wait_end(run, "done")["check"])
        self.assertEqual([self.counted(x) for x in self.ids], [{}] * len(self.ids))

    def test_two_runs_are_never_on_one_host_at_once(self):
        self.on_hosts("touch /var/hold-one")
        first, second = (self.execute(self.generate(["one"])) for _ in range(2))
        self.wait_held(first, "one")
        self.assertEqual([self.counted(x) for x in self.ids], [{"begin one": 1}] * len(self.ids))
        self.on_hosts("rm /var/hold-one")
        for run in (first, second):
            self.wait_end(run, "done")
        self.assertEqual([self.counted(x) for x in self.ids], [{"begin one": 2, "end one": 2}] * len(self.ids))

    def test_runs_that_may_be_beside_others_do_not_wait_for_each_other(self):
        self.on_hosts("touch /var/hold-one")
        first, beside = (self.execute(self.generate(["one"]), allow_parallel=True) for _ in range(2))
        wait_until(lambda: all(self.counted(x) == {"begin one": 2} for x in self.ids), 180, "both are at work on each host")
        self.assertEqual([self.run_info(x)["state"] for x in (first, beside)], ["running"] * 2)
        alone = self.execute(self.generate(["one"]))
        wait_until(lambda: "is at work on host" in self.run_info(alone)["reason"], 30, "one that may not waits")
        self.on_hosts("rm /var/hold-one")
        for run in (first, beside, alone):
            self.wait_end(run, "done")
        self.assertEqual([self.counted(x) for x in self.ids], [{"begin one": 3, "end one": 3}] * len(self.ids))

    def test_the_canary_goes_first_in_each_step(self):
        self.on_hosts("touch /var/hold-one /var/hold-two", "h2")
        run = self.execute(self.generate(["one", "two"]), canary=[self.ids["h2"]])
        for step, done in (("one", {}), ("two", {"begin one": 1, "end one": 1})):
            self.wait_held(run, step, "h2")
            self.assertEqual({x: self.counted(x) for x in ("h1", "h3")}, {"h1": done, "h3": done})
            self.on_hosts(f"rm /var/hold-{step}", "h2")
        self.wait_end(run, "done")
        self.assert_once(["one", "two"])

    def test_what_harms_the_canary_harms_no_other(self):
        self.on_hosts("touch /var/fail-one", "h2")
        run = self.execute(self.generate(["one", "two"]), canary=[self.ids["h2"]])
        self.wait_end(run, "failed")
        self.assertEqual({where: x[0] for where, x in self.failures(run).items()}, {("one", "h2"): "failed"})
        self.assertEqual([self.counted(x) for x in self.ids], [{}, {"begin one": 1}, {}])

    def test_hosts_may_fail_up_to_the_share_that_is_named(self):
        """One of three is 33 %."""
        self.on_hosts("touch /var/fail-one", "h1")
        run = self.execute(self.generate(["one", "two"]), max_fail_percentage=34, serial=1)
        self.wait_end(run, "done")
        self.assert_once(["one", "two"], "h2", "h3")
        self.assertEqual(self.counted("h1"), {"begin one": 1})
        self.on_hosts("rm /var/count")
        run = self.execute(self.generate(["one", "two"], one=True), max_fail_percentage=32, serial=1)
        info = self.wait_end(run, "failed")
        self.assertIn("1 of 3 hosts failed, more than 32 %", info["reason"])
        self.assertEqual([self.counted(x) for x in self.ids], [{"begin one": 1}, {}, {}], "no batch came after that")

    def test_another_host_key_is_refused_with_both_until_it_is_trusted(self):
        host = self.hosts["h1"]
        self.wait_end(self.execute(self.generate(["one"], ["h1"])), "done")
        old = fingerprint(host)
        self.addCleanup(self.trust, host)
        self.addCleanup(host.restore_host_key)
        host.change_host_key()
        run = self.execute(self.generate(["one"], ["h1"]))
        self.wait_end(run, "failed")
        ((_, (state, _, message)),) = self.failures(run).items()
        self.assertEqual(state, "unreachable")
        self.assertIn(old, message)
        self.assertIn(fingerprint(host), message)
        self.trust(host)
        self.wait_end(self.retry(run), "done")
        self.assertEqual(self.counted("h1"), {"begin one": 2, "end one": 2})

    def trust(self, host):
        keys = {"host_id": self.ids[host.name], "fingerprint": fingerprint(host)}
        self.assertTrue(self.api.good("/manage/host/trust", keys)["trusted"])

    def test_secrets_are_nowhere_while_it_runs_and_afterwards(self):
        self.on_hosts("touch /var/hold-one")
        run = self.execute(self.generate(["one"]))
        self.wait_held(run, "one")
        for pid in [self.node.process.pid, *children_of(self.node.process.pid)]:
            for what in ("cmdline", "environ"):
                self.assert_no_secret(read(f"/proc/{pid}/{what}"), f"{what} of {command(pid)}")
        folder = os.path.join(self.node.data, "runs")
        self.assertNotEqual(os.listdir(folder), [])
        for place in (folder, *(os.path.join(folder, x) for x in os.listdir(folder))):
            self.assertEqual(stat.S_IMODE(os.stat(place).st_mode), 0o700, place)
        for place, _, files in os.walk(folder):
            for name in files:
                path = os.path.join(place, name)
                try:
                    how = os.lstat(path).st_mode
                except FileNotFoundError:  # ansible makes and deletes files as it goes.
                    continue
                if stat.S_ISREG(how) and self.has_secret(read(path)):
                    self.assertEqual(stat.S_IMODE(how) & 0o077, 0, path)
        self.on_hosts("rm /var/hold-one")
        self.wait_end(run, "done")
        settle(lambda: os.listdir(folder) == [])
        self.assert_no_secret(read(self.node.log_file), "log of the node")
        self.assert_no_secret(str(self.api.good("/manage/task/result/log", {"execution_id": run, "limit": 1000})).encode(), "events")
        for place, _, files in os.walk(self.node.data):
            for name in files:
                if name != "data" and not name.endswith((".key", ".crt")):
                    self.assert_no_secret(read(os.path.join(place, name)), name)

    def secrets(self):
        own = [x for host in self.hosts for x in (host.password, host.become_password) if x]
        return [x.encode() for x in own + [VAULT_KEY]] + [base64.b64encode(x.encode()).rstrip(b"=") for x in own]

    def has_secret(self, content):
        return any(x in content for x in self.secrets())

    def assert_no_secret(self, content, where):
        self.assertFalse(self.has_secret(content), f"a secret in {where}")


@unittest.skipIf(lab.why_not(), lab.why_not())
class after_a_crash(scene):
    """`kill -9` of the node, and started again: only what was not done is done, once the key is entered."""

    HOSTS = 2

    def crash(self):
        left = children_of(self.node.process.pid)
        self.assertNotEqual(left, [])
        self.node.kill()
        settle(lambda: not any(os.path.exists(f"/proc/{x}") for x in left))
        self.api = type(self).api = self.node.start()
        self.api.login()

    def test_only_what_is_missing_is_done(self):
        """One host after the other: the first one is through with the step."""
        self.on_hosts("touch /var/hold-two", "h2")
        run = self.execute(self.generate(), serial=1)
        self.wait_held(run, "two", "h2")
        self.assertEqual(self.units(run)["two", "h1"]["state"], "ok")
        self.crash()
        self.wait_for(run, "waiting_for_key")
        settle(lambda: os.listdir(os.path.join(self.node.data, "runs")) == [])
        self.on_hosts("rm /var/hold-two", "h2")
        self.api.good("/manage/account/certificate", {"key": VAULT_KEY})
        self.wait_end(run, "done")
        self.assert_once(STEPS, "h1")
        self.assertEqual(self.counted("h2"), {"begin one": 1, "end one": 1, "begin two": 2, "end two": 1, "begin three": 1,
                                              "end three": 1})
        self.assertEqual(self.units(run)["two", "h2"]["attempts"], 2)

    def test_what_may_not_be_done_twice_waits_for_a_decision(self):
        for decision, state, counts in (("skip", None, {"begin one": 1}),
                                        ("again", "done", {"begin one": 2, "end one": 1, "begin two": 1, "end two": 1})):
            with self.subTest(decision):
                self.on_hosts("rm -f /var/count; touch /var/hold-one")
                run = self.execute(self.generate(["one", "two"], idempotent=False))
                self.wait_held(run, "one")
                self.crash()
                self.on_hosts("rm /var/hold-one")
                self.api.good("/manage/account/certificate", {"key": VAULT_KEY})
                self.wait_for(run, "interrupted")
                self.assertEqual({x[0] for x in self.failures(run).values()}, {"interrupted"})
                self.act("resume", run, decision=decision)
                info = wait_until(lambda: (lambda x: x if x["state"] not in OPEN else None)(self.run_info(run)), 120, "it ends")
                self.assertIn(info["state"], [state] if state else ["done", "failed"])
                for name in self.ids:
                    self.assertEqual(self.counted(name), counts, name)


def fingerprint(host):
    """As ssh shows it."""
    digest = hashlib.sha256(base64.b64decode(host.host_key.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")
