"""Exporters to sample: a page the test controls, and the real thing."""
import http.server
import socket
import subprocess
import threading

from node import die_with_parent
from waiting import wait_until


class exporter:
    """Serves `metrics` {series text: value} on one port of one or more addresses of 127.0.0.0/8."""

    def __init__(self, metrics=None, addresses=("127.0.0.1",)):
        self.lock = threading.Lock()
        self.page = b""
        self.pages_served = 0
        self.silent = False
        self.answers = threading.Event()  # While it is clear, scrapes wait for their page.
        self.answers.set()
        self.set(metrics or {})
        self.servers = self.listen(addresses)
        self.port = self.servers[0].server_address[1]
        self.threads = [threading.Thread(target=s.serve_forever, args=(0.2,), daemon=True) for s in self.servers]
        for thread in self.threads:
            thread.start()

    def set(self, metrics=None, **more):
        text = "".join(f"{name} {value}\n" for name, value in ((metrics or {}) | more).items())
        with self.lock:
            self.page = text.encode()

    def answer(self):
        self.answers.wait(60)
        with self.lock:
            self.pages_served += 1
            return None if self.silent else self.page

    def listen(self, addresses):
        owner = self

        class handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                page = owner.answer()
                status = 200 if page is not None else 503
                self.send_response(status)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(page or b"")))
                self.end_headers()
                self.wfile.write(page or b"")

            def log_message(self, *_):
                pass

        for _ in range(10):  # The port free at the first address may be taken at another.
            servers, port = [], 0
            try:
                for address in addresses:
                    servers.append(server((address, port), handler))
                    port = servers[0].server_address[1]
                return servers
            except OSError:
                for x in servers:
                    x.server_close()
        raise OSError("no port is free at all addresses")

    def close(self):
        for x in self.servers:
            x.shutdown()
            x.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request, client_address):
        pass  # A node that ends in the middle of a page is part of the tests.


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class node_exporter:
    """A real prometheus-node-exporter on a private port."""

    def __init__(self):
        for _ in range(3):
            self.port = free_port()
            self.process = subprocess.Popen(
                ["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=error"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                preexec_fn=die_with_parent)
            if wait_until(lambda: self.process.poll() is not None or self.answers(), 15, "node_exporter") and \
                    self.process.poll() is None:
                return
        raise AssertionError("prometheus-node-exporter does not start")

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def close(self):
        self.process.terminate()
        self.process.wait(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
