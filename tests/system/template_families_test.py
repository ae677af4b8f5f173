"""What the shipped templates would do on each family of systems: with modules that only note what they are asked for."""
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import yaml

from components import FOLDER
from node import program

# Names of the original stand for `aops_node`, which is among them.
TEMPLATES = ["zookeeper", "kafka", "prometheus", "node_exporter", "mysql", "elasticsearch", "fluentd", "gala_gopher", "aops_node",
             "aops_agent"]
FACTS = {
    "debian": {"os_family": "Debian", "distribution": "Debian", "distribution_major_version": "12", "pkg_mgr": "apt"},
    "redhat": {"os_family": "RedHat", "distribution": "openEuler", "distribution_major_version": "22", "pkg_mgr": "dnf"}}
PACKAGES = {"apt": "debian", "apt_repository": "debian", "dnf": "redhat", "yum_repository": "redhat"}
STUBS = [*PACKAGES, "setup", "systemd", "user", "group", "stat", "slurp", "command", "firewalld", "wait_for", "uri", "get_url",
         "unarchive", "file", "copy"]
STUB = """#!/usr/bin/python3
# WANT_JSON
import json, sys
with open(sys.argv[1]) as file:
    args = json.load(file)
name = args["_ansible_module_name"].split(".")[-1]
told = {"changed": False, "rc": 0, "stdout": "", "content": "", "status": 200, "json": {}, "stat": {"exists": False}}
if name == "setup":
    told = {"ansible_facts": {"ansible_" + k: v for k, v in FACTS.items()} | {"ansible_service_mgr": "systemd", "ansible_hostname": "one"}}
with open(NOTES, "a") as notes:
    notes.write(json.dumps([name, {k: v for k, v in args.items() if not k.startswith("_ansible")}]) + chr(10))
print(json.dumps(told))
"""


class families(unittest.TestCase):
    def asked_for(self, template, family):
        """(module, arguments) of all that is asked for on a host of the family."""
        folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        it = folder / template
        shutil.copytree(FOLDER / template, it)
        for path in it.rglob("*.yml"):  # Modules of Ansible itself are found before others of their names.
            text = path.read_text(encoding="utf-8")
            for name in STUBS:
                for collection in ("builtin", "posix"):
                    text = text.replace(f"ansible.{collection}.{name}:", f"ansible.legacy.{name}:")
            path.write_text(text, encoding="utf-8")
        for name in ("library", "programs", "tmp"):
            (folder / name).mkdir()
        for name in ("aops-node", "aops", "aops-agent"):
            (folder / "programs" / name).touch()
        notes = folder / "notes"
        for name in STUBS:
            stub = folder / "library" / name
            stub.write_text(STUB.replace("FACTS", repr(FACTS[family])).replace("NOTES", repr(str(notes))), encoding="utf-8")
        # Without what is only of this machine: no privileges, no waiting.
        done = subprocess.run(
            ["ansible-playbook", "--check", "-i", "one,", "-c", "local", str(it / "site.yml"), "-e",
             json.dumps({"ansible_become": False, "ansible_python_interpreter": "/usr/bin/python3", "ansible_host": "192.0.2.7",
                         "repo_base_url": "http://192.0.2.9/repo", "mysql_password": "x", "storage_password": "x",
                         "aops_programs": str(folder / "programs"), "aops_agent_nodes": ["https://192.0.2.9:11111"],
                         "aops_agent_token": "x"})],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300,
            env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8", "ANSIBLE_LIBRARY": str(folder / "library"),
                 "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"), "ANSIBLE_REMOTE_TEMP": str(folder / "tmp"), "ANSIBLE_NOCOLOR": "1"})
        self.assertEqual(done.returncode, 0, f"{template} on {family}: {done.stdout}")
        return [json.loads(line) for line in notes.read_text(encoding="utf-8").splitlines()]

    def judge(self, template, family):
        asked = self.asked_for(template, family)
        self.assertEqual({PACKAGES[name] for name, _ in asked if name in PACKAGES} - {family}, set(), template)
        manager = "apt" if family == "debian" else "dnf"
        names = set()
        for name, args in asked:
            if name == manager:
                listed = args.get("name", [])
                names |= set([listed] if isinstance(listed, str) else listed)
        own = next(iter((FOLDER / template / "roles").glob(f"{template}/vars/{FACTS[family]['os_family']}.yml")))
        of_role = yaml.safe_load(own.read_text(encoding="utf-8"))[template + "_packages"]
        if isinstance(of_role, list):
            self.assertLessEqual(set(of_role), names, template)
        self.assertIn("systemd", {name for name, _ in asked}, template)

    def judge_all(self, templates, family):
        with concurrent.futures.ThreadPoolExecutor(2) as both:
            work = [both.submit(self.judge, x, family) for x in templates]
        for x in work:
            x.result()

    def test_on_openeuler_all_of_them_ask_dnf_for_its_packages(self):
        self.judge_all(TEMPLATES, "redhat")

    def test_the_agent_gets_the_token_of_its_host_for_its_user_only(self):
        asked = self.asked_for("aops_agent", "debian")
        self.assertIn("/etc/aops/agent.token", [args.get("path") for name, args in asked if name == "stat"])
        with open(FOLDER / "aops_agent/roles/aops_agent/tasks/config.yml", encoding="utf-8") as file:
            (task,) = [x for x in yaml.safe_load(file) if x.get("ansible.builtin.copy", {}).get("dest", "").endswith("agent.token")]
        token = task["ansible.builtin.copy"]
        self.assertEqual((token["mode"], token["owner"], task["no_log"]), ("0600", "{{ aops_agent_user }}", True))

    def test_on_debian_they_ask_apt(self):
        self.judge_all(TEMPLATES[:2], "debian")  # All of them are really deployed by others.

    def test_programs_find_their_libraries_where_they_are_deployed(self):
        def said(*words):
            return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout
        files = {}  # Of libraries that programs may name.
        for line in said("ldconfig", "-p").splitlines():
            if " => " in line:
                files.setdefault(line.split()[0], line.rsplit(" ", 1)[1])
        needs = {}  # Of a package, those it depends on, of which one of several may do.
        for line in said("dpkg-query", "-W", "-f", "${Package}\t${Pre-Depends}, ${Depends}\n").splitlines():
            package, _, text = line.partition("\t")
            needs[package] = {x.split()[0].split(":")[0] for x in text.replace("|", ",").split(",") if x.strip()}
        for role, programs in {"aops_node": ("aops-node", "aops"), "aops_agent": ("aops-agent",)}.items():
            with open(FOLDER / role / "roles" / role / "vars/Debian.yml", encoding="utf-8") as file:
                brought = set(yaml.safe_load(file)[role + "_packages"])
            while more := {x for package in brought for x in needs[package] if x in needs} - brought:
                brought |= more
            wanted = {line.split()[1] for name in programs for line in said("objdump", "-p", program(name)).splitlines()
                      if "NEEDED" in line}
            # /lib is /usr/lib, where not every package was told of it. Libraries of other machines may have the same name.
            names = {x: os.path.realpath(files[x]).removeprefix("/usr") for x in wanted}
            owners = {}
            for line in said("dpkg", "-S", *("*" + x for x in names.values())).splitlines():
                packages, _, path = line.partition(": ")
                owners[path.removeprefix("/usr")] = packages.split(":")[0]
            self.assertEqual({x: owners[file] for x, file in names.items() if owners[file] not in brought}, {}, role)


if __name__ == "__main__":
    unittest.main()
