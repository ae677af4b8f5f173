"""Clients that only cost: some dribble a request byte by byte, others send rubbish, all of them come back when they are cut.

    slow_clients.py HOST PORT DRIBBLERS RUBBISH [tls]

Prints `open` once all are connected, and ends, with a line of what it did as JSON, when standard input ends.
"""
import errno
import heapq
import json
import os
import random
import selectors
import socket
import sys
import time

DRIBBLE_EVERY_S = 0.1
RUBBISH_EVERY_S = 1.0
BEGIN = b"POST /manage/host/count HTTP/1.1\r\nHost: x\r\nX-Slow: "
BEGIN_TLS = bytes.fromhex("1603010200010001fc0303")  # Of a record of 512 bytes: a client's hello.


class client:
    def __init__(self, crowd, dribbles):
        self.crowd, self.dribbles, self.sock, self.was_open = crowd, dribbles, None, False

    def connect(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        done = self.sock.connect_ex(self.crowd.where)
        assert done in (0, errno.EINPROGRESS), os.strerror(done)
        self.crowd.selector.register(self.sock, selectors.EVENT_WRITE, self)

    def ready(self, events):
        try:
            if events & selectors.EVENT_WRITE:
                self.begin()
            elif not self.sock.recv(4096):
                self.end()
        except OSError:
            self.end()

    def begin(self):
        if self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            return self.end()
        self.crowd.selector.modify(self.sock, selectors.EVENT_READ, self)
        if not self.was_open:
            self.was_open = True
            self.crowd.opened += 1
        if self.dribbles:
            self.sock.send(self.crowd.first)
            self.crowd.later(DRIBBLE_EVERY_S, self.dribble)
        else:
            self.sock.send(random.randbytes(random.randrange(1, 600)))
            self.crowd.counts["rubbish"] += 1
        return None

    def dribble(self):
        if not self.sock:
            return
        try:
            self.sock.send(b"a")
            self.crowd.counts["dribbles"] += 1
            self.crowd.later(DRIBBLE_EVERY_S, self.dribble)
        except OSError:
            self.end()

    def end(self):
        """Cut off: it comes back."""
        if self.sock:
            self.crowd.selector.unregister(self.sock)
            self.sock.close()
            self.sock = None
            self.crowd.counts["cut"] += 1
            self.crowd.later(DRIBBLE_EVERY_S if self.dribbles else RUBBISH_EVERY_S, self.connect)


class crowd:
    def __init__(self, host, port, dribblers, rubbish, begin):
        self.where = (host, port)
        self.selector = selectors.DefaultSelector()
        self.due, self.opened, self.number = [], 0, 0
        self.first = begin
        self.counts = {"rubbish": 0, "dribbles": 0, "cut": 0}
        self.clients = [client(self, k < dribblers) for k in range(dribblers + rubbish)]

    def later(self, after_s, what):
        self.number += 1
        heapq.heappush(self.due, (time.monotonic() + after_s, self.number, what))

    def run(self):
        for k, each in enumerate(self.clients):  # Not all in one moment, once only.
            self.later(k * RUBBISH_EVERY_S / len(self.clients), each.connect)
        self.selector.register(sys.stdin, selectors.EVENT_READ, None)
        is_told = False
        while True:
            pause = max(0, self.due[0][0] - time.monotonic()) if self.due else 1
            for key, events in self.selector.select(pause):
                if key.data is None:
                    return self.counts
                key.data.ready(events)
            while self.due and self.due[0][0] <= time.monotonic():
                heapq.heappop(self.due)[2]()
            if not is_told and self.opened == len(self.clients):
                is_told = True
                print("open", flush=True)


if __name__ == "__main__":
    print(json.dumps(crowd(sys.argv[1], *(int(x) for x in sys.argv[2:5]),
                           BEGIN_TLS if "tls" in sys.argv[5:] else BEGIN).run()))
