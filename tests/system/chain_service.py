"""One service of a chain, a process of its own: who asks it waits until all behind it have answered, over real connections.

The last one stores a record of each request in /var. While the disk has no room it waits for some, and its callers wait too.
How long its last request took is a file for the exporter of its machine, which it starts.
"""
import argparse
import contextlib
import ctypes
import os
import socket
import subprocess
import threading
import time

RECORD = b"x" * 65536
PATIENCE_S = 2  # How long a record waits for room.


def address(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


class caller:
    """A connection that lasts; one request at a time."""

    def __init__(self, target):
        self.target, self.lock, self.socket = target, threading.Lock(), None

    def ask(self, what):
        with self.lock:
            try:
                if not self.socket:
                    self.socket = socket.create_connection(self.target, 10)
                self.socket.sendall(what)
                if not self.socket.recv(64):
                    raise ConnectionError("closed")
            except OSError:
                with contextlib.suppress(OSError, AttributeError):
                    self.socket.close()
                self.socket = None


class service:
    def __init__(self, options):
        self.options = options
        self.next = caller(address(options.calls)) if options.calls else None

    def work(self):
        began = time.monotonic()
        if self.next:
            self.next.ask(b"work\n")
        if self.options.stores:
            self.store(began)
        self.tell(time.monotonic() - began)

    def store(self, began):
        while time.monotonic() - began < PATIENCE_S:
            try:
                with open("/var/record", "wb") as file:
                    file.write(RECORD)
                    file.flush()
                    os.fsync(file.fileno())
                os.unlink("/var/record")
                return
            except OSError:  # The disk is full.
                time.sleep(0.05)

    def tell(self, seconds):
        page = os.path.join(self.options.page, "service.prom")
        mine = f"{page}.{threading.get_ident()}"
        with open(mine, "w", encoding="ascii") as file:
            file.write(f"service_request_seconds {seconds}\n")
        os.replace(mine, page)

    def serve(self, client):
        with client, contextlib.suppress(OSError):
            while what := client.recv(64):
                if what.startswith(b"work"):
                    self.work()
                client.sendall(b"done\n")

    def every(self, seconds, what):
        while True:
            what()
            time.sleep(seconds)

    def run(self):
        options = self.options
        door = socket.create_server(address(options.listen))
        if options.begins:
            threading.Thread(target=self.every, args=(0.1, self.work), daemon=True).start()
        for target in options.tells or ():
            there = caller(address(target))
            threading.Thread(target=self.every, args=(0.5, lambda there=there: there.ask(b"hello\n")), daemon=True).start()
        while True:
            client, _ = door.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()


def main():
    words = argparse.ArgumentParser()
    words.add_argument("--name", required=True)
    words.add_argument("--listen", required=True)
    words.add_argument("--calls", help="the next one of the chain")
    words.add_argument("--tells", action="append", help="somebody who is not waited for")
    words.add_argument("--begins", action="store_true")
    words.add_argument("--stores", action="store_true")
    words.add_argument("--page", help="folder of texts for the exporter")
    words.add_argument("--exporter", help="where the exporter listens")
    options = words.parse_args()
    ctypes.CDLL(None).prctl(15, options.name.encode())  # PR_SET_NAME
    if options.exporter:
        with subprocess.Popen(["prometheus-node-exporter", "--log.level=error", "--collector.disable-defaults",
                               "--collector.filesystem", "--collector.textfile",
                               "--collector.textfile.directory=" + options.page, "--web.listen-address=" + options.exporter]):
            service(options).run()
    service(options).run()


if __name__ == "__main__":
    main()
