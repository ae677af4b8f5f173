"""A node in a private folder, and a fleet for it to watch."""
import http.client
import json
import os
import ssl
import time
import urllib.parse

from measure.process import Child

MUST_CHANGE_PASSWORD = 1204
PASSWORD = "bench-only-8271"
GROUP = "bench"
ITEMS = 20
HOSTS_PER_REQUEST = 1000


class Fleet(Child):
    """Simulated exporters, host k at the address `first` + k."""

    def __init__(self, place, hosts, series=100, blackhole=0, stall=0, first="127.1.0.1"):
        command = [place.program("aops-simfleet"), "--hosts", str(hosts), "--series", str(series), "--first", first,
                   "--blackhole", str(blackhole), "--stall", str(stall)]
        super().__init__(command, place.folder, "simfleet")
        words = dict(word.split("=") for word in self.wait_line("ready ").split()[1:])
        self.port, self.hosts, self.silent = int(words["port"]), hosts, int(words["silent"])
        a, b, c, d = (int(x) for x in first.split("."))
        base = (a << 24) + (b << 16) + (c << 8) + d
        self.addresses = [".".join(str(base + k >> shift & 255) for shift in (24, 16, 8, 0)) for k in range(hosts)]


class Node(Child):
    """aops-node on a data directory of the bench's folder."""

    def __init__(self, place, exporter_port, tls=False, settings=()):
        command = [place.program("aops-node"), "--data-dir", place.data_dir, "--http", "127.0.0.1:0", "--tls",
                   "on" if tls else "off", "--set", f"scrape.port={exporter_port}", "--set",
                   f"scrape.keep_list={place.keep_list}"]
        for setting in settings:
            command += ["--set", setting]
        super().__init__(command, place.folder, "node")
        words = dict(word.split("=", 1) for word in self.wait_line("ready ", 120).split()[1:])
        self.start_s = time.monotonic() - self.began
        self.url = words["http"]
        self.token = ""

    def ask(self, path, body, method="POST", deadline_s=60):
        """The reply as an object; raises unless its code is 200 or 206."""
        reply = self.ask_anything(path, body, method, deadline_s)
        if reply["code"] not in (200, 206):
            raise RuntimeError(f"{path}: {json.dumps(reply)[:500]}")
        return reply

    def ask_anything(self, path, body, method="POST", deadline_s=60):
        connection = self.connect(deadline_s)
        try:
            headers = {"Content-Type": "application/json", "Access-Token": self.token}
            connection.request(method, path, json.dumps(body), headers)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def connect(self, deadline_s):
        where = urllib.parse.urlsplit(self.url)
        if where.scheme == "http":
            return http.client.HTTPConnection(where.hostname, where.port, timeout=deadline_s)
        return http.client.HTTPSConnection(where.hostname, where.port, timeout=deadline_s, context=unverified())

    def log_in(self):
        """As the administrator; changes the password on the first start."""
        reply = self.ask_anything("/manage/account/login", {"username": "admin", "password": PASSWORD})
        if reply["code"] != 200:
            reply = self.ask_anything("/manage/account/login", {"username": "admin", "password": "changeme"})
            if reply["code"] != MUST_CHANGE_PASSWORD:
                raise RuntimeError(f"log-in: {json.dumps(reply)[:500]}")
            self.token = reply["access_token"]
            self.ask("/manage/account/change", {"password": PASSWORD})
            reply = self.ask("/manage/account/login", {"username": "admin", "password": PASSWORD})
        self.token = reply["access_token"]

    def add_hosts(self, addresses):
        """Ids in the order of the addresses."""
        self.ask("/manage/host/group/add", {"host_group_name": GROUP, "description": "simulated"})
        ids = []
        for first in range(0, len(addresses), HOSTS_PER_REQUEST):
            hosts = [{"host_name": f"sim-{first + k}", "host_group_name": GROUP, "public_ip": address, "ssh_port": 22,
                      "management": False, "username": "root", "password": "none", "sudo_password": "none"}
                     for k, address in enumerate(addresses[first:first + HOSTS_PER_REQUEST])]
            ids += self.ask("/manage/host/add", {"host_list": hosts, "key": "bench key"})["host_list"]
        return ids

    def metrics(self):
        """Name with labels → value."""
        connection = self.connect(30)
        try:
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
        finally:
            connection.close()
        found = {}
        for line in text.splitlines():
            if not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                found[name] = float(value)
        return found


def unverified():
    """The node's own certificate is as good as any here."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Place:
    """Where programs are and where a bench may write."""

    def __init__(self, programs, folder, top):
        self.programs, self.folder, self.top = programs, folder, top
        self.data_dir = os.path.join(folder, "data")
        self.keep_list = os.path.join(folder, "keep_list.txt")
        with open(os.path.join(top, "etc/keep_list.txt"), encoding="utf-8") as usual, \
             open(self.keep_list, "w", encoding="utf-8") as out:
            out.write(usual.read() + "".join(f"sim_metric_{k}\n" for k in range(100)))

    def program(self, name):
        path = os.path.join(self.programs, name)
        if not os.access(path, os.X_OK):
            raise RuntimeError(f"{path} is missing: build it first")
        return path

    def rules(self):
        return self._json("fleet_rules.json")

    def trees(self):
        return self._json("fleet_tree.json")

    def _json(self, name):
        with open(os.path.join(self.top, "tools/bench", name), encoding="utf-8") as file:
            return json.load(file)
