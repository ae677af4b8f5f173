"""From an alert to its cause: a hundred groups a second come to the webhook, and each gets one report of the last minutes.

The groups come from as many hosts as there are, a host in turn, while the node samples all of them. A report counts as there when the
node says so to somebody who asks for all open ones again and again.
"""
import datetime
import json
import threading
import time

from measure.figures import quantile
from measure.fleet import warm
from measure.node import Fleet, Node

HOSTS, RATE, SENDERS = 200, 100, 8
ASK_S, LATE_S = 0.02, 60


class Groups:
    """What was sent, and when its report was there."""

    def __init__(self):
        self.lock, self.open, self.took, self.sent, self.failed = threading.Lock(), {}, [], 0, []

    def begin(self, task, began):
        with self.lock:
            self.sent += 1
            self.open[task] = began

    def fail(self, reply):
        with self.lock:
            self.sent += 1
            self.failed.append(reply)

    def tasks(self):
        with self.lock:
            return list(self.open)

    def end(self, tasks):
        now = time.monotonic()
        with self.lock:
            self.took += [now - self.open.pop(x) for x in tasks]


def body_of(host, number, run):
    """A group of one alert, as Alertmanager tells of it. Its name is that of the tree."""
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    alert = {"status": "firing", "labels": {"alertname": "bench", "host_id": host}, "annotations": {}, "startsAt": now,
             "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "", "fingerprint": f"{run:08x}{number:08x}"}
    return json.dumps({"version": "4", "groupKey": f"{run}/{number}", "status": "firing", "alerts": [alert], "receiver": "aops"})


def send(node, token, ids, groups, first, count, began, run):
    """Every `SENDERS`th group, each at its time."""
    connection = node.connect(30)
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " + token}
    for number in range(first, count, SENDERS):
        time.sleep(max(0, began + number / RATE - time.monotonic()))
        sent = time.monotonic()
        connection.request("POST", "/alertmanager/webhook", body_of(ids[number % len(ids)], number, run), headers)
        answer = connection.getresponse()
        reply = json.loads(answer.read())
        if answer.status == 200 and reply.get("task_id"):
            groups.begin(reply["task_id"], sent)
        else:
            groups.fail((answer.status, reply))
    connection.close()


def one_run(node, token, ids, seconds, run):
    groups, count, began = Groups(), seconds * RATE, time.monotonic() + 0.1
    threads = [threading.Thread(target=send, args=(node, token, ids, groups, k, count, began, run)) for k in range(SENDERS)]
    for x in threads:
        x.start()
    while (open_ones := groups.tasks()) or any(x.is_alive() for x in threads):
        if time.monotonic() > began + seconds + LATE_S:
            raise RuntimeError(f"{len(open_ones)} of {groups.sent} groups have no report")
        if open_ones:
            told = node.ask("/diag/progress/get", {"task_list": open_ones[:200]})["result"]
            groups.end([x["task_id"] for x in told if x["progress"]])
        time.sleep(ASK_S)
    if groups.failed:
        raise RuntimeError(f"{len(groups.failed)} of {groups.sent} groups were not taken: {groups.failed[0]}")
    return groups.took


def measure(figures, place, options):
    seconds = min(options.window, 30)
    with Fleet(place, HOSTS) as fleet, Node(place, fleet.port) as node:
        node.log_in()
        node.ask("/check/rule/import", place.rules())
        node.ask("/diag/tree/import", place.trees())
        ids = node.add_hosts(fleet.addresses)
        token = node.ask("/manage/account/token/create", {"name": "bench", "scope": "act"})["access_token"]
        warm(node, fleet.hosts, 4)
        for run in range(options.runs):
            cpu, began = node.cpu_s(), time.monotonic()
            took = one_run(node, token, ids, seconds, run)
            name = f"alerts: {RATE} groups/s of {HOSTS} hosts, "
            figures.add(name + "from webhook to report, p50", 1000 * quantile(took, 0.5), "ms")
            figures.add(name + "from webhook to report, p99", 1000 * quantile(took, 0.99), "ms", "<= 2000")
            figures.add(name + "slowest", 1000 * max(took), "ms")
            figures.add(name + "CPU of the node", 100 * (node.cpu_s() - cpu) / (time.monotonic() - began), "% of a core")
