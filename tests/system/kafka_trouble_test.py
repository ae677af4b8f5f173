"""Brokers that want to know who comes, that hang, and a store that does: a real broker, and programs of others."""
import json
import os
import re
import sqlite3
import unittest

from brokers import TOP, kafka
from exporter import exporter
from kafka_test import CHECKS, DIAGNOSES, prepare, world
from node import node
from waiting import wait_until

USER, PASSWORD = "aops", "only-in-tests"


def reasons(api):
    """Why the node says that it is degraded; it serves all the same."""
    status, _, text = api.send("GET", "/readyz")
    assert status == 200, text
    return json.loads(text)["reasons"]


def topic_seen(api, topic):
    """What the doctor says of it."""
    (node,) = api.good("/cluster/doctor", method="GET")["nodes"]
    return next((x["state"], x["found"]) for x in node["items"] if x["item"] == "topic " + topic)


def status(api):
    return api.good("/kafka/status", method="GET")


class secured(unittest.TestCase):
    """TLS with certificates made here, passwords, and users with the rights of the page."""

    @classmethod
    def setUpClass(cls):
        cls.kafka = kafka(user=f"{USER}:{PASSWORD}", tls=True, acls=True)
        cls.addClassCleanup(cls.kafka.close)
        cls.page = exporter({"temperature": 90})
        cls.addClassCleanup(cls.page.close)
        for topic in (CHECKS, DIAGNOSES):
            cls.kafka.kcat("-L", "-t", topic)  # Made: nobody else may.
        cls.tls = cls.kafka.folder / "tls"
        cls.kafka.certificates.issue("client", "127.0.0.1")

    def sasl(self, *more):
        return (f"kafka.brokers={self.kafka.sasl_ssl}", "kafka.security=sasl_ssl", f"kafka.user={USER}",
                f"kafka.password={PASSWORD}") + more

    def node(self, *settings):
        """A node without requests of its own to run."""
        it = node("kafka.enabled=true", "check.sample_period=1s", *settings)
        self.addCleanup(it.close)
        it.api = it.admin()
        return it

    def test_who_has_no_certificate_or_trusts_nobody_is_told_why(self):
        ca = f"kafka.ssl_ca={self.tls}/ca.crt"
        for settings, word in ((self.sasl(), "certificate"),  # The system's authorities do not know this one.
                               ((f"kafka.brokers={self.kafka.ssl}", "kafka.security=ssl", ca), "")):
            it = self.node(*settings)
            why = wait_until(lambda: [x for x in reasons(it.api) if x.startswith("kafka: ") and word in x], 60, "it says why")
            self.assertNotIn(PASSWORD, " ".join(why))
            self.assertEqual(status(it.api)["state"], "connecting")
            it.close()

    def test_rights_of_the_page_are_enough_and_without_them_it_is_not_up(self):
        it = self.node(*self.sasl(f"kafka.ssl_ca={self.tls}/ca.crt", "kafka.publish=results,progress,reports"))
        why = wait_until(lambda: [x for x in reasons(it.api) if "uthoriz" in x], 60, "it says that it has no rights")
        self.assertTrue(why)
        self.assertEqual(status(it.api)["state"], "connecting")
        self.kafka.grant(USER, self.rights())
        wait_until(lambda: status(it.api)["state"] == "up" and not reasons(it.api), 90, "it is let in, without a restart")
        it.kafka, it.exporter = self.kafka, self.page
        prepare(it)
        asked = world.diagnosis(it, "by somebody with rights")
        self.kafka.send(DIAGNOSES, asked, b"nonsense")
        wait_until(lambda: asked["task_id"] in world.tasks(it), 60, "the request is taken")
        self.assertEqual(self.kafka.events("DIAGNOSE_REPORT", 1)[0]["task_id"], asked["task_id"])
        self.assertEqual(self.kafka.read(DIAGNOSES + ".DLQ", 1)[0]["value"], "nonsense")
        (dead,) = world.dead(it)
        it.api.good("/kafka/dlq/replay", {"id_list": [dead["id"]]})
        wait_until(lambda: [x for x in world.dead(it) if x["id"] != dead["id"]], 60, "it is sent again, and put aside again")
        wait_until(lambda: not reasons(it.api), 60, "all is well")
        for topic in (CHECKS, DIAGNOSES, "DIAGNOSE_REPORT", DIAGNOSES + ".DLQ"):
            self.assertEqual(topic_seen(it.api, topic), ("OK", "is there"))

    def rights(self):
        """Of the table in docs/kafka.md, as `kafka.grant` wants them."""
        page = (TOP / "docs/kafka.md").read_text(encoding="utf-8")
        table = page.split("## Rights on the brokers")[1]
        names = {"topics of requests": ["topic CHECK_EXECUTE_REQ", "topic DIAGNOSE_EXECUTE_REQ"],
                 "topics of events": ["topic CHECK_RESULT", "topic DIAGNOSE_PROGRESS", "topic DIAGNOSE_REPORT"],
                 "`*.DLQ`": ["topic CHECK_EXECUTE_REQ.DLQ", "topic DIAGNOSE_EXECUTE_REQ.DLQ"],
                 "groups `aops.*`": ["group aops.*"], "transactional id `aops.outbox`": ["transactional_id aops.outbox"]}
        out = []
        for what, rights in re.findall(r"^\| (.+?) \| (.+?) \|$", table, re.MULTILINE):
            for word, places in names.items():
                if word in what:
                    out += [f"{place} {right}" for place in places for right in re.findall("read|write|describe|create", rights)]
        self.assertGreater(len(out), 20, table)
        return out

    def test_a_certificate_is_enough_where_the_broker_takes_it_for_a_name(self):
        it = self.node(f"kafka.brokers={self.kafka.ssl}", "kafka.security=ssl", f"kafka.ssl_ca={self.tls}/ca.crt",
                       f"kafka.ssl_cert={self.tls}/client.crt", f"kafka.ssl_key={self.tls}/client.key", "kafka.group=certified")
        self.kafka.grant("CN=client", [f"topic {CHECKS} read", f"topic {DIAGNOSES} read", "group certified.* read",
                                       "transactional_id certified.outbox write"])
        wait_until(lambda: status(it.api)["state"] == "up", 90, "it is let in")
        before = self.kafka.kcat("-C", "-t", CHECKS, "-e", "-o", "beginning", "-f", "%o ")
        self.assertEqual(topic_seen(it.api, CHECKS), ("WARN", "no right to write"))
        self.kafka.grant("CN=client", [f"topic {CHECKS} write"])
        self.assertEqual(wait_until(lambda: (x := topic_seen(it.api, CHECKS))[0] == "OK" and x, 30), ("OK", "is there"))
        self.assertEqual(self.kafka.kcat("-C", "-t", CHECKS, "-e", "-o", "beginning", "-f", "%o "), before)  # It wrote nothing.


