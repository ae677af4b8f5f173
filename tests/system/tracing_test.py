"""Configuration tracing: its fourteen paths as they always were, on both stores, and files of real hosts over real SSH."""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import lab
from node import die_with_parent, node
from rest import rest, tree
from stores import database
from waiting import wait_until

KEY, KNOWN = "vault-key", "correct horse"
REPO = "/etc/yum.repos.d/openEuler.repo"
TEXT = "[OS]\nname=OS\nbaseurl=http://mirror/os\nenabled=1\n"
SHOWN = ('{\n    "OS": {\n        "name": "OS",\n        "baseurl": "http://mirror/os",\n        "enabled": "1"\n    }\n}\n')
RUNNER = pathlib.Path(__file__).with_name("quick_runner.py")
TELLER = pathlib.Path(__file__).resolve().parents[2] / "tools/tell_files.py"
BAD_NAMES = ("..", ".", "a/b", "x'; id; '", "", "x" * 256, "a b", "ä")


class client:
    """Asks the paths, whose HTTP status is the code."""

    def __init__(self, api):
        self.api = api

    def ask(self, method, path, body=None, token="own"):
        headers = {"Access-Token": self.api.token if token == "own" else token or ""}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body)
        status, _, text = self.api.send(method, path, data, headers, timeout=300)
        return status, json.loads(text)

    def post(self, path, body=None, status=200):
        got, reply = self.ask("POST", path, body)
        assert got == status, (path, body, got, reply)
        return reply

    def delete(self, path, body=None, status=200):
        got, reply = self.ask("DELETE", path, body)
        assert got == status, (path, body, got, reply)
        return reply

    def put(self, path, body=None, status=200):
        got, reply = self.ask("PUT", path, body)
        assert got == status, (path, body, got, reply)
        return reply

    def domain(self, name, *hosts):
        self.post("/domain/createDomain", [{"domainName": name, "priority": 0}])
        if hosts:
            self.post("/host/addHost", {"domainName": name, "hostInfos": [
                {"hostId": x, "ip": "10.0.0.1", "ipv6": "ipv4"} for x in hosts]})

    def item(self, domain, path, text, status=200, **more):
        return self.post("/management/addManagementConf",
                         {"domainName": domain, "confFiles": [{"filePath": path, "contents": text}]} | more, status)

    def history(self, domain, path):
        reply = self.post("/management/queryManageConfChange", {"domainName": domain, "confFiles": [{"filePath": path}]})
        return reply["confBaseInfos"][0]

    def status(self, domain, **more):
        reply = self.post("/confs/getDomainStatus", {"domainName": domain} | more)
        return {x["hostId"]: {y["file_path"]: y["isSynced"] for y in x["syncStatus"]} for x in reply["hostStatus"]}


