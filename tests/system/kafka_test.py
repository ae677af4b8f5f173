"""Checks and diagnoses asked for by Kafka, and what is published there: a real broker, and programs of others.

With `AOPS_LONG=1` the node is killed 20 times under 1000 messages, brokers of three are killed, and nodes join and leave.
"""
import collections
import hashlib
import json
import os
import re
import subprocess
import tempfile
import time
import unittest

from brokers import TOP, VERSION, kafka
from cluster import cluster
from exporter import exporter, free_port
from node import node, program
from rest import rule, tree
from waiting import wait_until

LONG = bool(os.environ.get("AOPS_LONG"))
CHECKS, DIAGNOSES = "CHECK_EXECUTE_REQ", "DIAGNOSE_EXECUTE_REQ"
OTHER_CHECKS = "DO_CHECK_TOPIC"  # The name of the original.
LEAVES = {"cpu": "hot"}


def aops(it, *words):
    """Runs the command line as the administrator. Returns (exit code, what it prints)."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([program("aops"), *words], capture_output=True, text=True, timeout=60, check=False,
                              env=os.environ | {"AOPS_URL": it.url, "AOPS_ACCESS_TOKEN": it.api.token,
                                                "XDG_CONFIG_HOME": folder, "NO_COLOR": "1"})
    return done.returncode, done.stdout + done.stderr


def task(*words):
    """A task id that no other message has."""
    return hashlib.sha256(":".join(map(str, words)).encode()).hexdigest()[:32]


class world:
    """A broker, a node, a hot host."""

    def __init__(self, *settings, brokers=1):
        self.kafka = kafka(brokers)
        self.exporter = exporter({"temperature": 90})
        self.node = node("check.sample_period=1s", *self.kafka.settings(*settings))
        self.node.api = self.api = self.node.admin()
        prepare(self)

    def close(self):
        for it in (self.node, self.exporter, self.kafka):
            it.close()

    def diagnosis(self, *words, **more):
        now = int(time.time())
        return {"username": "admin", "host_list": [self.host], "time_range": [now - 5, now], "fault_tree": ["slow"],
                "task_id": task(*words)} | more

    def tasks(self):
        return {x["task_id"]: x for x in self.api.good("/diag/task/get", {})["task_infos"]}

    def dead(self, **query):
        return self.api.good("/kafka/dlq/get", query)["messages"]


def prepare(it):
    it.api.add_group()
    it.api.good("/check/rule/import", {"check_items": [rule("hot", "temperature", "$0 > 50")]})
    it.api.good("/diag/tree/import", {"trees": [tree("slow", "cpu", LEAVES)]})
    (it.host,) = it.api.add_hosts(("h1", "127.0.0.1", it.exporter.port))
    wait_until(lambda: it.api.results(it.host), 60, "an anomaly")


class one_broker(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.it = world("kafka.max_message=100KiB", f"kafka.check_topics={CHECKS},{OTHER_CHECKS}")
        cls.addClassCleanup(cls.it.close)

    def test_the_port_passes_its_contract_with_a_real_broker(self):
        done = subprocess.run([program("test_io_mq")], capture_output=True, text=True, timeout=240, check=False,
                              env=os.environ | {"AOPS_KAFKA_BROKERS": self.it.kafka.bootstrap})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_diagnosis_in_either_form_and_its_events(self):
        it, now = self.it, int(time.time())
        short = it.diagnosis("short")
        full = {"username": "admin", "host_id": it.host, "time_range": [now - 5, now], "tree_name": "another",
                "tree_content": tree("another", "cpu", LEAVES)["tree_content"], "task_id": task("of many messages")}
        it.kafka.send(DIAGNOSES, short, full)
        own = hashlib.sha256("\n".join([full["task_id"], it.host, "another", str((now - 5) * 1000), str(now * 1000)])
                             .encode()).hexdigest()[:32]
        wait_until(lambda: {short["task_id"], own} <= set(it.tasks()), 60, "both are tasks")
        reports = wait_until(lambda: len(new := [x for x in it.kafka.events("DIAGNOSE_REPORT")
                                                 if x["task_id"] in (short["task_id"], own)]) >= 2 and new,
                             60, "both reports are published")
        self.assertEqual({x["tree_name"] for x in reports}, {"slow", "another"})
        for x in reports:
            self.assertEqual((x["host_id"], x["owner"], x["verdict"]), (it.host, "admin", "true"))
            (stored,) = it.api.good("/diag/report/get", {"report_list": [x["report_id"]]})["result"]
            self.assertEqual((x["content_hash"], x["root_causes"]), (stored["content_hash"], stored["root_causes"]))
        progress = wait_until(lambda: [x for x in it.kafka.read("DIAGNOSE_PROGRESS") if x["key"] == own and
                                       json.loads(x["value"])["state"] == "done"], 60, "the end is published")
        self.assertEqual(len(progress), 1)
        self.assertEqual(progress[0]["headers"]["event-id"], json.loads(progress[0]["value"])["event_id"])

    def test_a_check_in_either_form(self):
        it, now = self.it, int(time.time())
        it.kafka.send(CHECKS, {"host_list": [it.host], "time_range": [now - 5, now]},
                      {"task_id": -1, "user": "admin", "host_list": [{"host_id": it.host, "public_ip": "127.0.0.1"}],
                       "check_items": [], "time_range": [now - 5, now]})
        ended = wait_until(lambda: len({x["task_id"] for x in it.kafka.events("DIAGNOSE_PROGRESS")
                                        if x["kind"] == "check" and x["state"] == "done"}) >= 2, 60, "both checks end")
        self.assertTrue(ended)
        results = it.kafka.read("CHECK_RESULT")
        self.assertIn((it.host, "Abnormal"), {(x["key"], json.loads(x["value"])["value"]) for x in results})

    def test_the_names_of_the_original_stand_beside_ours(self):
        it, now = self.it, int(time.time())
        asked = {"host_list": [it.host], "time_range": [now - 5, now], "task_id": task("original")}
        it.kafka.send(OTHER_CHECKS, asked, b"nonsense")
        wait_until(lambda: (x := self.topic(OTHER_CHECKS))["accepted"] == 1 and x["rejected"] == 1, 60, "both are read")
        wait_until(lambda: [x for x in it.kafka.events("DIAGNOSE_PROGRESS")
                            if x["task_id"] == asked["task_id"] and x["state"] == "done"], 60, "the check ends")
        (letter,) = it.kafka.read(OTHER_CHECKS + ".DLQ", 1)
        self.assertEqual((letter["value"], letter["headers"]["aops-topic"]), ("nonsense", OTHER_CHECKS))

    def test_the_same_message_again_changes_nothing(self):
        it = self.it
        again = it.diagnosis("again")
        it.kafka.send(DIAGNOSES, again, again)
        wait_until(lambda: again["task_id"] in it.tasks(), 60, "it is a task")
        it.kafka.send(DIAGNOSES, again)
        wait_until(lambda: self.topic(DIAGNOSES)["repeated"] >= 2, 60, "the others are seen")
        reports = wait_until(lambda: [x for x in it.kafka.events("DIAGNOSE_REPORT") if x["task_id"] == again["task_id"]], 60)
        self.assertEqual(len(reports), 1)

    def topic(self, name):
        return next(x for x in self.it.api.good("/kafka/status", method="GET")["topics"] if x["topic"] == name)

    def test_what_cannot_be_used_is_put_aside_with_its_reason(self):
        it, now = self.it, int(time.time())
        poison = {
            "not_json": b"{", "wrong_fields": {"username": "admin"}, "unknown_user": it.diagnosis("p1", username="nobody"),
            "unknown_host": it.diagnosis("p2", host_list=["none"]), "unknown_tree": it.diagnosis("p3", fault_tree=["none"]),
            "not_valid": it.diagnosis("p4", time_range=[now, now]), "too_large": b"x" * 200_000,
        }
        before = {x["id"] for x in it.dead()}
        it.kafka.send(DIAGNOSES, *poison.values())
        it.kafka.kcat("-P", "-t", DIAGNOSES, "-Z", "-K", ":", stdin=b"tombstone:\n")
        it.kafka.kcat("-P", "-t", DIAGNOSES, "-K", ":", stdin=b"\xff\xfe:" + json.dumps(it.diagnosis("p5")).encode() + b"\n")
        wanted = set(poison) | {"no_value", "binary_key"}
        found = wait_until(lambda: (new := [x for x in it.dead() if x["id"] not in before]) and
                           {x["reason"] for x in new} >= wanted and new, 60, "all are put aside")
        self.assertEqual(len(found), len(wanted))
        places = {(x["partition"], x["offset"]) for x in found}

        def letters():
            """Other cases have put some aside, too."""
            all_of_them = [(x, x["headers"]) for x in it.kafka.read(DIAGNOSES + ".DLQ")]
            ours = {h["aops-reason"]: x for x, h in all_of_them if (int(h["aops-partition"]), int(h["aops-offset"])) in places}
            return set(ours) == wanted and ours

        by_reason = wait_until(letters, 60, "all are published")
        for x in found:
            letter = by_reason[x["reason"]]["headers"]
            self.assertEqual((letter["aops-topic"], int(letter["aops-partition"]), int(letter["aops-offset"])),
                             (DIAGNOSES, x["partition"], x["offset"]))
            self.assertLess(abs(int(letter["aops-time"]) / 1000 - now), 120)
        self.assertEqual(by_reason["not_json"]["value"], "{")
        self.assertIsNone(by_reason["no_value"]["value"])
        counted = f'aops_kafka_messages_total{{outcome="rejected",topic="{DIAGNOSES}"}}'

        def counts_agree():
            """The status is told by time, the metric at once."""
            rejected = self.topic(DIAGNOSES)["rejected"]
            return rejected >= len(wanted) and f"{counted} {rejected}" in it.api.send("GET", "/metrics")[2].splitlines()

        wait_until(counts_agree, 30, "status and metric count what was put aside")

    def test_dead_letters_by_the_command_line(self):
        it = self.it
        late = tree("late", "cpu", LEAVES)
        asked = it.diagnosis("late", fault_tree=["late"])
        it.kafka.send(DIAGNOSES, asked, b"nonsense")
        wait_until(lambda: {x["reason"] for x in it.dead()} >= {"unknown_tree", "not_json"}, 60, "both are put aside")
        code, text = aops(it.node, "kafka", "dlq", "list", "--topic", DIAGNOSES, "-o", "json")
        self.assertEqual(code, 0, text)
        rows = {x["reason"]: x["id"] for x in json.loads(text)["messages"] if x["reason"] in ("unknown_tree", "not_json")}
        code, text = aops(it.node, "kafka", "dlq", "show", rows["unknown_tree"])
        self.assertEqual(json.loads(json.loads(text)["value"]), asked, text)
        it.api.good("/diag/tree/import", {"trees": [late]})
        code, text = aops(it.node, "kafka", "dlq", "replay", rows["unknown_tree"])
        self.assertEqual(code, 0, text)
        wait_until(lambda: asked["task_id"] in it.tasks(), 60, "the message is used")
        code, text = aops(it.node, "kafka", "dlq", "drop", rows["not_json"])
        self.assertEqual(code, 0, text)
        left = {x["id"] for x in it.dead()}
        self.assertFalse(left & set(rows.values()))

    def test_rights_are_those_of_rest(self):
        it = self.it
        for words in ({"username": "ann", "password": "a long password"},):
            it.api.good("/manage/account/register", words)
        it.kafka.send(DIAGNOSES, it.diagnosis("of ann", username="ann"))
        wait_until(lambda: any(x["reason"] == "unknown_host" for x in it.dead()), 60, "ann sees no host")
        self.assertNotIn(task("of ann"), it.tasks())
        it.api.good("/manage/account/user/adopt", {"username": "ann"})
        it.kafka.send(CHECKS, {"user": "ann", "host_list": [it.host], "time_range": [1, 2]})
        wait_until(lambda: any(x["reason"] == "no_rights" for x in it.dead()), 60, "ann may not have hosts checked")

    def test_the_examples_of_the_page(self):
        it, now = self.it, int(time.time())
        page = (TOP / "docs/kafka.md").read_text(encoding="utf-8")
        requests = [json.loads(x.replace("HOST_ID", it.host).replace("host_slow", "slow"))
                    for x in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]
        self.assertEqual(len(requests), 4)
        for i, x in enumerate(requests):
            length = x["time_range"][1] - x["time_range"][0]
            x["time_range"] = [now - length, now]
            is_check = "fault_tree" not in x and "tree_name" not in x
            if not is_check:
                x["task_id"] = task("example", i)
            before, dead = self.topic(CHECKS if is_check else DIAGNOSES), it.dead()
            it.kafka.send(before["topic"], x)
            wait_until(lambda: self.topic(before["topic"])["accepted"] > before["accepted"], 60, f"{x} is accepted")
            self.assertEqual(it.dead(), dead)

    def test_the_documents(self):
        document = json.loads(self.it.api.send("GET", "/asyncapi.json")[2])
        self.assertEqual(document["asyncapi"], "3.0.0")
        self.assertEqual({x["address"] for x in document["channels"].values()},
                         {"CHECK_RESULT", "DIAGNOSE_PROGRESS", "DIAGNOSE_REPORT"} |
                         {x + end for x in (CHECKS, OTHER_CHECKS, DIAGNOSES) for end in ("", ".DLQ")})
        fields = set(document["components"]["schemas"]["report_event"]["properties"])
        for event in self.it.kafka.events("DIAGNOSE_REPORT"):
            self.assertEqual(set(event), fields)
        items = {x["item"]: x for x in self.it.api.good("/cluster/doctor", method="GET")["nodes"][0]["items"]}
        self.assertEqual((items["kafka"]["state"], items["kafka"]["found"]), ("OK", "1 brokers"))
        self.assertEqual(items["topic " + DIAGNOSES]["state"], "OK")


class brokers_that_come_and_go(unittest.TestCase):
    def degraded(self, it):
        """What the node says of itself; it serves all the same."""
        status, _, text = it.api.send("GET", "/readyz")
        self.assertEqual(status, 200, text)
        return json.loads(text)["reasons"]

    def test_a_broker_that_is_away_at_first_and_later(self):
        with kafka(start=False) as brokers, exporter({"temperature": 90}) as page, \
                node("check.sample_period=1s", *brokers.settings()) as it:
            it.kafka, it.exporter, it.api = brokers, page, it.admin()
            prepare(it)
            wait_until(lambda: any(x.startswith("kafka: ") for x in self.degraded(it)), 60, "it says that it is degraded")
            for _ in range(2):
                brokers.start()
                wait_until(lambda: not self.degraded(it), 90, "all is well")
                asked = world.diagnosis(it, "after", brokers.processes[1].pid)
                brokers.send(DIAGNOSES, asked)
                wait_until(lambda: asked["task_id"] in world.tasks(it), 90, "messages are taken")
                brokers.read("DIAGNOSE_REPORT", 1, timeout=90)
                brokers.kill()
                wait_until(lambda: self.degraded(it), 90, "it says that it is degraded again")
                it.api.good("/manage/host/count", {})
            self.assertEqual(it.stop(), 0)

    def test_sasl(self):
        with kafka(user="aops:only-in-tests") as brokers:
            for mechanism in ("SCRAM-SHA-512", "PLAIN"):
                settings = ("kafka.enabled=true", f"kafka.brokers={brokers.sasl}", "kafka.security=sasl_plaintext",
                            f"kafka.sasl_mechanism={mechanism}", "kafka.user=aops")
                with node(*settings, "kafka.password=only-in-tests") as it:
                    it.api = it.admin()
                    if mechanism == "PLAIN" or not VERSION.startswith("4."):
                        wait_until(lambda: it.api.good("/kafka/status", method="GET")["state"] == "up", 60, "it is let in")
                    else:  # Debian's librdkafka and newer brokers do not understand one another.
                        wait_until(lambda: [x for x in self.degraded(it) if "librdkafka (before 2.6.1)" in x], 60, "it tells why")
            with node(*settings, "kafka.password=wrong") as it:
                it.api = it.admin()
                why = wait_until(lambda: [x for x in self.degraded(it) if "uthenticat" in x], 60, "it tells why it is not let in")
                self.assertNotIn("wrong", " ".join(why))

    def test_a_queue_within_the_process_needs_no_broker(self):
        with exporter({"temperature": 90}) as page, \
                node("check.sample_period=1s", "kafka.enabled=true", "kafka.queue=memory", "kafka.publish=progress,reports") as it:
            it.exporter, it.api = page, it.admin()
            prepare(it)
            now = int(time.time())
            it.api.good("/diag/execute", {"host_list": [it.host], "time_range": [now - 5, now], "tree_list": ["slow"], "interval": 5})
            wait_until(lambda: (x := it.api.good("/kafka/status", method="GET"))["published"] >= 2 and x["waiting"] == 0 and
                       x["state"] == "up", 60, "events are published")
            self.assertFalse(self.degraded(it))
            self.assertEqual(it.stop(), 0)

    def test_wrong_settings_end_the_start(self):
        for setting in ("kafka.properties=no.such.property=1", "kafka.publish=everything", "kafka.brokers=nowhere"):
            it = node("kafka.enabled=true", f"kafka.brokers=127.0.0.1:{free_port()}", setting, start=False)
            self.addCleanup(it.close)
            done = subprocess.run(it.command(), capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(setting.split("=")[0], done.stderr)


class killed(unittest.TestCase):
    """kill -9 while messages come: each leads to exactly one task, each report is published once, each poisoned one is there."""

    def judge(self, it, sent, poisoned, deadline=240):
        wait_until(lambda: len(it.tasks()) >= len(sent), deadline, f"all {len(sent)} are tasks")
        wait_until(lambda: all(x["state"] == "done" for x in it.tasks().values()), deadline, "all have ended")
        self.assertEqual(set(it.tasks()), sent)
        wait_until(lambda: it.api.good("/kafka/status", method="GET")["waiting"] == 0, deadline, "all is published")
        it.kafka.events("DIAGNOSE_REPORT", len(sent), timeout=deadline)
        reports, progress = (it.kafka.events(x, idle=20) for x in ("DIAGNOSE_REPORT", "DIAGNOSE_PROGRESS"))
        self.assertEqual(sorted(x["task_id"] for x in reports), sorted(sent))
        for events in (reports, progress):
            ids = collections.Counter(x["event_id"] for x in events)
            self.assertEqual([x for x, n in ids.items() if n > 1], [], "an event came twice")
        of_tasks = collections.defaultdict(list)
        for x in progress:
            of_tasks[x["task_id"]].append((x["progress"], x["state"]))
        self.assertEqual(set(of_tasks), sent)
        for steps in of_tasks.values():  # In order of the key.
            self.assertEqual([x for x, _ in steps], sorted(x for x, _ in steps))
            self.assertEqual([state for _, state in steps].index("done"), len(steps) - 1)
        letters = it.kafka.read(DIAGNOSES + ".DLQ", idle=20) if poisoned else []
        self.assertEqual(sorted(x["value"] for x in letters), sorted(poisoned))

    def test_the_node(self):
        messages, kills = (1000, 20) if LONG else (200, 3)
        it = world()
        self.addCleanup(it.close)
        sent, poisoned = set(), []
        each = messages // kills
        for i in range(kills):
            batch = []
            for j in range(each):
                if j % 10 == 9:
                    poisoned.append(f"poison {i} {j}")
                    batch.append(poisoned[-1].encode())
                else:
                    batch.append(it.diagnosis(i, j))
                    sent.add(batch[-1]["task_id"])
            it.kafka.send(DIAGNOSES, *batch)
            # Somewhere between reading, storing, committing, running and publishing.
            before = len(it.tasks())
            wait_until(lambda: len(it.tasks()) > before or i % 3 == 2, 120, "some have come")
            token = it.api.token
            it.node.kill()
            it.node.start()
            it.node.api = it.api = it.node.client(token)
        self.judge(it, sent, poisoned)

    @unittest.skipUnless(LONG, "takes minutes: AOPS_LONG=1")
    def test_brokers_of_three(self):
        it = world(brokers=3)
        self.addCleanup(it.close)
        sent = set()
        for i in range(9):
            batch = [it.diagnosis("three", i, j) for j in range(50)]
            sent |= {x["task_id"] for x in batch}
            it.kafka.send(DIAGNOSES, *batch)
            number = i % 3 + 1
            it.kafka.kill(number)  # Leaders of partitions, and the group's coordinator, in turn.
            wait_until(lambda: len(it.tasks()) >= len(sent) - 25, 120, "most have come")
            it.kafka.start(number)
        self.judge(it, sent, [])

    @unittest.skipUnless(LONG, "takes minutes: AOPS_LONG=1")
    def test_nodes_that_join_and_leave(self):
        with kafka() as brokers, exporter({"temperature": 90}) as page, \
                cluster(3, settings=("check.sample_period=1s",) + brokers.settings()) as nodes:
            class it:
                kafka, exporter, api = brokers, page, nodes.api()
                diagnosis, tasks = world.diagnosis, world.tasks
            it = it()
            prepare(it)
            sent = set()
            for i in range(12):
                batch = [it.diagnosis("storm", i, j) for j in range(50)]
                sent |= {x["task_id"] for x in batch}
                brokers.send(DIAGNOSES, *batch)
                victim = nodes.members[i % len(nodes.members)]
                victim.kill()
                victim.start()
                it.api = nodes.api()
            self.judge(it, sent, [])


if __name__ == "__main__":
    unittest.main()
