"""Which process of which host talks to which: what agents tell, over restarts, between users, in a cluster; and the command line.

The agents are played here; the six checks of the specification are among the tests.
"""
import json
import os
import pathlib
import re
import shlex
import subprocess
import threading
import time
import unittest

from cluster import cluster
from isolation_test import new_user
from node import node, program
from rest import rest
from waiting import wait_until

BASE = "/gala-spider/api/v1"
QUICK = ("topology.period=200ms", "topology.stale=2s", "topology.window=5s")


def link(role, process, client, server, port, **figures):
    return {"table_name": "tcp_link", "role": role, "process_name": process, "client_ip": client, "server_ip": server,
            "server_port": port, "protocol": 2, "link_count": 1, **figures}


def calls(process, client, server, port, **figures):
    return link("client", process, client, server, port, **figures)


def serves(process, client, server, port, **figures):
    return link("server", process, client, server, port, **figures)


class agent:
    """Tells what is said to be seen on a host, once or all the time."""

    def __init__(self, url, token, address, *links, hostname="web", machine_id=None, **more):
        self.url, self.token = url, token
        self.batch = {"machine_id": machine_id or address.replace(".", "0"), "hostname": hostname, "addresses": [address, "127.0.0.1"],
                      "time_ms": 1638316800000, "period_ms": 1000, "agent": "test 1", "is_cut": False, "links": list(links),
                      **more}
        self.ended = threading.Event()
        self.thread = None

    def send(self, status=200, **changed):
        got, _, text = rest(self.url).send("POST", "/topology/ingest", json.dumps(self.batch | changed),
                                           {"Content-Type": "application/json", "Authorization": "Bearer " + self.token})
        assert got == status, (got, text)
        return json.loads(text)

    def start(self, every=0.2):
        def go_on():
            while not self.ended.is_set():
                try:
                    self.send()
                except Exception:  # The node may be away.
                    pass
                self.ended.wait(every)
        self.ended.clear()
        self.thread = threading.Thread(target=go_on, daemon=True)
        self.thread.start()
        return self

    def stop(self):
        self.ended.set()
        if self.thread:
            self.thread.join(10)


class scene:
    """Hosts of the administrator with tokens for their agents."""

    def __init__(self, api, *names, group="g", net="192.0.2"):
        self.api, self.ids, self.tokens = api, {}, {}
        for number, name in enumerate(names, 1):
            (self.ids[name],) = api.add_hosts((name, f"{net}.{number}", None), group=group)
            made = api.good("/logs/token/create", {"host_id": self.ids[name], "name": "agent"})
            self.tokens[name] = made["access_token"]

    def agent(self, name, address, *links, url=None, **more):
        return agent(url or self.api.url, self.tokens[name], address, *links, **more)

    def moved(self, url):
        """The node has started anew. Returns its interface."""
        self.api = rest(url, self.api.token)
        return self.api


def entities(api, code=200, **asked):
    query = "&".join(f"{k}={v}" for k, v in asked.items())
    return api.good(f"{BASE}/get_entities" + ("?" + query if query else ""), None, code, method="GET")


def asked(api, what):
    """The reply, whatever its code."""
    return api.call("GET", f"{BASE}/{what}")[1]


def by_id(reply):
    return {x["entityid"]: x for x in reply["entities"]}


def of_type(reply, kind):
    return [x for x in reply["entities"] if x["type"] == kind]


def attrs(entity):
    return {x["key"]: x["value"] for x in entity["attrs"]}


def state(reply, entity_id):
    """Of an entity; None when it is not there, empty when all is well."""
    x = by_id(reply).get(entity_id)
    return x and (x.get("anomaly") or {"status": ""})["status"].removeprefix("ANOMALY_").replace("NO", "")


