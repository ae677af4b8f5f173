"""What docs/rules.md, docs/diagnosis.md and docs/cluster.md show is what a node takes; `manual_test` follows the last."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest

from exporter import exporter
from node import node, program
from rest import rule
from waiting import wait_until

docs = pathlib.Path(__file__).resolve().parents[2] / "docs"


def blocks(kind, page="rules.md"):
    text = (docs / page).read_text(encoding="utf-8")
    return [x.strip() for x in re.findall(rf"^```{kind}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)]


def conditions(kind):
    """One a line; what stands after two blanks and a # is a remark."""
    return [re.sub(r"\s{2,}# .*", "", line) for block in blocks(kind) for line in block.splitlines() if line.strip()]


class examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = node("check.sample_period=1s")
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()

    def load(self, rows):
        return self.api.post("/check/rule/import", {"check_items": rows})

    def test_conditions_are_legal(self):
        shown = conditions("condition")
        self.assertGreater(len(shown), 15)
        rows = [rule(f"c{i}", ["a", "b"], x) for i, x in enumerate(shown)]
        failed = self.load(rows)["fail_list"]
        self.assertEqual([shown[int(x[1:])] for x in failed], [])

    def test_typed_conditions_are_judged(self):
        with exporter({"temperature": 10}) as source:
            self.api.add_group()
            (host,) = self.api.add_hosts(("h1", "127.0.0.1", source.port))
            wait_until(lambda: self.api.host(host)["status"] == "online", 60, "a first round")
            shown = conditions("typed")
            self.assertGreater(len(shown), 4)
            for condition in shown:
                self.api.good("/check/condition/eval", {"condition": condition, "host_id": host,
                                                        "time_range": [0, int(time.time()) + 60]})

    def test_conditions_shown_as_wrong_are_refused(self):
        shown = conditions("wrong")
        self.assertGreater(len(shown), 4)
        reply = self.load([rule(f"w{i}", ["a", "b"], x) for i, x in enumerate(shown)])
        self.assertEqual(sorted(reply["fail_list"]), sorted(f"w{i}" for i in range(len(shown))))

    def test_rule_files_are_legal(self):
        shown = [json.loads(x) for x in blocks("json")]
        self.assertTrue(shown)
        for body in shown:
            reply = self.load(body["check_items"])
            self.assertEqual((reply["code"], reply["fail_list"]), (200, []))

    def test_trees_are_legal(self):
        shown = [json.loads(x) for x in blocks("json", "diagnosis.md")]
        self.assertTrue(shown)
        for body in shown:
            reply = self.api.post("/diag/tree/import", body)
            self.assertEqual((reply["code"], reply["fail_list"]), (200, []))

    def test_the_samples_in_etc_are_legal(self):
        for path in sorted((docs.parent / "etc/rules").glob("*.json")):
            reply = self.load(json.loads(path.read_text(encoding="utf-8"))["check_items"])
            self.assertEqual((reply["code"], reply["fail_list"]), (200, []), path.name)
        for path in sorted((docs.parent / "etc/trees").glob("*.json")):
            reply = self.api.post("/diag/tree/import", json.loads(path.read_text(encoding="utf-8")))
            self.assertEqual((reply["code"], reply["fail_list"]), (200, []), path.name)


class tests_of_trees(unittest.TestCase):
    """What docs/diagnosis.md and etc show of `aops faultree test`; no node is asked."""

    def run_file(self, file, *options):
        return subprocess.run([program("aops"), "faultree", "test", str(file), *options], capture_output=True, text=True,
                              timeout=60, env={**os.environ, "AOPS_URL": "http://192.0.2.1:1", "LC_ALL": "C"})

    def test_the_page(self):
        (tree, *_), (tests,) = blocks("json", "diagnosis.md"), blocks("tree_test", "diagnosis.md")
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "shop.json").write_text(tree, encoding="utf-8")
            (folder / "shop_test.yaml").write_text(tests, encoding="utf-8")
            done = self.run_file(folder / "shop_test.yaml")
            self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
            self.assertIn("2 passed, 0 failed\nshop_slow: 3 of 6 nodes were seen true and false\n", done.stdout)
            self.assertIn("  never false: shop slow\n", done.stdout)
            (folder / "shop_test.yaml").write_text(tests.replace("unknown}", "true}"), encoding="utf-8")
            done = self.run_file(folder / "shop_test.yaml")
            self.assertEqual(done.returncode, 1)
            self.assertIn("FAILED memory is low", done.stdout)
            self.assertIn("  verdict: expected true, got unknown\n1 passed, 1 failed\n", done.stdout)

    def test_the_sample(self):
        done = self.run_file(docs.parent / "etc/trees/linux_test.yaml", "-o", "json")
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertGreater(len(json.loads(done.stdout)["tests"]), 8)


