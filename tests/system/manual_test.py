"""docs/cluster.md, followed step by step: three machines and a database server, each a network namespace.

Every command and every file the page shows is taken from the page; a new one that this test cannot follow fails it.
"""
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest

import mariadb
import netns
from cluster import SLOTS, client
from node import die_with_parent, program, read_line
from page import page
from rest import PASSWORD, USER
from waiting import wait_until

PAGE = page("cluster.md")
NODES = ("node1", "node2", "node3")
# All but new connections; the page says which of those are to be let in.
FIREWALL = """table inet filter {
  chain input {
    type filter hook input priority 1; policy drop;
    iifname "lo" accept
    tcp flags & (syn | ack) != syn accept
    meta l4proto != tcp accept
  }
}"""


def files(title):
    return PAGE.blocks(title, "toml")


class machine:
    """One of the page's nodes: its folders, its network, its node."""

    def __init__(self, name, space, folder, here):
        self.name, self.space, self.here = name, space, here
        self.etc, self.data = os.path.join(folder, "etc"), os.path.join(folder, "lib")
        os.makedirs(os.path.join(self.etc, "cluster"))
        self.log_file = os.path.join(folder, "log")
        self.process = None
        space.run("nft", "-f", "-", text=FIREWALL)

    def local(self, text):
        """The page's paths and addresses, as they are here."""
        return self.here(text).replace("/etc/aops", self.etc).replace("/var/lib/aops", self.data)

    def run(self, words, code=0):
        done = subprocess.run([*self.space.prefix, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60)
        assert done.returncode == code, f"{self.name}: {words} ended with {done.returncode}: {done.stdout}"
        return done.stdout

    def start(self, *words):
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen([*self.space.prefix, program("aops-node"), *words], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=log, preexec_fn=die_with_parent)
        line = read_line(self.process, 60)
        with open(self.log_file, errors="replace") as log:
            assert line.startswith("ready "), f"{self.name}: {line!r}\n{log.read()[-3000:]}"
        ready = dict(word.split("=", 1) for word in line.split()[1:])
        self.id, self.url = ready["node"], ready["http"]
        return ready

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        code = self.process.wait(30)
        self.process.stdout.close()
        self.process = None
        assert code == 0, f"{self.name} ended with {code}"

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()


@unittest.skipIf(netns.why_not(), netns.why_not())
class from_one_node_to_three(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="aops-manual-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.net = netns.network(*NODES, "db", "desk")
        self.addCleanup(self.net.close)
        addresses = {f"192.0.2.1{k + 1}": self.net[name].address for k, name in enumerate(NODES)}
        addresses |= {"192.0.2.20": self.net["db"].address, "192.0.2.%": netns.PREFIX + "%"}

        def here(text):
            for shown, real in addresses.items():
                text = text.replace(shown, real)
            return text
        self.here = here
        self.machines = {}
        for name in NODES:
            self.machines[name] = machine(name, self.net[name], os.path.join(self.folder, name), here)
            self.addCleanup(self.machines[name].close)
        self.desk = os.path.join(self.folder, "desk")
        os.mkdir(self.desk)

    # -- who carries out what the page shows

    def aops(self, line):
        """A command at the operator's desk."""
        words = shlex.split(self.here(line))
        assert words[0] == "aops", line
        if words[1] == "login":
            words += ["--username", USER, "--trust"]  # It would ask.
        if words[1:3] in (["cluster", "nodes"], ["cluster", "slots"], ["cluster", "tree"]):
            words += ["-o", "table"]  # As at a terminal.
        env = dict(os.environ, XDG_CONFIG_HOME=self.desk, AOPS_PASSWORD=PASSWORD, NO_COLOR="1")
        done = subprocess.run([*self.net["desk"].prefix, program("aops"), *words[1:]], cwd=self.desk, env=env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=60)
        self.assertEqual(done.returncode, 0, f"{line}: {done.stdout}")
        return done.stdout

    def shows(self, line, holds, deadline=30):
        """It is typed until it shows what it should."""
        return wait_until(lambda: (lambda text: text if holds(text) else None)(self.aops(line)), deadline, f"{line} shows it")

    def start_database(self):
        place = os.path.join(self.folder, "db")
        os.mkdir(place)
        space = self.net["db"]
        self.db = mariadb.server(place, ["--port=3306", "--bind-address=0.0.0.0"])
        self.addCleanup(lambda: self.db.kill())
        space.inside(self.db.start)

    def carry_out_the_database(self):
        for line in PAGE.commands("1. The database"):
            if line.startswith("mariadb "):
                self.db.sql(self.here(shlex.split(line)[2]))
            elif line.startswith("install "):
                for it in self.machines.values():
                    it.run(["bash", "-c", it.local(line).replace("-o aops -g aops ", "")])
            else:
                self.fail(f"how is this done? {line}")

    def carry_out_certificates(self):
        for line in PAGE.commands("2. Certificates of the links"):
            self.aops(line)
        for it in self.machines.values():
            for name in (f"{it.name}.pem", f"{it.name}.key", "ca.pem", "crl.pem"):
                shutil.copy2(os.path.join(self.desk, "aops-ca", name), os.path.join(it.etc, "cluster"))

    def write_config(self, it, *texts):
        """node1's file; the others' with their own names."""
        first = self.machines["node1"]
        text = "\n".join(texts)
        if it is not first:
            text = text.replace("node1", it.name).replace("192.0.2.11", "192.0.2.1" + it.name[-1])
        with open(os.path.join(it.etc, "aops.toml"), "w", encoding="utf-8") as file:
            file.write(it.local(text))

    def carry_out(self, it, line):
        """On the machine of a node. Returns what was printed, or the ready line's words."""
        words = shlex.split(it.local(line))
        if words[0] == "aops-node":
            return it.run([program("aops-node"), *words[1:]])
        if words == ["systemctl", "stop", "aops-node"]:
            return it.stop()
        if words == ["systemctl", "start", "aops-node"]:
            return it.start("--config", os.path.join(it.etc, "aops.toml"))
        if words == ["systemctl", "restart", "aops-node"]:
            it.stop()
            return it.start("--config", os.path.join(it.etc, "aops.toml"))
        return self.fail(f"how is this done? {line}")

    # -- the page

    def test_the_page_leads_from_one_node_to_three_and_back_to_rest(self):
        one, two, three = self.machines.values()
        self.begin_with_one_node(one)
        for it in self.machines.values():
            for line in PAGE.commands("What has to be reachable"):
                it.space.run(*shlex.split(self.here(line).replace("{", "'{").replace("}", "}'")))
        self.start_database()
        self.carry_out_the_database()
        self.carry_out_certificates()

        (store,) = files("3. Move the store")
        self.write_config(one, store)
        stop, migrate = PAGE.commands("3. Move the store")
        self.carry_out(one, stop)
        self.assertIn("host", self.carry_out(one, migrate))

        (rest_of_it,) = files("4. The first node")
        check, start, *looks = PAGE.commands("4. The first node")
        self.write_config(one, store, rest_of_it)
        self.carry_out(one, check)
        self.assertEqual(self.carry_out(one, start)["cluster"], f"{one.space.address}:11112")
        login, nodes, slots = looks
        self.aops(login)
        self.shows(nodes, lambda text: re.search(rf"alive +\| +epoch \d+ +\| +{SLOTS} ", text))
        self.assertNotIn("nobody", self.aops(slots))

        (start, watch) = PAGE.commands("5. Two more")
        for it in (two, three):
            self.write_config(it, store, rest_of_it)
            self.carry_out(it, start)
        nodes = watch.replace(" --watch", "")
        self.wait_for_thirds(nodes)
        self.assertIn("cluster/membership", self.aops("aops cluster tree"))
        urls = re.search(r"aops login --url\n(https://\S+?)`", PAGE.section("5. Two more"))
        self.aops(f"aops login --url {urls[1]}")
        self.assertEqual(self.hosts_of(three), ["kept"], "the host came along, and any node knows it")

        drain, restart, look = PAGE.commands("Upgrades and restarts")
        self.aops(drain.replace("018e4c0b", two.id))
        where, restart = re.fullmatch(r"ssh (\S+) (.*)", restart).groups()
        self.carry_out(self.machines[where], restart)
        self.wait_for_thirds(look)

        self.revoke("node2", nodes)

    def begin_with_one_node(self, one):
        """SQLite, as `tools/run` leaves it."""
        one.start("--data-dir", one.data, "--http", f"{one.space.address}:11111")
        api = client(one.url, space=one.space).first_login()
        api.add_group()
        api.add_hosts(("kept", "127.0.0.1", 9))

    def hosts_of(self, it):
        api = client(it.url, space=it.space)
        api.login(PASSWORD)
        return [row["host_name"] for row in api.good("/manage/host/get", {"host_group_list": []})["host_infos"]]

    def wait_for_thirds(self, look):
        def is_shared(text):
            rows = re.findall(r"alive +\|(?: epoch \d+)? +\| +(\d+) ", text)
            return sorted(map(int, rows)) == [85, 85, 86]
        self.shows(look, is_shared)

    def revoke(self, name, nodes):
        """The links of a machine that is not trusted any more end; the others stay as they are."""
        (line,) = re.findall(rf"`(aops cluster ca revoke {name})`", PAGE.section("Upgrades and restarts"))
        self.aops(line)
        for it in self.machines.values():
            new = os.path.join(it.etc, "cluster", "crl.pem.new")
            shutil.copy2(os.path.join(self.desk, "aops-ca", "crl.pem"), new)
            os.rename(new, new.removesuffix(".new"))
        self.aops(f"aops login --url https://{self.machines['node1'].space.address}:11111")
        self.shows(nodes, lambda text: len(re.findall(r"\| suspect ", text)) == 1)
        self.machines[name].stop()
        self.shows(nodes, lambda text: sorted(map(int, re.findall(r"alive +\|(?: epoch \d+)? +\| +(\d+) ", text)))
                   == [128, 128])