class on_sqlite(unittest.TestCase):
    settings = ()

    @classmethod
    def setUpClass(cls):
        cls.node = node(*cls.settings)
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.c = client(cls.api)
        cls.api.add_group()
        cls.hosts = cls.api.add_hosts(("h1", "127.0.0.1", 9), ("h2", "127.0.0.2", 9))

    def new(self, *hosts):
        name = self.id().rsplit(".", 1)[1].replace("test_", "")
        self.c.domain(name, *hosts)
        return name

    def test_domains(self):
        c = self.c
        self.assertEqual(c.post("/domain/queryDomain") if not self.names() else [], [])
        made = c.post("/domain/createDomain", [{"domainName": "a.b-c_1", "priority": 0}])
        self.assertEqual(made["code"], 200)
        self.assertTrue(made["msg"])
        self.assertIn({"domainName": "a.b-c_1"}, c.post("/domain/queryDomain"))
        mixed = c.post("/domain/createDomain", [{"domainName": "a.b-c_1"}, {"domainName": "d2"}, {"domainName": ".."}], 400)
        self.assertEqual((mixed["code"], mixed["successList"]), (400, ["d2"]))
        self.assertEqual([x["domainName"] for x in mixed["failList"]], ["a.b-c_1", ".."])
        gone = c.delete("/domain/deleteDomain?domainName=a.b-c_1&domainName=d2")
        self.assertEqual(gone["code"], 200)
        self.assertEqual(self.names() & {"a.b-c_1", "d2"}, set())
        self.assertEqual(c.delete("/domain/deleteDomain?domainName=a.b-c_1", status=400)["code"], 400)
        self.assertEqual(c.delete("/domain/deleteDomain", status=400)["code"], 1000)

    def names(self):
        return {x["domainName"] for x in self.c.post("/domain/queryDomain")}

    def test_hosts_of_a_domain(self):
        c, (h1, h2) = self.c, self.hosts
        name = self.new()
        info = lambda *ids: {"domainName": name, "hostInfos": [{"hostId": x, "ip": "10.0.0.1", "ipv6": "ipv4"} for x in ids]}
        self.assertEqual(c.post("/host/getHost", {"domainName": name}), [])
        self.assertEqual(c.post("/host/addHost", info(h1))["code"], 200)
        self.assertEqual(c.post("/host/addHost", info(h1, h2), 202)["code"], 202)
        self.assertEqual(c.post("/host/addHost", info(h1, h2), 400)["code"], 400)
        c.post("/host/addHost", info(), 400)
        c.post("/host/addHost", info("unknown"), 400)
        c.post("/host/addHost", info(h1) | {"domainName": "unknown"}, 400)
        row = c.post("/host/getHost", {"domainName": name})[0]
        self.assertEqual([row[x] for x in ("hostId", "ip", "ipv6", "hostName")], [h1, "10.0.0.1", "ipv4", "h1"])
        c.post("/host/getHost", {"domainName": "unknown"}, 400)
        self.assertEqual(c.delete("/host/deleteHost", info(h1))["code"], 200)
        c.delete("/host/deleteHost", info(h1), 400)
        self.assertEqual([x["hostId"] for x in c.post("/host/getHost", {"domainName": name})], [h2])
        c.delete("/host/deleteHost", info())
        self.assertEqual(c.post("/host/getHost", {"domainName": name}), [])

    def test_items_and_their_history(self):
        c = self.c
        name = self.new()
        self.assertEqual(c.post("/management/getManagementConf", {"domainName": name}), {"domainName": name, "confFiles": []})
        self.assertEqual(c.item(name, REPO, TEXT)["code"], 200)
        self.assertEqual(c.post("/management/getManagementConf", {"domainName": name}),
                         {"domainName": name, "confFiles": [{"filePath": REPO, "contents": SHOWN}]})
        two = {"domainName": name, "confFiles": [{"filePath": "/etc/motd", "contents": "hello\n"},
                                                 {"filePath": REPO, "contents": "[OS\nname"}]}
        partly = c.post("/management/addManagementConf", two, 206)
        self.assertEqual((partly["code"], partly["successList"]), (206, ["/etc/motd"]))
        self.assertRegex(partly["failList"][0]["reason"], "^line 1: ")
        self.assertTrue(any("no model" in x["text"] for x in partly["warnings"]))
        c.item(name, REPO, "[OS\n", 400)
        c.post("/management/addManagementConf", {"domainName": name, "confFiles": []}, 400)
        c.post("/management/addManagementConf", {"domainName": "unknown", "confFiles": two["confFiles"]}, 400)
        c.item(name, REPO, TEXT.replace("enabled=1", "enabled=0"), reason="off")
        changes = c.history(name, REPO)["changeLog"]
        self.assertEqual([x["author"] for x in changes], ["admin", "admin"])
        self.assertEqual((changes[0]["changeReason"], changes[0]["preValue"]), ("off", SHOWN))
        self.assertEqual(json.loads(changes[0]["postValue"])["OS"]["enabled"], "0")
        self.assertNotIn("preValue", changes[1])
        self.assertEqual(changes[1]["postValue"], SHOWN)
        some = {"domainName": name, "confFiles": [{"filePath": REPO}, {"filePath": "/etc/none"}]}
        partly = c.post("/management/queryManageConfChange", some, 400)
        self.assertEqual([x["filePath"] for x in partly["confBaseInfos"]], [REPO])
        self.assertEqual(c.post("/management/queryManageConfChange", some | {"confFiles": [{"filePath": "/etc/none"}]}, 500)["code"], 500)
        c.post("/management/queryManageConfChange", {"domainName": "unknown"}, 400)
        every = c.post("/management/queryManageConfChange", {"domainName": name})
        self.assertEqual([x["filePath"] for x in every["confBaseInfos"]], ["/etc/motd", REPO])
        page = c.post("/management/queryManageConfChange", {"domainName": name, "page": 2, "per_page": 1})
        self.assertEqual([x["changeId"] for x in page["confBaseInfos"][1]["changeLog"]], [changes[1]["changeId"]])
        whole = [x for x in c.post("/confs/queryExpectedConfs") if x["domainName"] == name]
        self.assertEqual(whole[0]["confBaseInfos"], every["confBaseInfos"])
        files = {"domainName": name, "confFiles": [{"filePath": "/etc/motd"}, {"filePath": REPO}]}
        self.assertEqual(c.delete("/management/deleteManagementConf", files)["code"], 200)
        c.delete("/management/deleteManagementConf", files, 400)
        self.assertEqual(c.post("/management/getManagementConf", {"domainName": name})["confFiles"], [])

    def test_nothing_is_dropped_and_order_is_no_difference(self):
        c = self.c
        name = self.new()
        text = "[a]\nname=x\n\n[b]\nfoo=1\nbar=2\n"
        reply = c.item(name, REPO, text)
        self.assertTrue(any("foo" in x["text"] for x in reply["warnings"]), reply)
        stored = json.loads(c.post("/management/getManagementConf", {"domainName": name})["confFiles"][0]["contents"])
        self.assertEqual(stored, {"a": {"name": "x"}, "b": {"foo": "1", "bar": "2"}})
        c.item(name, REPO, "[b]\nbar=2\nfoo=1\n[a]\nname=x\n")
        diff = {"domain_name": name, "file_path": REPO}
        self.assertTrue(self.api.good("/manage/tracing/diff", diff)["is_same"])
        c.item(name, REPO, "[b]\nbar=2\nfoo=1\n[a]\nname=x\n[c]\nname=y\n")
        found = self.api.good("/manage/tracing/diff", diff)
        self.assertFalse(found["is_same"])
        self.assertEqual([(x["op"], x["text"]) for x in found["lines"] if x["op"] != "equal"],
                         [("add", "[c]"), ("add", "name=y")])

    def test_names_that_are_no_names_are_refused_and_change_nothing(self):
        c, (h1, _) = self.c, self.hosts
        name = self.new()
        before = self.names()
        for bad in BAD_NAMES:
            self.assertEqual(c.post("/domain/createDomain", [{"domainName": bad}], 400)["code"], 1000, bad)
            for path in ("/host/getHost", "/management/getManagementConf", "/confs/getDomainStatus"):
                self.assertEqual(c.post(path, {"domainName": bad}, 400)["code"], 1000, (path, bad))
        for bad in ("..", ".", "a/b", "x'; id; '"):
            self.assertEqual(c.post("/host/addHost", {"domainName": name, "hostInfos": [{"hostId": bad}]}, 400)["code"], 1000)
            self.assertEqual(c.item(name, bad, "x", 400)["code"], 1000)
        for bad in ("/etc/../x", "etc/x", "/etc/", "/etc/x'; id; '"):
            self.assertEqual(c.item(name, bad, "x", 400)["code"], 1000, bad)
        self.assertEqual(self.names(), before)
        self.assertEqual(c.post("/management/getManagementConf", {"domainName": name})["confFiles"], [])
        for body in ([], {}, [1], [{"name": "x"}]):
            self.assertEqual(c.post("/domain/createDomain", body, 400)["code"], 1000)

    def test_status_and_sync_of_what_is_not_there(self):
        c, (h1, _) = self.c, self.hosts
        name = self.new()
        status, real, sync = "/confs/getDomainStatus", "/confs/queryRealConfs", "/confs/syncConf"
        body = {"domainName": name}
        c.post(status, {"domainName": "unknown"}, 404)
        c.post(status, body, 404)
        c.post(real, body | {"hostIds": []}, 400)
        c.put(sync, {"domainName": "unknown", "hostIds": []}, 404)
        c.put(sync, body | {"hostIds": []}, 400)
        c.post("/host/addHost", body | {"hostInfos": [{"hostId": h1}]})
        c.post(status, body, 404)
        c.item(name, REPO, TEXT)
        c.post(real, body | {"hostIds": [{"hostId": "unknown"}]}, 400)
        self.assertEqual(c.status(name, refresh=False), {h1: {REPO: "UNKNOWN"}})

    def test_what_asks_hosts_needs_a_session_and_the_vault_key(self):
        c, (h1, _) = self.c, self.hosts
        name = self.new(h1)
        c.item(name, REPO, TEXT)
        body = {"domainName": name}
        self.assertEqual(c.ask("POST", "/confs/getDomainStatus", body, token=None)[1]["code"], 1201)
        for method, path, more in (("POST", "/confs/getDomainStatus", {}), ("POST", "/confs/queryRealConfs", {"hostIds": []}),
                                   ("PUT", "/confs/syncConf", {"hostIds": []})):
            status, reply = c.ask(method, path, body | more)
            self.assertEqual((status, reply["code"]), (403, 1203), path)
        status, reply = c.ask("POST", "/management/addManagementConf",
                              body | {"confFiles": [{"filePath": "/etc/x", "hostId": h1}]})
        self.assertEqual((status, reply["code"]), (403, 1203))

    def test_ordinary_users_ask_and_change_nothing(self):
        name = self.new(*self.hosts)
        self.c.item(name, REPO, TEXT)
        self.api.good("/manage/account/register", {"username": "ann", "password": KNOWN})
        self.api.good("/manage/account/user/adopt", {"username": "ann"})
        ann = rest(self.node.url)
        ann.login(KNOWN, "ann")
        c = client(ann)
        self.assertIn({"domainName": name}, c.post("/domain/queryDomain"))
        self.assertEqual(c.post("/host/getHost", {"domainName": name}), [])  # No group is granted.
        self.assertEqual(len(c.history(name, REPO)["changeLog"]), 1)
        for method, path, body in (("POST", "/domain/createDomain", [{"domainName": "x"}]),
                                   ("DELETE", f"/domain/deleteDomain?domainName={name}", None),
                                   ("POST", "/host/addHost", {"domainName": name, "hostInfos": []}),
                                   ("PUT", "/confs/syncConf", {"domainName": name, "hostIds": []})):
            status, reply = c.ask(method, path, body)
            self.assertEqual((status, reply["code"]), (403, 1207), path)

    def test_records_have_their_authors_and_outlive_the_node(self):
        name = self.new()
        self.api.good("/manage/account/register", {"username": "second", "password": KNOWN})
        self.c.item(name, REPO, TEXT)
        self.c.item(name, REPO, TEXT + "gpgcheck=1\n", reason="checked")
        self.c.item(name, REPO, TEXT)
        before = self.c.history(name, REPO)
        self.assertEqual([x["author"] for x in before["changeLog"]], ["admin"] * 3)
        self.assertNotIn("preValue", before["changeLog"][-1])
        # Another administrator's file of that name has a history of its own.
        self.api.good("/manage/account/role/change", {"username": "second", "role": "administrator"})
        second = rest(self.node.url)
        second.login(KNOWN, "second")
        theirs = client(second)
        theirs.domain(name)
        theirs.item(name, REPO, TEXT + "gpgcheck=0\n")
        self.assertEqual([x["author"] for x in theirs.history(name, REPO)["changeLog"]], ["second"])
        self.assertEqual(self.c.history(name, REPO), before)
        self.node.stop()
        self.node.start()
        self.api.url, self.api.where = self.node.url, rest(self.node.url).where
        self.assertEqual(self.c.history(name, REPO), before)
        log = json.dumps(self.api.good("/manage/log/get", {"kind": "operation"}))
        for action in ("tracing.domain.add", "tracing.item.add"):
            self.assertIn(action, log)

    def test_readers_never_take_an_old_version_for_the_newest(self):
        name = self.new()
        self.c.item(name, "/etc/motd", "0\n")
        done = [0]

        def read(_):
            least = done[0]
            history = self.c.history(name, "/etc/motd")
            lines = lambda x: int(json.loads(x)["lines"][0])
            self.assertEqual(history["expectedContents"], history["changeLog"][0]["postValue"])
            self.assertGreaterEqual(lines(history["expectedContents"]), least)
            seen = [lines(x["postValue"]) for x in history["changeLog"]]
            self.assertEqual(seen, sorted(seen, reverse=True))

        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            reads = [pool.submit(read, i) for i in range(60)]
            for i in range(1, 16):
                self.c.item(name, "/etc/motd", f"{i}\n")
                done[0] = i
            for one in reads:
                one.result()


