"""Hosts without ceremony: every field of their routes, names as addresses, several exporters, changes under way."""
import unittest

from exporter import exporter
from node import node
from rest import host_row, rule
from waiting import wait_until

NOBODY = "0" * 32


def texts(longest, **more):
    return dict(kind="text", longest=longest, **more)


def numbers(least, most, **more):
    return dict(kind="number", least=least, most=most, **more)


FLAG, NAMES = dict(kind="flag"), dict(kind="names")
PORT = numbers(1, 65535)
CREDENTIALS = {"username": texts(64), "password": texts(1024), "sudo_password": texts(1024)}
HOST = {"host_name": texts(50), "host_group_name": texts(50), "public_ip": texts(253, kind_of="address"), "ssh_port": PORT,
        "management": FLAG, "exporter_port": PORT} | CREDENTIALS
PAGING = {"page": numbers(1, 2**63 - 1), "per_page": numbers(1, 50), "sort": dict(kind="choice"),
          "direction": dict(kind="choice")}

# Method, path, a body that is fine, where its fields stand, the fields, and which of them must be there.
ROUTES = [
    ("POST", "/manage/host/group/add", {"host_group_name": "g", "description": ""}, (),
     {"host_group_name": texts(50), "description": texts(256, empty=True)}, ("host_group_name", "description")),
    ("DELETE", "/manage/host/group/delete", {"host_group_list": ["nobody"]}, (),
     {"host_group_list": dict(kind="names", least=1)}, ("host_group_list",)),
    ("POST", "/manage/host/group/get", {"page": 1, "per_page": 1, "sort": "", "direction": "asc"}, (), PAGING, ()),
    ("POST", "/manage/host/add", {"host_list": [host_row("f", "192.0.2.1", 9100)], "key": "vault-key"}, (),
     {"host_list": dict(kind="objects", least=1), "key": texts(1024)}, ("host_list", "key")),
    ("POST", "/manage/host/add", {"host_list": [host_row("f", "192.0.2.1", 9100)], "key": "vault-key"}, ("host_list", 0), HOST,
     ("host_name", "public_ip", *CREDENTIALS)),
    ("POST", "/manage/host/update",
     {"host_id": NOBODY, "key": "vault-key"} | host_row("f", "192.0.2.1", 9100), (),
     {"host_id": texts(64), "key": texts(1024)} | HOST, ("host_id", "key", *CREDENTIALS)),
    ("DELETE", "/manage/host/delete", {"host_list": [NOBODY]}, (), {"host_list": dict(kind="names", least=1)}, ("host_list",)),
    ("POST", "/manage/host/get",
     {"host_group_list": [], "management": True, "host_list": [], "page": 1, "per_page": 1, "sort": "", "direction": "asc"},
     (), {"host_group_list": NAMES, "management": FLAG, "host_list": NAMES} | PAGING, ("host_group_list",)),
    ("POST", "/manage/host/count", {}, (), {}, ()),
]


def wrong_values(what):
    """Values that no route may take for such a field."""
    yield from (None, {}, [[]])
    kind = what["kind"]
    if kind == "text":
        yield from (1, True, [], "x" * (what["longest"] + 1))
        if not what.get("empty"):
            yield from ("", "  ", "\u00a0")
        if what.get("kind_of") == "address":
            yield from ("no address", "192.0.2.300", "192.0.2.1:9100", "http://web1", "-web", "[2001:db8::1]", "a" * 64)
    elif kind == "number":
        yield from ("", "x", 1.5, "1.5", True, [], what["least"] - 1, what["most"] + 1)
    elif kind == "flag":
        yield from ("", "maybe", 2, [])
    elif kind == "choice":
        yield from (1, [], "colour")
    else:
        yield from ("x", 1, True, [1], [None])
        if what.get("least"):
            yield []


def right_values(what):
    """Values that are no reason to refuse a request, whatever else it lacks."""
    kind = what["kind"]
    if kind == "text" and what.get("kind_of") == "address":
        yield from ("192.0.2.1", "2001:DB8::1", "localhost", "web_1.Example.org.", ".".join(["a" * 49] * 5))
    elif kind == "text":
        yield from ("x", "ü" * what["longest"])
    elif kind == "number":
        yield from (what["least"], str(what["least"]), float(what["least"]), what["most"])
    elif kind == "flag":
        yield from (True, False, 0, 1, "yes", "OFF")


