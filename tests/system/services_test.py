"""Shipped templates of services, deployed for real, and asked whether they do what they are for. All but one of the cases need AOPS_LONG."""
import http.server
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
import unittest

import lab
from agent import stand_in
from authority import made_authority
from components import IS_LONG, components, programs
from node import program
from templates_test import page
from waiting import wait_until

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"


class search_engine(http.server.ThreadingHTTPServer):
    """Takes what Elasticsearch takes: documents in bulk."""

    daemon_threads = True

    def __init__(self, address):
        self.documents = []
        owner = self

        class handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def reply(self, content):
                body = json.dumps(content).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                self.reply({"status": "green"})

            do_HEAD = do_GET

            def do_POST(self):
                lines = self.rfile.read(int(self.headers["Content-Length"])).decode().splitlines()
                owner.documents += [json.loads(x) for x in lines[1::2]]
                self.reply({"errors": False, "items": [{"index": {"status": 201}} for _ in lines[::2]]})

            def log_message(self, *_):
                pass

        super().__init__((address, 0), handler)
        threading.Thread(target=self.serve_forever, args=(0.2,), daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]


def ask(host, port, words):
    with socket.create_connection((host.address, port), 20) as link:
        link.sendall(words.encode())
        return b"".join(iter(lambda: link.recv(4096), b"")).decode()


class what_is_deployed(unittest.TestCase):
    def test_each_shipped_template_has_a_case(self):
        shipped = {x.parent.name for x in (TOOLS.parent / "etc/templates").glob("*/aops.yml")}
        tests = "".join((pathlib.Path(__file__).parent / x).read_text(encoding="utf-8")
                        for x in ("services_test.py", "templates_test.py"))
        self.assertGreater(len(shipped), 10)
        self.assertEqual({x for x in shipped if f'"{x}"' not in tests}, set())