class on_mariadb(on_sqlite):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="aops-tracing-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        server = database(os.path.join(cls.folder, "store"))
        server.start()
        cls.addClassCleanup(server.close)
        cls.settings = tuple(server.settings(None))
        super().setUpClass()


@unittest.skipIf(lab.why_not(), lab.why_not())
class on_hosts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = lab.lab(3)
        cls.addClassCleanup(cls.lab.close)
        cls.node = node("tracing.check_every=1h", "tracing.watch_every=5s")
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.api.add_group()
        rows = [cls.row(x.name, x) for x in cls.lab]
        cls.ids = dict(zip([x["host_name"] for x in rows],
                           cls.api.good("/manage/host/add", {"host_list": rows, "key": KEY})["host_list"]))
        cls.api.good("/manage/account/certificate", {"key": KEY})
        cls.c = client(cls.api)

    @staticmethod
    def row(name, host):
        return {"host_name": name, "host_group_name": "g", "public_ip": host.address, "ssh_port": host.port, "username": host.user,
                "become": host.become, "password": host.password, "sudo_password": host.become_password}

    def write(self, host, text, path=REPO):
        self.lab[host].run("mkdir", "-p", os.path.dirname(path))
        self.lab[host].run("tee", path, text=text)

    def test_from_import_to_a_host_that_is_gone_and_back(self):
        c, h1, h2 = self.c, self.ids["h1"], self.ids["h2"]
        for host in ("h1", "h2"):
            self.write(host, TEXT)
        c.domain("web", h1, h2)
        imported = c.post("/management/addManagementConf", {"domainName": "web", "confFiles": [{"filePath": REPO, "hostId": h1}]})
        self.assertEqual(imported["code"], 200, imported)
        self.assertEqual(c.status("web"), {h1: {REPO: "SYNCHRONIZED"}, h2: {REPO: "SYNCHRONIZED"}})

        self.write("h2", TEXT.replace("enabled=1", "enabled=0"))
        self.assertEqual(c.status("web"), {h1: {REPO: "SYNCHRONIZED"}, h2: {REPO: "NOT SYNCHRONIZE"}})
        diff = self.api.good("/manage/tracing/diff", {"domain_name": "web", "file_path": REPO, "host_id": h2})
        self.assertEqual([(x["op"], x["text"]) for x in diff["lines"] if x["op"] != "equal"],
                         [("remove", "enabled=1"), ("add", "enabled=0")])
        real = c.post("/confs/queryRealConfs", {"domainName": "web", "hostIds": [{"hostId": h2}]})
        self.assertEqual([x["hostID"] for x in real], [h2])
        file = real[0]["confBaseInfos"][0]
        self.assertEqual([file[x] for x in ("filePath", "fileAttr", "fileOwner")], [REPO, "0644", "(root, root)"])
        self.assertEqual(json.loads(file["confContents"])["OS"]["enabled"], "0")
        edit = self.api.good("/manage/tracing/edit/get", {"host_id": h2})["edits"][0]
        self.assertIn("enabled", edit["summary"])

        synced = c.put("/confs/syncConf", {"domainName": "web", "hostIds": []})
        self.assertEqual([x["hostId"]["hostId"] for x in synced], [h1, h2])
        self.assertEqual({y["result"] for x in synced for y in x["syncResult"]}, {"SUCCESS"})
        self.assertEqual(self.lab["h2"].read(REPO), TEXT)
        self.assertEqual(c.status("web"), {h1: {REPO: "SYNCHRONIZED"}, h2: {REPO: "SYNCHRONIZED"}})
        self.assertEqual(self.api.good("/manage/tracing/edit/get", {"host_id": h2})["edits"][0]["username"], "admin")

        self.lab["h2"].run("rm", REPO)
        self.assertEqual(c.status("web")[h2], {REPO: "NOT FOUND"})
        results = [x["check_item"] for x in self.api.results(h2)]
        self.assertIn(f"config_drift:web:{REPO}", results)
        self.name_the_edit(h2)
        self.lab["h2"].kill()
        reply = c.post("/confs/getDomainStatus", {"domainName": "web"})
        states = {x["hostId"]: x["syncStatus"][0]["isSynced"] for x in reply["hostStatus"]}
        self.assertEqual(states, {h1: "SYNCHRONIZED", h2: "UNREACHABLE"})
        self.assertTrue(any(x["hostId"] == h2 and x["reason"].startswith("unreachable") for x in reply["failList"]))
        real = c.post("/confs/queryRealConfs", {"domainName": "web", "hostIds": []})
        self.assertEqual([len(x["confBaseInfos"]) for x in real], [1, 0])
        self.lab["h2"].start()

    def name_the_edit(self, host):
        """A tree asks whether a file is what it should be; its report says what became of it."""
        broken = tree("broken", "edited", {"edited": f"config_drift:web:{REPO}"})
        self.api.good("/diag/tree/import", {"trees": [broken]})
        end = int(time.time())
        task = self.api.good("/diag/execute", {"host_list": [host], "tree_list": ["broken"], "time_range": [end - 60, end],
                                               "interval": 60})["task_id"]
        wait_until(lambda: self.api.progress(task) == 1, 90, "a report")
        report = self.api.report(self.api.reports(task)[0]["report_id"])
        self.assertEqual(report["verdict"], "true", report)
        self.assertEqual(len(report["root_causes"]), 1)
        self.assertIn("the file is gone (seen ", report["evidence"][0]["condition"])

    def test_a_domain_is_looked_at_by_time_and_a_change_seen_between_two_looks(self):
        h3 = self.ids["h3"]
        self.write("h3", "hello\n", "/etc/greeting")
        self.c.domain("timed", h3)
        self.c.item("timed", "/etc/greeting", "hello\n")
        known = lambda: self.c.status("timed", refresh=False)[h3]["/etc/greeting"]
        wait_until(lambda: known() == "SYNCHRONIZED", 120, "the first look")
        self.write("h3", "good bye\n", "/etc/greeting")
        wait_until(lambda: known() == "NOT SYNCHRONIZE", 120, "what its digest tells")
        self.assertIn("hello", self.api.good("/manage/tracing/edit/get", {"host_id": h3})["edits"][0]["unified"])
        self.assertGreater(self.api.good("/manage/tracing/summary/get")["hosts"], 0)

    def test_many_files_of_many_hosts_are_read_together(self):
        paths = ["/etc/hostname", "/etc/hosts", "/etc/passwd", "/etc/nothing", "/etc/debian_version"]
        hosts = [self.ids["h1"], self.ids["h3"]]
        reply = self.api.good("/manage/config/collect", {"infos": [{"host_id": x, "config_list": paths} for x in hosts]}, 206)
        self.assertEqual([len(x["infos"]) for x in reply["resp"]], [4, 4])
        self.assertEqual([x["fail_files"] for x in reply["resp"]], [["/etc/nothing"]] * 2)
        refused = {"infos": [{"host_id": hosts[0], "config_list": ["/etc/../etc/shadow"]}]}
        self.assertEqual(self.api.post("/manage/config/collect", refused)["code"], 1000)


