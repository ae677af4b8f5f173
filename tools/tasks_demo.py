"""The demonstration of `tools/run --tasks`: tasks_demo.py FOLDER_OF_PROGRAMS. Needs root, for the hosts."""
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

SAMPLE = """- name: sample_configuration
  hosts: all
  become: true
  gather_facts: false
  tasks:
    - name: who looks after this host
      ansible.builtin.copy:
        content: "{{ aops_host_name }} is looked after by aops. Contact: {{ contact }}\\n"
        dest: /etc/motd
        mode: "0644"
        backup: true
"""
ENDED = ("done", "failed", "cancelled", "timed_out")
BROKEN = "h3"


class steady_node(node):
    """Serves at the same address again after a crash, as a node that systemd starts again."""

    def command(self):
        words = super().command()
        return [x.replace("127.0.0.1:0", self.url.split("//")[1]) if self.url else x for x in words]


def add(aops, host, sudo_password):
    words, env = ["--username", host.user, "--become", host.become, "--host_group_name", "lab"], {}
    if host.key_file:
        words += ["--ssh_key", host.key_file]
    else:
        env["AOPS_HOST_PASSWORD"] = host.password
    if sudo_password:
        words += ["--sudo_password", "-"]
    aops.run("host", "add", host.name, host.address, *words, env=env, text=sudo_password)


def run_of(aops, run):
    (info,) = aops.json("run", "list", run)["executions"]
    return info


def kill_in_the_middle(aops, n, run):
    """When some hosts are through with the first step and others are at it."""
    def is_middle():
        info = run_of(aops, run)
        if info["state"] in ENDED:
            raise RuntimeError(f"the run is {info['state']} before the node was killed: {info['reason']}")
        counts = info["steps"][0]["hosts"]
        return counts["ok"] > 0 and counts["running"] > 0
    wait_until(is_middle, 300, "the first host is through with the first step", every=0.2)
    n.kill()
    say("killed the node by kill -9; systemd would start it again: so do we")
    n.start()
    aops.run("login", "--url", n.url, "--username", "admin", "--trust")
    state = wait_until(lambda: (lambda x: x if x["state"] == "waiting_for_key" else None)(run_of(aops, run)), 60, "it waits")
    say(f"the run is {state['state']}: keys are in memory only. We enter it again")
    aops.run("certificate")


def demonstrate(folder):
    say("six hosts, each with users, passwords and packages of its own")
    with lab.lab() as hosts, steady_node("check.sample_period=2s", tls=True) as n:
        aops = operator(folder)
        aops.run("login", "--url", n.url, "--username", "admin", "--trust",
                 env={"AOPS_PASSWORD": DEFAULT_PASSWORD, "AOPS_NEW_PASSWORD": PASSWORD})
        aops.run("certificate")
        aops.run("group", "add", "lab")
        for host in hosts:
            add(aops, host, "not-its-password" if host.name == BROKEN else host.become_password)
        aops.show("host", "list", "-o", "table")
        aops.run("template", "import", "node_exporter", "--shipped")
        aops.run("template", "import", aops.file("sample_configuration.yml", SAMPLE))
        aops.run("task", "generate", "first steps", "node_exporter,sample_configuration", "--host_group_list", "lab",
                 "--vars", aops.file("vars.yml", "contact: ops@example.org\n"))

        say("node_exporter and a sample configuration on all of them; the password of one is wrong")
        manner = ["--serial", "2,4", "--max_fail_percentage", "50", "--watch", "-o", "table"]
        print('$ aops task execute "first steps" ' + " ".join(manner), flush=True)
        watch = aops.popen("task", "execute", "first steps", "--yes", *manner, stdin=subprocess.DEVNULL)
        run = wait_until(lambda: [x["execution_id"] for x in aops.json("run", "list")["executions"]], 30, "a run")[0]
        kill_in_the_middle(aops, n, run)
        watch.wait(600)
        info = wait_until(lambda: (lambda x: x if x["state"] in ENDED else None)(run_of(aops, run)), 600, "it ends")

        say(f"it is {info['state']}, but not on every host: the reason")
        aops.show("run", "hosts", run, "--state", "failed,unreachable", "-o", "table")
        say(f"the right password for {BROKEN}, and again, for that host only")
        aops.run("host", "update", BROKEN, "--username", hosts[BROKEN].user, "--become", hosts[BROKEN].become,
                 env={"AOPS_HOST_PASSWORD": hosts[BROKEN].password, "AOPS_HOST_SUDO_PASSWORD": hosts[BROKEN].become_password})
        aops.show("run", "retry", run, "--watch", "-o", "table")
        return judge(aops, hosts, run)


def judge(aops, hosts, run):
    wait_until(lambda: [x["status"] for x in aops.json("host", "list")["host_infos"]] == ["online"] * len(hosts.hosts), 60,
               "all hosts are sampled by what was deployed")
    say("every host is sampled now, by what was deployed")
    aops.show("host", "list", "-o", "table")
    aops.show("run", "list", "-o", "table")
    retried = [x for x in aops.json("run", "list")["executions"] if x.get("retry_of") == run]
    only = {x["host_name"] for x in aops.json("run", "hosts", retried[0]["execution_id"])["results"] if x["attempts"]}
    texts = {host.name: host.read("/etc/motd") for host in hosts}
    good = all(x == f"{name} is looked after by aops. Contact: ops@example.org\n" for name, x in texts.items())
    say(f"{len(texts)} hosts configured; tried again: {', '.join(sorted(only))}")
    return good and only == {BROKEN} and retried[0]["state"] == "done"


def main():
    os.environ["AOPS_BIN"] = os.path.abspath(sys.argv[1])
    if lab.why_not():
        sys.exit(f"tasks_demo: {lab.why_not()}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # So that everything ends with us.
    folder, began = tempfile.mkdtemp(prefix="aops-tasks-"), time.monotonic()
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
