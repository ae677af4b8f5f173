"""Lines of hosts, as collectors send them, over kill -9 and between users; and the command line over them."""
import base64
import gzip
import json
import os
import pathlib
import re
import shlex
import struct
import subprocess
import threading
import unittest
import zlib

from cluster import cluster
from node import node, program
from rest import rest
from waiting import wait_until

KNOWN = "correct horse"
SECOND = 1_000_000_000
BEGIN = 1_700_000_000  # Of the lines that tell a time.


def numbered(*numbers, source="/var/log/app"):
    """Lines of fluent-bit's output with an offset each, a second apart."""
    return [{"date": BEGIN + n, "log": f"number {n} of many", "path": source, "offset": n * 10} for n in numbers]


def entry_of_journal(**fields):
    """In the export format, the message as bytes with their length."""
    out = b""
    for name, value in fields.items():
        if name == "MESSAGE":
            data = value.encode()
            out += b"MESSAGE\n" + struct.pack("<Q", len(data)) + data + b"\n"
        else:
            out += f"{name}={value}\n".encode()
    return out + b"\n"


class logs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = node("http.max_body=16MiB")
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.api.add_group()
        cls.api.add_group("other")
        (cls.web,) = cls.api.add_hosts(("web1", "127.0.0.1", None))
        (cls.db,) = cls.api.add_hosts(("db1", "127.0.0.2", None), group="other")
        cls.tokens = {x: cls.api.good("/logs/token/create", {"host_id": x, "name": "t"})["access_token"]
                      for x in (cls.web, cls.db)}

    def send(self, host, body, kind="application/json", path="/logs/ingest", token=None, headers=None):
        """(status, reply)"""
        if not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        headers = headers or {"Authorization": "Bearer " + (token or self.tokens[host])}
        status, _, text = rest(self.node.url).send("POST", path, body, headers | {"Content-Type": kind})
        return status, json.loads(text)

    def stored(self, host, body, *more):
        """How many lines of a request were stored."""
        status, reply = self.send(host, body, *more)
        self.assertEqual(status, 200, reply)
        return reply["taken"]

    def search(self, query="", api=None, **more):
        return (api or self.api).good("/logs/search", {"query": query, "limit": 1000} | more)

    def messages(self, query="", **more):
        return [x["message"] for x in self.search(query, **more)["lines"]]

    def test_lines_of_fluent_bit_are_found(self):
        lines = [{"date": BEGIN + 0.5, "log": "Accepted password for alice\n", "ident": "sshd", "level": "warning"},
                 {"date": BEGIN + 1.5, "log": "磁盘故障 on sda1", "unit": "kernel"}]
        self.assertEqual(self.stored(self.web, lines), 2)
        self.assertEqual(self.stored(self.web, "\n".join(json.dumps(x | {"log": "by lines"}) for x in lines),
                                     "application/x-ndjson"), 2)
        (line,) = self.search("alice program:sshd severity:warning")["lines"]
        self.assertEqual((line["host_id"], line["host_name"], line["message"], line["time_ns"], line["time"]),
                         (self.web, "web1", "Accepted password for alice", str(BEGIN * SECOND + SECOND // 2), BEGIN + 0.5))
        self.assertEqual(self.messages("磁盘 NOT alice"), ["磁盘故障 on sda1"])
        self.assertEqual(self.messages("fields.unit:kernel sda1"), ["磁盘故障 on sda1"])
        self.assertEqual(self.messages("sda"), [])
        self.assertEqual(len(self.messages('"by lines"')), 2)

    def test_packed_bodies_are_taken_up_to_their_bound(self):
        def packed(body, how, path="/logs/ingest", kind="application/json"):
            return self.send(self.web, body, kind, path, headers={"Authorization": "Bearer " + self.tokens[self.web], "Content-Encoding": how})
        for how, pack in (("gzip", gzip.compress), ("deflate", zlib.compress)):
            status, reply = packed(pack(json.dumps([{"log": f"packed by {how}"}]).encode()), how)
            self.assertEqual((status, reply.get("taken")), (200, 1), reply)
            self.assertEqual(self.messages(f"packed {how}"), [f"packed by {how}"])
        otlp = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": "packed otlp"}}]}]}]}
        self.assertEqual(packed(gzip.compress(json.dumps(otlp).encode()), "gzip", "/v1/logs"), (200, {}))
        self.assertEqual(self.messages('"packed otlp"'), ["packed otlp"])
        status, reply = packed(gzip.compress(b" " * (64 << 20)), "gzip")
        self.assertEqual((status, reply["code"]), (413, 1000))
        self.assertIn("when it is unpacked", reply["message"])
        status, reply = packed(b"no gzip", "gzip")
        self.assertEqual((status, reply["detail"]), (400, "Content-Encoding: the body is no gzip"))
        self.assertEqual(packed(b"{}", "br")[0], 415)

    def test_nothing_is_unpacked_without_a_token(self):
        for path in ("/logs/ingest", "/v1/logs", "/topology/ingest"):
            for token in ("0" * 64, self.api.token):
                with self.subTest(path, token=token[:1]):
                    status, _ = self.send(self.web, gzip.compress(b" " * (64 << 20)), path=path,
                                          headers={"Authorization": "Bearer " + token, "Content-Encoding": "gzip"})
                    self.assertEqual(status, 401)

    def test_lines_of_otlp_are_found(self):
        record = {"timeUnixNano": str((BEGIN + 5) * SECOND + 7), "severityNumber": 17, "body": {"stringValue": "otlp down"},
                  "attributes": [{"key": "log.file.path", "value": {"stringValue": "/o"}}]}
        body = {"resourceLogs": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
                                  "scopeLogs": [{"logRecords": [record]}]}]}
        self.assertEqual(self.send(self.web, body, path="/v1/logs"), (200, {}))
        (line,) = self.search("program:shop severity:err+")["lines"]
        self.assertEqual((line["message"], line["source"], line["time_ns"]),
                         ("otlp down", "/o", str((BEGIN + 5) * SECOND + 7)))
        status, reply = self.send(self.web, {"resourceLogs": 1}, path="/v1/logs")
        self.assertEqual((status, reply["code"]), (400, 3))
        status, reply = self.send(self.web, body, path="/v1/logs", token="x" * 64)
        self.assertEqual((status, reply["code"]), (401, 16))

    def test_the_journal_is_taken(self):
        body = b"".join(entry_of_journal(__CURSOR=f"s=0123456789;i={n:x};b=1", __REALTIME_TIMESTAMP=(BEGIN + n) * 1_000_000,
                                         PRIORITY=6, SYSLOG_IDENTIFIER="cron", MESSAGE=f"journal {n}\nsecond row")
                        for n in range(3))
        kind = "application/vnd.fdo.journal"
        self.assertEqual(self.stored(self.db, body, kind), 3)
        self.assertEqual(self.stored(self.db, body, kind), 0)
        self.assertEqual(self.messages("program:cron", order="oldest"), [f"journal {n}\nsecond row" for n in range(3)])
        status, reply = self.send(self.db, b"MESSAGE=x", kind)
        self.assertEqual((status, reply["detail"]), (400, "line 1: the line does not end"))

    def test_what_was_acknowledged_survives_kill_9_and_is_there_once(self):
        acknowledged, lock = set(), threading.Lock()
        sent = threading.Semaphore(0)

        def collect(thread):
            """As a collector: on and on, until nobody answers."""
            for n in range(100_000):
                number = thread * 100_000 + n
                try:
                    status, _ = self.send(self.web, numbered(number, source=f"/kill{thread}"))
                except (OSError, EOFError, json.JSONDecodeError):
                    return
                except Exception:  # A connection that ended within an answer.
                    return
                if status == 200:
                    with lock:
                        acknowledged.add(number)
                    sent.release()

        threads = [threading.Thread(target=collect, args=(i,)) for i in range(4)]
        for x in threads:
            x.start()
        for _ in range(200):
            self.assertTrue(sent.acquire(timeout=30))
        self.node.kill()
        for x in threads:
            x.join(30)
        self.node.start()
        type(self).api = rest(self.node.url, self.api.token)
        # All are sent again, as by a collector that does not know what arrived.
        for i in range(4):
            mine = sorted(x for x in acknowledged if x // 100_000 == i)
            self.stored(self.web, numbered(*mine, source=f"/kill{i}"))
        found = []
        for i in range(4):
            query = f"source:/kill{i}"
            lines = self.search(query, order="oldest")["lines"]
            while lines:
                found += [int(x["message"].split()[1]) for x in lines]
                lines = self.search(query, order="oldest", after_line=lines[-1]["line_id"])["lines"]
        self.assertLessEqual(acknowledged, set(found))
        self.assertEqual(len(found), len(set(found)), "lines are there twice")

    def test_a_host_writes_only_its_own_lines(self):
        lines = [{"log": "forged first"}, {"log": "forged", "host_id": self.db}]
        status, reply = self.send(self.web, lines)
        self.assertEqual((status, reply["code"], reply["detail"]),
                         (403, 1207, "record 2: host_id: the token is of another host"))
        self.assertEqual(self.messages("forged"), [])
        for headers in ({"Access-Token": self.api.token}, {"Authorization": "Bearer " + "0" * 64}, {"X": "y"}):
            self.assertEqual(self.send(self.web, {"log": "forged"}, headers=headers)[0], 401)
        basic = base64.b64encode(f"any:{self.tokens[self.web]}".encode()).decode()
        self.assertEqual(self.send(self.web, {"log": "by basic"}, headers={"Authorization": "Basic " + basic})[0], 200)
        # A host's token opens nothing else.
        self.assertEqual(rest(self.node.url, self.tokens[self.web]).post("/logs/search", {})["code"], 1201)

    def test_a_token_that_was_deleted_is_good_for_nothing(self):
        made = self.api.good("/logs/token/create", {"host_id": self.web, "name": "short"})
        self.assertEqual(self.send(self.web, {"log": "before"}, token=made["access_token"])[0], 200)
        self.assertEqual(self.api.post("/logs/token/create", {"host_id": self.web, "name": "short"})["code"], 1105)
        names = [x["name"] for x in self.api.good("/logs/token/get", {"host_list": [self.web]})["token_infos"]]
        self.assertEqual(names, ["short", "t"])
        gone = self.api.good("/logs/token/delete", {"token_list": [made["token_id"], "x"]}, method="DELETE")["deleted"]
        self.assertEqual(gone, [made["token_id"]])
        self.assertEqual(self.send(self.web, {"log": "after"}, token=made["access_token"])[0], 401)

    def test_an_ordinary_user_finds_lines_of_his_hosts_only(self):
        self.stored(self.web, [{"log": "seen by all", "date": BEGIN}])
        self.stored(self.db, [{"log": "seen by few", "date": BEGIN}])
        self.api.good("/manage/account/user/add", {"username": "ann", "password": "first-password"})
        self.api.good("/manage/account/grant/change", {"username": "ann", "grant": ["g"]})
        ann = self.node.client()
        ann.login("first-password", "ann")
        ann.good("/manage/account/change", {"password": KNOWN})
        self.assertEqual({x["host_id"] for x in self.search("seen", ann)["lines"]}, {self.web})
        self.assertEqual(self.search("few", ann)["lines"], [])
        self.assertEqual(self.search("few", ann, host_list=[self.db])["lines"], [])
        count = ann.good("/logs/histogram", {"query": "seen", "time_range": [BEGIN - 1, BEGIN + 1]})
        self.assertEqual(count["total"], 1)
        (line,) = self.search("few")["lines"]
        self.assertEqual(ann.post("/logs/context", {"line_id": line["line_id"]})["code"], 1000)
        self.assertEqual(ann.post("/logs/token/create", {"host_id": self.web, "name": "x"})["code"], 1207)

    def test_counts_and_context(self):
        self.stored(self.db, numbered(*range(40), source="/context"))
        count = self.api.good("/logs/histogram", {"query": "source:/context", "time_range": [BEGIN, BEGIN + 40], "buckets": 4})
        self.assertEqual([x["count"] for x in count["buckets"]], [10] * 4)
        self.assertEqual([x["start"] for x in count["buckets"]], [BEGIN + 10 * n for n in range(4)])
        (line,) = self.search('source:/context "number 20 of"')["lines"]
        around = self.api.good("/logs/context", {"line_id": line["line_id"], "before": 2, "after": 3})["lines"]
        self.assertEqual([x["message"].split()[1] for x in around], ["18", "19", "20", "21", "22", "23"])
        found = self.search("source:/context", limit=15)
        self.assertEqual((len(found["lines"]), found["cut"]), (15, "limit"))
        rest_of = self.search("source:/context", after_line=found["lines"][-1]["line_id"])
        self.assertEqual((len(rest_of["lines"]), rest_of["cut"]), (25, ""))
        self.assertEqual(self.messages("source:/context", time_range=[BEGIN + 5, BEGIN + 6]), ["number 5 of many"])
        wrong = self.api.post("/logs/search", {"query": "a ("})
        self.assertEqual((wrong["code"], wrong["detail"]), (1000, "query: column 4: a word is missing here"))

    def aops(self, *words):
        environment = os.environ | {"AOPS_ACCESS_TOKEN": self.api.token, "LC_ALL": "C"}
        done = subprocess.run([program("aops"), *words, "--url", self.node.url], env=environment, text=True,
                              capture_output=True, timeout=30)
        self.assertEqual(done.returncode, 0, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout

    def test_the_command_line_finds_the_same(self):
        self.stored(self.web, [{"log": "for the command line", "date": BEGIN}])
        found = json.loads(self.aops("log", "search", '"command line"', "--host_list", "web1", "-o", "json"))
        self.assertEqual([x["message"] for x in found["lines"]], ["for the command line"])
        self.assertIn("for the command line", self.aops("log", "context", found["lines"][0]["line_id"]))
        self.assertIn("web1", self.aops("log", "token", "list"))

    def test_what_the_manual_shows_is_so(self):
        page = (pathlib.Path(__file__).resolve().parents[2] / "docs/logs.md").read_text(encoding="utf-8")
        self.stored(self.web, [{"log": "of the manual"}])
        (line,) = self.search('"of the manual"')["lines"]
        told = self.aops("log", "token", "create", "web1", "--name", "to be deleted", "-o", "json")
        words = {"LINE_ID": line["line_id"], "ID": json.loads(told)["token_id"]}
        commands = re.findall(r"^    aops (log .*)$", page, re.MULTILINE) + re.findall(r"`aops (log token [^`]*)`", page)
        self.assertGreaterEqual({x.split()[1] for x in commands}, {"search", "histogram", "context", "token"})
        for command in commands:
            if "--follow" in command:  # It does not end: see logs_rules_test.py.
                continue
            self.aops(*(words.get(x, x) for x in shlex.split(command)))
        # The first column of what a query may say.
        table = page[page.index("| in a query | finds |"):].split("\n\n", 1)[0]
        queries = [x for row in table.splitlines()[2:] for x in re.findall(r"`([^`]+)`", row.split("|")[1])]
        self.assertGreater(len(queries), 15)
        for query in set(queries) - {"OR", "( )"}:
            with self.subTest(query):
                self.search(query)


class refusals(unittest.TestCase):
    def test_too_much_at_once_is_429(self):
        """More than may wait, at once: some are refused, and all that are not are stored."""
        with node("http.max_body=32MiB", "http.request_timeout=60s") as it:
            api = it.admin()
            api.add_group()
            (host,) = api.add_hosts(("web1", "127.0.0.1", None))
            token = api.good("/logs/token/create", {"host_id": host, "name": "t"})["access_token"]
            text = "word " * 6000
            body = "\n".join(json.dumps({"log": f"{n} {text}", "path": "/p"}) for n in range(800))
            statuses, lock = [], threading.Lock()

            def push():
                status, _, _ = rest(it.url).send("POST", "/logs/ingest", body, {
                    "Content-Type": "application/x-ndjson", "Authorization": "Bearer " + token}, timeout=60)
                with lock:
                    statuses.append(status)

            threads = [threading.Thread(target=push) for _ in range(6)]
            for x in threads:
                x.start()
            for x in threads:
                x.join(60)
            self.assertEqual(set(statuses), {200, 429})
            count = api.good("/logs/histogram", {"time_range": [0, 4_000_000_000]})["total"]
            self.assertEqual(count, 800 * statuses.count(200))


class nodes(unittest.TestCase):
    def test_a_search_asks_all_nodes_and_names_those_that_do_not_tell(self):
        with cluster(2) as them:
            first, second = them.members
            api = first.client()
            api.add_group()
            (host,) = api.add_hosts(("web1", "127.0.0.1", None))
            token = api.good("/logs/token/create", {"host_id": host, "name": "t"})["access_token"]
            lines = numbered(1, 2, 3)
            for member, some in ((first, lines[:2]), (second, lines[1:])):
                status, _, reply = member.client().send("POST", "/logs/ingest", json.dumps(some), {
                    "Content-Type": "application/json", "Authorization": "Bearer " + token})
                self.assertEqual(status, 200, reply)

            def found(member, code=200):
                reply = member.client().good("/logs/search", {"order": "oldest"}, code)
                return [x["message"].split()[1] for x in reply["lines"]], [x["node"] for x in reply["missing"]]

            # Each has read that the other is there, and there is a link.
            wait_until(lambda: all(len(x.client().post("/logs/search", {})["lines"]) == 3 for x in (first, second)), 30,
                       "lines of both nodes")
            self.assertEqual(found(first), (["1", "2", "3"], []))
            self.assertEqual(found(second), (["1", "2", "3"], []))
            (middle,) = second.client().good("/logs/search", {"query": '"number 2"'})["lines"]
            around = second.client().good("/logs/context", {"line_id": middle["line_id"], "before": 5, "after": 5})["lines"]
            self.assertEqual([x["message"].split()[1] for x in around], ["1", "2", "3"])
            second.kill()
            self.assertEqual(found(first, 206), (["1", "2"], [second.id]))


if __name__ == "__main__":
    unittest.main()
