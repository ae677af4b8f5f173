"""Rules before they are stored, and as they come in, on a host with a real node_exporter: what they would find, what their
conditions compare, what is odd about them.
"""
import json
import os
import subprocess
import unittest

from exporter import node_exporter
from node import die_with_parent, node, program
from rest import DEFAULT_PASSWORD, PASSWORD, rule
from terminal import terminal
from waiting import wait_until

ROUNDS = 4


class trying_rules(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.exporter = node_exporter()
        cls.addClassCleanup(cls.exporter.close)
        cls.node = node("check.sample_period=1s", tls=True)
        cls.addClassCleanup(cls.node.close)
        cls.env = {"PATH": os.environ["PATH"], "HOME": cls.node.folder, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        cls.aops("login", "--url", cls.node.url, AOPS_PASSWORD=DEFAULT_PASSWORD, AOPS_NEW_PASSWORD=PASSWORD)
        cls.aops("group", "add", "web")
        cls.aops("host", "add", "web1", f"127.0.0.1:{cls.exporter.port}", "--group", "web", "--wait", "60")
        # Nothing is stored before the first round; only then is there something to judge.
        wait_until(lambda: cls.run_aops("eval", "up == 0", "web1").returncode == 0 and
                   json.loads(cls.run_aops("eval", "up == 0", "web1").stdout)["points"] >= ROUNDS, 60, "some rounds")

    @classmethod
    def run_aops(cls, *words, **variables):
        return subprocess.run([program("aops"), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                              env=cls.env | variables, preexec_fn=die_with_parent)

    @classmethod
    def aops(cls, *words, code=0, **variables):
        done = cls.run_aops(*words, **variables)
        if done.returncode != code:
            raise AssertionError(f"aops {' '.join(words)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def file(self, name, text):
        path = os.path.join(self.node.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def rules(self, *rows):
        return self.file("rules.json", json.dumps(list(rows)))

    # -- eval

    def test_a_typed_condition_is_judged_on_what_is_stored(self):
        reply = json.loads(self.aops("eval", "node_load1 >= 0 && node_load1 > 0 * cpu_count - 1", "--host", "web1").stdout)
        self.assertGreaterEqual(reply["points"], ROUNDS)
        (row,) = reply["check_result"]
        self.assertEqual(row["value"], "Abnormal")
        parts = {part["text"]: part for part in reply["parts"]}
        self.assertEqual(parts.keys(), {"node_load1", "0 * cpu_count - 1"})
        self.assertEqual(parts["0 * cpu_count - 1"]["p99"], -1)
        load = parts["node_load1"]
        self.assertGreaterEqual(load["points"], ROUNDS)
        self.assertTrue(load["min"] <= load["p50"] <= load["p95"] <= load["p99"] <= load["max"], load)
        self.assertEqual(reply["rule"]["condition"], "$0 >= 0 && $0 > 0 * cpu_count - 1")

    def test_the_rule_of_a_typed_condition_can_be_imported(self):
        condition = 'node_cpu_seconds_total{mode="idle",cpu=~"0|1"}.rate(5s) < 2'
        made = json.loads(self.aops("eval", condition, "web1").stdout)["rule"]
        done = self.aops("checkrule", "add", self.rules(made | {"check_item": "from_eval"}))
        self.assertEqual(done.stderr, "")

    def test_a_terminal_shows_parts_with_quantiles_and_a_course(self):
        it = terminal([program("aops"), "eval", "node_memory_MemAvailable_bytes / memory_total < 2", "web1"],
                      self.env | {"NO_COLOR": "1"}, 160)
        self.addCleanup(it.close)
        code, shown = it.end()
        self.assertEqual(code, 0, shown)
        for text in ("1 found", "p50", "p99", "over time", "node_memory_MemAvailable_bytes / memory_total"):
            self.assertIn(text, shown)
        self.assertRegex(shown, "[▁▂▃▄▅▆▇█]{3}")

    def test_eval_tells_what_was_not_found_and_what_does_not_read(self):
        done = self.aops("eval", "node_laod1 > 1", "web1", code=4)
        self.assertIn("does not have a series node_laod1; near: node_load1", done.stderr)
        done = self.aops("eval", "node_load1 >", "web1", code=1)
        self.assertIn("condition: line 1, position 13", done.stderr)
        self.aops("eval", "node_load1 >= 0", "web1", "--exit-code", code=10)
        self.aops("eval", "node_load1 < 0", "web1", "--exit-code", code=0)

    # -- checkrule test

    def test_a_rule_is_tried_with_the_values_of_its_parts(self):
        path = self.rules(rule("some", ["node_load1", "node_load5"], "$0 + $1 >= 0 && $0 > -1"))
        reply = json.loads(self.aops("checkrule", "test", path, "web1", "-o", "json").stdout)
        self.assertEqual([part["text"] for part in reply["parts"]], ["$0 + $1", "$0"])
        self.assertGreaterEqual(len(reply["parts"][0]["values"]), ROUNDS)
        self.assertEqual({x["name"]: x["series"] for x in reply["series"]}, {"node_load1": 1, "node_load5": 1})
        shown = self.aops("checkrule", "test", path, "web1", "--exit-code", code=10).stdout
        self.assertIn("1 found", shown)
        self.assertIn("| $0 + $1 |", shown)

    def test_no_data_is_counted_apart_and_has_an_exit_code(self):
        path = self.rules(rule("lost", [("node_cpu_seconds_total", {"mode": "idle"})], "$0 > 0"))
        done = self.aops("checkrule", "test", path, "web1", code=4)
        self.assertIn("without data", done.stdout)
        self.assertRegex(done.stdout, r"node_cpu_seconds_total: \d+ series: \{cpu=")
        self.assertIn("the host does not have node_cpu_seconds_total{mode=idle}; there are {cpu=0,", done.stderr)

    # -- import

    def test_an_import_warns_of_what_no_host_has_in_every_form(self):
        odd = rule("odd", "node_laod1", "$0 > 1")
        forms = {
            "odd.json": json.dumps([odd]),
            "odd.yaml": "check_items:\n- check_item: odd\n  data_list: [{name: node_laod1}]\n  condition: $0 > 1\n",
            "odd.csv": 'check_item,data_list,condition\nodd,"[{""name"":""node_laod1""}]",$0 > 1\n',
        }
        for name, text in forms.items():
            with self.subTest(name):
                done = self.aops("checkrule", "add", self.file(name, text))
                self.assertIn("warning: odd: no host has a series node_laod1; near: node_load1", done.stderr)

    def test_what_exporters_have_but_nobody_keeps_is_no_warning(self):
        # Not in etc/keep_list.txt.
        done = self.aops("checkrule", "add", self.rules(rule("rare", "node_procs_running", "$0 > 100"),
                                                        rule("rarer", "promhttp_metric_handler_requests_in_flight", "$0 > 100"),
                                                        rule("quiet", "no_such_thing", "$0 > 1", no_data="ignore")))
        self.assertEqual(done.stderr, "")

    def test_an_unknown_group_is_refused(self):
        done = self.aops("checkrule", "add", self.rules(rule("a", "node_load1", "$0 > 1", host_group_list=["wbe"])), code=1)
        self.assertIn("a: host_group_list: no group 'wbe', did you mean 'web'?", done.stderr)
        self.aops("checkrule", "add", self.rules(rule("a", "node_load1", "$0 > 1", host_group_list=["web"])))

    def test_what_is_shipped_is_imported_without_a_word(self):
        for kind, verb in (("rules", "checkrule"), ("trees", "faultree")):
            shipped = os.path.join(os.path.dirname(__file__), "..", "..", "etc", kind, "linux.json")
            self.assertEqual(self.aops(verb, "add", shipped).stderr, "")
