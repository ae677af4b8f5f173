"""Shipped templates deployed on test hosts by plain Ansible: once, and once more with nothing left to do."""
import json
import os
import pathlib
import subprocess
import unittest

import lab
import lab_ansible
from node import program

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "etc/templates"
IS_LONG = bool(os.environ.get("AOPS_LONG"))


def programs(folder):
    """aops-node and aops without symbols, which are most of them."""
    for name in ("aops-node", "aops"):
        subprocess.run(["strip", "-o", os.path.join(folder, name), program(name)], check=True)
    return str(folder)


def tasks_of(text):
    """(task, host, result) of all that happened."""
    for play in json.loads(text[text.find("{\n"):])["plays"]:
        for task in play["tasks"]:
            for host, result in task["hosts"].items():
                yield task["task"]["name"], host, result


class components(unittest.TestCase):
    HOSTS = 1

    @classmethod
    def setUpClass(cls):
        cls.hosts = lab.lab(cls.HOSTS)
        cls.addClassCleanup(cls.hosts.close)
        cls.ansible = lab_ansible.runner(cls.hosts)
        cls.addClassCleanup(cls.ansible.close)

    def run_once(self, name, *hosts, options=(), **values):
        stats, text = self.ansible.run(str(FOLDER / name / "site.yml"), *hosts, values=values, options=options)
        failures = [(task, host, result.get("msg")) for task, host, result in tasks_of(text)
                    if result.get("failed") or result.get("unreachable")]
        self.assertEqual(set(lab_ansible.went_well(stats)), {x.name for x in hosts or self.hosts})
        self.assertEqual([bad for _, bad in lab_ansible.went_well(stats).values()], [0] * len(stats), failures)
        return {name: changed for name, (changed, _) in lab_ansible.went_well(stats).items()}, text

    def deploy(self, name, *hosts, **values):
        """It changes something on each host, and a second run changes nothing."""
        changed, _ = self.run_once(name, *hosts, **values)
        self.assertNotIn(0, changed.values())
        changed, text = self.run_once(name, *hosts, **values)
        again = [(task, host) for task, host, result in tasks_of(text) if result.get("changed")]
        self.assertEqual(again, [], f"a second run of {name} changes something")
