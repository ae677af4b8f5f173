"""A steady load of explicit checks and diagnosis jobs, and what of it the nodes acknowledged."""
import random
import threading
import time
from collections import Counter, namedtuple
from http.client import HTTPException

accepted = namedtuple("accepted", "task kind expected node at_s")
REQUEST_TIMEOUT_S = 12


class steady_load:
    """Sends jobs to random members until `stop`. Only a broken connection is tried again, elsewhere: whatever a node
    answers with another code than 200 is a refusal, counted and not repeated.

    @param per_second Jobs, of all threads together.
    """

    def __init__(self, cluster, hosts, tree, per_second=4, threads=3, seed=1):
        self.cluster, self.hosts, self.tree = cluster, hosts, tree
        self.pause_s = threads / per_second
        self.lock = threading.Lock()
        self.acknowledged, self.refused, self.broken = [], Counter(), 0
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.work, args=(random.Random(seed * 100 + k),), daemon=True)
                        for k in range(threads)]
        for x in self.threads:
            x.start()

    def work(self, chance):
        next_at = time.monotonic() + chance.random() * self.pause_s
        while not self.stopping.wait(max(0, next_at - time.monotonic())):
            next_at = max(time.monotonic(), next_at + self.pause_s)
            self.send(chance, *self.job(chance))

    def job(self, chance):
        now = int(time.time())
        hosts = chance.sample(self.hosts, min(len(self.hosts), chance.randrange(1, 6)))
        if chance.random() < 0.3:
            return "check", "/check/execute", "expected_result_num", {
                "host_list": hosts, "check_items": [], "time_range": [now - 4, now - 1]}
        return "diag", "/diag/execute", "expected_report_num", {
            "host_list": hosts, "tree_list": [self.tree], "interval": 2, "time_range": [now - 9, now - 1]}

    def send(self, chance, kind, path, count, body):
        while not self.stopping.is_set():
            alive = self.cluster.alive()
            if not alive:
                self.stopping.wait(0.1)
                continue
            it = chance.choice(alive)
            try:
                status, reply = it.client(timeout=REQUEST_TIMEOUT_S).call("POST", path, body)
            except (OSError, ValueError, HTTPException):
                with self.lock:
                    self.broken += 1
                self.stopping.wait(0.05)
                continue
            with self.lock:
                if status == 200 and reply.get("code") == 200:
                    self.acknowledged.append(accepted(reply["task_id"], kind, reply[count], it.name, time.time()))
                else:
                    self.refused[reply.get("code", status)] += 1
            return

    def add(self, kind, reply, node):
        """A job that the test itself started."""
        expected = reply["expected_report_num" if kind == "diag" else "expected_result_num"]
        with self.lock:
            self.acknowledged.append(accepted(reply["task_id"], kind, expected, node, time.time()))
        return reply["task_id"]

    def stop(self):
        """Ends when the requests under way have."""
        self.stopping.set()
        for x in self.threads:
            x.join(2 * REQUEST_TIMEOUT_S)
        assert not any(x.is_alive() for x in self.threads), "a request has no end"

    def told(self):
        with self.lock:
            refused = ", ".join(f"{count} × {code}" for code, count in sorted(self.refused.items(), key=str))
            return f"{len(self.acknowledged)} acknowledged, {self.broken} broken, refused: {refused or 'none'}"
