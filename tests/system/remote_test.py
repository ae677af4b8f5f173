"""Hosts are logged in to for facts, files and commands: by a real node, with real Ansible, over real SSH."""
import json
import os
import tempfile
import time
import unittest

import lab
from node import node
from waiting import wait_until

KEY = "vault-key"
COMMANDS = {
    "has": {"argv": ["grep", "-q", "{word}", "{file}"], "args": {"word": "[a-z ]+"}},
    "whoami": {"argv": ["id", "-un"]},
    "say": {"argv": ["echo", "{what}"], "args": {"what": ".*"}, "as_root": False},
    "never": {"argv": ["false"]},
    "count": {"argv": ["sh", "-c", "for i in 1 2 3; do echo line $i; sleep 2; done; exit 3"]},
}
PLAIN = "/etc/aops-test.conf"
DISKS = {"h1": ["vda"], "h2": ["nvme0n1", "vda"]}
TREE = {"tree_name": "disks", "description": "", "tree_content": {
    "node name": "disks", "condition": "disk {id} busy", "description": "d", "advice": "a", "children": [
        {"node name": "disk {id} busy", "check item": "busy_{id}", "expand": {"by": "disk", "join": "||"}}]}}


@unittest.skipIf(lab.why_not(), lab.why_not())
class remote(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = lab.lab(5)
        cls.addClassCleanup(cls.lab.close)
        commands = tempfile.NamedTemporaryFile("w", suffix=".json")  # pylint: disable=consider-using-with
        cls.addClassCleanup(commands.close)
        json.dump(COMMANDS, commands)
        commands.flush()
        cls.node = node(f"tasks.commands={commands.name}")
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.api.add_group()
        rows = [cls.row(x.name, x) for x in cls.lab] + [cls.row("nobody", cls.lab["h1"]) | {"public_ip": cls.lab.nobody}]
        added = cls.api.good("/manage/host/add", {"host_list": rows, "key": KEY})
        cls.ids = dict(zip([x["host_name"] for x in rows], added["host_list"]))
        cls.names = {v: k for k, v in cls.ids.items()}
        cls.api.good("/manage/account/certificate", {"key": KEY})

    @staticmethod
    def row(name, host):
        row = {"host_name": name, "host_group_name": "g", "public_ip": host.address, "ssh_port": host.port,
               "username": host.user, "become": host.become}
        if host.key_file:
            with open(host.key_file, encoding="ascii") as file:
                row["ssh_key"] = file.read()
            return row | ({"sudo_password": host.become_password} if host.become_password else {})
        return row | {"password": host.password, "sudo_password": host.become_password}

    def ask(self, path, **body):
        headers = {"Content-Type": "application/json", "Access-Token": self.api.token}
        status, _, text = self.api.send("POST", path, json.dumps(body), headers, timeout=300)
        self.assertEqual(status, 200, text)
        return json.loads(text)

    def some(self, *names):
        return [self.ids[x] for x in names]

    def test_facts_come_from_every_kind_of_host_and_a_dead_one_says_why(self):
        reply = self.ask("/manage/host/info/refresh")
        self.assertEqual(reply["code"], 206, reply)
        self.assertEqual(sorted(reply["succeed_list"]), sorted(self.some("h1", "h2", "h3", "h4", "h5")))
        self.assertEqual([x["host_id"] for x in reply["fail_list"]], self.some("nobody"))
        infos = {x["host_id"]: x for x in
                 self.api.good("/manage/host/info/query", {"host_list": list(self.ids.values())})["host_infos"]}
        for name in ("h1", "h3", "h4"):
            facts = infos[self.ids[name]]["infos"]
            self.assertEqual(facts["os"]["name"], "Debian12")
            self.assertEqual(facts["os"]["kernel_version"], os.uname().release)
            self.assertEqual(facts["cpu"]["core_count"], os.cpu_count())
            self.assertEqual([x["name"] for x in facts["network"]], ["eth0"])
            self.assertGreater(infos[self.ids[name]]["collected"], 0)
        lost = infos[self.ids["nobody"]]
        self.assertEqual(lost["infos"], {})
        self.assertTrue(lost["failure"])

    def test_trees_are_adapted_to_the_disks_that_were_collected(self):
        """The hosts are on one machine: each has an `lsblk` of its own, which tells of other disks."""
        for name, disks in DISKS.items():
            devices = [{"name": x, "type": "disk", "size": 1 << 30, "vendor": None, "model": None} for x in disks]
            script = f"#!/bin/sh\necho '{json.dumps({'blockdevices': devices})}'\n"
            self.lab[name].run("sh", "-c", "cat > /tmp/lsblk && chmod 755 /tmp/lsblk && mv /tmp/lsblk /usr/bin/lsblk", text=script)
        hosts = self.some(*DISKS)
        self.assertEqual(self.ask("/manage/host/info/refresh", host_list=hosts)["code"], 200)
        self.api.good("/diag/tree/import", {"trees": [TREE]})
        end = int(time.time())
        started = self.api.good("/diag/execute", {"host_list": hosts, "tree_list": ["disks"], "interval": 5,
                                                  "time_range": [end - 10, end - 5]})
        wait_until(lambda: self.api.progress(started["task_id"]) == 2, 60, "both reports")
        found = {x["host_id"]: self.api.report(x["report_id"])["report"] for x in self.api.reports(started["task_id"])}
        leaves = {self.names[x]: [leaf["node name"] for leaf in report["children"]] for x, report in found.items()}
        self.assertEqual(leaves, {name: [f"disk {x} busy" for x in disks] for name, disks in DISKS.items()})

    def test_files_are_read_with_mode_owner_and_reasons(self):
        reply = self.ask("/manage/config/collect", infos=[
            {"host_id": self.ids["h1"], "config_list": ["/etc/hostname", "/etc/shadow", "/etc/nothing", "/etc", "/dev/null", "/bin/ls"]},
            {"host_id": self.ids["h3"], "config_list": ["/etc/hostname"]},
            {"host_id": self.ids["nobody"], "config_list": ["/etc/hostname"]}])
        self.assertEqual(reply["code"], 206, reply)
        one, three, lost = reply["resp"]
        self.assertEqual([(x["path"], x["content"], x["file_owner"]) for x in one["infos"][:1]],
                         [("/etc/hostname", "h1\n", "root:root")])
        self.assertEqual([(x["path"], x["file_attr"]) for x in one["infos"]], [("/etc/hostname", "0644"), ("/etc/shadow", "0640")])
        reasons = {x["path"]: x["reason"] for x in one["fail_reasons"]}
        self.assertEqual(reasons["/etc/nothing"], "is not there")
        self.assertEqual(reasons["/etc"], "is no regular file")
        self.assertEqual(reasons["/dev/null"], "is no regular file")
        self.assertEqual(set(one["fail_files"]), set(reasons))
        self.assertEqual(three["infos"][0]["content"], "h3\n")
        self.assertEqual(lost["fail_files"], ["/etc/hostname"])

    def push(self, host, content, **more):
        reply = self.ask("/manage/config/push", infos=[{"host_id": self.ids[host], "path": PLAIN, "content": content} | more])
        self.assertEqual(len(reply["resp"]), 1, reply)
        return reply["resp"][0] | {"code": reply["code"]}

    def test_a_file_is_replaced_judged_put_into_effect_and_rolled_back(self):
        host = self.lab["h2"]
        has = {"command_id": "has", "args": {"word": "good"}}
        self.assertEqual(self.push("h2", "good one\n", mode="0640", owner="root:daemon", validate=has)["state"], "pushed")
        self.assertEqual(host.run("stat", "-c", "%a %U:%G", PLAIN), "640 root:daemon\n")
        self.assertEqual(self.push("h2", "good one\n")["state"], "unchanged")
        refused = self.push("h2", "bad\n", validate=has)
        self.assertEqual((refused["code"], refused["state"]), (1107, "refused"))
        self.assertEqual(host.read(PLAIN), "good one\n")
        back = self.push("h2", "good but does not start\n", validate=has, activate={"command_id": "never"})
        self.assertEqual((back["state"], host.read(PLAIN)), ("rolled_back", "good one\n"))
        pushed = self.push("h2", "good two {{ x }}\n", validate=has, activate=has)
        self.assertEqual((pushed["code"], pushed["state"], host.read(PLAIN)), (200, "pushed", "good two {{ x }}\n"))
        self.assertEqual(host.run("stat", "-c", "%a %U:%G", PLAIN), "640 root:daemon\n")
        self.assertEqual(host.run("cat", pushed["backup"]), "good one\n")
        unknown = {"host_id": self.ids["h2"], "path": PLAIN, "content": "", "validate": {"command_id": "rm"}}
        self.assertEqual(self.ask("/manage/config/push", infos=[unknown])["code"], 1000)

    def test_allowed_commands_run_and_their_arguments_are_words(self):
        who = self.ask("/manage/config/execute", host_list=self.some("h1", "h3", "h5", "nobody"), command_id="whoami")
        self.assertEqual(who["code"], 206, who)
        self.assertEqual([(self.names[x["host_id"]], x["state"], x["output"].strip()) for x in who["resp"][:3]],
                         [("h1", "ok", "root"), ("h3", "ok", "root"), ("h5", "ok", "root")])
        self.assertEqual(who["resp"][3]["state"], "unreachable")
        odd = "a; id $(id) `id` | id {{ 7 * 7 }} $HOME ${PATH} 'x\" \\"
        said = self.ask("/manage/config/execute", host_list=self.some("h4"), command_id="say", args={"what": odd})
        self.assertEqual(said["resp"][0]["output"].rstrip("\n"), odd)
        home = self.ask("/manage/config/execute", host_list=self.some("h4"), command_id="say", args={"what": "~root/$HOME"})
        self.assertEqual(home["resp"][0]["output"].rstrip("\n"), "~root/$HOME")
        failed = self.ask("/manage/config/execute", host_list=self.some("h4"), command_id="never")
        self.assertEqual((failed["code"], failed["resp"][0]["state"], failed["resp"][0]["exit_status"]), (1301, "failed", 1))
        for body in ({"command_id": "rm"}, {"command_id": "whoami", "args": {"x": "y"}}, {"command_id": "say"}):
            self.assertEqual(self.ask("/manage/config/execute", host_list=self.some("h4"), **body)["code"], 1000, body)
        log = self.api.good("/manage/log/get", {"kind": "operation"})
        self.assertIn("config.execute", json.dumps(log))
        self.assertIn("~root/$HOME", json.dumps(log))

    def test_what_a_command_prints_is_told_while_it_runs(self):
        hosts = self.some("h1", "h2")
        begun = self.ask("/manage/config/execute", host_list=hosts, command_id="count", follow=True)
        self.assertEqual((begun["code"], begun["resp"]), (200, []), begun)
        told, pages = {x: "" for x in hosts}, 0

        def look():
            nonlocal reply, pages
            reply = self.ask("/manage/config/output/get", execution_id=begun["execution_id"], after=reply["next"])
            self.assertIn("outputs", reply)
            for x in reply["outputs"]:
                told[x["host_id"]] += x["output"]
            pages += bool(reply["outputs"])
            return reply["ended"]

        reply = {"next": 0}
        wait_until(look, 120, "the command has ended")
        self.assertEqual(set(told.values()), {"line 1\nline 2\nline 3\n"})
        self.assertGreater(pages, 1)
        self.assertEqual(reply["code"], 1301)
        self.assertEqual([(x["state"], x["exit_status"], x["output"]) for x in reply["resp"]],
                         [("failed", 3, "line 1\nline 2\nline 3\n")] * 2)
        for name in ("h1", "h2"):
            self.assertEqual(self.lab[name].run("sh", "-c", "ls -d /run/aops-command-* 2>/dev/null | wc -l").strip(), "0")
        done = self.api.good("/manage/log/get", {"action": "config.execute"})["records"]
        self.assertIn("for i in 1 2 3", "".join(x["detail"] for x in done))
        lost = self.ask("/manage/config/output/get", execution_id="no.such")
        self.assertEqual(lost["code"], 1000)

    def test_a_changed_key_is_refused_until_it_is_trusted(self):
        host, one = self.lab["h5"], self.some("h5")
        self.ask("/manage/config/execute", host_list=one, command_id="whoami")
        known = self.api.good("/manage/host/get", {"host_group_list": [], "host_list": one})["host_infos"][0]["host_keys"]
        self.assertEqual(len(known), 1)
        host.change_host_key()
        refused = self.ask("/manage/config/execute", host_list=one, command_id="whoami")["resp"][0]
        self.assertEqual(refused["state"], "unreachable")
        shown = self.ask("/manage/host/trust", host_id=one[0])
        self.assertEqual((shown["known"], shown["trusted"]), (known, False))
        self.assertNotEqual(shown["shown"], known)
        for print_ in (*known, *shown["shown"]):
            self.assertIn(print_, refused["reason"])
        self.assertEqual(self.ask("/manage/host/trust", host_id=one[0], fingerprint=known[0])["code"], 1000)
        self.assertTrue(self.ask("/manage/host/trust", host_id=one[0], fingerprint=shown["shown"][0])["trusted"])
        again = self.ask("/manage/config/execute", host_list=one, command_id="whoami")["resp"][0]
        self.assertEqual(again["output"].strip(), "root")

    def test_nothing_of_a_play_stays(self):
        self.ask("/manage/config/execute", host_list=self.some("h1"), command_id="whoami")
        wait_until(lambda: not os.listdir(os.path.join(self.node.data, "runs")))


if __name__ == "__main__":
    unittest.main()
