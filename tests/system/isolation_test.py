"""Who sees what, over every route and stream of the tables: an ordinary user sees what is granted to him, and nothing else.

The scene: an administrator owns hosts in two groups, with results, alerts, tasks and reports of all. One group is granted
to `ann`. Whatever she asks, nothing of the hosts of the other may be in the answer. All of it on one node; and on two, where
the owner acts at one, the others ask at the other, and each node has a host of each group.
"""
import json
import pathlib
import time
import unittest
import urllib.parse

from cluster import cluster
from exporter import exporter
from fields_test import cases_of
from node import node
from rest import rest, rule, tree
from run_scene import OPEN
from waiting import wait_until

KNOWN = "correct horse"
RUNNER = pathlib.Path(__file__).with_name("quick_runner.py")
MADE_BY_OWNER = "made by the owner"
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


def hosts_of(s):
    return [*s.all_seen, SEEN_HOST]


def number(name, *more):
    """A figure that is the number of the hosts she sees."""
    return lambda s: [f'"{name}":{len(s.all_seen)}', *(text for part in more for text in part(s))]


def legal(path):
    """What the interface's own document says is a request."""
    return lambda s: s.legal[path]


def alerts_about(group, *hosts):
    """What Alertmanager tells."""
    alerts = [{"status": "firing", "labels": {"alertname": "hot", "host": x}, "startsAt": "2026-03-01T08:15:00Z"} for x in hosts]
    return {"version": "4", "groupKey": group, "status": "firing", "alerts": alerts}


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
    ("POST", "/manage/account/token/create"): sees(lambda s: {"name": f"t{s.place}", "scope": "read"}, changes=True),
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
        sees(lambda s: {"host_group_list": []}, number("total_count", hosts_of)),
    ("POST", "/manage/host/count"): sees(shows=number("host_count")),

    ("POST", "/manage/host/group/update"): denied(lambda s: {"host_group_name": SEEN_GROUP, "description": "x"}),
    ("POST", "/manage/host/info/query"): sees(lambda s: {"host_list": BOTH(s), "basic": True}, lambda s: [s.seen, SEEN_HOST]),
    ("POST", "/manage/host/info/refresh"): denied(lambda s: {"host_list": [s.hidden]}),
    ("POST", "/manage/config/collect"): denied(lambda s: {"infos": [{"host_id": s.hidden, "config_list": ["/etc/motd"]}]}),
    ("POST", "/manage/config/push"): denied(lambda s: {"infos": [{"host_id": s.hidden, "path": "/etc/motd", "content": "x"}]}),
    ("POST", "/manage/config/execute"): denied(lambda s: {"host_list": [s.hidden], "command_id": "x"}),
    ("POST", "/manage/config/output/get"): denied(legal("/manage/config/output/get"), changes=False),
    ("POST", "/manage/config/command/get"): denied(legal("/manage/config/command/get"), changes=False),
    ("POST", "/manage/host/trust"): denied(lambda s: {"host_id": s.hidden}),
    ("POST", "/manage/template/import"): denied(legal("/manage/template/import")),
    ("POST", "/manage/template/import/package"): denied(legal("/manage/template/import/package")),
    ("POST", "/manage/template/import/shipped"): denied(legal("/manage/template/import/shipped")),
    ("POST", "/manage/template/version/get"): denied(lambda s: {"template_name": s.template}, changes=False),
    ("POST", "/manage/template/diff"): denied(lambda s: {"template_name": s.template}, changes=False),
    ("POST", "/manage/package/upload"): denied(legal("/manage/package/upload")),
    ("POST", "/manage/package/get"): denied(legal("/manage/package/get"), changes=False),
    ("DELETE", "/manage/package/delete"): denied(legal("/manage/package/delete")),
    ("POST", "/manage/task/schedule/add"): denied(lambda s: {"task_id": s.deployment, "schedule_name": "x", "expression": "@daily"}),
    ("POST", "/manage/task/schedule/get"): denied(lambda s: {"schedule_list": [s.schedule]}, changes=False),
    ("POST", "/manage/task/schedule/update"): denied(lambda s: {"schedule_id": s.schedule, "enabled": False}),
    ("DELETE", "/manage/task/schedule/delete"): denied(lambda s: {"schedule_list": [s.schedule]}),
    ("POST", "/manage/task/schedule/preview"): denied(legal("/manage/task/schedule/preview"), changes=False),
    ("POST", "/manage/template/get"): denied(lambda s: {"template_list": [s.template]}, changes=False),
    ("DELETE", "/manage/template/delete"): denied(lambda s: {"template_list": [s.template]}),
    ("POST", "/manage/task/generate"): denied(lambda s: {"task_name": "x", "description": "", "template_name": [s.template]}),
    ("POST", "/manage/task/get"): denied(lambda s: {"task_list": [s.deployment]}, changes=False),
    ("DELETE", "/manage/task/delete"): denied(lambda s: {"task_list": [s.deployment]}),
    ("POST", "/manage/task/execute"): denied(lambda s: {"task_list": [s.deployment]}),
    **{("POST", "/manage/task/" + act): denied(lambda s: {"execution_list": [s.run]})
       for act in ("stop", "pause", "approve", "resume", "retry")},
    ("POST", "/manage/task/result/get"): denied(changes=False),
    ("POST", "/manage/task/result/hosts"): denied(lambda s: {"execution_id": s.run}, changes=False),
    ("POST", "/manage/task/result/log"): denied(lambda s: {"execution_id": s.run}, changes=False),
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
        sees(lambda s: {"check_items": [], "host_list": [], "time_range": []}, lambda s: s.all_seen),
    ("POST", "/check/result/count"): sees(lambda s: {"host_list": []}, number("total_count", lambda s: s.all_seen)),
    ("POST", "/check/status/get"): sees(shows=number("total_count", hosts_of)),
    ("POST", "/check/status/count"): sees(shows=number("online")),
    ("POST", "/check/silence/add"):
        sees(lambda s: {"comment": "c", "host_list": [s.hidden], "duration_s": 60}, code=1000, changes=True),
    ("POST", "/check/silence/get"): sees(shows=lambda s: ['"silence_infos":[]']),
    ("POST", "/check/silence/end"): sees(lambda s: {"silence_list": [s.silence]}, changes=True),
    ("POST", "/check/execute"):
        denied(lambda s: {"host_list": [s.seen], "time_range": s.range, "check_items": []}),
    ("POST", "/alertmanager/webhook"):
        sees(lambda s: alerts_about(f"g{s.place}", s.name_of[s.seen], s.name_of[s.hidden]), lambda s: [s.seen], changes=True),
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
    ("POST", "/diag/report/get_list"): sees(shows=number("total_count", lambda s: [s.seen, s.seen_report])),
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
    **{(verb, "/api/v1/query"): sees(lambda s: {"query": "temperature"}, hosts_of) for verb in ("GET", "POST")},
    **{(verb, "/api/v1/query_range"):
       sees(lambda s: {"query": "temperature", "start": s.range[0], "end": s.range[1], "step": "1"}, hosts_of)
       for verb in ("GET", "POST")},
    **{(verb, "/api/v1/series"): sees(lambda s: {"match[]": "temperature"}, hosts_of) for verb in ("GET", "POST")},
    **{(verb, "/api/v1/labels"): sees(shows=lambda s: ["host_id"]) for verb in ("GET", "POST")},
    **{(verb, "/api/v1/format_query"): sees(lambda s: {"query": "a/b"}, lambda s: ["a / b"]) for verb in ("GET", "POST")},
    ("GET", "/api/v1/label/{rest}"): sees(shows=lambda s: [SEEN_HOST]),
    ("GET", "/api/v1/metadata"): sees(shows=lambda s: ["temperature"]),
    ("GET", "/api/v1/rules"): sees(shows=lambda s: ["hot", *hosts_of(s)]),
    ("GET", "/api/v1/alerts"): sees(shows=lambda s: ["hot", *hosts_of(s)]),
    ("GET", "/api/v1/targets"): sees(shows=hosts_of),
    ("GET", "/api/v1/status/buildinfo"): sees(),

    ("POST", "/domain/createDomain"): denied(lambda s: [{"domainName": "x"}]),
    ("POST", "/domain/queryDomain"): sees(shows=lambda s: ["traced"]),
    ("DELETE", "/domain/deleteDomain"): denied(lambda s: {"domainName": "traced"}),
    ("POST", "/host/addHost"): denied(lambda s: {"domainName": "traced", "hostInfos": []}),
    ("POST", "/host/getHost"): sees(lambda s: {"domainName": "traced"}, hosts_of),
    ("DELETE", "/host/deleteHost"): denied(lambda s: {"domainName": "traced", "hostInfos": []}),
    ("POST", "/management/addManagementConf"): denied(lambda s: {"domainName": "traced", "confFiles": []}),
    ("POST", "/management/getManagementConf"): sees(lambda s: {"domainName": "traced"}, lambda s: ["/etc/motd"]),
    ("DELETE", "/management/deleteManagementConf"): denied(lambda s: {"domainName": "traced", "confFiles": []}),
    ("POST", "/management/queryManageConfChange"): sees(lambda s: {"domainName": "traced"}, lambda s: ["/etc/motd"]),
    ("POST", "/confs/queryExpectedConfs"): sees(shows=lambda s: ["/etc/motd"]),
    ("POST", "/confs/queryRealConfs"): sees(lambda s: {"domainName": "traced", "hostIds": []}, lambda s: s.all_seen),
    ("POST", "/confs/getDomainStatus"): sees(lambda s: {"domainName": "traced"}, lambda s: [s.seen]),
    ("PUT", "/confs/syncConf"): denied(lambda s: {"domainName": "traced", "hostIds": []}),
    ("POST", "/manage/tracing/item/get"): sees(lambda s: {"domain_name": "traced"}, lambda s: ["/etc/motd"]),
    ("POST", "/manage/tracing/diff"): sees(lambda s: {"domain_name": "traced", "file_path": "/etc/motd"}),
    ("POST", "/manage/tracing/summary/get"): sees(shows=number("hosts")),
    ("POST", "/manage/tracing/edit/get"): sees(),
    ("POST", "/manage/tracing/model/get"): sees(),

    ("POST", "/api/v1/write"): sees(code=400, changes=True),  # Nothing is no request of a sender.
    ("POST", "/v1/logs"): row(ANYONE, lambda s: {"resourceLogs": []}, code=16),  # With tokens of hosts only.
    ("POST", "/logs/ingest"): row(ANYONE, lambda s: {"log": "x"}, code=1201),
    ("POST", "/logs/search"): sees(shows=lambda s: ["line of h1"]),
    ("POST", "/logs/histogram"): sees(lambda s: {"query": "h1", "time_range": [0, 4_000_000_000]}, number("total")),
    ("POST", "/logs/context"): sees(lambda s: {"line_id": s.hidden_line}, code=1000),
    ("POST", "/logs/token/create"): denied(lambda s: {"host_id": s.seen, "name": "x"}),
    ("POST", "/logs/token/get"): denied(changes=False),
    ("DELETE", "/logs/token/delete"): denied(lambda s: {"token_list": s.log_tokens}),

    ("POST", "/tracing/ingest"): row(ANYONE, lambda s: {"files": []}, code=1201),
    ("POST", "/topology/ingest"): row(ANYONE, lambda s: {"machine_id": "m", "hostname": "h"}, code=1201),
    ("GET", "/gala-spider/api/v1/get_entities"): sees(shows=hosts_of),
    ("GET", "/gala-spider/api/v1/get_summary"): sees(shows=hosts_of),
    ("GET", "/gala-spider/api/v1/get_status"): sees(shows=number("hosts")),
    ("GET", "/gala-spider/api/v1/get_changes"): sees(lambda s: {"host_id": s.hidden}, code=1000),

    # Streams: refused as HTTP says.
    ("GET", "/diag/progress/stream"): sees(lambda s: {"task_id": s.task}, code=1000),
    ("GET", "/manage/task/stream"): denied(lambda s: {"execution_id": s.run}, changes=False),
    ("GET", "/logs/stream"): sees(lambda s: {"query": "("}, code=1000),
    ("GET", "/events/stream"): sees(lambda s: {"topics": "diag:" + s.task}, lambda s: ["event: gone"]),
}
PAGES = {"/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/docs/{rest}", "/", "/ui/{rest}", "/ui/assets/{rest}"}
# Of these each administrator does as he likes: administrators are peers, and the cluster is of all of them. The tree of a node
# names who looks after each host.
OF_ALL_ADMINISTRATORS = {
    *("/manage/account/user/" + x for x in ("disable", "enable", "reset", "delete")), "/manage/account/role/change",
    "/manage/account/session/delete", "/cluster/node/drain", "/cluster/tree"}
