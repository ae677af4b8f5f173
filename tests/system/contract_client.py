"""A client of the public interface as its contract lists it, section by section: every endpoint with the fields of its
request and of its reply, in their documented types, and nothing additive. It knows no more of the product than its URL.

Where the contract's examples spell a field differently from its tables, the client sends what the example has.
"""
import http.client
import json
import ssl
import urllib.parse

PAGED = {"total_count": int, "total_page": int}
DATA_ITEM = {"name": str, "type": str, "label": dict}
REPORT_ROW = {"host_id": str, "tree_name": str, "task_id": str, "report_id": str, "start": int, "end": int}
LISTS = {"succeed_list": [str], "fail_list": [str], "update_list": [str]}

# Path: (method, fields of the reply beside `code` and `msg`). A list has one shape for all of its items.
ENDPOINTS = {
    "/manage/host/add": ("POST", {"host_list": [str]}),
    "/manage/host/delete": ("DELETE", {}),
    "/manage/host/get": ("POST", PAGED | {"host_infos": [{
        "host_id": str, "host_name": str, "host_group_name": str, "public_ip": str, "ssh_port": int, "management": bool,
        "status": str}]}),
    "/manage/host/info/query": ("POST", {"host_infos": [{"host_id": str}]}),
    "/manage/host/group/add": ("POST", {"host_group_id": str}),
    "/manage/host/group/delete": ("DELETE", {"deleted": [str]}),
    "/manage/host/group/get": ("POST", PAGED | {"host_group_infos": [{
        "host_group_name": str, "description": str, "host_count": int}]}),
    "/manage/template/import": ("POST", {}),
    "/manage/template/delete": ("DELETE", {}),
    "/manage/template/get": ("POST", PAGED | {"template_infos": [{
        "template_name": str, "template_content": dict, "description": str}]}),
    "/manage/task/generate": ("POST", {"task_id": str}),
    "/manage/task/delete": ("DELETE", {}),
    "/manage/task/get": ("POST", PAGED | {"task_infos": [{
        "task_id": str, "task_name": str, "description": str, "template_name": [str]}]}),
    "/manage/task/execute": ("POST", {}),
    "/manage/host/count": ("POST", {"host_count": int}),
    "/manage/account/login": ("POST", {"access_token": str}),
    "/manage/account/certificate": ("POST", {}),
    "/manage/account/change": ("POST", {}),
    "/check/result/get": ("POST", PAGED | {"check_result": [{
        "host_id": str, "data_list": [DATA_ITEM], "start": (int, float), "end": (int, float), "check_item": str,
        "condition": str, "value": str}]}),
    "/check/rule/get": ("POST", PAGED | {"check_items": [{
        "check_item": str, "data_list": [DATA_ITEM], "condition": str, "description": str, "plugin": str}]}),
    "/check/rule/import": ("POST", LISTS),
    "/check/rule/delete": ("DELETE", {}),
    "/check/rule/count": ("POST", {"rule_count": int}),
    "/check/result/count": ("POST", PAGED | {"results": [{"host_id": str, "count": int}]}),
    "/diag/report/get_list": ("POST", PAGED | {"result": [REPORT_ROW]}),
    "/diag/report/get": ("POST", {"result": [REPORT_ROW | {"report": dict}]}),
    "/diag/report/delete": ("DELETE", {}),
    "/diag/progress/get": ("POST", {"result": [{"task_id": str, "progress": int}]}),
    "/diag/tree/import": ("POST", LISTS),
    "/diag/tree/delete": ("DELETE", {}),
    "/diag/tree/get": ("POST", {"trees": [{"tree_name": str, "tree_content": dict, "description": str, "tag": list}]}),
    "/diag/execute": ("POST", {"task_id": str, "expected_report_num": int}),
    "/diag/task/get": ("POST", PAGED | {"task_infos": [{
        "task_id": str, "host_list": [str], "time_range": [int], "time": int, "tree_list": [str],
        "expected_report_num": int}]}),
}

TEXTS = {200: "operation succeed", 206: "partial succeed", 500: "internal server error", 1000: "request parameter error",
         1001: "restful connection error", 1002: "unknown error", 1101: "connect to database error",
         1102: "insert data into database fail", 1103: "delete data from database fail",
         1104: "query data from database fail", 1105: "data has existed", 1106: "delete fail for it has dependency",
         1107: "update data in database fail", 1200: "incorrect username or password", 1201: "the session is invalid",
         1202: "user has logined, repeat login", 1203: "missing or invalid vault password, please certificate",
         1204: "please change the default password or you can not use",
         1205: "the new password is the same as old password, change fail", 1206: "change password fail"}


class contract_broken(Exception):
    pass


def judge(value, shape, at):
    """Raises contract_broken when a value has not the documented shape; it may have more."""
    if isinstance(shape, dict):
        judge(value, dict, at)
        for key, inner in shape.items():
            if key not in value:
                raise contract_broken(f"{at}.{key} is missing")
            judge(value[key], inner, f"{at}.{key}")
    elif isinstance(shape, list):
        judge(value, list, at)
        for i, item in enumerate(value):
            judge(item, shape[0], f"{at}[{i}]")
    elif not isinstance(value, shape) or (isinstance(value, bool) and shape is not bool):
        raise contract_broken(f"{at} is {value!r} instead of {shape}")


class contract_client:
    def __init__(self, url):
        self.where = urllib.parse.urlsplit(url)
        self.token = None
        self.used = set()

    def link(self):
        if self.where.scheme == "https":
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            return http.client.HTTPSConnection(self.where.hostname, self.where.port, timeout=30, context=context)
        return http.client.HTTPConnection(self.where.hostname, self.where.port, timeout=30)

    def call(self, path, body=None, codes=(200,)):
        """The reply of an endpoint, judged by the contract."""
        method, fields = ENDPOINTS[path]
        self.used.add(path)
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["access_token"] = self.token
        link = self.link()
        try:
            link.request(method, path, json.dumps(body if body is not None else {}), headers)
            answer = link.getresponse()
            text = answer.read().decode()
        finally:
            link.close()
        if answer.status != 200:
            raise contract_broken(f"{path}: HTTP {answer.status} {text}")
        reply = json.loads(text)
        judge(reply, {"code": int, "msg": str}, path)
        if reply["code"] not in codes:
            raise contract_broken(f"{path}: {text}")
        if reply["msg"] != TEXTS.get(reply["code"], reply["msg"]):
            raise contract_broken(f"{path}: code {reply['code']} says {reply['msg']!r}")
        if reply["code"] in (200, 206):
            judge(reply, fields, path)
        return reply

    def login(self, username, password, codes=(200,)):
        self.token = self.call("/manage/account/login", {"username": username, "password": password}, codes)["access_token"]
