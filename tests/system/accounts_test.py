"""Log-in, the forced change of the default password, sessions."""
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