# What an owner has: where it is listed, by what, and what of it must stay as it is.
OWNED = [
    ("/manage/host/get", {"host_group_list": []}, "host_infos", ("host_id", "host_name", "host_group_name", "public_ip")),
    ("/manage/host/group/get", {}, "host_group_infos", ("host_group_name", "description")),
    ("/check/rule/get", {"check_items": []}, "check_items", ("check_item", "condition", "description")),
    ("/check/silence/get", {}, "silence_infos", ("silence_id", "ended_by", "ends_at")),
    ("/diag/tree/get", {"tree_list": []}, "trees", ("tree_name", "description")),
    ("/diag/task/get", {}, "task_infos", ("task_id", "tree_list", "expected_report_num")),
    ("/diag/report/get_list", {}, "result", ("report_id",)),
    ("/manage/template/get", {"template_list": []}, "template_infos", ("template_name", "description")),
    ("/manage/task/get", {"task_list": []}, "task_infos", ("task_id", "task_name")),
    ("/manage/task/schedule/get", {"schedule_list": []}, "schedule_infos", ("schedule_id", "enabled", "expression")),
    ("/manage/task/result/get", {}, "executions", ("execution_id", "state")),
    ("/manage/account/token/get", {}, "token_infos", ("token_id", "name")),
    ("/manage/account/view/get", {"kind": "board"}, "view_infos", ("view_name", "content")),
    ("/manage/account/user/get", {}, "user_infos", ("username", "administrator", "host_group_list", "disabled")),
    ("/logs/token/get", {}, "token_infos", ("token_id", "name")),
]
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


