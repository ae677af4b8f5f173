"""`tools/run` on this machine: starts once, says so the second time, mends what died, stops what it started."""
import json
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import tempfile
import unittest

import lab
from node import die_with_parent
from waiting import wait_until

tools_run = pathlib.Path(__file__).resolve().parents[2] / "tools/run"


def is_gone(pid):
    """Ended, though perhaps not yet reaped by whoever inherited it."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


class run(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="aops-system-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        os.symlink(os.environ["AOPS_BIN"], os.path.join(self.folder, "bin"))
        self.addCleanup(self.tool, "--stop")
        self.place = os.path.join(self.folder, "run")

    def tool(self, *words):
        env = os.environ | {"AOPS_BUILD_DIR": self.folder, "AOPS_NO_BUILD": "1", "AOPS_HTTP": "127.0.0.1:0"}
        # Into a file: a pipe would stay open in what goes on running.
        with tempfile.TemporaryFile("w+") as out:
            code = subprocess.run([tools_run, *words], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                  env=env, timeout=120).returncode
            out.seek(0)
            return code, out.read()

    def started(self, *needed):
        code, text = self.tool()
        self.assertEqual(code, 0, text)
        for part in needed:
            self.assertIn(part, text)
        return text

    def process(self, name):
        with open(os.path.join(self.place, f"{name}.pid")) as file:
            return int(file.read().split()[0])

    def client(self, *words):
        done = subprocess.run([os.path.join(self.place, "aops"), *words, "-o", "json"], capture_output=True, text=True, timeout=60)
        return json.loads(done.stdout) if done.returncode == 0 else {}

    def wait_told(self):
        """What it logs, where it logs to files, and its processes."""
        wait_until(lambda: self.client("topology", "show").get("entities"), 60, "the topology of this machine")
        if os.path.exists("/var/log/dpkg.log"):
            wait_until(lambda: self.client("log", "search", "--last", "1w").get("lines"), 60, "lines of this machine")
        wait_until(lambda: self.traced().get("isSynced") == "SYNCHRONIZED", 60, "what a traced file of this machine says")

    def traced(self):
        """What is known of the one file of this machine that is traced."""
        hosts = self.client("tracing", "status", "this-machine", "--known").get("hostStatus", [])
        return next((file for host in hosts for file in host["syncStatus"]), {})

    def test_it_starts_is_left_alone_is_mended_and_stops(self):
        text = self.started("URL ", "https://127.0.0.1:", "Try:")
        self.assertNotIn("already", text)
        node, exporter, agent = map(self.process, ("node", "exporter", "agent"))
        self.assertEqual(stat.S_IMODE(os.stat(os.path.join(self.place, "password")).st_mode), 0o600)

        commands = [line.split() for line in text.splitlines() if line.startswith("  ")]
        self.assertEqual(len(commands), 6)
        for command in commands:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, (command, done.stderr))
        for secret, pid in (("password", node), ("token", agent), ("token", self.process("shipper")),
                            ("token", self.process("files"))):
            with open(os.path.join(self.place, secret)) as file, open(f"/proc/{pid}/cmdline") as command:
                self.assertNotIn(file.read().strip(), command.read())
        self.wait_told()

        self.started("already running")
        self.assertEqual((self.process("node"), self.process("exporter")), (node, exporter))
        os.kill(exporter, signal.SIGKILL)
        os.kill(node, signal.SIGKILL)
        wait_until(lambda: is_gone(node) and is_gone(exporter), what="the end of both")
        self.started("https://")
        self.assertNotEqual(self.process("node"), node)
        self.assertNotEqual(self.process("agent"), agent, "it tells a node that is not there any more")
        self.wait_told()
        hosts = subprocess.run([os.path.join(self.place, "aops"), "stat", "--action", "count", "--field", "host"],
                               capture_output=True, text=True, timeout=60)
        self.assertIn('"host_count":1', hosts.stdout.replace(" ", ""))

        pids = [self.process(x) for x in ("node", "exporter", "agent", "shipper", "files")]
        code, text = self.tool("--stop")
        self.assertEqual(code, 0, text)
        for pid in pids:
            self.assertTrue(is_gone(pid), pid)
        code, text = self.tool("--stop")
        self.assertEqual((code, "not running" in text), (0, True), text)

    def test_an_unknown_option_is_refused(self):
        code, text = self.tool("--no-such")
        self.assertNotEqual(code, 0)
        self.assertIn("--no-such", text)


@unittest.skipUnless(os.environ.get("AOPS_LONG"), "takes minutes: AOPS_LONG=1")
class demonstrations(unittest.TestCase):
    """What README promises of each, as a newcomer starts it."""

    def assert_tells(self, command, *words, **environment):
        env = dict(os.environ, AOPS_BUILD_DIR=str(pathlib.Path(os.environ["AOPS_BIN"]).parent), AOPS_NO_BUILD="1", **environment)
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, env=env, timeout=560, preexec_fn=die_with_parent, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-4000:])
        for told in words:
            self.assertIn(told, done.stdout)

    def assert_keeps_what_it_promises(self, name, *words):
        self.assert_tells([tools_run, name], *words, "as promised")

    def test_demo(self):
        self.assert_tells([tools_run, "--demo"], "cpu exhausted", "Every core is busy")

    def test_kafka_with_nothing_fetched_before(self):
        with tempfile.TemporaryDirectory() as cache:
            self.assert_tells([tools_run, "--kafka"], '"tree_name":"host_slow"', XDG_CACHE_HOME=cache)

    def test_cluster(self):
        self.assert_tells([tools_run.with_name("cluster-demo")], "killed n", "all is well")

    @unittest.skipIf(lab.why_not(), lab.why_not())
    def test_tasks(self):
        self.assert_keeps_what_it_promises("--tasks", "killed the node", "waiting_for_key", "tried again: h3")

    @unittest.skipIf(lab.why_not(), lab.why_not())
    def test_drift(self):
        self.assert_keeps_what_it_promises("--drift", "/etc/shop/shop.ini", "service down > ")

    def test_prometheus(self):
        self.assert_keeps_what_it_promises("--prometheus", "HostCpuBusy", "root_cause", "cpu exhausted")
