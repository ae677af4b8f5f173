"""A real Prometheus on a private port with a private folder, and a door in front of it that can be shut."""
import http.client
import http.server
import os
import shutil
import subprocess
import tempfile
import threading

from exporter import free_port
from node import die_with_parent
from waiting import wait_until


def openmetrics(series):
    """History as text. `series`: {(name, ((label, value), …)): [(time in ms, value), …]}."""
    lines = []
    for name in sorted({key[0] for key in series}):
        lines.append(f"# TYPE {name} gauge")
        for (other, labels), points in series.items():
            if other == name:
                text = ",".join(f'{label}="{value}"' for label, value in labels)
                lines += [f"{name}{{{text}}} {value} {t / 1000:.3f}" for t, value in points]
    return "\n".join(lines + ["# EOF", ""])


class prometheus:
    """Runs until `close`. @param targets exporters to scrape, as `IP:port`. @param rules a file of rule groups, as text.
    @param alertmanager who is told of alerts, as `IP:port`.
    @param more of its configuration, as text."""

    def __init__(self, history="", targets=(), interval="1s", rules="", alertmanager=None, more=""):
        self.folder = tempfile.mkdtemp(prefix="aops-prometheus-")
        targets = ", ".join(f"'{x}'" for x in targets)
        self.write("prometheus.yml",
                   f"global: {{scrape_interval: {interval}, scrape_timeout: {interval}, evaluation_interval: {interval}}}\n"
                   "rule_files: [rules.yml]\n" +
                   (f"alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{alertmanager}']}}]}}]}}\n" if alertmanager else "") +
                   f"scrape_configs:\n- job_name: node\n  static_configs:\n  - targets: [{targets}]\n" + more)
        self.write("rules.yml", rules or "groups: []\n")
        if history:
            self.write("history.txt", history)
            subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics",
                            self.path("history.txt"), self.path("data")], check=True, stdout=subprocess.DEVNULL)
        for _ in range(3):  # Somebody may take the port meanwhile.
            self.port = free_port()
            if self.start():
                return
        raise AssertionError("prometheus does not start: " + self.log())

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)

    def start(self):
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen(
                ["prometheus", "--config.file=" + self.path("prometheus.yml"),
                 "--storage.tsdb.path=" + self.path("data"), "--storage.tsdb.retention.time=10y",
                 f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"],
                stdout=log, stderr=log, preexec_fn=die_with_parent)
        wait_until(lambda: self.is_ready() or self.process.poll() is not None, 60, "Prometheus is ready")
        return self.process.poll() is None

    def is_ready(self):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            link.request("GET", "/-/ready")
            return link.getresponse().status == 200
        except OSError:
            return False
        finally:
            link.close()

    def log(self):
        with open(self.path("log"), errors="replace") as file:
            return file.read()[-2000:]

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class door:
    """Forwards to a Prometheus on this machine and keeps the queries. While it is shut it answers 503;
    while it is blind it answers that there is no data."""

    def __init__(self, port):
        self.is_open, self.is_blind, self.queries, outer = True, False, [], self

        class handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, kind, text = 503, "text/plain", b"shut"
                if outer.is_open and outer.is_blind:
                    status, kind = 200, "application/json"
                    text = b'{"status": "success", "data": {"resultType": "matrix", "result": []}}'
                elif outer.is_open:
                    outer.queries.append(body.decode() or self.path)
                    link = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                    headers = {"Content-Type": self.headers.get("Content-Type")} if body else {}
                    link.request(self.command, self.path, body, headers)
                    reply = link.getresponse()
                    status, kind, text = reply.status, reply.headers["Content-Type"], reply.read()
                    link.close()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = forward

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
