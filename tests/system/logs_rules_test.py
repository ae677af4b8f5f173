"""Rules over lines, lines as they come, and syslog as rsyslog sends it."""
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import unittest

from cluster import cluster
from node import die_with_parent, node, program
from rest import refused, rest, tree
from waiting import wait_until

FAILED = {"check_item": "failed", "data_list": [{"name": "sshd", "type": "log"}], "condition": "keyword('Failed')",
          "description": "", "severity": "critical"}


class sender:
    """Of lines of one host, as fluent-bit sends them."""

    def __init__(self, api, host, name="t"):
        self.url = api.url
        self.token = api.good("/logs/token/create", {"host_id": host, "name": name})["access_token"]

    def __call__(self, text, at=None, to=None, **more):
        line = {"log": text, "date": at or time.time(), "program": "sshd"} | more
        status, _, reply = rest(to or self.url).send("POST", "/logs/ingest", json.dumps(line), {
            "Content-Type": "application/json", "Authorization": "Bearer " + self.token})
        assert status == 200, reply


def open_alerts(api):
    return {x["check_item"]: x for x in api.good("/check/status/get")["alerts"]}


class rules(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = node("check.sample_period=1s")
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.api.add_group()
        (cls.host,) = cls.api.add_hosts(("web1", "127.0.0.1", 1))  # No exporter answers there.
        cls.send = staticmethod(sender(cls.api, cls.host))
        wait_until(lambda: cls.api.host(cls.host)["status"] == "offline", 30, "three rounds of the host")

    def add(self, *rules):
        self.api.good("/check/rule/import", {"check_items": list(rules)})

    def results(self, item):
        return [x for x in self.api.results(self.host, check_items=[item]) if x["check_item"] == item]

    def test_a_line_is_an_alert_soon_and_its_result_shows_it(self):
        self.add(FAILED)
        wait_until(lambda: "aops_log_rule_evaluations_total" in self.metrics(), 20, "a look at lines")
        self.send("Accepted password for alice")
        self.send("Failed password for root from 192.0.2.7")
        alert = wait_until(lambda: open_alerts(self.api).get("failed"), 20, "an alert")
        self.assertEqual((alert["value"], alert["severity"]), ("Abnormal", "critical"))
        self.assertIn("Failed password for root", json.dumps(alert))
        (row,) = self.results("failed")
        self.assertEqual((row["value"], row["reason"]), ("Abnormal", "Failed password for root from 192.0.2.7"))

    def metrics(self):
        return self.api.send("GET", "/metrics")[2]

    def test_rules_judge_the_past_and_diagnoses_show_the_lines(self):
        many = {"check_item": "many", "data_list": [{"name": "app", "type": "log", "match": {"severity": "err"}}],
                "condition": "count(10s, '', '!=') >= 2", "description": ""}
        begin = int(time.time())
        for n in range(3):
            self.send(f"disk {n} is slow", at=begin + n / 10, program="app", severity="err")
        self.send("disk 9 is well", at=begin + 0.9, program="app", severity="info")
        trial = {"rule": many, "host_id": self.host, "time_range": [begin - 1, begin + 2]}
        tried = wait_until(lambda: self.api.post("/check/rule/test", trial).get("check_result"), 20, "a trial")
        self.assertEqual([(x["value"], x["reason"]) for x in tried], [("Abnormal", "disk 1 is slow")])
        self.add(many)
        self.api.good("/diag/tree/import", {"trees": [tree("slow", "many", {"many": "many"})]})
        reply = self.api.good("/diag/execute", {"host_list": [self.host], "tree_list": ["slow"], "interval": 60,
                                                "time_range": [begin - 1, begin + 2]})
        wait_until(lambda: self.api.progress(reply["task_id"]) == 1, 30, "a report")
        (row,) = self.api.reports(reply["task_id"])
        report = self.api.report(row["report_id"])
        self.assertEqual(report["verdict"], "true")
        self.assertIn("disk 1 is slow", json.dumps(report["evidence"]))

    def test_lines_are_data(self):
        begin = int(time.time()) - 20
        self.send("first", at=begin, program="data")
        self.send("second", at=begin + 1, program="data")
        wanted = [{"name": "data", "type": "log", "label": {"cpu": "0"}}]
        ask = {"time_range": [begin, begin + 1], "data_infos": {"127.0.0.1": wanted}}
        reply = self.node.service().good("/data/data/get", ask)["result"]["127.0.0.1"]
        self.assertEqual(reply["fail_list"], [])
        (found,) = reply["succeed_list"]
        self.assertEqual([x[1] for x in found["values"]], ["first", "second"])
        self.assertEqual((found["name"], found["label"]), ("data", {"cpu": "0"}))
        self.assertEqual([x[0] for x in found["values"]], [begin, begin + 1])
        listed = self.node.service().good("/data/data/get", ask | {
            "data_infos": [{"host_id": self.host, "data_list": wanted}]})["result"]
        self.assertEqual(listed[self.host]["succeed_list"], reply["succeed_list"])

    def test_a_stream_tells_lines_as_they_come_and_goes_on(self):
        path = f"/logs/stream?query=program%3Atail&host_list={self.host}"
        self.send("zero", program="tail")
        (zero,) = wait_until(lambda: self.api.good("/logs/search", {"query": "program:tail"})["lines"], 10, "the line")
        events = self.api.stream(path, zero["line_id"])
        self.send("one", program="tail")
        self.send("other", program="cron")
        self.send("two", program="tail")
        seen = []
        for name, number, data in events:
            self.assertEqual((name, number), ("line", data["line_id"]))
            seen.append(data["message"])
            if len(seen) == 2:
                break
        self.assertEqual(seen, ["one", "two"])
        events.close()
        self.send("three", program="tail")
        again = self.api.stream(path, number)
        self.assertEqual(next(again)[2]["message"], "three")
        again.close()
        with self.assertRaises(refused) as wrong:
            next(self.api.stream("/logs/stream?query=%28"))
        self.assertEqual(wrong.exception.status, 400)

    def test_the_command_line_follows(self):
        self.send("already there", program="cli")
        environment = os.environ | {"AOPS_ACCESS_TOKEN": self.api.token, "LC_ALL": "C"}
        it = subprocess.Popen([program("aops"), "log", "search", "program:cli", "--follow", "--url", self.node.url],
                              env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              preexec_fn=die_with_parent)
        try:
            self.assertIn("already there", it.stdout.readline())
            self.send("just came", program="cli")
            self.assertRegex(it.stdout.readline(), r"web1 cli: just came$")
        finally:
            it.send_signal(signal.SIGINT)
            it.communicate(timeout=20)
        self.assertEqual(it.returncode, 130)


class nodes(unittest.TestCase):
    def test_lines_on_another_node_are_judged_by_the_owner_of_the_host(self):
        # By default a line may be late by a period: a machine with much else to do is later than a second.
        with cluster(2, settings=("check.sample_period=1s", "check.delay=30s")) as them:
            first, second = them.members
            api = first.client()
            api.add_group()
            (host,) = api.add_hosts(("web1", "127.0.0.1", 1))
            api.good("/check/rule/import", {"check_items": [FAILED]})
            send = sender(api, host)
            for member in (first, second):  # One of them has the host, the other has not.
                sent = time.time()
                send(f"Failed at {member.id}", at=sent, to=member.client().url)
                wait_until(lambda: any(x["value"] == "Abnormal" and x["end"] >= sent - 0.01 for x in api.results(host)), 30,
                           f"a result of a line at {member.id}")


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


class syslog(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="aops-syslog-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.make_certificates()
        config = f'[logs]\nsyslog_listen = ["127.0.0.1:0", "tls:127.0.0.1:0"]\nsyslog_ca = "{cls.folder}/ca.pem"\nsyslog_idle = "3s"\n'
        cls.node = node(tls=True, config=config)
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.api.add_group()
        (cls.web,) = cls.api.add_hosts(("web1", "127.0.0.1", None))
        (cls.db,) = cls.api.add_hosts(("db1", "127.0.0.2", None))
        cls.token = cls.api.good("/logs/token/create", {"host_id": cls.web, "name": "syslog"})["access_token"]
        ready = wait_until(lambda: re.search(r"syslog-ready.*?127\.0\.0\.1:(\d+) tls:127\.0\.0\.1:(\d+)", cls.node.log(1000)),
                           20, "doors for syslog")
        cls.plain, cls.tls = int(ready[1]), int(ready[2])

    @classmethod
    def make_certificates(cls):
        def openssl(*words):
            subprocess.run(["openssl", *words], cwd=cls.folder, check=True, capture_output=True, timeout=30)
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=db1",
                "-keyout", "db1.key", "-out", "db1.csr")
        openssl("x509", "-req", "-in", "db1.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                "-out", "db1.pem")

    def found(self, query):
        return {(x["host_name"], x["program"], x["message"]) for x in self.api.good("/logs/search", {"query": query})["lines"]}

    def told(self, query, *lines):
        wait_until(lambda: self.found(query) == set(lines), 20, f"{lines}")

    def message(self, text, token=None, program="app"):
        element = f'[aops@32473 token="{token}"]' if token else "-"
        return f"<11>1 2026-03-01T08:15:00Z forged {program} 7 - {element} {text}".encode()

    def test_whose_a_message_is_it_proves(self):
        with socket.create_connection(("127.0.0.1", self.plain), timeout=10) as link:
            counted = self.message("counted", self.token)
            link.sendall(b"%d %s" % (len(counted), counted))
            link.sendall(self.message("by lines", self.token) + b"\n" + self.message("of nobody") + b"\n")
            link.sendall(self.message("of a guess", "x" * 64) + b"\nno syslog\n" + self.message("at last", self.token))
        self.told("program:app facility:user", *(("web1", "app", x) for x in ("counted", "by lines", "at last")))
        self.assertEqual(self.api.send("GET", "/metrics")[2].count("aops_syslog_refused_total{"), 2)
        (line,) = self.api.good("/logs/search", {"query": "counted"})["lines"]
        self.assertEqual((line["severity"], line["fields"]["hostname"], line["pid"]), ("err", "forged", "7"))
        self.assertNotIn(self.token, json.dumps(line))
        self.assertNotIn(self.token, self.node.log(1000))

    def test_who_says_nothing_holds_no_place(self):
        with socket.create_connection(("127.0.0.1", self.plain), timeout=20) as link:
            link.sendall(self.message("without an end", self.token, program="quiet"))
            self.assertEqual(link.recv(1), b"")
        self.told("program:quiet", ("web1", "quiet", "without an end"))

    def test_a_certificate_names_a_host(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.load_cert_chain(f"{self.folder}/db1.pem", f"{self.folder}/db1.key")
        with socket.create_connection(("127.0.0.1", self.tls), timeout=10) as link:
            with context.wrap_socket(link) as safe:
                safe.sendall(self.message("by certificate", program="proof") + b"\n")
                safe.unwrap()
        self.told("program:proof", ("db1", "proof", "by certificate"))

    @unittest.skipUnless(shutil.which("rsyslogd"), "there is no rsyslogd")
    def test_rsyslog_sends_by_tls_with_counted_octets(self):
        config = os.path.join(self.folder, "rsyslog.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f'''
global(workDirectory="{self.folder}" DefaultNetstreamDriverCAFile="{self.node.data}/http.crt")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="{self.folder}/log")
template(name="aops" type="string"
  string="<%PRI%>1 %TIMESTAMP:::date-rfc3339% %HOSTNAME% %APP-NAME% %PROCID% %MSGID% [aops@32473 token=\\"{self.token}\\"] %msg:::sp-if-no-1st-sp%%msg%\\n")
action(type="omfwd" target="127.0.0.1" port="{self.tls}" protocol="tcp" template="aops" TCP_Framing="octet-counted"
  StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="anon" action.resumeRetryCount="-1")
''')
        it = subprocess.Popen([shutil.which("rsyslogd"), "-n", "-f", config, "-i", f"{self.folder}/pid"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=die_with_parent)
        try:
            wait_until(lambda: os.path.exists(f"{self.folder}/log"), 20, "rsyslog's socket")
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
                to.connect(f"{self.folder}/log")
                for n in range(20):
                    to.send(b"<86>Mar  1 08:15:00 sudo[42]: real line %d" % n)
            wait_until(lambda: len(self.found("program:sudo")) == 20, 20, "the lines of rsyslog")
        finally:
            it.terminate()
            it.communicate(timeout=20)
        self.assertEqual({x[0] for x in self.found("program:sudo")}, {"web1"})


if __name__ == "__main__":
    unittest.main()
