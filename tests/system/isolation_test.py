"""Who sees what, over every route and stream of the tables: an ordinary user sees what is granted to him, and nothing else.

The scene: an administrator owns two hosts in two groups, with results, alerts, tasks and reports of both. One group is
granted to `ann`. Whatever she asks, nothing of the other host may be in the answer.
"""
import json
import time
import unittest
import urllib.parse

from exporter import exporter
from fields_test import cases_of
from node import node
from rest import rest, rule, tree
from waiting import wait_until

KNOWN = "correct horse"
HIDDEN_HOST, HIDDEN_GROUP = "hidden-host", "hidden-group"
SEEN_HOST, SEEN_GROUP = "seen-host", "seen-group"

ANYONE, DENIED, SEES = "anyone", "denied", "sees"


class row:
    """What becomes of a route.

    @param kind ANYONE: asked without a token. DENIED: 1207 for an ordinary user. SEES: he may ask it.
    @param body What is asked, given the scene.
    @param shows Texts, given the scene, of which an answer to `ann` must have each.
    @param code What she gets.
    @param changes Whether a token that may only read is refused.
    """

    def __init__(self, kind, body=None, shows=None, code=200, changes=None):
        self.kind, self.code = kind, code
        self.body = body or (lambda s: {})
        self.shows = shows or (lambda s: [])
        self.changes = kind == DENIED if changes is None else changes


def denied(body=None, changes=True):
    return row(DENIED, body, code=1207, changes=changes)


def sees(body=None, shows=None, code=200, changes=False):
    return row(SEES, body, shows, code, changes)


def host_of(s):
    return [s.seen, SEEN_HOST]


def legal(path):
    """What the interface's own document says is a request."""
    return lambda s: s.legal[path]


def alerts_about(*hosts):
    """What Alertmanager tells."""
    alerts = [{"status": "firing", "labels": {"alertname": "hot", "host": x}, "startsAt": "2026-03-01T08:15:00Z"} for x in hosts]
    return {"version": "4", "groupKey": "g", "status": "firing", "alerts": alerts}


PASSWORDS = {"username": "ann", "password": KNOWN}
BOTH = lambda s: [s.seen, s.hidden]

