"""The test hosts: real systems apart from each other and from this machine, and nothing left of them."""
import glob
import os
import signal
import socket
import subprocess
import sys
import time
import unittest

import lab
import lab_ansible
from node import die_with_parent, read_line
from waiting import wait_until

WHO = [{"hosts": "all", "gather_facts": False, "become": True,
        "tasks": [{"name": "who", "ansible.builtin.command": "id -un", "register": "me"},
                  {"name": "root", "ansible.builtin.assert": {"that": "me.stdout == 'root'"}}]}]
SMALL = "rsyslog"
CRASH = f"""
import sys, time
sys.path.insert(0, {lab.HERE!r})
import lab
hosts = lab.lab(2)
print(hosts.keeper.pid, hosts.number, *(x.init for x in hosts), flush=True)
time.sleep(600)
"""


@unittest.skipIf(lab.why_not(), lab.why_not())
class test_hosts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.hosts = lab.lab()
        cls.addClassCleanup(cls.hosts.close)

    def ansible(self, **more):
        it = lab_ansible.runner(self.hosts, **more)
        self.addCleanup(it.close)
        return it

    def test_every_way_to_log_in_and_become_root_works(self):
        self.assertEqual({(x.login, x.how) for x in self.hosts}, set(lab.KINDS))
        stats, text = self.ansible().run(WHO)
        self.assertEqual(lab_ansible.went_well(stats), {x.name: (1, 0) for x in self.hosts}, text)

    def test_a_wrong_password_and_a_wrong_sudo_password_are_refused(self):
        stats, text = self.ansible().run(WHO, self.hosts["h1"], self.hosts["h2"], self.hosts["h3"], per_host={
            "h1": {"ansible_password": "wrong"}, "h2": {"ansible_become_password": self.hosts["h2"].password},
            "h3": {"ansible_become_password": "wrong"}})
        self.assertEqual([(stats[x]["unreachable"], stats[x]["failures"]) for x in ("h1", "h2", "h3")],
                         [(1, 0), (0, 1), (0, 1)], text)

    def test_another_host_key_is_refused(self):
        known = self.ansible()  # Knows the keys as they are now.
        self.hosts["h5"].change_host_key()
        stats, text = known.run(WHO, self.hosts["h5"])
        self.assertEqual(stats["h5"]["unreachable"], 1, text)
        self.assertIn("REMOTE HOST IDENTIFICATION HAS CHANGED", text)
        stats, text = self.ansible().run(WHO, self.hosts["h5"])
        self.assertEqual(lab_ansible.went_well(stats), {"h5": (1, 0)}, text)

    def test_packages_services_and_files_of_one_are_of_no_other(self):
        one, other = self.hosts["h1"], self.hosts["h2"]
        one.run("apt-get", "install", "-y", "-qq", "--no-install-recommends", SMALL)
        self.assertEqual(one.run("systemctl", "is-active", SMALL), "active\n")
        self.assertNotIn("rsyslogd", other.run("ps", "-ax", "-o", "comm"))
        self.assertIn("no packages found", other.run("dpkg-query", "-W", SMALL, code=1))
        self.assertFalse(os.path.exists(self.hosts.tree.folder + "/usr/sbin/rsyslogd"))
        self.assertEqual((one.run("hostname"), other.run("hostname")), ("h1\n", "h2\n"))
        self.assertNotEqual(one.host_key, other.host_key)

    def test_files_of_the_shared_system_can_be_changed_with_a_backup(self):
        play = [{"hosts": "all", "gather_facts": False, "become": True, "tasks": [
            {"name": "motd", "ansible.builtin.copy": {"content": "new", "dest": "/etc/motd", "backup": True, "mode": "0644"}}]}]
        stats, text = self.ansible().run(play, self.hosts["h1"])
        self.assertEqual(lab_ansible.went_well(stats), {"h1": (1, 0)}, text)
        self.assertEqual(self.hosts["h1"].read("/etc/motd"), "new")

    def test_others_have_hosts_at_the_same_time(self):
        with lab.lab(1) as others:
            self.assertNotEqual(others["h1"].address, self.hosts["h1"].address)
            self.assertTrue(others["h1"].answers() and self.hosts["h1"].answers())

    def test_this_machine_is_out_of_reach(self):
        one = self.hosts["h1"]
        self.assertIn("permission denied", one.run("sysctl", "-w", "vm.swappiness=1", code=1))
        self.assertIn("Operation not permitted", one.run(*self.bounded("date", "-s", "2001-01-01"), code=None))
        self.assertIn("Operation not permitted", one.run(*self.bounded("mknod", "/tmp/disk", "b", "254", "0"), code=None))
        self.assertEqual(one.run("ip", "-br", "route").split()[:1], ["10.78." + str(self.hosts.number + 1) + ".0/24"])

    @staticmethod
    def bounded(*words):
        """As what that system itself starts: `run` comes from outside, with more rights."""
        return ["systemd-run", "--pipe", "--wait", "--quiet", *words]

    def test_a_host_dies_and_comes_back_with_what_it_had(self):
        one = self.hosts["h4"]
        one.run("sh", "-c", "echo kept >/etc/kept")
        one.kill()
        stats, text = self.ansible().run(WHO, one, self.hosts["h1"])
        self.assertEqual([stats[x]["unreachable"] for x in ("h4", "h1")], [1, 0], text)
        self.assertIn("Connection refused", text)
        one.start()
        self.assertEqual(one.read("/etc/kept"), "kept\n")

    def test_one_without_power_is_silent(self):
        one = self.hosts["h6"]
        one.power_off()
        self.assertFalse(one.answers())
        one.power_on()
        self.assertTrue(one.answers())

    def test_one_can_be_slow(self):
        self.hosts.slow("h6", 100)
        self.addCleanup(self.hosts.net.heal, "h6")
        began = time.monotonic()
        socket.create_connection((self.hosts["h6"].address, lab.SSH_PORT), 20).close()
        self.assertGreater(time.monotonic() - began, 0.19)
        stats, text = self.ansible().run(WHO, self.hosts["h6"])
        self.assertEqual(lab_ansible.went_well(stats), {"h6": (1, 0)}, text)


@unittest.skipIf(lab.why_not(), lab.why_not())
class nothing_is_left(unittest.TestCase):
    def gone(self, keeper, number, inits):
        return not os.path.exists(f"/proc/{keeper}") and not os.path.exists(f"/sys/class/net/aopslab{number}") and \
            not any(os.path.exists(f"/proc/{x}") for x in inits)

    def test_after_kill_9_of_whoever_made_them(self):
        owner = subprocess.Popen([sys.executable, "-B", "-c", CRASH], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 preexec_fn=die_with_parent)
        self.addCleanup(owner.stdout.close)
        keeper, number, *inits = map(int, read_line(owner, 400).split())
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        wait_until(lambda: self.gone(keeper, number, inits), 60, "all is gone")
        self.assertEqual(glob.glob(f"/sys/fs/cgroup/**/aops-lab-{keeper}-*", recursive=True), [])

    def test_after_the_end(self):
        with lab.lab(1) as hosts:
            known = hosts.keeper.pid, hosts.number, [hosts["h1"].init]
        wait_until(lambda: self.gone(*known), 20, "all is gone")
