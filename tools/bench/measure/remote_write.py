"""Samples that senders push: how many a second are stored, acknowledged one request after the other on a few connections."""
import os
import sys
import threading
import time

from measure.node import Node

CONNECTIONS, SERIES = 8, 25  # Of each host.
SAMPLES = 500  # Of a request, as a Prometheus sends them.
TAKEN = 'aops_pushed_samples_total{outcome="taken"}'


def request_body(made_by, first, hosts, number):
    """Samples of a few hosts, newer than those of the request before."""
    time_ms = int(time.time() * 1000)
    return made_by.packed(made_by.write_request(*(
        ({"__name__": "node_cpu_seconds_total", "cpu": str(k), "mode": "idle", "job": "node",
          "instance": f"192.0.2.{(first + host) % hosts + 1}:9100"}, [(time_ms, float(number + k))])
        for host in range(SAMPLES // SERIES) for k in range(SERIES))))


def send_until(node, made_by, ends, first, hosts, tally, token):
    """Sends and waits for the answer, again and again."""
    connection, number = node.connect(30), 0
    headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", "Authorization": "Bearer " + token}
    while time.monotonic() < ends:
        number += 1
        body = request_body(made_by, first, hosts, number)
        began = time.monotonic()
        connection.request("POST", "/api/v1/write", body, headers)
        reply = connection.getresponse()
        text = reply.read()
        tally.append((reply.status, text[:200], time.monotonic() - began))
    connection.close()


def measure(figures, place, chosen):
    sys.path.insert(0, os.path.join(place.top, "tests/system"))
    import remote_write as made_by
    hosts = max(1, min(chosen.hosts, 200))
    with Node(place, 9100) as node:
        node.log_in()
        node.ask("/manage/host/add", {"host_list": [{"host_name": f"h{k}", "public_ip": f"192.0.2.{k + 1}", "source": "push"}
                                                    for k in range(hosts)]})
        token = node.ask("/manage/account/token/create", {"name": "bench", "scope": "act"})["access_token"]
        wait_for_hosts(node, made_by, hosts, token)
        for _ in range(chosen.runs):
            before, began, tally = node.metrics().get(TAKEN, 0), time.monotonic(), []
            threads = [threading.Thread(target=send_until, args=(node, made_by, began + chosen.window, k * hosts // CONNECTIONS,
                                                                 hosts, tally, token)) for k in range(CONNECTIONS)]
            for x in threads:
                x.start()
            for x in threads:
                x.join()
            took = time.monotonic() - began
            if wrong := [x for x in tally if x[0] != 204]:
                raise RuntimeError(f"{len(wrong)} of {len(tally)} requests were refused: {wrong[0]}")
            figures.add("pushed samples stored", (node.metrics().get(TAKEN, 0) - before) / took, "1/s",
                        note=f"{hosts} hosts, {CONNECTIONS} connections, {SAMPLES} samples a request")
            slowest = sorted(x[2] for x in tally)
            figures.add("a request acknowledged, 99th of 100", slowest[len(slowest) * 99 // 100] * 1000, "ms")


def wait_for_hosts(node, made_by, hosts, token):
    """Until all have begun."""
    ends, tally = time.monotonic() + 60, []
    for first in range(0, hosts, SAMPLES // SERIES):
        while True:
            send_until(node, made_by, time.monotonic() + 0.001, first, hosts, tally, token)
            if tally[-1][0] == 204:
                break
            if time.monotonic() > ends:
                raise RuntimeError(f"hosts do not begin: {tally[-1]}")
            time.sleep(0.1)
