"""Secrets stay where they belong: one of its own kind in each secret field, and then they are looked for everywhere."""
import json
import os
import resource
import signal
import subprocess
import unittest

from mariadb import mariadb, PASSWORD as STORE_PASSWORD
from node import die_with_parent, node, program

CONFIG = """
[[notify]]
name = "oncall"
url = "http://127.0.0.1:9/hook-secret-7f3a"
"""


class planted:
    """What a node with this store must not show."""

    def plant(self):
        """Returns kind → secret."""
        secrets = {
            "first password": "first-secret-91c2", "changed password": "changed-secret-55d0", "user": "user-secret-ab12",
            "reset": "reset-secret-0f9e", "wrong password": "wrong-secret-3c44", "vault key": "vault-secret-71be",
            "wrong vault key": "vault-wrong-c0de", "new vault key": "vault-new-2b7d", "ssh": "ssh-secret-d00d",
            "sudo": "sudo-secret-beef", "new ssh": "ssh-later-cafe", "receiver": "hook-secret-7f3a"}
        it = self.node.client()
        it.login("changeme")
        it.good("/manage/account/change", {"password": secrets["first password"]})
        it.good("/manage/account/change", {"password": secrets["changed password"]})
        it.login(secrets["wrong password"])
        it.good("/manage/account/register", {"username": "ann", "password": secrets["user"]})
        it.good("/manage/account/user/adopt", {"username": "ann"})
        it.good("/manage/account/user/reset", {"username": "ann", "password": secrets["reset"]})
        it.add_group()
        row = {"host_name": "h", "host_group_name": "g", "public_ip": "127.0.0.9", "exporter_port": 9, "username": "ops",
               "password": secrets["ssh"], "sudo_password": secrets["sudo"]}
        self.host = it.good("/manage/host/add", {"host_list": [row], "key": secrets["vault key"]})["host_list"][0]
        it.good("/manage/host/add", {"host_list": [row | {"host_name": "i"}], "key": secrets["wrong vault key"]}, code=1203)
        it.good("/manage/account/certificate", {"key": secrets["wrong vault key"]}, code=1203)
        it.good("/manage/account/certificate", {"key": secrets["vault key"]})
        it.good("/manage/host/update", {"host_id": self.host, "username": "ops", "password": secrets["new ssh"],
                                        "sudo_password": secrets["sudo"], "key": secrets["vault key"]})
        it.good("/manage/account/certificate/change", {"key": secrets["vault key"], "new_key": secrets["new vault key"]})
        it.good("/manage/account/certificate", {"key": secrets["new vault key"]})
        it.good("/manage/host/add", {"host_list": [row | {"ssh_port": "x"}], "key": secrets["vault key"]}, code=1000)
        secrets["session token"] = it.token
        secrets["program's token"] = it.good("/manage/account/token/create", {"name": "t", "scope": "act"})["access_token"]
        self.api = it
        return secrets | self.more_secrets()

    def more_secrets(self):
        return {}

    def look(self, secrets, where, data):
        text = data if isinstance(data, bytes) else data.encode()
        for kind, secret in secrets.items():
            self.assertNotIn(secret.encode(), text, f"the {kind} stands in {where}")

    def replies(self):
        """Whatever lists or shows something."""
        document = json.loads(self.api.send("GET", "/openapi.json")[2])
        for path, verbs in document["paths"].items():
            if "get" in verbs and "stream" not in path and "{" not in path:
                yield path, self.api.send("GET", path, headers={"Access-Token": self.api.token})[2]
        bodies = {"/manage/host/get": {"host_group_list": []}, "/check/rule/get": {"check_items": []},
                  "/diag/tree/get": {"tree_list": []}}
        for path in ("/manage/host/get", "/manage/host/group/get", "/manage/account/user/get", "/manage/account/token/get",
                     "/manage/account/session/get", "/manage/log/get", "/check/rule/get", "/diag/tree/get",
                     "/diag/task/get"):
            yield path, json.dumps(self.api.good(path, bodies.get(path, {})))

    def test_no_secret_is_found_anywhere(self):
        secrets = self.plant()
        for path, text in self.replies():
            self.look(secrets, path, text)
        process = self.node.process.pid
        for name in ("cmdline", "environ"):
            with open(f"/proc/{process}/{name}", "rb") as file:
                self.look(secrets, name, file.read())
        for where, data in self.stored():
            self.look(secrets, where, data)
        self.assertEqual(self.node.stop(), 0)
        self.look(secrets, "the log", self.node.log(100_000))
        found = 0
        for folder, _, names in os.walk(self.node.data):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    self.look(secrets, name, file.read())
                found += 1
        self.assertGreater(found, 1)

    def stored(self):
        return []


