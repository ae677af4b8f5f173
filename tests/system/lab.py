"""Test hosts on this machine: real Debian systems with systemd, sshd and users of their own, each in namespaces.

    with lab(6) as hosts:
        hosts["h1"].run("systemctl", "is-active", "ssh")

Each has an address that this machine reaches and no other does. All share one read-only system (`lab_tree`); what a host
changes is kept in memory, until the lab is closed or its process ends, in whatever way. Packages of `lab_packages.txt`
are installed without a network.
"""
import ipaddress
import json
import os
import secrets
import shutil
import socket
import stat
import subprocess

import lab_tree
import netns
from node import die_with_parent, read_line
from waiting import wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
NETWORKS = [ipaddress.ip_network(f"10.78.{k}.0/24") for k in range(1, 250)]
SSH_PORT = 22
# How one logs in and becomes root, host by host: password or key; then sudo with one's own password, sudo with that of
# root, su, sudo without any.
KINDS = [("password", "sudo"), ("password", "sudo-root"), ("password", "su"), ("key", "sudo-free"), ("key", "sudo"),
         ("password", "sudo")]
SUDOERS = {"sudo": "{0} ALL=(ALL) ALL\n", "sudo-root": "Defaults:{0} rootpw\n{0} ALL=(ALL) ALL\n",
           "sudo-free": "{0} ALL=(ALL) NOPASSWD: ALL\n", "su": ""}
SSHD = "UseDNS no\nPrintMotd no\nMaxStartups 100\nMaxSessions 100\nPasswordAuthentication {}\n"
# Whatever quotes a password badly fails.
AWKWARD = " '\"$x`%#\\{{"


def why_not():
    """Why this machine can have no test hosts; empty when it can."""
    for name in ("mmdebstrap", "ssh-keygen", "dpkg-scanpackages", "setpriv"):
        if netns.why_not() == "" and not shutil.which(name):
            return f"{name} is missing"
    return netns.why_not()


def hashed(password):
    done = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=password.encode(), stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().strip()


def new_key(path, comment):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path], stdin=subprocess.DEVNULL,
                   check=True)


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)


