"""docs/getting-started.md, "The first hour", followed word by word: a node, three hosts with real node_exporters and disks
of their own, a receiver of notices. One disk fills up; it is seen, told and diagnosed by what is shipped.
"""
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest

import netns
from disk import disk, why_not
from manual_test import machine
from node import program
from page import DOCS, page
from receiver import receiver
from rest import PASSWORD, USER
from waiting import wait_until

PAGE = page("getting-started.md")
HOSTS = ("web1", "web2", "web3")
# Two minutes of a rule's `for` and of rates at the period of 15 s are real time; a busy machine may need more.
PATIENCE_S = 240


class watched_host:
    """node_exporter in a network and with a disk of its own."""

    def __init__(self, space, folder):
        os.mkdir(folder)
        with open(os.path.join(folder, "log"), "wb") as log:
            self.disk = disk(folder, space.prefix, "prometheus-node-exporter", "--log.level=error", log=log)
        self.fill = os.path.join(self.disk.path, "fill")

    def carry_out(self, words):
        """What the page shows on a host; its sizes are those of a real disk."""
        program_name, option, _, path = words
        assert (program_name, option, path) == ("fallocate", "-l", "/var/fill"), words
        about = os.statvfs(self.disk.path)
        with open(self.fill, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, (about.f_bavail - about.f_blocks // 20) * about.f_frsize)

    def clean(self):
        os.remove(self.fill)

    def close(self):
        self.disk.close()


class first_hour(unittest.TestCase):
    def setUp(self):
        if reason := why_not():
            self.skipTest(reason)
        self.folder = tempfile.mkdtemp(prefix="aops-hour-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.net = netns.network("node", *HOSTS, "desk")
        self.addCleanup(self.net.close)
        places = {"192.0.2.10": "node", "192.0.2.11": "web1", "192.0.2.12": "web2", "192.0.2.13": "web3",
                  "192.0.2.20": "desk"}

        def here(text):
            return re.sub(r"192\.0\.2\.\d+", lambda found: self.net[places[found[0]]].address, text)
        self.here = here
        self.desk = os.path.join(self.folder, "desk")
        os.mkdir(self.desk)
        os.symlink(DOCS.parent / "etc", os.path.join(self.desk, "etc"))
        self.node = machine("node", self.net["node"], os.path.join(self.folder, "node"), here)
        self.addCleanup(self.node.close)

    def aops(self, line, code=0):
        words = shlex.split(self.here(line))
        assert words[0] == "aops", line
        if words[1] == "login":
            words += ["--username", USER, "--trust"]  # It would ask.
        env = dict(os.environ, XDG_CONFIG_HOME=self.desk, AOPS_PASSWORD="changeme", AOPS_NEW_PASSWORD=PASSWORD, NO_COLOR="1")
        # A script sees JSON; the page shows what a terminal does.
        done = subprocess.run([*self.net["desk"].prefix, program("aops"), *words[1:]], cwd=self.desk, env=env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
        self.assertEqual(done.returncode, code, f"{line}: {done.stdout}{done.stderr}")
        return done.stdout, done.stderr

    def shows(self, line, pattern, deadline=PATIENCE_S):
        """It is typed until it shows this."""
        return wait_until(lambda: re.search(pattern, self.aops(line + " -o table")[0], re.MULTILINE), deadline,
                          f"{line} shows {pattern}")

    def start_hosts(self):
        self.assertIn("apt install prometheus-node-exporter", PAGE.commands("1. An exporter on every host"))
        self.hosts = {}
        for name in HOSTS:
            self.hosts[name] = watched_host(self.net[name], os.path.join(self.folder, name))
            self.addCleanup(self.hosts[name].close)

    def start_receiver(self):
        space = self.net["desk"]
        self.receiver = space.inside(lambda: receiver(address=space.address, port=9000))
        self.addCleanup(self.receiver.close)

    def start_node(self):
        title = "2. A node"
        (config,) = PAGE.blocks(title, "toml")
        with open(os.path.join(self.node.etc, "aops.toml"), "w", encoding="utf-8") as file:
            file.write(self.node.local(config))
        check, start = (shlex.split(self.node.local(line)) for line in PAGE.commands(title))
        self.node.space.run("nft", "flush", "ruleset")
        self.node.run([program("aops-node"), *check[1:]])
        self.node.start(*start[1:])

    def test_a_full_disk_is_seen_told_and_explained(self):
        self.start_hosts()
        self.start_receiver()
        self.start_node()
        for line in PAGE.commands("3. Log in"):
            self.aops(line)

        *adding, listing = PAGE.commands("4. Hosts")
        for line in adding:
            self.aops(line)
        for name in HOSTS:
            self.shows(listing, rf"{name}\b.*\bonline\b")

        rules, trees, status = PAGE.commands("5. Rules and trees")
        for line in (rules, trees):
            _, told = self.aops(line)
            self.assertNotIn("warning", told.lower(), "what is shipped fits as it is")
        self.shows(status, r"3 online")

        fill, status = PAGE.commands("6. Something goes wrong")
        self.hosts["web2"].carry_out(shlex.split(fill))
        shown = re.search(r"^warning .*$", PAGE.blocks("6. Something goes wrong", "")[0], re.MULTILINE)[0]
        self.assertIn('mountpoint="/var"', shown)
        self.shows(status, r'^warning +web2 +disk_nearly_full\{.*mountpoint="/var"\} ')
        told = wait_until(lambda: self.told("firing"), 30, "the notice")
        self.assertEqual({(x["host_name"], x["labels"]["mountpoint"]) for x in told}, {("web2", "/var")})

        self.diagnose()

        self.hosts["web2"].clean()
        wait_until(lambda: self.told("resolved"), PATIENCE_S, "the notice that it is over")

    def told(self, status):
        return [alert for sent in self.receiver.told(status).values() for _, alert in sent
                if alert["check_item"] == "disk_nearly_full"]

    def diagnose(self):
        diagnosis, reports = PAGE.commands("7. Why")
        text, _ = self.aops(diagnosis + " -o table")
        self.assertRegex(text, r"storage failing")
        text, _ = self.aops(reports + " -o json")
        self.assertIn("storage failing", text)