class on_many_hosts(unittest.TestCase):
    """A program in place of Ansible tells what hosts would."""

    HOSTS, FILES = 120, ["/etc/a", "/etc/b", "/etc/c", "/etc/d", "/etc/nothing"]

    @classmethod
    def setUpClass(cls):
        cls.node = node("check.sample_period=1h", f"tasks.runner={RUNNER}")
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.api.add_group()
        cls.ids = cls.api.add_hosts(*((f"m{k:03}", f"127.8.0.{k + 1}", 9) for k in range(cls.HOSTS)))
        cls.api.good("/manage/account/certificate", {"key": KEY})
        cls.c = client(cls.api)
        cls.c.domain("many", *cls.ids)
        for path in cls.FILES:
            cls.c.item("many", path, path + "\n")

    def test_all_files_of_all_hosts_are_in_one_answer(self):
        wanted = {x: "NOT FOUND" if x == "/etc/nothing" else "SYNCHRONIZED" for x in self.FILES}
        began = time.monotonic()
        self.assertEqual(self.c.status("many"), {x: wanted for x in self.ids})
        self.assertLess(time.monotonic() - began, 60)
        self.assertEqual(self.c.status("many", refresh=False), {x: wanted for x in self.ids})
        real = self.c.post("/confs/queryRealConfs", {"domainName": "many", "hostIds": []})
        self.assertEqual([(x["hostID"], len(x["confBaseInfos"])) for x in real], [(x, 4) for x in self.listed()])
        some = self.c.post("/confs/queryRealConfs", {"domainName": "many", "hostIds": [{"hostId": x} for x in self.ids[:60]]})
        self.assertEqual({x["hostID"] for x in some}, set(self.ids[:60]))

    def listed(self):
        return [x["hostId"] for x in self.c.post("/host/getHost", {"domainName": "many"})]

    def test_fifty_hosts_with_five_files_are_collected_together(self):
        infos = [{"host_id": x, "config_list": self.FILES} for x in self.ids[:50]]
        reply = self.api.good("/manage/config/collect", {"infos": infos}, 206)
        self.assertEqual([x["host_id"] for x in reply["resp"]], self.ids[:50])
        self.assertEqual({(len(x["infos"]), tuple(x["fail_files"])) for x in reply["resp"]}, {(4, ("/etc/nothing",))})
        self.assertEqual(rest(self.node.url).post("/manage/config/collect", {"infos": infos})["code"], 1201)