class host:
    """One test host. `password` or `key_file` logs `user` in; `become` (sudo or su) with `become_password` makes him root."""

    def __init__(self, owner, name, number):
        self.lab, self.name, self.space = owner, name, owner.net[name]
        self.address, self.port = self.space.address, SSH_PORT
        self.login, self.how = KINDS[number % len(KINDS)]
        self.become = "su" if self.how == "su" else "sudo"
        self.user = f"ops{number + 1}"
        self.root_password = secrets.token_urlsafe(12) + (AWKWARD if self.how == "sudo-root" else "")
        self.password = secrets.token_urlsafe(12) + (AWKWARD if self.how == "sudo-root" else "")
        self.become_password = {"sudo": self.password, "sudo-free": None}.get(self.how, self.root_password)
        self.key_file = None
        self.place = f"/mnt/{name}"
        self.changed = owner.kept(f"{self.place}/changed")
        self.process = self.init = None
        self.log_file = os.path.join(owner.folder, name + ".log")
        self.prepare()

    # -- before it starts

    def prepare(self):
        etc = self.changed + "/etc"
        write(etc + "/hostname", self.name + "\n")
        write(etc + "/hosts", "127.0.0.1 localhost\n" + "".join(f"{x.address} {n}\n" for n, x in self.lab.net.spaces.items()))
        write(etc + "/machine-id", secrets.token_hex(16) + "\n", 0o444)
        write(etc + "/ssh/sshd_config.d/lab.conf", SSHD.format("yes" if self.login == "password" else "no"))
        write(etc + f"/sudoers.d/{self.user}", SUDOERS[self.how].format(self.user), 0o440)
        new_key(etc + "/ssh/ssh_host_ed25519_key", self.name)
        self.hide("/usr/bin/lsattr")
        self.add_user(etc)

    def hide(self, path):
        """The shared system is on a disk with attributes that memory, where changes go, does not have: Ansible's backups would
        fail to copy them.
        """
        os.makedirs(os.path.dirname(self.changed + path), exist_ok=True)
        os.mknod(self.changed + path, stat.S_IFCHR | 0o600, os.makedev(0, 0))  # As overlayfs marks what is deleted.

    def add_user(self, etc):
        uid = 1500 + int(self.user.removeprefix("ops"))
        with open(self.lab.tree.folder + "/etc/shadow", encoding="utf-8") as file:
            shadow = [line for line in file.read().splitlines() if not line.startswith("root:")]
        shadow += [f"root:{hashed(self.root_password)}:19000:0:99999:7:::",
                   f"{self.user}:{hashed(self.password)}:19000:0:99999:7:::"]
        for name, line in (("passwd", f"{self.user}:x:{uid}:{uid}::/home/{self.user}:/bin/bash"), ("group", f"{self.user}:x:{uid}:")):
            with open(f"{self.lab.tree.folder}/etc/{name}", encoding="utf-8") as file:
                write(f"{etc}/{name}", file.read() + line + "\n")
        write(etc + "/shadow", "\n".join(shadow) + "\n", 0o640)
        home = f"{self.changed}/home/{self.user}"
        os.makedirs(home + "/.ssh", mode=0o700)
        if self.login == "key":
            self.key_file = os.path.join(self.lab.folder, self.name + ".key")
            new_key(self.key_file, self.user)
            shutil.copy(self.key_file + ".pub", home + "/.ssh/authorized_keys")
        for folder, _, files in os.walk(home):
            for path in (folder, *(os.path.join(folder, x) for x in files)):
                os.chown(path, uid, uid)

    # -- its life

    def launch(self):
        """Starts it without waiting; what it changed before it died is there again."""
        assert self.init is None, "it runs already"
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                ["nsenter", "--net=" + self.space.path, f"--mount=/proc/{self.lab.keeper.pid}/ns/mnt", "--",
                 "unshare", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "sh", HERE + "/lab_boot.sh",
                 self.lab.tree.folder, self.place, self.name, f"{self.lab.cgroup}/{self.name}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent)

    def wait(self, deadline=120):
        """Until its sshd answers."""
        wait_until(lambda: self.answers() or self.process.poll() is not None, deadline, f"sshd of {self.name}")
        with open(self.log_file, encoding="utf-8", errors="replace") as log:
            assert self.process.poll() is None, f"{self.name} does not start: {log.read()[-2000:]}"
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as children:
            self.init = int(children.read())

    def start(self):
        self.launch()
        self.wait()

    def answers(self):
        try:
            with socket.create_connection((self.address, self.port), 1) as link:
                return link.recv(4) == b"SSH-"
        except OSError:
            return False

    def kill(self):
        """It dies at once: connections break, and nobody listens."""
        self.process.kill()  # Its child, which is process 1 there, dies with it.
        self.process.wait()
        if self.init:
            wait_until(lambda: not os.path.exists(f"/proc/{self.init}"), 20, f"{self.name} is dead")
        self.init = None

    def power_off(self):
        """It dies without a word: whoever talks to it hears nothing more. `power_on` ends that."""
        self.lab.net.isolate(self.name)
        self.kill()

    def power_on(self):
        self.lab.net.heal(self.name)
        self.start()

    # -- from inside

    @property
    def prefix(self):
        """Before a command, runs it there as root, whatever becomes of the network."""
        return ["nsenter", "--target", str(self.init), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root",
                "--wd", "--", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"]

    def run(self, *words, code=0, text=None, timeout=120):
        """What a command prints there. `code`: how it must end; None: anyhow."""
        done = subprocess.run(self.prefix + list(words), input=(text or "").encode(), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=timeout)
        printed = done.stdout.decode(errors="replace")
        assert code is None or done.returncode == code, f"{self.name}: {' '.join(words)}: {done.returncode}: {printed}"
        return printed

    def read(self, path):
        """A file there; None when there is none."""
        try:
            with open(f"/proc/{self.init}/root{path}", encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return None

    @property
    def host_key(self):
        """Its public key, as in a file of known hosts."""
        with open(self.changed + "/etc/ssh/ssh_host_ed25519_key.pub", encoding="ascii") as file:
            return " ".join(file.read().split()[:2])

    def change_host_key(self):
        """As if somebody else sat at its address, until `restore_host_key`."""
        self.run("sh", "-c", "cd /etc/ssh && mkdir -p first && cp -n ssh_host_ed25519_key* first && rm ssh_host_ed25519_key* &&"
                 " ssh-keygen -q -t ed25519 -N '' -f ssh_host_ed25519_key && systemctl restart ssh")
        wait_until(self.answers, 20, "sshd with its new key")

    def restore_host_key(self):
        self.run("sh", "-c", "cp -a /etc/ssh/first/* /etc/ssh && systemctl restart ssh")
        wait_until(self.answers, 20, "sshd with its first key")

    def facts(self):
        """Who may enter, for whoever adds the host. Secrets among them."""
        key = None
        if self.key_file:
            with open(self.key_file, encoding="ascii") as file:
                key = file.read()
        return {"name": self.name, "address": self.address, "port": self.port, "user": self.user, "login": self.login,
                "password": self.password if self.login == "password" else None, "key": key, "become": self.become,
                "become_password": self.become_password, "host_key": self.host_key}


class lab:
    """Hosts `h1`, `h2`, … by name, all started. `nobody` is an address in their network where no host is."""

    def __init__(self, count=len(KINDS), start=True):
        self.hosts, self.net, self.keeper, self.number = {}, None, None, None
        self.tree = lab_tree.tree()
        try:
            self.start_keeper()
            self.take_network()
            names = [f"h{k + 1}" for k in range(count)]
            self.net = netns.network(*names, prefix=str(self.subnet.network_address)[:-1])
            self.connect()
            for number, name in enumerate(names):
                self.hosts[name] = host(self, name, number)
            if start:
                self.start()
        except BaseException:
            self.close()
            raise

    def take_network(self):
        """One that nothing on this machine uses; a name that ends with this process keeps other labs from it."""
        routes = json.loads(subprocess.run(["ip", "-json", "-4", "route", "show", "table", "all"], check=True,
                                           stdout=subprocess.PIPE).stdout)
        used = [ipaddress.ip_network(x["dst"], strict=False) for x in routes if x["dst"] != "default"]
        for number, network in enumerate(NETWORKS):
            claim = socket.socket(socket.AF_UNIX)
            try:
                claim.bind(f"\0aops-lab-{number}")
            except OSError:
                claim.close()
                continue
            if any(network.overlaps(x) for x in used):
                claim.close()
                continue
            self.claim, self.number, self.subnet = claim, number, network
            self.nobody = str(network.network_address + 250)
            self.gate = str(network.network_address + 254)
            return
        raise AssertionError("no private network is free")

    def connect(self):
        """A wire from this machine to the bridge. It is gone with the bridge's namespace."""
        wire = f"aopslab{self.number}"
        self.net.hub.run("ip", "link", "add", "uplink", "type", "veth", "peer", "name", wire, "netns", str(os.getpid()))
        self.net.hub.run("ip", "link", "set", "uplink", "master", "bridge", "up")
        for words in (["addr", "add", f"{self.gate}/24", "dev", wire], ["link", "set", wire, "up"]):
            subprocess.run(["ip", *words], check=True, stdin=subprocess.DEVNULL, timeout=20)

    def start_keeper(self):
        # Not a child that dies with us: it sees the end of its input, and cleans up.
        self.keeper = subprocess.Popen(["unshare", "--mount", "python3", "-B", HERE + "/lab_keeper.py"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, start_new_session=True)
        words = read_line(self.keeper, 20).split()
        assert words[:1] == ["ready"], "the keeper of the lab does not start"
        self.cgroup = words[1]
        self.folder = self.kept("/mnt")

    def kept(self, path):
        """A path of the keeper's memory, from here."""
        return f"/proc/{self.keeper.pid}/root{path}"

    def start(self):
        for each in self.hosts.values():
            each.launch()
        for each in self.hosts.values():
            each.wait()

    def __getitem__(self, name):
        return self.hosts[name]

    def __iter__(self):
        return iter(self.hosts.values())

    def slow(self, name, delay_ms):
        """Packets of this host are late by so much, each way."""
        self.net.slow(name, delay_ms)

    def known_hosts(self):
        """The text of a file of known hosts, with the keys as they are now."""
        return "".join(f"{x.address} {x.host_key}\n" for x in self)

    def close(self):
        for each in self.hosts.values():
            if each.process is not None and each.process.poll() is None:
                each.process.kill()
        for each in self.hosts.values():
            if each.process is not None:
                each.process.wait()
        if self.keeper is not None:
            self.keeper.stdin.close()
            self.keeper.wait(60)
            self.keeper.stdout.close()
        if self.net is not None:
            self.net.close()
        if self.number is not None:
            # The kernel takes its time with namespaces.
            subprocess.run(["ip", "link", "delete", f"aopslab{self.number}"], stdin=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=False, timeout=20)
            self.claim.close()
        self.tree.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
