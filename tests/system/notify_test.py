"""Alerts from outside: what is wrong now, by REST, figures and command line; receivers hear of it whatever is killed."""
import json
import os
import subprocess
import tempfile
import unittest

from authority import make_authority
from cluster import cluster
from exporter import exporter
from node import node, program
from receiver import configured, receiver
from rest import rule
from waiting import wait_until

SETTINGS = ("check.sample_period=1s", "scrape.timeout=1s")


def aops(it, *words):
    """Runs the command line as the administrator. Returns (exit code, standard output)."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([program("aops"), *words], capture_output=True, text=True, timeout=60, check=False,
                              env=os.environ | {"AOPS_URL": it.url, "AOPS_ACCESS_TOKEN": it.api.token,
                                                "XDG_CONFIG_HOME": folder, "NO_COLOR": "1"})
    return done.returncode, done.stdout + done.stderr


class one_node(unittest.TestCase):
    def start(self, told, *settings, rules=None, **more):
        self.exporter = exporter({"m": 1, "n": 1})
        self.addCleanup(self.exporter.close)
        self.node = node(*SETTINGS, *settings, config=configured(told.url, **more))
        self.addCleanup(self.node.close)
        self.node.api = self.api = self.node.admin()
        self.api.add_group()
        rules = rules or [rule("hot", "m", "$0 > 80", severity="critical", description="Too hot.")]
        self.api.good("/check/rule/import", {"check_items": rules})
        (self.host,) = self.api.add_hosts(("web2", "127.0.0.1", self.exporter.port))
        wait_until(lambda: self.api.host(self.host)["status"] == "online", 30, "the host is online")

    def open(self, **query):
        return self.api.good("/check/status/get", query)["alerts"]

    def counts(self):
        return self.api.good("/check/status/count", {})

    def restart(self):
        token = self.api.token
        self.node.kill()
        self.node.start()
        self.node.api = self.api = self.node.client(token)

    def test_an_alert_is_shown_told_and_resolved(self):
        with receiver() as told:
            self.start(told)
            self.assertEqual(self.open(), [])
            self.assertEqual(aops(self.node, "status", "--exit-code")[0], 0)
            self.exporter.set(m=99, n=1)
            (alert,) = wait_until(self.open, 30, "the alert is open")
            self.assertEqual((alert["host_name"], alert["check_item"], alert["value"], alert["severity"], alert["firing"]),
                             ("web2", "hot", "Abnormal", "critical", True))
            heard = wait_until(lambda: told.told("firing"), 30, "the alert is told")
            ((notice_id, body),) = heard[alert["alert_id"]]
            self.assertEqual((body["host_name"], body["description"], body["public_ip"]), ("web2", "Too hot.", "127.0.0.1"))
            self.assertEqual(told.heard[0][0]["Idempotency-Key"], notice_id)
            code, text = aops(self.node, "status", "-o", "table", "--exit-code")
            self.assertEqual(code, 10, text)
            self.assertRegex(text, r"hosts: 1 online; alerts: 1 critical\n(?s:.*)critical  web2  hot  since \d+s")
            self.assertEqual(json.loads(aops(self.node, "check", "--firing")[1])["alerts"][0]["alert_id"], alert["alert_id"])
            wait_until(lambda: 'aops_alerts{severity="critical"} 1' in self.api.send("GET", "/metrics")[2], 30, "the figure")
            self.assertIn('aops_hosts_by_status{status="online"} 1', self.api.send("GET", "/metrics")[2])
            self.exporter.set(m=1, n=1)
            wait_until(lambda: told.told("resolved"), 30, "the end is told")
            self.assertEqual(list(told.told("resolved")), [alert["alert_id"]])
            self.assertEqual(self.open(), [])
            self.assertEqual(len(told.told("firing")[alert["alert_id"]]), 1, "told twice without need")

    def test_killed_between_the_alert_and_its_notice(self):
        with receiver(status=503) as told:
            self.start(told)
            self.exporter.set(m=99, n=1)
            wait_until(told.all, 30, "an attempt")
            (alert,) = self.open()
            attempted = told.all()[0]["id"]
            self.node.kill()
            told.answer(200)
            self.node.start()
            self.node.api = self.api = self.node.client(self.api.token)
            heard = wait_until(lambda: told.told("firing").get(alert["alert_id"]), 60, "it is told after the crash")
            self.assertEqual(heard[0][0], attempted, "another id for the same notice")
            self.assertEqual(self.open()[0]["alert_id"], alert["alert_id"], "the crash made another alert of it")
            # Killed once more before the end is told.
            told.answer(503)
            count = len(told.refused)
            self.exporter.set(m=1, n=1)
            wait_until(lambda: len(told.refused) > count, 30, "an attempt to tell the end")
            self.node.kill()
            told.answer(200)
            self.node.start()
            wait_until(lambda: told.told("resolved").get(alert["alert_id"]), 60, "the end is told after the crash")

    def test_a_host_that_falls_silent_is_one_line_with_its_reason(self):
        rules = [rule("hot", "m", "$0 > 80"), rule("cold", "n", "$0 < 0"),
                 rule("gone", "m", "$0 < 0", severity="critical", no_data="alert")]
        with receiver() as told:
            self.start(told, rules=rules)
            self.exporter.silent = True
            heard = wait_until(lambda: told.told("firing"), 60, "no_data: alert is told")
            ((_, body),) = [x for all_ in heard.values() for x in all_]
            self.assertEqual((body["check_item"], body["value"]), ("gone", "No data"))
            self.assertTrue(body["reason"])
            silent = wait_until(lambda: [x for x in self.counts()["silent_hosts"] if x["no_data"] == 2], 30, "its rules")
            self.assertTrue(silent[0]["scrape_error"])
            self.assertEqual(self.api.host(self.host)["scrape_error"], silent[0]["scrape_error"])
            self.assertEqual([x["check_item"] for x in self.open(fold=True)], ["gone"])
            code, text = aops(self.node, "status", "-o", "table")
            self.assertEqual(code, 0, text)
            self.assertRegex(text, r"No data   web2  2 rules  \w+ since \w+  " + silent[0]["scrape_error"][:20])
            self.exporter.silent = False
            wait_until(lambda: told.told("resolved"), 60, "the end is told")
            wait_until(lambda: not self.counts()["silent_hosts"], 30, "the host answers again")
            self.assertEqual(set(told.told("firing")), set(heard), "plain No data was told")

    def test_an_alert_takes_the_severity_that_its_rule_is_given_while_it_lasts(self):
        with receiver() as told:  # Of critical ones and warnings.
            self.start(told, rules=[rule("hot", "m", "$0 > 80", severity="info")])
            self.exporter.set(m=99, n=1)
            (alert,) = wait_until(self.open, 30, "the alert is open")
            self.assertEqual(alert["severity"], "info")
            for count, severity in enumerate(("warning", "critical"), 1):
                self.api.good("/check/rule/import", {"check_items": [rule("hot", "m", "$0 > 80", severity=severity)]})
                heard = wait_until(lambda: len(told.told("firing").get(alert["alert_id"], [])) == count and told.told("firing"),
                                   30, "it is told once more")
                self.assertEqual(heard[alert["alert_id"]][-1][1]["severity"], severity)
                self.assertEqual([(x["alert_id"], x["severity"]) for x in self.open()], [(alert["alert_id"], severity)])
                self.assertEqual(self.counts()[severity], 1)
                wait_until(lambda: f'aops_alerts{{severity="{severity}"}} 1' in self.api.send("GET", "/metrics")[2], 30,
                           "the figure")

    def test_deleted_rules_leave_what_is_open_and_that_is_told(self):
        with receiver() as told:
            self.start(told)
            self.exporter.set(m=99, n=1)
            heard = wait_until(lambda: told.told("firing"), 30, "the alert is told")
            self.api.good("/check/rule/delete", {"check_items": ["hot"]}, method="DELETE")
            self.assertEqual(self.open(), [])
            wait_until(lambda: set(told.told("resolved")) == set(heard), 30, "the end is told")

    def test_receivers_are_tried_by_command_with_their_template_and_headers(self):
        with receiver() as told, tempfile.NamedTemporaryFile("w", suffix=".headers") as file:
            file.write("Authorization: Bearer hunter2\n")
            file.flush()
            self.start(told, headers_file=file.name, body='{"text": "{{title}}: {{description}}"}')
            code, text = aops(self.node, "notify", "test", "oncall")
            self.assertEqual(code, 0, text)
            headers, body = told.heard[0]
            self.assertEqual(headers["Authorization"], "Bearer hunter2")
            self.assertIn("sample-rule", body["text"])
            told.answer(403)
            code, text = aops(self.node, "notify", "test", "oncall")
            self.assertEqual(code, 1, text)
            self.assertIn("HTTP 403", text)
            self.assertEqual(aops(self.node, "notify", "test", "nobody")[0], 1)
            code, text = aops(self.node, "notify", "list")
            self.assertEqual(json.loads(text)["receivers"][0]["name"], "oncall")
            self.assertNotIn("hunter2", self.node.log(1000) + text)
            self.assertNotIn(told.url, self.node.log(1000) + text)

    def test_the_certificate_of_an_https_receiver_is_verified(self):
        with tempfile.TemporaryDirectory() as folder:
            authority = make_authority(folder, os.environ["AOPS_BIN"])
            authority.issue("hook", "127.0.0.1")
            with receiver(certificate=(authority.file("hook.pem"), authority.file("hook.key"))) as told:
                config = configured(told.url) + configured(told.url, name="trusted", ca=authority.file("ca.pem"))
                with node(*SETTINGS, config=config) as it:
                    it.api = it.admin()
                    code, text = aops(it, "notify", "test", "oncall")
                    self.assertEqual(code, 1, text)
                    self.assertIn("certificate", text)
                    self.assertEqual(told.all(), [])
                    code, text = aops(it, "notify", "test", "trusted")
                    self.assertEqual(code, 0, text)
                    self.assertEqual(told.all()[0]["receiver"], "trusted")

    def test_what_is_wrong_in_a_receiver_is_found_before_the_start(self):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            for more, reason in ({"headers_file": "/nonexistent"}, "notify[0].headers_file: /nonexistent cannot be read"), \
                    ({"body": "{{#alerts}}"}, "notify oncall: body: "):
                file.seek(0)
                file.truncate()
                file.write(configured("http://127.0.0.1:1/", **more))
                file.flush()
                done = subprocess.run([program("aops-node"), "--config", file.name, "check-config"], capture_output=True,
                                      text=True, timeout=60, check=False)
                self.assertEqual(done.returncode, 2)
                self.assertIn(reason, done.stderr)


class many_nodes(unittest.TestCase):
    def test_the_node_that_takes_a_host_over_tells_what_the_other_could_not(self):
        with receiver(status=503) as told, exporter({"m": 1}, [f"127.33.0.{i + 1}" for i in range(12)]) as hot, \
                cluster(3, settings=SETTINGS, config=configured(told.url)) as it:
            api = it.members[0].client()
            api.add_group()
            api.good("/check/rule/import", {"check_items": [rule("hot", "m", "$0 > 80", severity="critical")]})
            ids = api.add_hosts(*[(f"h{i}", f"127.33.0.{i + 1}", hot.port) for i in range(12)])
            it.wait_settled()
            wait_until(lambda: all(x["status"] == "online" for x in
                                   api.good("/manage/host/get", {"host_group_list": []})["host_infos"]), 60, "all online")
            hot.set(m=99)
            rows = lambda: it.api().good("/check/status/get", {"firing": True})["alerts"]
            wait_until(lambda: len(rows()) == len(ids), 60, "all hosts fire")
            expected = {x["alert_id"] for x in rows()}
            wait_until(told.all, 30, "an attempt")
            # From any node the same, summed over the figures of all.
            for member in it.members:
                self.assertEqual({x["alert_id"] for x in member.client().good("/check/status/get", {})["alerts"]}, expected)
            wait_until(lambda: sum(x.metrics().get('aops_alerts{severity="critical"}', 0) for x in it.members) == len(ids),
                       30, "the figures add up")
            busiest = max(it.members, key=lambda x: x.metrics().get('aops_alerts{severity="critical"}', 0))
            busiest.kill()
            told.answer(200)
            wait_until(lambda: set(told.told("firing")) == expected, 90, "every alert is told")
            hot.set(m=1)
            wait_until(lambda: set(told.told("resolved")) == expected, 90, "every end is told")
            self.assertEqual(set(told.told("firing")), expected, "an alert became another one at the take-over")


if __name__ == "__main__":
    unittest.main()
