"""The demonstration of `tools/run --prometheus`: prometheus_demo.py FOLDER_OF_PROGRAMS."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tests/system"))
sys.path.insert(0, str(TOP / "tools"))

from alertmanager import alertmanager  # noqa: E402
from demo_operator import operator, say  # noqa: E402
from node import die_with_parent, node  # noqa: E402
from prometheus import prometheus  # noqa: E402
from receiver import configured  # noqa: E402
from rest import DEFAULT_PASSWORD, PASSWORD, rest  # noqa: E402
from waiting import wait_until  # noqa: E402

LOAD_S = 120
# The alert waits until what the fault tree looks at, means of a minute, has been seen as long: else, on a machine that was half busy
# before, or idle, its diagnosis would come too early to be decided.
RULES = """groups:
- name: machine
  rules:
  - record: instance:cpu_busy:ratio
    expr: 1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[10s]))
  - alert: HostCpuBusy
    expr: instance:cpu_busy:ratio > 0.9
    for: 50s
    labels:
      severity: critical
    annotations:
      summary: "{{ $labels.instance }} is busy: {{ $value | humanizePercentage }} of its processors"
  - alert: HostOutOfMemory
    expr: node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes < 0.01
    labels:
      severity: critical
"""
CONFIG = """
[alertmanager]
trees = ["HostCpuBusy=host_slow"]
window = "1m"
"""


class exporter:
    """node_exporter on a port that the system picks."""

    def __init__(self, folder):
        self.log = os.path.join(folder, "exporter.log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["prometheus-node-exporter", "--web.listen-address=127.0.0.1:0", "--web.disable-exporter-metrics"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent)
        self.port = wait_until(self.listens, 20, "node_exporter listens")

    def listens(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            found = re.search(r'msg="Listening on" address=127\.0\.0\.1:(\d+)', file.read())
        return int(found[1]) if found else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class load:
    """Every processor is busy, in the background of everything else."""

    def __enter__(self):
        self.loops = [subprocess.Popen(["nice", "-n", "10", "timeout", str(LOAD_S), sys.executable, "-c", "while True: pass"],
                                       preexec_fn=die_with_parent) for _ in os.sched_getaffinity(0)]

    def __exit__(self, *_):
        for loop in self.loops:
            loop.terminate()
            loop.wait()


def ask(url, path, token=None):
    """The query interface of Prometheus, which both have."""
    headers = {"Authorization": "Bearer " + token} if token else {}
    status, _, text = rest(url).send("GET", path, headers=headers)
    if status != 200:
        raise RuntimeError(f"{url}{path} answers {status}: {text[:500]}")
    return json.loads(text)["data"]


def firing(url, token=None):
    """Names of alerts that fire, and their values."""
    return {x["labels"]["alertname"]: float(x["value"]) for x in ask(url, "/api/v1/alerts", token)["alerts"] if x["state"] == "firing"}


def recorded(url, token=None):
    result = ask(url, "/api/v1/query?query=instance%3Acpu_busy%3Aratio", token)["result"]
    return float(result[0]["value"][1]) if result else None


def start(aops, n, page):
    aops.run("login", "--url", n.url, "--username", "admin", "--trust",
             env={"AOPS_PASSWORD": DEFAULT_PASSWORD, "AOPS_NEW_PASSWORD": PASSWORD})
    aops.run("certificate")
    aops.run("group", "add", "machines")
    aops.run("host", "add", "this-machine", "127.0.0.1", "--host_group_name", "machines", "--exporter_port", str(page.port))
    say("the same rules for both: two alerts, and a recorded series that one of them uses")
    aops.show("checkrule", "add", aops.file("rules.yml", RULES))
    aops.run("checkrule", "add", str(TOP / "etc/rules/linux.json"))
    aops.run("faultree", "add", str(TOP / "etc/trees/linux.json"))


def demonstrate(folder):
    aops = operator(folder)
    with exporter(folder) as page, alertmanager() as manager:
        config = configured(manager.url, name="am", format="alertmanager", repeat="2s", expire_after="5m") + CONFIG
        n = node("check.sample_period=2s", "scrape.timeout=1s", config=config)
        try:
            start(aops, n, page)
            api = n.client()
            api.login()
            token = api.good("/manage/account/token/create", {"name": "alertmanager", "scope": "act"})["access_token"]
            manager.tell(n.url + "/alertmanager/webhook", token)
            with prometheus(targets=[f"127.0.0.1:{page.port}"], interval="2s", rules=RULES,
                            alertmanager=f"127.0.0.1:{manager.port}") as peer:
                return compare(aops, n, token, peer, manager)
        finally:
            n.close()


def compare(aops, n, token, peer, manager):
    url = f"http://127.0.0.1:{peer.port}"
    wait_until(lambda: recorded(url) is not None and recorded(n.url, token) is not None, 60, "both have the recorded series")
    say("one fault: every processor is busy for a minute")
    with load():
        wait_until(lambda: "HostCpuBusy" in firing(url) and "HostCpuBusy" in firing(n.url, token), LOAD_S, "both fire HostCpuBusy")
        print(f"{'':24}{'Prometheus':>12}{'aops':>12}")
        names = re.findall(r"alert: (\w+)", RULES)  # aops has rules of its own, too.
        theirs, ours = ({k: v for k, v in x.items() if k in names} for x in (firing(url), firing(n.url, token)))
        for name in sorted(theirs | ours):
            shown = [f"{x[name]:12.3f}" if name in x else f"{'-':>12}" for x in (theirs, ours)]
            print(f"{name:24}{''.join(shown)}")
        print(f"{'instance:cpu_busy:ratio':24}{recorded(url):12.3f}{recorded(n.url, token):12.3f}", flush=True)
        caused = lambda: [x for x in manager.alerts("HostCpuBusy") if "root_cause" in x["annotations"]]
        alert = wait_until(caused, LOAD_S, "the cause is in the alert")[0]
    say("Alertmanager, with what aops attached to the alert")
    for name, text in sorted(alert["annotations"].items()):
        print(f"{name:12} {text}")
    say("the report")
    aops.show("report", "show", alert["annotations"]["report_id"], "-o", "table")
    return set(theirs) == set(ours) and "cpu exhausted" in alert["annotations"]["root_cause"]


def main():
    os.environ["AOPS_BIN"] = os.path.abspath(sys.argv[1])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # So that everything ends with us.
    folder, began = tempfile.mkdtemp(prefix="aops-prometheus-demo-"), time.monotonic()
    try:
        good = demonstrate(folder)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    say(f"{'as promised' if good else 'NOT as promised'}, in {time.monotonic() - began:.0f} s")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