ROWS = {
    ("POST", "/manage/account/login"): row(ANYONE, lambda s: PASSWORDS),
    ("POST", "/manage/account/register"): row(ANYONE, lambda s: PASSWORDS, code=1105),
    ("POST", "/session/login"): row(ANYONE, lambda s: PASSWORDS, code=1207),
    ("POST", "/manage/account/change"): sees(lambda s: {"password": KNOWN}, code=1205, changes=True),
    ("POST", "/manage/account/logout"): sees(changes=True),
    ("POST", "/manage/logout"): sees(changes=True),
    ("POST", "/session/logout"): sees(code=1207, changes=True),
    ("GET", "/session"): sees(shows=lambda s: ["ann"]),
    ("GET", "/session/node"): sees(),
    ("POST", "/manage/account/certificate"): denied(lambda s: {"key": "vault-key"}),
    ("POST", "/manage/account/certificate/change"): denied(lambda s: {"key": "vault-key", "new_key": "k"}),
    ("POST", "/manage/account/user/get"): denied(changes=False),
    ("POST", "/manage/account/user/add"): denied(lambda s: PASSWORDS),
    ("POST", "/manage/account/role/change"): denied(lambda s: {"username": "ann", "role": "administrator"}),
    ("POST", "/manage/account/user/adopt"): denied(lambda s: {"username": "ann"}),
    ("POST", "/manage/account/user/release"): denied(lambda s: {"username": "ann"}),
    ("POST", "/manage/account/user/disable"): denied(lambda s: {"username": "admin"}),
    ("POST", "/manage/account/user/enable"): denied(lambda s: {"username": "ann"}),
    ("POST", "/manage/account/user/reset"): denied(lambda s: {"username": "admin", "password": KNOWN}),
    ("DELETE", "/manage/account/user/delete"): denied(lambda s: {"user_list": ["admin"]}),
    ("POST", "/manage/account/grant/change"): denied(lambda s: {"username": "ann", "grant": [HIDDEN_GROUP]}),
    ("POST", "/manage/account/session/get"): sees(lambda s: {"username": "admin"}, code=1207),
    ("DELETE", "/manage/account/session/delete"):
        sees(lambda s: {"username": "admin", "session_list": []}, code=1207, changes=True),
    ("POST", "/manage/account/token/create"): sees(lambda s: {"name": "t", "scope": "read"}, changes=True),
    ("POST", "/manage/account/token/get"): sees(),
    ("DELETE", "/manage/account/token/delete"): sees(lambda s: {"token_list": ["of-admin"]}, changes=True),
    ("POST", "/manage/account/view/get"): sees(lambda s: {"kind": "board"}, lambda s: ['"view_infos":[']),
    ("POST", "/manage/account/view/save"):
        sees(lambda s: {"kind": "board", "view_name": "v", "content": {}}, changes=True),
    ("DELETE", "/manage/account/view/delete"):
        sees(lambda s: {"kind": "board", "view_list": ["of admin"]}, changes=True),
    ("POST", "/manage/log/get"): sees(lambda s: {"username": "admin"}, lambda s: ['"records":[]']),
    ("POST", "/manage/log/verify"): denied(changes=False),

    ("POST", "/manage/host/group/add"): denied(lambda s: {"host_group_name": "x", "description": ""}),
    ("DELETE", "/manage/host/group/delete"): denied(lambda s: {"host_group_list": [SEEN_GROUP]}),
    ("POST", "/manage/host/group/get"): sees(shows=lambda s: [SEEN_GROUP, '"total_count":1']),
    ("POST", "/manage/host/add"):
        denied(lambda s: {"host_list": [{"host_name": "x", "public_ip": "192.0.2.9"}]}),
    ("POST", "/manage/host/update"): denied(lambda s: {"host_id": s.seen, "host_name": "y"}),
    ("DELETE", "/manage/host/delete"): denied(lambda s: {"host_list": [s.seen]}),
    ("POST", "/manage/host/get"):
        sees(lambda s: {"host_group_list": []}, lambda s: [*host_of(s), '"total_count":1']),
    ("POST", "/manage/host/count"): sees(shows=lambda s: ['"host_count":1']),

    ("POST", "/manage/host/group/update"): denied(lambda s: {"host_group_name": SEEN_GROUP, "description": "x"}),
    ("POST", "/manage/host/info/query"): sees(lambda s: {"host_list": BOTH(s), "basic": True}, host_of),
    ("POST", "/manage/host/info/refresh"): denied(legal("/manage/host/info/refresh")),
    ("POST", "/manage/config/collect"): denied(legal("/manage/config/collect")),
    ("POST", "/manage/config/push"): denied(legal("/manage/config/push")),
    ("POST", "/manage/config/execute"): denied(legal("/manage/config/execute")),
    ("POST", "/manage/config/output/get"): denied(legal("/manage/config/output/get"), changes=False),
    ("POST", "/manage/config/command/get"): denied(legal("/manage/config/command/get"), changes=False),
    ("POST", "/manage/host/trust"): denied(legal("/manage/host/trust")),
    ("POST", "/manage/template/import"): denied(legal("/manage/template/import")),
    ("POST", "/manage/template/import/package"): denied(legal("/manage/template/import/package")),
    ("POST", "/manage/template/import/shipped"): denied(legal("/manage/template/import/shipped")),
    ("POST", "/manage/template/version/get"): denied(legal("/manage/template/version/get"), changes=False),
    ("POST", "/manage/template/diff"): denied(legal("/manage/template/diff"), changes=False),
    ("POST", "/manage/package/upload"): denied(legal("/manage/package/upload")),
    ("POST", "/manage/package/get"): denied(legal("/manage/package/get"), changes=False),
    ("DELETE", "/manage/package/delete"): denied(legal("/manage/package/delete")),
    ("POST", "/manage/task/schedule/add"): denied(legal("/manage/task/schedule/add")),
    ("POST", "/manage/task/schedule/get"): denied(legal("/manage/task/schedule/get"), changes=False),
    ("POST", "/manage/task/schedule/update"): denied(legal("/manage/task/schedule/update")),
    ("DELETE", "/manage/task/schedule/delete"): denied(legal("/manage/task/schedule/delete")),
    ("POST", "/manage/task/schedule/preview"): denied(legal("/manage/task/schedule/preview"), changes=False),
    ("POST", "/manage/template/get"): denied(legal("/manage/template/get"), changes=False),
    ("DELETE", "/manage/template/delete"): denied(legal("/manage/template/delete")),
    ("POST", "/manage/task/generate"): denied(legal("/manage/task/generate")),
    ("POST", "/manage/task/get"): denied(legal("/manage/task/get"), changes=False),
    ("DELETE", "/manage/task/delete"): denied(legal("/manage/task/delete")),
    ("POST", "/manage/task/execute"): denied(legal("/manage/task/execute")),
    **{("POST", "/manage/task/" + act): denied(legal("/manage/task/" + act))
       for act in ("stop", "pause", "approve", "resume", "retry")},
    ("POST", "/manage/task/result/get"): denied(changes=False),
    ("POST", "/manage/task/result/hosts"): denied(legal("/manage/task/result/hosts"), changes=False),
    ("POST", "/manage/task/result/log"): denied(legal("/manage/task/result/log"), changes=False),
    ("POST", "/manage/task/stat"): denied(changes=False),

    ("POST", "/check/rule/import"):
        denied(lambda s: {"check_items": [rule("x", "temperature", "$0 > 1")]}),
    ("POST", "/check/rule/get"): sees(lambda s: {"check_items": []}, lambda s: ["hot"]),
    ("DELETE", "/check/rule/delete"): denied(lambda s: {"check_items": ["hot"]}),
    ("POST", "/check/rule/count"): sees(shows=lambda s: ['"rule_count":1']),
    ("POST", "/check/rule/cost/get"): sees(),
    ("POST", "/check/rule/test"):
        sees(lambda s: {"rule": rule("x", "temperature", "$0 > 1"), "host_id": s.hidden, "time_range": s.range},
             code=1000),
    ("POST", "/check/condition/eval"):
        sees(lambda s: s.legal["/check/condition/eval"] | {"host_id": s.hidden}, code=1000),
    ("POST", "/check/series/get"): sees(lambda s: {"host_id": s.hidden}, code=1000),
    ("POST", "/check/series/data/get"):
        sees(lambda s: {"time_range": s.range, "data_infos": {s.hidden: [{"name": "temperature"}]}}, code=1104),
    ("POST", "/check/result/get"):
        sees(lambda s: {"check_items": [], "host_list": [], "time_range": []}, lambda s: [s.seen]),
    ("POST", "/check/result/count"): sees(lambda s: {"host_list": []}, lambda s: [s.seen, '"total_count":1']),
    ("POST", "/check/status/get"): sees(shows=lambda s: [*host_of(s), '"total_count":1']),
    ("POST", "/check/status/count"): sees(shows=lambda s: ['"online":1']),
    ("POST", "/check/silence/add"):
        sees(lambda s: {"comment": "c", "host_list": [s.hidden], "duration_s": 60}, code=1000, changes=True),
    ("POST", "/check/silence/get"): sees(shows=lambda s: ['"silence_infos":[]']),
    ("POST", "/check/silence/end"): sees(lambda s: {"silence_list": [s.silence]}, changes=True),
    ("POST", "/check/execute"):
        denied(lambda s: {"host_list": [s.seen], "time_range": s.range, "check_items": []}),
    ("POST", "/alertmanager/webhook"):
        sees(lambda s: alerts_about(SEEN_HOST, HIDDEN_HOST), lambda s: [s.seen], changes=True),
    ("GET", "/notify/receivers"): denied(changes=False),
    ("POST", "/notify/test"): denied(lambda s: {"name": "x"}),
    ("GET", "/kafka/status"): denied(changes=False),
    ("POST", "/kafka/dlq/get"): denied(changes=False),
    ("POST", "/kafka/dlq/show"): denied(lambda s: {"id": "x"}, changes=False),
    ("POST", "/kafka/dlq/replay"): denied(lambda s: {"id_list": ["x"]}),
    ("DELETE", "/kafka/dlq/drop"): denied(lambda s: {"id_list": ["x"]}),

    ("POST", "/diag/tree/import"):
        denied(lambda s: {"trees": [tree("x", "a", {"a": "hot"})]}),
    ("POST", "/diag/tree/get"): sees(lambda s: {"tree_list": []}, lambda s: ["slow"]),
    ("DELETE", "/diag/tree/delete"): denied(lambda s: {"tree_list": ["slow"]}),
    ("POST", "/diag/execute"):
        sees(lambda s: {"host_list": [s.hidden], "tree_list": ["slow"], "time_range": s.range, "interval": 10}, code=1000,
             changes=True),
    ("POST", "/diag/task/get"): sees(shows=lambda s: ['"task_infos":[]']),
    ("POST", "/diag/task/cancel"): sees(lambda s: {"task_list": [s.task]}, lambda s: ['"cancelled":[]'], changes=True),
    ("POST", "/diag/task/resume"): sees(lambda s: {"task_list": [s.task]}, lambda s: ['"resumed":[]'], changes=True),
    ("POST", "/diag/task/waits"): sees(lambda s: {"task_id": s.task}, lambda s: ['"waits_for":[]']),
    ("POST", "/diag/progress/get"): sees(lambda s: {"task_list": [s.task]}, lambda s: ['"expected_report_num":0']),
    ("POST", "/diag/report/get_list"): sees(lambda s: {}, lambda s: [s.seen, s.seen_report, '"total_count":1']),
    ("POST", "/diag/report/get"):
        sees(lambda s: {"report_list": [s.seen_report, s.hidden_report, s.hidden_report[:12]]}, lambda s: [s.seen_report]),
    ("DELETE", "/diag/report/delete"): denied(lambda s: {"report_list": [s.seen_report]}),

    ("GET", "/cluster/nodes"): denied(changes=False),
    ("GET", "/cluster/slots"): denied(changes=False),
    ("GET", "/cluster/tree"): denied(changes=False),
    ("GET", "/cluster/doctor"): denied(changes=False),
    ("GET", "/manage/config/effective"): denied(changes=False),
    ("GET", "/manage/backup/list"): denied(changes=False),
    ("POST", "/manage/backup/start"): denied(),
    ("POST", "/cluster/node/drain"): denied(lambda s: {"node": "x"}),

    # In the terms of Prometheus.
    **{(verb, "/api/v1/query"): sees(lambda s: {"query": "temperature"}, host_of) for verb in ("GET", "POST")},
    **{(verb, "/api/v1/query_range"):
       sees(lambda s: {"query": "temperature", "start": s.range[0], "end": s.range[1], "step": "1"}, host_of)
       for verb in ("GET", "POST")},
    **{(verb, "/api/v1/series"): sees(lambda s: {"match[]": "temperature"}, host_of) for verb in ("GET", "POST")},
    **{(verb, "/api/v1/labels"): sees(shows=lambda s: ["host_id"]) for verb in ("GET", "POST")},
    **{(verb, "/api/v1/format_query"): sees(lambda s: {"query": "a/b"}, lambda s: ["a / b"]) for verb in ("GET", "POST")},
    ("GET", "/api/v1/label/{rest}"): sees(shows=lambda s: [SEEN_HOST]),
    ("GET", "/api/v1/metadata"): sees(shows=lambda s: ["temperature"]),
    ("GET", "/api/v1/rules"): sees(shows=lambda s: ["hot", *host_of(s)]),
    ("GET", "/api/v1/alerts"): sees(shows=lambda s: ["hot", *host_of(s)]),
    ("GET", "/api/v1/targets"): sees(shows=host_of),
    ("GET", "/api/v1/status/buildinfo"): sees(),

    ("POST", "/domain/createDomain"): denied(lambda s: [{"domainName": "x"}]),
    ("POST", "/domain/queryDomain"): sees(shows=lambda s: ["traced"]),
    ("DELETE", "/domain/deleteDomain"): denied(lambda s: {"domainName": "traced"}),
    ("POST", "/host/addHost"): denied(lambda s: {"domainName": "traced", "hostInfos": []}),
    ("POST", "/host/getHost"): sees(lambda s: {"domainName": "traced"}, host_of),
    ("DELETE", "/host/deleteHost"): denied(lambda s: {"domainName": "traced", "hostInfos": []}),
    ("POST", "/management/addManagementConf"): denied(lambda s: {"domainName": "traced", "confFiles": []}),
    ("POST", "/management/getManagementConf"): sees(lambda s: {"domainName": "traced"}, lambda s: ["/etc/motd"]),
    ("DELETE", "/management/deleteManagementConf"): denied(lambda s: {"domainName": "traced", "confFiles": []}),
    ("POST", "/management/queryManageConfChange"): sees(lambda s: {"domainName": "traced"}, lambda s: ["/etc/motd"]),
    ("POST", "/confs/queryExpectedConfs"): sees(shows=lambda s: ["/etc/motd"]),
    ("POST", "/confs/queryRealConfs"): sees(lambda s: {"domainName": "traced", "hostIds": []}, code=400),
    ("POST", "/confs/getDomainStatus"): sees(lambda s: {"domainName": "traced"}, lambda s: [s.seen]),
    ("PUT", "/confs/syncConf"): denied(lambda s: {"domainName": "traced", "hostIds": []}),
    ("POST", "/manage/tracing/item/get"): sees(lambda s: {"domain_name": "traced"}, lambda s: ["/etc/motd"]),
    ("POST", "/manage/tracing/diff"): sees(lambda s: {"domain_name": "traced", "file_path": "/etc/motd"}),
    ("POST", "/manage/tracing/summary/get"): sees(shows=lambda s: ['"hosts":1']),
    ("POST", "/manage/tracing/edit/get"): sees(),
    ("POST", "/manage/tracing/model/get"): sees(),

    ("POST", "/api/v1/write"): sees(code=400, changes=True),  # Nothing is no request of a sender.
    ("POST", "/v1/logs"): row(ANYONE, lambda s: {"resourceLogs": []}, code=16),  # With tokens of hosts only.
    ("POST", "/logs/ingest"): row(ANYONE, lambda s: {"log": "x"}, code=1201),
    ("POST", "/logs/search"): sees(shows=lambda s: ["line of h1"]),
    ("POST", "/logs/histogram"): sees(lambda s: {"time_range": [0, 4_000_000_000]}, lambda s: ['"total":1']),
    ("POST", "/logs/context"): sees(lambda s: {"line_id": s.hidden_line}, code=1000),
    ("POST", "/logs/token/create"): denied(lambda s: {"host_id": s.seen, "name": "x"}),
    ("POST", "/logs/token/get"): denied(changes=False),
    ("DELETE", "/logs/token/delete"): denied(lambda s: {"token_list": ["x"]}),

    ("POST", "/tracing/ingest"): row(ANYONE, lambda s: {"files": []}, code=1201),
    ("POST", "/topology/ingest"): row(ANYONE, lambda s: {"machine_id": "m", "hostname": "h"}, code=1201),
    ("GET", "/gala-spider/api/v1/get_entities"): sees(shows=lambda s: host_of(s)),
    ("GET", "/gala-spider/api/v1/get_summary"): sees(shows=lambda s: host_of(s)),
    ("GET", "/gala-spider/api/v1/get_status"): sees(shows=lambda s: ['"hosts":1']),
    ("GET", "/gala-spider/api/v1/get_changes"): sees(lambda s: {"host_id": s.hidden}, code=1000),

    # Streams: refused as HTTP says.
    ("GET", "/diag/progress/stream"): sees(lambda s: {"task_id": s.task}, code=1000),
    ("GET", "/manage/task/stream"): denied(lambda s: {"execution_id": "x"}, changes=False),
    ("GET", "/logs/stream"): sees(lambda s: {"query": "("}, code=1000),
    ("GET", "/events/stream"): sees(lambda s: {"topics": "diag:" + s.task}, lambda s: ["event: gone"]),
}
PAGES = {"/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/docs/{rest}", "/", "/ui/{rest}", "/ui/assets/{rest}"}
# What a request names, its answer may name too.
ECHOES = {"/check/series/data/get", "/diag/task/waits", "/diag/task/cancel", "/diag/task/resume", "/diag/progress/get",
          "/events/stream"}
