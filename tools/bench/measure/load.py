"""Requests from wrk while a node works."""
import json
import os
import subprocess

SCRIPT = os.path.join(os.path.dirname(__file__), "mix.lua")


def command(node, connections, seconds):
    return ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s", "--timeout", "10s",
            "--script", SCRIPT, node.url]


def environment(node, task, delay_ms, mix="read"):
    return dict(os.environ, TOKEN=node.token, TASK=task, DELAY_MS=str(delay_ms), MIX=mix)


def answer_of(text):
    for line in text.decode().splitlines():
        if line.startswith("{"):
            return json.loads(line)
    raise RuntimeError("wrk said no figures: " + text.decode()[-500:])


def run_wrk(node, task, connections, seconds, delay_ms=0, mix="read"):
    done = subprocess.run(command(node, connections, seconds), env=environment(node, task, delay_ms, mix),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=seconds + 60)
    return answer_of(done.stdout)


def check_mix(node, task):
    """wrk counts only HTTP status: so look once at what the mix is answered."""
    page = {"page": 1, "per_page": 50}
    node.ask("/manage/host/get", {"host_group_list": [], **page})
    found = node.ask("/check/result/get", {"time_range": [], "check_items": [], "host_list": [], "sort": "start",
                                           "direction": "desc", **page})
    node.ask("/diag/progress/get", {"task_list": [task]})
    return found["total_count"]
