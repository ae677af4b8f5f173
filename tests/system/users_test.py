"""Accounts, sessions, tokens and vault keys on real nodes: one, and two of a cluster."""
import json
import os
import pathlib
import re
import shlex
import stat
import subprocess
import time
import unittest

from cluster import cluster
from isolation_test import KNOWN, logged_in, new_user
from node import die_with_parent, node, program
from process_memory import held
from rest import PASSWORD, USER, rest
from waiting import wait_until


class command_line:
    """`aops` with a home of its own, logged in as somebody."""

    def __init__(self, it, user=USER, password=PASSWORD):
        self.home = os.path.join(it.folder, "home-" + user)
        os.makedirs(self.home, exist_ok=True)
        self("login", "--url", it.url, "--username", user, AOPS_PASSWORD=password)

    def __call__(self, *words, code=0, stdin="", **variables):
        env = {"PATH": os.environ["PATH"], "HOME": self.home, "LC_ALL": "C.UTF-8", "TZ": "UTC"} | variables
        done = subprocess.run([program("aops"), *words], input=stdin, capture_output=True, text=True, timeout=120, env=env,
                              preexec_fn=die_with_parent)
        assert done.returncode == code, f"aops {' '.join(words)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, *words, **more):
        return json.loads(self(*words, "-o", "json", **more).stdout)

    def fails(self, *words):
        try:
            self(*words)
            return False
        except AssertionError as problem:
            return "exit 1\n" in str(problem)


class first_start(unittest.TestCase):
    def test_a_random_first_password_is_told_to_the_owner_of_the_data_only(self):
        with node("auth.first_password=random") as it:
            path = os.path.join(it.data, "first.password")
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            with open(path, encoding="ascii") as file:
                password = file.read().strip()
            api = it.client()
            self.assertEqual(api.login("changeme")["code"], 1200)
            self.assertEqual(api.login(password)["code"], 1204)
            self.assertIn(path, it.log(1000))
            self.assertNotIn(password, it.log(1000))
            self.assertEqual(it.stop(), 0)
            it.start()  # Not the first time any more.
            self.assertEqual(it.client().login(password)["code"], 1204)

    def test_an_administrator_who_was_deleted_does_not_come_back(self):
        with node() as it:
            admin = it.admin()
            admin.good("/manage/account/register", {"username": "ann", "password": KNOWN})
            admin.good("/manage/account/role/change", {"username": "ann", "role": "administrator"})
            ann = logged_in(it.url, "ann")
            ann.good("/manage/account/user/delete", {"user_list": [USER]}, method="DELETE")
            wait_until(lambda: admin.post("/manage/host/count")["code"] == 1201, 1.0, "the account is gone")
            self.assertEqual(it.stop(), 0)
            it.start()
            self.assertEqual(it.client().login("changeme")["code"], 1200)

    def test_registration_can_be_off(self):
        with node("auth.registration=false") as it:
            reply = it.client().post("/manage/account/register", {"username": "ann", "password": KNOWN})
            self.assertEqual(reply["code"], 1207)
            it.admin()
            aops = command_line(it)
            aops("user", "add", "bob", "--password", "-", stdin=KNOWN + "\n")
            self.assertIn("1105", aops("user", "add", "bob", AOPS_NEW_PASSWORD=KNOWN, code=1).stderr)
            bob = rest(it.url)
            self.assertEqual(bob.login(KNOWN, "bob")["code"], 1204)
            bob.good("/manage/account/change", {"password": PASSWORD})
            self.assertEqual(bob.post("/manage/host/count")["host_count"], 0)
            self.assertEqual(bob.post("/manage/account/user/add", {"username": "eve", "password": KNOWN})["code"], 1207)

    def test_an_administrator_with_deployment_tasks_stays(self):
        with node() as it:
            admin = it.admin()
            admin.good("/manage/account/register", {"username": "ann", "password": KNOWN})
            admin.good("/manage/account/role/change", {"username": "ann", "role": "administrator"})
            ann = logged_in(it.url, "ann")
            ann.good("/manage/template/import", {"template_name": "p", "description": "",
                                                 "template_content": [{"hosts": "all", "tasks": [{"ping": {}}]}]})
            task = ann.good("/manage/task/generate", {"task_name": "t", "description": "", "template_name": ["p"]})["task_id"]
            gone = lambda: admin.delete("/manage/account/user/delete", {"user_list": ["ann"]})
            self.assertIn("templates", gone()["fail_reasons"]["ann"])
            ann.good("/manage/template/delete", {"template_list": ["p"]}, method="DELETE")
            self.assertEqual((gone()["code"], gone()["fail_reasons"]), (1106, {"ann": "owns deployment tasks"}))
            demoted = admin.post("/manage/account/role/change", {"username": "ann", "role": "ordinary"})
            self.assertEqual(demoted["code"], 1107)
            ann.good("/manage/task/delete", {"task_list": [task]}, method="DELETE")
            self.assertEqual(gone()["code"], 200)


