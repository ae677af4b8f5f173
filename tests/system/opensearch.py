"""A real OpenSearch of one node, with a private folder and port."""
import fcntl
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request

from node import die_with_parent
from schema_tester import cache_folder
from waiting import wait_until

SERVER = pathlib.Path(__file__).resolve().parents[2] / "tools/opensearch/server"
VERSION = os.environ.get("OPENSEARCH_VERSION", "2.18.0.0")


def libraries():
    """Its jars; fetched when they are missing."""
    folder = cache_folder() / f"opensearch-{VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Several tests may find them missing at once.
        subprocess.run([SERVER, "fetch", folder], check=True, timeout=600, capture_output=True)
    return folder


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


class opensearch:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="aops-opensearch-"))
        self.libs = libraries()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None
        self.start()

    def start(self):
        """Starts it on its data and waits until it answers."""
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([SERVER, "run", self.libs, self.folder / "data", str(self.port)], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, preexec_fn=die_with_parent)
        wait_until(self.answers, 300, "OpenSearch")

    def answers(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
        try:
            return self.ask("GET", "/_cluster/health?wait_for_status=yellow&timeout=1s")["status"] in ("yellow", "green")
        except OSError:
            return False

    def ask(self, verb, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data=data, method=verb, headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    def stop(self):
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def settings(self, *more):
        """Of a node that keeps its lines there."""
        return ("logs.store=opensearch", f"logs.opensearch_url={self.url}", "logs.opensearch_replicas=0") + more
