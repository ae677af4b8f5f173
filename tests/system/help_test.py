"""Every example that `aops help COMMAND` shows is carried out, as it stands there, against a node of its own.

A scene makes what the examples of a command speak of. A new example without a scene must work on an empty node.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from exporter import exporter
from node import die_with_parent, node, program
from page import DOCS, page
from receiver import configured, receiver
from rest import DEFAULT_PASSWORD, PASSWORD, rule, tree

SECRETS = {"AOPS_NEW_PASSWORD": "yet-another-1", "AOPS_HOST_PASSWORD": "x", "AOPS_HOST_SUDO_PASSWORD": "x",
           "AOPS_VAULT_KEY": "vault-key-1", "AOPS_NEW_VAULT_KEY": "vault-key-2"}
PLAY = "- hosts: all\n  tasks:\n    - name: nothing\n      ping:\n"

# Lines that come before the examples of a command.
WEB1 = "aops host add web1 127.0.0.1:PORT"
# Until something is stored of it.
SAMPLED = "for i in $(seq 150); do aops eval 'node_load1 > 1' web1; case $? in 0|4) break;; esac; sleep 0.2; done"
SCENES = {
    "context": ["rm -f .config/aops/contexts/*"],
    "certificate": [WEB1 + " --username ops"],  # Something that is sealed.
    "user": ["aops account register ann", "aops group add web", "aops group add db"],
    "session": ["aops account register ann", "aops user adopt ann"],
    "group": ["aops group add db"],
    "host": ["aops group add web"],
    "series": [WEB1],
    "checkrule": [WEB1, SAMPLED],
    "eval": [WEB1, SAMPLED],
    "check": [WEB1, "aops checkrule add rules.json"],
    "status": ["aops host add web2 127.0.0.1:PORT"],
    "diag": [WEB1, "aops host add web2 127.0.0.2:PORT", "aops checkrule add rules.json", "aops faultree add tree.yaml"],
    "report": [WEB1, "aops checkrule add rules.json", "aops faultree add tree.yaml"],
    "template": ["mkdir -p zookeeper"],
    "task": [WEB1, "aops template import zookeeper.yml"],
    "package": ["tar czf kafka-3.6.tar.gz rules.json"],
    "remote": [WEB1, "aops host add web2 127.0.0.2:PORT", "touch nginx.conf"],
    "tracing": [WEB1, "aops tracing domain add db", "touch motd"],
    "log": [WEB1],
    "topology": [WEB1],
    "schedule": [WEB1, "aops template import zookeeper.yml", 'aops task generate "one zookeeper" zookeeper --host_list web1'],
    "silence": [WEB1, "aops group add shop"],
    "completion": ["mkdir -p .config/fish/completions"],
}
# How an example may end beside 0, and why.
CODES = {
    r"aops (eval|checkrule test)": {1, 4},  # Nothing is stored yet, or no sample of these.
    r"aops status .*--exit-code": {10},
    r"aops diag .*--exit_code": {10},
    r"aops diag cancel": {1},  # It may be done already.
    r"aops doctor": {1, 10},  # What it finds on this machine is not ours.
    r"aops cluster drain": {1},  # There is no other node to take the slots.
    r"aops task execute": {1},  # Its host is none that one may log in to.
    r"aops run (watch|hosts|log|retry)": {1},  # There is no such run.
    r"aops tracing sync": {1},  # Likewise.
    r"aops remote": {1},  # Its hosts are none that one may log in to.
    r"aops template import zookeeper/": {1},  # The folder holds no template.
    r"aops kafka dlq (show|replay)": {1},  # There is no such message.
    r"aops .*--watch$": {130},
}


def allowed(line):
    return {0}.union(*(codes for pattern, codes in CODES.items() if re.match(pattern, line)))


def examples():
    """{command: [line]} of all help texts."""
    def shown(*words):
        return subprocess.run([program("aops"), *words], capture_output=True, text=True, timeout=60, check=True,
                              env={"LC_ALL": "C"}).stdout
    commands = re.findall(r"^  (\w+) +\S", shown("--help").split("Commands:")[1].split("\n\n")[0], re.MULTILINE)
    found = {}
    for command in commands:
        text = shown("help", command).partition("Examples:\n")[2]
        # What follows shows nothing until something comes: logs_rules_test.py does that.
        found[command] = [x for x in re.findall(r"^  (\S.*)$", text, re.MULTILINE) if not x.endswith("--follow")]
    return found


class stage:
    """A node, a user who is logged in, and his folder with the files that examples name."""

    def __init__(self, test):
        self.test = test
        self.exporter = exporter({"temperature": 90, "node_load1": 1}, addresses=("127.0.0.1", "127.0.0.2"))
        test.addCleanup(self.exporter.close)
        told = receiver()
        test.addCleanup(told.close)
        kept = tempfile.mkdtemp(prefix="aops-kept-")
        test.addCleanup(shutil.rmtree, kept)
        self.node = node("check.sample_period=1s", f"backup.directory={kept}", tls=True,
                         config=configured(told.url, name="oncall"))
        test.addCleanup(self.node.close)
        self.home = os.path.join(self.node.folder, "home")
        os.makedirs(os.path.join(self.home, ".config"))
        self.env = {"PATH": os.path.dirname(program("aops")) + ":" + os.environ["PATH"], "HOME": self.home,
                    "LC_ALL": "C.UTF-8", "TZ": "UTC", "AOPS_PASSWORD": PASSWORD} | SECRETS
        self.write("rules.json", {"check_items": [rule("web_cpu_high", "temperature", "$0 > 50")]})
        self.write("tree.yaml", {"trees": [tree("cpu_fault", "too hot", {"too hot": "web_cpu_high"})]})
        self.write("tests.yaml", {"tree_files": ["tree.yaml"],
                                  "tests": [{"name": "hot", "values": {"web_cpu_high": "abnormal"}, "expect": {"verdict": True}}]})
        self.write("rules_test.yml", {"tests": [{"promql_expr_test": [{"expr": "1", "eval_time": "1m", "exp_samples": [
            {"labels": "{}", "value": 1}]}]}]})
        self.write("zookeeper.yml", PLAY)
        self.write("hosts.csv", f"name,address,port\ndb1,127.0.0.1,{self.exporter.port}\n")
        self.must(f"aops login --url {self.node.url}", AOPS_PASSWORD=DEFAULT_PASSWORD, AOPS_NEW_PASSWORD=PASSWORD)

    def write(self, name, content):
        with open(os.path.join(self.home, name), "w", encoding="utf-8") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))

    def here(self, line):
        """Names and addresses of the example as they are here."""
        line = re.sub(r"https://(node\d|test\d):11111", self.node.url, line)
        line = line.replace("192.0.2.", "127.0.0.").replace("web2.example.org:9200", f"127.0.0.2:{self.exporter.port}")
        line = line.replace("PORT", str(self.exporter.port)).replace("/usr/local", self.home)
        return line.replace("drain 018e4c0a --wait", "drain 018e4c0a --wait --deadline 1")

    def run(self, line, **variables):
        """(exit code, what was shown); what does not end by itself is interrupted once it has shown something."""
        typed = PASSWORD if "--action login" in line else SECRETS["AOPS_VAULT_KEY"] if "--key -" in line else "yet-another-2"
        with tempfile.TemporaryFile() as answers:
            answers.write(typed.encode() + b"\n")
            answers.seek(0)
            done = subprocess.Popen(["bash", "-c", line], cwd=self.home, env=self.env | variables, stdin=answers,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=die_with_parent,
                                    start_new_session=True)
        shown = b""
        if line.endswith("--watch"):
            shown = done.stdout.read1(65536)
            os.killpg(done.pid, signal.SIGINT)
        shown += done.stdout.read()
        done.stdout.close()
        return done.wait(120), shown.decode(errors="replace")

    def must(self, line, **variables):
        code, shown = self.run(line, **variables)
        self.test.assertEqual(code, 0, f"{line}: {shown}")
        return shown

    def ids(self, command):
        """What the ids of the examples are here."""
        if command == "cluster":
            return {"018e4c0a": json.loads(self.must("aops cluster nodes"))["nodes"][0]["node"][:8]}
        if command not in ("diag", "report"):
            return {}
        task = json.loads(self.must("aops diag cpu_fault web1 --last 20s --interval 10 --detach"))["task_id"]
        self.must(f"aops diag follow {task}")
        report = json.loads(self.must(f"aops report list --task_id {task}"))["result"][0]["report_id"]
        return {"018e4c0a7b1f": task, "5f0c2d1e8b7a": report}


class help_examples(unittest.TestCase):
    def test_every_example_can_be_carried_out(self):
        found = examples()
        self.assertGreater(len(found), 25)
        self.assertGreater(sum(map(len, found.values())), 70)
        self.assertEqual([x for x in SCENES if x not in found], [])
        for command, lines in found.items():
            with self.subTest(command):
                self.assertTrue(lines, f"{command} shows no example")
                self.play(command, lines)
                self.doCleanups()

    def play(self, command, lines):
        at = stage(self)
        for line in SCENES.get(command, []):
            at.must(at.here(line))
        ids = at.ids(command)
        for line in lines:
            for shown, real in ids.items():
                line = re.sub(rf"\b{shown}\b", real, line)
            began = time.monotonic()
            code, told = at.run(at.here(line))
            self.assertIn(code, allowed(line), f"{line} (after {time.monotonic() - began:.1f} s): {told}")


class manuals(unittest.TestCase):
    """Commands of pages that no other test follows, in their order."""

    def follow(self, at, name, least, **places):
        lines = re.findall(r"^    (aops .*)$", page(name).text, re.MULTILINE)
        self.assertGreaterEqual(len(lines), least)
        for line in lines:
            line = re.sub(r"\s{2,}# .*", "", line)
            for shown, real in places.items():
                line = line.replace(shown, real)
            code, told = at.run(at.here(line))
            self.assertIn(code, allowed(line), f"{line}: {told}")

    def test_hosts(self):
        self.follow(stage(self), "hosts.md", 10)

    def test_rules_diagnosis_and_notices(self):
        at, etc = stage(self), str(DOCS.parent / "etc")
        for kind, name in (("json", "shop.json"), ("tree_test", "shop_test.yaml")):
            at.write(name, re.findall(rf"^```{kind}\n(.*?)^```$", page("diagnosis.md").text, re.DOTALL | re.MULTILINE)[0])
        at.write("rules.yml", "groups:\n- name: g\n  rules:\n  - alert: loaded\n    expr: node_load1 > 1\n")
        for line in (WEB1, "aops host add web2 127.0.0.2:PORT", "aops group add shop", f"aops checkrule add {etc}/rules/linux.json",
                     f"aops faultree add {etc}/trees/linux.json", "aops silence add known --host_list web1 --lasts 1h",
                     SAMPLED, "aops diag host_slow web1 --last 20s --interval 10"):
            at.must(at.here(line))
        silence = json.loads(at.must("aops silence list"))["silence_infos"][0]["silence_id"]
        report = json.loads(at.must("aops report list -o json"))["result"][0]["report_id"]
        self.follow(at, "rules.md", 6)
        self.follow(at, "diagnosis.md", 6, REPORT_ID=report, **{"etc/trees": etc + "/trees"})
        self.follow(at, "status.md", 1)
        self.follow(at, "notifications.md", 7, **{"silence end ID": "silence end " + silence})
        self.assertTrue(os.path.getsize(os.path.join(at.home, "report.html")))


if __name__ == "__main__":
    unittest.main()
