#!/usr/bin/env python3
"""A way to a server that is slow when told so: slow_path.py HOST PORT. Prints `ready port=P`.

Takes connections on a port of its own and hands over what comes, each way, late by the delay and at most at the rate:
a line `DELAY_MS MBIT` on standard input sets them (0 0: at once, all), for what comes from then on.
"""
import os
import select
import socket
import subprocess
import sys
import time
from collections import deque

LONGEST_QUEUE = 1 << 20  # Bytes of one direction; then the sender has to wait.


class direction:
    def __init__(self, source, target):
        self.source, self.target = source, target
        self.pieces, self.waiting, self.free_at, self.is_over = deque(), 0, 0.0, False

    def wants(self):
        return not self.is_over and self.waiting < LONGEST_QUEUE

    def take(self, delay_s, rate):
        try:
            piece = self.source.recv(65536)
        except OSError:
            piece = b""
        now = time.monotonic()
        self.free_at = max(self.free_at, now) + (len(piece) / rate if rate else 0)
        self.pieces.append((self.free_at + delay_s, piece))
        self.waiting += len(piece)
        self.is_over = not piece

    def give(self):
        """Seconds until the next piece is due; False when the connection is over."""
        while self.pieces:
            wait = self.pieces[0][0] - time.monotonic()
            if wait > 0:
                return wait
            _, piece = self.pieces.popleft()
            self.waiting -= len(piece)
            try:
                if not piece:
                    return False
                self.target.sendall(piece)
            except OSError:
                return False
        return None


def serve(host, port):
    door = socket.create_server(("127.0.0.1", 0), backlog=64)
    print(f"ready port={door.getsockname()[1]}", flush=True)
    delay_s, rate, ways = 0.0, 0.0, {}
    while True:
        waits = []
        for way in list(ways.values()):
            wait = way.give()
            if wait is False:
                for end in (way.source, way.target):
                    ways.pop(end, None)
                    end.close()
            elif wait is not None:
                waits.append(wait)
        readable = [x.source for x in ways.values() if x.wants()]
        for x in select.select([door, sys.stdin, *readable], [], [], min(waits, default=None))[0]:
            if x is door:
                near, _ = door.accept()
                try:
                    far = socket.create_connection((host, port), 5)
                except OSError:
                    near.close()
                    continue
                for end in (near, far):
                    end.settimeout(None)
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                ways[near], ways[far] = direction(near, far), direction(far, near)
            elif x is sys.stdin:
                line = os.read(0, 4096).decode().split()
                if not line:
                    return
                delay_s, rate = float(line[-2]) / 1000, float(line[-1]) * 1e6 / 8
            elif x in ways:
                ways[x].take(delay_s, rate)


class slow_path:
    """@param to (host, port)."""

    def __init__(self, to):
        from node import die_with_parent, read_line
        self.process = subprocess.Popen([sys.executable, "-B", os.path.abspath(__file__), to[0], str(to[1])],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=die_with_parent)
        line = read_line(self.process, 20)
        assert line.startswith("ready port="), f"slow_path says {line!r}"
        self.port = int(line.split("=")[1])

    def set(self, delay_ms=0, mbit=0):
        os.write(self.process.stdin.fileno(), f"{delay_ms} {mbit}\n".encode())

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
