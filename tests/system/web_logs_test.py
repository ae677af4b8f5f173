"""Lines of hosts on the pages: found and marked, over time, around one, in deep links; what is missing is told; tokens; and live."""
import json
import time
import unittest

from isolation_test import KNOWN
from node import node
from rest import rest
from waiting import wait_until
from web import HOSTILE, browser, tab

NOW = int(time.time())
MANY = 450  # More than two answers' worth, of an hour ago.


def lines():
    """As fluent-bit sends them: many of an hour ago, a few of now."""
    many = [{"date": NOW - 3000 + n, "log": f"request {n} served", "ident": "shop", "level": "info", "path": "/var/log/shop.log",
             "offset": n * 20} for n in range(MANY)]
    few = [{"date": NOW - 60, "log": f"disk sda1 is full {HOSTILE}", "ident": "kernel", "level": "err", "unit": "kern"},
           {"date": NOW - 50, "log": "diskette is no match", "ident": "kernel", "level": "debug"},
           {"date": NOW - 40, "log": "磁盘故障 again", "ident": "kernel", "level": "warning"},
           {"date": NOW - 30.25, "log": "first row\nsecond row", "ident": "cron", "level": "notice"}]
    return many + few


class log_pages(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.node = node("http.max_body=16MiB")
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.api.add_group()
        cls.api.add_group("other")
        (cls.web,) = cls.api.add_hosts(("web1", "127.0.0.1", None))
        (cls.db,) = cls.api.add_hosts(("db1", "127.0.0.2", None), group="other")
        cls.tokens = {x: cls.api.good("/logs/token/create", {"host_id": x, "name": "t"})["access_token"] for x in (cls.web, cls.db)}
        cls.send(cls.web, lines())
        cls.send(cls.db, [{"date": NOW - 20, "log": "disk of the other host", "ident": "kernel", "level": "crit"}])
        cls.api.good("/manage/account/register", {"username": "ann", "password": KNOWN})
        cls.api.good("/manage/account/user/adopt", {"username": "ann"})
        cls.api.good("/manage/account/grant/change", {"username": "ann", "grant": ["other"]})
        cls.seen = browser()
        cls.addClassCleanup(cls.seen.close)

    @classmethod
    def send(cls, host, body, token=None):
        headers = {"Authorization": "Bearer " + (token or cls.tokens[host]), "Content-Type": "application/json"}
        status, _, text = rest(cls.node.url).send("POST", "/logs/ingest", json.dumps(body), headers)
        assert status == 200, (status, text)

    def setUp(self):
        self.t = tab(self.seen, self.node.url)
        self.addCleanup(self.t.close)

    def open(self, query=""):
        self.t.log_in(path="/ui/logs" + query).quiet()
        return self.t

    def shown(self):
        return self.t.run("[...document.querySelectorAll('main .line .text')].map((x) => x.textContent)")

    def test_words_are_found_and_marked_and_the_address_says_what_was_asked(self):
        t = self.open().fill("input[type=search]", "disk -diskette")
        t.press("Enter")
        t.until("document.querySelectorAll('main .line').length === 2")
        self.assertEqual(set(t.all(".line mark")), {"disk"})
        self.assertIn("q=disk", t.run("location.search"))
        self.assertIn(HOSTILE, self.shown()[1])
        self.assertFalse(t.run("window.hacked !== undefined"))
        self.assertEqual(t.run("[...document.querySelectorAll('.line .severity')].map((x) => x.textContent.trim())"), ["▲ crit", "▲ err"])
        # A link shows another person the same.
        other = tab(self.seen, self.node.url)
        self.addCleanup(other.close)
        other.log_in(path="/ui/logs" + t.run("location.search")).see(".line >> text=sda1")
        # A part of a Chinese text, a beginning, a phrase.
        for words, marked in (("磁盘", "磁盘"), ("diske*", "diskette"), ('"is full"', "is full")):
            t.fill("input[type=search]", words).press("Enter")
            t.see(f"mark >> text={marked}")
        t.fill("input[type=search]", "(disk").press("Enter")
        t.see("[role=alert] >> text=query")
        t.ask("problems")

    def test_a_line_is_opened_narrowed_by_its_fields_and_seen_among_its_neighbours(self):
        t = self.open("?q=request%20300").see(".line >> text=request 300 served")
        t.click(".line .fold").see(".line .facts >> text=\"/var/log/shop.log\"")
        t.click("[aria-label='Only lines with program:shop']")
        t.until("new URLSearchParams(location.search).get('q') === 'request 300 program:shop'")
        t.see(".line >> text=request 300 served").click(".line .fold").click("button:text-is('Lines around it')")
        t.see(".el-drawer .line.here >> text=request 300 served").see(".el-drawer .line >> text=request 299 served")
        t.see(".el-drawer .line >> text=request 320 served")
        self.assertFalse(t.has(".el-drawer .line >> text=request 321 served"))
        t.click(".el-drawer >> button:text-is('Later ones')").see(".el-drawer .line >> text=request 380 served")
        self.assertTrue(t.run("new URLSearchParams(location.search).get('line')"))
        t.call("reload")
        t.see(".el-drawer .line.here >> text=request 300 served")
        t.press("Escape")
        t.gone(".el-drawer")
        self.assertEqual(t.ask("problems"), [])

    def test_over_time_a_stretch_is_chosen_by_pointer_and_by_keys(self):
        t = self.open("?q=request&range=1h").see(".histogram")
        t.until(f"document.querySelector('.histogram strong').textContent === '{MANY}'")
        place = t.run("document.querySelector('.histogram .bars').getBoundingClientRect().toJSON()")
        bar = t.run("[...document.querySelectorAll('.histogram rect.all')].map((x) => x.getBoundingClientRect().x)[2]")
        t.call("mouse.move", bar + 2, place["y"] + 20)
        t.call("mouse.down")
        t.call("mouse.move", bar + 20, place["y"] + 20, {"steps": 3})
        t.call("mouse.up")
        t.until("/range=\\d+-\\d+/.test(location.search)")
        t.until(f"Number(document.querySelector('.histogram strong').textContent) < {MANY}")
        chosen = t.run("Number(document.querySelector('.histogram strong').textContent)")
        self.assertGreater(chosen, 0)
        t.call("goBack")
        t.until(f"document.querySelector('.histogram strong').textContent === '{MANY}'")
        t.call("focus", on=".histogram .bars")
        for key in ("End", "Home", "ArrowRight", "Shift+ArrowRight"):
            t.press(key)
        self.assertIn("lines", t.run("document.activeElement.getAttribute('aria-valuetext')"))
        t.press("Enter")
        t.until("/range=\\d+-\\d+/.test(location.search)")
        t.see("text=No line fits.").click("main .empty >> button:has-text('Every line')").until("!/q=/.test(location.search)")
        # Errors are told apart.
        t.turn("/ui/account").turn("/ui/logs?range=15m").see(".histogram rect.bad")
        self.assertEqual(t.ask("problems"), [])

    def test_more_goes_on_to_the_end(self):
        t = self.open("?q=request&order=oldest").see(".line >> text=request 0 served")
        self.assertEqual(len(self.shown()), 200)
        t.click(".foot >> button").see(".line >> text=request 399 served").click(".foot >> button").see("text=These are all.")
        self.assertEqual(self.shown(), [f"request {n} served" for n in range(MANY)])
        t.choose("[aria-label=Order]", "newest")
        t.see(f".line >> nth=0 >> text=request {MANY - 1} served")

    def test_what_is_missing_is_told(self):
        one = self.api.good("/logs/search", {"query": "sda1", "limit": 1})["lines"]
        t = self.open("?q=nothing").see("text=No line fits.")
        t.ask("answer", path="/logs/search", body={"code": 206, "msg": "", "lines": one, "cut": "time",
                                                   "missing": [{"node": "n2", "reason": "did not answer in time"}]})
        t.click("button[type=submit]").see("[role=status] >> text=Node n2 did not tell").see("text=did not answer in time")
        t.see("[role=status] >> text=older lines may be missing").see(".line >> text=sda1")

    def test_severity_and_hosts_narrow_and_a_host_leads_to_its_lines(self):
        t = self.open("?severity=err%2B").see(".line >> text=disk of the other host")
        self.assertEqual(len(self.shown()), 2)
        t.turn(f"/ui/hosts/{self.db}").click("a:has-text('Log lines')").see(".line >> text=disk of the other host")
        self.assertEqual(set(t.run("[...document.querySelectorAll('main .line .who')].map((x) => x.textContent)")), {"db1"})
        t.turn("/ui/account")
        t.press("g")
        t.press("l")
        t.see("h1 >> text=Log search")
        t.press("Control+k")
        t.until("document.activeElement.role === 'combobox'")
        t.type("log search · web")
        t.see("[role=option] >> text=web1")
        t.press("Enter")
        t.until(f"new URLSearchParams(location.search).get('host') === '{self.web}'")
        self.assertEqual(t.ask("problems"), [])

    def test_an_ordinary_user_finds_lines_of_his_hosts_and_no_tokens(self):
        t = self.t.log_in("ann", KNOWN, path="/ui/logs?tab=tokens&q=disk").see(".line >> text=disk of the other host")
        self.assertEqual(self.shown(), ["disk of the other host"])
        self.assertFalse(t.has("button:text-is('Tokens of hosts')"))
        self.assertEqual(t.ask("problems"), [])

    def test_a_token_is_made_shown_once_and_deleted(self):
        t = self.open("?tab=tokens").see("td >> text=web1").click("button:has-text('New token')")
        t.click(".el-dialog .el-select").click(".el-select-dropdown__item:has-text('db1')")
        t.press("Escape")
        t.fill(".el-dialog .field input >> visible=true >> nth=-1", "fluent").click(".el-dialog button[type=submit]").see(".el-dialog code.token")
        token = t.text(".el-dialog code.token")
        self.send(self.db, [{"date": NOW, "log": "sent with it"}], token)
        self.assertNotIn(token, t.text(".el-dialog pre"))
        t.click(".el-dialog >> button:has-text('Close')").see("tr:has-text('fluent')")
        self.assertNotIn(token, t.text("body"))
        t.click("[aria-label='Delete db1 fluent']")
        t.confirm()
        t.gone("tr:has-text('fluent')")
        names = {x["name"] for x in self.api.good("/logs/token/get", {})["token_infos"]}
        self.assertNotIn("fluent", names)
        self.assertEqual(t.ask("problems"), [])

    # -- live

    def test_lines_are_seen_as_they_come_and_wait_while_it_is_paused(self):
        t = self.open("?tab=live&q=tick").see("[role=status] >> text=following")
        self.send(self.web, [{"log": "tick one"}, {"log": "tock"}])
        t.see(".line >> text=tick one")
        self.send(self.web, [{"log": "tick two"}])
        t.see(".line >> text=tick two").click("button:has-text('Pause')")
        self.send(self.web, [{"log": f"tick {n} while paused"} for n in range(3)])
        t.see("[role=status] >> text=paused, 3 wait")
        self.assertEqual(self.shown(), ["tick one", "tick two"])
        t.click("button:has-text('Go on')").see(".line >> text=tick 2 while paused")
        self.assertEqual(len(self.shown()), 5)
        self.assertEqual(set(t.all(".line mark")), {"tick"})
        self.assertEqual(t.ask("problems"), [])

    def test_live_lines_are_bounded(self):
        t = self.open("?tab=live&q=flood").see("[role=status] >> text=following")
        for part in range(13):
            self.send(self.web, [{"log": f"flood {part * 100 + n}"} for n in range(100)])
            t.until(f"[...document.querySelectorAll('.line .text')].some((x) => x.textContent === 'flood {part * 100 + 99}')")
        self.assertLessEqual(len(self.shown()), 1000)
        self.assertEqual(t.ask("problems"), [])

    def test_live_tells_what_is_wrong_with_a_query(self):
        t = self.open("?tab=live&q=%28disk").see("[role=alert] >> text=query")
        t.ask("problems")


if __name__ == "__main__":
    unittest.main()