@unittest.skipUnless(IS_LONG, "takes minutes: AOPS_LONG=1")
@unittest.skipIf(lab.why_not(), lab.why_not())
class services(components):
    HOSTS = 3

    def test_prometheus_scrapes_what_node_exporter_tells(self):
        host = self.hosts["h1"]
        self.deploy("node_exporter", host)
        self.deploy("prometheus", host, node_exporter_hosts=[host.address], prometheus_scrape_interval="1s")
        wait_until(lambda: '"1"' in page(host, 9090, "/api/v1/query?query=up%7Bjob%3D%22node%22%7D"), 60, "it is scraped")

    def test_zookeeper_elects_a_leader(self):
        self.deploy("zookeeper", zookeeper_hosts=[x.address for x in self.hosts])
        modes = sorted(line for x in self.hosts for line in ask(x, 2181, "srvr").splitlines() if line.startswith("Mode:"))
        self.assertEqual(modes, ["Mode: follower", "Mode: follower", "Mode: leader"])

    @unittest.skipUnless(shutil.which("mvn") and shutil.which("kcat"), "maven or kcat is missing")
    def test_kafka_serves_on_what_zookeeper_keeps(self):
        host = self.hosts["h1"]
        folder = tempfile.mkdtemp(prefix="aops-kafka-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        subprocess.run([str(TOOLS / "kafka/cluster"), "fetch", folder + "/kafka/libs"], check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, timeout=300)
        subprocess.run(["tar", "-czf", "kafka.tar.gz", "kafka"], cwd=folder, check=True)
        self.run_once("zookeeper", host, client_port=2191, install_dir="/opt/alone")
        self.deploy("kafka", host, kafka_archive=folder + "/kafka.tar.gz", zk_client_port=2191, kafka_heap="384m",
                    repo_base_url="file:/srv/packages ./")
        broker = f"{host.address}:9092"
        subprocess.run(["kcat", "-P", "-b", broker, "-t", "probe"], input=b"hello\n", check=True, timeout=60)
        done = subprocess.run(["kcat", "-C", "-b", broker, "-t", "probe", "-e", "-q"], check=True, timeout=60,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.assertEqual(done.stdout, b"hello\n")

    def test_logs_are_collected_and_sent(self):
        host = self.hosts["h2"]
        engine = search_engine(self.hosts.gate)
        self.addCleanup(engine.server_close)
        self.addCleanup(engine.shutdown)
        self.deploy("fluentd", host, elasticsearch_host=self.hosts.gate, elasticsearch_port=engine.port)
        host.run("logger", "--tcp", "--server", "127.0.0.1", "--port", "61122", "--tag", "probe", "one \"quoted\" line")
        found = wait_until(lambda: [x for x in engine.documents if x["message"].strip() == 'one "quoted" line'], 60, "it is sent")
        self.assertEqual((found[0]["host"], found[0]["tag"].rstrip(":")), ("h2", "probe"))
        host.run("script", "-qec", "bash -il", "/dev/null", text="true history-line\nexit\n", code=None)
        wait_until(lambda: any("history-line" in x["message"] for x in engine.documents), 60, "commands of shells are sent")

    def test_probes_that_are_on_are_told(self):
        host = self.hosts["h3"]
        self.deploy("gala_gopher", host, probes_system_meminfo="on", probes_example_switch="on")
        text = page(host, 8888)
        self.assertIn("node_memory_MemTotal_bytes", text)
        self.assertIn("gala_gopher_example 1", text)
        self.assertNotIn("node_filesystem_files{", text)

    def test_agents_tell_what_their_hosts_talk_to(self):
        hosts = [self.hosts["h1"], self.hosts["h2"]]
        folder = tempfile.mkdtemp(prefix="aops-agents-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        authority = made_authority(folder, os.path.dirname(program("aops")))
        authority.issue("node", self.hosts.gate)
        told = stand_in([authority.file(x) for x in ("node.pem", "node.key")], self.hosts.gate)
        self.addCleanup(told.close)
        tokens = pathlib.Path(folder, "tokens")
        tokens.mkdir(mode=0o700)
        for host in hosts:
            (tokens / host.name).write_text("token-of-" + host.name + "\n", encoding="ascii")
        self.deploy("aops_agent", *hosts, aops_programs=os.path.dirname(program("aops-agent")), aops_agent_nodes=[told.url],
                    aops_agent_ca=authority.file("ca.pem"), aops_agent_tokens=str(tokens), aops_agent_period="1s")
        for host in hosts:
            bearer = "Bearer token-of-" + host.name
            wait_until(lambda: any(x[2].get("Authorization") == bearer for x in told.requests()), 60, "it tells")
            self.assertEqual(host.run("stat", "-c", "%U %a", "/etc/aops/agent.token").strip(), "aops-agent 600")

    def test_elasticsearch_is_configured(self):
        """Its package is a vendor's: not to be had here."""
        host = self.hosts["h3"]
        self.deploy("elasticsearch", host, install_elasticsearch=False, start_elasticsearch=False,
                    elasticsearch_cluster_init_master=self.hosts["h1"].address)
        text = host.read("/etc/elasticsearch/elasticsearch.yml")
        self.assertIn(f'discovery.seed_hosts: ["{self.hosts["h1"].address}"]', text)
        self.assertNotIn("initial_master_nodes", text)


@unittest.skipUnless(IS_LONG, "takes minutes: AOPS_LONG=1")
@unittest.skipIf(lab.why_not(), lab.why_not())
class a_cluster(components):
    """MariaDB on one host, aops on two others, by templates alone."""

    HOSTS = 3

    def test_nodes_join(self):
        folder = tempfile.mkdtemp(prefix="aops-programs-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        where = programs(folder)
        database, *nodes = self.hosts
        password = "s3cret'\"%$ 1"
        self.deploy("mysql", database, config_mysql=True, mysql_bind_address="0.0.0.0", mysql_database="aops",
                    mysql_user="aops", mysql_password=password)
        certificates = os.path.join(folder, "aops-ca")
        for words in (["init"], *(["issue", x.name, "--address", x.address] for x in nodes)):
            subprocess.run([os.path.join(where, "aops"), "cluster", "ca", *words], cwd=folder, check=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.deploy("aops_node", *nodes, aops_programs=where, aops_runs_tasks=False, storage_engine="mariadb",
                    storage_hosts=[database.address], storage_password=password, cluster_certificates=certificates)
        self.joined(database)
        # Another name for the same: nothing is left to do.
        changed, _ = self.run_once("adoctor_check_executor", *nodes, aops_programs=where, aops_runs_tasks=False,
                                   storage_engine="mariadb", storage_hosts=[database.address], storage_password=password,
                                   cluster_certificates=certificates)
        self.assertEqual(set(changed.values()), {0})

    def joined(self, database):
        def slots():
            text = database.run("mariadb", "-N", "-e", "select count(*) from aops.slot group by node order by 1")
            return [int(x) for x in text.split()]
        wait_until(lambda: slots() == [128, 128], 60, "both nodes own half of the slots")