LAST = ("/manage/account/logout", "/manage/logout", "/session/logout", "/diag/task/cancel", "/alertmanager/webhook")


def routes_of(api):
    paths = json.loads(api.send("GET", "/openapi.json")[2])["paths"]
    return {(verb.upper(), path) for path, verbs in paths.items() for verb in verbs if path not in PAGES}


# What the last part of a path of the internal interface says when it changes something.
CHANGING = {"save", "add", "delete", "import", "change", "login"}


def internal_rows(api):
    """The internal interface as administrators have it: nothing for others."""
    for path, method, _, _, _, body in cases_of(json.loads(api.send("GET", "/openapi.json")[2])):
        if path.startswith("/data/"):
            if "username" in body:
                body = body | {"username": "admin" if isinstance(body["username"], str) else ["admin"]}
            yield (method, path), denied(lambda s, body=body: body, path.rsplit("/", 1)[1] in CHANGING)


def ask(api, method, path, body):
    """Returns (code, text): the contract's code, or that of a stream's refusal."""
    headers = {"Content-Type": "application/json"}
    if api.token:
        headers["Access-Token"] = api.token
    if path.startswith("/api/v1/"):
        return ask_as_prometheus(api, method, path.replace("{rest}", "host/values"), body, headers)
    if method == "GET" or path == "/domain/deleteDomain":
        query = "&".join(f"{key}={value}" for key, value in body.items())
        _, _, text = api.send(method, path + ("?" + query if query else ""), None, headers)
    else:
        _, _, text = api.send(method, path, json.dumps(body), headers)
    return (json.loads(text).get("code", 200), text.replace('": ', '":')) if text.startswith("{") else (200, text)