class users(unittest.TestCase):
    def setUp(self):
        self.node = node()
        self.addCleanup(self.node.close)
        self.admin = self.node.admin()

    def code(self, api, path="/manage/host/count"):
        return api.post(path)["code"]

    def test_the_command_line_administers_accounts(self):
        aops = command_line(self.node)
        aops("group", "add", "web")
        aops("account", "register", "ann", AOPS_NEW_PASSWORD=KNOWN)
        aops("user", "adopt", "ann")
        aops("user", "grant", "ann", "web")
        rows = {x["username"]: x for x in aops.json("user", "list")["user_infos"]}
        self.assertEqual((rows["ann"]["administrator"], rows["ann"]["host_group_list"]), (USER, ["web"]))
        self.assertIn("ann", aops("user", "list", "-o", "table").stdout)
        aops("user", "grant", "ann", "wbe", code=1)
        aops("user", "revoke", "ann", "web")
        ann = command_line(self.node, "ann", KNOWN)
        self.assertEqual(len(ann.json("session", "list")["session_infos"]), 1)
        ann("user", "list", code=1)
        aops("session", "delete", "--all", "--username", "ann")
        wait_until(lambda: ann.fails("host", "list"), 5, "her session is over")
        aops("user", "reset", "ann", "--password", "-", stdin="battery staple\n")
        self.assertEqual(rest(self.node.url).login("battery staple", "ann")["code"], 1204)
        aops("user", "disable", "ann")
        self.assertEqual(rest(self.node.url).login("battery staple", "ann")["code"], 1207)
        aops("user", "enable", "ann")
        aops("user", "role", "ann", "administrator")
        aops("user", "role", "ann", "ordinary")
        self.assertIn("nobody", aops("user", "delete", "ann", "nobody", code=1).stderr)
        aops("user", "delete", "ann", code=1)
        aops("user", "delete", "ann", "--ignore-missing")

    def test_a_program_works_with_its_token(self):
        aops = command_line(self.node)
        made = aops.json("token", "create", "backup", "--scope", "read", "--expires", "30d")
        token = {"AOPS_ACCESS_TOKEN": made["access_token"]}
        self.assertEqual(aops.json("stat", "count", "host", **token)["host_count"], 0)
        refused = aops("group", "add", "web", code=1, **token)
        self.assertIn("1207", refused.stderr)
        row = aops.json("token", "list")["token_infos"][0]
        self.assertEqual((row["name"], row["scope"], row["token_id"]), ("backup", "read", made["token_id"]))
        wait_until(lambda: "last_used" in aops.json("token", "list")["token_infos"][0], 20, "the last use")
        acting = aops.json("token", "create", "deploy", "--scope", "act")
        aops("group", "add", "web", AOPS_ACCESS_TOKEN=acting["access_token"])
        aops("token", "create", "more", AOPS_ACCESS_TOKEN=acting["access_token"], code=1)
        program = rest(self.node.url, acting["access_token"])
        for path, body in (("user/reset", {"username": "admin", "password": "another-password"}),
                           ("role/change", {"username": "admin", "role": "ordinary"}),
                           ("user/disable", {"username": "admin"})):
            self.assertEqual(program.post(f"/manage/account/{path}", body)["code"], 1207, path)
        aops("token", "delete", "backup")
        aops("token", "delete", "backup", code=1)
        aops("token", "delete", acting["token_id"])
        wait_until(lambda: self.code(rest(self.node.url, made["access_token"])) == 1201, 2, "the token is over")

    def test_the_vault_key_is_entered_and_changed(self):
        aops = command_line(self.node)
        self.admin.add_group()
        self.admin.add_hosts(("h", "192.0.2.1", None))
        self.assertIn("1203", aops("certificate", "--key", "-", stdin="not it\n", code=1).stderr)
        aops("certificate", "--key", "-", stdin="vault-key\n")
        self.assertTrue(next(x for x in aops.json("session", "list")["session_infos"] if x["is_this"])["has_vault_key"])
        aops("certificate", "--change", AOPS_VAULT_KEY="vault-key", AOPS_NEW_VAULT_KEY="another")
        aops("certificate", AOPS_VAULT_KEY="vault-key", code=1)
        aops("certificate", AOPS_VAULT_KEY="another")


