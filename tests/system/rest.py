"""A client of the REST contract: token, raw bodies, event streams."""
import http.client
import json
import ssl
import urllib.parse

USER, DEFAULT_PASSWORD, PASSWORD = "admin", "changeme", "a-better-password"


class rest:
    def __init__(self, url, token=None):
        self.url = url
        self.where = urllib.parse.urlsplit(url)
        self.token = token

    def connection(self, timeout=30):
        if self.where.scheme == "https":
            # The node's certificate is self-signed, made a moment ago on this machine.
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            return http.client.HTTPSConnection(self.where.hostname, self.where.port, timeout=timeout, context=context)
        return http.client.HTTPConnection(self.where.hostname, self.where.port, timeout=timeout)

    def send(self, method, path, data=None, headers=None, timeout=30):
        """One request as it stands. Returns (HTTP status, headers, text)."""
        link = self.connection(timeout)
        try:
            link.request(method, path, data, headers or {})
            reply = link.getresponse()
            return reply.status, reply.headers, reply.read().decode()
        finally:
            link.close()

    def call(self, method, path, body=None, token="own"):
        """A request with a JSON body. Returns (HTTP status, reply as object)."""
        headers = {"Content-Type": "application/json"}
        token = self.token if token == "own" else token
        if token is not None:
            headers["Access-Token"] = token
        status, _, text = self.send(method, path, json.dumps({} if body is None else body), headers)
        return status, json.loads(text)

    def post(self, path, body=None, **more):
        """The reply of a contract endpoint, which comes with HTTP 200 whatever its code."""
        status, reply = self.call("POST", path, body, **more)
        assert status == 200, (path, status, reply)
        return reply

    def delete(self, path, body=None, **more):
        status, reply = self.call("DELETE", path, body, **more)
        assert status == 200, (path, status, reply)
        return reply

    def good(self, path, body=None, code=200, method="POST"):
        """A reply that must have this code."""
        _, reply = self.call(method, path, body)
        assert reply.get("code") == code, (path, reply)
        return reply

    def login(self, password=PASSWORD, username=USER):
        reply = self.post("/manage/account/login", {"username": username, "password": password}, token=None)
        self.token = reply.get("access_token") or self.token
        return reply

    def first_login(self):
        """From a fresh store to a session that may do everything."""
        assert self.login(DEFAULT_PASSWORD)["code"] == 1204
        self.good("/manage/account/change", {"password": PASSWORD})
        return self

    def add_group(self, name="g"):
        return self.good("/manage/host/group/add", {"host_group_name": name, "description": ""})

    def add_hosts(self, *hosts, group="g"):
        """Hosts as (name, address, exporter port). Returns their ids."""
        rows = [host_row(name, address, port, group) for name, address, port in hosts]
        return self.good("/manage/host/add", {"host_list": rows, "key": "vault-key"})["host_list"]

    def host(self, host_id):
        rows = self.good("/manage/host/get", {"host_group_list": []})["host_infos"]
        return next(x for x in rows if x["host_id"] == host_id)

    def results(self, host_id=None, **filters):
        """All stored check results of a host, by start."""
        body = {"time_range": [], "check_items": [], "host_list": [host_id] if host_id else [], "sort": "start"}
        return self.good("/check/result/get", body | filters)["check_result"]

    def progress(self, task):
        return self.good("/diag/progress/get", {"task_list": [task]})["result"][0]["progress"]

    def reports(self, task):
        return self.good("/diag/report/get_list", {"task_id": task})["result"]

    def report(self, report_id):
        return self.good("/diag/report/get", {"report_list": [report_id]})["result"][0]

    def events(self, task, after=None, timeout=60):
        """The events of a progress stream as (event, id or None, data), until the node ends it."""
        return self.stream(f"/diag/progress/stream?task_id={task}", after, timeout)

    def stream(self, path, after=None, timeout=60):
        headers = {"Access-Token": self.token, "Accept": "text/event-stream"}
        if after is not None:
            headers["Last-Event-ID"] = str(after)
        link = self.connection(timeout)
        try:
            link.request("GET", path, headers=headers)
            reply = link.getresponse()
            if reply.status != 200:
                raise refused(reply.status, reply.read().decode())
            yield from parse_events(reply)
        finally:
            link.close()


class refused(Exception):
    def __init__(self, status, text):
        super().__init__(f"HTTP {status}: {text}")
        self.status, self.text = status, text


def parse_events(lines):
    name, number, data = None, None, []
    for line in lines:
        line = line.decode().rstrip("\r\n")
        if not line:
            if name or data:
                yield name, number, json.loads("\n".join(data)) if data else None
            name, number, data = None, None, []
        elif line.startswith("event:"):
            name = line[6:].strip()
        elif line.startswith("id:"):
            number = line[3:].strip()
            number = int(number) if number.isdigit() else number
        elif line.startswith("data:"):
            data.append(line[5:].strip())


def host_row(name, address, port=None, group="g"):
    row = {"host_name": name, "host_group_name": group, "public_ip": address, "ssh_port": 22, "management": False,
           "username": "ops", "password": "p", "sudo_password": "p"}
    return row | ({"exporter_port": port} if port else {})


def rule(name, series, condition, **more):
    """A check rule on series given as names or as (name, labels)."""
    items = [{"name": x, "type": "kpi"} if isinstance(x, str) else {"name": x[0], "type": "kpi", "label": x[1]}
             for x in ([series] if isinstance(series, (str, tuple)) else series)]
    return {"check_item": name, "data_list": items, "condition": condition, "description": ""} | more


def tree(name, condition, leaves, **more):
    """A fault tree of one branch over leaves {node name: check item}."""
    children = [{"node name": node, "value": None, "check item": item, "msg": ""} for node, item in leaves.items()]
    content = {"node name": name, "value": None, "condition": condition, "description": "d", "advice": "a",
               "children": children}
    return {"tree_name": name, "tree_content": content | more, "description": ""}
