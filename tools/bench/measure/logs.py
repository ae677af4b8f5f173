"""Lines of hosts: what taking ten a second of each costs, what they need on disk, and how fast a word is found among many.

Lines are of five programs, with addresses, numbers and identifiers as such programs have them: words that are not seen twice are what
an index of words pays for. They come as fluent-bit sends them, with offsets, a request of each host in turn.
"""
import concurrent.futures
import json
import os
import random
import time

from measure.figures import quantile
from measure.node import Node

LINES_OF_REQUEST, RATE_OF_HOST, WINDOW_S, SEARCHES, SENDERS = 200, 10, 60, 200, 4
WORDS = ["".join(random.Random(n).choices("abcdefghijklmnopqrstuvwxyz", k=4 + n % 6)) for n in range(2000)]
PROGRAMS = (
    ("sshd", "/var/log/auth.log", "Failed password for invalid user {word} from {ip} port {port} ssh2"),
    ("sshd", "/var/log/auth.log", "Connection closed by {ip} port {port} [preauth]"),
    ("nginx", "/var/log/nginx/access.log", '{ip} - - "GET /api/v1/{word}/{number} HTTP/1.1" 200 {number} "-" "Mozilla/5.0 (X11; Linux x86_64)"'),
    ("kernel", "/var/log/kern.log", "[{number}.{port}] EXT4-fs (sda1): mounted filesystem with ordered data mode"),
    ("app", "/var/log/app.log", 'level=info caller={word}.go:{port} msg="request done" id={hex} took={number}us status=200'),
    ("systemd", "/var/log/syslog", "{word}.service: Succeeded after {number} ms."))


class source:
    """Lines of one host."""

    def __init__(self, number):
        self.random, self.offsets, self.text_bytes = random.Random(number), {}, 0

    def lines(self, count, first_s, span_s):
        some, out = self.random, []
        for k in range(count):
            program, path, form = some.choice(PROGRAMS)
            text = form.format(word=some.choice(WORDS), ip=f"10.{some.randrange(4)}.{some.randrange(256)}.{some.randrange(256)}",
                               port=some.randrange(1024, 65536), number=some.randrange(1_000_000), hex=f"{some.getrandbits(64):016x}")
            offset = self.offsets.get(path, 0)
            self.offsets[path] = offset + len(text) + 1
            self.text_bytes += len(text) + 1
            out.append({"date": first_s + span_s * k / count, "log": text, "ident": program, "path": path, "offset": offset})
        return out


class senders:
    """A connection for each of some threads."""

    def __init__(self, node, tokens):
        self.node, self.tokens = node, tokens
        self.pool = concurrent.futures.ThreadPoolExecutor(SENDERS)

    def send(self, jobs):
        """@param jobs (host, lines). How long each took, in seconds."""
        parts = [jobs[k::SENDERS] for k in range(SENDERS)]
        return [took for some in self.pool.map(self._send_some, parts) for took in some]

    def _send_some(self, jobs):
        connection, took = self.node.connect(60), []
        for host, lines in jobs:
            began = time.monotonic()
            connection.request("POST", "/logs/ingest", json.dumps(lines), {
                "Content-Type": "application/json", "Authorization": "Bearer " + self.tokens[host]})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"/logs/ingest: {answer.status} {text[:200]}")
            took.append(time.monotonic() - began)
        connection.close()
        return took


def paced(figures, node, to, sources, ids, runs):
    """Each host sends its lines of ten seconds every ten seconds, one host after the other."""
    span, count = 10, 10 * RATE_OF_HOST
    for _ in range(runs):
        used, began, took = node.cpu_s(), time.monotonic(), []
        while time.monotonic() - began < WINDOW_S:
            round_began = time.monotonic()
            slices = [list(range(k, len(ids), 100)) for k in range(min(100, len(ids)))]
            for n, some in enumerate(slices):
                took += to.send([(ids[k], sources[k].lines(count, time.time(), 1)) for k in some])
                time.sleep(max(0, round_began + span * (n + 1) / len(slices) - time.monotonic()))
        passed = time.monotonic() - began
        figures.add(f"logs: CPU of {len(ids)} hosts, {RATE_OF_HOST} lines/s each", 100 * (node.cpu_s() - used) / passed, "% of a core")
        figures.add("logs: a request of 100 lines, p99", 1000 * quantile(took, 0.99), "ms")


def filled(to, sources, ids, count):
    """Sends so many lines as fast as they are taken. Lines a second."""
    began, sent, first_s = time.monotonic(), 0, time.time() - 86_400
    while sent < count:
        jobs = []
        for k, host in enumerate(ids):
            if sent >= count:
                break
            jobs.append((host, sources[k].lines(LINES_OF_REQUEST, first_s + 86_400 * sent / count, 10)))
            sent += LINES_OF_REQUEST
            if len(jobs) == 64:
                to.send(jobs)
                jobs = []
        to.send(jobs)
    return sent, sent / (time.monotonic() - began)


def disk_bytes(place):
    """Of the files of lines, the log of the last writes among them, as the node counts them."""
    folder = os.path.join(place.data_dir, "logs")
    return sum(os.path.getsize(os.path.join(folder, x)) for x in os.listdir(folder) if x.startswith("lines-") and not x.endswith("-shm"))


def searched_s(node, some=None):
    """Seconds of each search: the newest hundred lines with a word."""
    some, took = some or random.Random(5), []
    for _ in range(SEARCHES):
        began = time.monotonic()
        reply = node.ask("/logs/search", {"query": some.choice(WORDS), "limit": 100})
        took.append(time.monotonic() - began)
        if reply["cut"] == "time":
            raise RuntimeError("a search was cut by time")
    return took


def searched(figures, node, count, runs):
    some = random.Random(5)
    for _ in range(runs):
        took = searched_s(node, some)
        figures.add(f"logs: a word among {count:,} lines, p50", 1000 * quantile(took, 0.5), "ms")
        figures.add(f"logs: a word among {count:,} lines, p99", 1000 * quantile(took, 0.99), "ms", "<= 300")


def measure(figures, place, chosen):
    with Node(place, 1, settings=("logs.max_bytes=100GB", "logs.keep=30d", "check.sample_period=1h", "scrape.connect_timeout=100ms")) as node:
        node.log_in()
        ids = node.add_hosts([f"127.2.{k // 250}.{k % 250 + 1}" for k in range(chosen.hosts)])
        tokens = {host: node.ask("/logs/token/create", {"host_id": host, "name": "bench"})["access_token"] for host in ids}
        sources = [source(k) for k in range(len(ids))]
        to = senders(node, tokens)
        sent, rate = filled(to, sources, ids, chosen.lines)
        figures.add("logs: taken as fast as they come", rate, "lines/s", note="of this machine's senders")
        text = sum(x.text_bytes for x in sources)
        stored = disk_bytes(place)
        figures.add("logs: disk of a line", stored / sent, "bytes")
        figures.add("logs: disk of the text", stored / text, "of it", "<= 0.25")
        searched(figures, node, sent, chosen.runs)
        paced(figures, node, to, sources, ids, min(chosen.runs, 3))
        figures.add("logs: memory of the node afterwards", node.rss_mb(), "MB")
