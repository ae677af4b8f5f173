"""Three nodes on one store are one system: any of them answers anything; strangers are kept out."""
import json
import os
import random
import socket
import ssl
import subprocess
import tempfile
import time
import unittest
from unittest import mock

from authority import make_authority
from cluster import SLOTS, cluster
from exporter import exporter
from node import node, program
from rest import rule, tree
from waiting import wait_until

SETTINGS = ("check.sample_period=1s", "scrape.timeout=1s")
HOSTS = 30


def new_authority(folder):
    return make_authority(folder, os.environ["AOPS_BIN"])


class three_nodes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cluster(3, settings=SETTINGS)
        cls.addClassCleanup(cls.cluster.close)
        cls.hosts = cls.cluster.add_fleet(HOSTS)
        api = cls.cluster.members[1].client()
        api.good("/check/rule/import", {"check_items": [rule("full", "node_memory_MemTotal_bytes", "$0 > 0")]})
        api.good("/diag/tree/import", {"trees": [tree("t", "a", {"a": "full"})]})
        cls.cluster.wait_settled()

    def each(self):
        return [x.client() for x in self.cluster.members]

    def test_all_nodes_see_the_same_nodes_and_slots(self):
        for api in self.each():
            _, nodes = api.call("GET", "/cluster/nodes")
            self.assertEqual({x["node"] for x in nodes["nodes"]}, {x.id for x in self.cluster.members})
            self.assertEqual({x["state"] for x in nodes["nodes"]}, {"alive"})
            self.assertEqual(len([x for x in nodes["nodes"] if x["is_leader"]]), 1)
            self.assertEqual({x["address"] for x in nodes["nodes"]}, {x.address for x in self.cluster.members})
            self.assertGreater(nodes["leader_epoch"], 0)
            _, slots = api.call("GET", "/cluster/slots")
            self.assertEqual([x["slot"] for x in slots["slots"]], list(range(SLOTS)))
        views = [sorted((x["slot"], x["node"], x["epoch"]) for x in api.call("GET", "/cluster/slots")[1]["slots"])
                 for api in self.each()]
        self.assertEqual(views[0], views[1])
        self.assertEqual(views[0], views[2])

    def test_a_vault_key_that_one_node_was_given_is_asked_of_it(self):
        first, second = self.each()[:2]
        refresh = lambda api: api.post("/manage/host/info/refresh", {"host_list": [self.hosts[0]]})["code"]
        self.assertEqual(refresh(second), 1203)
        first.good("/manage/account/certificate", {"key": "vault-key"})
        self.assertEqual(refresh(first), 1301)  # Nobody can be logged in to there, but the key is there.
        self.assertEqual(refresh(second), 1301)

    def test_the_doctor_of_any_node_looks_at_all(self):
        for api in self.each():
            _, told = api.call("GET", "/cluster/doctor")
            self.assertEqual(told["code"], 200)
            self.assertEqual({x["node"] for x in told["nodes"]}, {x.id for x in self.cluster.members})
            for each in told["nodes"]:
                found = {x["item"]: x for x in each["items"]}
                self.assertIn("mariadb", found["store"]["found"])
                self.assertEqual(found["rights in the store"]["state"], "OK", found)
                self.assertEqual(found["clock of the store"]["state"], "OK", found)

    def test_nodes_tell_what_they_own(self):
        def told():
            rows = self.cluster.nodes().values()
            return sum(x["slots"] for x in rows) == SLOTS and sum(x["hosts"] for x in rows) == HOSTS
        wait_until(told, 20, "slots and hosts add up")
        for row in self.cluster.nodes().values():
            self.assertLess(row["lease_age"], 5)

    def test_metrics_tell_who_leads_what_is_owned_and_what_waits(self):
        def told():
            rows = [x.metrics() for x in self.cluster.members]
            total = lambda name: sum(row.get(name, float("nan")) for row in rows)
            return (total("aops_cluster_slots") == SLOTS and total("aops_cluster_is_leader") == 1
                    and total("aops_links_up") == 6 and all(0 <= row["aops_cluster_lease_age_seconds"] < 5 for row in rows)
                    and total("aops_cluster_mailboxes") >= 0)
        wait_until(told, 20, "the figures of the cluster add up")

    def test_the_tree_shows_all_nodes(self):
        reply = self.cluster.ask("/cluster/tree")
        self.assertEqual({x["node"] for x in reply["nodes"]}, {x.id for x in self.cluster.members})
        for x in reply["nodes"]:
            self.assertEqual(x.get("error") or "", "")
            self.assertIn("cluster/membership", json.dumps(x["tree"]))

    def test_a_session_counts_on_all_nodes_and_ends_on_all_within_a_second(self):
        one, two, three = (x.client(None) for x in self.cluster.members)
        token = one.login()["access_token"]
        for api in (two, three):
            self.assertEqual(api.call("POST", "/manage/host/count", {}, token=token)[1]["code"], 200)
        self.assertEqual(two.call("POST", "/manage/account/logout", {}, token=token)[1]["code"], 200)
        began = time.monotonic()
        for api in (one, three):
            wait_until(lambda: api.call("POST", "/manage/host/count", {}, token=token)[1]["code"] != 200, 3,
                       "the session ends")
        self.assertLess(time.monotonic() - began, 2)

    def test_any_node_answers_for_the_hosts_of_all(self):
        owners = {x["slot"]: x["node"] for x in self.cluster.slots()}
        placed = {owners[int(slot)] for (slot,) in self.cluster.store.rows("select slot from host")}
        self.assertEqual(len(placed), 3, "hosts live on all nodes")
        for api in self.each():
            for host in self.hosts:
                wait_until(lambda: api.post("/check/series/get", {"host_id": host}).get("series"), 20, "series of a host")

    def test_a_rule_imported_anywhere_is_judged_everywhere(self):
        self.cluster.members[2].client().good("/check/rule/import", {
            "check_items": [rule("new", "node_memory_MemTotal_bytes", "$0 > 1")]})
        began = time.monotonic()
        body = {"time_range": [], "check_items": ["new"], "host_list": [], "page": 1, "per_page": 50}

        def judged():
            rows = self.cluster.members[0].client().good("/check/result/get", body)["check_result"]
            return {x["host_id"] for x in rows} == set(self.hosts)
        wait_until(judged, 20, "all hosts are judged by the new rule")
        print(f"{time.monotonic() - began:.1f} s to all nodes ", end="")

    def test_what_rules_cost_is_summed_over_all_nodes_and_told_by_each(self):
        def told():
            return [api.good("/check/rule/cost/get", {}) for api in self.each()]

        def counted(reply):
            return sum(x["evaluations"] for x in reply["rule_costs"])
        first = told()
        for reply in first:
            self.assertEqual(reply["missing_nodes"], [])
        # More hosts than one node has: each answer counts the rounds of all.
        wait_until(lambda: all(counted(b) - counted(a) >= 2 * len(self.hosts) for a, b in zip(first, told())), 20,
                   "every node counts the rounds of all hosts")
        for reply in told():
            self.assertAlmostEqual(sum(x["share"] for x in reply["rule_costs"]), 1, places=3)
            seconds = [x["seconds"] for x in reply["rule_costs"]]
            self.assertEqual(seconds, sorted(seconds, reverse=True))

    def test_a_job_can_be_started_watched_and_read_on_different_nodes(self):
        now = int(time.time())
        for start, watch, read in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
            apis = self.each()
            job = apis[start].good("/diag/execute", {"host_list": self.hosts, "tree_list": ["t"], "interval": 2,
                                                     "time_range": [now - 20, now - 1]})
            numbers = [x[1] for x in apis[watch].events(job["task_id"]) if x[0] == "report"]
            self.assertEqual(numbers, list(range(1, job["expected_report_num"] + 1)))
            rows = apis[read].reports(job["task_id"])
            self.assertEqual(len({x["report_id"] for x in rows}), job["expected_report_num"])

    def test_a_job_can_be_cancelled_on_any_node(self):
        now = int(time.time())
        for api in self.each():
            # 60,000 reports: it is still at work when it is cancelled.
            job = api.good("/diag/execute", {"host_list": self.hosts, "tree_list": ["t"], "interval": 1,
                                             "time_range": [now - 2000, now]})
            other = self.cluster.members[0].client()
            self.assertEqual(other.good("/diag/task/cancel", {"task_list": [job["task_id"]]})["cancelled"],
                             [job["task_id"]])
            state = other.good("/diag/task/get", {"task_list": [job["task_id"]]})["task_infos"][0]["state"]
            self.assertEqual(state, "cancelled")
            stored = other.progress(job["task_id"])
            self.assertLess(stored, job["expected_report_num"])
            events = list(self.cluster.members[2].client().events(job["task_id"]))
            self.assertEqual(events[-1][0], "done")

    def test_a_host_added_anywhere_is_sampled_and_a_deleted_one_is_not(self):
        with exporter({"m": 1}) as pages:
            (host,) = self.cluster.members[0].client().add_hosts(("extra", "127.0.0.1", pages.port))
            wait_until(lambda: pages.pages_served >= 3, 20, "the host is sampled")
            self.assertEqual(self.cluster.members[1].client().delete("/manage/host/delete", {"host_list": [host]})["code"],
                             200)

            def quiet():
                before, until = pages.pages_served, time.monotonic() + 2.5
                while time.monotonic() < until and pages.pages_served == before:
                    time.sleep(0.1)
                return pages.pages_served == before
            wait_until(quiet, 20, "nobody asks for its page any more")

    def test_the_command_line_shows_nodes_slots_and_tree(self):
        folder = os.path.join(self.cluster.folder, "cli")
        os.makedirs(folder, exist_ok=True)
        env = dict(os.environ, XDG_CONFIG_HOME=folder, AOPS_PASSWORD="a-better-password", NO_COLOR="1")

        def aops(*words):
            done = subprocess.run([program("aops"), *words], env=env, stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, timeout=30)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout
        aops("login", "--url", self.cluster.members[0].url, "--username", "admin", "--trust")
        shown = aops("cluster", "nodes", "-o", "table")
        for x in self.cluster.members:
            self.assertIn(x.address, shown)
        self.assertEqual(len(json.loads(aops("cluster", "nodes"))["nodes"]), 3)
        self.assertEqual(len(json.loads(aops("cluster", "slots", "-o", "json"))["slots"]), SLOTS)
        self.assertIn("cluster/membership", aops("cluster", "tree"))