def anywhere(host):
    """The place of hosts on a node that is alone."""
    return True


def address(number):
    return f"127.0.0.{number}"


class scene:
    """Hosts, some of which are granted, and something of everything of all.

    `seen` and `hidden` are one of each at the same place, and what is named after them is of those; `turns` goes from place
    to place.

    @param api The owner's.
    @param places For each place at which there is to be a host of both groups: whether a host is there.
    """

    def __init__(self, api, port, places=(anywhere,)):
        self.admin, self.port, self.name_of, self.line_tokens = api, port, {}, {}
        for group in (SEEN_GROUP, HIDDEN_GROUP):
            api.add_group(group)
        self.all_seen = [self.add_host(SEEN_HOST, SEEN_GROUP, 2 * k + 1, place) for k, place in enumerate(places)]
        self.all_hidden = [self.add_host(HIDDEN_HOST, HIDDEN_GROUP, 2 * k + 2, place) for k, place in enumerate(places)]
        self.hosts = [*self.all_seen, *self.all_hidden]
        count = len(self.hosts)
        api.good("/check/rule/import", {"check_items": [rule("hot", "temperature", "$0 > 50", description=MADE_BY_OWNER)]})
        api.good("/diag/tree/import", {"trees": [tree("slow", "a", {"a": "hot"}) | {"description": MADE_BY_OWNER}]})
        for host in self.hosts:
            wait_until(lambda host=host: api.results(host), 60, "results of each host")
        wait_until(lambda: api.good("/check/status/count")["online"] == count, 60, "all hosts online")
        wait_until(lambda: api.good("/check/status/get")["total_count"] == count, 60, "alerts of all hosts")
        start = int(min(x["start"] for x in api.results()))
        self.range = [start, start + 10]
        self.task = api.good("/diag/execute", {"host_list": self.hosts, "tree_list": ["slow"], "time_range": self.range,
                                               "interval": 10})["task_id"]
        wait_until(lambda: api.progress(self.task) == count, 60, "all reports")
        self.reports = {x["host_id"]: x["report_id"] for x in api.reports(self.task)}
        api.good("/manage/account/token/create", {"name": "of-admin", "scope": "act"})
        api.good("/manage/account/view/save", {"kind": "board", "view_name": "of admin", "content": {"host": self.all_hidden}})
        self.silence = api.good("/check/silence/add", {"comment": "of " + HIDDEN_HOST, "host_list": self.all_hidden, "duration_s": 3600,
                                                       "starts_at": time.time() + 3600})["silence_id"]
        self.trace(api)
        self.lines = self.log_lines(api)
        self.tell_links(api)
        self.deploy(api)
        self.read_files(api)
        self.log_tokens = [x["token_id"] for x in api.good("/logs/token/get")["token_infos"]]
        self.ann = new_user(api, "ann", [SEEN_GROUP])
        api.good("/manage/account/register", {"username": "bob", "password": KNOWN})
        self.legal = {path: body for path, _, _, _, _, body in
                      cases_of(json.loads(api.send("GET", "/openapi.json")[2]))}
        self.secrets = [*self.all_hidden, HIDDEN_HOST, HIDDEN_GROUP, *(self.reports[x] for x in self.all_hidden),
                        *(address(2 * k + 2) for k in range(len(places))), "line of the hidden one"]
        next(self.turns())

    def turns(self):
        """Place by place."""
        for self.place, (self.seen, self.hidden) in enumerate(zip(self.all_seen, self.all_hidden)):
            self.seen_report, self.hidden_report = self.reports[self.seen], self.reports[self.hidden]
            self.hidden_line = self.lines[self.hidden]
            yield self.name_of[self.hidden]

    def add_host(self, kind, group, number, place):
        """One at this place: where it comes to is known when it is there."""
        for attempt in range(50):
            name = f"{kind}-{number}-{attempt}"
            host = self.admin.add_hosts((name, address(number), self.port), group=group)[0]
            if place(host):
                self.name_of[host] = name
                return host
            self.admin.good("/manage/host/delete", {"host_list": [host]}, method="DELETE")
        raise AssertionError("no host comes there")

    def send_line(self, host, text):
        """As its collector would, at the owner's node."""
        if host not in self.line_tokens:
            made = self.admin.good("/logs/token/create", {"host_id": host, "name": "lines"})
            self.line_tokens[host] = made["access_token"]
        token = self.line_tokens[host]
        status, _, reply = self.admin.send("POST", "/logs/ingest", json.dumps({"log": text}),
                                           {"Content-Type": "application/json", "Authorization": "Bearer " + token})
        assert status == 200, reply

    def log_lines(self, api):
        """A line of each host. Returns host → the id of its line, of those that are hidden."""
        for host in self.hosts:
            self.send_line(host, "line of h1" if host in self.all_seen else "line of the hidden one")
        lines = {x["host_id"]: x["line_id"] for x in api.good("/logs/search", {"query": "hidden"})["lines"]}
        assert set(lines) == set(self.all_hidden), lines
        return lines

    def tell_links(self, api):
        """What an agent of each host sees."""
        for k, host in enumerate(self.hosts):
            own, far = f"192.0.2.{k + 1}", "192.0.2.100"
            token = api.good("/logs/token/create", {"host_id": host, "name": "agent"})["access_token"]
            links = [{"role": "client", "process_name": "curl", "client_ip": own, "server_ip": far, "server_port": 80}]
            batch = {"machine_id": f"m{k}", "hostname": "of " + host, "addresses": [own], "links": links}
            status, _, reply = api.send("POST", "/topology/ingest", json.dumps(batch),
                                        {"Content-Type": "application/json", "Authorization": "Bearer " + token})
            assert status == 200, reply

    def deploy(self, api):
        """A template, a task, a schedule, and a run that has ended."""
        self.template = "template " + MADE_BY_OWNER
        api.good("/manage/account/certificate", {"key": "vault-key"})
        api.good("/manage/template/import", {"template_name": self.template, "description": MADE_BY_OWNER,
                                             "template_content": [{"hosts": "all", "tasks": [{"ansible.builtin.ping": None}]}]})
        self.deployment = api.good("/manage/task/generate", {
            "task_name": MADE_BY_OWNER, "description": "", "template_name": [self.template], "host_list": self.hosts})["task_id"]
        self.schedule = api.good("/manage/task/schedule/add", {
            "task_id": self.deployment, "schedule_name": MADE_BY_OWNER, "expression": "0 0 1 1 *"})["schedule_id"]
        (self.run,) = api.good("/manage/task/execute", {"task_list": [self.deployment], "vars": {"quick_actions": 1}})["execution_id"]
        ended = lambda: self.shown_run(api)["state"] not in OPEN
        wait_until(ended, 60, "the run has ended")

    def read_files(self, api):
        """Those of the domain, from all hosts."""
        compared = api.call("POST", "/confs/getDomainStatus", {"domainName": "traced"})
        _, real = api.call("POST", "/confs/queryRealConfs", {"domainName": "traced", "hostIds": []})
        assert isinstance(real, list) and {x["hostId"] for x in real} == set(self.hosts), (compared, real)

    def shown_run(self, api):
        return api.good("/manage/task/result/get", {"execution_list": [self.run]})["executions"][0]

    def trace(self, api):
        """A domain of all hosts."""
        hosts = [{"hostId": x} for x in self.hosts]
        for path, body in (("/domain/createDomain", [{"domainName": "traced"}]),
                           ("/host/addHost", {"domainName": "traced", "hostInfos": hosts}),
                           ("/management/addManagementConf",
                            {"domainName": "traced", "confFiles": [{"filePath": "/etc/motd", "contents": "hello"}]})):
            assert api.call("POST", path, body)[0] == 200


