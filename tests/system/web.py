"""A real browser (Debian's Chromium) at the pages of a real node, and a scene for it to look at."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

from exporter import exporter
from isolation_test import KNOWN
from node import die_with_parent, node
from rest import PASSWORD, USER, rest, rule, tree
from waiting import wait_until

HERE = pathlib.Path(__file__).resolve().parent
HOSTILE = "<img src=x onerror=hacked=1>"


def work():
    """Where the build made the pages, with the packages of its lock file; the driver of the browser is one of them."""
    folder = pathlib.Path(os.environ["AOPS_BIN"]).parent / "http/ui/work"
    assert (folder / "node_modules/playwright-core").exists(), f"{folder}: the pages were not built; install npm and build again"
    return folder


def shots():
    """Screenshots of tests stay here, where AOPS_SHOTS is set."""
    folder = pathlib.Path(os.environ["AOPS_BIN"]).parent / "web-shots"
    folder.mkdir(exist_ok=True)
    return folder


class browser:
    """One process for all tabs of a test file."""

    def __init__(self):
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        assert program, "there is no chromium"
        self.home = tempfile.mkdtemp(prefix="aops-browser-")
        self.count = 0
        self.process = subprocess.Popen(["node", HERE / "web/driver.mjs", work() / "node_modules", program], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=die_with_parent,
                                        env=os.environ | {"HOME": self.home, "TMPDIR": self.home, "TZ": "UTC"})

    def ask(self, what, **more):
        self.count += 1
        self.process.stdin.write(json.dumps({"id": self.count, "do": what} | more) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline() or '{"error": "the driver has ended"}')
        if "error" in answer:
            raise AssertionError(f"{what} {more}: {answer['error']}")
        return answer["value"]

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.home, ignore_errors=True)


class tab:
    """A tab with cookies of its own. Everything waits for what it is about.

    @param fresh Whether it has read nothing yet; else the scripts of an earlier tab are at hand, as in anybody's browser.
    @param options Of the browser's context: `viewport`, `locale`, `colorScheme`.
    """

    def __init__(self, owner, url, fresh=False, **options):
        self.owner, self.url = owner, url
        owner.count += 1
        self.name = f"tab{owner.count}"
        self.ask("open", fresh=fresh, options={"locale": "en-US", "viewport": {"width": 1280, "height": 800}} | options)

    def ask(self, what, **more):
        return self.owner.ask(what, tab=self.name, **more)

    def call(self, method, *args, on=None):
        return self.ask("call", method=method, args=list(args), **({} if on is None else {"on": on}))

    def go(self, path):
        self.call("goto", self.url + path)
        return self

    def turn(self, path):
        """To another place of the pages, as a link within them does: nothing is loaded anew but what it needs."""
        self.run("""((path) => {
          const state = {back: history.state?.current ?? null, current: path, forward: null, replaced: false, scroll: null,
                         position: (history.state?.position ?? 0) + 1}
          history.pushState(state, '', path)
          dispatchEvent(new PopStateEvent('popstate', {state}))
        })(%s)""" % json.dumps(path))
        self.until(f"document.querySelector('main')?.dataset.path === {json.dumps(path)}")
        return self

    def see(self, selector, deadline=20):
        """Waits until it is seen. `text=…` and `role=…` are selectors, too."""
        self.call("waitFor", {"state": "visible", "timeout": deadline * 1000}, on=selector + " >> nth=0")
        return self

    def gone(self, selector):
        self.call("waitFor", {"state": "hidden"}, on=selector + " >> nth=0")

    def click(self, selector):
        self.call("click", on=selector + " >> nth=0")
        return self

    def fill(self, selector, text):
        self.call("fill", text, on=selector + " >> nth=0")
        return self

    def press(self, keys):
        self.call("keyboard.press", keys)

    def type(self, text):
        self.call("keyboard.type", text)

    def choose(self, selector, value):
        self.call("selectOption", value, on=selector + " >> nth=0")

    def text(self, selector="body"):
        return self.call("innerText", on=selector + " >> nth=0")

    def all(self, selector):
        return self.call("allInnerTexts", on=selector)

    def has(self, selector):
        return self.call("count", on=selector) > 0

    def run(self, script):
        return self.call("evaluate", script)

    def until(self, script, deadline=20):
        self.ask("wait", script=script, timeout=deadline * 1000)

    def shot(self, name):
        """For people who ask for it: it takes as long as a check."""
        if "AOPS_SHOTS" in os.environ:
            self.ask("shot", file=str(shots() / f"{name}.png"), full=False)

    def quiet(self):
        """The page is shown, and nothing is being loaded for it."""
        self.see("main h1")
        self.until("document.querySelector('main')?.ariaBusy === 'false'")

    def log_in(self, username=USER, password=PASSWORD, path="/"):
        """With a session of its own, which the node made; `type_in` is what a person does."""
        headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}
        status, reply, _ = rest(self.url).send("POST", "/session/login", json.dumps({"username": username, "password": password}), headers)
        assert status == 200, (username, status)
        name, value = reply["Set-Cookie"].split(";")[0].split("=", 1)
        self.ask("set_cookies", cookies=[{"name": name, "value": value, "url": self.url, "httpOnly": True, "sameSite": "Strict"}])
        return self.go(path).see(".frame")

    def type_in(self, username=USER, password=PASSWORD, path="/"):
        self.go(path)
        self.fill("input[autocomplete=username]", username).fill("input[type=password]", password)
        self.click("button[type=submit]")
        self.see(".frame")
        return self

    def confirm(self):
        self.click(".el-message-box .el-button--primary")

    def asked(self, path):
        return self.ask("asked", path=path)

    def meddle(self, path, how, times=1):
        """The next requests of a path: `lost`, `unheard` (done, and the answer lost), or refused with a code."""
        self.ask("meddle", path=path, how=how, times=times)
        return self

    def close(self):
        self.ask("close")


class scene:
    """A node that watches two hosts, one with a hostile name; rules, trees, templates, tasks, users, a diagnosis."""

    def __init__(self, *settings, config=""):
        self.exporter = exporter({"node_load1": 9, "node_load5": 1, 'node_cpu_seconds_total{cpu="0",mode="user"}': 5,
                                  "node_memory_MemTotal_bytes": 8e9, "node_memory_MemAvailable_bytes": 4e9},
                                 ("127.0.0.1", "127.0.0.2"))
        self.node = node("check.sample_period=1s", *settings, config=config)
        self.admin = self.node.admin()
        self.fill()

    def fill(self):
        it = self.admin
        it.good("/manage/host/group/add", {"host_group_name": "web", "description": "front-end servers"})
        it.good("/manage/host/group/add", {"host_group_name": HOSTILE, "description": HOSTILE})
        hosts = [{"host_name": name, "public_ip": address, "exporter_port": self.exporter.port, "host_group_name": group}
                 for name, address, group in (("web1", "127.0.0.1", "web"), (HOSTILE, "127.0.0.2", HOSTILE))]
        self.hosts = it.good("/manage/host/add", {"host_list": hosts})["host_list"]
        it.good("/check/rule/import", {"check_items": [
            rule("load_high", "node_load1", "$0 > 5", severity="critical", description="More than five processes want to run."),
            rule(HOSTILE, "node_load1", "$0 > 6", description=HOSTILE),
            rule("swap_low", "node_memory_SwapFree_bytes", "$0 < 1")]})
        it.good("/diag/tree/import", {"trees": [
            tree("overload", "busy || (short && !busy)", {"busy": "load_high", "short": "swap_low"}),
            tree(HOSTILE[:20], "a", {"a": "load_high"}, description=HOSTILE, advice=HOSTILE)]})
        play = [{"hosts": "all", "tasks": [{"ping": {}, "name": HOSTILE}]}]
        for name in ("ping", HOSTILE):
            it.good("/manage/template/import", {"template_name": name, "template_content": play, "description": HOSTILE})
            it.good("/manage/task/generate", {"task_name": name, "template_name": [name], "description": HOSTILE,
                                              "host_list": self.hosts})
        for path, body in (("/domain/createDomain", [{"domainName": "fleet"}]),
                           ("/host/addHost", {"domainName": "fleet", "hostInfos": [{"hostId": x} for x in self.hosts]}),
                           ("/management/addManagementConf", {"domainName": "fleet", "reason": HOSTILE,
                                                              "confFiles": [{"filePath": "/etc/motd", "contents": HOSTILE}]})):
            status, reply = it.call("POST", path, body)
            assert status == 200, (path, reply)
        headers = {"Authorization": "Bearer " + it.good("/logs/token/create", {"host_id": self.hosts[0], "name": HOSTILE})["access_token"],
                   "Content-Type": "application/json"}
        lines = [{"log": HOSTILE, "level": level, "ident": HOSTILE, HOSTILE: HOSTILE} for level in ("crit", "warning", "info", "debug")]
        link = {"role": "client", "process_name": HOSTILE, "client_ip": "10.9.0.1", "server_ip": "198.51.100.5", "server_port": 443, "link_count": 1}
        batch = {"machine_id": "1" * 32, "hostname": HOSTILE, "addresses": ["10.9.0.1"], "period_ms": 5000, "links": [link]}
        for path, body in (("/logs/ingest", lines), ("/topology/ingest", batch)):
            status, _, text = rest(self.node.url).send("POST", path, json.dumps(body), headers)
            assert status == 200, text
        it.good("/check/silence/add", {"comment": HOSTILE, "group_list": [HOSTILE], "expression": "0 3 * * sun", "duration_s": 3600})
        for name in ("ann", "stranger"):
            it.good("/manage/account/register", {"username": name, "password": KNOWN})
        it.good("/manage/account/user/adopt", {"username": "ann"})
        it.good("/manage/account/grant/change", {"username": "ann", "grant": ["web"]})
        try:
            wait_until(lambda: len(it.good("/check/status/get", {"firing": True})["alerts"]) >= 4, what="alerts fire")
        except AssertionError as problem:
            hosts = it.good("/manage/host/get", {"host_group_list": []})["host_infos"]
            with open(self.node.log_file, encoding="utf-8", errors="replace") as log:
                raise AssertionError(f"{problem}\n{it.good('/check/status/get')}\n{hosts}\n{log.read()[-4000:]}") from None
        now = int(time.time())
        self.task = it.good("/diag/execute", {"host_list": self.hosts, "time_range": [now - 8, now],
                                              "tree_list": ["overload", HOSTILE[:20]], "interval": 4})["task_id"]
        wait_until(lambda: it.progress(self.task) >= 8, what="the diagnosis is done")
        self.report = next(x["report_id"] for x in it.reports(self.task) if x["host_id"] == self.hosts[0]
                           and x["tree_name"] == "overload" and it.report(x["report_id"])["verdict"] == "true")

    def places(self):
        host = self.hosts[0]
        return {
            "workbench": "/ui/", "hosts": "/ui/hosts", "host": f"/ui/hosts/{host}", "host-series": f"/ui/hosts/{host}?tab=series",
            "host-anomalies": f"/ui/hosts/{host}?tab=anomalies", "groups": "/ui/groups",
            "board": f"/ui/board?host={host}&series=node_load1&range=5m", "results": "/ui/results",
            "alerts": "/ui/results?firing=true", "logs": "/ui/logs?range=1d&severity=info%2B", "log-live": "/ui/logs?tab=live",
            "log-tokens": "/ui/logs?tab=tokens", "silences": "/ui/silences", "topology": "/ui/topology",
            "host-topology": f"/ui/topology/{host}",
            "rules": "/ui/rules", "rule": f"/ui/rules/edit?name=load_high&host={host}",
            "diagnoses": "/ui/diagnoses", "diagnosis": f"/ui/diagnoses/{self.task}", "report": f"/ui/reports/{self.report}",
            "evidence": f"/ui/reports/{self.report}?tab=evidence", "trees": "/ui/trees", "tree": "/ui/trees/show/overload",
            "tree-editor": "/ui/trees/edit?name=overload", "tasks": "/ui/tasks", "runs": "/ui/runs", "templates": "/ui/templates",
            "packages": "/ui/packages", "host-tasks": f"/ui/hosts/{host}?tab=tasks",
            "cluster": "/ui/cluster", "slots": "/ui/cluster?tab=slots", "supervisors": "/ui/cluster?tab=tree",
            "domains": "/ui/tracing", "domain": "/ui/tracing/fleet?tab=hosts", "domain-files": "/ui/tracing/fleet?tab=files",
            "file-history": "/ui/tracing/fleet?tab=history&file=/etc/motd", "changes": "/ui/changes",
            "users": "/ui/users", "account": "/ui/account", "log": "/ui/log", "nowhere": "/ui/no/such/page",
        }

    def close(self):
        self.node.close()
        self.exporter.close()


USERS = {"administrator": (USER, PASSWORD), "ordinary": ("ann", KNOWN), "stranger": ("stranger", KNOWN)}


class on_stage(unittest.TestCase):
    """Tests that share a scene and a browser. @cvar SETTINGS Of the node, as is CONFIG, a text of its file."""

    maxDiff = None
    SETTINGS = ()
    CONFIG = ""

    @classmethod
    def setUpClass(cls):
        cls.it = scene(*cls.SETTINGS, config=cls.CONFIG)
        cls.addClassCleanup(cls.it.close)
        cls.seen = browser()
        cls.addClassCleanup(cls.seen.close)

    def tab(self, **options):
        it = tab(self.seen, self.it.node.url, **options)
        self.addCleanup(it.close)
        return it
