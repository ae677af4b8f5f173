"""The demonstration of `tools/run --drift`: drift_demo.py FOLDER_OF_PROGRAMS. Needs root, for the host.

Somebody edits the configuration file of a service by hand and restarts it, and it does not come back. The check fires; the report
says which file was edited, what it said before and after, and when.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tests/system"))
sys.path.insert(0, str(TOP / "tools"))

import lab  # noqa: E402
from demo_operator import operator, say  # noqa: E402
from node import node  # noqa: E402
from rest import DEFAULT_PASSWORD, PASSWORD  # noqa: E402
from waiting import wait_until  # noqa: E402

FILE, PORT = "/etc/shop/shop.ini", 9200
CONFIGURATION = "# The shop.\n[shop]\nport = 8080\nworkers = 8\n"
MODEL = f"feature: shop\npath: {FILE}\ntype: ini\nsections:\n  shop: [port, workers]\n"
SHOP = f"""import configparser, http.server
read = configparser.ConfigParser()
read.read("{FILE}")
port, workers = read.getint("shop", "port"), read.getint("shop", "workers")
http.server.ThreadingHTTPServer(("127.0.0.1", port), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
# Whoever starts services: one that ends is begun again.
KEEPER = """while :; do
  python3 /usr/local/bin/shop.py >>/var/log/shop.log 2>&1 &
  echo $! >/run/shop.pid
  wait
  sleep 1
done
"""
EXPORTER = f"""import http.server, socket
class page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            socket.create_connection(("127.0.0.1", 8080), 1).close()
            up = 1
        except OSError:
            up = 0
        body = ('service_up{{service="shop"}} %d\\n' % up).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(("", {PORT}), page).serve_forever()
"""
RULES = {"check_items": [{"check_item": "service_down", "data_list": [{"name": "service_up", "match": {}}], "condition": "$0 == 0",
                          "description": "A service does not answer.", "severity": "critical"}]}
TREES = {"trees": [{"tree_name": "service_down", "description": "Why a service does not answer.", "tree_content": {
    "node name": "service down", "condition": "does not answer && wrongly configured",
    "description": "The service does not answer.", "advice": "Follow the branches that are true.",
    "children": [
        {"node name": "does not answer", "check item": "service_down"},
        {"node name": "wrongly configured", "condition": "file edited",
         "description": "A configuration file of the service is not what it should be.",
         "advice": "Look at it with `aops tracing diff`, and put it right with `aops tracing sync`.",
         "children": [{"node name": "file edited", "check item": f"config_drift:shop:{FILE}"}]}]}}]}


def set_up(host):
    """The service, and what tells whether it answers."""
    for path, text in ((FILE, CONFIGURATION), ("/usr/local/bin/shop.py", SHOP), ("/usr/local/bin/keep-shop", KEEPER),
                       ("/usr/local/bin/shop_exporter.py", EXPORTER)):
        host.run("mkdir", "-p", os.path.dirname(path))
        host.run("tee", path, text=text)
    for words in ("sh /usr/local/bin/keep-shop", "python3 /usr/local/bin/shop_exporter.py"):
        host.run("sh", "-c", f"setsid {words} >/dev/null 2>&1 </dev/null &")


def edit_by_hand(host):
    """As a person does, over SSH, with the password of the user."""
    command = f"sudo -S -p '' sh -c 'sed -i s/8$/eight/ {FILE}; kill $(cat /run/shop.pid)'"
    print(f"$ ssh {host.user}@{host.name} {command}", flush=True)
    done = subprocess.run(
        ["sshpass", "-e", "ssh", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
         "-p", str(host.port), f"{host.user}@{host.address}", command],
        env=dict(os.environ, SSHPASS=host.password), input=host.password + "\n", text=True, timeout=60, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise RuntimeError(f"the edit failed: {done.stdout}")


def state(aops):
    reply = aops.json("tracing", "status", "shop", "--known")
    return [file["isSynced"] for host in reply["hostStatus"] for file in host["syncStatus"]]


def anomalies(aops):
    return aops.json("check", "--value", "Abnormal", "--last", "5m")["check_result"]


def is_down(aops):
    return any(x["check_item"].startswith("service_down") for x in anomalies(aops))


def demonstrate(folder):
    say("a test host with a service, and its configuration file under tracing")
    models = os.path.join(folder, "models")
    os.mkdir(models)
    with open(os.path.join(models, "shop.yml"), "w", encoding="utf-8") as file:
        file.write(MODEL)
    with lab.lab(1) as hosts, node("check.sample_period=1s", "tracing.watch_every=4s", "tracing.models=" + models,
                                tls=True) as n:
        (host,) = hosts
        set_up(host)
        aops = operator(folder)
        aops.run("login", "--url", n.url, "--username", "admin", "--trust",
                 env={"AOPS_PASSWORD": DEFAULT_PASSWORD, "AOPS_NEW_PASSWORD": PASSWORD})
        aops.run("certificate")
        aops.run("group", "add", "lab")
        aops.run("host", "add", host.name, f"{host.address}:{PORT}", "--username", host.user, "--become", host.become,
                 "--host_group_name", "lab", "--sudo_password", "-", env={"AOPS_HOST_PASSWORD": host.password},
                 text=host.become_password)
        aops.run("checkrule", "add", aops.file("rules.json", json.dumps(RULES)))
        aops.run("faultree", "add", aops.file("trees.json", json.dumps(TREES)))
        for words in (("domain", "add", "shop"), ("host", "add", "shop", host.name),
                      ("item", "add", "shop", FILE, host.name, "--reason", "as it was rolled out")):
            aops.show("tracing", *words)
        wait_until(lambda: state(aops) == ["SYNCHRONIZED"], 120, "the file is known", every=0.5)
        wait_until(lambda: aops.json("host", "list")["host_infos"][0]["status"] == "online", 60, "the host is sampled", every=0.5)
        if is_down(aops):
            raise RuntimeError("the service does not run: " + (host.read("/var/log/shop.log") or ""))

        say("somebody edits the file by hand and restarts the service")
        edit_by_hand(host)
        edited = time.monotonic()
        wait_until(lambda: is_down(aops), 60, "the check fires", every=0.2)
        say(f"the check fires {time.monotonic() - edited:.0f} s after the edit")
        aops.show("check", "--value", "Abnormal", "--last", "5m", "-o", "table")
        wait_until(lambda: state(aops) == ["NOT SYNCHRONIZE"], 120, "the edit is seen", every=0.2)
        say(f"the edit is seen {time.monotonic() - edited:.0f} s after it was made; nobody asked for that")
        aops.show("tracing", "history", "shop", FILE, "--seen", "-o", "table")

        say("why is the service down?")
        aops.show("diag", "service_down", host.name, "--last", "1m", "--interval", "60", "--watch", "-o", "table")
        return judge(aops)


def clock(seconds):
    return time.strftime("%H:%M:%S", time.gmtime(seconds)) + " UTC"


def judge(aops):
    reports = aops.json("report", "list", "--tree_list", "service_down", "--last", "5m")["result"]
    aops.show("report", "show", reports[0]["report_id"], "-o", "table")
    (found,) = aops.json("report", "show", reports[0]["report_id"])["result"]
    (edit,) = aops.json("tracing", "history", "shop", FILE, "--seen")["edits"]
    told = " ".join(x["condition"] for x in found["evidence"])
    causes = [x["path"] for x in found["root_causes"]]
    say("what was edited, when, and by whom")
    print(f"{FILE}: {edit['summary']}; between {clock(edit['unchanged_until'])} and {clock(edit['seen'])}; "
          f"by {edit['username'] or 'nobody of aops: it was no sync'}\n{edit['unified']}", flush=True)
    return causes == [["service down", "wrongly configured"]] and "shop.workers: 8 → eight (seen " in told


def main():
    os.environ["AOPS_BIN"] = os.path.abspath(sys.argv[1])
    if lab.why_not():
        sys.exit(f"drift_demo: {lab.why_not()}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # So that everything ends with us.
    folder, began = tempfile.mkdtemp(prefix="aops-drift-"), time.monotonic()
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