class isolation(unittest.TestCase):
    """Who asks does so at the node at which the owner acts, which is alone."""
    PLACES = 1
    SETTINGS = ("check.sample_period=1s", f"tasks.runner={RUNNER}")
    PATIENCE = 0  # How long one node may not know what another was told, in seconds.

    @classmethod
    def setUpClass(cls):
        cls.exporter = exporter({"temperature": 90}, addresses=[address(k + 1) for k in range(2 * cls.PLACES)])
        cls.addClassCleanup(cls.exporter.close)
        cls.make_scene()
        cls.table = ROWS | dict(internal_rows(cls.scene.admin))

    @classmethod
    def make_scene(cls):
        """And says at which address the others ask."""
        cls.node = node(*cls.SETTINGS)
        cls.addClassCleanup(cls.node.close)
        cls.url = cls.node.url
        cls.scene = scene(cls.node.admin(), cls.exporter.port)

    def rows(self):
        """At each place. Those that end the session they are asked with, or change what others show, come last."""
        ordered = sorted(self.table.items(), key=lambda x: x[0][1] in LAST)
        for last in (False, True):
            for place in self.scene.turns():
                for (method, path), row in ordered:
                    if (path in LAST) == last:
                        yield method, path, row, self.subTest(path=path, method=method, place=place)

    def sessions(self, name):
        """Makes clients of a user: one for all paths that do not end its session."""
        lasting = logged_in(self.url, name)
        return lambda path: logged_in(self.url, name) if path in LAST else lasting

    def come(self, admin, name, groups):
        """As `new_user`, where others ask."""
        new_user(admin, name, groups)
        return logged_in(self.url, name)

    def test_every_route_stands_in_the_table(self):
        self.assertEqual(routes_of(rest(self.url)), set(self.table))

    def test_an_ordinary_user_sees_what_is_granted_and_nothing_else(self):
        ann = self.sessions("ann")
        for method, path, row, case in self.rows():
            with case:
                body = row.body(self.scene)
                code, text = ask(rest(self.url) if row.kind == ANYONE else ann(path), method, path, body)
                self.assertEqual(code, row.code, text)
                for part in row.shows(self.scene):
                    self.assertIn(part, text)
                self.assert_tells_nothing_of(self.scene.secrets, path, body, text)

    def test_who_belongs_to_nobody_sees_nothing(self):
        s, bob = self.scene, self.sessions("bob")
        secrets = [*s.secrets, *s.all_seen, SEEN_HOST, SEEN_GROUP, *(s.reports[x] for x in s.all_seen), '"hot"', '"slow"']
        for method, path, row, case in self.rows():
            if row.kind == ANYONE:
                continue
            with case:
                body = row.body(s)
                code, text = ask(bob(path), method, path, body)
                if row.kind == DENIED:
                    self.assertEqual(code, 1207, text)
                self.assert_tells_nothing_of(secrets, path, body, text)

    def test_another_owner_has_nothing_of_it(self):
        # Who may do everything, with what is hers.
        s = self.scene
        s.admin.good("/manage/account/user/add", {"username": "eve", "password": "first password"})
        s.admin.good("/manage/account/role/change", {"username": "eve", "role": "administrator"})
        eve = rest(self.url)
        eve.login("first password", "eve")
        eve.good("/manage/account/change", {"password": KNOWN})
        eve = self.sessions("eve")
        own = eve("")
        own.add_group("of eve")
        own.add_hosts(("host of eve", "127.0.0.99", 9), group="of eve")
        own.good("/manage/account/certificate", {"key": "vault-key"})  # That it is the same opens nothing.
        before = self.owned()
        secrets = [*s.secrets, *s.all_seen, SEEN_HOST, SEEN_GROUP, *(s.reports[x] for x in s.all_seen), MADE_BY_OWNER, "line of h1",
                   s.deployment, s.schedule, s.run, *s.log_tokens]
        for method, path, row, case in self.rows():
            if row.kind == ANYONE or path in OF_ALL_ADMINISTRATORS:
                continue
            with case:
                body = row.body(s)
                code, text = ask(eve(path), method, path, body)
                self.assertNotEqual(code, 1201, text)
                for secret in secrets:
                    if secret not in json.dumps(body):
                        self.assertNotIn(secret, text)
        self.assertEqual(self.owned(), before)

    def owned(self):
        """What the owner has, path by path."""
        found = {}
        for path, body, rows, fields in OWNED:
            listed = self.scene.admin.good(path, body)[rows]
            found[path, fields] = sorted(json.dumps([x[field] for field in fields]) for x in listed)
        for path in ("/host/getHost", "/management/getManagementConf"):
            found[path] = self.scene.admin.call("POST", path, {"domainName": "traced"})[1]
        return found

    def assert_tells_nothing_of(self, secrets, path, body, text):
        said = json.dumps(body) if path in ECHOES else ""
        for secret in secrets:
            if secret not in said:
                self.assertNotIn(secret, text)

    def test_without_a_session_there_is_no_answer(self):
        for method, path, row, case in self.rows():
            if row.kind != ANYONE and path != "/session/logout":
                with case:
                    self.assertEqual(ask(rest(self.url), method, path, row.body(self.scene))[0], 1201)

    def test_a_token_that_may_only_read_changes_nothing(self):
        made = self.scene.admin.good("/manage/account/token/create", {"name": "reader", "scope": "read"})
        reader = rest(self.url, made["access_token"])
        for method, path, row, case in self.rows():
            if row.kind != ANYONE and path != "/session/logout":
                with case:
                    code, text = ask(reader, method, path, row.body(self.scene))
                    (self.assertEqual if row.changes else self.assertNotEqual)(code, 1207, text)

    def test_a_stream_of_lines_tells_those_of_hosts_one_sees(self):
        ann = logged_in(self.url, "ann")
        for place in self.scene.turns():
            with self.subTest(place=place):
                # Two of hers after each of the hidden host's: what came before has been told by then.
                wanted = [f"{x} of {self.scene.seen}" for x in ("first", "second")]
                (before,) = ann.good("/logs/search", {"query": "", "host_list": [self.scene.seen], "limit": 1})["lines"]
                events = ann.stream("/logs/stream?query=", before["line_id"])
                told = []
                for text in wanted:
                    self.scene.send_line(self.scene.hidden, "line of the hidden one")
                    self.scene.send_line(self.scene.seen, text)
                while wanted[-1] not in told:
                    data = next(events)[2]
                    self.assertIn(data["host_id"], self.scene.all_seen)
                    told.append(data["message"])
                events.close()
                self.assertEqual(told[-2:], wanted)

    def test_a_diagnosis_is_about_hosts_one_sees(self):
        dan = self.come(self.scene.admin, "dan", [SEEN_GROUP])
        body = {"host_list": self.scene.hosts, "tree_list": ["slow"], "time_range": self.scene.range, "interval": 5}
        reply = dan.good("/diag/execute", body, code=206)
        self.assertEqual(set(reply["ignored_hosts"]), set(self.scene.all_hidden))
        count = 2 * len(self.scene.all_seen)
        wait_until(lambda: dan.progress(reply["task_id"]) == count, 60, "his reports")
        self.assertEqual({x["host_id"] for x in dan.reports(reply["task_id"])}, set(self.scene.all_seen))
        self.assertEqual([x["task_id"] for x in dan.good("/diag/task/get")["task_infos"]], [reply["task_id"]])
        events = list(dan.events(reply["task_id"]))
        self.assertEqual([x[0] for x in events].count("report"), count)
        self.assertIn(reply["task_id"], [x["task_id"] for x in self.scene.admin.good("/diag/task/get")["task_infos"]])
        for report in dan.reports(reply["task_id"]):  # The scene stays as it was.
            self.scene.admin.good("/diag/report/delete", {"report_list": [report["report_id"]]}, method="DELETE")

    def test_what_is_granted_or_taken_away_counts_within_a_second(self):
        cyd = self.come(self.scene.admin, "cyd", [])
        hosts = lambda: {x["host_id"] for x in cyd.good("/manage/host/get", {"host_group_list": []})["host_infos"]}
        self.assertEqual(hosts(), set())
        change = lambda **what: self.scene.admin.good("/manage/account/grant/change", {"username": "cyd"} | what)
        for what, seen in (({"grant": [SEEN_GROUP, HIDDEN_GROUP]}, self.scene.hosts),
                           ({"revoke": [HIDDEN_GROUP]}, self.scene.all_seen), ({"revoke": [SEEN_GROUP]}, [])):
            change(**what)
            wait_until(lambda seen=seen: hosts() == set(seen), self.PATIENCE, "what is granted now")


class of_two_nodes(isolation):
    """The owner acts at one node, the others ask at the other."""
    PLACES = 2
    PATIENCE = 1

    @classmethod
    def make_scene(cls):
        cls.cluster = cluster(2, settings=cls.SETTINGS)
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.wait_settled()
        here, there = cls.cluster.members
        cls.url = there.url
        cls.scene = scene(here.client(), cls.exporter.port, [lambda x, it=it: cls.has(it, x) for it in (there, here)])

    @classmethod
    def has(cls, it, host):
        """Whether this node looks after the host."""
        def nodes():
            return [x["node"] for x in cls.cluster.ask("/cluster/tree")["nodes"] if f"host/{host}" in json.dumps(x["tree"])]
        return wait_until(nodes, 20, "a node has the host") == [it.id]


if __name__ == "__main__":
    unittest.main()