class strangers(unittest.TestCase):
    """Links under mutual TLS: what does not belong here does no harm."""

    @classmethod
    def setUpClass(cls):
        with mock.patch("cluster.authority", new_authority):
            cls.cluster = cluster(2, settings=SETTINGS, secure=True)
        cls.addClassCleanup(cls.cluster.close)

    def setUp(self):
        """Others that were here are gone and the two share the slots: from now on nothing moves by itself."""
        ids = {x.id for x in self.cluster.members}

        def is_quiet():
            slots, states = self.cluster.slots(), {x: row["state"] for x, row in self.cluster.nodes().items()}
            owned = {x: len([row for row in slots if row["node"] == x]) for x in ids}
            return (not any(row.get("target") for row in slots) and set(owned.values()) == {SLOTS // 2}
                    and all(state == ("alive" if x in ids else "gone") for x, state in states.items()))
        wait_until(is_quiet, 60, "two nodes share the slots")

    def state(self):
        return (sorted((x["slot"], x["node"], x["epoch"]) for x in self.cluster.slots()),
                {(x["node"], x["incarnation"], x["state"]) for x in self.cluster.nodes().values()})

    def door(self):
        host, port = self.cluster.members[0].address.rsplit(":", 1)
        return socket.create_connection((host, int(port)), 10)

    def hello(self):
        """The first words of a TLS client."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        try:
            context.wrap_bio(incoming, outgoing).do_handshake()
        except ssl.SSLWantReadError:
            return outgoing.read()

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.cluster.members[0].process.pid}/fd"))

    def wait_answered(self):
        """Who connected before has been looked at when this one is answered."""
        with self.door() as link:
            link.settimeout(60)
            link.sendall(self.hello())
            self.assertTrue(link.recv(1))

    def test_a_thousand_random_connections_do_no_harm(self):
        chance, hello, before = random.Random(7), self.hello(), self.state()
        it = self.cluster.members[0]
        memory, open_files = it.rss_mb(), self.descriptors()
        held = []
        for k in range(1000):
            size = (chance.randrange(1, len(hello)), len(hello), chance.randrange(len(hello) + 1, 20_000))[k % 3]
            text = chance.randbytes(size) if k % 2 else (hello + chance.randbytes(max(0, size - len(hello))))[:size]
            link = self.door()
            link.settimeout(2)
            try:
                link.sendall(text)
                if k % 5 == 0:
                    link.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # It may be refused in the middle.
            held.append(link)
            if len(held) > 20:
                held.pop(chance.randrange(len(held))).close()
        for link in held:
            link.close()
        self.wait_answered()
        self.assertTrue(it.is_running(), it.log())
        wait_until(lambda: self.descriptors() <= open_files + 5, 60, "the connections are closed")
        self.assertEqual(self.state(), before)
        self.assertLess(it.rss_mb() - memory, 50)

    def test_a_client_without_a_certificate_is_not_spoken_to(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        heard = b""
        with self.door() as link:
            link.settimeout(10)
            try:
                with context.wrap_socket(link) as inside:
                    inside.sendall(b"x" * 100)
                    while piece := inside.recv(4096):
                        heard += piece
            except (ssl.SSLError, ConnectionError):
                return  # Refused: as it should be.
        self.fail(f"it was not refused, and heard {heard[:80]!r}")

    def test_a_node_of_another_authority_is_refused(self):
        it, own = self.cluster.prepare(), self.cluster.certificates
        self.cluster.certificates = new_authority(os.path.join(self.cluster.folder, "other-ca"))
        it.launch()
        self.cluster.certificates = own
        try:
            # Whether it gives up or goes on trying: all say why.
            for x in self.cluster.members:
                wait_until(lambda: "peer-refused" in x.log(200), 30, f"a line in the log of {x.name}")
                line = next(x for x in x.log(200).splitlines() if "peer-refused" in x)
                self.assertIn("certificate", line)
                self.assertIn("127.0.0.1", line)
            # It knows the store's password, so that it is a member; nobody could reach what lived there.
            known = {x.id for x in self.cluster.members if x is not it}
            for x in self.cluster.members:
                if x is it:
                    continue
                shown = lambda: [row for row in x.client().call("GET", "/cluster/nodes")[1]["nodes"]
                                 if row["node"] not in known and row["state"] != "gone"]
                (row,) = wait_until(shown, 20, f"{x.name} knows that it is a member")
                self.assertEqual((row["state"], row["slots"]), ("suspect", 0))
            self.assertEqual({row["node"] for row in self.cluster.slots(besides=(it,))}, known)
        finally:
            it.close()
            self.cluster.members.remove(it)

    def test_a_revoked_node_is_cut_off(self):
        it = self.cluster.add()
        try:
            one = self.cluster.members[0]
            wait_until(lambda: f"link-up Node {it.id}" in one.log(400), 20, "the link is up")
            self.cluster.certificates.revoke(it.name)
            wait_until(lambda: "certificate revoked" in one.log(400), 20, "it is told that the certificate is revoked")
            wait_until(lambda: one.client().call("GET", "/cluster/tree")[1]["nodes"] and any(
                x["node"] == it.id and x.get("error") for x in one.client().call("GET", "/cluster/tree")[1]["nodes"]),
                20, "the link has ended")
        finally:
            it.close()
            self.cluster.members.remove(it)


class authorities(unittest.TestCase):
    """`aops cluster ca`: what is there already is never lost by mistake."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="aops-ca-")
        self.addCleanup(folder.cleanup)
        self.it = new_authority(os.path.join(folder.name, "ca"))

    def text(self, name):
        with open(self.it.file(name), encoding="ascii") as file:
            return file.read()

    def openssl(self, *words):
        return subprocess.run(["openssl", *words], cwd=self.it.folder, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=30)

    def test_a_second_authority_does_not_replace_the_first(self):
        before = self.text("ca.pem"), self.text("ca.key")
        self.assertIn("is there already", self.it.ca("init", code=1))
        self.assertEqual((self.text("ca.pem"), self.text("ca.key")), before)

    def test_others_verify_what_it_issues(self):
        self.it.issue("n1", "127.0.0.1,n1.example.org")
        self.assertEqual(self.openssl("verify", "-CAfile", "ca.pem", "n1.pem").stdout.strip(), "n1.pem: OK")
        shown = self.openssl("x509", "-in", "n1.pem", "-noout", "-text").stdout
        for part in ("DNS:n1", "IP Address:127.0.0.1", "DNS:n1.example.org", "TLS Web Client", "TLS Web Server"):
            self.assertIn(part, shown)
        for name in ("ca.key", "n1.key"):
            self.assertEqual(os.stat(self.it.file(name)).st_mode & 0o777, 0o600)

    def test_a_certificate_is_replaced_only_when_asked_to(self):
        self.it.issue("n1", "127.0.0.1")
        before = self.text("n1.pem"), self.text("n1.key")
        self.assertIn("--renew", self.it.issue("n1", "127.0.0.1", code=1))
        self.assertEqual((self.text("n1.pem"), self.text("n1.key")), before)
        self.it.issue("n1", "127.0.0.1", "--renew")
        self.assertNotEqual(self.text("n1.pem"), before[0])
        self.assertNotEqual(self.text("n1.key"), before[1])

    def test_what_is_revoked_stays_revoked(self):
        for name in ("n1", "n2", "n3"):
            self.it.issue(name, "127.0.0.1")
        self.it.revoke("n1")
        self.it.revoke("n2")

        def verdict(name):
            return self.openssl("verify", "-crl_check", "-CAfile", "ca.pem", "-CRLfile", "crl.pem", name + ".pem")
        self.assertIn("revoked", verdict("n1").stderr)
        self.assertIn("revoked", verdict("n2").stderr)
        self.assertEqual(verdict("n3").returncode, 0, verdict("n3").stderr)

    def test_names_that_would_overwrite_the_authority_are_refused(self):
        for name in ("ca", "crl", "../n1", ".n1"):
            self.it.issue(name, "127.0.0.1", code=1)


class starting(unittest.TestCase):
    def refused(self, *words):
        with node(start=False) as n:
            command = [program("aops-node"), "--data-dir", n.data, "--http", "127.0.0.1:0", "--tls", "off", *words]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 2, done.stderr)
        return done.stderr

    def test_joining_with_an_embedded_store_names_the_fix(self):
        self.assertIn("mariadb", self.refused("--join", "127.0.0.1:9"))

    def test_another_lease_than_that_of_the_cluster_is_refused(self):
        with cluster(1) as one:
            stranger = one.prepare()
            words = stranger.command() + ["--set", "cluster.lease=9s"]
            done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 2, done.stderr)
            for part in ("cluster.lease", "9000 ms", "5000 ms"):
                self.assertIn(part, done.stderr)

    def test_plain_links_are_refused_off_loopback(self):
        said = self.refused("--set", "storage.engine=mariadb", "--set", "storage.socket=/nowhere",
                            "--set", "cluster.listen=0.0.0.0:0")
        self.assertIn("certificate", said)
