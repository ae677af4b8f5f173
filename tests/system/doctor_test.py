"""`aops-node doctor`, `aops doctor`, and all faults of a configuration at once."""
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import unittest

from node import die_with_parent, node, program


def run(*words, env=None):
    return subprocess.run([program("aops-node"), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=60, env=env)


def items(done):
    """item → (state, found, remedy)."""
    found = json.loads(done.stdout)
    return {each["item"]: (each["state"], each["found"], each.get("remedy", "")) for each in found["items"]}


class on_its_own(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="aops-doctor-")
        self.addCleanup(shutil.rmtree, self.folder, True)

    def doctor(self, *settings):
        words = ["doctor", "-o", "json", "--data-dir", os.path.join(self.folder, "data")]
        for setting in settings:
            words += ["--set", setting]
        return run(*words)

    def test_before_the_first_start(self):
        done = self.doctor("http.listen=127.0.0.1:0")
        self.assertIn(done.returncode, (0, 10), done.stderr)
        found = items(done)
        self.assertEqual(found["data_dir"][0], "OK")
        self.assertEqual(found["store"][0], "OK")
        self.assertEqual(json.loads(done.stdout)["worst"], "OK" if done.returncode == 0 else "WARN")
        self.assertFalse(os.path.exists(os.path.join(self.folder, "data")), "it only looks")

    def test_text_is_a_line_each_and_says_the_remedy(self):
        done = run("doctor", "--data-dir", "/dev/null/none", "--http", "127.0.0.1:0")
        self.assertEqual(done.returncode, 1)
        (line,) = [line for line in done.stdout.splitlines() if "data_dir" in line.split()]
        self.assertRegex(line, r"^FAIL  data_dir +/dev/null/none: .*; make it")

    def test_a_port_of_another_program(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            done = self.doctor(f"http.listen=127.0.0.1:{other.getsockname()[1]}")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(items(done)["http.listen"][0], "FAIL")

    def test_a_store_that_does_not_answer_and_a_certificate_that_is_none(self):
        wrong = os.path.join(self.folder, "wrong.pem")
        with open(wrong, "w", encoding="utf-8") as file:
            file.write("nonsense")
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            done = self.doctor("http.listen=127.0.0.1:0", "storage.engine=mariadb", "storage.host=127.0.0.1",
                               f"storage.port={closed.getsockname()[1]}", "storage.password=doctors-s3cret",
                               f"tls.certificate={wrong}", f"tls.key={wrong}", "prometheus.url=http://user:pr0m-s3cret@127.0.0.1:9")
        self.assertEqual(done.returncode, 1)
        found = items(done)
        for item in ("store", "tls.certificate", "prometheus"):
            self.assertEqual(found[item][0], "FAIL", found)
        for secret in ("doctors-s3cret", "pr0m-s3cret"):
            self.assertNotIn(secret, done.stdout + done.stderr)

    def test_open_files_are_counted_for_the_hosts_there_are(self):
        with node() as it:
            api = it.admin()
            wanted = lambda: int(re.search(r"up to (\d+)", self.of_cluster(api)["open files"]).group(1))
            before = wanted()
            api.add_group()
            api.add_hosts(*((f"h{k}", f"127.0.0.{k + 2}", 9) for k in range(10)))
            self.assertEqual(wanted() - before, 15)

    @staticmethod
    def of_cluster(api):
        return {x["item"]: x["found"] for x in api.good("/cluster/doctor", method="GET")["nodes"][0]["items"]}

    def test_all_faults_of_a_configuration_at_once(self):
        name = os.path.join(self.folder, "aops.toml")
        with open(name, "w", encoding="utf-8") as file:
            file.write('[http]\nlisten = "nowhere"\n[check]\nsampel_period = "15s"\ndelay = true\n[store]\nreaders = 0\n')
        done = run("check-config", "--config", name, "--set", "log.level=loud")
        self.assertEqual(done.returncode, 2)
        lines = done.stderr.splitlines()
        for start in (f"{name}:2: http.listen: ", f"{name}:4: check.sampel_period: unknown key, did you mean",
                      f"{name}:5: check.delay: ", f"{name}:7: store.readers: ", "--set: log.level: "):
            self.assertTrue(any(line.startswith("aops-node: " + start) for line in lines), (start, lines))
        self.assertEqual(len(lines), 10)  # Each with its remedy.
        self.assertEqual([x for x in lines[1::2] if not x.startswith("    remedy: ")], [])
        self.assertIn("integer, 1 to 64", lines[7])
        told = run("check-config", "--config", name, "--set", "log.level=loud", "-o", "json")
        self.assertEqual((told.returncode, told.stderr), (2, ""))
        faults = json.loads(told.stdout)["faults"]
        self.assertEqual([(x.get("file"), x.get("line"), x.get("key")) for x in faults],
                         [(name, 2, "http.listen"), (name, 4, "check.sampel_period"), (name, 5, "check.delay"),
                          (name, 7, "store.readers"), ("--set", None, "log.level")])
        self.assertTrue(all(x["reason"] and x["remedy"] for x in faults))
        with open(name, "w", encoding="utf-8") as file:
            file.write('[tls]\ncertificate = "/none.pem"\nkey = "/none.key"\n[backup]\ndirectory = "/none"\n'
                       'key_file = "/none.backup"\n[scrape]\nkeep_list = "/none.txt"\n')
        done = run("check-config", "--config", name)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(sorted(line.split(":")[2] for line in done.stderr.splitlines()[::2]), ["2", "3", "5", "6", "8"])
        good = run("check-config", "-o", "json", "--set", "store.readers=3")
        self.assertEqual(good.returncode, 0, good.stderr)
        told = json.loads(good.stdout)
        self.assertEqual((told["faults"], told["configuration"]["store"]["readers"]), ([], 3))


class of_nodes(unittest.TestCase):
    def aops(self, *words):
        env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "NO_COLOR": "1"}
        return subprocess.run([program("aops"), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=60, env=env, preexec_fn=die_with_parent)

    def test_a_running_node_tells_of_itself(self):
        with node() as it:
            api = it.admin()
            reply = api.call("GET", "/cluster/doctor")[1]
            self.assertEqual(reply["code"], 200)
            (told,) = reply["nodes"]
            self.assertEqual(told["node"], it.id)
            found = {each["item"]: each for each in told["items"]}
            self.assertEqual(found["store"]["state"], "OK")
            self.assertIn("sqlite 3", found["store"]["found"])
            self.assertEqual(found["schema"]["state"], "OK")
            # Beside it, the program finds the same store, and that the port is served.
            port = it.url.rsplit(":", 1)[1]
            beside = run("doctor", "-o", "json", "--data-dir", it.data, "--http", f"127.0.0.1:{port}", "--tls", "off")
            self.assertEqual(items(beside)["http.listen"][:2], ("OK", f"127.0.0.1:{port}: a node serves there"))
            self.assertEqual(items(beside)["schema"][0], "OK")
            worst = {each["state"] for each in told["items"]}
            code = 1 if "FAIL" in worst else 10 if "WARN" in worst else 0
            shown = self.aops("doctor", "--url", it.url, "--access_token", api.token, "-o", "table")
            self.assertEqual(shown.returncode, code, shown.stderr)
            self.assertRegex(shown.stdout, r"(?m)^OK    store +sqlite 3")
            piped = self.aops("doctor", "--url", it.url, "--access_token", api.token)
            self.assertEqual(json.loads(piped.stdout)["nodes"][0]["node"], it.id)

    def test_where_no_node_answers_it_says_what_to_run(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            done = self.aops("doctor", "--url", f"http://127.0.0.1:{closed.getsockname()[1]}", "--access_token", "x")
        self.assertEqual(done.returncode, 3)
        self.assertIn("aops-node --config FILE doctor", done.stderr)


if __name__ == "__main__":
    unittest.main()
