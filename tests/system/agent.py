"""aops-agent as a process of its own, and a stand-in for the node that it tells."""
import http.server
import json
import os
import shutil
import ssl
import subprocess
import tempfile
import threading
import time
import urllib.request

from exporter import server
from node import die_with_parent, program, read_line

TOKEN = "t0ken-of-this-host"


class stand_in:
    """An HTTPS server that keeps the batches it is sent and answers what the test says.

    @param certificate PEM files of the certificate and its key.
    """

    def __init__(self, certificate, address="127.0.0.1", port=0):
        self.lock = threading.Lock()
        self.status, self.headers, self.asked = 200, {}, []
        owner = self

        class handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with owner.lock:
                    status, headers = owner.status, dict(owner.headers)
                    owner.asked.append((time.monotonic(), self.path, dict(self.headers), body, status))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        self.server = server((address, port), handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"https://{address}:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.1,), daemon=True).start()

    def answer(self, status, **headers):
        with self.lock:
            self.status = status
            self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def requests(self):
        """[(when, path, headers, body, status)]"""
        with self.lock:
            return list(self.asked)

    def batches(self):
        """Those it took."""
        return [json.loads(body) for _, _, _, body, status in self.requests() if status == 200]

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class agent:
    """A running aops-agent.

    @param prefix Words before the command, such as those of a namespace.
    """

    def __init__(self, *words, prefix=(), config="", start=True, within=None):
        self.folder = tempfile.mkdtemp(prefix="aops-agent-", dir=within)
        os.chmod(self.folder, 0o755)
        self.log_file = os.path.join(self.folder, "log")
        self.words, self.prefix = list(words), list(prefix)
        self.config = self.write("agent.toml", config)
        self.process = self.metrics = None
        if start:
            try:
                self.start()
            except BaseException:
                self.close()  # Nobody else will.
                raise

    def write(self, name, text, mode=0o600):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def command(self, *more):
        return [*self.prefix, program("aops-agent"), "--config", self.config, *self.words, *more]

    def start(self, deadline=20):
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                                            preexec_fn=die_with_parent)
        line = read_line(self.process, deadline)
        assert line.startswith("ready"), f"no ready line but {line!r}\n{self.log()}"
        self.metrics = dict(x.split("=", 1) for x in line.split()[1:]).get("metrics")
        return self

    def run(self, *more, deadline=60):
        """To its end, as it is started: the finished process."""
        return subprocess.run(self.command(*more), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=deadline)

    def once(self, period="1s"):
        done = self.run("--once", "--period", period)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def page(self):
        """The exporter's text."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.metrics, timeout=20) as answer:
            return answer.read().decode()

    def stop(self, deadline=10):
        """SIGTERM. Returns the exit code."""
        self.process.terminate()
        code = self.process.wait(deadline)
        self.process.stdout.close()
        return code

    def log(self):
        with open(self.log_file, encoding="utf-8", errors="replace") as file:
            return file.read()

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process is not None:
            self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def figure(page, name):
    """Of the agent itself."""
    return next(float(x.split()[1]) for x in page.splitlines() if x.startswith(f"aops_agent_{name} "))
