"""aops-agent on a host with ten thousand TCP sockets, at rest and with connections that come and go, beside `ss`."""
import os
import resource
import subprocess
import sys
import time

from measure.process import Child

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../tests/system"))
import netns  # noqa: E402
from agent import TOKEN, stand_in  # noqa: E402
from authority import made_authority  # noqa: E402

SOCKETS, CLIENTS, PERIOD_S, WINDOW_S = 10_000, 20, 5, 60
NEW_EACH_SECOND = 100

SERVER = """
import resource, selectors, socket
resource.setrlimit(resource.RLIMIT_NOFILE, (16384, 16384))
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(4096)
print("ready", server.getsockname()[1], flush=True)
kinds = selectors.DefaultSelector()
kinds.register(server, selectors.EVENT_READ)
while True:
    for key, _ in kinds.select():
        if key.fileobj is server:
            kinds.register(server.accept()[0], selectors.EVENT_READ)
        elif not key.fileobj.recv(4096):
            kinds.unregister(key.fileobj)
            key.fileobj.close()
"""
# Holds so many connections, five of each of its addresses; replaces the oldest ones at a rate that it reads.
CLIENT = """
import itertools, select, socket, sys
port, count, own = map(int, sys.argv[1:])
address = map(lambda n: f"127.{own + 1}.0.{n // 5 % (count // 5) + 1}", itertools.count())
connect = lambda: socket.create_connection(("127.0.0.1", port), source_address=(next(address), 0))
held = [connect() for _ in range(count)]
for x in held:
    x.sendall(b"x" * 100)
print("ready", flush=True)
rate = float(sys.stdin.readline() or 0)
while rate:
    if select.select([sys.stdin], [], [], 1 / rate)[0]:
        break
    held.pop(0).close()
    held.append(connect())
sys.stdin.read()
"""


class Fed(Child):
    """A child that reads what it is told."""

    def __init__(self, command, folder, name):
        self.log = os.path.join(folder, name + ".log")
        with open(self.log, "ab") as errors:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        self.pid = self.process.pid

    def tell(self, text):
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()


def seconds_of(command):
    """Processor time of a run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def watch(figures, what, process, command, runs):
    for _ in range(runs):
        began, used = time.monotonic(), process.cpu_s()
        time.sleep(WINDOW_S)
        share = 100 * (process.cpu_s() - used) / (time.monotonic() - began)
        figures.add(f"agent {what}: CPU", share, "% of a core", "<= 1")
        figures.add(f"agent {what}: resident memory", process.rss_mb(), "MB", "<= 20")
        each = seconds_of(command)
        figures.add(f"agent {what}: ss -tnpi, each {PERIOD_S} s", 100 * each / PERIOD_S, "% of a core")
        figures.add(f"agent {what}: CPU, agent / ss", share / (100 * each / PERIOD_S), "ratio")


def measure(figures, place, chosen):
    if why := netns.why_not():
        raise RuntimeError(why)
    space = netns.namespace("bench")
    children = []

    def start(command, name, kind=Child):
        children.append(kind([*space.prefix, *command], place.folder, name))
        return children[-1]

    try:
        server = start([sys.executable, "-c", SERVER], "server")
        port = server.wait_line("ready ").split()[1]
        clients = [start([sys.executable, "-c", CLIENT, port, str(SOCKETS // 2 // CLIENTS), str(i)],
                         f"client{i}", Fed)
                   for i in range(CLIENTS)]
        for client in clients:
            client.wait_line("ready")
        authority = made_authority(place.folder, place.programs)
        authority.issue("node", "127.0.0.1")
        node = space.inside(lambda: stand_in((authority.file("node.pem"), authority.file("node.key"))))
        token = os.path.join(place.folder, "token")
        with open(os.open(token, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
            file.write(TOKEN)
        config = os.path.join(place.folder, "agent.toml")
        with open(config, "w", encoding="utf-8"):
            pass
        agent = start([place.program("aops-agent"), "--config", config, "--url", node.url, "--token-file", token,
                       "--ca", authority.file("ca.pem"), "--period", f"{PERIOD_S}s", "--listen", "127.0.0.1:0"], "agent")
        agent.wait_line("ready")
        time.sleep(3 * PERIOD_S)
        counted = sum(x["link_count"] for x in node.batches()[-1]["links"])
        figures.add("agent: connections told of both sides", counted, "sockets", f">= {SOCKETS}")
        figures.add("agent: size of a batch", len(node.requests()[-1][3]) / 1024, "KiB")
        ss = [*space.prefix, "ss", "-tnpi"]
        watch(figures, "at rest", agent, ss, chosen.runs)
        for client in clients:
            client.tell(str(NEW_EACH_SECOND / CLIENTS))
        time.sleep(PERIOD_S)
        watch(figures, f"with {NEW_EACH_SECOND} new connections/s", agent, ss, chosen.runs)
        node.close()
    finally:
        for child in reversed(children):
            if isinstance(child, Fed):
                child.process.stdin.close()
            child.stop()
        space.close()
