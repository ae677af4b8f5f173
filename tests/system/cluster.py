"""A cluster of real nodes on a real database: private folders and ports, or a network namespace for each.

All processes end with the test. Start members in the main thread: a child dies with the thread that made it.
"""
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from node import die_with_parent, node, program, read_line
from rest import rest
from slow_disk import slow_disk
from slow_path import slow_path
from stores import database, embedded
from waiting import wait_until

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
SLOTS = 256
ROUTINE = ("host-status-changed", "job-ended")
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
GONE = (OSError, AssertionError, ValueError)  # What a request to a node that ends may come to.


class client(rest):
    """As `rest`, to a node that may live in another network namespace."""

    def __init__(self, url, token=None, space=None, timeout=20):
        super().__init__(url, token)
        self.space, self.timeout = space, timeout

    def connection(self, timeout=None):
        link = super().connection(timeout or self.timeout)
        if self.space is not None:
            link._create_connection = lambda *where: self.space.inside(lambda: socket.create_connection(*where))
        return link

    def send(self, method, path, data=None, headers=None, timeout=None):
        return super().send(method, path, data, headers, timeout)


class member(node):
    """A node of the cluster; what tests do to it."""

    def __init__(self, owner, name, space=None, settings=()):
        super().__init__(*settings, start=False, config=owner.config)
        self.owner, self.name, self.space = owner, name, space
        self.skew_s = 0
        self.is_paused = False
        self.id = self.address = None

    def command(self):
        before = list(self.space.prefix) if self.space else []
        if self.owner.disk and not self.owner.store.servers:
            before += ["env", *[f"{name}={value}" for name, value in self.owner.disk.environment().items()]]
        if self.skew_s:
            before += ["env", f"LD_PRELOAD={FAKETIME}", f"FAKETIME={self.skew_s:+d}", "FAKETIME_DONT_FAKE_MONOTONIC=1"]
        where = (self.space.address if self.space else "127.0.0.1") + ":0"
        words = before + super().command() + ["--set", "cluster.listen=" + where]
        for setting in self.owner.settings_of(self):
            words += ["--set", setting]
        others = [x.address for x in self.owner.alive() if x is not self and x.address]
        return words + (["--join", others[0]] if others else [])

    def launch(self):
        """Starts the process; `wait_ready` waits for it."""
        assert self.process is None or self.process.poll() is not None, "it runs already"
        self.is_paused, self.address = False, None
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                                            preexec_fn=die_with_parent)
        return self

    def wait_ready(self, deadline=60):
        line = read_line(self.process, deadline)
        words = dict(word.split("=", 1) for word in line.split()[1:] if "=" in word)
        assert line.startswith("ready ") and "cluster" in words, f"{self.name}: no ready line but {line!r}\n{self.log()}"
        self.id, self.url, self.address = words["node"], words["http"], words["cluster"]
        return self

    def start(self, deadline=60):
        return self.launch().wait_ready(deadline).client()

    def client(self, token="shared", timeout=20):
        return client(self.url, self.owner.token if token == "shared" else token, self.space, timeout)

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def is_alive(self):
        return self.is_running() and not self.is_paused and self.address is not None

    def kill(self):
        self.is_paused = False
        super().kill()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)
        self.is_paused = True

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)
        self.is_paused = False

    def metrics(self):
        """Name with labels → value."""
        _, _, text = self.client().send("GET", "/metrics")
        lines = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, value in lines}

    def cpu_s(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mb(self):
        with open(f"/proc/{self.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


class cluster:
    """Members n1, n2, … on a store of their own.

    @param servers Of the store: 1, or 3 for Galera; 0 for one member with an embedded store.
    @param net A `network` with spaces of the members' names and `db`.
    @param secure Whether links are mutual TLS; with `net` they always are.
    @param config Text of every member's configuration file, beside the settings.
    @param strained Whether there are `disk`, the one the store is on, and `path`, to its server: both can be made slow.
    """

    def __init__(self, count=3, servers=1, settings=(), net=None, secure=False, strained=False, config=""):
        assert not isinstance(settings, str), "a list of settings"
        self.config = config
        self.settings, self.net, self.token, self.certificates = tuple(settings), net, None, None
        self.folder = tempfile.mkdtemp(prefix="aops-cluster-")
        self.members, self.store, self.fleets = [], None, []
        self.disk = self.path = None
        self.chance = random.Random(1)
        try:
            self.store = self.make_store(servers)
            if strained:
                self.strain()
            self.store.start()
            if net or secure:
                self.certificates = authority(os.path.join(self.folder, "ca"))
            self.add()
            if not servers:
                self.store.belongs_to(self.members[0])
            self.token = self.members[0].client(None).first_login().token
            for _ in range(count - 1):
                self.prepare()
            for x in self.members[1:]:
                x.launch()
            for x in self.members[1:]:
                x.wait_ready()
        except BaseException:
            self.close()
            raise

    def make_store(self, servers):
        if servers:
            return database(os.path.join(self.folder, "store"), servers, self.net["db"] if self.net else None)
        return embedded()

    def strain(self):
        self.disk = slow_disk(self.folder)
        for server in self.store.servers:
            server.variables = self.disk.environment()
            self.path = slow_path(("127.0.0.1", server.port))
            self.store.reached_at(self.path.port)

    def prepare(self):
        name = f"n{len(self.members) + 1}"
        self.members.append(member(self, name, self.net[name] if self.net else None, self.settings))
        return self.members[-1]

    def add(self):
        """One member more. It is ready when this returns; slots come a moment later."""
        it = self.prepare()
        it.start()
        return it

    def settings_of(self, it):
        found = self.store.settings(it.space)
        if self.certificates:
            found = found + self.certificates.settings(it)
        return found

    # -- asking

    def alive(self):
        return [x for x in self.members if x.is_alive()]

    def any(self, besides=()):
        return self.chance.choice([x for x in self.alive() if x not in besides])

    def api(self, besides=()):
        return self.any(besides).client()

    def ask(self, path, besides=()):
        """GET of a view from whoever answers."""
        problem = None
        for it in self.alive():
            if it in besides:
                continue
            try:
                status, reply = it.client(timeout=5).call("GET", path)
                if status == 200 and reply.get("code", 200) == 200:
                    return reply
                problem = reply
            except GONE as x:
                problem = x
        raise AssertionError(f"nobody answers {path}: {problem!r}")

    def nodes(self, besides=()):
        return {x["node"]: x for x in self.ask("/cluster/nodes", besides)["nodes"]}

    def slots(self, besides=()):
        return self.ask("/cluster/slots", besides)["slots"]

    def leader(self):
        ids = wait_until(lambda: [x for x, row in self.nodes().items() if row["is_leader"]], 20, "a leader")
        return next(x for x in self.members if x.id == ids[0])

    def owned(self, it):
        return [x["slot"] for x in self.slots() if x["node"] == it.id]

    # -- waiting

    def wait_settled(self, deadline=60, members=None, besides=()):
        """Until each of these (all alive ones) has its share of slots, all have an owner and none is on its way.

        The whole share: between two batches of moves, too, none is on its way.
        """
        members = members if members is not None else [x for x in self.alive() if x not in besides]

        def settled():
            try:
                slots = self.slots(besides)
            except AssertionError:
                return None
            count = {x.id: 0 for x in members}
            for x in slots:
                if x["node"] not in count or x.get("target"):
                    return None
                count[x["node"]] += 1
            return slots if min(count.values()) >= SLOTS // len(members) else None
        return wait_until(settled, deadline, f"{len(members)} nodes share the slots", 0.1)

    def wait_owned_by_alive(self, deadline):
        ids = {x.id for x in self.alive()}
        wait_until(lambda: all(x["node"] in ids for x in self.slots()), deadline, "every slot has an alive owner")

    # -- what it works on

    def add_fleet(self, hosts, series=40):
        """Simulated hosts that every node can reach whatever happens to its links. Returns their ids."""
        spaces = [x.space for x in self.members] if self.net else [None]
        for space in spaces:
            self.add_exporters(hosts, series, space)
        api = self.api()
        api.add_group()
        rows = [(f"h{k}", address, self.fleets[0].port) for k, address in enumerate(self.fleets[0].addresses)]
        ids = []
        for begin in range(0, hosts, 1000):
            ids += api.add_hosts(*rows[begin:begin + 1000])
        return ids

    def add_exporters(self, hosts, series=40, space=None):
        # In a namespace every port is free, so all namespaces serve the fleet at the same one.
        self.fleets.append(fleet(self.folder, hosts, series, 9100 if space else 0, space))

    def close(self):
        for x in self.members:
            x.close()
        for x in self.fleets:
            x.close()
        for x in (self.store, self.path, self.disk):
            if x is not None:
                x.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def logs(self, lines=40):
        """The last lines of each member's log, without those that every host and job writes."""
        def of(it):
            found = [x for x in it.log(5000).splitlines() if not any(f" {event} " in x for event in ROUTINE)]
            return "\n".join(found[-lines:])
        return "\n".join(f"--- {x.name} {x.id}\n{of(x)}" for x in self.members)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class fleet:
    """aops-simfleet: host k at the address 127.1.0.1 + k."""

    def __init__(self, folder, hosts, series, port, space):
        command = (list(space.prefix) if space else []) + [
            program("aops-simfleet"), "--hosts", str(hosts), "--series", str(series), "--port", str(port)]
        with open(os.path.join(folder, "fleet.log"), "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                                            preexec_fn=die_with_parent)
        line = read_line(self.process, 30)
        assert line.startswith("ready "), f"aops-simfleet says {line!r}"
        self.port = int(dict(word.split("=") for word in line.split()[1:])["port"])
        base = (127 << 24) + (1 << 16) + 1
        self.addresses = [".".join(str(base + k >> shift & 255) for shift in (24, 16, 8, 0)) for k in range(hosts)]

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class authority:
    """A private CA for the links, made by openssl as anyone might; off loopback nodes insist on one."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder)
        self.openssl("req", "-x509", *NEW_KEY, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=drill", "-days", "2",
                     "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def openssl(self, *words):
        done = subprocess.run(["openssl", *words], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=30)
        assert done.returncode == 0, f"openssl {' '.join(words)}: {done.stdout.decode()}"

    def issue(self, name, address):
        with open(os.path.join(self.folder, name + ".ext"), "w") as file:
            file.write(f"subjectAltName=DNS:{name},IP:{address}\nextendedKeyUsage=serverAuth,clientAuth\n")
        self.openssl("req", *NEW_KEY, "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name)
        self.openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                     "-days", "2", "-extfile", name + ".ext", "-out", name + ".crt")
        os.chmod(os.path.join(self.folder, name + ".key"), 0o600)

    def settings(self, it):
        name = os.path.join(self.folder, it.name)
        if not os.path.exists(name + ".crt"):
            self.issue(it.name, it.space.address if it.space else "127.0.0.1")
        return [f"cluster.certificate={name}.crt", f"cluster.key={name}.key", f"cluster.ca={self.folder}/ca.crt"]
