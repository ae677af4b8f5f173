"""What talks to what, on the pages: of all hosts and around one, followed, held and of the past; states told by more than colour."""
import json
import time
import unittest

from isolation_test import KNOWN
from node import node
from rest import rest
from web import HOSTILE, browser, tab


def link(process, role, client, server, port, count=1, **figures):
    return {"table_name": "tcp_link", "process_name": process, "pids": [811, 812], "role": role, "client_ip": client, "server_ip": server,
            "server_port": port, "protocol": 2, "link_count": count} | figures


def batch(number, name, addresses, links, listening=()):
    """What the agent of a host tells."""
    names = sorted({x["process_name"] for x in links} | {x for x, _ in listening})
    return {"machine_id": f"{number:032x}", "hostname": name, "addresses": addresses, "time_ms": int(time.time() * 1000), "period_ms": 5000,
            "agent": "aops-agent 0.1", "is_cut": False, "links": links,
            "listening": [{"process_name": x, "pids": [811], "address": "0.0.0.0", "port": port} for x, port in listening],
            "processes": [{"process_name": x, "pids": [811, 812], "user": "www-data", "command": x} for x in names], "records": []}


def drawn(text):
    """What is written in the drawing; beside it titles say the same to those who point at it."""
    return f".drawing text:has-text({json.dumps(text)})"