def die(command, folder):
    """Ends a program by SIGABRT as soon as it says something, in a folder where core files may be written.

    Returns whether it left one, by what the kernel says and by what lies there.
    """
    def let_it_dump():
        die_with_parent()
        os.chdir(folder)
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          preexec_fn=let_it_dump) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGABRT)
        status = os.waitpid(process.pid, 0)[1]
        process.returncode = -os.WTERMSIG(status)
    return os.WCOREDUMP(status) or any(name.startswith("core") for name in os.listdir(folder))


class core_files(unittest.TestCase):
    def test_a_node_that_dies_leaves_none(self):
        with node(start=False) as it:
            if not die(["sh", "-c", "echo up; sleep 60"], it.folder):
                self.skipTest("this machine writes no core files of anybody")
            for name in os.listdir(it.folder):
                if name.startswith("core"):
                    os.remove(os.path.join(it.folder, name))
            self.assertFalse(die(it.command(), it.folder))


class in_sqlite(planted, unittest.TestCase):
    def setUp(self):
        self.node = node("log.level=debug", config=CONFIG)
        self.addCleanup(self.node.close)

    def test_the_command_line_keeps_them_too(self):
        home = os.path.join(self.node.folder, "home")
        os.makedirs(home)
        env = {"PATH": os.environ["PATH"], "HOME": home, "LC_ALL": "C.UTF-8"}

        def aops(*words, stdin=""):
            done = subprocess.run([program("aops"), *words], input=stdin, capture_output=True, text=True, timeout=60,
                                  env=env, preexec_fn=die_with_parent)
            return done.stdout + done.stderr

        said = aops("login", "--url", self.node.url, "--password", "-", "--new_password", "-", stdin="changeme\nsecret-1a2b3c\n")
        said += aops("certificate", "--key", "-", stdin="secret-4d5e6f\n")
        said += aops("account", "change", "--password", "-", stdin="short-9\n")
        said += aops("host", "add", "h", "127.0.0.9", "--username", "ops", "--password", "-", "--sudo_password", "-", "--key",
                     "-", stdin="secret-7a8b9c\nsecret-0d1e2f\nsecret-4d5e6f\n")
        for path, _, names in os.walk(home):
            for name in names:
                with open(os.path.join(path, name), encoding="utf-8") as file:
                    said += file.read()
        self.assertIn("logged in", said)
        self.assertNotIn("secret-", said)
        self.assertNotIn("short-9", said)


class in_mariadb(planted, unittest.TestCase):
    def setUp(self):
        self.server = mariadb()
        self.addCleanup(self.server.close)
        self.server.let_nodes_in("guarded")
        self.node = node("log.level=debug", config=CONFIG + f"""
[storage]
engine = "mariadb"
host = ["{self.server.address}"]
user = "aops"
password = "{STORE_PASSWORD}"
database = "guarded"
""")
        self.addCleanup(self.node.close)

    def stored(self):
        for table in self.server.sql("show tables", "guarded").split():
            words = ["mariadb", "--no-defaults", "-uroot", f"-S{self.server.socket}", "-N", "-B", "--raw", "-e",
                     f"select * from {table}", "guarded"]
            yield table, subprocess.run(words, stdout=subprocess.PIPE, timeout=60, check=True).stdout

    def more_secrets(self):
        return {"storage password": STORE_PASSWORD}


if __name__ == "__main__":
    unittest.main()