class files_of_hosts(unittest.TestCase):
    """What docs/hosts.md shows as files, imported by the command line; both mean the same hosts."""

    def test_they_are_imported(self):
        shown = [(kind, text) for kind in ("csv", "yaml") for text in blocks(f"{kind} hosts", "hosts.md")]
        self.assertEqual(len(shown), 2)
        for kind, text in shown:
            with node() as it, tempfile.NamedTemporaryFile("w", suffix=f".{kind}") as file:
                api = it.admin()
                api.add_group("web")
                file.write(text + "\n")
                file.flush()
                done = subprocess.run([program("aops"), "host", "import", file.name, "--wait", "0", "--url", it.url,
                                       "--access_token", api.token], capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                rows = api.good("/manage/host/get", {"host_group_list": [], "sort": "host_name"})["host_infos"]
                self.assertEqual([(x["host_name"], x["host_group_name"], x["public_ip"], x.get("exporter_port")) for x in rows],
                                 [("db1", "default", "2001:db8::17", 9200), ("web1", "web", "192.0.2.7", None),
                                  ("web2", "web", "web2.example.org", 9200)])


    def test_what_pages_show_is_not_called_as_what_is_shipped(self):
        """Who tries an example must not replace a rule that he uses."""
        def names(texts):
            bodies = [json.loads(x) for x in texts]
            return {x["check_item"] for body in bodies for x in body.get("check_items", [])} | \
                {x["tree_name"] for body in bodies for x in body.get("trees", [])}
        shipped = names(x.read_text(encoding="utf-8") for x in (docs.parent / "etc").glob("*/*.json"))
        shown = names(blocks("json") + blocks("json", "diagnosis.md"))
        self.assertGreater(len(shipped), 20)
        self.assertGreater(len(shown), 2)
        self.assertEqual(shipped & shown, set())


class deployment(unittest.TestCase):
    """What docs/tasks.md shows as files, taken by the command line."""

    def test_a_task_is_made_of_them(self):
        ((play,), (steps,)) = [blocks(f"yaml {kind}", "tasks.md") for kind in ("playbook", "steps")]
        with node() as it, tempfile.TemporaryDirectory() as folder:
            api = it.admin()
            def aops(*words):
                done = subprocess.run([program("aops"), *words, "--url", it.url, "--access_token", api.token],
                                      cwd=folder, capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                return done.stdout
            for name, text in (("zookeeper", play), ("kafka", play), ("prometheus", play), ("steps", steps)):
                pathlib.Path(folder, f"{name}.yml").write_text(text + "\n", encoding="utf-8")
            for name in ("zookeeper", "kafka", "prometheus"):
                aops("template", "import", f"{name}.yml")
            aops("task", "generate", "all of them", "prometheus", "zookeeper", "kafka", "--steps", "steps.yml")
            (task,) = json.loads(aops("task", "list", "all of them"))["task_infos"]
            self.assertEqual(task["steps"], [{"step": "zookeeper", "enable": True, "continue": False},
                                             {"step": "kafka", "enable": True, "continue": True},
                                             {"step": "prometheus", "enable": False, "continue": False}])


class configuration(unittest.TestCase):
    """What docs/cluster.md writes into aops.toml, step by step, and the sample in etc/."""

    @classmethod
    def setUpClass(cls):
        """The files that the page has made before; check-config opens them."""
        folder = tempfile.TemporaryDirectory(prefix="aops-examples-")
        cls.addClassCleanup(folder.cleanup)
        cls.etc = folder.name
        ca = os.path.join(cls.etc, "cluster")
        for words in (["init"], ["issue", "node1", "--address", "127.0.0.1"]):
            subprocess.run([program("aops"), "cluster", "ca", *words, "--ca_dir", ca], check=True, capture_output=True,
                           timeout=60)
        for name, mode in (("db-ca.pem", 0o644), ("db.password", 0o600)):
            shutil.copy(os.path.join(ca, "ca.pem"), os.path.join(cls.etc, name))
            os.chmod(os.path.join(cls.etc, name), mode)

    def in_force(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(text.replace("/etc/aops", self.etc))
            file.flush()
            done = subprocess.run([program("aops-node"), "--config", file.name, "check-config"], capture_output=True,
                                  timeout=30)
            self.assertEqual(done.returncode, 0, f"{text}\n{done.stderr.decode()}")
            return done.stdout.decode().replace(self.etc, "/etc/aops")

    def test_each_step_is_legal_by_itself(self):
        shown = blocks("toml", "cluster.md")
        self.assertGreater(len(shown), 2)
        for text in shown:
            self.in_force(text)

    def test_the_steps_one_after_the_other_are_a_whole_file(self):
        store, node1, galera = blocks("toml", "cluster.md")
        told = self.in_force(store + "\n\n" + node1)
        for line in (store + "\n" + node1).splitlines():
            if "=" in line:
                self.assertIn(line.strip(), told.splitlines())
        self.assertIn(galera.splitlines()[1], self.in_force(galera).splitlines())

    def test_the_sample_is_legal(self):
        self.in_force((docs.parent / "etc/aops.toml").read_text(encoding="utf-8"))