class that_hang(unittest.TestCase):
    def setUp(self):
        self.it = world()
        self.addCleanup(self.it.close)

    def test_a_broker_that_is_stopped_and_goes_on(self):
        it = self.it
        wait_until(lambda: status(it.api)["state"] == "up", 60, "it is up")
        other = node("kafka.group=others", *it.kafka.settings())
        self.addCleanup(other.close)
        other.api = other.admin()
        wait_until(lambda: status(other.api)["state"] == "up", 60, "the other one is up")
        it.kafka.pause()
        self.addCleanup(it.kafka.resume)
        waiting = world.diagnosis(it, "while it hangs")
        it.api.good("/diag/execute", {x: waiting[x] for x in ("host_list", "time_range")} | {"tree_list": ["slow"], "interval": 5})
        wait_until(lambda: {x.split(":")[0] for x in reasons(it.api)} >= {"kafka", "kafka publisher"}, 90, "it says so")
        wait_until(lambda: status(it.api)["waiting"] > 0, 20, "events wait")
        self.assertEqual(other.stop(deadline=40), 0)  # Nobody waits for it for ever.
        it.kafka.resume()
        asked = world.diagnosis(it, "after it hung")
        it.kafka.send(DIAGNOSES, asked)
        wait_until(lambda: not reasons(it.api), 90, "all is well")
        wait_until(lambda: asked["task_id"] in world.tasks(it) and status(it.api)["waiting"] == 0, 60, "both ways are open")
        events = it.kafka.events("DIAGNOSE_REPORT", 2)
        events += it.kafka.events("DIAGNOSE_REPORT")[len(events):]
        self.assertEqual(len({x["event_id"] for x in events}), len(events))
        self.assertEqual({x["task_id"] for x in events}, set(world.tasks(it)))

    def test_a_store_that_hangs_costs_no_membership(self):
        it = self.it
        it.node.stop()
        # As short as brokers allow: a node that forgot to ask for messages would be thrown out.
        it.node.settings += ("kafka.properties=session.timeout.ms=6000,max.poll.interval.ms=6500",)
        it.node.start()
        it.api = it.node.client(it.api.token)
        wait_until(lambda: status(it.api)["state"] == "up", 60, "it is up")
        group = "aops." + DIAGNOSES
        before = it.kafka.members(group)
        self.assertEqual(len(before), 1)
        (file,) = [os.path.join(it.node.data, x) for x in os.listdir(it.node.data) if x.endswith(".db")]
        with sqlite3.connect(file, isolation_level=None, timeout=60) as lock:
            lock.execute("begin immediate")  # Nobody else writes from now on.
            asked = [world.diagnosis(it, "store", i) for i in range(20)]
            it.kafka.send(DIAGNOSES, *asked)
            wait_until(lambda: "store" in status(it.api).get("waits_for", ""), 60, "it says what it waits for")
            seen = []
            wait_until(lambda: seen.append(it.kafka.members(group)) or len(seen) >= 8, 60, "ten seconds and more pass", every=1)
            self.assertEqual([x for x in seen if x != before], [])
            lock.execute("rollback")
        lock.close()
        wait_until(lambda: {x["task_id"] for x in asked} <= set(world.tasks(it)), 60, "all are taken")
        wait_until(lambda: not status(it.api).get("waits_for"), 30, "it waits for nothing")
        self.assertEqual(set(world.tasks(it)), {x["task_id"] for x in asked})
        self.assertEqual(world.dead(it), [])
        self.assertEqual(it.kafka.members(group), before)


if __name__ == "__main__":
    unittest.main()
