"""The live events of runs: clients that are slow, that go, that come back; each sees every event once, in order."""
import os
import pathlib
import socket
import threading
import unittest

from node import node
from rest import parse_events
from run_scene import OPEN, watcher
from waiting import wait_until

RUNNER = pathlib.Path(__file__).with_name("quick_runner.py")
PLAY = [{"hosts": "all", "tasks": [{"ansible.builtin.ping": None}]}]
HOSTS = 4


class streams(unittest.TestCase):
    """Events come from a program that tells them as fast as the node takes them."""

    @classmethod
    def setUpClass(cls):
        cls.node = node("check.sample_period=1h", f"tasks.runner={RUNNER}")
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.api.add_group()
        cls.ids = cls.api.add_hosts(*((f"h{k}", f"127.9.0.{k + 1}", 9100) for k in range(HOSTS)))
        cls.api.good("/manage/account/certificate", {"key": "vault-key"})
        cls.api.good("/manage/template/import", {"template_name": "quick", "template_content": PLAY, "description": ""})
        cls.task = cls.api.good("/manage/task/generate", {"task_name": "quick", "description": "", "template_name": ["quick"],
                                                          "host_list": cls.ids})["task_id"]

    def execute(self, actions):
        body = {"task_list": [self.task], "vars": {"quick_actions": actions}}
        (run,) = self.api.good("/manage/task/execute", body)["execution_id"]
        return run

    def info(self, run):
        (x,) = self.api.good("/manage/task/result/get", {"execution_list": [run]})["executions"]
        return x

    def wait_end(self, run):
        x = wait_until(lambda: (lambda x: x if x["state"] not in OPEN else None)(self.info(run)), 120, "the run ends")
        self.assertEqual(x["state"], "done", x)
        return x

    def open_streams(self):
        text = self.api.send("GET", "/metrics")[2]
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith("aops_sse_streams"))

    def stored(self, run):
        found, last = [], 1
        while len(found) < last:
            page = self.api.good("/manage/task/result/log", {"execution_id": run, "limit": 1000, "after": len(found)})
            self.assertTrue(page["events"])
            found += page["events"]
            last = page["last"]
        return found

    def check(self, seen, run):
        stored = self.stored(run)
        self.assertEqual([x["number"] for x in stored], list(range(1, len(stored) + 1)))
        self.assertEqual(seen.numbers, [x["number"] for x in stored])
        self.assertEqual([data for _, _, data in seen.events], stored)
        self.assertEqual((seen.end["finished"], seen.end["expected"]), (HOSTS, HOSTS))

    def test_a_stream_that_is_cut_again_and_again_goes_on_where_it_was(self):
        run, cuts = self.execute(800), 0
        seen = watcher(run)
        while seen.end is None:
            reply = seen.open(self.api)
            before = len(seen.events)
            for event in parse_events(reply):
                if event[1] is not None:
                    seen.events.append(event)
                if event[0] == "done":
                    seen.end = event[2]
                elif len(seen.events) - before >= 97:
                    cuts += 1
                    break
            seen.socket.close()
            reply.close()
        self.assertGreater(cuts, 20)
        self.wait_end(run)
        self.check(seen, run)

    def test_a_slow_client_misses_nothing_and_keeps_nobody_waiting(self):
        run = self.execute(2500)
        quick, slow = watcher(run), watcher(run)
        reply = slow.open(self.api)  # It reads nothing until the others are through.
        quick.follow(self.api)
        quick.join(120)
        self.wait_end(run)
        self.check(quick, run)
        self.assertGreater(len(quick.events), 2500 * HOSTS)
        slow.take(reply)
        self.check(slow, run)

    def test_clients_that_go_leave_nothing_behind(self):
        # The node notices by and by that those of other tests have gone.
        wait_until(lambda: self.open_streams() == 0, 60, "no stream of others is open")
        run = self.execute(2500)
        stay = watcher(run)
        stay.follow(self.api)

        def come_and_go():
            it = watcher(run)
            reply = it.open(self.api)
            reply.read(2000)
            it.socket.shutdown(socket.SHUT_RDWR)
            reply.close()
        crowd = [threading.Thread(target=come_and_go, daemon=True) for _ in range(20)]
        for x in crowd:
            x.start()
        for x in crowd:
            x.join(60)
        stay.join(120)
        self.wait_end(run)
        self.check(stay, run)
        wait_until(lambda: self.open_streams() == 0, 60, "all streams are closed")
        self.assertEqual(os.listdir(os.path.join(self.node.data, "runs")), [])

    def test_a_run_that_has_ended_is_told_from_any_event_on(self):
        run = self.execute(50)
        last = self.wait_end(run)["events"]
        for after in (0, 1, last - 1, last):
            it = watcher(run)
            it.events = [("event", after, None)] if after else []
            it.take(it.open(self.api))
            self.assertEqual(it.numbers[1 if after else 0:], list(range(after + 1, last + 1)))
            self.assertIsNotNone(it.end)
            # A browser says in the address where to begin, for its first request has no header.
            it = watcher(run, after)
            it.take(it.open(self.api))
            self.assertEqual(it.numbers, list(range(after + 1, last + 1)))


if __name__ == "__main__":
    unittest.main()
