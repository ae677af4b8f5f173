"""Every endpoint and every field of the interface, made from its OpenAPI document, so that a new route is in it by itself.

Without a token a request that is legal is 1201 and one that is not is 1000, for fields are checked first: so nothing that is
sent here does anything.
"""
import json
import unittest

from node import node
from rest import rest
from schema_cases import schemas

# Legal values of fields for which the schema does not say enough.
SAMPLES = {"time_range": [1, 2], "tree_content": {"node name": "x"}, "data_infos": {"192.0.2.1": []}, "report": "{}",
           "start": 1, "end": 2, "public_ip": "192.0.2.1",
           "config_list": ["/etc/hosts"]}
# Bodies that must say more than their schema requires.
MORE = {"/manage/host/update": {"host_name": "x"}, "/manage/host/group/update": {"new_name": "x"}}
# Fields that others of the same body must come with: alone they are illegal, so they are not tried at their bounds.
TOGETHER = {"username", "password", "sudo_password", "key"}


def cases_of(document):
    """(path, method, operation, schemas, schema, a legal body) of each that takes a body."""
    known = schemas(document, SAMPLES)
    for path, method, operation, schema in known.operations():
        yield path, method, operation, known, schema, known.legal(schema) | MORE.get(path.replace("/data/", "/manage/"), {})


class fields(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = node()
        cls.addClassCleanup(cls.node.close)
        cls.doors = {"users": cls.node.client(), "services": rest(cls.node.data_url)}

    def each(self):
        for door, client in self.doors.items():
            for case in cases_of(json.loads(client.send("GET", "/openapi.json")[2])):
                yield lambda body, case=case, client=client, **more: self.code(client, *case[:2], body, **more), door, *case

    @staticmethod
    def code(client, path, method, body, token=None):
        """The code of a reply that comes with HTTP 200; else that status."""
        # What is for pages of the node itself is asked from one.
        headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}
        if token is not None:
            headers["Access-Token"] = token
        status, _, text = client.send(method, path, json.dumps(body), headers)
        return json.loads(text)["code"] if status == 200 else f"HTTP {status}"

    def judge(self, seen, wanted, least):
        """Of (where, code)s, all must be as wanted, and be many."""
        self.assertEqual([x for x in seen if x[1] != wanted], [])
        self.assertGreater(len(seen), least)

    def test_a_legal_request_without_a_session_is_1201(self):
        seen = []
        for ask, door, path, _, operation, known, schema, body in self.each():
            if not operation["security"]:
                continue
            seen += [((door, path, what), ask(x)) for what, x in [("legal", body), *self.bounds(known, schema, body)]]
            seen += [((door, path, token), ask(body, token=token)) for token in ("", "x" * 64)]
        self.judge(seen, 1201, 300)

    @staticmethod
    def bounds(known, schema, body):
        for what, x in known.at_the_bounds(schema, body):
            if what.split(":")[0] not in TOGETHER or set(x) == set(body):
                yield what, x

    def test_an_illegal_field_is_1000_whoever_asks(self):
        seen = []
        for ask, door, path, _, _, known, schema, body in self.each():
            seen += [((door, path, what, str(x)[-100:]), ask(x)) for what, x in known.illegal_objects(schema, body)
                     if not self.is_also_taken(path, what, x)]
        self.judge(seen, 1000, 3000)

    @staticmethod
    def is_also_taken(path, what, body):
        """Forms of a body that stand in the reference and not in the schema."""
        if path == "/data/check/result/save" and what == "check_results: [0] data_list: [0] no object":
            return isinstance(body["check_results"][0]["data_list"][0], str)
        return path == "/data/data/get" and what == "data_infos: no object" and body["data_infos"] == []

    def test_a_body_that_is_no_object_is_1000(self):
        seen = []
        for ask, door, path, _, _, _, _, _ in self.each():
            seen += [((door, path, x), ask(x)) for x in ([], "text", 1, True)]
        self.judge(seen, 1000, 300)

    def test_a_body_that_is_no_json_is_http_400(self):
        for client in self.doors.values():
            for path, method, *_ in cases_of(json.loads(client.send("GET", "/openapi.json")[2])):
                for kind, text in (("application/json", "{"), ("text/plain", "{}"),
                                   ("application/json", '{"a": 1, "a": 1}')):
                    status, _, reply = client.send(method, path, text, {"Content-Type": kind})
                    self.assertEqual((status, json.loads(reply)["code"]), (400, 1000), (path, kind, text))


if __name__ == "__main__":
    unittest.main()
