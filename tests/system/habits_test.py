"""What people expect of a command line, against a real node: terminals, pipes, signals, shells, names."""
import json
import os
import re
import shutil
import signal
import subprocess
import unittest

from node import die_with_parent, program
from rest import PASSWORD, rule, tree
from terminal import terminal
from user import user
from waiting import wait_until


class habits(user):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.aops("group", "add", "web")
        secrets = {"AOPS_HOST_PASSWORD": "x", "AOPS_HOST_SUDO_PASSWORD": "x", "AOPS_VAULT_KEY": "k"}
        for name, address in (("web1", "127.0.0.1"), ("web2", "127.0.0.2")):
            cls.aops("host", "--action", "add", "--host_name", name, "--host_group_name", "web", "--public_ip", address,
                     "--exporter_port", str(cls.exporter.port), "--username", "ops", **secrets)
        cls.aops("checkrule", "add", cls.file("hot.json", json.dumps([rule("hot", "temperature", "$0 > 50")])))
        cls.aops("faultree", "add", cls.file("slow.json", json.dumps({"trees": [tree("slow", "too hot", {"too hot": "hot"})]})))

    def at_terminal(self, *words, width=80):
        it = terminal([program("aops"), *words], self.env | {"NO_COLOR": "1"}, width)
        self.addCleanup(it.close)
        return it

    def json(self, *words, **more):
        """As in a pipe."""
        return json.loads(self.aops(*words, **more).stdout)

    def task_of(self, *words):
        return self.json("diag", *words, "--detach")["task_id"]

    # -- terminals and pipes

    def test_a_terminal_sees_tables_that_fit_and_a_pipe_gets_json(self):
        self.aops("diag", "slow", "web1", "--last", "2s", "--interval", "1")
        for words in (["host", "list"], ["group", "query"], ["checkrule", "list"], ["faultree", "list"], ["check", "--last", "1m"],
                      ["series", "web1"], ["report", "list"], ["diag", "list"]):
            with self.subTest(" ".join(words)):
                self.assertEqual(self.json(*words)["code"], 200)
                for width in (80, 60, 200):
                    code, shown = self.at_terminal(*words, width=width).end()
                    self.assertEqual(code, 0, shown)
                    self.assertNotIn('"code"', shown)
                    self.assertNotIn("...", shown)
                    ids = re.compile(r"^\w+ +[0-9a-f]{32}$")  # In blocks an id stays in one piece.
                    self.assertEqual([x for x in shown.split("\n") if len(x) > width and not ids.match(x)], [])

    def test_times_in_tables_are_local(self):
        wait_until(lambda: "online" in self.aops("host", "list", "-o", "table").stdout, what="the host online")
        shown = self.aops("host", "list", "-o", "wide", TZ="UTC-9").stdout
        self.assertIn("status_since", shown)
        self.assertNotRegex(shown, r"\b1[0-9]{9}\b")
        self.assertRegex(shown, r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")

    # -- names

    def test_unknown_names_fail_and_scripts_may_pass_over_them(self):
        task = self.task_of("slow", "web1", "--last", "1s")
        unknown = "0" * 32
        for words in (["group", "delete", "nope"], ["checkrule", "delete", "nope"], ["checkrule", "get", "hot", "nope"], ["faultree", "delete", "nope"],
                      ["faultree", "get", "nope"], ["report", "delete", unknown], ["report", "get", unknown],
                      ["report", "get", "--host_list", "nope"], ["host", "delete", "nope"], ["series", "nope"],
                      ["diag", "follow", unknown], ["diag", "cancel", unknown], ["template", "delete", "nope"],
                      ["task", "delete", "nope"], ["user", "delete", "nope"], ["token", "delete", "nope"],
                      ["session", "delete", "nope"]):
            with self.subTest(" ".join(words)):
                done = self.aops(*words, code=1)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
                self.assertRegex(done.stderr, rf"^aops: no [\w ]+ is called {words[-1]}")
                if words[0] != "series":
                    self.aops(*words, "--ignore-missing")
        self.assertEqual(self.aops("series", "wbe1", code=1).stderr, "aops: no host is called wbe1; did you mean web1?\n")
        self.assertIn(task, self.aops("diag", "list").stdout)

    def test_a_deleted_name_among_unknown_ones_is_deleted(self):
        self.aops("checkrule", "add", self.file("gone.json", json.dumps([rule("gone", "temperature", "$0 > 1")])))
        done = self.aops("checkrule", "delete", "gone", "nope", code=1)
        self.assertEqual(json.loads(done.stdout)["code"], 200)  # The contract's: unknown ones are ignored.
        self.assertNotIn("gone", self.aops("checkrule", "list").stdout)

    def test_one_illegal_rule_of_two_is_a_failure(self):
        path = self.file("two.yaml", "- {check_item: fine, data_list: [{name: temperature}], condition: $0 > 1}\n"
                                     "- {check_item: bad, data_list: [{name: temperature}], condition: foo($0) > 1}\n")
        done = self.aops("checkrule", "add", path, code=1)
        reply = json.loads(done.stdout)
        self.assertEqual((reply["code"], reply["fail_list"]), (206, ["bad"]))
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("aops: bad: "), done.stderr)

    def test_the_beginning_of_an_id_is_enough(self):
        self.aops("diag", "slow", "web1", "--last", "2s", "--interval", "1")
        whole = self.json("report", "list")["result"][0]["report_id"]
        self.assertEqual(self.json("report", "show", whole[:10])["result"][0]["report_id"], whole)
        host = self.json("host", "list")["host_infos"][0]["host_id"]
        ids = {x["host_id"] for x in self.json("host", "list")["host_infos"]}
        unique = next(host[:n] for n in range(4, 33) if sum(x.startswith(host[:n]) for x in ids) == 1)
        names = lambda word: {x["name"] for x in self.json("series", word)["series"]}
        self.assertEqual(names(unique), names(host))
        common = os.path.commonprefix(sorted(ids))
        if len(common) >= 4:
            self.assertIn(f"{common} may be 2 hosts", self.aops("series", common, code=1).stderr)
        self.aops("report", "delete", whole[:10])
        self.assertNotIn(whole, self.aops("report", "list").stdout)

    def test_what_is_exported_as_yaml_is_taken_again(self):
        path = os.path.join(self.home, "all.yaml")
        for what, noun in (("checkrule", "hot"), ("faultree", "slow")):
            self.aops(what, "show", noun, "--export", path)
            before = self.json(what, "show", noun)
            reply = self.json(what, "add", path)
            self.assertEqual((reply["code"], reply["update_list"]), (200, [noun]))
            self.assertEqual(self.json(what, "show", noun), before)
            printed = self.aops(what, "show", noun, "-o", "yaml").stdout
            self.assertEqual(self.json(what, "add", self.file("printed.yml", printed), code=0)["update_list"], [noun])

    # -- diagnoses

    def test_rows_carry_host_verdict_and_cause_and_the_exit_code_tells_a_fault(self):
        wait_until(lambda: "Abnormal" in self.aops("check", "--check_items", "hot", "--last", "1m").stdout, what="an anomaly")
        done = self.aops("diag", "slow", "web1", "--last", "3s", "--interval", "3", "--exit-code", code=10)
        (row,) = json.loads(done.stdout)["result"]
        self.assertEqual((row["host_name"], row["verdict"], row["root_cause"]), ("web1", "true", "slow"))
        self.aops("checkrule", "add", self.file("cold.json", json.dumps([rule("cold", "temperature", "$0 < 5")])))
        self.aops("faultree", "add", self.file("ice.json", json.dumps({"trees": [tree("ice", "too cold", {"too cold": "cold"})]})))
        self.aops("diag", "ice", "web1", "--last", "3s", "--interval", "3", "--exit-code", code=0)

    def test_ctrl_c_says_that_the_task_goes_on_and_a_bar_that_stands_says_why(self):
        # Long enough to be stopped in the middle.
        it = self.at_terminal("diag", "slow", "web1", "--last", "25h", "--interval", "1", width=100)
        it.read_until(lambda shown: "/90000" in shown)
        self.node.process.send_signal(signal.SIGSTOP)
        try:
            shown = it.read_until(lambda shown: "no answer within 1 s" in shown, 10)
            self.assertIn("/90000", shown)
            it.press(b"\x03")
            code, shown = it.end(20)
        finally:
            self.node.process.send_signal(signal.SIGCONT)
        self.assertEqual(code, 130, shown)
        task = re.search(r"the task goes on as (\w{32}); follow: aops diag follow (\w{32}); end: aops diag cancel (\w{32})",
                         shown.replace("\n", ""))
        self.assertTrue(task, shown)
        self.assertEqual(len(set(task.groups())), 1)
        rows = {x["task_id"]: x["state"] for x in self.json("diag", "list")["task_infos"]}
        self.assertEqual(rows[task[1]], "running")
        self.aops("diag", "cancel", task[1][:20] if sum(x.startswith(task[1][:20]) for x in rows) == 1 else task[1])
        wait_until(lambda: {x["task_id"]: x["state"] for x in self.json("diag", "list")["task_infos"]}[task[1]] == "cancelled",
                   what="the task's end")

    def test_an_interrupt_ends_with_130(self):
        process = subprocess.Popen([program("aops"), "cluster", "nodes", "--watch"], env=self.env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=die_with_parent)
        self.assertTrue(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        it = terminal([program("aops"), "login", "--url", self.node.url], self.env | {"HOME": os.path.join(self.home, "other")})
        self.addCleanup(it.close)
        it.read_until(lambda shown: "Password" in shown)
        it.press(b"\x03")
        self.assertEqual(it.end()[0], 130)

    # -- shells

    def complete(self, *words, shell="bash", **variables):
        """What the shell offers for the last word."""
        if shell == "fish":
            lines = f'{program("aops")} completion fish | source; complete -C $argv[1]'
            done = subprocess.run(["fish", "--no-config", "-c", lines, " ".join(["aops", *words])], env=self.env | variables,
                                  capture_output=True, text=True, timeout=60, cwd=self.home, preexec_fn=die_with_parent)
            self.assertEqual(done.stderr, "")
            return [x.split("\t")[0] for x in done.stdout.splitlines()]
        lines = f'source <({program("aops")} completion {shell})\n' \
                'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _aops; printf "%s\\n" "${COMPREPLY[@]}"'
        command = ["bash", "--norc", "-c", lines, "x"] if shell == "bash" else ["zsh", "-f", "-c", f"emulate ksh\n{lines}", "x"]
        done = subprocess.run([*command, "aops", *words], env=self.env | variables, capture_output=True, text=True, timeout=60,
                              cwd=self.home, preexec_fn=die_with_parent)
        self.assertEqual(done.stderr, "")
        return done.stdout.split("\n")[:-1]

    def test_shells_complete_actions_values_and_names(self):
        trap = "$(touch pwned)`touch pwned`"
        self.aops("checkrule", "add", self.file("trap.json", json.dumps([rule(trap, "temperature", "$0 > 1")])))
        self.addCleanup(lambda: self.aops("checkrule", "delete", trap))
        self.aops("login", "--url", self.node.url, "--context", "other", AOPS_PASSWORD=PASSWORD)
        for shell in ("bash", "zsh", "fish"):
            if not shutil.which(shell):
                continue
            for words, offered in (
                    (["ho"], ["host"]), (["help", "faul"], ["faultree"]), (["host", ""], ["add", "delete", "query"]),
                    (["host", "--action", "de"], ["delete"]), (["host", "delete", "web"], ["web1", "web2"]),
                    (["host", "remove", "web1", "web2"], ["web2"]), (["check", "--host_list", "web1,w"], ["web1,web1", "web1,web2"]),
                    (["diag", "slo"], ["slow"]), (["group", "query", "--sort", "host_c"], ["host_count"]),
                    (["host", "query", "--ssh"], ["--ssh_port"]), (["checkrule", "list", "hot"], ["hot"]),
                    (["context", "use", "ot"], ["other"]), (["host", "list", "--context", ""], ["default", "other"]),
                    (["host", "delete", "--context", "other", "--host_list", "web"], ["web1", "web2"]),
                    (["user", "disable", "ad"], ["admin"]), (["host", "list", "-o", "c"], ["csv"]),
                    (["checkrule", "get", "--check_items", "$(t" if shell != "fish" else ""], [trap])):
                with self.subTest(shell=shell, words=words):
                    # Names are asked for within a second, or not at all: on a busy machine one presses Tab again.
                    wait_until(lambda: set(offered) <= set(self.complete(*words, shell=shell)), what=f"{offered} offered")
        self.assertFalse(os.path.exists(os.path.join(self.home, "pwned")))

    def test_without_a_node_names_are_left_out_silently_and_soon(self):
        away = {"AOPS_URL": "http://127.0.0.1:1", "AOPS_ACCESS_TOKEN": "t"}
        self.assertEqual(self.aops("completion", "--names", "hosts", code=3, **away).stdout, "")
        for shell in ("bash", "zsh", "fish"):
            if shutil.which(shell):
                self.assertEqual([x for x in self.complete("host", "delete", "web", shell=shell, **away) if x], [])


class slow_host(user):
    """Its exporter takes long to answer, and so long nobody knows what it says."""
    SETTINGS = ("check.sample_period=10s", "scrape.timeout=9s")

    def test_a_bar_that_stands_names_the_host_it_waits_for(self):
        self.aops("host", "add", "web1", f"127.0.0.1:{self.exporter.port}")
        self.aops("checkrule", "add", self.file("hot.json", [rule("hot", "temperature", "$0 > 50")]))
        self.aops("faultree", "add", self.file("slow.json", {"trees": [tree("slow", "too hot", {"too hot": "hot"})]}))
        wait_until(lambda: "online" in self.aops("host", "query", "-o", "table").stdout, 30, "the host is online")
        self.exporter.answers.clear()
        self.addCleanup(self.exporter.answers.set)

        def shown():
            return self.aops("diag", "slow", "web1", "--last", "20s", "--interval", "10", "--watch").stderr
        waits = wait_until(lambda: re.search(r"waits for (\w+) \(\d+ s, node (\w{8})", shown()), 120, "it stands still")
        self.assertEqual(waits[1], "web1")


if __name__ == "__main__":
    unittest.main()