def ask_as_prometheus(api, method, path, body, headers):
    """The same of what tells by HTTP how it went."""
    form = urllib.parse.urlencode(body)
    if method == "POST":
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        status, _, text = api.send(method, path, form, headers)
    else:
        status, _, text = api.send(method, f"{path}?{form}", None, headers)
    return {401: 1201, 403: 1207}.get(status, status), text


def new_user(admin, name, groups):
    """An ordinary user of the administrator, logged in."""
    admin.good("/manage/account/register", {"username": name, "password": KNOWN})
    admin.good("/manage/account/user/adopt", {"username": name})
    if groups:
        admin.good("/manage/account/grant/change", {"username": name, "grant": groups})
    return logged_in(admin.url, name)


def logged_in(url, name):
    api = rest(url)
    assert api.login(KNOWN, name)["code"] == 200
    return api


class scene:
    """Two hosts, one of which is granted, and something of everything of both."""

    def __init__(self, api, port):
        self.admin = api
        for group in (SEEN_GROUP, HIDDEN_GROUP):
            api.add_group(group)
        self.seen = api.add_hosts((SEEN_HOST, "127.0.0.1", port), group=SEEN_GROUP)[0]
        self.hidden = api.add_hosts((HIDDEN_HOST, "127.0.0.2", port), group=HIDDEN_GROUP)[0]
        api.good("/check/rule/import", {"check_items": [rule("hot", "temperature", "$0 > 50")]})
        api.good("/diag/tree/import", {"trees": [tree("slow", "a", {"a": "hot"})]})
        for host in (self.seen, self.hidden):
            wait_until(lambda host=host: api.results(host), 60, "results of both hosts")
        wait_until(lambda: api.good("/check/status/count")["online"] == 2, 60, "both hosts online")
        wait_until(lambda: api.good("/check/status/get")["total_count"] == 2, 60, "alerts of both hosts")
        start = int(min(x["start"] for x in api.results()))
        self.range = [start, start + 10]
        self.task = api.good("/diag/execute", {"host_list": [self.seen, self.hidden], "tree_list": ["slow"],
                                               "time_range": self.range, "interval": 10})["task_id"]
        wait_until(lambda: api.progress(self.task) == 2, 60, "both reports")
        reports = {x["host_id"]: x["report_id"] for x in api.reports(self.task)}
        self.seen_report, self.hidden_report = reports[self.seen], reports[self.hidden]
        api.good("/manage/account/token/create", {"name": "of-admin", "scope": "act"})
        api.good("/manage/account/view/save", {"kind": "board", "view_name": "of admin", "content": {"host": [self.hidden]}})
        self.silence = api.good("/check/silence/add", {"comment": "of " + HIDDEN_HOST, "host_list": [self.hidden], "duration_s": 3600,
                                                       "starts_at": time.time() + 3600})["silence_id"]
        self.trace(api)
        self.log_lines(api)
        self.tell_links(api)
        self.ann = new_user(api, "ann", [SEEN_GROUP])
        self.stranger = rest(api.url)
        api.good("/manage/account/register", {"username": "bob", "password": KNOWN})
        self.stranger = logged_in(api.url, "bob")
        self.legal = {path: body for path, _, _, _, _, body in
                      cases_of(json.loads(api.send("GET", "/openapi.json")[2]))}
        self.secrets = [self.hidden, HIDDEN_HOST, HIDDEN_GROUP, self.hidden_report, "127.0.0.2", "line of the hidden one"]

    def log_lines(self, api):
        """A line of each host."""
        for host, text in ((self.seen, "line of h1"), (self.hidden, "line of the hidden one")):
            token = api.good("/logs/token/create", {"host_id": host, "name": "n"})["access_token"]
            status, _, reply = api.send("POST", "/logs/ingest", json.dumps({"log": text}),
                                        {"Content-Type": "application/json", "Authorization": "Bearer " + token})
            assert status == 200, reply
        (line,) = api.good("/logs/search", {"query": "hidden"})["lines"]
        self.hidden_line = line["line_id"]

    def tell_links(self, api):
        """What an agent of each host sees."""
        for host, address in ((self.seen, "192.0.2.1"), (self.hidden, "192.0.2.2")):
            token = api.good("/logs/token/create", {"host_id": host, "name": "agent"})["access_token"]
            links = [{"role": "client", "process_name": "curl", "client_ip": address, "server_ip": "192.0.2.3", "server_port": 80}]
            batch = {"machine_id": "m", "hostname": "of " + host, "addresses": [address], "links": links}
            status, _, reply = api.send("POST", "/topology/ingest", json.dumps(batch),
                                        {"Content-Type": "application/json", "Authorization": "Bearer " + token})
            assert status == 200, reply

    def trace(self, api):
        """A domain of both hosts."""
        hosts = [{"hostId": x} for x in (self.seen, self.hidden)]
        for path, body in (("/domain/createDomain", [{"domainName": "traced"}]),
                           ("/host/addHost", {"domainName": "traced", "hostInfos": hosts}),
                           ("/management/addManagementConf",
                            {"domainName": "traced", "confFiles": [{"filePath": "/etc/motd", "contents": "hello"}]})):
            assert api.call("POST", path, body)[0] == 200


