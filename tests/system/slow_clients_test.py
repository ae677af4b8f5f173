"""Clients that dribble and clients that send rubbish do not keep others waiting, over HTTP and HTTPS."""
import json
import pathlib
import statistics
import subprocess
import sys
import time
import unittest
import urllib.parse

from node import die_with_parent, node
from waiting import wait_until

DRIBBLERS, RUBBISH, ASKED = 100, 1000, 200
# What is promised on a machine that does nothing else; tools/bench measures that. Here others work too, so the same
# requests without those clients count as well.
PROMISED_S = 0.05


class crowd:
    """Those clients, in a process of their own."""

    def __init__(self, url):
        where = urllib.parse.urlsplit(url)
        program = pathlib.Path(__file__).with_name("slow_clients.py")
        self.process = subprocess.Popen([sys.executable, str(program), where.hostname, str(where.port), str(DRIBBLERS),
                                         str(RUBBISH), *(["tls"] if where.scheme == "https" else [])],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        preexec_fn=die_with_parent)

    def __enter__(self):
        assert self.process.stdout.readline() == "open\n"
        return self

    def end(self):
        """What they did."""
        return json.loads(self.process.communicate(timeout=30)[0])

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class over_http(unittest.TestCase):
    TLS = False

    def setUp(self):
        self.node = node(tls=self.TLS)
        self.addCleanup(self.node.close)
        self.api = self.node.admin()

    def times(self):
        """Of requests on connections of their own, in seconds."""
        out = []
        for _ in range(ASKED):
            began = time.monotonic()
            self.assertEqual(self.api.post("/manage/host/count")["code"], 200)
            out.append(time.monotonic() - began)
        return sorted(out)

    def open_files(self):
        text = self.api.send("GET", "/metrics")[2]
        return next(float(line.split()[1]) for line in text.splitlines() if line.startswith("process_open_fds "))

    def test_who_asks_properly_is_answered_at_once(self):
        alone, files = self.times(), self.open_files()
        with crowd(self.node.url) as others:
            beside = self.times()
            did = others.end()
        self.assertGreaterEqual(did["rubbish"], RUBBISH)
        self.assertGreater(did["dribbles"], DRIBBLERS)
        for what, of in (("median", statistics.median), ("p99", lambda x: x[len(x) * 99 // 100])):
            self.assertLess(of(beside), PROMISED_S + 20 * of(alone),
                            f"{what}: {of(alone) * 1000:.1f} ms alone, {of(beside) * 1000:.1f} ms beside them")
        wait_until(lambda: self.open_files() < files + 20, 30, "they are all gone")


class over_https(over_http):
    TLS = True


if __name__ == "__main__":
    unittest.main()
