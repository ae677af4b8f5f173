"""A real Alertmanager on a private port with a private folder."""
import json
import os
import shutil
import subprocess
import tempfile

from exporter import free_port
from node import die_with_parent
from rest import rest
from waiting import wait_until

PROGRAM = "prometheus-alertmanager"


class alertmanager:
    """Runs until `close`. Groups by alert and host, and tells its receiver without waiting.

    @param hook URL of a webhook that is told; nobody without one.
    """

    def __init__(self, hook=None, token=None):
        self.folder = tempfile.mkdtemp(prefix="aops-alertmanager-")
        self.write(hook, token)
        for _ in range(3):  # Somebody may take the port meanwhile.
            self.port = free_port()
            if self.start():
                return
        raise AssertionError("Alertmanager does not start: " + self.log())

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, hook, token):
        """JSON is YAML."""
        receiver = {"name": "told"}
        if hook:
            one = {"url": hook, "send_resolved": True}
            if token:
                one["http_config"] = {"authorization": {"credentials": token}}
            receiver["webhook_configs"] = [one]
        route = {"receiver": "told", "group_by": ["alertname", "host", "instance"], "group_wait": "0s", "group_interval": "1s",
                 "repeat_interval": "1h"}
        with open(self.path("config.yml"), "w", encoding="utf-8") as file:
            json.dump({"route": route, "receivers": [receiver]}, file)

    def tell(self, hook, token=None):
        """Another webhook from now on."""
        self.write(hook, token)
        status, _, text = self.client().send("POST", "/-/reload")
        assert status == 200, text

    def start(self):
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "--config.file=" + self.path("config.yml"), "--storage.path=" + self.path("data"),
                 f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address=", "--log.level=debug"],
                stdout=log, stderr=log, preexec_fn=die_with_parent)
        wait_until(lambda: self.is_ready() or self.process.poll() is not None, 60, "Alertmanager is ready")
        return self.process.poll() is None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def client(self):
        return rest(self.url)

    def is_ready(self):
        try:
            return self.client().send("GET", "/-/ready", timeout=5)[0] == 200
        except OSError:
            return False

    def alerts(self, name=None):
        """Those that are active."""
        status, _, text = self.client().send("GET", "/api/v2/alerts?active=true")
        assert status == 200, text
        return [x for x in json.loads(text) if name in (None, x["labels"]["alertname"])]

    def post(self, *alerts):
        status, _, text = self.client().send("POST", "/api/v2/alerts", json.dumps(alerts), {"Content-Type": "application/json"})
        assert status == 200, text

    def log(self, lines=40):
        with open(self.path("log"), errors="replace", encoding="utf-8") as file:
            return "".join(file.readlines()[-lines:])

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
