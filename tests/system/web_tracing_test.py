"""Configuration tracing on the pages, a test for each row of what they must do: domains, their hosts, what files should be, what
they are, history, and differences. Two real hosts of this machine are logged in to.
"""
import os
import time
import unittest

import lab
import tracing_test
from node import node
from tracing_test import KEY, REPO, TEXT, client
from waiting import wait_until
from web import browser, tab

OTHER = TEXT.replace("enabled=1", "enabled=0")


@unittest.skipIf(lab.why_not(), lab.why_not())
class tracing_pages(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.lab = lab.lab(2)
        cls.addClassCleanup(cls.lab.close)
        cls.node = node()
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.api.add_group()
        rows = [tracing_test.on_hosts.row(x.name, x) for x in cls.lab] + [
            {"host_name": "away", "host_group_name": "g", "public_ip": "127.0.0.9", "ssh_port": 9, "username": "u", "password": "p",
             "sudo_password": "p"}]
        cls.ids = dict(zip([x["host_name"] for x in rows],
                           cls.api.good("/manage/host/add", {"host_list": rows, "key": KEY})["host_list"]))
        cls.one, cls.two = [x.name for x in cls.lab]
        cls.c = client(cls.api)
        cls.seen = browser()
        cls.addClassCleanup(cls.seen.close)

    def setUp(self):
        self.t = tab(self.seen, self.node.url).log_in(path="/ui/account")
        self.addCleanup(self.t.close)
        self.domain = self.id().rsplit(".", 1)[1].removeprefix("test_")

    def unlock(self):
        """In the session of the tab."""
        code = self.t.run("""fetch('/manage/account/certificate', {method: 'POST', headers: {'Content-Type': 'application/json'},
          body: JSON.stringify({key: '%s'})}).then((r) => r.json()).then((r) => r.code)""" % KEY)
        self.assertEqual(code, 200)

    def write(self, host, text):
        self.lab[host].run("mkdir", "-p", os.path.dirname(REPO))
        self.lab[host].run("tee", REPO, text=text)

    def open(self, tab_of="hosts"):
        return self.t.turn(f"/ui/tracing/{self.domain}?tab={tab_of}")

    def names(self):
        return {x["domainName"] for x in self.c.post("/domain/queryDomain")}

    # -- W16

    def test_w16_domains_are_made_refused_and_deleted(self):
        t = self.t.turn("/ui/tracing").see("h1 >> text=Configuration domains")
        for name in self.names():  # Of tests before this one.
            self.c.delete(f"/domain/deleteDomain?domainName={name}")
        t.turn("/ui/account").turn("/ui/tracing").see("text=There is no domain yet.")
        self.assertEqual(t.ask("problems"), [])
        for name in ("web", "db"):
            t.click("button:has-text('New domain')").fill(".el-dialog form input", name).click(".el-dialog button[type=submit]")
            t.gone(".el-dialog")
            t.see(f"td >> text={name}")
        t.click("button:has-text('New domain')")
        for name, why in (("", "is needed"), (".", "not dots only"), ("..", "not dots only"), ("a/b", "must be letters"), ("web", "There is one of this name")):
            t.fill(".el-dialog form input", name).click(".el-dialog button[type=submit]").see(f".el-dialog .fault >> text={why}")
        t.press("Escape")
        t.gone(".el-dialog")
        self.assertTrue({"web", "db"} <= self.names())
        self.c.item("web", REPO, TEXT)
        t.turn("/ui/account").turn("/ui/tracing")
        t.click("[aria-label='Delete web']").see(".el-message-box >> text=web: 0 hosts, 1 file")
        t.confirm()
        t.gone("td >> text=web")
        t.see("td >> text=db")
        self.assertEqual(self.names() & {"web", "db"}, {"db"})

    # -- W17

    def test_w17_hosts_are_added_told_apart_and_removed(self):
        self.c.domain(self.domain, self.ids[self.one])
        self.c.item(self.domain, REPO, TEXT)
        t = self.open().see(f"td >> text={self.one}").see("td .mark >> text=not looked at yet")
        t.click("button:has-text('Add hosts')").click(".el-dialog .el-select")
        t.see(f".el-select-dropdown__item.is-disabled:has-text('{self.one}')")
        t.type("awa")
        t.gone(f".el-select-dropdown__item:has-text('{self.two}')")
        t.see(".el-select-dropdown__item:has-text('away')")
        for _ in "awa":
            t.press("Backspace")
        t.see(f".el-select-dropdown__item:has-text('{self.two}')")
        t.click(f".el-select-dropdown__item:has-text('{self.two}')").click(".el-select-dropdown__item:has-text('away')")
        t.press("Escape")
        t.click(".el-dialog button[type=submit]").see("td >> text=away").see(f"td >> text={self.two}")
        self.assertEqual({x["hostName"] for x in self.c.post("/host/getHost", {"domainName": self.domain})}, {self.one, self.two, "away"})
        t.click("[aria-label='Select away']").click(f"[aria-label='Select {self.two}']").click("text=Take out 2")
        t.see(".el-message-box >> text=away")
        t.confirm()
        t.gone("td >> text=away")
        self.assertEqual([x["hostName"] for x in self.c.post("/host/getHost", {"domainName": self.domain})], [self.one])

    def test_w17_a_host_that_is_deleted_elsewhere_goes_and_is_not_added(self):
        fleeting, late = self.api.add_hosts(("fleeting", "127.0.0.8", 9), ("late", "127.0.0.7", 9))
        self.c.domain(self.domain, self.ids[self.one], fleeting)
        t = self.open().see("td >> text=fleeting").click("[aria-label='Select fleeting']").see("text=Take out 1")
        self.api.good("/manage/host/delete", {"host_list": [fleeting]}, method="DELETE")
        t.gone("td >> text=fleeting")
        t.gone("text=Take out 1")
        # One that goes after it was chosen is refused, with its name or number; the others are asked for again.
        t.click("button:has-text('Add hosts')").click(".el-dialog .el-select").click(".el-select-dropdown__item:has-text('late')")
        t.press("Escape")
        self.api.good("/manage/host/delete", {"host_list": [late]}, method="DELETE")
        t.click(".el-dialog button[type=submit]").see(f".el-dialog [role=alert] >> text={late}")
        self.assertEqual([x["hostName"] for x in self.c.post("/host/getHost", {"domainName": self.domain})], [self.one])

    # -- W18

    def test_w18_several_files_are_deleted_at_once(self):
        self.c.domain(self.domain)
        for path in ("/etc/a", "/etc/b", "/etc/c"):
            self.c.item(self.domain, path, "x\n")
        t = self.open("files").see("td:has-text('/etc/c')")
        t.click("[aria-label='Select /etc/a']").click("[aria-label='Select /etc/c']").click("text=Delete 2")
        t.see(".el-message-box:has-text('/etc/a'):has-text('/etc/c')")
        t.confirm()
        t.gone("td:has-text('/etc/a')")
        t.gone("td:has-text('/etc/c')")
        self.assertEqual([x["filePath"] for x in self.c.post("/management/getManagementConf", {"domainName": self.domain})["confFiles"]],
                         ["/etc/b"])

    def test_w18_files_are_typed_read_from_a_host_changed_and_deleted(self):
        self.c.domain(self.domain, self.ids[self.one])
        self.write(self.one, TEXT)
        t = self.open("files").click("text=Add files >> nth=0")
        t.fill(".el-dialog .field:has(label:text-is('Path')) input", "etc/motd").click(".el-dialog button[type=submit]")
        t.see(".el-dialog .fault >> text=must be the absolute path")
        t.fill(".el-dialog .field:has(label:text-is('Path')) input", "/etc/motd").click(".el-dialog .cm-content")
        t.type("hello")
        t.click("text=One more file")
        second = ".el-dialog fieldset >> nth=1 >> "
        t.fill(second + ".field:has(label:text-is('Path')) input", REPO).choose(second + "select", self.ids[self.one])
        t.fill(".el-dialog .field:has(label:text-is('Reason')) input", "as it has to be").click(".el-dialog button[type=submit]")
        # Reading it needs the key, which is asked for once.
        t.fill("input[type=password]", KEY).click("text=Open the vault")
        t.see("td:has-text('/etc/motd')", 60).see(f"td:has-text('{REPO}')", 60)
        texts = {x["file_path"]: (x["text"], x["reason"], x["username"]) for x in
                 self.api.good("/manage/tracing/item/get", {"domain_name": self.domain})["items"]}
        self.assertEqual(texts["/etc/motd"], ("hello", "as it has to be", "admin"))
        self.assertEqual(texts[REPO][0], TEXT)
        t.click(f"[aria-label='Details of {REPO}']").see("tr.more .cm-content >> text=baseurl")
        # What its model cannot read is told with the line, and nothing is stored.
        t.click(f"[aria-label='Change {REPO}']").click(".el-dialog .cm-content")
        t.press("Control+a")
        t.type("[OS\nname")
        t.click(".el-dialog button[type=submit]").see(".el-dialog [role=alert] >> text=line 1")
        t.click(".el-dialog .cm-content")
        t.press("Control+a")
        t.type(OTHER)
        t.click(".el-dialog button[type=submit]").gone(".el-dialog")
        wait_until(lambda: self.c.history(self.domain, REPO)["total_count"] == 2, what="it has a second version")
        t.click("[aria-label='Delete /etc/motd']")
        t.confirm()
        t.gone("td:has-text('/etc/motd')")
        self.assertEqual([x["filePath"] for x in self.c.post("/management/getManagementConf", {"domainName": self.domain})["confFiles"]], [REPO])

    # -- W19

    def test_w19_what_is_on_hosts_is_read_judged_and_brought_in_line(self):
        self.c.domain(self.domain, *self.ids.values())
        self.c.item(self.domain, REPO, TEXT)
        self.write(self.one, TEXT)
        self.write(self.two, OTHER)
        t = self.open().click("button:has-text('Look now')")
        t.fill("input[type=password]", KEY).click("text=Open the vault")
        row = lambda name: f"tr:has(td a:text-is('{name}'))"
        t.see(row(self.one) + " .mark >> text=in sync", 60).see(row(self.two) + " .mark >> text=differs", 60)
        t.click("[aria-label='Details of away']").see("tr.more .mark >> text=host not reached")
        t.shot("tracing-hosts")
        t.click(f"[aria-label='Read {self.two}']").see(".el-drawer .cm-content >> text=enabled", 60).see(".el-drawer >> text=0644")
        t.see(".el-drawer .mark >> text=differs")
        t.press("Escape")
        t.gone(".el-drawer")
        t.click(f"[aria-label='Sync {self.two}']").see(f".el-message-box >> text={self.two}")
        t.confirm()
        t.see("text=1 file is what it should be", 60)
        self.assertEqual(self.lab[self.two].run("cat", REPO), TEXT)
        t.see(row(self.two) + " .mark >> text=in sync", 60)

    # -- W20 and W22

    def test_w20_a_file_tells_its_history_and_w22_differences(self):
        self.c.domain(self.domain, self.ids[self.two])
        for text, reason in ((TEXT, "first"), (OTHER, "off"), (OTHER + "gpgcheck=1\n", "checked")):
            self.c.item(self.domain, REPO, text, reason=reason)
        t = self.open("files").click(f"[aria-label='History of {REPO}']").see("td >> text=checked")
        rows = t.all("tbody tr")
        self.assertEqual([r for x in rows for r in ("checked", "off", "first") if r in x], ["checked", "off", "first"])
        self.assertTrue(all("admin" in x for x in rows), rows)
        t.click("tr:has-text('off') >> text=Before and after")
        t.see("tr.changed td.old >> text=enabled=1").see("tr.changed td.new >> text=enabled=0")
        t.click("tr:has-text('first') >> text=First text").see("tr.added td.new >> text=baseurl")
        self.assertFalse(t.has("tr.removed") or t.has("tr.changed"))
        t.click("tr:has-text('first') input[name=before]").click("tr:has-text('checked') input[name=after]").click("text=Compare the two")
        t.see("tr.added td.new >> text=gpgcheck=1").see("tr.changed td.new >> text=enabled=0")
        t.shot("tracing-difference")
        # One that is gone back to is a version of its own.
        t.click("tr:has-text('first') >> text=Go back")
        t.confirm()
        t.see("td >> text=back to")
        (item,) = self.api.good("/manage/tracing/item/get", {"domain_name": self.domain})["items"]
        self.assertEqual((item["text"], item["version"]), (TEXT, 4))
        # What is expected, against what is there.
        self.write(self.two, TEXT + "# a remark\n")
        self.unlock()
        t.turn("/ui/account").turn(f"/ui/tracing/{self.domain}").click("button:has-text('Look now')")
        t.see("text=All hosts were looked at.", 60).see("td .mark >> text=in sync")
        t.click(f"[aria-label='Details of {self.two}']").click(f"[aria-label='Difference of {REPO}']")
        t.see(".el-drawer >> text=Both say the same; comments, blanks or order differ.").see(".el-drawer tr.added >> text=# a remark")

    def test_w20_a_long_history_has_pages(self):
        self.c.domain(self.domain)
        for k in range(23):
            self.c.item(self.domain, "/etc/motd", f"{k}\n", reason=f"the {k}th")
        t = self.open("files").click("[aria-label='History of /etc/motd']").see("td >> text=the 22th").see("text=23 in all")
        self.assertEqual(len(t.all("tbody tr")), 20)
        t.click("[aria-label='Next page']").see("td >> text=the 0th").gone("td >> text=the 22th")
        self.assertEqual(len(t.all("tbody tr")), 3)

    # -- W21

    def test_w21_all_changes_are_found_by_domain_file_author_and_time(self):
        for name, path in ((self.domain, "/etc/motd"), (self.domain + "-b", "/etc/issue")):
            self.c.domain(name)
            self.c.item(name, path, "a\n", reason=f"{path} as it was")
            self.c.item(name, path, "b\n", reason=f"{path} as it is")
        t = self.t.turn("/ui/changes").see("td:has-text('/etc/issue as it is')").see("td:has-text('/etc/motd as it was')")
        t.choose("select[aria-label=Domain]", self.domain)
        t.gone("td:has-text('/etc/issue as it is')")
        t.fill("[aria-label='A piece of the path']", "motd").see("td:has-text('/etc/motd as it is')")
        t.fill("[aria-label=User]", "nobody").see("text=No change fits.")
        t.fill("[aria-label=User]", "adm").see("td:has-text('/etc/motd as it is')")
        t.click("tr:has-text('/etc/motd as it is') >> text=Difference")
        t.see("tr.changed td.new >> text=b")
        # Of a period: by the list of periods, and by its ends in the address.
        place = f"/ui/changes?domain={self.domain}"
        t.turn(place).see("td:has-text('/etc/motd as it was')")
        now = int(time.time())
        t.turn(f"{place}&range={now - 7200}-{now - 3600}").see("text=No change fits.")
        t.gone("td:has-text('/etc/motd as it')")
        t.choose("select[aria-label=Period]", "5m")
        t.see("td:has-text('/etc/motd as it was')").until("location.search.includes('range=5m')")
        t.turn(f"{place}&range={now - 3600}-{now + 60}").see("td:has-text('/etc/motd as it is')").see("td:has-text('/etc/motd as it was')")
        self.assertEqual(t.ask("problems"), [])


if __name__ == "__main__":
    unittest.main()
