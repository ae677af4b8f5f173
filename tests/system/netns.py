"""Network namespaces on one bridge, for nodes on machines of their own: links that are cut, slow or down.

A namespace lives as long as the process that holds it, and that dies with the test: nothing is left behind, whatever
happens. Names and addresses are private to the namespaces, so several runs do not notice each other.
"""
import ctypes
import os
import subprocess
import sys

from node import die_with_parent, libc, read_line

CLONE_NEWNET = 0x40000000
HOME = os.open("/proc/self/ns/net", os.O_RDONLY)
PREFIX = "10.77.0."


def why_not():
    """Why this machine cannot have namespaces; empty when it can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    tried = subprocess.run(["unshare", "--net", "nft", "add", "table", "inet", "probe"], stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20)
    return "" if tried.returncode == 0 else "no network namespaces here: " + tried.stdout.decode().strip()


class namespace:
    """One machine's network. `prefix` before a command runs it there; `inside` makes a socket there."""

    def __init__(self, name, number=None, prefix=PREFIX):
        self.name = name
        self.address = f"{prefix}{number}" if number else None
        self.mac = f"02:00:0a:4d:00:{number:02x}" if number else None
        # The holder says when it is inside: before that its namespace is still ours.
        self.holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo inside && exec sleep infinity"],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, preexec_fn=die_with_parent)
        assert read_line(self.holder, 20) == "inside\n", "unshare --net failed"
        self.path = f"/proc/{self.holder.pid}/ns/net"
        self.handle = os.open(self.path, os.O_RDONLY)
        self.prefix = ["nsenter", "--net=" + self.path, "--"]
        self.run("ip", "link", "set", "lo", "up")

    def run(self, *words, text=None):
        done = subprocess.run(self.prefix + list(words), input=(text or "").encode(), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=20)
        assert done.returncode == 0, f"{self.name}: {' '.join(words)}: {done.stdout.decode()}"
        return done.stdout.decode()

    def inside(self, make):
        """What `make()` returns, called there. A socket stays where it was made; other threads do not notice."""
        enter(self.handle)
        try:
            return make()
        finally:
            enter(HOME)

    def close(self):
        os.close(self.handle)
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()


def enter(handle):
    if libc.setns(handle, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class network:
    """Namespaces by name, all on one bridge, each with the interface `eth0` and an address of its own."""

    def __init__(self, *names, prefix=PREFIX):
        self.prefix, self.spaces, self.wires, self.hub = prefix, {}, {}, None
        try:
            self.hub = namespace("hub")
            self.hub.run("ip", "link", "add", "bridge", "type", "bridge")
            self.hub.run("ip", "link", "set", "bridge", "up")
            for name in names:
                self.add(name)
        except BaseException:
            self.close()
            raise

    def __getitem__(self, name):
        return self.spaces[name]

    def add(self, name):
        number = len(self.spaces) + 1
        space = self.spaces[name] = namespace(name, number, self.prefix)
        self.hub.run("ip", "link", "add", f"port{number}", "type", "veth", "peer", "name", "eth0", "address", space.mac,
                     "netns", str(space.holder.pid))
        self.hub.run("ip", "link", "set", f"port{number}", "master", "bridge", "up")
        space.run("ip", "addr", "add", space.address + "/24", "dev", "eth0")
        space.run("ip", "link", "set", "eth0", "up")
        space.run("nft", "-f", "-", text="table inet drill {\n"
                  "chain in { type filter hook input priority 0; }\nchain out { type filter hook output priority 0; }\n}")
        return space

    # -- faults

    def cut(self, source, target):
        """One way: what `source` sends to `target` is lost at its door."""
        self.spaces[target].run("nft", "add", "rule", "inet", "drill", "in", "ip", "saddr",
                                self.spaces[source].address, "drop")

    def cut_both_ways(self, one, other):
        self.cut(one, other)
        self.cut(other, one)

    def deafen(self, name):
        """One way: nothing reaches it any more."""
        self.spaces[name].run("nft", "add", "rule", "inet", "drill", "in", "iifname", "!=", "lo", "drop")

    def mute(self, name):
        """One way: nothing leaves it any more."""
        self.spaces[name].run("nft", "add", "rule", "inet", "drill", "out", "oifname", "!=", "lo", "drop")

    def isolate(self, name):
        self.deafen(name)
        self.mute(name)

    def pull_plug(self, name):
        """The interface is down: senders are told so."""
        self.spaces[name].run("ip", "link", "set", "eth0", "down")

    def slow(self, name, delay_ms, mbit=0):
        """All its packets are late by so much, each way, and at most so many come through (0: all)."""
        space, number = self.spaces[name], self.number(name)
        assert name not in self.wires, "it is slow already"
        self.wires[name] = subprocess.Popen(
            [sys.executable, "-B", os.path.join(os.path.dirname(os.path.abspath(__file__)), "wire.py"), space.path, "slow0",
             self.hub.path, f"slow{number}", str(delay_ms), str(mbit)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            preexec_fn=die_with_parent)
        assert read_line(self.wires[name], 20) == "ready\n", "the slow wire does not start"
        self.hub.run("ip", "link", "set", f"slow{number}", "master", "bridge", "up")
        # The same address on another wire: connections go on.
        self.move_address(space, "eth0", "slow0")

    def heal(self, *names):
        """Ends all faults of these, or of all."""
        for name in names or list(self.spaces):
            space = self.spaces[name]
            space.run("nft", "flush", "table", "inet", "drill")
            if name in self.wires:
                self.move_address(space, "slow0", "eth0")
                end(self.wires.pop(name))
            space.run("ip", "link", "set", "eth0", "up")

    def move_address(self, space, old, new):
        space.run("ip", "-batch", "-", text=f"link set {old} down\naddr flush dev {old}\nlink set {new} address {space.mac}\n"
                  f"addr replace {space.address}/24 dev {new}\nlink set {new} up\n")

    def number(self, name):
        return int(self.spaces[name].address.rsplit(".", 1)[1])

    def bytes_moved(self, name):
        """What its interface received and sent so far."""
        lines = self.spaces[name].run("cat", "/proc/net/dev").splitlines()
        fields = next(x for x in lines if x.strip().startswith("eth0:")).split(":")[1].split()
        return int(fields[0]), int(fields[8])

    def close(self):
        for wire in self.wires.values():
            end(wire)
        for space in [*self.spaces.values(), self.hub]:
            if space is not None:
                space.close()
        self.wires, self.spaces, self.hub = {}, {}, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def end(process):
    process.kill()
    process.wait()
    process.stdout.close()
