"""The configuration that the template of log collectors makes on Debian, run by a real rsyslog against a node."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import unittest

import jinja2
import yaml

from node import die_with_parent, node
from waiting import wait_until

ROLE = pathlib.Path(__file__).resolve().parents[2] / "etc/templates/fluentd/roles/fluentd"


def rendered(name, **values):
    """As Ansible does it."""
    it = jinja2.Environment(loader=jinja2.FileSystemLoader(ROLE / "templates"), trim_blocks=True, keep_trailing_newline=True,
                            undefined=jinja2.StrictUndefined)
    it.filters.update(basename=os.path.basename, splitext=os.path.splitext, bool=bool)
    usual = yaml.safe_load((ROLE / "defaults/main.yml").read_text(encoding="utf-8"))
    return it.get_template(name).render(usual | values)


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


class collectors(unittest.TestCase):
    def test_fluentd_sends_to_aops_what_it_should(self):
        text = rendered("fluent.conf.j2", aops_host="aops", aops_token="t-o-k", aops_ca="/ca.pem", log_files=["/var/log/kbox.log"])
        for wanted in ("endpoint https://aops:11111/logs/ingest", 'headers {"Authorization": "Bearer t-o-k"}', "data_item kbox",
                       "tls_ca_cert_path /ca.pem", "path /var/log/kbox.log", "retry_forever true"):
            self.assertIn(wanted, text)
        self.assertNotIn("elasticsearch", text)
        self.assertNotIn("aops", rendered("fluent.conf.j2", elasticsearch_host="e").replace("aops-collected", ""))

    @unittest.skipUnless(shutil.which("rsyslogd"), "there is no rsyslogd")
    def test_messages_kbox_and_history_arrive_as_what_they_are(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="aops-collector-"))
        self.addCleanup(shutil.rmtree, folder, True)
        it = node(tls=True, config='[logs]\nsyslog_listen = ["tls:127.0.0.1:0"]\n')
        self.addCleanup(it.close)
        api = it.admin()
        api.add_group()
        (web,) = api.add_hosts(("web1", "127.0.0.1", None))
        token = api.good("/logs/token/create", {"host_id": web, "name": "collector"})["access_token"]
        door = wait_until(lambda: re.search(r"syslog-ready.*?tls:127\.0\.0\.1:(\d+)", it.log(1000)), 20, "the door for syslog")
        kbox, port = folder / "kbox.log", free_port()
        kbox.write_text("", encoding="utf-8")
        text = rendered("rsyslog.conf.j2", aops_host="127.0.0.1", aops_syslog_port=int(door[1]), aops_token=token,
                        log_files=[str(kbox)], fluentd_demsg_port=port)
        config = folder / "rsyslog.conf"
        config.write_text(f'global(workDirectory="{folder}")\n{text}', encoding="utf-8")
        checked = subprocess.run(["rsyslogd", "-N1", "-f", config], capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        collector = subprocess.Popen(["rsyslogd", "-n", "-f", config, "-i", folder / "pid"], stdout=subprocess.DEVNULL,
                                     stderr=subprocess.PIPE, preexec_fn=die_with_parent)
        try:
            def listens():
                with socket.socket() as probe:
                    return probe.connect_ex(("127.0.0.1", port)) == 0
            wait_until(listens, 20, "the collector")
            for tag, line in (("history", "root /root 17 reboot"), ("sshd", "Failed password for root")):
                subprocess.run(["logger", "--tcp", "--server", "127.0.0.1", "--port", str(port), "--tag", tag, "--", line],
                               check=True, timeout=30)
            with kbox.open("a", encoding="utf-8") as file:
                file.write("panic: \"out\" of memory\n")

            def found():
                lines = api.good("/logs/search", {"query": "", "limit": 100})["lines"]
                return {(x["program"], x["message"], x["source"], x["fields"].get("data_item", "")) for x in lines}
            wanted = {("kbox", 'panic: "out" of memory', str(kbox), "kbox"), ("history", "root /root 17 reboot"), ("sshd", "Failed password for root")}
            try:
                wait_until(lambda: {x if x[0] == "kbox" else x[:2] for x in found() if x[0] != "rsyslogd"} == wanted, 30, "its lines")
            except AssertionError:
                self.fail(f"found {found()}")
        finally:
            collector.terminate()
            collector.communicate(timeout=30)


if __name__ == "__main__":
    unittest.main()
