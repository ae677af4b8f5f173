"""Lines kept by a real OpenSearch: what every store of lines does, and what is not lost while it is away.

It takes half a gigabyte and a minute: AOPS_LONG=1. What its protocol may do wrong, every run tries (tests/actors/logs/line_bulks_test.cpp).
"""
import json
import os
import subprocess
import unittest

from node import node, program
from opensearch import opensearch
from rest import rest
from waiting import wait_until

BEGIN = 1_700_000_000


def lines(*numbers):
    return [{"date": BEGIN + n, "log": f"number {n} of many", "path": "/var/log/app", "offset": n * 10} for n in numbers]


@unittest.skipUnless(os.environ.get("AOPS_LONG"), "takes a minute and half a gigabyte: AOPS_LONG=1")
class store(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine = opensearch()
        cls.addClassCleanup(cls.engine.close)

    def test_every_store_of_lines_does_the_same(self):
        done = subprocess.run([program("test_actors_logs"), "--run_test=line_store_contract"], capture_output=True, text=True, timeout=600,
                              env=os.environ | {"AOPS_OPENSEARCH_URL": self.engine.url}, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def send(self, url, token, body):
        status, _, text = rest(url).send("POST", "/logs/ingest", json.dumps(body), {
            "Content-Type": "application/json", "Authorization": "Bearer " + token})
        return status, json.loads(text)

    def test_what_was_acknowledged_is_there_after_it_was_away(self):
        it = node(*self.engine.settings("logs.opensearch_prefix=trip", "logs.opensearch_timeout=2s", "logs.search_timeout=30s"))
        self.addCleanup(it.close)
        api = it.admin()
        api.add_group()
        (web,) = api.add_hosts(("web1", "127.0.0.1", None))
        token = api.good("/logs/token/create", {"host_id": web, "name": "t"})["access_token"]

        def ready():
            return rest(it.url).send("GET", "/readyz")[2]
        wait_until(lambda: self.send(it.url, token, lines(*range(10)))[0] == 200, 120, "the first lines are stored")
        wait_until(lambda: json.loads(ready())["status"] == "ready", 60, "nothing is degraded")
        found = api.good("/logs/search", {"query": "number", "limit": 100})["lines"]
        self.assertEqual(len(found), 10)
        context = api.good("/logs/context", {"line_id": found[5]["line_id"], "before": 2, "after": 2})["lines"]
        self.assertEqual([x["message"] for x in context], [f"number {n} of many" for n in range(2, 7)])
        counted = api.good("/logs/histogram", {"query": "number", "time_range": [BEGIN, BEGIN + 10], "buckets": 2})
        self.assertEqual((counted["total"], [x["count"] for x in counted["buckets"]]), (10, [5, 5]))

        self.engine.stop()
        status, reply = self.send(it.url, token, lines(*range(10, 20)))
        self.assertIn(status, (429, 503), reply)
        wait_until(lambda: f"logs: {self.engine.url} " in ready(), 60, "/readyz names it")
        self.assertIn(self.send(it.url, token, lines(*range(10, 20)))[0], (429, 503))
        self.engine.start()
        wait_until(lambda: self.send(it.url, token, lines(*range(5, 20)))[0] == 200, 120, "it takes them again")  # As a collector does it.
        wait_until(lambda: json.loads(ready())["status"] == "ready", 60, "all is well again")
        found = api.good("/logs/search", {"query": "number", "limit": 100, "order": "oldest"})["lines"]
        self.assertEqual([x["message"] for x in found], [f"number {n} of many" for n in range(20)])

        # In another index of the stream the same lines are known, too.
        self.engine.ask("POST", "/trip-lines/_rollover")
        status, reply = self.send(it.url, token, lines(*range(15, 22)))
        self.assertEqual((status, reply["taken"], reply["duplicates"]), (200, 2, 5))
        names = [x["index_name"] for x in self.engine.ask("GET", "/_data_stream/trip-lines")["data_streams"][0]["indices"]]
        self.assertEqual(len(names), 2)


if __name__ == "__main__":
    unittest.main()
