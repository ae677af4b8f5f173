"""Log-in, the forced change of the default password, sessions."""
import json
import unittest

from node import node
from rest import DEFAULT_PASSWORD, PASSWORD, USER


class accounts(unittest.TestCase):
    def setUp(self):
        self.node = node()
        self.addCleanup(self.node.close)
        self.api = self.node.client()

    def code(self, path, body=None, **more):
        return self.api.post(path, body, **more)["code"]

    def change(self, password, **more):
        return self.code("/manage/account/change", {"password": password}, **more)

    def test_wrong_password_and_unknown_user_look_the_same(self):
        replies = [self.api.login("wrong-password"), self.api.login(DEFAULT_PASSWORD, username="nobody")]
        self.assertEqual([x["code"] for x in replies], [1200, 1200])
        self.assertEqual(replies[0].get("msg"), replies[1].get("msg"))
        self.assertNotIn("access_token", {k: v for k, v in replies[0].items() if v})

    def test_the_default_password_allows_nothing_but_its_change(self):
        first = self.api.login(DEFAULT_PASSWORD)
        self.assertEqual(first["code"], 1204)
        self.assertTrue(first["access_token"])
        self.assertEqual(self.code("/manage/host/get", {"host_group_list": []}), 1204)
        self.assertEqual(self.code("/diag/report/get_list"), 1204)
        self.assertEqual(self.change(PASSWORD), 200)
        self.assertEqual(self.code("/manage/host/get", {"host_group_list": []}), 200)
        self.assertEqual(self.api.login(DEFAULT_PASSWORD)["code"], 1200)
        self.assertEqual(self.api.login(PASSWORD)["code"], 200)

    def test_validation_comes_before_session_before_forced_change(self):
        self.assertEqual(self.code("/manage/host/get", {"host_group_list": 1}, token="no-such-token"), 1000)
        self.assertEqual(self.code("/manage/host/get", {"host_group_list": []}, token="no-such-token"), 1201)
        self.assertEqual(self.code("/manage/host/get", {"host_group_list": []}, token=None), 1201)
        self.assertEqual(self.code("/manage/host/get", {"host_group_list": []}, token=""), 1201)
        self.api.login(DEFAULT_PASSWORD)
        self.assertEqual(self.code("/manage/host/get", {"host_group_list": 1}), 1000)
        self.assertEqual(self.code("/manage/host/get", {"host_group_list": []}), 1204)

    def test_passwords_that_are_refused(self):
        self.api.login(DEFAULT_PASSWORD)
        self.assertEqual(self.change(DEFAULT_PASSWORD), 1205)  # Both the default and the same: the same is said first.
        self.assertEqual(self.change("short"), 1206)
        self.assertEqual(self.change("x" * 129), 1206)
        self.assertEqual(self.change(""), 1000)
        self.assertEqual(self.change(PASSWORD), 200)
        self.assertEqual(self.change(PASSWORD), 1205)
        self.assertEqual(self.change(DEFAULT_PASSWORD), 1206)

    def browser(self, method, path, body=None, cookie=None, site="same-origin"):
        """A request as a browser sends it for a page. Returns (HTTP status, cookie set, reply)."""
        headers = {"Content-Type": "application/json", "Sec-Fetch-Site": site}
        if cookie:
            headers["Cookie"] = cookie
        status, head, text = self.api.send(method, path, None if body is None else json.dumps(body), headers)
        return status, head.get("Set-Cookie"), json.loads(text)

    def test_a_browser_has_a_session_that_scripts_and_other_sites_cannot_use(self):
        secure = node(tls=True)
        self.addCleanup(secure.close)
        self.api = secure.admin()
        entry = {"username": USER, "password": PASSWORD}
        _, kept, reply = self.browser("POST", "/session/login", entry, site="cross-site")
        self.assertEqual((kept, reply["code"]), (None, 1207))
        _, kept, reply = self.browser("POST", "/session/login", entry)
        self.assertEqual((reply["code"], reply["user"], reply["role"]), (200, USER, "administrator"))
        self.assertNotIn("access_token", reply)
        cookie, *rest = kept.split("; ")
        self.assertTrue(cookie.startswith("__Host-aops-session="))
        self.assertEqual(sorted(rest), ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"])
        count = lambda **more: self.browser("POST", "/manage/host/count", {}, cookie, **more)[2]["code"]
        self.assertEqual(count(), 200)
        self.assertEqual([count(site=site) for site in ("same-site", "cross-site")], [1207, 1207])
        self.assertEqual(self.browser("GET", "/session", cookie=cookie)[2]["user"], USER)
        _, dropped, reply = self.browser("POST", "/session/logout", {}, cookie)
        self.assertEqual(reply["code"], 200)
        self.assertIn("Max-Age=0", dropped)
        self.assertEqual(count(), 1201)
        self.assertEqual(self.browser("GET", "/session", cookie=cookie)[2]["code"], 1201)

    def test_a_browser_too_must_change_the_default_password_first(self):
        _, kept, reply = self.browser("POST", "/session/login", {"username": USER, "password": DEFAULT_PASSWORD})
        self.assertEqual((reply["code"], reply["user"]), (1204, USER))
        cookie = kept.split(";")[0]
        self.assertEqual(self.browser("POST", "/manage/host/count", {}, cookie)[2]["code"], 1204)
        change = {"password": PASSWORD}
        self.assertEqual(self.browser("POST", "/manage/account/change", change, cookie)[2]["code"], 200)
        self.assertEqual(self.browser("GET", "/session", cookie=cookie)[2]["code"], 200)
        self.assertEqual(self.browser("POST", "/session/login", {"username": USER, "password": "wrong"})[2]["code"], 1200)

    def test_change_ends_the_other_sessions_of_the_user(self):
        self.api.first_login()
        other = self.node.client()
        self.assertEqual(other.login()["code"], 200)
        self.assertEqual(self.change("another-password"), 200)
        self.assertEqual(self.code("/manage/host/count"), 200)
        self.assertEqual(other.post("/manage/host/count")["code"], 1201)

    def test_log_out_ends_the_session(self):
        self.api.first_login()
        other = self.node.client()
        other.login()
        for path in ("/manage/account/logout", "/manage/logout"):
            self.api.login()
            self.assertEqual(self.code(path), 200)
            self.assertEqual(self.code("/manage/host/count"), 1201)
        self.assertEqual(other.post("/manage/host/count")["code"], 200)

    def test_log_out_is_allowed_with_the_default_password(self):
        self.api.login(DEFAULT_PASSWORD)
        self.assertEqual(self.code("/manage/account/logout"), 200)
        self.assertEqual(self.code("/manage/host/count"), 1201)

    def test_sessions_survive_a_restart(self):
        self.api.first_login()
        self.assertEqual(self.node.stop(), 0)
        self.node.start()
        self.assertEqual(self.node.client(self.api.token).post("/manage/host/count")["code"], 200)

    def test_no_password_or_token_reaches_the_log(self):
        self.api.first_login()
        self.api.login("wrong-" + PASSWORD)
        self.node.stop()
        log = self.node.log(10_000)
        for secret in (DEFAULT_PASSWORD, PASSWORD, self.api.token):
            self.assertNotIn(secret, log)


class single_session(unittest.TestCase):
    def test_a_second_log_in_is_refused_when_so_configured(self):
        with node("auth.single_session=true") as n:
            first = n.admin()
            second = n.client()
            reply = second.login(PASSWORD, USER)
            self.assertEqual(reply["code"], 1202)
            self.assertIsNone(second.token)
            self.assertEqual(first.post("/manage/host/count")["code"], 200)
            first.post("/manage/account/logout")
            self.assertEqual(second.login()["code"], 200)


class header_names(unittest.TestCase):
    def test_the_token_header_has_several_spellings(self):
        with node() as n:
            api = n.admin()
            for name in ("access_token", "Access-Token", "ACCESS_TOKEN", "access-token"):
                headers = {"Content-Type": "application/json", name: api.token}
                _, _, text = api.send("POST", "/manage/host/count", "{}", headers)
                self.assertIn('"code":200', text.replace(" ", ""), name)