class isolation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.exporter = exporter({"temperature": 90}, addresses=("127.0.0.1", "127.0.0.2"))
        cls.addClassCleanup(cls.exporter.close)
        cls.node = node("check.sample_period=1s")
        cls.addClassCleanup(cls.node.close)
        cls.scene = scene(cls.node.admin(), cls.exporter.port)
        cls.table = ROWS | dict(internal_rows(cls.scene.admin))

    def rows(self):
        """Those that end the session they are asked with, or change what others show, come last."""
        return sorted(self.table.items(), key=lambda x: x[0][1] in LAST)

    def test_every_route_stands_in_the_table(self):
        self.assertEqual(routes_of(self.scene.admin), set(self.table))

    def test_an_ordinary_user_sees_what_is_granted_and_nothing_else(self):
        for (method, path), row in self.rows():
            with self.subTest(path=path):
                api = rest(self.node.url) if row.kind == ANYONE else logged_in(self.node.url, "ann")
                body = row.body(self.scene)
                code, text = ask(api, method, path, body)
                self.assertEqual(code, row.code, text)
                for part in row.shows(self.scene):
                    self.assertIn(part, text)
                said = json.dumps(body) if path in ECHOES else ""
                for secret in self.scene.secrets:
                    if secret not in said:
                        self.assertNotIn(secret, text)

    def test_who_belongs_to_nobody_sees_nothing(self):
        secrets = [*self.scene.secrets, self.scene.seen, SEEN_HOST, SEEN_GROUP, self.scene.seen_report, '"hot"', '"slow"']
        for (method, path), row in self.rows():
            if row.kind == ANYONE:
                continue
            with self.subTest(path=path):
                body = row.body(self.scene)
                code, text = ask(logged_in(self.node.url, "bob"), method, path, body)
                if row.kind == DENIED:
                    self.assertEqual(code, 1207, text)
                said = json.dumps(body) if path in ECHOES else ""
                for secret in secrets:
                    if secret not in said:
                        self.assertNotIn(secret, text)

    def test_without_a_session_there_is_no_answer(self):
        for (method, path), row in self.rows():
            if row.kind != ANYONE and path != "/session/logout":
                with self.subTest(path=path):
                    self.assertEqual(ask(rest(self.node.url), method, path, row.body(self.scene))[0], 1201)

    def test_a_token_that_may_only_read_changes_nothing(self):
        made = self.scene.admin.good("/manage/account/token/create", {"name": "reader", "scope": "read"})
        reader = rest(self.node.url, made["access_token"])
        for (method, path), row in self.rows():
            if row.kind == ANYONE or path == "/session/logout":
                continue
            with self.subTest(path=path):
                code, text = ask(reader, method, path, row.body(self.scene))
                (self.assertEqual if row.changes else self.assertNotEqual)(code, 1207, text)

    def test_a_diagnosis_is_about_hosts_one_sees(self):
        dan = new_user(self.scene.admin, "dan", [SEEN_GROUP])
        body = {"host_list": [self.scene.seen, self.scene.hidden], "tree_list": ["slow"], "time_range": self.scene.range,
                "interval": 5}
        reply = dan.good("/diag/execute", body, code=206)
        self.assertEqual(reply["ignored_hosts"], [self.scene.hidden])
        wait_until(lambda: dan.progress(reply["task_id"]) == 2, 60, "his reports")
        self.assertEqual({x["host_id"] for x in dan.reports(reply["task_id"])}, {self.scene.seen})
        self.assertEqual([x["task_id"] for x in dan.good("/diag/task/get")["task_infos"]], [reply["task_id"]])
        events = list(dan.events(reply["task_id"]))
        self.assertEqual([x[0] for x in events].count("report"), 2)
        self.assertIn(reply["task_id"], [x["task_id"] for x in self.scene.admin.good("/diag/task/get")["task_infos"]])
        for report in dan.reports(reply["task_id"]):  # The scene stays as it was.
            self.scene.admin.good("/diag/report/delete", {"report_list": [report["report_id"]]}, method="DELETE")

    def test_what_is_granted_or_taken_away_counts_within_a_second(self):
        cyd = new_user(self.scene.admin, "cyd", [])
        hosts = lambda: {x["host_id"] for x in cyd.good("/manage/host/get", {"host_group_list": []})["host_infos"]}
        self.assertEqual(hosts(), set())
        change = lambda **what: self.scene.admin.good("/manage/account/grant/change", {"username": "cyd"} | what)
        for what, seen in (({"grant": [SEEN_GROUP, HIDDEN_GROUP]}, {self.scene.seen, self.scene.hidden}),
                           ({"revoke": [HIDDEN_GROUP]}, {self.scene.seen}), ({"revoke": [SEEN_GROUP]}, set())):
            change(**what)
            self.assertEqual(hosts(), seen)


if __name__ == "__main__":
    unittest.main()