class the_page(unittest.TestCase):
    def test_each_command_of_the_page_about_accounts_works(self):
        page = (pathlib.Path(__file__).resolve().parents[2] / "docs/accounts.md").read_text(encoding="utf-8")
        blocks = re.findall(r"^```(\w*)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
        lines = [line for kind, block in blocks if not kind for line in block.splitlines()]
        self.assertGreater(len(lines), 15)
        with node() as it:
            admin = it.admin()
            for group in ("web", "db"):
                admin.add_group(group)
            admin.add_hosts(("h", "127.88.0.2", 9), group="web")
            aops = command_line(it)
            typed = {"AOPS_NEW_PASSWORD": KNOWN, "AOPS_VAULT_KEY": "vault-key", "AOPS_NEW_VAULT_KEY": "another"}
            token = None
            for line in lines:
                words = shlex.split(line)
                variables = dict(typed)
                while "=" in words[0]:
                    name, value = words.pop(0).split("=", 1)
                    variables[name] = token if value == "TOKEN" else value
                self.assertEqual(words.pop(0), "aops", line)
                said = aops(*words, **variables).stdout
                if words[:2] == ["token", "create"]:
                    token = json.loads(said)["access_token"]


class two_nodes(unittest.TestCase):
    """What one node decides counts at the other within a second."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = cluster(2)
        cls.addClassCleanup(cls.cluster.close)
        cls.here, cls.there = cls.cluster.members
        cls.admin = cls.here.client()
        cls.admin.add_group("web")
        cls.admin.add_group("db")
        cls.web, cls.db = (cls.admin.add_hosts((name, address, 9), group=name)[0]
                           for name, address in (("web", "127.88.0.2"), ("db", "127.88.0.3")))

    def of(self, api, it):
        return rest(it.url, api.token)

    def soon(self, what, text):
        wait_until(what, 1.0, text)

    def test_a_user_sees_the_same_on_both(self):
        ann = new_user(self.admin, "ann", ["web"])
        ask = {"host_group_list": []}
        for it in (self.here, self.there):
            rows = self.of(ann, it).good("/manage/host/get", ask)["host_infos"]
            self.assertEqual([x["host_id"] for x in rows], [self.web])
            self.assertEqual(self.of(ann, it).good("/manage/host/group/get")["total_count"], 1)
            self.assertEqual(self.of(ann, it).post("/check/series/get", {"host_id": self.db})["code"], 1000)
            self.assertEqual(self.of(ann, it).post("/manage/account/user/get")["code"], 1207)
        self.admin.good("/manage/account/grant/change", {"username": "ann", "revoke": ["web"], "grant": ["db"]})
        far = self.of(ann, self.there)
        self.soon(lambda: [x["host_id"] for x in far.good("/manage/host/get", ask)["host_infos"]] == [self.db], "the grant")

    def test_what_ends_here_ends_there(self):
        bob = new_user(self.admin, "bob", [])
        token = rest(self.here.url, bob.good("/manage/account/token/create", {"name": "t", "scope": "act"})["access_token"])
        far, program_there = self.of(bob, self.there), self.of(token, self.there)
        self.assertEqual([x.post("/manage/host/count")["code"] for x in (far, program_there)], [200, 200])
        self.admin.good("/manage/account/user/disable", {"username": "bob"})
        for api in (far, program_there):
            self.soon(lambda api=api: api.post("/manage/host/count")["code"] == 1201, "the account is closed")
        self.admin.good("/manage/account/user/enable", {"username": "bob"})
        again = logged_in(self.there.url, "bob")
        near = self.of(again, self.here)
        self.assertEqual(near.post("/manage/host/count")["code"], 200)
        again.good("/manage/account/logout")
        self.soon(lambda: near.post("/manage/host/count")["code"] == 1201, "the log-out")

    def test_a_token_is_refused_everywhere_once_it_has_ended(self):
        made = self.admin.good("/manage/account/token/create", {"name": "short", "scope": "act", "days": 1})
        self.assertEqual(self.admin.post("/manage/account/token/create", {"name": "none", "scope": "act", "days": 0})["code"], 1000)
        programs = [rest(it.url, made["access_token"]) for it in (self.here, self.there)]
        # As senders of samples they are told apart from hosts, which is remembered; nothing is no request.
        sent = lambda api: api.send("POST", "/api/v1/write", "", {"Authorization": "Bearer " + api.token})[0]
        for api in programs:
            self.assertEqual((api.post("/manage/host/count")["code"], sent(api), sent(api)), (200, 400, 400))
        # The shortest life is a day: its end is brought here.
        ends = time.time() + 2
        self.cluster.store.rows(f"update api_token set expires_ms = {int(ends * 1000)} where id = '{made['token_id']}'")
        asked = 0
        while time.time() < ends:
            for api in programs:
                code = api.post("/manage/host/count")["code"]
                if time.time() < ends:
                    self.assertEqual(code, 200)
                    asked += 1
        self.assertGreater(asked, 1)
        for api in programs:
            self.soon(lambda api=api: api.post("/manage/host/count")["code"] == 1201, "the token has ended")
            self.soon(lambda api=api: sent(api) == 401, "the token has ended for samples, too")

    def test_a_vault_key_is_told_of_by_both(self):
        self.admin.good("/manage/account/certificate", {"key": "vault-key"})
        sessions = self.of(self.admin, self.there).good("/manage/account/session/get")["session_infos"]
        self.assertTrue(next(x for x in sessions if x["is_this"])["has_vault_key"])
        self.assertEqual(self.of(self.admin, self.there).post("/manage/account/certificate", {"key": "no"})["code"], 1203)

    def test_a_log_out_at_one_wipes_the_key_at_the_other(self):
        self.admin.good("/manage/account/user/add", {"username": "eve", "password": "first password"})
        self.admin.good("/manage/account/role/change", {"username": "eve", "role": "administrator"})
        eve = rest(self.here.url)
        eve.login("first password", "eve")
        eve.good("/manage/account/change", {"password": KNOWN})
        key = {"vault key": "the vault key that eve types, 7d1e0c44a95b"}  # Nothing is sealed that it could open: it is kept.
        eve.good("/manage/account/certificate", {"key": key["vault key"]})
        self.assertEqual(held(self.here.process.pid, key), set(key))
        self.of(eve, self.there).good("/manage/account/logout")
        for it in (self.here, self.there):
            wait_until(lambda it=it: not held(it.process.pid, key), 5, "it is not in memory any more", 0.2)


if __name__ == "__main__":
    unittest.main()
