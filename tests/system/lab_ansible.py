"""Plain `ansible-playbook` on the hosts of a lab. Passwords and keys are in files of a private folder."""
import json
import os
import shutil
import subprocess
import tempfile

from node import die_with_parent


def secret(text):
    """Taken as it is, also with braces in it: the values of an inventory are templates otherwise."""
    return {"__ansible_unsafe": text}


def variables(host, folder):
    """How Ansible reaches a host, as variables of an inventory."""
    it = {"ansible_host": host.address, "ansible_port": host.port, "ansible_user": host.user,
          "ansible_become_method": f"ansible.builtin.{host.become}", "ansible_python_interpreter": "/usr/bin/python3"}
    if host.login == "password":
        it["ansible_password"] = secret(host.password)
    else:
        it["ansible_ssh_private_key_file"] = host.key_file
    if host.become_password:
        it["ansible_become_password"] = secret(host.become_password)
    return it | {"ansible_ssh_common_args": f"-o UserKnownHostsFile={folder}/known_hosts -o StrictHostKeyChecking=yes"}


class runner:
    """`run` plays on hosts. @param known Text of the file of known hosts; without it the keys as they are."""

    def __init__(self, lab, known=None):
        self.lab = lab
        self.folder = tempfile.mkdtemp(prefix="aops-ansible-")
        self.write("known_hosts", known or lab.known_hosts())

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(content if isinstance(content, str) else json.dumps(content))
        return path

    def run(self, play, *hosts, values=None, groups=None, options=(), timeout=560, **more):
        """What became of each host, as Ansible counts it: `ok`, `changed`, `failures`, `unreachable`; and the output.

        @param play A path, or plays as they are. @param hosts Hosts of the lab; none: all. @param more Of the inventory,
        host by host: {name: {variable: value}}.
        """
        chosen = hosts or list(self.lab)
        inventory = {"all": {"hosts": {x.name: variables(x, self.folder) | more.get("per_host", {}).get(x.name, {})
                                       for x in chosen},
                             "children": {name: {"hosts": {x: {} for x in members}} for name, members in (groups or {}).items()}}}
        path = play if isinstance(play, str) else self.write("play.json", play)
        words = ["ansible-playbook", "-i", self.write("inventory.json", inventory), path,
                 "--extra-vars", "@" + self.write("values.json", values or {}), *options]
        report = os.path.join(self.folder, "report.json")
        env = dict(os.environ, ANSIBLE_STDOUT_CALLBACK="ansible.posix.json", ANSIBLE_PIPELINING="1",
                   ANSIBLE_LOCAL_TEMP=self.folder + "/tmp", ANSIBLE_HOME=self.folder + "/home", ANSIBLE_TIMEOUT="20",
                   ANSIBLE_SSH_CONTROL_PATH_DIR=self.folder, ANSIBLE_RETRY_FILES_ENABLED="0", LC_ALL="C.UTF-8",
                   ANSIBLE_CONFIG=self.write("ansible.cfg", ""), ANSIBLE_DEPRECATION_WARNINGS="0")
        with open(report, "wb") as out:
            done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, env=env,
                                  cwd=self.folder, timeout=timeout, preexec_fn=die_with_parent)
        with open(report, encoding="utf-8") as file:
            text = file.read()
        begin = text.find("{\n")
        assert begin >= 0, f"ansible-playbook ended with {done.returncode}: {text[-2000:]}\n{done.stderr.decode()[-2000:]}"
        return json.loads(text[begin:])["stats"], text

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def went_well(stats):
    return {name: (x["changed"], x["failures"] + x["unreachable"]) for name, x in stats.items()}
