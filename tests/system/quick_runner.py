#!/usr/bin/env python3
"""Stands in for ansible-runner (`tasks.runner`): quick_runner.py run FOLDER ... tells events of all hosts as fast as they are taken.

Variables of the run: `quick_actions` (100), each of which is one event of each host, as long as those of Ansible; so many hosts,
the first by name, fail at the last one: `quick_failing` (0). Hosts that are asked for files have each of them, with its own path
as text, but for `/etc/nothing`.
"""
import base64
import datetime
import hashlib
import json
import os
import sys

HEAD = {"uuid": "5c1f7f3c-0a44-9f5e-6d4f-00000000001c", "counter": 28, "start_line": 27, "end_line": 28, "runner_ident": "run",
        "pid": 4711, "parent_uuid": "5c1f7f3c-0a44-9f5e-6d4f-00000000000c"}
PLAY = {"playbook": "play.json", "playbook_uuid": "83f9bd5b-5c62-4e29-9c1c-3c1f4e0b6a5f", "play": "quick", "play_pattern": "all",
        "play_uuid": "5c1f7f3c-0a44-9f5e-6d4f-000000000006"}
RESULT = {"changed": True, "stdout": "done @N@", "stderr": "", "rc": 0, "cmd": "echo done @N@", "start": "2026-11-29 12:17:17.100002",
          "end": "2026-11-29 12:17:17.102413", "delta": "0:00:00.002411", "msg": "",
          "invocation": {"module_args": {"_raw_params": "echo done @N@", "_uses_shell": True, "expand_argument_vars": True,
                                         "stdin_add_newline": True, "strip_empty_ends": True, "argv": None, "chdir": None,
                                         "executable": None, "creates": None, "removes": None, "stdin": None}},
          "stdout_lines": ["done @N@"], "stderr_lines": [], "_ansible_no_log": False}


def now():
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None).isoformat(timespec="microseconds")


def line(event, data, stdout="", at=None):
    """@param at When it happened: now; `@T@` where that is yet to be filled in."""
    return json.dumps(HEAD | {"created": at or now(), "event": event, "event_data": PLAY | data, "stdout": stdout}) + "\n"


def of_host(host, event="runner_on_ok"):
    return line(event, {
        "task": "action @N@", "task_uuid": "5c1f7f3c-0a44-9f5e-6d4f-00000000000c", "task_action": "ansible.builtin.shell",
        "resolved_action": "ansible.builtin.shell", "task_args": "", "task_path": "project/play.json:1", "host": host,
        "remote_addr": "127.0.0.1", "res": RESULT, "start": "2026-11-29T12:17:16.900121", "end": "2026-11-29T12:17:17.243001",
        "duration": 0.34288, "event_loop": None, "uuid": HEAD["uuid"]}, f"changed: [{host}]", "@T@")


def files_of(host, wanted):
    """What the module that reads files tells there."""
    told = []
    for file in wanted:
        path = file["path"]["__ansible_unsafe"]
        if path == "/etc/nothing":
            told.append({"path": path, "state": "failed", "reason": "is not there"})
            continue
        known = hashlib.sha256(f"0644\nroot:root\n{path}\n".encode()).hexdigest()
        content = {"content": base64.b64encode((path + "\n").encode()).decode(), "mode": "0644", "owner": "root:root"}
        told.append({"path": path} | ({"same": True} if file.get("known") == known else content))
    return line("runner_on_ok", {
        "task": "Read files", "task_uuid": "5c1f7f3c-0a44-9f5e-6d4f-00000000000c", "task_action": "aops_files",
        "resolved_action": "aops_files", "task_args": "", "task_path": "project/play.json:1", "host": host,
        "remote_addr": "127.0.0.1", "res": {"changed": False, "told": told}, "start": "2026-11-29T12:17:16.900121",
        "end": "2026-11-29T12:17:17.243001", "duration": 0.34288, "event_loop": None, "uuid": HEAD["uuid"]}, f"ok: [{host}]")


def main():
    folder = sys.argv[2]
    with open(os.path.join(folder, "inventory/hosts.json"), encoding="utf-8") as file:
        variables = json.load(file)["all"]["hosts"]
    hosts = list(variables)
    asked = {x: y["aops_files"] for x, y in variables.items() if "aops_files" in y}
    with open(os.path.join(folder, "env/extravars"), encoding="utf-8") as file:
        told = json.load(file) if not asked else {"quick_actions": 0}
    actions, failing = int(told.get("quick_actions", 100)), sorted(hosts)[:int(told.get("quick_failing", 0))]
    out = sys.stdout.buffer
    out.write(line("playbook_on_play_start", {"name": "quick"}).encode())
    all_hosts = "".join(map(of_host, hosts)).encode()
    for k in range(actions):
        out.write(line("playbook_on_task_start", {"name": f"action {k}"}).encode())
        out.write(all_hosts.replace(b"@N@", b"%d" % k).replace(b"@T@", now().encode()))
    for host, wanted in asked.items():
        out.write(files_of(host, wanted).encode())
    for host in failing:
        out.write(of_host(host, "runner_on_failed").replace("@N@", str(actions)).replace("@T@", now()).encode())
    counts = {x: actions + (x in asked) for x in hosts}
    out.write(line("playbook_on_stats", {"ok": counts, "changed": counts, "processed": {x: 1 for x in hosts},
                                         "failures": {x: 1 for x in failing},
                                         "dark": {}, "skipped": {}, "ignored": {}}).encode())
    return 2 if failing else 0


if __name__ == "__main__":
    sys.exit(main())
