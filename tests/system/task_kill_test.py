"""Owners of runs are killed at random moments, again and again: no host does a step twice unasked, no run is lost.

Five times; twenty times with AOPS_LONG=1. AOPS_SEED=N repeats what a run did whose seed it printed.
"""
import os
import random
import time
import unittest

import lab
from cluster import GONE
from run_scene import OPEN, VAULT_KEY, shared_scene
from waiting import wait_until

KILLS = 20 if os.environ.get("AOPS_LONG") else 5
RUNS_AT_ONCE = 3
MARKS_S = 350  # For all kills, so long a host is waited for that is at work.
LONGEST_S = 6  # Until a kill whose moment has nothing to do with what goes on.
MARKS = ("mark1", "mark2")
# Marks the beginning and the end of this attempt; and that somebody else is at it, for whoever is holds the lock.
MARK = ("( flock -n 9 || echo overlap $AOPS_RUN >>/var/marks; echo begin $AOPS_RUN >>/var/marks; sleep 0.7;"
        " echo end $AOPS_RUN >>/var/marks ) 9>/var/inside")


def play(step):
    return [{"name": step, "hosts": "all", "become": True, "gather_facts": False,
             "tasks": [{"name": "mark", "ansible.builtin.shell": MARK}]}]


@unittest.skipIf(lab.why_not(), lab.why_not())
class kills(shared_scene):
    def setUp(self):
        super().setUp()
        self.on_hosts("rm -f /var/marks /var/inside")
        self.seed = int(os.environ.get("AOPS_SEED") or time.time())
        print(f"seed {self.seed}", flush=True)
        self.chance = random.Random(self.seed)
        self.started, self.repeatable, self.decided = [], {}, {}
        for name in MARKS:
            self.insist("/manage/template/import", {"template_name": name, "template_content": play(name), "description": ""})

    def insist(self, path, body):
        """The reply of whichever node answers well in the end: slots are on their way."""
        def ask():
            try:
                reply = self.cluster.api().post(path, body)
            except GONE:
                return None
            self.assertNotIn(reply["code"], (1000, 1001), (path, reply))
            return reply if reply["code"] in (200, 206) else None
        return wait_until(ask, 60, path, every=0.3)

    # -- runs

    def open_runs(self):
        return self.insist("/manage/task/result/get", {"state": list(OPEN)})["executions"]

    def start_one(self):
        can_repeat = self.chance.random() < 0.5
        hosts = self.chance.sample(sorted(self.ids), self.chance.randint(1, len(self.ids)))
        task = self.insist("/manage/task/generate", {
            "task_name": "marking", "description": "", "template_name": list(MARKS), "host_list": [self.ids[x] for x in hosts],
            "steps": [{"step": x, "enable": True, "idempotent": can_repeat} for x in MARKS]})["task_id"]
        more = {"serial": 1} if self.chance.random() < 0.4 else {}
        self.insist("/manage/account/certificate", {"key": VAULT_KEY})
        (run,) = self.insist("/manage/task/execute", {"task_list": [task]} | more)["execution_id"]
        self.started.append(run)
        self.repeatable[run] = can_repeat

    def all_have_ended(self):
        runs = self.open_runs()
        self.tend(runs)
        return not runs

    def tend(self, runs):
        """What people do: enter the key, decide."""
        if any(x["state"] == "waiting_for_key" for x in runs):
            self.insist("/manage/account/certificate", {"key": VAULT_KEY})
        for x in runs:
            run = x["execution_id"]
            if x["state"] == "interrupted":
                self.assertIs(self.repeatable.get(run, False), False, "only what may not be repeated asks")
                decision = self.decided[run] = self.chance.choice(("again", self.decided.get(run, "skip")))
                try:
                    self.cluster.api().post("/manage/task/resume", {"execution_list": [run], "decision": decision})
                except GONE:
                    pass  # It is looked at again.

    def live_for(self, seconds, is_enough=lambda: False):
        until = time.monotonic() + seconds
        while time.monotonic() < until and not is_enough():
            runs = self.open_runs()
            self.tend(runs)
            if len(runs) < RUNS_AT_ONCE:
                self.start_one()
            time.sleep(0.2)

    # -- the account

    def marks(self, name):
        return [tuple(x.split()) for x in (self.hosts[name].read("/var/marks") or "").splitlines()]

    def check_marks(self):
        """What holds at each moment."""
        for name in self.ids:
            marks = self.marks(name)
            self.assertEqual([x for x in marks if x[0] == "overlap"], [], f"two were at work on {name}")
            self.assertEqual(len(marks), len(set(marks)), f"an attempt was carried out twice on {name}: {marks}")
            begun = {play for what, play in marks if what == "begin"}
            self.assertLessEqual({play for what, play in marks if what == "end"}, begun)

    def check_run(self, run):
        info = self.run_info(run)
        self.assertNotIn(info["state"], OPEN)
        events, units = self.log(run), self.units(run)
        self.assertEqual([x["number"] for x in events], list(range(1, info["events"] + 1)))
        for (step, name), unit in units.items():
            prefix = f"{run}-{MARKS.index(step)}-"
            begun, ended = (sum(x[0] == what and x[1].startswith(prefix) for x in self.marks(name)) for what in ("begin", "end"))
            mine = [x for x in events if x.get("step") == step and x.get("host_id") == unit["host_id"]]
            told = sum(x["type"] == "event" and x.get("action") == "mark" and x["outcome"] == "ok" for x in mine)
            count = {state: sum(x["type"] == "host" and x["state"] == state for x in mine) for state in ("running", "pending", "ok")}
            where = (run, step, name, unit, begun, ended, told, count)
            self.assertGreaterEqual(count["running"], unit["attempts"], where)
            self.assertTrue(told <= ended <= begun <= unit["attempts"], where)
            if unit["state"] == "ok":
                self.assertEqual((count["ok"], told >= 1), (1, True), where)
                # Only attempts that were cut off may have ended without having been told of.
                self.assertLessEqual(ended - told, unit["attempts"] - 1, where)
            if not self.repeatable.get(run, True) and self.decided.get(run) != "again":
                self.assertLessEqual(begun, 1, where)

    def live_until_it_is_time(self, longest):
        """Mostly a moment in which a host is at work; else just any."""
        if self.chance.random() < 0.7:
            before = self.count_marks()
            self.live_for(longest, lambda: self.count_marks() > before)
            self.live_for(self.chance.uniform(0, 1.5))
        else:
            self.live_for(self.chance.uniform(0.5, LONGEST_S))

    def count_marks(self):
        return sum(len(self.marks(x)) for x in self.ids)

    def test_owners_are_killed_at_random_moments(self):
        end = time.monotonic() + MARKS_S
        for k in range(KILLS):
            self.live_until_it_is_time((end - time.monotonic()) / (KILLS - k))
            runs = self.open_runs()
            victim = self.owner_of(self.chance.choice(runs)["execution_id"])[0] if runs else self.cluster.any()
            victim.kill()
            self.live_for(self.chance.uniform(0, 2))
            victim.start()
            self.check_marks()
            print(f"kill {k + 1} of {KILLS}: {victim.name}, {len(runs)} runs open, {len(self.started)} so far, "
                  f"{self.count_marks()} marks", flush=True)
        wait_until(self.all_have_ended, 240, "all runs end", every=0.3)
        self.api = self.cluster.api()
        self.check_marks()
        known = [x["execution_id"] for x in self.api.good("/manage/task/result/get", {})["executions"]]
        self.assertLessEqual(set(self.started), set(known), "no run is lost")
        self.assertEqual(self.cluster.store.rows("select * from run_lock"), [])
        for run in known:
            self.check_run(run)
        states = [self.run_info(x)["state"] for x in self.started]
        again = sum(x["attempts"] > 1 for run in known for x in self.units(run).values())
        print(f"{len(states)} runs: {', '.join(f'{states.count(x)} {x}' for x in sorted(set(states)))}; {again} times a step was begun "
              f"again on a host, {len(self.decided)} decisions", flush=True)
        self.assertIn("done", states)


if __name__ == "__main__":
    unittest.main()
