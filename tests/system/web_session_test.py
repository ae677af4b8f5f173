"""Who is at the pages: logging in and out, sessions that end, first passwords, a node that goes away."""
import time
import unittest

from isolation_test import KNOWN
from node import node
from rest import DEFAULT_PASSWORD, PASSWORD
from waiting import wait_until
from web import on_stage, tab


class sessions(on_stage):
    def test_the_first_load_is_small(self):
        t = self.tab(fresh=True).type_in()
        t.see("text=Firing alerts")
        sizes = t.run("performance.getEntriesByType('resource').filter(r => r.name.includes('/ui/assets/')).map(r => r.transferSize)")
        self.assertGreater(len(sizes), 3)
        self.assertLess(sum(sizes), 350_000)

    def test_wrong_words_are_refused_without_saying_which(self):
        t = self.tab().go("/")
        t.fill("input[autocomplete=username]", "admin").fill("input[type=password]", "wrong words")
        t.click("button[type=submit]")
        t.see("text=incorrect username or password")

    def test_the_cookie_is_no_business_of_scripts(self):
        t = self.tab().type_in()
        self.assertEqual(t.run("document.cookie"), "")
        cookie = next(c for c in t.ask("cookies") if c["name"].endswith("aops-session"))
        self.assertTrue(cookie["httpOnly"])
        self.assertEqual(cookie["sameSite"], "Strict")
        self.assertNotIn(cookie["value"], t.run("document.documentElement.outerHTML + JSON.stringify(localStorage)"))

    def test_who_logs_out_is_out_on_the_node(self):
        t = self.tab().type_in()
        cookies = t.ask("cookies")
        t.click(".user button")
        t.click("text=Log out")
        t.see("input[type=password]")
        t.ask("set_cookies", cookies=cookies)
        t.go("/ui/hosts").see("input[type=password]")

    def test_a_session_that_ends_is_begun_again_where_one_was(self):
        t = self.tab().type_in("ann", KNOWN, "/ui/rules")
        t.see("text=load_high")
        self.it.admin.call("DELETE", "/manage/account/session/delete", {"username": "ann", "session_list": []})
        wait_until(lambda: t.run("fetch('/session').then(r => r.json()).then(r => r.code)") == 1201)
        t.click("th >> text=Check item")
        t.see("text=Your session has ended.")
        t.fill(".gate input[type=password]", KNOWN).click(".gate button[type=submit]")
        t.gone(".gate")
        t.see("text=load_high")
        self.assertEqual(t.run("location.pathname"), "/ui/rules")

    def test_who_registers_waits_for_an_administrator(self):
        t = self.tab().go("/")
        t.click("text=Make an account")
        t.fill("input[autocomplete=username]", "carl").fill("input[type=password] >> nth=0", KNOWN)
        t.fill("label:has-text('again') input", "another word")
        t.click("button[type=submit]")
        t.see("text=The two passwords differ.")
        t.fill("input[type=password] >> nth=0", KNOWN)
        t.fill("label:has-text('again') input", KNOWN)
        t.click("button[type=submit]")
        t.see("text=An administrator must take it in")
        t.fill("input[type=password]", KNOWN).click("button[type=submit]")
        t.see(".frame")

    def test_the_first_password_is_changed_before_anything_else(self):
        with node() as fresh:
            t = tab(self.seen, fresh.url).go("/ui/hosts")
            t.fill("input[autocomplete=username]", "admin").fill("input[type=password]", DEFAULT_PASSWORD)
            t.click("button[type=submit]")
            t.see("text=Choose your own.")
            for box in (0, 1):
                t.call("fill", DEFAULT_PASSWORD, on=f"input[type=password] >> nth={box}")
            t.click("button[type=submit]")
            t.see("[role=alert]")
            for box in (0, 1):
                t.call("fill", PASSWORD, on=f"input[type=password] >> nth={box}")
            t.click("button[type=submit]")
            t.see("h1 >> text=Hosts").see("text=No host is watched yet.")
            self.assertEqual(fresh.client().login()["code"], 200)
            t.close()

    def test_a_stream_comes_back_after_the_node_was_away(self):
        """The node is killed under an open diagnosis and starts again on its port; the page says so and goes on by itself."""
        with scene_node() as own:
            t = tab(self.seen, own.url).type_in(path=f"/ui/diagnoses/{own.task}")
            t.see(".matrix")
            own.kill()
            t.see("text=Live updates are interrupted", 40)
            own.start()
            t.gone("text=Live updates are interrupted")
            t.see("h1 .mark")
            t.close()


class scene_node(node):
    """A node on a port that stays, with a diagnosis that takes a while."""

    def __init__(self):
        super().__init__()
        api = self.admin()
        self.port = self.url.rsplit(":", 1)[1]
        api.add_group()
        hosts = api.add_hosts(("quiet", "127.0.0.3", 9))
        api.good("/diag/tree/import", {"trees": [{"tree_name": "slow", "description": "", "tree_content": {
            "node name": "slow", "condition": "a", "children": [{"node name": "a", "check item": "a"}]}}]})
        now = int(time.time())
        self.task = api.good("/diag/execute", {"host_list": hosts, "time_range": [now - 90_000, now], "tree_list": ["slow"],
                                               "interval": 1})["task_id"]

    def command(self):
        words = super().command()
        if self.url:
            words[words.index("--http") + 1] = "127.0.0.1:" + self.port
        return words


if __name__ == "__main__":
    unittest.main()
