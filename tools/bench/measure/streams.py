"""Many concurrent progress streams on one job, and what other requests notice of them."""
import asyncio
import resource
import tempfile
import time
import urllib.parse

from measure import load
from measure.figures import quantile
from measure.node import Fleet, Node, Place, unverified
from measure.rest import start_task

HOSTS = 50
STALLED_PERCENT = 10  # Their part of the job waits for a scrape that never ends: so the job lasts.
SETTINGS = ("check.sample_period=60s", "scrape.timeout=50s", "diag.unit_timeout=5m", "http.max_connections=4096",
            "http.max_streams=2048")
SECONDS = 10
OPENING_AT_ONCE = 50
OTHERS_CONNECTIONS, OTHERS_RATE = 8, 100


class Stream:
    """One client of /diag/progress/stream."""

    def __init__(self):
        self.reports, self.is_open, self.is_done, self.open_s = 0, False, False, 0.0

    async def run(self, node, task, context, gate):
        where = urllib.parse.urlsplit(node.url)
        began = time.monotonic()
        async with gate:
            reader, writer = await asyncio.open_connection(where.hostname, where.port, ssl=context)
            writer.write(f"GET /diag/progress/stream?task_id={task} HTTP/1.1\r\nHost: {where.netloc}\r\n"
                         f"Access-Token: {node.token}\r\nAccept: text/event-stream\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
        self.is_open, self.open_s = b" 200 " in head.split(b"\r\n", 1)[0], time.monotonic() - began
        tail = b""
        while piece := await reader.read(65536):
            text = tail + piece
            self.reports += text.count(b"event: report")
            self.is_done = self.is_done or b"event: done" in text
            tail = text[-12:]  # A byte less than what is counted.
        writer.close()


async def others(node, task):
    delay_ms = 1000 * OTHERS_CONNECTIONS // OTHERS_RATE
    process = await asyncio.create_subprocess_exec(*load.command(node, OTHERS_CONNECTIONS, SECONDS),
                                                   env=load.environment(node, task, delay_ms),
                                                   stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
    text, _ = await process.communicate()
    return load.answer_of(text)


async def observe(figures, node, ids, place, count):
    task = await asyncio.to_thread(start_task, node, place, ids)
    alone = await others(node, task)
    task = await asyncio.to_thread(start_task, node, place, ids)
    figures.add("streams: resident memory before", node.rss_mb(), "MB")
    streams, gate, context = [Stream() for _ in range(count)], asyncio.Semaphore(OPENING_AT_ONCE), unverified()
    began = time.monotonic()
    running = [asyncio.create_task(s.run(node, task, context, gate)) for s in streams]
    opening = asyncio.create_task(others(node, task))
    while sum(s.is_open for s in streams) < count and time.monotonic() - began < 60:
        await asyncio.sleep(0.1)
    figures.add("streams: open at once", sum(s.is_open for s in streams), "streams", f">= {count}")
    figures.add("streams: all open after", time.monotonic() - began, "s")
    figures.add("streams: resident memory with all", node.rss_mb(), "MB")
    figures.add("streams: threads", node.threads(), "threads")
    busy = await opening
    held = await others(node, task)
    still = sum(s.is_open and not s.is_done for s in streams)
    figures.add("streams: still open after the requests", still, "streams")
    for name, seen in (("without streams", alone), ("while all open and catch up", busy), ("beside open streams", held)):
        figures.add(f"streams: other requests' p50 {name}", seen["p50_us"] / 1000, "ms")
        figures.add(f"streams: other requests' p99 {name}", seen["p99_us"] / 1000, "ms")
    await asyncio.wait(running, timeout=90)
    figures.add("streams: ended with `done`", sum(s.is_done for s in streams), "streams", f">= {count}")
    for word, choose in (("least", min), ("most", max)):
        figures.add(f"streams: reports of a stream, {word}", choose(s.reports for s in streams), "events")
    figures.add("streams: opening p99", quantile([s.open_s for s in streams], 0.99), "s")
    for task_of in running:
        task_of.cancel()
    await asyncio.gather(*running, return_exceptions=True)


def measure(figures, place, options):
    for _ in range(options.runs):
        measure_once(figures, Place(place.programs, tempfile.mkdtemp(dir=place.folder), place.top), options)


def measure_once(figures, place, options):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8192)), hard))
    with Fleet(place, HOSTS, stall=STALLED_PERCENT) as fleet, Node(place, fleet.port, True, SETTINGS) as node:
        node.log_in()
        node.ask("/check/rule/import", place.rules())
        ids = node.add_hosts(fleet.addresses)
        asyncio.run(observe(figures, node, ids, place, options.streams))
