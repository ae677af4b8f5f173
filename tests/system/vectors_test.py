"""The engines against the recorded vectors, through the program that users have."""
import pathlib
import subprocess
import unittest

from node import program

golden = pathlib.Path(__file__).resolve().parents[1] / "golden"


class vectors(unittest.TestCase):
    def replay(self, file):
        done = subprocess.run([program("aops-vectors"), str(file)], capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout.splitlines()

    def passes(self, name):
        file = golden / name
        count = sum(1 for line in file.read_text(encoding="utf-8").splitlines() if line)
        code, lines = self.replay(file)
        self.assertEqual((code, lines[-1]), (0, f"{count} passed, 0 failed"), "\n".join(lines[:20]))

    def test_expressions_pass(self):
        self.passes("expressions.jsonl")

    def test_check_runs_pass(self):
        self.passes("check_runs.jsonl")

    def test_diagnosis_passes(self):
        self.passes("diagnosis.jsonl")

    def test_a_vector_with_another_expectation_fails(self):
        import tempfile
        line = ('{"id": "wrong-1", "category": "x", "data_list": [{"name": "a", "type": "kpi"}], "series": {"$0": [[0, "5"]]},'
                ' "condition": "$0 > 1", "index": 0, "time": 0, "expected": {"type": "bool", "value": false,'
                ' "verdict": "normal"}}\n')
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write(line)
            file.flush()
            code, lines = self.replay(file.name)
        self.assertEqual((code, lines[-1]), (1, "0 passed, 1 failed"))
        self.assertIn("wrong-1", "\n".join(lines))