class told_by_hosts(unittest.TestCase):
    """Hosts that tell of their files themselves, with their tokens."""

    @classmethod
    def setUpClass(cls):
        cls.node = node("tracing.watch_every=2s")
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.api.add_group()
        cls.one, cls.two = cls.api.add_hosts(("t1", "127.0.0.1", 9), ("t2", "127.0.0.2", 9))
        cls.token = cls.api.good("/logs/token/create", {"host_id": cls.one, "name": "files"})["access_token"]
        cls.c = client(cls.api)

    def tell(self, files, status=200, token=None):
        headers = {"Content-Type": "application/json", "Authorization": "Bearer " + (token or self.token)}
        got, _, text = rest(self.node.url).send("POST", "/tracing/ingest", json.dumps({"files": files}), headers)
        self.assertEqual(got, status, text)
        return json.loads(text)

    def test_a_host_tells_of_its_own_traced_files_alone(self):
        self.c.domain("own", self.one, self.two)
        self.c.item("own", REPO, TEXT)
        asked = self.tell([])
        self.assertEqual((asked["traced"], asked["period_ms"]), ([REPO], 2000))
        file = {"path": REPO, "content": TEXT, "file_attr": "0644", "file_owner": "root:root"}
        digest = hashlib.sha256(("0644\nroot:root\n" + TEXT).encode()).hexdigest()
        self.assertEqual(self.tell([{"path": REPO, "digest": digest}])["wanted"], [REPO])
        taken = self.tell([file, {"path": "/etc/shadow", "content": "x"}])
        self.assertEqual((taken["wanted"], taken["untraced"]), ([], ["/etc/shadow"]))
        self.assertEqual(self.tell([{"path": REPO, "digest": digest}])["wanted"], [])
        states = lambda: self.c.status("own", refresh=False)
        self.assertEqual(states(), {self.one: {REPO: "SYNCHRONIZED"}, self.two: {REPO: "UNKNOWN"}})
        self.tell([file | {"content": TEXT.replace("enabled=1", "enabled=0")}])
        self.assertEqual(states()[self.one], {REPO: "NOT SYNCHRONIZE"})
        edit = self.api.good("/manage/tracing/edit/get", {"host_id": self.one})["edits"][0]
        self.assertIn("enabled: 1 → 0", edit["summary"])
        self.assertIn(f"config_drift:own:{REPO}", [x["check_item"] for x in self.api.results(self.one)])
        (item,) = self.api.good("/manage/tracing/item/get", {"domain_name": "own"})["items"]
        self.assertEqual(item["text"], TEXT)  # What it should be no host can tell.
        self.tell([{"path": REPO, "failure": "missing"}])
        self.assertEqual(states()[self.one], {REPO: "NOT FOUND"})

    def test_what_is_no_token_or_does_not_read_is_refused(self):
        self.tell([], 401, token="another")
        self.tell([{"path": REPO}], 400)
        self.tell([{"path": REPO, "digest": "x"}], 400)
        self.tell([{"path": REPO, "content": "x"}] * 101, 400)
        self.tell([{"path": REPO, "content": "x" * (1 << 20) + "x"}], 400)

    def test_the_program_that_tells_sees_a_change_at_once(self):
        path = os.path.join(self.node.folder, "told.conf")
        token_file = os.path.join(self.node.folder, "told.token")
        for name, text in ((path, "a = 1\n"), (token_file, self.token)):
            with open(name, "w", encoding="utf-8") as file:
                file.write(text)
        self.c.domain("program", self.one)
        self.c.item("program", path, "a = 1\n")
        program = subprocess.Popen([sys.executable, "-B", TELLER, self.node.url, "/dev/null", token_file], stdin=subprocess.DEVNULL,
                                   preexec_fn=die_with_parent)
        self.addCleanup(lambda: (program.kill(), program.wait()))
        known = lambda: self.c.status("program", refresh=False)[self.one][path]
        wait_until(lambda: known() == "SYNCHRONIZED", 30, "it is told")
        with open(path, "w", encoding="utf-8") as file:
            file.write("a = 2\n")
        wait_until(lambda: known() == "NOT SYNCHRONIZE", 30, "the change is told")
        os.remove(path)
        wait_until(lambda: known() == "NOT FOUND", 30, "that it is gone is told")


if __name__ == "__main__":
    unittest.main()
