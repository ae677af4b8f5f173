"""Runs in the environment of query_client.txt: asks by a client of Prometheus that others wrote.

Arguments: URL, user, token. Prints what the client understood, as JSON.
"""
import datetime
import json
import sys

from prometheus_api_client import PrometheusConnect
from requests.auth import HTTPBasicAuth

url, user, token = sys.argv[1:]
client = PrometheusConnect(url=url, auth=HTTPBasicAuth(user, token))
now = datetime.datetime.now()
series = client.custom_query_range("node_load1", now - datetime.timedelta(seconds=20), now, "1s")
print(json.dumps({
    "metrics": client.all_metrics(),
    "instant": client.custom_query("sum by (host) (node_load1)"),
    "values": client.get_label_values("host"),
    "current": client.get_current_metric_value("node_load1", {"host": "h1"}),
    "range": [[x["metric"]["host"], sorted({v for _, v in x["values"]})] for x in series],
    "targets": [x["labels"]["host"] for x in client.get_targets()["activeTargets"]],
}))