class pictures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = node()
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.api.add_group()
        cls.scene = scene(cls.api, "a", "b", "twin1", "twin2")
        cls.a, cls.b = cls.scene.ids["a"], cls.scene.ids["b"]

    def test_check_1_two_ports_are_two_links(self):
        answer = self.scene.agent("a", "10.0.0.1", calls("curl", "10.0.0.1", "10.0.0.2", 80, rx_bytes=5000, retran_packets=20),
                                  calls("curl", "10.0.0.1", "10.0.0.2", 81, rx_bytes=7)).send()
        self.assertEqual((answer["code"], answer["links"], answer["period_ms"]), (200, 2, 5000))
        self.scene.agent("b", "10.0.0.2", serves("nginx", "10.0.0.1", "10.0.0.2", 80, rtt=300),
                         serves("nginx", "10.0.0.1", "10.0.0.2", 81)).send()
        found = entities(self.api, host_id=self.a)
        links = of_type(found, "TCP_LINK")
        self.assertEqual([attrs(x)["server_port"] for x in links], [80, 81])
        self.assertEqual([attrs(x)["rx_bytes"] for x in links], [5000, 7])
        self.assertEqual(attrs(links[0])["rx_bytes_per_s"], 5000)
        self.assertEqual(attrs(links[0])["server_rtt"], 300)
        self.assertNotIn("rtt", attrs(links[0]))  # Nobody told: it is not 0.
        self.assertEqual(len({x["entityid"] for x in links}), 2)
        self.assertEqual([x["name"] for x in of_type(found, "VM")], ["a", "b"] if self.a < self.b else ["b", "a"])
        self.assertEqual({x["name"] for x in of_type(found, "PROCESS")}, {"a.curl", "b.nginx"})
        self.assertEqual(found["entityids"], [x["entityid"] for x in found["entities"]])
        (first,) = links[0]["dependingitems"]
        self.assertEqual(first, {"calls": [{"type": "PROCESS", "id": self.b + ".nginx"}], "runOns": []})
        # Twenty packets a second again are more than the default allows.
        self.assertEqual(links[0]["anomaly"], {"status": "ANOMALY_YES", "anomalyitem": [
            {"anomaly_attr": "retran_packets_per_s", "anomaly_type": "ABOVE THRESHOLD"}]})
        self.assertEqual(links[1]["anomaly"], {"status": "ANOMALY_NO", "anomalyitem": []})
        self.assertEqual({x["vtype"] for x in links[0]["attrs"]}, {"int", "float", "string"})
        self.assertAlmostEqual(found["timestamp"] / 1000, time.time(), delta=60)
        self.assertEqual(self.api.good(f"{BASE}/get_status", None, method="GET")["status"], "running")

    def test_check_2_external_peers_and_itself(self):
        self.scene.agent("a", "10.0.0.1", calls("curl", "10.0.0.1", "198.51.100.7", 443),
                         calls("psql", "127.0.0.1", "127.0.0.1", 5432), serves("postgres", "127.0.0.1", "127.0.0.1", 5432)).send()
        found = entities(self.api, host_id=self.a)
        self.assertEqual([x["entityid"] for x in of_type(found, "EXTERNAL")], ["external.198.51.100.7"])
        local = by_id(found)[f"{self.a}.psql@127.0.0.1>{self.a}.postgres@127.0.0.1:5432/tcp_link"]
        self.assertEqual(local["dependeditems"][0]["calls"], [{"type": "PROCESS", "id": self.a + ".psql"}])
        within = entities(self.api, host_id=self.a, depth=0)
        self.assertEqual(of_type(within, "EXTERNAL"), [])
        self.assertEqual(len(of_type(within, "TCP_LINK")), 1)

    def test_check_5_equal_names_are_two_nodes(self):
        for name, address in (("twin1", "10.0.1.1"), ("twin2", "10.0.1.2")):
            self.scene.agent(name, address, hostname="twin", machine_id="same").send()
        found = by_id(entities(self.api))
        one, two = self.scene.ids["twin1"], self.scene.ids["twin2"]
        self.assertEqual({attrs(found[x])["hostname"] for x in (one, two)}, {"twin"})
        self.assertEqual(attrs(found[one])["same_machine_id"], two)

    def test_check_6_hosts_of_others_and_nobody(self):
        self.api.add_group("other")
        more = scene(self.api, "hidden", group="other", net="192.0.3")
        self.scene.agent("a", "10.0.0.1", calls("curl", "10.0.0.1", "10.0.0.77", 80)).send()
        more.agent("hidden", "10.0.0.77", serves("nginx", "10.0.0.1", "10.0.0.77", 80)).send()
        self.assertIn("hidden.nginx", {x["name"] for x in entities(self.api)["entities"]})
        ann = new_user(self.api, "ann", ["g"])
        seen = entities(ann)
        self.assertNotIn(more.ids["hidden"], json.dumps(seen))
        self.assertIn("external.10.0.0.77", seen["entityids"])
        refused = asked(ann, f"get_entities?host_id={more.ids['hidden']}")
        self.assertEqual((refused["code"], refused["detail"]), (1000, "host_id: no such host"))
        self.api.good("/manage/account/register", {"username": "eve", "password": "correct horse"})
        eve = self.node.client()
        eve.login("correct horse", "eve")
        self.assertEqual(entities(eve)["entities"], [])
        for path in ("get_entities", "get_status", "get_changes"):
            self.assertEqual(asked(rest(self.node.url), path)["code"], 1201)
        # The token of a host opens nothing else, and no session takes batches in.
        self.assertEqual(asked(rest(self.node.url, self.scene.tokens["a"]), "get_entities")["code"], 1201)
        agent(self.node.url, self.api.token, "10.0.0.1").send(401)

    def test_what_does_not_read_is_named(self):
        it = self.scene.agent("a", "10.0.0.1")
        self.assertEqual(it.send(400, links=[calls("curl", "10.0.0.1", "10.0.0.2", 0)])["detail"],
                         "links[0].server_port: must be from 1 to 65535")
        self.assertEqual(it.send(400, machine_id="")["detail"], "machine_id: must not be empty")
        for query, detail in (("depth=9", "depth: must be a whole number from 0 to 8"), ("depth=x", "depth: must be"),
                              ("timestamp=-1", "timestamp: must be"), ("what=1", "what")):
            refused = asked(self.api, "get_entities?" + query)
            self.assertEqual(refused["code"], 1000)
            self.assertIn(detail, refused["detail"])
        self.assertEqual(asked(self.api, "get_changes?from=9&to=5")["detail"], "from: must not be after `to`")

    def test_links_of_balancers_are_drawn(self):
        records = [{"table_name": "ipvs_link", "client_ip": "10.0.0.1", "virtual_ip": "10.0.0.9", "virtual_port": 80,
                    "server_ip": "10.0.0.2", "server_port": 8080, "protocol": 2, "link_count": 3},
                   {"table_name": "haproxy_link", "client_ip": "10.0.0.1", "virtual_ip": "10.0.0.8", "virtual_port": 81,
                    "server_ip": "10.0.0.2", "server_port": 8081, "link_count": 1},
                   {"table_name": "nginx_link", "client_ip": "10.0.0.1", "virtual_ip": "10.0.0.8", "virtual_port": 82,
                    "server_ip": "10.0.0.2", "server_port": 8081, "is_l7": 1, "link_count": 1}]
        self.scene.agent("twin1", "10.0.0.8", records=records).send()
        found = entities(self.api, host_id=self.scene.ids["twin1"])
        (ipvs,), (haproxy,), (nginx,) = (of_type(found, x + "_LINK") for x in ("IPVS", "HAPROXY", "NGINX"))
        self.assertEqual(ipvs["dependingitems"][0]["runOns"], [{"type": "PROCESS", "id": self.scene.ids["twin1"] + ".ipvs"}])
        self.assertEqual((attrs(haproxy)["virtual_port"], attrs(nginx)["virtual_port"]), (81, 82))

    def aops(self, *words):
        environment = os.environ | {"AOPS_ACCESS_TOKEN": self.api.token, "LC_ALL": "C"}
        done = subprocess.run([program("aops"), *words, "--url", self.node.url], env=environment, text=True,
                              capture_output=True, timeout=30)
        self.assertEqual(done.returncode, 0, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout

    def test_the_command_line_shows_the_same(self):
        it = self.scene.agent("a", "10.0.0.1", calls("wget", "10.0.0.1", "198.51.100.8", 443))
        it.send()
        shown = json.loads(self.aops("topology", "show", "a", "-o", "json"))
        self.assertIn("external.198.51.100.8", shown["entityids"])
        self.assertIn("a.wget", self.aops("topology", "show", "a"))
        self.assertIn("198.51.100.8", self.aops("topology", "show", "-o", "csv"))
        wait_until(lambda: "a.wget" in self.aops("topology", "changes", "a", "--last", "5m"), 20, "what began is stored")
        self.assertEqual(json.loads(self.aops("topology", "show", "--at", "2024-03-01T10:15", "-o", "json"))["entities"], [])

    def test_what_the_manual_shows_is_so(self):
        page = (pathlib.Path(__file__).resolve().parents[2] / "docs/topology.md").read_text(encoding="utf-8")
        words = {"web1": "a"}
        commands = re.findall(r"^    aops (topology .*)$", page, re.MULTILINE)
        self.assertGreaterEqual({x.split()[1] for x in commands}, {"show", "changes"})
        for command in commands:
            self.aops(*(words.get(x, x) for x in shlex.split(command)))
        batch = json.loads(re.search(r"```json\n(\{.*?\n\})\n```", page, re.DOTALL)[1])
        agent(self.node.url, self.scene.tokens["twin2"], "10.0.0.1").send(**batch)


class over_time(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = node(*QUICK)
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.api.add_group()
        cls.scene = scene(cls.api, "a", "b", "c")

    def agents(self):
        a = self.scene.agent("a", "10.0.0.1", calls("curl", "10.0.0.1", "10.0.0.2", 80)).start()
        b = self.scene.agent("b", "10.0.0.2", serves("nginx", "10.0.0.1", "10.0.0.2", 80)).start()
        self.addCleanup(a.stop)
        self.addCleanup(b.stop)
        return a, b

    def test_check_3_all_readers_see_the_same(self):
        a, b = self.scene.ids["a"], self.scene.ids["b"]
        self.agents()
        wait_until(lambda: f"{b}.nginx" in entities(self.api)["entityids"], 20, "the picture")
        seen, lock = [], threading.Lock()

        def look():
            api = rest(self.node.url, self.api.token)
            for _ in range(10):
                status, _, text = api.send("GET", f"{BASE}/get_entities", None, {"Access-Token": api.token})
                with lock:
                    seen.append((status, tuple(json.loads(text)["entityids"]), text))

        readers = [threading.Thread(target=look) for _ in range(3)]
        for x in readers:
            x.start()
        for x in readers:
            x.join(60)
        self.assertEqual({x[:2] for x in seen}, {(200, seen[0][1])})
        self.assertEqual(len(seen), 30)
        self.assertIn(f"{a}.curl@10.0.0.1>{b}.nginx@10.0.0.2:80/tcp_link", seen[0][1])
        # Of one state there is one document.
        documents = {}
        for _, _, text in seen:
            reply = json.loads(text)
            last = tuple(attrs(x)["last_ms"] for x in of_type(reply, "VM"))
            documents.setdefault(last, set()).add(text)
        self.assertEqual({len(x) for x in documents.values()}, {1})

    def test_check_4_a_silent_host_is_stale_its_links_lack_then_vanish_and_it_comes_back(self):
        a, b = self.scene.ids["a"], self.scene.ids["b"]
        told = f"{a}.curl@10.0.0.1>{b}.nginx@10.0.0.2:80/tcp_link"
        here, other = self.agents()
        changes = self.api.stream("/events/stream?topics=topology")
        wait_until(lambda: state(entities(self.api), told) == "", 20, "the link")
        other.stop()
        wait_until(lambda: state(entities(self.api), told) == "LACKING", 20, "the link lacks")
        self.assertEqual(state(entities(self.api), b), "STALE")
        self.assertEqual(state(entities(self.api), b + ".nginx"), "STALE")
        self.assertEqual(state(entities(self.api), a), "")
        wait_until(lambda: state(entities(self.api), told) is None, 20, "the link has vanished")
        self.assertEqual(state(entities(self.api), b), "STALE")
        other.start()
        wait_until(lambda: state(entities(self.api), told) == "", 20, "the link is back")
        self.assertEqual(state(entities(self.api), b), "")
        versions = []
        for name, _, data in changes:
            versions.append((name, data["topic"], data["version"]))
            if len(versions) == 3:
                break
        self.assertEqual({x[:2] for x in versions}, {("change", "topology")})
        # The node dies; after its start the agents tell it all anew.
        self.node.kill()
        self.node.start()
        type(self).api = self.scene.moved(self.node.url)
        for it in (here, other):
            it.url = self.node.url
        wait_until(lambda: state(entities(self.api), told) == "", 20, "the picture after a restart")

    def test_what_was_survives_a_restart(self):
        c = self.scene.ids["c"]
        it = self.scene.agent("c", "10.0.0.3", calls("early", "10.0.0.3", "198.51.100.1", 443))
        it.send()
        path = f"{BASE}/get_changes?host_id={c}"

        def changes(api):
            return [(x["change"], x["client"]["process_name"], x["server"]["address"])
                    for x in api.good(path, None, method="GET")["changes"]]

        wait_until(lambda: changes(self.api) == [("began", "early", "198.51.100.1")], 20, "the beginning is stored")
        between = int(time.time() * 1000)
        self.node.kill()
        self.node.start()
        api = type(self).api = self.scene.moved(self.node.url)
        it = agent(self.node.url, it.token, "10.0.0.3", calls("late", "10.0.0.3", "198.51.100.2", 443))
        it.send()
        wait_until(lambda: len(changes(api)) == 3, 20, "one ended, one began")
        self.assertEqual({x[:2] for x in changes(api)}, {("began", "early"), ("ended", "early"), ("began", "late")})
        now = entities(api, host_id=c)
        self.assertIn(f"{c}.late", now["entityids"])
        self.assertNotIn(f"{c}.early", now["entityids"])
        first = api.good(path, None, method="GET")["changes"][0]["time"]
        then = entities(api, host_id=c, timestamp=int(first * 1000))
        self.assertIn(f"{c}.early", then["entityids"])
        self.assertNotIn(f"{c}.late", then["entityids"])
        self.assertLessEqual(first * 1000, between)
        self.assertEqual(entities(api, host_id=c, timestamp=1)["entities"], [])
        # A host that is deleted takes with it what is stored of it.
        self.api.good("/manage/host/delete", {"host_list": [c]}, method="DELETE")
        self.assertEqual(asked(api, f"get_changes?host_id={c}")["code"], 1000)


class nodes(unittest.TestCase):
    def test_a_picture_is_of_all_nodes_and_names_those_that_do_not_tell(self):
        with cluster(2) as them:
            first, second = them.members
            api = first.client()
            api.add_group()
            here = scene(api, "a", "b")
            a, b = here.ids["a"], here.ids["b"]
            told = f"{a}.curl@10.0.0.1>{b}.nginx@10.0.0.2:80/tcp_link"
            one = here.agent("a", "10.0.0.1", calls("curl", "10.0.0.1", "10.0.0.2", 80)).start(1)
            other = here.agent("b", "10.0.0.2", serves("nginx", "10.0.0.1", "10.0.0.2", 80), url=second.url).start(1)
            self.addCleanup(one.stop)
            self.addCleanup(other.stop)
            for member in (first, second):
                # Each has read that the other is there, and there is a link.
                wait_until(lambda: state(asked(member.client(), "get_entities"), told) == "", 30, "hosts of both nodes")
            self.assertEqual(entities(first.client())["missing"], [])
            # A host goes over to another node: the newest counts.
            one.stop()
            one.url = second.url
            one.batch["links"] = [calls("wget", "10.0.0.1", "10.0.0.2", 80)]
            one.start(1)
            wait_until(lambda: f"{a}.wget" in entities(first.client())["entityids"], 30, "what it told the other node")
            # What began is stored for all, whichever node was told.
            wait_until(lambda: {("began", "curl"), ("began", "wget")} <= {
                (x["change"], x["client"]["process_name"]) for x in asked(first.client(), f"get_changes?host_id={a}")["changes"]},
                       20, "what began at both nodes")
            other.stop()
            one.stop()
            second.kill()
            reply = asked(first.client(), "get_entities")
            self.assertEqual((reply["code"], [x["node"] for x in reply["missing"]]), (206, [second.id]))
            self.assertIn(f"{a}.wget", reply["entityids"])  # As it was told before.


if __name__ == "__main__":
    unittest.main()