def with_value(body, where, field, *value):
    """A copy of the body with the field set, or left out."""
    def copied(x):
        return {k: copied(v) for k, v in x.items()} if isinstance(x, dict) else \
            [copied(v) for v in x] if isinstance(x, list) else x
    result = copied(body)
    inner = result
    for step in where:
        inner = inner[step]
    inner.pop(field, None)
    if value:
        inner[field] = value[0]
    return result


class fields(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.node = node()
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()

    def each(self):
        for method, path, body, where, known, needed in ROUTES:
            for name, what in known.items():
                yield method, path, body, where, name, what, needed

    def code(self, method, path, body, **more):
        status, reply = self.api.call(method, path, body, **more)
        self.assertEqual(status, 200, (path, body, reply))
        return reply["code"], reply.get("detail", "")

    def test_wrong_values_are_refused_by_the_name_of_their_field(self):
        for method, path, body, where, name, what, _ in self.each():
            for value in wrong_values(what):
                with self.subTest(path=path, field=name, value=value):
                    code, detail = self.code(method, path, with_value(body, where, name, value))
                    self.assertEqual(code, 1000)
                    self.assertIn(name, detail)

    def test_right_values_are_not(self):
        for method, path, body, where, name, what, _ in self.each():
            for value in right_values(what):
                with self.subTest(path=path, field=name, value=value):
                    code, detail = self.code(method, path, with_value(body, where, name, value))
                    self.assertNotEqual(code, 1000, detail)

    def test_what_must_be_there_must_be_there(self):
        for method, path, body, where, name, what, needed in self.each():
            with self.subTest(path=path, field=name):
                code, detail = self.code(method, path, with_value(body, where, name))
                self.assertEqual(code == 1000, name in needed, detail)

    def test_unknown_fields_are_refused(self):
        for method, path, body, where, *_ in ROUTES:
            with self.subTest(path=path, where=where):
                code, detail = self.code(method, path, with_value(body, where, "colour", "red"))
                self.assertEqual(code, 1000)
                self.assertIn("colour", detail)

    def test_nobody_comes_in_without_a_session(self):
        for method, path, body, where, *_ in ROUTES:
            for token in (None, "", "wrong"):
                with self.subTest(path=path, token=token):
                    self.assertEqual(self.code(method, path, body, token=token)[0], 1201)
                    self.assertEqual(self.code(method, path, with_value(body, where, "colour", 1), token=token)[0], 1000)

    def test_no_secret_is_ever_told(self):
        for method, path, body, where, name, what, _ in self.each():
            for value in (*wrong_values(what), *right_values(what)):
                _, reply = self.api.call(method, path, with_value(body, where, name, value))
                for secret in ("vault-key", '"p"'):
                    self.assertNotIn(secret, str(reply))
        self.assertNotIn("vault-key", self.node.log())


class life(unittest.TestCase):
    """No round comes by itself while a case looks: what is known at once was looked at at once."""

    @classmethod
    def setUpClass(cls):
        cls.node = node("check.sample_period=10m")
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()

    def add(self, *rows, code=200):
        reply = self.api.post("/manage/host/add", {"host_list": list(rows)})
        self.assertEqual(reply["code"], code, reply)
        return reply["host_list"]

    def update(self, host, code=200, **changes):
        reply = self.api.post("/manage/host/update", {"host_id": host} | changes)
        self.assertEqual(reply["code"], code, reply)

    def becomes(self, host, status):
        self.assertTrue(wait_until(lambda: self.api.host(host)["status"] == status, 30), self.api.host(host))

    def test_a_host_needs_a_name_and_an_address(self):
        with exporter({"node_load1": 1}) as page:
            (host,) = self.add({"host_name": "named", "public_ip": "localhost", "exporter_port": page.port})
            self.becomes(host, "online")
            row = self.api.host(host)
            self.assertEqual((row["host_group_name"], row["public_ip"]), ("default", "localhost"))
            self.assertIn("first_online", row)

    def test_a_host_that_was_never_reached_says_why_at_once(self):
        with exporter({"a": 1}) as gone:
            port = gone.port
        for name, address, why in (("closed", "127.0.0.1", f"exporter refused the connection at 127.0.0.1:{port}"),
                                   ("nameless", "nobody.invalid", "exporter is not found: the name nobody.invalid ")):
            (host,) = self.add({"host_name": name, "public_ip": address, "exporter_port": port})
            wait_until(lambda: "scrape_error" in self.api.host(host), 30)
            row = self.api.host(host)
            self.assertIn(why, row["scrape_error"])
            self.assertEqual(row["status"], "unknown")
            self.assertNotIn("first_online", row)

    def test_two_exporters_at_one_address_are_two_hosts(self):
        with exporter({"a": 1}) as one, exporter({"b": 1}) as two:
            ids = self.add({"host_name": "one", "public_ip": "127.0.0.1", "exporter_port": one.port},
                           {"host_name": "two", "public_ip": "127.0.0.1", "exporter_port": two.port})
            for host, series in zip(ids, "ab"):
                self.becomes(host, "online")
                names = [x["name"] for x in self.api.good("/check/series/get", {"host_id": host})["series"]]
                self.assertIn(series, names)
        self.add({"host_name": "three", "public_ip": "127.0.0.1", "exporter_port": two.port}, code=1105)
        (plain,) = self.add({"host_name": "plain", "public_ip": "127.0.0.1"})
        self.add({"host_name": "four", "public_ip": "127.0.0.1", "exporter_port": 9100}, code=1105)
        self.update(ids[0], 1107, exporter_port=two.port)
        self.update(ids[0], 1107, exporter_port=9100)
        self.update(plain, exporter_port=9100)

    def test_a_host_goes_on_under_another_name_and_address(self):
        with exporter({"load": 1}) as old, exporter({"load": 2}, addresses=("127.0.0.2",)) as new:
            (host,) = self.add({"host_name": "moves", "public_ip": "127.0.0.1", "exporter_port": old.port})
            self.becomes(host, "online")
            self.update(host, host_name="moved", public_ip="127.0.0.2", exporter_port=new.port)
            self.becomes(host, "online")
            row = self.api.host(host)
            self.assertEqual((row["host_name"], row["public_ip"], row["exporter_port"]), ("moved", "127.0.0.2", new.port))
            self.assertGreater(new.pages_served, 0)
            values = {x["name"]: x["value"] for x in self.api.good("/check/series/get", {"host_id": host})["series"]
                      if "value" in x}
            if values:
                self.assertEqual(values["load"], 2)
            (again,) = self.add({"host_name": "moves", "public_ip": "127.0.0.1", "exporter_port": old.port})
            self.assertNotEqual(again, host)
            self.update(host, 1107, host_name="moves")

    def test_only_what_is_named_changes(self):
        row = host_row("whole", "192.0.2.50", 9300, group="default")
        (host,) = self.api.good("/manage/host/add", {"host_list": [row], "key": "vault-key"})["host_list"]
        before = self.api.host(host)
        self.api.add_group("other")
        for field, value in (("host_name", "whole-2"), ("host_group_name", "other"), ("public_ip", "192.0.2.51"),
                             ("ssh_port", 2222), ("management", True), ("exporter_port", 9301)):
            self.update(host, **{field: value})
            after = self.api.host(host)
            self.assertEqual(after[field], value)
            volatile = {field, "status", "status_since", "scrape_error"}
            self.assertEqual({k: v for k, v in after.items() if k not in volatile},
                             {k: v for k, v in before.items() if k not in volatile}, field)
            before = after
        self.update(host, 1107, host_group_name="no such group")
        self.update(host, 1203, username="u", password="p", sudo_password="p", key="another key")
        self.update(host, username="u", password="p2", sudo_password="p", key="vault-key")


class rounds(unittest.TestCase):
    def test_a_changed_host_keeps_its_series_and_results(self):
        with node("check.sample_period=1s") as it, exporter({"load": 5}) as old, exporter({"load": 5}) as new:
            api = it.admin()
            api.good("/check/rule/import", {"check_items": [rule("busy", "load", "$0 > 1")]})
            (host,) = api.good("/manage/host/add", {"host_list": [
                {"host_name": "h", "public_ip": "127.0.0.1", "exporter_port": old.port}]})["host_list"]
            busy = lambda: [x for x in api.results(host) if x["value"] == "Abnormal"]
            self.assertTrue(wait_until(busy, 30))
            start = busy()[0]["start"]
            served = old.pages_served
            api.good("/manage/host/update", {"host_id": host, "host_name": "renamed", "exporter_port": new.port})
            self.assertTrue(wait_until(lambda: new.pages_served >= 3, 30))
            after = new.pages_served
            self.assertTrue(wait_until(lambda: new.pages_served > after, 30))
            self.assertLessEqual(old.pages_served, served + 2)
            # The same run of the same rule: nothing began anew.
            rows = busy()
            self.assertEqual(rows[0]["start"], start)
            self.assertTrue(wait_until(lambda: busy()[-1]["end"] > start + 3, 30), rows)
            self.assertEqual(len([x for x in rows if x["start"] == start]), 1)


if __name__ == "__main__":
    unittest.main()
