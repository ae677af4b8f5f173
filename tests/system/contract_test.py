"""The REST contract from outside: transport, validation, paging, the codes of hosts, groups, rules and trees."""
import json
import unittest

from node import node
from rest import host_row, rule, tree

JSON = {"Content-Type": "application/json"}


class contract(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = node()
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()

    def code(self, path, body=None, method="POST", **more):
        return self.api.call(method, path, body, **more)[1]["code"]


class transport(contract):
    def test_handled_outcomes_come_with_http_200_and_an_integer_code(self):
        for token in (self.api.token, None, "wrong"):
            status, reply = self.api.call("POST", "/manage/host/count", {}, token=token)
            self.assertEqual(status, 200)
            self.assertIs(type(reply["code"]), int)
            self.assertIs(type(reply["msg"]), str)

    def test_malformed_bodies_are_http_400(self):
        headers = JSON | {"Access-Token": self.api.token}
        for body in ("{", "", "[1", '{"a":}', "nonsense", '"\\ud800'):
            status, _, text = self.api.send("POST", "/manage/host/get", body, headers)
            self.assertEqual(status, 400, body)
            self.assertEqual(json.loads(text)["code"], 1000)

    def test_unknown_path_is_404_and_wrong_method_405(self):
        self.assertEqual(self.api.call("POST", "/manage/no/such")[0], 404)
        self.assertEqual(self.api.call("GET", "/manage/host/get")[0], 405)
        self.assertEqual(self.api.call("POST", "/manage/host/delete", {"host_list": ["x"]})[0], 405)

    def test_a_body_that_is_no_object_is_refused(self):
        for body in ([], "text", 1, None):
            status, reply = self.api.call("POST", "/manage/host/get", body if body is not None else [])
            self.assertEqual(reply["code"], 1000, (status, body))

    def test_deep_json_and_large_bodies_do_no_harm(self):
        headers = JSON | {"Access-Token": self.api.token}
        deep = '{"host_group_list":' + "[" * 100_000 + "]" * 100_000 + "}"
        status, _, _ = self.api.send("POST", "/manage/host/get", deep, headers)
        self.assertIn(status, (200, 400))
        self.assertEqual(self.code("/manage/host/count"), 200)

    def test_probes_and_the_openapi_document_are_served(self):
        for path in ("/healthz", "/readyz", "/metrics"):
            self.assertEqual(self.api.send("GET", path)[0], 200, path)
        status, _, text = self.api.send("GET", "/openapi.json")
        self.assertEqual(status, 200)
        paths = json.loads(text)["paths"]
        for path in ("/manage/account/login", "/manage/host/add", "/check/rule/import", "/diag/execute"):
            self.assertIn(path, paths)


class validation(contract):
    def test_unknown_and_null_fields_are_refused(self):
        self.assertEqual(self.code("/manage/host/get", {"host_group_list": [], "colour": 1}), 1000)
        self.assertEqual(self.code("/manage/host/get", {"host_group_list": None}), 1000)
        self.assertEqual(self.code("/manage/host/get", {"host_group_list": [], "sort": None}), 1000)
        self.assertEqual(self.code("/manage/host/get", {}), 1000)

    def test_integers_may_be_text_but_no_fractions(self):
        for page, code in ((1, 200), ("1", 200), (1.5, 1000), ("1.5", 1000), (True, 1000), (0, 1000), (-1, 1000)):
            body = {"host_group_list": [], "page": page, "per_page": 10}
            self.assertEqual(self.code("/manage/host/get", body), code, page)

    def test_truth_values_have_several_spellings(self):
        for value, code in ((True, 200), (0, 200), ("yes", 200), ("OFF", 200), ("maybe", 1000), (2, 1000)):
            body = {"host_group_list": [], "management": value}
            self.assertEqual(self.code("/manage/host/get", body), code, value)

    def test_pages_hold_at_most_fifty_rows(self):
        for size, code in ((50, 200), (51, 1000), (0, 1000)):
            for path, body in (("/manage/host/get", {"host_group_list": []}), ("/check/rule/get", {"check_items": []}),
                               ("/manage/host/group/get", {}), ("/diag/report/get_list", {})):
                self.assertEqual(self.code(path, body | {"page": 1, "per_page": size}), code, (path, size))

    def test_any_page_past_the_end_is_empty_and_knows_the_totals(self):
        self.api.add_group("paged")
        (host,) = self.api.add_hosts(("paged", "10.9.0.1", 9), group="paged")
        self.api.good("/check/rule/import", {"check_items": [rule("paged", "load", "$0 > 1")]})
        document = json.loads(self.api.send("GET", "/openapi.json")[2])
        schemas, lists = document["components"]["schemas"], []
        for path, verbs in document["paths"].items():
            for operation in verbs.values():
                content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
                schema = schemas.get(content.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1], {})
                # What is listed of one run, or template, needs one: tests/io/storage has those.
                of_one = {"execution_id", "template_name"} & set(schema.get("required", []))
                # Pages of configuration tracing are of the changes of each file: tracing_test.
                is_of_files = path.startswith(("/confs/", "/management/"))
                if "per_page" in schema.get("properties", {}) and not of_one and not is_of_files:
                    lists.append((path, schema))
        self.assertGreaterEqual(len(lists), 18, [path for path, _ in lists])
        for path, schema in lists:
            body = {name: host if name == "host_id" else [] for name in schema.get("required", [])}
            total = self.api.good(path, body)["total_count"]
            for page in (10**9, 2**31 - 1, 2**31, 2**63 - 1):
                for size in (1, 50):
                    reply = self.api.good(path, body | {"page": page, "per_page": size})
                    rows = [x for x in reply.values() if isinstance(x, list)]
                    self.assertEqual(rows, [[]], (path, page))
                    if reply["total_count"] != total:  # An alert began, or a run ended, meanwhile.
                        total = self.api.good(path, body)["total_count"]
                    self.assertEqual(reply["total_count"], total, (path, page))
                    self.assertEqual(reply["total_page"], -(-total // size), (path, page))
        reply = self.api.good("/diag/task/get", {"page": 2**63 - 1, "per_page": 2**63 - 1})
        self.assertEqual((reply["task_infos"], reply["total_count"]), ([], 0))
        self.assertEqual(self.code("/manage/host/get", {"host_group_list": [], "page": 2**63, "per_page": 1}), 1000)

    def test_sort_and_direction_take_the_listed_words(self):
        for more, code in (({"sort": ""}, 200), ({"sort": "host_name"}, 200), ({"sort": "public_ip"}, 1000),
                           ({"sort": "host_name", "direction": "desc"}, 200), ({"direction": ""}, 1000)):
            self.assertEqual(self.code("/manage/host/get", {"host_group_list": []} | more), code, more)

    def test_a_range_that_ends_before_it_starts_is_refused(self):
        body = {"check_items": [], "host_list": []}
        self.assertEqual(self.code("/check/result/get", body | {"time_range": [2, 1]}), 1000)
        self.assertEqual(self.code("/check/result/get", body | {"time_range": [1]}), 1000)
        self.assertEqual(self.code("/check/result/get", body | {"time_range": [1, 1]}), 200)
        self.assertEqual(self.code("/check/result/get", {"chcek_items": [], "host_list": [], "time_range": []}), 200)


class hosts(contract):
    """Each case has groups and hosts of its own, as all share one node."""

    def add(self, *rows):
        return self.api.post("/manage/host/add", {"host_list": list(rows), "key": "vault-key"})

    def group(self, name):
        self.api.add_group(name)
        return name

    def test_a_group_name_is_taken_once(self):
        reply = self.api.add_group("once")
        self.assertIs(type(reply["host_group_id"]), str)
        self.assertEqual(self.code("/manage/host/group/add", {"host_group_name": "once", "description": ""}), 1105)
        self.assertEqual(self.code("/manage/host/group/add", {"host_group_name": "  ", "description": ""}), 1000)
        self.assertEqual(self.code("/manage/host/group/add", {"host_group_name": "x" * 51, "description": ""}), 1000)

    def test_groups_with_hosts_are_not_deleted(self):
        self.group("full"), self.group("empty")
        self.add(host_row("in-full", "10.1.0.1", group="full"))
        gone = lambda *names: self.api.delete("/manage/host/group/delete", {"host_group_list": list(names)})
        self.assertEqual(gone("full")["code"], 1106)
        reply = gone("full", "empty")
        self.assertEqual((reply["code"], reply["deleted"]), (206, ["empty"]))
        reply = gone("never-was")
        self.assertEqual((reply["code"], reply["deleted"]), (200, []))
        self.assertEqual(self.code("/manage/host/group/delete", {"host_group_list": []}, "DELETE"), 1000)

    def test_a_group_is_renamed_with_its_hosts(self):
        group = self.api.add_group("old-name")["host_group_id"]
        self.group("taken-name")
        (host,) = self.add(host_row("renamed", "10.1.0.2", group="old-name"))["host_list"]
        change = lambda name, **more: self.code("/manage/host/group/update", {"host_group_name": name} | more)
        self.assertEqual(change("old-name", new_name="new-name"), 200)
        self.assertEqual(self.api.host(host)["host_group_name"], "new-name")
        self.assertEqual(change(group, description="by its id"), 200)
        rows = self.api.good("/manage/host/group/get", {})["host_group_infos"]
        (row,) = [x for x in rows if x["host_group_id"] == group]
        self.assertEqual((row["host_group_name"], row["description"], row["host_count"]), ("new-name", "by its id", 1))
        self.assertEqual(change("old-name", description=""), 1107)
        self.assertEqual(change("new-name", new_name="taken-name"), 1107)
        self.assertEqual(change("new-name"), 1000)
        self.assertEqual(change("new-name", new_name=" "), 1000)

    def test_facts_of_hosts_are_asked_for_by_id(self):
        self.group("facts")
        ids = self.add(host_row("f1", "10.7.0.1", group="facts"), host_row("f2", "10.7.0.2", group="facts"))["host_list"]
        ask = lambda **body: self.api.good("/manage/host/info/query", body)["host_infos"]
        self.assertEqual(ask(host_list=[ids[1], "unknown", ids[0]]),
                         [{"host_id": ids[1], "infos": {}}, {"host_id": ids[0], "infos": {}}])
        self.assertEqual(ask(host_list=ids[:1], basic=True),
                         [{"host_id": ids[0], "host_name": "f1", "host_group_name": "facts", "public_ip": "10.7.0.1",
                           "ssh_port": 22, "management": False, "status": self.api.host(ids[0])["status"]}])
        self.assertEqual(self.code("/manage/host/info/query", {"host_list": []}), 1000)
        self.assertEqual(self.code("/manage/host/info/query", {"host_list": ids, "basic": "perhaps"}), 1000)

    def test_adding_hosts_tells_what_was_added(self):
        self.group("adds")
        reply = self.add(host_row("a1", "10.2.0.1", group="adds"), host_row("a2", "10.2.0.2", group="adds"))
        self.assertEqual((reply["code"], len(reply["host_list"])), (200, 2))
        reply = self.add(host_row("a1", "10.2.0.9", group="adds"), host_row("a3", "10.2.0.3", group="adds"))
        self.assertEqual((reply["code"], len(reply["host_list"])), (206, 1))
        self.assertEqual([x["host_name"] for x in reply["fail_list"]], ["a1"])
        reply = self.add(host_row("a9", "10.2.0.1", group="adds"))
        self.assertEqual((reply["code"], reply["host_list"]), (1105, []))
        reply = self.add(host_row("a9", "10.2.0.8", group="no-such-group"))
        self.assertEqual((reply["code"], reply["host_list"]), (1102, []))

    def test_one_bad_row_adds_nothing_and_no_secret_is_echoed(self):
        self.group("bad")
        row = host_row("b2", "no address", group="bad") | {"password": "very-secret"}
        reply = self.add(host_row("b1", "10.3.0.1", group="bad"), row)
        self.assertEqual(reply["code"], 1000)
        self.assertNotIn("very-secret", json.dumps(reply))
        names = [x["host_name"] for x in self.api.good("/manage/host/get", {"host_group_list": ["bad"]})["host_infos"]]
        self.assertEqual(names, [])

    def test_a_second_vault_key_is_refused(self):
        self.group("keys")
        self.add(host_row("k1", "10.4.0.1", group="keys"))
        body = {"host_list": [host_row("k2", "10.4.0.2", group="keys")], "key": "another-key"}
        self.assertEqual(self.code("/manage/host/add", body), 1203)

    def test_hosts_are_paged_and_sorted(self):
        self.group("many")
        self.add(*[host_row(f"m{i:02}", f"10.5.0.{i + 1}", group="many") for i in range(25)])
        body = {"host_group_list": ["many"], "sort": "host_name", "direction": "desc", "per_page": 10}
        names, totals = [], set()
        for page in (1, 2, 3, 4):
            reply = self.api.good("/manage/host/get", body | {"page": page})
            names += [x["host_name"] for x in reply["host_infos"]]
            totals.add((reply["total_count"], reply["total_page"]))
        self.assertEqual(names, [f"m{i:02}" for i in reversed(range(25))])
        self.assertEqual(totals, {(25, 3)})
        reply = self.api.good("/manage/host/get", {"host_group_list": ["many"]})
        self.assertEqual((len(reply["host_infos"]), reply["total_page"]), (25, 1))
        reply = self.api.good("/manage/host/get", {"host_group_list": ["no-such"]})
        self.assertEqual((reply["total_count"], reply["total_page"]), (0, 0))

    def test_a_host_shows_what_it_was_added_with(self):
        self.group("shown")
        (host_id,) = self.add(host_row("s1", "2001:db8::1", 9300, group="shown"))["host_list"]
        row = self.api.host(host_id)
        self.assertRegex(host_id, "^[0-9a-f]{32}$")
        self.assertEqual((row["host_name"], row["public_ip"], row["ssh_port"], row["exporter_port"]),
                         ("s1", "2001:db8::1", 22, 9300))
        self.assertIn(row["status"], ("unknown", "offline"))
        self.assertNotIn("password", row)

    def test_deleting_hosts_tells_what_was_unknown(self):
        self.group("gone")
        ids = self.add(host_row("d1", "10.6.0.1", group="gone"), host_row("d2", "10.6.0.2", group="gone"))["host_list"]
        gone = lambda *names: self.api.delete("/manage/host/delete", {"host_list": list(names)})
        self.assertEqual(gone(ids[0], "0" * 32)["code"], 206)
        self.assertEqual(gone(ids[1])["code"], 200)
        self.assertEqual(gone(ids[1])["code"], 1103)


class rules_and_trees(contract):
    def import_rules(self, *rows):
        return self.api.post("/check/rule/import", {"check_items": list(rows)})

    def test_rules_are_added_replaced_and_refused_one_by_one(self):
        good, bad = rule("r1", "m", "$0 > 1"), rule("r2", "m", "$0 >")
        self.assertEqual(self.import_rules(good)["succeed_list"], ["r1"])
        reply = self.import_rules(good, bad)
        self.assertEqual((reply["code"], reply["update_list"], reply["fail_list"]), (206, ["r1"], ["r2"]))
        self.assertEqual(self.import_rules(bad)["code"], 1000)
        self.assertEqual(self.import_rules(good, good)["code"], 1000)
        self.assertEqual(self.import_rules(good | {"colour": "red"})["code"], 1000)

    def test_a_replaced_rule_keeps_nothing_of_the_old_one(self):
        self.import_rules(rule("r3", "m", "$0 > 1", severity="critical", description="old"))
        self.import_rules(rule("r3", "m", "$0 > 2"))
        (found,) = self.api.good("/check/rule/get", {"check_items": ["r3"]})["check_items"]
        self.assertEqual((found["condition"], found["description"], found["severity"], found["plugin"]),
                         ("$0 > 2", "", "warning", ""))
        self.assertNotIn("host_group_list", found)

    def test_deleting_rules_ignores_unknown_names(self):
        self.import_rules(rule("r4", "m", "$0"))
        for names in (["r4", "no-such"], ["r4"], []):
            self.assertEqual(self.code("/check/rule/delete", {"check_items": names}, "DELETE"), 200)
        self.assertEqual(self.api.good("/check/rule/get", {"check_items": ["r4"]})["check_items"], [])

    def test_trees_are_added_replaced_and_refused_one_by_one(self):
        load = lambda *rows: self.api.post("/diag/tree/import", {"trees": list(rows)})
        good, bad = tree("t1", "leaf", {"leaf": "r"}), tree("t2", "no such child", {"leaf": "r"})
        self.assertEqual(load(good)["succeed_list"], ["t1"])
        reply = load(good, bad)
        self.assertEqual((reply["code"], reply["update_list"], reply["fail_list"]), (206, ["t1"], ["t2"]))
        self.assertEqual(load({"tree_name": "t3", "tree_content": {}, "description": ""})["code"], 1000)
        self.assertEqual(load()["code"], 1000)
        (found,) = self.api.good("/diag/tree/get", {"tree_list": ["t1"]})["trees"]
        self.assertEqual((found["tree_content"]["node name"], found["tag"]), ("t1", []))
        self.assertEqual(self.code("/diag/tree/delete", {"tree_list": []}, "DELETE"), 200)

    def test_a_tree_that_mixes_operators_is_stored_with_a_warning(self):
        leaves = {"a": "r", "b": "r", "c": "r"}
        reply = self.api.post("/diag/tree/import", {"trees": [tree("mixed", "a || b && c", leaves)]})
        self.assertEqual((reply["code"], reply["succeed_list"]), (200, ["mixed"]))
        self.assertIn("mixed", {x["tree_name"] for x in reply["warnings"]})


class deployment(contract):
    PLAY = [{"hosts": "all", "tasks": [{"name": "there", "ping": {}}]}]

    def template(self, name, content=None, **more):
        return self.code("/manage/template/import", {"template_name": name, "template_content": content or self.PLAY,
                                                     "description": ""} | more)

    def templates(self, *names, **more):
        return self.api.good("/manage/template/get", {"template_list": list(names)} | more)

    def task(self, name, *templates, **more):
        body = {"task_name": name, "description": f"about {name}", "template_name": list(templates)}
        return self.api.post("/manage/task/generate", body | more)

    def tasks(self, *names, **more):
        return self.api.good("/manage/task/get", {"task_list": list(names)} | more)["task_infos"]

    def test_a_template_comes_back_as_it_was_imported(self):
        for name, content in (("list", self.PLAY), ("object", {"a": {"b": [1, None, "text"]}})):
            self.assertEqual(self.template(name, content, description="about it"), 200)
            self.assertEqual(self.templates(name)["template_infos"],
                             [{"template_name": name, "template_content": content, "description": "about it",
                               "version": 1}])
            self.assertEqual(self.template(name, content), 1105)

    def test_what_is_no_playbook_is_refused(self):
        for content in ([], {}, "text", 1, True, None, [1], [{"tasks": []}], [{"hosts": "a", "tasks": "b"}]):
            body = {"template_name": "bad", "template_content": content, "description": ""}
            self.assertEqual(self.code("/manage/template/import", body), 1000, content)
        self.assertEqual(self.templates("bad")["total_count"], 0)
        self.assertEqual(self.template("x" * 65), 1000)
        self.assertEqual(self.template("long", description="x" * 257), 1000)

    def test_templates_are_sorted_paged_and_deleted(self):
        for name in ("t-b", "t-c", "t-a"):
            self.template(name)
        reply = self.templates("t-a", "t-b", "t-c", "t-no", sort="template_name", direction="desc", page=2, per_page=2)
        self.assertEqual([x["template_name"] for x in reply["template_infos"]], ["t-a"])
        self.assertEqual((reply["total_count"], reply["total_page"]), (3, 2))
        gone = lambda *names: self.code("/manage/template/delete", {"template_list": list(names)}, "DELETE")
        self.assertEqual((gone("t-a", "t-no"), gone("t-no"), gone()), (200, 200, 1000))
        self.assertEqual(self.templates("t-a", "t-b")["total_count"], 1)

    def test_a_task_shows_what_it_was_made_of(self):
        self.template("g-a"), self.template("g-b")
        self.api.add_group("deployed")
        (host,) = self.api.add_hosts(("deployed", "10.8.0.1", 9100), group="deployed")
        made = self.task("g", "g-b", "g-a", host_list=[host], host_group_list=["deployed"], vars={"port": 1},
                         steps=[{"step": "g-a", "enable": True}, {"step": "g-b", "continue": "yes"}])
        self.assertEqual(made["code"], 200)
        self.assertRegex(made["task_id"], "^[0-9a-f]{32}$")
        self.assertEqual(self.tasks(made["task_id"]), self.tasks("g"))
        self.assertEqual(self.tasks("g"), [{
            "task_id": made["task_id"], "task_name": "g", "description": "about g", "template_name": ["g-b", "g-a"],
            "host_list": [{"host_name": "deployed", "host_id": host}], "host_group_list": ["deployed"], "vars": {"port": 1},
            "steps": [{"step": "g-a", "enable": True, "continue": False}, {"step": "g-b", "enable": False, "continue": True}]}])

    def test_a_task_of_what_is_not_there_is_refused(self):
        self.template("n-a")
        for more in ({"template_name": ["n-no"]}, {"template_name": []}, {"host_list": ["no"]}, {"host_group_list": ["no"]},
                     {"steps": []}, {"steps": 1}, {"steps": [{"enable": True}]}, {"vars": []}, {"task_name": " "},
                     {"task_name": "x" * 51}, {"host_list": [1]}, {"host_list": None}):
            self.assertEqual(self.task("n", "n-a", **more)["code"], 1000, more)
        self.assertEqual(self.tasks("n"), [])

    def test_tasks_are_deleted_by_id_or_name(self):
        self.template("d-a")
        first, second = self.task("d1", "d-a")["task_id"], self.task("d2", "d-a")["task_id"]
        gone = lambda *names: self.code("/manage/task/delete", {"task_list": list(names)}, "DELETE")
        self.assertEqual(gone(first, "no"), 200)
        self.assertEqual([x["task_id"] for x in self.tasks("d1", "d2")], [second])
        self.assertEqual((gone("d2"), gone("d2"), gone()), (200, 200, 1000))
        self.assertEqual(self.tasks("d1", "d2"), [])

    def test_the_default_task_is_there_from_the_beginning(self):
        (task,) = self.tasks("95c3e692ff3811ebbcd3a89d3a259eef")
        self.assertEqual((task["task_name"], task["template_name"], len(task["steps"])), ("Default deployment", [], 14))
        self.assertEqual([x["step"] for x in task["steps"] if x["enable"]], ["zookeeper"])

    def test_with_the_vault_key_it_is_said_that_nothing_runs_yet(self):
        self.template("v-a")
        self.api.add_group("unlocked")
        (host,) = self.api.add_hosts(("unlocked", "10.8.0.2", 9100), group="unlocked")
        by_host, by_group, bare = [self.task("v", "v-a", **more)["task_id"] for more in
                                   ({"host_list": [host]}, {"host_group_list": ["unlocked"]}, {})]
        api = self.node.client()
        api.login()
        def ask(path, body):
            reply = api.post(path, body)
            return reply["code"], reply.get("detail", "")
        start = lambda *tasks: ask("/manage/task/execute", {"task_list": list(tasks)})
        self.assertEqual(start(by_host)[0], 1203)
        api.good("/manage/account/certificate", {"key": "vault-key"})
        self.assertEqual(start(by_host, "no"), (1000, "task_list[1]: no such task"))
        self.assertEqual(start(by_host, bare), (1000, "task_list[1]: has no hosts"))
        self.assertEqual(start(by_host, by_group)[0], 200)
        self.assertEqual(ask("/manage/host/info/refresh", {"host_list": [host, "no"]}), (1000, "host_list[1]: no such host"))
        self.assertEqual(ask("/manage/host/info/refresh", {})[0], 1301)  # None can be logged in to.
        collect = lambda *ids: ask("/manage/config/collect",
                                   {"infos": [{"host_id": x, "config_list": ["/etc/hosts"]} for x in ids]})
        self.assertEqual(collect(host, "no"), (1000, "infos[1].host_id: no such host"))
        self.assertEqual(collect(host)[0], 500)
        self.assertEqual(self.code("/manage/task/execute", {"task_list": [by_host]}), 1203)  # Another session.
        self.code("/manage/host/delete", {"host_list": [host]}, "DELETE")
        self.assertEqual(start(by_host), (1000, "task_list[0]: has no hosts"))

    def test_what_logs_in_to_hosts_needs_the_vault_key(self):
        self.assertEqual(self.code("/manage/task/execute", {"task_list": ["no"]}), 1203)
        self.assertEqual(self.code("/manage/task/execute", {"task_list": []}), 1000)
        self.assertEqual(self.code("/manage/host/info/refresh", {}), 1203)
        collect = lambda path, **more: self.code("/manage/config/collect",
                                                 {"infos": [{"host_id": "no", "config_list": [path]}]} | more)
        self.assertEqual(collect("/etc/hosts"), 1203)
        self.assertEqual(collect("/etc/hosts", username="admin"), 1203)
        self.assertEqual(collect("/etc/hosts", username="eve"), 1207)
        for path in ("etc/hosts", "/etc/../hosts", "/etc/", "", "/a/./b"):
            self.assertEqual(collect(path), 1000, path)