def fleet(count, states=()):
    """As the node would tell of so many hosts in three tiers, every host talking to some of the next one. @param states Of links, by number."""
    tiers = [count // 2, count // 3, count - count // 2 - count // 3]
    names = [f"{tier}{n}" for tier, size in zip(("web", "app", "db"), tiers) for n in range(size)]
    tier_of = {name: name.rstrip("0123456789") for name in names}
    process = {"web": "nginx", "app": "java", "db": "mysqld"}
    by_tier = {tier: [x for x in names if tier_of[x] == tier] for tier in process}
    ways = [(a, b) for first, second in (("web", "app"), ("app", "db")) for i, a in enumerate(by_tier[first])
            for b in {by_tier[second][(i * k) % len(by_tier[second])] for k in (1, 2)}] + [(by_tier["db"][0],) * 2]
    end = lambda x: {"type": "PROCESS", "id": f"{x}.{process[tier_of[x]]}"}
    entities = [{"entityid": x, "type": "VM", "name": x, "dependingitems": [], "dependeditems": [], "attrs": []} for x in names]
    entities += [{"entityid": end(x)["id"], "type": "PROCESS", "name": f"{x}.{process[tier_of[x]]}", "dependeditems": [],
                  "dependingitems": [{"calls": [], "runOns": [{"type": "VM", "id": x}]}],
                  "attrs": [{"key": "user", "value": "www-data", "vtype": "string"}]} for x in names]
    for n, (a, b) in enumerate(ways):
        status = states[n] if n < len(states) else "ANOMALY_NO"
        faults = [{"anomaly_attr": "retran_packets", "anomaly_type": "ABOVE THRESHOLD"}] if status == "ANOMALY_YES" else []
        entities.append({"entityid": f"{a}>{b}/tcp_link", "type": "TCP_LINK", "name": f"{a} -> {b}",
                         "dependeditems": [{"calls": [end(a)], "runOns": []}], "dependingitems": [{"calls": [end(b)], "runOns": []}],
                         "attrs": [{"key": k, "value": v, "vtype": "int"} for k, v in
                                   (("rx_bytes", 5242880), ("rx_bytes_per_s", 1048576.5), ("rtt", 2404), ("retran_packets", 7), ("server_port", 80),
                                    ("link_count", n % 9 + 1))],
                         "anomaly": {"status": status, "anomalyitem": faults}})
    return {"code": 200, "msg": "", "timestamp": int(time.time() * 1000), "entityids": [x["entityid"] for x in entities],
            "entities": entities, "is_cut": False, "missing": []}


def summary(nodes, pairs):
    """What get_summary tells. @param nodes (id, type, hosts, links). @param pairs (from, to, links, state)."""
    name = lambda x: x.removeprefix("group.")
    return {"code": 200, "msg": "", "timestamp": int(time.time() * 1000), "is_cut": False, "missing": [], "total_nodes": len(nodes),
            "total_pairs": len(pairs), "total_links": sum(x[2] for x in pairs),
            "nodes": [{"id": id, "name": name(id), "type": kind, "group": name(id) if kind == "GROUP" else "g", "state": "ANOMALY_NO", "hosts": hosts,
                       "stale_hosts": 0, "processes": hosts, "links": links, "unwell_links": 0} for id, kind, hosts, links in nodes],
            "pairs": [{"from": a, "to": b, "state": state, "links": links, "connections": links * 2, "abnormal_links": 0, "lacking_links": 0,
                       "rx_bytes_per_s": 1048576.5, "rtt": 404, "rtt_max": 2404} for a, b, links, state in pairs]}


class topology_pages(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.node = node("http.max_body=16MiB")
        cls.addClassCleanup(cls.node.close)
        cls.api = cls.node.admin()
        cls.api.add_group()
        cls.api.add_group("other")
        (cls.web,) = cls.api.add_hosts(("web1", "127.0.0.1", None))
        cls.db, cls.quiet = cls.api.add_hosts(("db1", "127.0.0.2", None), ("quiet1", "127.0.0.3", None), group="other")
        cls.tokens = {x: cls.api.good("/logs/token/create", {"host_id": x, "name": "agent"})["access_token"] for x in (cls.web, cls.db)}
        cls.api.good("/manage/account/register", {"username": "ann", "password": KNOWN})
        cls.api.good("/manage/account/user/adopt", {"username": "ann"})
        cls.api.good("/manage/account/grant/change", {"username": "ann", "grant": ["other"]})
        cls.seen = browser()
        cls.addClassCleanup(cls.seen.close)

    @classmethod
    def tell(cls, *more):
        """web1's nginx asks db1's mysqld, itself, and somebody outside; a client from outside asks it. @param more Links of web1."""
        figures = {"rx_bytes": 5242880, "tx_bytes": 830, "packets_in": 40, "packets_out": 38, "retran_packets": 0, "lost_packets": 0,
                   "rtt": 2404, "rtt_max": 900}
        web = [link("nginx", "client", "10.9.0.1", "10.9.0.2", 3306, 4, **figures), link("nginx", "server", "203.0.113.7", "10.9.0.1", 80, 2),
               link("nginx", "client", "10.9.0.1", "10.9.0.1", 9000), link("php-fpm", "server", "10.9.0.1", "10.9.0.1", 9000),
               link("nginx", "client", "10.9.0.1", "198.51.100.5", 443), *more]
        db = [link("mysqld", "server", "10.9.0.1", "10.9.0.2", 3306, 4, **figures)]
        for host, body in ((cls.web, batch(1, "web1", ["10.9.0.1"], web, (("nginx", 80), (HOSTILE, 81)))),
                           (cls.db, batch(2, "db1", ["10.9.0.2"], db, (("mysqld", 3306),)))):
            headers = {"Authorization": "Bearer " + cls.tokens[host], "Content-Type": "application/json"}
            status, _, text = rest(cls.node.url).send("POST", "/topology/ingest", json.dumps(body), headers)
            assert status == 200, (status, text)

    def setUp(self):
        self.tell()
        self.t = tab(self.seen, self.node.url)
        self.addCleanup(self.t.close)

    def head(self, id):
        return f".drawing [data-id={json.dumps(id)}]"

    def place(self, id):
        return self.t.run(f"document.querySelector({json.dumps(self.head(id))}).closest('.box').getAttribute('transform')")

    def choose_quickly(self, t, *ids):
        """One after the other: whatever else the machine does, one of them within a bound."""
        took = [t.run("""new Promise((done) => {
          const began = performance.now()
          document.querySelector('.drawing [data-id=%s]').dispatchEvent(new MouseEvent('click', {bubbles: true}))
          requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)))
        })""" % x) for x in ids]
        self.assertLess(min(took), 1500, took)

    def sources(self, kind):
        """Of lines of a state: what their titles say."""
        return self.t.run(f"[...document.querySelectorAll('.drawing .line.{kind} title')].map((x) => x.textContent)")

    # -- W8

    def test_a_host_shows_its_processes_neighbours_and_peers_and_a_click_their_attributes(self):
        t = self.t.log_in(path=f"/ui/topology/{self.web}").see(drawn("web1"))
        for text in ("nginx", "php-fpm", "db1", "mysqld", "203.0.113.7", "198.51.100.5"):
            t.see(drawn(text))
        self.assertFalse(t.run("window.hacked !== undefined"))
        left, here, right = (t.run(f"document.querySelector({json.dumps(self.head(x))}).getBoundingClientRect().x")
                             for x in ("external.203.0.113.7", self.web, self.db))
        self.assertLess(left, here)
        self.assertLess(here, right)
        t.click(self.head(f"{self.db}.mysqld")).see(".detail h2 >> text=mysqld").see(".detail td >> text=www-data")
        t.click(".detail >> button:has-text('web1 · nginx')").see(".detail h2 >> text=web1 · nginx → db1 · mysqld")
        told = dict(x.split("\t")[:2] for x in t.all(".detail tr"))
        self.assertEqual((told["Received"], told["Received, per second"], told["Round trip"], told["Server port"], told["Connections"]),
                         ("5 MiB", "1 MiB/s", "2.404 ms", "3306", "4"))
        t.see(".legend >> text=lacking")
        self.assertIn("chosen=", t.run("location.search"))
        t.call("reload")
        t.see(".detail h2 >> text=web1 · nginx → db1 · mysqld")
        self.assertEqual(t.ask("problems"), [])

    def test_it_follows_keeps_places_and_can_be_held(self):
        t = self.t.log_in(path=f"/ui/topology/{self.web}").see(drawn("php-fpm"))
        before = self.place(self.db)
        self.tell(link("curl", "client", "10.9.0.1", "198.51.100.9", 443))
        t.see(drawn("198.51.100.9")).see(drawn("curl"))
        self.assertEqual(self.place(self.db), before)
        t.click("button:has-text('Pause')").see("[role=status] >> text=Held")
        self.tell(link("wget", "client", "10.9.0.1", "198.51.100.9", 443))
        # Another page follows on; by the time it has the new picture this one could have it, too.
        other = tab(self.seen, self.node.url)
        self.addCleanup(other.close)
        other.log_in(path=f"/ui/topology/{self.web}").see(drawn("wget"))
        self.assertFalse(t.has(drawn("wget")))
        t.click("button:has-text('Refresh')").see(drawn("wget"))
        self.assertEqual(self.place(self.db), before)
        self.assertEqual(t.ask("problems"), [])

    def test_a_host_that_tells_nothing_is_said_to(self):
        t = self.t.log_in(path=f"/ui/topology/{self.quiet}").see("text=Nothing is known of what quiet1 talks to.")
        t.click(".el-select").click(".el-select-dropdown__item:has-text('db1')").see("h1 >> text=Topology of db1").see(drawn("mysqld"))
        t.turn(f"/ui/hosts/{self.db}").click("main >> a:has-text('Topology')").see("h1 >> text=Topology of db1")
        self.assertEqual(t.ask("problems"), [])

    # -- T7

    def test_all_hosts_are_drawn_with_a_line_for_each_direction_and_lead_to_links(self):
        t = self.t.log_in(path="/ui/").see("h1")
        t.press("g")
        t.press("n")
        t.see("h1 >> text=Topology").see(self.head(self.web)).see(self.head(self.db))
        self.assertEqual(len(t.run("[...document.querySelectorAll('.drawing .line')].map((x) => x.textContent)")), 2)  # One to db1, one loop.
        self.assertFalse(t.has(drawn("203.0.113.7")))
        t.click("label:has-text('External peers') input").see(drawn("203.0.113.7"))
        t.click(self.head(self.web)).see(".detail h2 >> text=web1").click(".detail li >> button:text-is('nginx')")
        t.see(".detail h2 >> text=nginx").click(".detail >> button:has-text('db1 · mysqld')").see(".detail td >> text=5 MiB")
        t.fill("[aria-label='Find a host, process or address']", "db").press("Enter")
        t.see(".detail h2 >> text=db1")
        t.call("focus", on=".drawing [tabindex='0']")
        t.press("ArrowLeft")
        t.press("Enter")
        t.see(".detail h2 >> text=web1")
        self.assertEqual(t.ask("problems") + t.ask("axe"), [])

    def test_another_users_host_is_an_address(self):
        t = self.t.log_in("ann", KNOWN, path=f"/ui/topology/{self.db}").see(drawn("mysqld")).see(drawn("10.9.0.1"))
        self.assertFalse(t.has(drawn("web1")))

    # -- what is hard to have of a real node within seconds: states, many hosts, changes of a day

    def test_states_are_told_by_sign_and_word(self):
        t = self.t.log_in(path="/ui/account")
        t.ask("answer", path="/gala-spider/api/v1/get_entities", body=fleet(9, ("ANOMALY_YES", "ANOMALY_LACKING", "ANOMALY_STALE")))
        t.turn("/ui/topology").see(".drawing .line.abnormal").see(".drawing .badge.lacking")
        signs = {kind: t.run(f"document.querySelector('.badge.{kind}').textContent") for kind in ("abnormal", "lacking", "stale")}
        self.assertEqual(signs, {"abnormal": "▲", "lacking": "?", "stale": "◷"})
        for kind in signs:
            self.assertTrue(all(x.endswith(kind) for x in self.sources(kind)))
        t.see(".detail >> text=Links that are not well").click(".detail li >> nth=0 >> button").see(".detail .fault >> text=above its threshold")
        self.assertEqual(t.ask("axe"), [])

    def test_two_hundred_hosts_are_drawn_at_once_and_always_alike(self):
        t = self.t.log_in(path="/ui/account")
        body = fleet(200)
        t.ask("answer", path="/gala-spider/api/v1/get_entities", body=body)
        places = "[...document.querySelectorAll('.drawing .box')].map((x) => x.querySelector('[data-id]').dataset.id + x.getAttribute('transform')).sort()"
        t.turn("/ui/topology").see(self.head("web0"))
        first = t.run(places)
        self.assertEqual((len(first), len({x[len(x.split("translate")[0]):] for x in first})), (200, 200))  # None on another.
        t.turn("/ui/account").turn("/ui/topology").see(self.head("web0"))
        self.assertEqual(t.run(places), first)
        # Choosing and moving are done within a frame or few.
        self.choose_quickly(t, "web9", "web8", "web7")
        t.see(".detail h2 >> text=web7")

    def test_a_thousand_hosts_are_drawn_by_groups_that_open(self):
        t = self.t.log_in(path="/ui/account")
        path = "/gala-spider/api/v1/get_summary"
        groups = [(f"group.g{n}", "GROUP", 50, 5000) for n in range(20)] + [("external", "EXTERNAL", 900, 70)]
        pairs = [(f"group.g{n}", f"group.g{(n * 7 + k) % 20}", 90 + k, "ANOMALY_YES" if n == k == 3 else "ANOMALY_NO")
                 for n in range(20) for k in range(20)]
        t.ask("answer", path=path, body=summary(groups, pairs) | {"total_nodes": 1000, "total_links": 50000})
        t.turn("/ui/topology").see(self.head("group.g7")).see(".drawing .line.abnormal")
        t.click(self.head("group.g7")).see(".detail h2 >> text=g7")
        # Its hosts: many, and the other groups.
        hosts = [(f"h{n}", "VM", 1, 100) for n in range(200)] + groups
        inside = [(f"h{n}", f"h{(n * 3 + k) % 200}", 5, "ANOMALY_NO") for n in range(200) for k in range(1, 6)]
        t.ask("answer", path=path, body=summary(hosts, inside))
        t.click(".detail >> button:has-text('Its hosts')").see(self.head("h7"))
        self.assertIn("group=g7", t.run("location.search"))
        self.choose_quickly(t, "h9", "h8", "h7")
        t.see(".detail h2 >> text=h7").click(".detail li >> nth=0 >> button").see(".detail td >> text=1 MiB/s").see(".detail td >> text=2.404 ms")
        t.shot("topology-groups")
        self.assertEqual(t.ask("problems") + t.ask("axe"), [])

    def test_hosts_and_groups_are_summed_up_as_they_are(self):
        t = self.t.log_in(path="/ui/topology?by=host").see(self.head(self.web)).see(self.head("external"))
        t.click(self.head(self.db)).see(".detail >> text=Topology of the host").see(".detail td >> text=other")
        t.turn("/ui/topology?by=group").see(self.head("group.other")).see(self.head("group.g"))
        t.click(self.head("group.other")).click(".detail >> button:has-text('Its hosts')").see(self.head(self.db)).see(self.head("group.g"))
        self.assertFalse(t.has(self.head(self.web)))
        t.click("button:has-text('All groups')").see(self.head("group.other"))
        self.assertEqual(t.ask("problems"), [])

    def test_a_balancer_stands_between_its_clients_and_servers(self):
        """web1's curl calls lb1, which hands it on to app1, as nodes make it of the records of a balancer."""
        with node("http.max_body=16MiB") as other:
            api = other.admin()
            api.add_group()
            ids = api.add_hosts(*((x, f"127.0.0.{n}", None) for n, x in enumerate(("web1", "lb1", "app1"), 1)))
            handed = {"table_name": "ipvs_link", "client_ip": "10.9.0.1", "virtual_ip": "10.9.0.2", "virtual_port": 80,
                      "server_ip": "10.9.0.3", "server_port": 8080, "link_count": 3}
            told = (batch(1, "web1", ["10.9.0.1"], [link("curl", "client", "10.9.0.1", "10.9.0.2", 80, 3)]),
                    batch(2, "lb1", ["10.9.0.2"], []) | {"records": [handed]},
                    batch(3, "app1", ["10.9.0.3"], [link("nginx", "server", "10.9.0.1", "10.9.0.3", 8080, 3)], (("nginx", 8080),)))
            for host, body in zip(ids, told):
                token = api.good("/logs/token/create", {"host_id": host, "name": "agent"})["access_token"]
                status, _, text = rest(other.url).send("POST", "/topology/ingest", json.dumps(body),
                                                       {"Authorization": "Bearer " + token, "Content-Type": "application/json"})
                self.assertEqual(status, 200, text)
            web, balancer, app = ids
            t = tab(self.seen, other.url)
            self.addCleanup(t.close)
            t.log_in(path="/ui/topology").see(self.head(web)).see(self.head(balancer)).see(self.head(app))
            lines = t.run("[...document.querySelectorAll('.drawing .line title')].map((x) => x.textContent)")
            self.assertEqual(sorted(x.split(" · ")[0] for x in lines), ["lb1 → app1", "web1 → lb1"])
            left, middle, right = (t.run(f"document.querySelector({json.dumps(self.head(x))}).getBoundingClientRect().x") for x in ids)
            self.assertLess(left, middle)
            self.assertLess(middle, right)
            t.shot("topology-balancer-all")
            t.turn(f"/ui/topology/{balancer}").see(drawn("ipvs")).see(drawn("curl")).see(drawn("nginx"))
            t.click(self.head(f"{app}.nginx")).click(".detail >> button:has-text('web1 · curl')").see(".detail .chip >> text=IPVS_LINK")
            t.see(".detail >> text=over lb1 · ipvs")
            t.shot("topology-balancer")
            self.assertEqual(t.ask("problems"), [])

    def test_a_moment_of_the_past_is_shown_from_the_list_of_changes(self):
        t = self.t.log_in(path="/ui/account")
        now = int(time.time())
        end = lambda host, name, process: {"host_id": host, "host_name": name, "process_name": process, "address": "10.9.0.1", "port": 3306}
        t.ask("answer", path="/gala-spider/api/v1/get_changes", body={"code": 200, "msg": "", "is_cut": False, "changes": [
            {"time": now - 7200, "change": change, "type": "TCP_LINK", "client": end(self.web, "web1", "nginx"),
             "server": end(self.db, "db1", "mysqld")} for change in ("began", "ended")]})
        t.turn("/ui/topology").see(self.head(self.web)).click("button:has-text('Changes of the day')").see(".changes li.ended >> text=db1 · mysqld")
        t.click(".changes li >> nth=0 >> button >> nth=0").until(f"new URLSearchParams(location.search).get('at') === '{now - 7200}'")
        t.see("[role=status] >> text=As it was at").see("text=No host tells what it talks to yet.")
        self.assertTrue(t.run("performance.getEntriesByType('resource').some((x) => x.name.includes('timestamp=%d'))" % (now - 7200)))
        t.click(".time >> button:text-is('Back to now')").see(self.head(self.web))
        t.call("focus", on=".time input[type=range]")
        t.press("PageDown")
        t.until("Number(new URLSearchParams(location.search).get('at')) > 0")
        self.assertEqual(t.ask("problems"), [])

    def test_a_host_that_goes_silent_is_stale_and_its_links_are_lacking(self):
        with node("topology.period=250ms", "topology.stale=1s", "topology.window=1h") as other:
            api = other.admin()
            api.add_group()
            (host,) = api.add_hosts(("web1", "127.0.0.1", None))
            token = api.good("/logs/token/create", {"host_id": host, "name": "agent"})["access_token"]
            t = tab(self.seen, other.url)
            self.addCleanup(t.close)
            t.log_in(path=f"/ui/topology/{host}").see("text=Nothing is known of what web1 talks to.")
            body = json.dumps(batch(1, "web1", ["10.9.0.1"], [link("nginx", "client", "10.9.0.1", "198.51.100.5", 443)]))
            for _ in range(2):
                status, _, text = rest(other.url).send("POST", "/topology/ingest", body, {"Authorization": "Bearer " + token, "Content-Type": "application/json"})
                self.assertEqual(status, 200, text)
            t.see(drawn("nginx")).see("[role=status] >> text=has told nothing for a while").see(".drawing .badge.lacking")
            t.see(f".box.stale {self.head(host).removeprefix('.drawing ')}").see(".detail >> text=Hosts that are not well")
            self.assertEqual(t.ask("problems"), [])


if __name__ == "__main__":
    unittest.main()
