"""The command line, as users type it, against a real node over HTTPS."""
import json
import os
import stat
import subprocess
import unittest

from node import node, program
from rest import PASSWORD, rule, tree
from user import user
from waiting import wait_until


class cli(user):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.aops("group", "--action", "add", "--host_group_name", "web")
        cls.aops("host", "--action", "add", "--host_name", "h1", "--host_group_name", "web", "--public_ip", "127.0.0.1",
                 "--exporter_port", str(cls.exporter.port), "--username", "ops", "--password", "-", "--sudo_password", "-",
                 "--key", "-", stdin="ssh-secret\nroot-secret\nvault-secret\n")

    def out(self, *words, **more):
        return self.aops(*words, **more).stdout

    def add_rule(self, name="hot", condition="$0 > 50"):
        path = self.file(f"{name}.json", {"check_items": [rule(name, "temperature", condition)]})
        return self.json("checkrule", "--action", "add", "--conf", path)

    def test_the_session_file_is_for_its_owner_only(self):
        path = os.path.join(self.home, ".config/aops/context.json")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        with open(path) as file:
            self.assertNotIn(PASSWORD, file.read())

    def test_log_in_with_a_wrong_password_ends_with_1(self):
        done = self.aops("login", "--url", self.node.url, AOPS_PASSWORD="wrong-password", code=1,
                         HOME=os.path.join(self.home, "other"))
        self.assertIn("1200", done.stderr)

    def test_exit_codes_tell_usage_and_reachability(self):
        self.aops("no-such-command", code=2)
        self.aops("host", "--action", "fly", code=2)
        self.aops("host", "--action", "query", "--url", "http://127.0.0.1:1", "--access_token", "x", code=3)
        self.aops("host", "--action", "query", "--access_token", "no-such-token", code=1)
        self.aops("--help")
        self.assertRegex(self.out("--version"), r"\d+\.\d+")

    def test_groups_are_added_listed_and_deleted(self):
        self.out("group", "--action", "add", "--host_group_name", "db", "--description", "databases")
        rows = {x["host_group_name"]: x for x in self.json("group", "--action", "query")["host_group_infos"]}
        self.assertEqual((rows["db"]["description"], rows["db"]["host_count"], rows["web"]["host_count"]),
                         ("databases", 0, 1))
        self.assertIn("databases", self.out("group", "--action", "query", "-o", "table"))
        self.aops("group", "--action", "delete", "--host_group_list", "web", code=1)
        self.assertEqual(self.json("group", "--action", "delete", "--host_group_list", "db")["deleted"], ["db"])

    def test_hosts_are_listed_by_default_as_json_line_and_table(self):
        lines = self.out("host", "--action", "query").splitlines()
        self.assertEqual(json.loads(lines[0])["total_count"], 1)
        self.assertTrue(any("h1" in line and "127.0.0.1" in line for line in lines[1:]))
        self.assertNotIn("secret", self.out("host", "--action", "query", "-o", "json"))

    def test_an_export_of_rules_can_be_added_again(self):
        self.add_rule("exported")
        path = os.path.join(self.home, "export.json")
        self.out("checkrule", "--action", "get", "--check_items", "exported", "--export", path)
        self.out("checkrule", "--action", "delete", "--check_items", "exported")
        reply = self.json("checkrule", "--action", "add", "--conf", path)
        self.assertIn("exported", reply["succeed_list"] + reply["update_list"])

    def test_lists_of_rules_and_hosts_as_csv_can_be_added_again(self):
        self.out("group", "add", "semi;colon")
        rules = [{**rule("csv; one", "temperature", "$0 >\n 50"), "for": "5m", "recover": "$0 < 40", "no_data": "alert",
                  "host_group_list": ["default", "semi;colon"]}, rule("csv two", "temperature", "$0 > 1")]
        self.out("checkrule", "add", self.file("rules.json", {"check_items": rules}))
        self.addCleanup(lambda: self.out("checkrule", "delete", "csv; one", "csv two"))
        self.out("host", "add", "csv1", "2001:db8::17", "--port", "9200", "--group", "semi;colon", "--ssh_port", "2222", "--wait", "0")
        self.addCleanup(lambda: self.out("host", "delete", "csv1"))

        def shown(*words):
            """Without what the node says of them."""
            known = self.json(*words)
            return sorted(({k: v for k, v in x.items() if k not in ("host_id", "status_since", "status", "scrape_error")}
                           for x in known.get("check_items", known.get("host_infos"))), key=str)

        for words, gone, back in ((("checkrule", "get", "csv; one", "csv two"), "delete", "add"),
                                  (("host", "query", "csv1"), "delete", "import")):
            before = shown(*words)
            path = self.file(f"{words[0]}.csv", self.out(*words, "-o", "csv"))
            self.out(words[0], gone, *words[2:])
            self.out(words[0], back, path)
            self.assertEqual(shown(*words), before)

    def test_an_illegal_rule_ends_with_1_and_says_where(self):
        path = self.file("bad.json", {"check_items": [rule("bad", "temperature", "$0 > ")]})
        done = self.aops("checkrule", "--action", "add", "--conf", path, code=1)
        self.assertIn("bad", done.stderr)

    def test_a_rule_is_tried_on_stored_samples_without_storing_it(self):
        wait_until(lambda: '"online"' in self.out("host", "--action", "query", "-o", "json"), what="the host online")
        self.add_rule("kept", "$0 > 1000")  # Makes the series one that is kept.
        wait_until(lambda: "temperature" in self.out("series", "--host", "h1", "-o", "table"), what="the series")
        path = self.file("tried.json", {"check_items": [rule("tried", "temperature", "$0 > 50")]})
        wait_until(lambda: "Abnormal" in self.out("checkrule", "test", "--conf", path, "--host", "h1", "--last", "1m", code=None),
                   what="the rule's verdict")
        names = [x["check_item"] for x in self.json("checkrule", "--action", "get")["check_items"]]
        self.assertNotIn("tried", names)

    def test_from_a_rule_to_a_report(self):
        self.add_rule()
        content = tree("slow", "too hot", {"too hot": "hot"})
        self.out("faultree", "--action", "add", "--conf", self.file("tree.json", {"trees": [content]}))
        self.assertIn("too hot", self.out("faultree", "--action", "get", "--tree_list", "slow", "-o", "wide"))
        wait_until(lambda: "Abnormal" in self.out("check", "--check_items", "hot", "--last", "5m", "-o", "table"),
                   what="an anomaly")
        counted = self.json("stat", "--action", "count", "--field", "check_result")["results"]
        self.assertEqual(len(counted), 1)
        self.assertEqual(self.json("stat", "--action", "count", "--field", "host")["host_count"], 1)

        done = self.aops("diag", "--tree_list", "slow", "--host_list", "h1", "--last", "20s", "--interval", "5",
                         "--watch", "-o", "table")
        self.assertIn("4/4", done.stderr)
        self.assertIn("slow", done.stdout)
        rows = self.json("report", "--action", "get", "--tree_list", "slow", "--last", "5m", "--sort", "start")["result"]
        self.assertEqual(len(rows), 4)
        newest = rows[-1]["report_id"]
        text = self.out("report", "--action", "get", "--report_list", newest, "-o", "table")
        for part in ("fault found", "too hot", "root cause", "$0 > 50"):
            self.assertIn(part, text)
        self.assertNotIn("\x1b[", text)
        for form, sign in (("html", "<html"), ("dot", "digraph")):
            picture = self.out("report", "--action", "get", "--report_list", newest, "--export", form)
            self.assertIn(sign, picture.lower())
        self.out("report", "--action", "delete", "--report_list", newest)
        self.assertEqual(len(self.json("report", "--action", "get", "--tree_list", "slow")["result"]), 3)

    def test_the_range_of_a_diagnosis_must_be_in_order(self):
        self.aops("diag", "--tree_list", "slow", "--host_list", "h1", "--start", "20240301-11:00:00", "--end",
                  "20240301-10:00:00", code=1)

    def test_log_out_forgets_the_session(self):
        other = {"HOME": os.path.join(self.home, "second")}
        self.aops("login", "--url", self.node.url, AOPS_PASSWORD=PASSWORD, **other)
        self.aops("stat", "--action", "count", "--field", "host", **other)
        self.aops("logout", **other)
        self.aops("stat", "--action", "count", "--field", "host", code=2, **other)


class node_command_line(unittest.TestCase):
    def refuse(self, *words):
        done = subprocess.run([program("aops-node"), *words], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def test_a_bad_option_ends_with_2_and_is_named(self):
        self.assertIn("no_such.key", self.refuse("--set", "no_such.key=1"))
        self.assertIn("sample_period", self.refuse("--set", "check.sample_period=never"))
        self.assertIn("--join", self.refuse("--join", "127.0.0.1:1"))

    def test_a_second_node_on_a_data_folder_ends_with_2(self):
        with node() as n:
            self.assertIn("data", self.refuse("--data-dir", n.data, "--http", "127.0.0.1:0"))
            self.assertEqual(n.client().send("GET", "/readyz")[0], 200)
