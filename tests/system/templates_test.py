"""The templates that come with aops: each one is whole, and what it says of itself is true. One is deployed."""
import re
import shutil
import subprocess
import unittest
import urllib.request

import yaml

import lab
from components import FOLDER, components

# The default task's steps.
STEPS = ["zookeeper", "kafka", "prometheus", "node_exporter", "mysql", "elasticsearch", "fluentd", "adoctor_check_executor",
         "adoctor_check_scheduler", "adoctor_diag_executor", "adoctor_diag_scheduler", "gala_gopher", "gala_spider",
         "gala_ragdoll"]
TYPES = {"string": str, "int": int, "bool": bool, "port": int, "path": str, "choice": str, "list": list, "secret": str}
KEYS = {"name", "description", "version", "playbook", "idempotent", "after", "families", "timeout", "parameters"}
OF_A_PARAMETER = {"name", "type", "default", "choices", "min", "max", "required", "description"}


def manifests():
    return {path.parent.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*/aops.yml"))}


class every_template(unittest.TestCase):
    def test_each_step_of_the_default_task_has_one(self):
        self.assertEqual(set(manifests()), {*STEPS, "aops_node", "aops_agent"})

    def test_manifests_are_whole(self):
        for name, it in manifests().items():
            with self.subTest(name):
                self.assertEqual(set(it), KEYS)
                self.assertEqual((it["name"], it["playbook"], it["idempotent"]), (name, "site.yml", True))
                self.assertRegex(it["timeout"], r"^\d+m$")
                self.assertLessEqual(set(it["families"]), {"debian", "redhat"})
                self.assertLessEqual(set(it["after"]), set(manifests()) - {name})
                self.assertLessEqual(len(it["description"]), 256)

    def test_parameters_have_defaults_of_their_type(self):
        for name, it in manifests().items():
            for x in it["parameters"]:
                with self.subTest(f"{name} {x['name']}"):
                    self.assertLessEqual(set(x), OF_A_PARAMETER)
                    self.assertTrue(x["description"])
                    self.assertEqual("default" in x, x["type"] != "secret")
                    if "default" in x:
                        self.assertIs(type(x["default"]), TYPES[x["type"]])
                    self.assertEqual("choices" in x, x["type"] == "choice")
                    self.assertIn(x.get("default"), x.get("choices", [x.get("default")]))

    def test_each_has_its_switches(self):
        for name, it in manifests().items():
            known = {x["name"] for x in it["parameters"]}
            self.assertLessEqual({f"{step}_{name}" for step in ("install", "config", "start")} | {"create_user"}, known)

    def test_the_defaults_of_manifests_and_roles_are_the_same(self):
        for name, it in manifests().items():
            role = FOLDER / name / "roles" / name
            if not role.exists():
                continue  # A name of the original: below.
            own = {}
            for defaults in role.parent.glob("*/defaults/main.yml"):
                own |= yaml.safe_load(defaults.read_text(encoding="utf-8"))
            for x in it["parameters"]:
                self.assertIn(x["name"] if x["type"] != "secret" else name, {*own, name}, name)
                if "default" in x:
                    self.assertEqual(own[x["name"]], x["default"], f"{name} {x['name']}")

    def test_every_parameter_has_an_effect(self):
        for name, it in manifests().items():
            text = (FOLDER / name / "site.yml").read_text(encoding="utf-8")
            for role in (FOLDER / name / "roles").iterdir():
                text += "".join(x.read_text(encoding="utf-8") for x in role.resolve().rglob("*") if x.is_file())
            for x in it["parameters"]:  # Elsewhere than where it gets its default.
                self.assertTrue(re.search(rf"(?m)(?<!^)\b{x['name']}\b", text), f"{name} {x['name']}")

    def test_names_of_the_original_take_what_a_node_takes(self):
        node = {x["name"]: x for x in manifests()["aops_node"]["parameters"]}
        for name in STEPS:
            if (FOLDER / name / "roles/aops_node").exists():
                own = {x["name"]: x for x in manifests()[name]["parameters"]}
                missing = {x.replace("_aops_node", f"_{name}") for x in node} - set(own)
                self.assertEqual(missing, {"aops_conf_dir"}, name)  # Under the original's name.

    def test_the_unit_of_the_agent_is_the_one_that_comes_with_it(self):
        shipped = (FOLDER.parent / "aops-agent.service").read_text(encoding="utf-8")
        deployed = (FOLDER / "aops_agent/roles/aops_agent/templates/aops-agent.service.j2").read_text(encoding="utf-8")
        for name, value in (("conf_dir", "/etc/aops"), ("user", "aops-agent"), ("group", "aops-agent")):
            deployed = deployed.replace("{{ aops_agent_%s }}" % name, value)
        self.assertEqual(shipped[shipped.index("[Unit]"):], deployed)

    def test_no_dependency_leads_back(self):
        after = {name: set(it["after"]) for name, it in manifests().items()}
        while after:
            free = {name for name, them in after.items() if not them & set(after)}
            self.assertTrue(free, f"a cycle among {sorted(after)}")
            after = {name: them for name, them in after.items() if name not in free}

    def test_links_stay_within_the_folder(self):
        for path in FOLDER.rglob("*"):
            self.assertTrue(path.resolve().is_relative_to(FOLDER), path)

    def test_ansible_understands_them(self):
        done = subprocess.run(["ansible-playbook", "--syntax-check", "-i", "localhost,",
                               *map(str, sorted(FOLDER.glob("*/site.yml")))], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout)

    @unittest.skipUnless(shutil.which("ansible-lint"), "ansible-lint is missing")
    def test_ansible_lint_finds_nothing(self):
        done = subprocess.run(["ansible-lint", "--offline", "--nocolor", "--profile", "production",
                               *map(str, sorted(FOLDER.glob("*/site.yml")))], stdin=subprocess.DEVNULL, cwd=FOLDER,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("Passed", done.stdout)


@unittest.skipIf(lab.why_not(), lab.why_not())
class node_exporter(components):
    HOSTS = 2

    def test_it_answers_through_a_firewall_and_is_deployed_once(self):
        walled, plain = self.hosts
        walled.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "firewalld")
        walled.run("systemctl", "start", "firewalld")
        self.deploy("node_exporter", node_exporter_options=["--collector.systemd"])
        for host in (walled, plain):
            self.assertIn(f'nodename="{host.name}"', page(host, 9100))
            self.assertRegex(host.run("ps", "-C", "prometheus-node", "-o", "user:20="), "^node_exporter")
        self.assertIn("9100/tcp", walled.run("firewall-cmd", "--permanent", "--list-ports"))
        self.move(plain)
        self.mend(plain)

    def move(self, host):
        """Another port is another configuration: the service is restarted, and the old configuration is kept."""
        changed, _ = self.run_once("node_exporter", host, node_exporter_listen_port=9101)
        self.assertGreater(changed[host.name], 0)
        self.assertIn("node_uname_info", page(host, 9101))
        self.assertRegex(host.run("ls", "/etc/systemd/system/prometheus-node-exporter.service.d"), r"aops\.conf\.\d+.*~")

    def mend(self, host):
        """What a run that was ended between configuration and restart left behind."""
        values = {"node_exporter_listen_port": 9102}
        self.run_once("node_exporter", host, start_node_exporter=False, **values)
        self.assertIn("node_uname_info", page(host, 9101))
        self.run_once("node_exporter", host, **values)
        self.assertIn("node_uname_info", page(host, 9102))

    def test_a_dry_run_touches_nothing(self):
        host = self.hosts["h2"]
        if re.search("installed", host.run("dpkg-query", "-W", "-f", "${db:Status-Status}", "prometheus", code=None)):
            self.fail("it was here before")
        self.run_once("prometheus", host, options=["--check", "--diff"])
        self.assertIsNone(host.read("/etc/prometheus/prometheus.yml"))
        self.assertNotIn("prometheus:", host.read("/etc/passwd").replace("prometheus-", ""))


def page(host, port, path="/metrics"):
    with urllib.request.urlopen(f"http://{host.address}:{port}{path}", timeout=20) as reply:
        return reply.read().decode()
