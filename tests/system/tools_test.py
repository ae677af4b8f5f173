"""What `tools/test --all` and `tools/dev check` are made of: steps that are all done, counted, and told at the end; and servers of tests."""
import os
import pathlib
import subprocess
import tempfile
import unittest

top = pathlib.Path(__file__).resolve().parents[2]


class steps(unittest.TestCase):
    def run_steps(self, *steps):
        script = "\n".join([f'. "{top}/tools/lib.sh"', *(f"judged {step}" for step in steps), "sum_up"])
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, cwd=top)
        return done.returncode, done.stdout.splitlines()

    def test_a_step_is_counted_by_its_last_line(self):
        code, lines = self.run_steps("a printf '1 passed, 0 failed\\nx\\n40 passed, 0 failed, 2 skipped\\n'")
        self.assertEqual((code, lines[-1]), (0, "40 passed, 0 failed"))

    def test_a_step_without_such_a_line_is_one_case(self):
        self.assertEqual(self.run_steps("a true", "b echo fine"), (0, ["fine", "2 passed, 0 failed"]))

    def test_a_failure_stops_nothing_and_is_told(self):
        code, lines = self.run_steps("a false", "b die", "'c d' echo fine")
        self.assertNotEqual(code, 0)
        self.assertEqual(lines[-1], "1 passed, 2 failed")
        self.assertIn("FAILED a", lines)
        self.assertIn("fine", lines)

    def test_a_step_that_ends_badly_failed_whatever_it_counted(self):
        self.assertEqual(self.run_steps("a bash -c 'echo 3 passed, 0 failed; exit 1'")[1][-1], "3 passed, 1 failed")
        self.assertEqual(self.run_steps("a bash -c 'echo 3 passed, 2 failed; exit 1'")[1][-1], "3 passed, 2 failed")


class servers(unittest.TestCase):
    """What fetches the jars of a server says nothing where its answers are read, whatever Maven prints."""

    def test_fetching_prints_nothing(self):
        for tool in ("kafka/cluster", "opensearch/server"):
            with self.subTest(tool), tempfile.TemporaryDirectory() as folder:
                maven = pathlib.Path(folder, "mvn")
                maven.write_text("#!/bin/sh\nprintf '\\033[0m\\033[0m'\n")
                maven.chmod(0o755)
                done = subprocess.run([top / "tools" / tool, "fetch", f"{folder}/libs"], capture_output=True, text=True, timeout=60, check=False,
                                      env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"})
                self.assertEqual((done.returncode, done.stdout), (0, ""))
                self.assertTrue(list(pathlib.Path(folder, "libs").glob("complete-*")))
