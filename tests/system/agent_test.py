"""aops-agent: what it sees of real sockets, beside `ss`, and what it tells a node, whatever that answers."""
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import unittest

import netns
from agent import TOKEN, agent, figure, stand_in
from authority import made_authority
from node import node, program
from waiting import wait_until

MEMBERS = {"machine_id", "hostname", "addresses", "time_ms", "period_ms", "agent", "is_cut", "links", "listening",
           "processes", "records"}
LINK = {"table_name", "process_name", "pids", "role", "client_ip", "server_ip", "server_port", "protocol", "link_count",
        "rx_bytes", "tx_bytes", "packets_in", "packets_out", "retran_packets", "lost_packets", "rtt", "rtt_max"}

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def listen(address="127.0.0.1", family=socket.AF_INET):
    server = socket.socket(family)
    server.bind((address, 0))
    server.listen()
    return server


def connected(server, address="127.0.0.1"):
    """(client, accepted)"""
    client = socket.create_connection((address, server.getsockname()[1]))
    return client, server.accept()[0]


def links(batch, port, role):
    return [x for x in batch["links"] if x["server_port"] == port and x["role"] == role]


class agents(unittest.TestCase):
    """Each in a network of its own, where nobody else has sockets."""

    def setUp(self):
        if why := netns.why_not():
            self.skipTest(why)
        self.space = netns.namespace("agent")
        self.addCleanup(self.space.close)
        self.folder = tempfile.mkdtemp(prefix="aops-agent-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def inside(self, make):
        made = self.space.inside(make)
        for one in made if isinstance(made, tuple) else (made,):
            self.addCleanup(one.close)
        return made

    def agent(self, *words, **more):
        it = agent(*words, prefix=self.space.prefix, **more)
        self.addCleanup(it.close)
        return it

    def node(self, port=0):
        if not hasattr(self, "authority"):
            self.authority = made_authority(self.folder, os.path.dirname(program("aops")))
            self.authority.issue("node", "127.0.0.1")
        return self.inside(lambda: stand_in((self.authority.file("node.pem"), self.authority.file("node.key")), port=port))

    def told(self, url, *words, **more):
        """An agent that tells a node every second."""
        token = os.path.join(self.folder, "token")
        with open(token, "w", encoding="ascii") as file:
            file.write(TOKEN + "\n")
        os.chmod(token, 0o600)
        return self.agent("--url", url, "--ca", self.authority.file("ca.pem"), "--token-file", token, "--period", "1s",
                          *words, **more)

    def ss(self, *words):
        return subprocess.run([*self.space.prefix, "ss", "-tniH", *words], capture_output=True, text=True, check=True,
                              timeout=20).stdout

    # -- what is seen

    def test_links_have_roles_and_the_figures_of_the_kernel(self):
        first, second = self.inside(lambda: (listen(), listen()))
        ports = [x.getsockname()[1] for x in (first, second)]
        client, served = self.inside(lambda: connected(first))
        self.inside(lambda: connected(first))
        self.inside(lambda: connected(second))
        client.sendall(b"x" * 3000)
        served.recv(4000)
        batch = self.agent(start=False).once()
        self.assertEqual(set(batch), MEMBERS)
        self.assertEqual(batch["machine_id"], open("/etc/machine-id", encoding="ascii").read().strip())
        self.assertEqual(batch["hostname"], socket.gethostname())
        self.assertEqual((batch["addresses"], batch["is_cut"], batch["records"]), ([], False, []))
        self.assertGreaterEqual(batch["period_ms"], 1000)
        for role in ("server", "client"):
            for port, count in zip(ports, (2, 1)):
                (link,) = links(batch, port, role)
                self.assertEqual(set(link), LINK)
                self.assertEqual((link["table_name"], link["process_name"], link["pids"], link["protocol"]),
                                 ("tcp_link", "python3", [os.getpid()], 2))
                self.assertEqual((link["client_ip"], link["server_ip"], link["link_count"]),
                                 ("127.0.0.1", "127.0.0.1", count))
                self.assertEqual((link["rx_bytes"], link["tx_bytes"]), (0, 0))  # Within that second.
        self.assertEqual(len(batch["links"]), 4)
        (link,) = links(batch, ports[1], "client")
        rtt = re.search(r"\brtt:([\d.]+)/", self.ss("dport", f"= :{ports[1]}"))
        self.assertEqual(link["rtt"], round(float(rtt[1]) * 1000))
        self.assertEqual({(x["process_name"], x["address"], x["port"]) for x in batch["listening"]},
                         {("python3", "127.0.0.1", x) for x in ports})
        (process,) = batch["processes"]
        self.assertEqual((process["process_name"], process["user"], process["pids"]), ("python3", "root", [os.getpid()]))
        self.assertTrue(process["command"].startswith("python3"))

    def test_ipv6_is_told_as_such_and_mapped_ipv4_as_ipv4(self):
        server = self.inside(lambda: listen("::", socket.AF_INET6))
        port = server.getsockname()[1]
        self.inside(lambda: connected(server, "::1"))
        self.inside(lambda: connected(server, "127.0.0.1"))
        batch = self.agent(start=False).once()
        for role in ("server", "client"):
            self.assertEqual(sorted((x["client_ip"], x["protocol"]) for x in links(batch, port, role)),
                             [("127.0.0.1", 2), ("::1", 10)])

    def test_what_is_excluded_is_not_told(self):
        server = self.inside(listen)
        self.inside(lambda: connected(server))
        self.assertEqual(self.agent("--exclude", "pyth*", start=False).once()["links"], [])
        self.assertEqual(self.agent("--exclude", "127.0.0.0/8", start=False).once()["links"], [])
        self.assertEqual(len(self.agent("--exclude", "python", start=False).once()["links"]), 2)

    def test_who_may_not_see_all_says_so(self):
        server = self.inside(listen)
        self.inside(lambda: connected(server))
        nobody = [*self.space.prefix, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        if subprocess.run([*nobody, "test", "-x", program("aops-agent")]).returncode:
            self.skipTest("nobody may not run the program where it lies")
        rights = "+sys_ptrace,+dac_read_search"
        for more, sees_all in ((["--inh-caps=-all"], 0), (["--inh-caps=" + rights, "--ambient-caps=" + rights], 1)):
            it = agent("--listen", "127.0.0.1:0", "--period", "1s", prefix=nobody + more, start=False, within="/tmp")  # Others may not look into ours.
            self.addCleanup(it.close)
            it.write("agent.toml", "", 0o644)
            it.start()
            page = wait_until(lambda: self.page(it, "looks_total", 3), what="three looks")
            self.assertEqual(figure(page, "sees_all"), sees_all)
            self.assertEqual(it.log().count("not-all-seen"), 1 - sees_all)
            self.assertEqual('process_name="python3"' in page, bool(sees_all))
            if not sees_all:
                self.assertGreaterEqual(figure(page, "sockets_without_owner"), 2)
            self.assertEqual(it.stop(), 0)

    def page(self, it, name, least):
        """The exporter's page once a figure has come so far."""
        page = self.space.inside(it.page)
        return page if figure(page, name) >= least else None

    # -- what is sent

    def count_what_moved(self, it, node):
        """False: a batch did not reach the node in time, and what it counted is gone with it, as the figures say."""
        replaced = lambda: figure(self.space.inside(it.page), "batches_replaced_total")
        before = replaced()
        server = self.inside(listen)
        port = server.getsockname()[1]
        client, served = self.inside(lambda: connected(server))
        moved = lambda role, name: sum(x.get(name, 0) for batch in node.batches() for x in links(batch, port, role))
        sent = 0
        for size in (5000, 700):
            client.sendall(b"x" * size)
            seen = 0
            while seen < size:
                seen += len(served.recv(size))
            sent += size
            is_told = lambda: moved("client", "tx_bytes") == sent == moved("server", "rx_bytes")
            wait_until(lambda: is_told() or replaced() > before, what=f"{sent} bytes told")
            if not is_told():
                return False
        segments = int(re.search(r"\bsegs_out:(\d+)", self.ss("dport", f"= :{port}"))[1])
        wait_until(lambda: moved("client", "packets_out") == segments or replaced() > before, what="its packets told")
        if moved("client", "packets_out") != segments:
            return False
        self.assertEqual((moved("client", "rx_bytes"), moved("client", "retran_packets")), (0, 0))
        return True

    def test_batches_come_each_period_and_count_what_moved(self):
        node = self.node()
        it = self.told(node.url, "--listen", "127.0.0.1:0")
        wait_until(lambda: len(node.batches()) >= 2, what="two batches")
        self.assertTrue(any(self.count_what_moved(it, node) for _ in range(5)), "no batch was in time")
        times = [x["time_ms"] for x in node.batches()]
        self.assertEqual(times, sorted(times))
        for _, path, headers, _, _ in node.requests():
            self.assertEqual((path, headers["Authorization"], headers["Content-Type"]),
                             ("/topology/ingest", "Bearer " + TOKEN, "application/json"))
        # Its own talk with the node is left out.
        self.assertEqual([x for batch in node.batches() for x in batch["links"] if x["process_name"] == "aops-agent"], [])
        self.assertEqual(it.stop(), 0)

    def test_a_node_that_is_away_gets_the_newest_batch_when_it_is_back(self):
        node = self.node()
        it = self.told(node.url, "--listen", "127.0.0.1:0")
        wait_until(node.batches, what="a batch")
        node.close()
        page = wait_until(lambda: self.page(it, "batches_replaced_total", 2), what="batches that were replaced")
        self.assertEqual(figure(page, "node_reached"), 0)
        before = figure(page, "looks_total")
        back = self.node(node.port)
        wait_until(back.batches, what="a batch for the node that is back")
        page = wait_until(lambda: self.page(it, "node_reached", 1), what="a node that is reached")
        # One, not all that were made meanwhile.
        self.assertLess(figure(page, "batches_sent_total"), before)
        self.assertEqual((it.log().count("node-not-reached"), it.log().count("node-reached")), (1, 2))

    def test_the_next_node_is_told_when_one_is_away(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            gone = f"https://127.0.0.1:{unused.getsockname()[1]}"
        node = self.node()
        self.told(gone + "," + node.url)
        wait_until(node.batches, what="a batch for the second node")

    def test_a_node_that_is_busy_is_left_alone_as_long_as_it_says(self):
        node = self.node()
        node.answer(429, Retry_After="4")
        it = self.told(node.url)
        wait_until(node.requests, what="a batch that is refused")
        node.answer(200)
        wait_until(node.batches, what="a batch")
        first, second = [x[0] for x in node.requests()[:2]]
        self.assertGreaterEqual(second - first, 3.9)
        self.assertLess(node.requests()[1][0] - first, 6)
        self.assertIn("429", it.log())

    def test_a_node_without_a_good_certificate_gets_no_token(self):
        node = self.node()
        self.authority = made_authority(os.path.join(self.folder, "other"), os.path.dirname(program("aops")))
        it = self.told(node.url)
        wait_until(lambda: "node-not-reached" in it.log(), what="a warning")
        self.assertIn("not trusted", it.log())
        self.assertEqual(node.requests(), [])
        self.assertEqual(it.stop(), 0)

    def test_a_token_is_replaced_without_a_restart_and_shown_nowhere(self):
        node = self.node()
        it = self.told(node.url, "--listen", "127.0.0.1:0")
        wait_until(node.batches, what="a batch")
        with open(os.path.join(self.folder, "token"), "w", encoding="ascii") as file:
            file.write("another-t0ken\n")
        wait_until(lambda: node.requests()[-1][2]["Authorization"] == "Bearer another-t0ken", what="the new token")
        pid = it.process.pid
        shown = [open(f"/proc/{pid}/{x}", "rb").read().decode(errors="replace") for x in ("cmdline", "environ")]
        shown += [it.log(), self.space.inside(it.page), node.requests()[-1][3].decode()]
        for text in shown:
            self.assertNotIn("t0ken", text)

    def test_it_ends_at_once_also_while_a_node_does_not_answer(self):
        silent = self.inside(listen)  # Takes connections and says nothing.
        self.node()
        it = self.told(f"https://127.0.0.1:{silent.getsockname()[1]}")
        peer, _ = silent.accept()
        self.addCleanup(peer.close)
        self.assertEqual(it.stop(deadline=8), 0)

    # -- external probes, the exporter

    def probe(self, it, text, table):
        script = it.write("probe.sh", "#!/bin/sh\n" + text, 0o700)
        meta = it.write("meta.toml", table)
        return f'[[probe]]\nname = "p"\ncommand = ["{script}"]\nmeta = "{meta}"\n'

    def test_a_probe_that_ends_is_started_again(self):
        node = self.node()
        it = self.told(node.url, "--listen", "127.0.0.1:0", start=False)
        runs = os.path.join(self.folder, "runs")
        fields = ["client_ip key", "virtual_ip key", "virtual_port key", "server_ip key", "server_port key", "link_count gauge"]
        it.write("agent.toml", self.probe(
            it, f'echo $$ >>{runs}\necho "noise"\necho "|nginx_link|10.0.0.1|10.0.0.9|80|10.0.0.2|8080|$(wc -l <{runs})|"\n'
            f'echo "|queue|mail|7|"\necho "|queue|broken|x|"\ntest "$(wc -l <{runs})" = 1 && exit 3\nexec sleep 600\n',
            f'[[table]]\nname = "nginx_link"\nfields = {json.dumps(fields)}\n'
            '[[table]]\nname = "queue"\nfields = ["name key", "depth gauge"]\n'))
        it.start()
        record = {"table_name": "nginx_link", "client_ip": "10.0.0.1", "virtual_ip": "10.0.0.9", "virtual_port": 80,
                  "server_ip": "10.0.0.2", "server_port": 8080, "link_count": 2}
        wait_until(lambda: [x["records"] for x in node.batches()[-1:]] == [[record]], what="the record of the second run")
        self.assertIn("p ended with exit code 3; it is started again in 1 s", it.log())
        page = self.space.inside(it.page)
        self.assertRegex(page, r'gala_gopher_queue_depth\{name="mail",machine_id="[0-9a-f]{32}",hostname="[^"]+"\} 7\n')
        self.assertRegex(page, r'gala_gopher_nginx_link_link_count\{client_ip="10.0.0.1",.*server_port="8080",.*\} 2\n')
        self.assertEqual((figure(page, "probes_running"), figure(page, "probe_lines_refused_total")), (1, 2))
        with open(runs, encoding="ascii") as file:
            last = file.read().split()[-1]
        with open(f"/proc/{last}/environ", encoding="utf-8") as file:
            self.assertNotIn("HOME", file.read())
        self.assertEqual(it.stop(), 0)
        self.assertFalse(os.path.exists(f"/proc/{last}"))

    def test_a_check_decides_whether_a_probe_runs(self):
        for count, runs in (("0", 0), ("2", 1)):
            it = self.agent("--listen", "127.0.0.1:0", "--period", "1s", start=False)
            it.write("agent.toml", self.probe(it, "exec sleep 600\n", '[[table]]\nname = "q"\nfields = ["k key"]\n') +
                     f'enabled = "auto"\ncheck = ["/bin/echo", "{count}"]\n')
            it.start()
            page = wait_until(lambda: self.page(it, "looks_total", 2), what="two looks")
            self.assertEqual(figure(page, "probes_running"), runs)

    def test_the_exporter_has_links_and_sums(self):
        server = self.inside(listen)
        port = server.getsockname()[1]
        it = self.agent("--listen", "127.0.0.1:0", "--period", "1s")
        wait_until(lambda: self.page(it, "looks_total", 1), what="a look")
        client, served = self.inside(lambda: connected(server))
        client.sendall(b"x" * 1234)
        served.recv(4000)
        labels = (rf'\{{process_name="python3",role="client",client_ip="127.0.0.1",server_ip="127.0.0.1",server_port="{port}",'
                  r'protocol="2",machine_id="[0-9a-f]{32}",hostname="[^"]+"\}')
        page = wait_until(lambda: re.search(rf"^gala_gopher_tcp_link_tx_bytes{labels} 1234$", self.space.inside(it.page), re.M)
                          and self.space.inside(it.page), what="the bytes that were sent")
        self.assertRegex(page, rf"(?m)^gala_gopher_tcp_link_link_count{labels} 1$")
        self.assertRegex(page, rf"(?m)^gala_gopher_tcp_link_rtt{labels} [1-9]\d*$")
        self.assertEqual((figure(page, "sees_all"), figure(page, "has_kernel_figures")), (1, 1))
        for line in page.splitlines():
            self.assertRegex(line, r'^(# (TYPE|HELP) .*|[a-z_]+(\{([a-z_0-9]+="[^"]*",?)+\})? [\d.e+-]+)$')
        if shutil.which("promtool"):
            done = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, text=True, timeout=20)
            self.assertNotIn("error", done.stderr.lower(), done.stderr)


class node_inside(node):
    """A node that is a machine of its own, with a certificate of the authority."""

    def __init__(self, space, authority, *settings):
        self.space = space
        authority.issue("node", space.address)
        super().__init__("tls.certificate=" + authority.file("node.pem"), "tls.key=" + authority.file("node.key"), *settings, tls=True)

    def command(self):
        return [*self.space.prefix, *(f"{self.space.address}:0" if x == "127.0.0.1:0" else x for x in super().command())]


class with_a_node(unittest.TestCase):
    def test_two_hosts_and_what_is_between_them_are_shown(self):
        if why := netns.why_not():
            self.skipTest(why)
        folder = tempfile.mkdtemp(prefix="aops-agent-test-")
        self.addCleanup(shutil.rmtree, folder)
        net = netns.network("node", "web1", "db1")
        self.addCleanup(net.close)
        authority = made_authority(folder, os.path.dirname(program("aops")))
        center = node_inside(net["node"], authority)
        self.addCleanup(center.close)
        ask = net["node"].inside
        api = ask(center.admin)
        ask(api.add_group)
        ids = {}
        for number, name in enumerate(("web1", "db1")):
            address = net[name].address
            (ids[name],) = ask(lambda: api.add_hosts((name, address, None)))
            made = ask(lambda: api.good("/logs/token/create", {"host_id": ids[name], "name": "agent"}))
            it = agent("--period", "1s", prefix=net[name].prefix, start=False)
            self.addCleanup(it.close)
            token = it.write("token", made["access_token"])
            it.write("agent.toml", f'url = ["{center.url}"]\nca = "{authority.file("ca.pem")}"\ntoken_file = "{token}"\n'
                                   f'hostname = "{name}"\nmachine_id = "{number:032x}"\n')
            it.start()
        server = net["db1"].inside(lambda: listen(net["db1"].address))
        self.addCleanup(server.close)
        client, served = net["web1"].inside(lambda: connected(server, net["db1"].address))
        self.addCleanup(client.close)
        self.addCleanup(served.close)
        port = server.getsockname()[1]
        wanted = (f"{ids['web1']}.python3@{net['web1'].address}>{ids['db1']}.python3@{net['db1'].address}:{port}/tcp_link")

        def shown():
            reply = ask(lambda: api.good("/gala-spider/api/v1/get_entities", None, method="GET"))
            seen = {x["entityid"]: x for x in reply["entities"]}
            return seen if wanted in seen and "server_rtt" in str(seen[wanted]["attrs"]) else None
        found = wait_until(shown, what="the link, told from both ends")
        self.assertEqual({x["entityid"] for x in found.values() if x["type"] == "VM"}, set(ids.values()))
        attrs = {x["key"]: x["value"] for x in found[wanted]["attrs"]}
        self.assertEqual((attrs["server_port"], attrs["link_count"]), (port, 1))
        self.assertEqual(found[wanted]["anomaly"]["status"], "ANOMALY_NO")
        self.assertEqual([x["name"] for x in found.values() if x["type"] == "EXTERNAL"], [])


class command_lines(unittest.TestCase):
    def test_a_wrong_configuration_is_told_by_line(self):
        with agent(start=False, config='period = "1h"\nurls = []\n') as it:
            done = it.run()
            self.assertEqual(done.returncode, 2)
            self.assertEqual(done.stderr, f"aops-agent: {it.config}:1: period: must be from 1s to 5m\n"
                                          f"aops-agent: {it.config}:2: urls: unknown key, did you mean 'url'?\n")
            it.write("agent.toml", "period = [\n")
            self.assertIn(f"{it.config}:", it.run().stderr)

    def test_what_is_missing_is_told(self):
        with agent(start=False) as it:
            self.assertEqual((it.run().returncode, it.run().stderr),
                             (2, "aops-agent: nobody is told: set url, listen, or both (aops-agent --help)\n"))
            self.assertIn("token_file: must be set", it.run("--url", "https://127.0.0.1:1").stderr)
            token = it.write("token", "s3cret-of-host", 0o644)
            done = it.run("--url", "https://127.0.0.1:1", "--token-file", token)
            self.assertIn("--token-file: token_file: " + token + " must be readable by its owner only", done.stderr)
            self.assertNotIn("s3cret", done.stderr)
            self.assertEqual(it.run("--perod", "5").returncode, 2)

    def test_the_sample_names_every_option(self):
        done = subprocess.run([program("aops-agent"), "--default-config"], capture_output=True, text=True, timeout=20)
        with open(os.path.join(ROOT, "etc/agent.toml"), encoding="utf-8") as file:
            self.assertEqual(done.stdout, file.read())
        with agent(start=False, config=done.stdout) as it:
            self.assertEqual(it.run("--once", "--period", "1s").returncode, 0)

    def test_the_examples_of_the_manual_read(self):
        with open(os.path.join(ROOT, "docs/agent.md"), encoding="utf-8") as file:
            text = file.read()
        node, probe, meta = re.findall(r"^```toml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
        with agent(start=False) as it:
            for name, path in (("token", "/etc/aops/agent.token"), ("ca.pem", "/etc/aops/ca.pem")):
                self.assertIn(path, node)
                node = node.replace(path, it.write(name, "x\n"))
            self.assertIn("/etc/aops/haproxy-links.toml", probe)
            it.write("agent.toml", node + probe.replace("/etc/aops/haproxy-links.toml", it.write("meta.toml", meta)))
            self.assertEqual(json.loads(it.run("--once", "--period", "1s").stdout)["records"], [])
        shown = subprocess.run([program("aops-agent"), "--help"], capture_output=True, text=True, timeout=20).stdout
        self.assertEqual(set(re.findall(r"`(--[a-z-]+)", text)),
                         set(re.findall(r"(?<=\s)--[a-z-]+", shown)) - {"--help", "--version", "--default-config"})

    def test_help_and_version(self):
        for option in ("--help", "--version"):
            done = subprocess.run([program("aops-agent"), option], capture_output=True, text=True, timeout=20)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("--token-file" if option == "--help" else "aops-agent 0.", done.stdout)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "there is no systemd")
    def test_the_unit_reads(self):
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", os.path.join(ROOT, "etc/aops-agent.service")],
                              capture_output=True, text=True, timeout=60)
        # The program need not be installed here.
        told = [x for x in done.stderr.splitlines() if "aops-agent" in x and "not executable" not in x]
        self.assertEqual(told, [])


if __name__ == "__main__":
    unittest.main()
