"""`aops checkrule test --unit` against the promtool of Debian on the same files: what is said, where, and the exit code."""
import pathlib
import subprocess
import tempfile
import textwrap
import unittest

from node import program
from page import DOCS

RULES = """
groups:
  - name: up
    interval: 30s
    rules:
      - record: job:up:count
        expr: count by (job) (up)
        labels: {kind: rec}
      - alert: InstanceDown
        expr: up == 0
        for: 5m
        labels: {severity: page, host: '{{ $labels.instance | stripPort }}'}
        annotations:
          summary: 'Instance {{ $labels.instance }} down'
          value: '{{ $value | humanize }} of {{ $externalLabels.cluster }}'
      - alert: FewUp
        expr: job:up:count < 2
        keep_firing_for: 2m
        annotations:
          all: '{{ humanizeDuration 3661 }} {{ humanizePercentage 0.123 }} {{ humanize1024 2048 }} {{ $value }}
            {{ printf "%.2f" $value }} {{ printf "%8.3f|%-5s|%d" $value "ab" 3 }} {{ 1e6 }} {{ .Value | printf "%g" }}'
          more: '{{ if eq $labels.job "a" }}A{{ else if eq $labels.job "b" }}B{{ else }}C{{ end }}{{- /* no */ -}} !
            {{ $x := "out" }}{{ if true }}{{ $x = "in" }}{{ $y := 1 }}{{ end }}{{ $x }}'
          text: '{{ title "disk is full" }} {{ title "web-1.x it_is" }} {{ toUpper "x" }} {{ reReplaceAll "(.*):(.*)" "$2-$1" "a:b" }}
            {{ if match "^b" "bc" }}m{{ end }} {{ humanizeTimestamp 1435065584.128 }} {{ humanize 0.00012 }} {{ humanize 1234567 }}
            {{ parseDuration "1h30m" }} {{ len "abc" }} {{ $labels }} {{ stripDomain "a.b.c:80" }}'
          nothing: '[{{ $labels.nothing }}]'
  - name: over
    rules:
      - {record: 'job:down', expr: '3 - job:up:count'}
      - {alert: Gone, expr: 'job:down > 2.5'}
"""

SERIES = """
      - {series: 'up{job="a", instance="h1:9100"}', values: '0 0 0 0 0 0 0 0 1 1 1 0'}
      - {series: 'up{job="a", instance="h2:9100"}', values: '1x4 0x7'}
      - {series: 'up{job="b", instance="h3:9100"}', values: '1 1 _ stale _ _ _ _ 1+0x9'}
      - {series: 'm_total', values: '0+10x20'}
"""

GOOD = """
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    external_labels: {cluster: eu}
    input_series:SERIES
    alert_rule_test:
      - eval_time: 6m
        alertname: InstanceDown
        exp_alerts:
          - exp_labels: {severity: page, host: h1, job: a, instance: 'h1:9100'}
            exp_annotations: {summary: 'Instance h1:9100 down', value: 0 of eu}
      - {eval_time: 3m, alertname: InstanceDown}
    promql_expr_test:
      - expr: job:up:count
        eval_time: 1m
        exp_samples:
          - {labels: 'job:up:count{job="a", kind="rec"}', value: 2}
          - {labels: 'job:up:count{job="b", kind="rec"}', value: 1}
      - {expr: 'rate(m_total[4m30s]) * 60', eval_time: 10m, exp_samples: [{labels: '{}', value: 1.0e+1}]}
      - {expr: '1 + 1', eval_time: 10m, exp_samples: [{labels: '{}', value: 2}]}
"""

BAD = """
rule_files: ['*.yml']
evaluation_interval: 1m
group_eval_order: [over, up]
tests:
  - interval: 1m
    name: first
    input_series:SERIES
    alert_rule_test:
      - {eval_time: 10m, alertname: InstanceDown, exp_alerts: [{exp_labels: {a: b}}, {exp_annotations: {c: d}}]}
      - {eval_time: 1m, alertname: FewUp}
      - {eval_time: 4m30s, alertname: FewUp}
      - {eval_time: 6m, alertname: FewUp}
      - {eval_time: 1h, alertname: Nope, exp_alerts: [{exp_labels: {a: b}}]}
      - {eval_time: 2m, alertname: Gone}
    promql_expr_test:
      - {expr: 'ALERTS', eval_time: 6m}
      - {expr: 'ALERTS_FOR_STATE', eval_time: 400s}
      - {expr: 'up{job="b"} or job:down', eval_time: 3m, exp_samples: [{labels: 'up{job="b"}', value: 0.1}]}
      - {expr: 'job:up:count', eval_time: 90m, exp_samples: [{labels: 'x', value: -1.25e-7}]}
      - {expr: 'm_total / 3', eval_time: 10m}
      - {expr: 'vector(1.797e308)', eval_time: 10m}
      - {expr: 'vector(5e-324)', eval_time: 10m}
  - interval: 30s
    promql_expr_test:
      - {expr: 'vector(7)', eval_time: 0, exp_samples: [{labels: '{}', value: 7}]}
      - {expr: 'vector(7)', eval_time: 0s, exp_samples: [{labels: '{}', value: 8}]}
"""

SAME = """
groups:
  - name: g
    rules:
      - {alert: Twice, expr: up, labels: {instance: same}}
      - {record: r, expr: 'up', labels: {instance: same}}
"""


class unit_tests_of_rules(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, text):
        (self.folder / name).write_text(text.replace("SERIES", SERIES.rstrip()), encoding="utf-8")

    def run_one(self, *words):
        return subprocess.run([str(x) for x in words], cwd=self.folder, capture_output=True, text=True, timeout=60,
                              env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "LC_ALL": "C"})

    def both(self, file="t.yaml"):
        theirs = self.run_one("promtool", "test", "rules", file)
        ours = self.run_one(program("aops"), "checkrule", "test", "--unit", file)
        return ours, theirs

    def assert_same(self, file="t.yaml"):
        ours, theirs = self.both(file)
        for what in ("stderr", "stdout", "returncode"):
            self.assertEqual(getattr(ours, what), getattr(theirs, what), theirs.stderr)
        return ours

    def test_what_passes(self):
        self.write("rules.yml", RULES)
        self.write("t.yaml", GOOD)
        self.assertEqual(self.assert_same().returncode, 0)

    def test_what_fails(self):
        self.write("rules.yml", RULES)
        self.write("t.yaml", BAD)
        done = self.assert_same()
        self.assertEqual(done.returncode, 1)
        # Of each kind there is something that was compared.
        for text in ("alertname: InstanceDown, time: 10m,", "alertname: Nope, time: 1h,", 'expr: "m_total / 3", time: 10m,',
                     'expr: "job:up:count", time: 1h30m,', 'expr: "vector(7)", time: 0s,'):
            self.assertIn(text, done.stderr)

    def test_rules_that_cannot_be_evaluated(self):
        self.write("same.yml", SAME)
        self.write("t.yaml", BAD)
        self.assertIn("rule: Twice, time: 0s, err: vector contains metrics", self.assert_same().stderr)

    def test_files_that_do_not_read(self):
        self.write("rules.yml", RULES)
        for text in ("rule_files: [gone.yml", "rules_files: [rules.yml]", "tests: [{interval: soon}]",
                     "tests: [{input_series: [{series: 'x', values: '1 b'}]}]",
                     "rule_files: [rules.yml]\ntests: [{alert_rule_test: [{eval_time: 1m}]}]"):
            self.write("t.yaml", text)
            ours, theirs = self.both()
            self.assertEqual((ours.returncode, theirs.returncode), (1, 1), text)
            self.assertIn("FAILED", ours.stderr)
            self.assertIn("t.yaml: ", ours.stderr)
        self.write("t.yaml", "rule_files: [bad.yml]\ntests: [{}]")
        for text in (RULES.replace("for: 5m", "for: long"), RULES.replace("up == 0", "up == "),
                     RULES.replace("alert: FewUp", "alrt: FewUp"), RULES.replace("{{ $labels.instance }}", "{{ nope }}")):
            self.write("bad.yml", text)
            ours, theirs = self.both()
            self.assertEqual((ours.returncode, theirs.returncode), (1, 1), text)
            self.assertIn('bad.yml: group "up": rule', ours.stderr)

    def test_the_page(self):
        text = (DOCS / "rules.md").read_text(encoding="utf-8")
        for name in ("rules.yml", "rules_test.yml"):
            block = text.split(f"```{name}\n")[1].split("```")[0]
            self.write(name, textwrap.dedent(block))
        self.assertEqual(self.assert_same("rules_test.yml").returncode, 0)

    def test_what_does_not_read_never_reaches_a_node(self):
        self.write("rules.yml", RULES.replace("up == 0", "up =="))
        done = subprocess.run([program("aops"), "checkrule", "add", "rules.yml"], cwd=self.folder, capture_output=True,
                              text=True, timeout=60, env={"HOME": str(self.folder), "AOPS_URL": "http://127.0.0.1:1",
                                                          "AOPS_ACCESS_TOKEN": "t", "LC_ALL": "C"})
        self.assertEqual(done.returncode, 1)
        self.assertIn('rules.yml: group "up": rule 2 ("InstanceDown"): could not parse expression: 1:', done.stderr)

    def test_several_files_and_data(self):
        self.write("rules.yml", RULES)
        self.write("a.yaml", GOOD)
        self.write("b.yaml", BAD)
        done = self.run_one(program("aops"), "checkrule", "test", "--unit", "a.yaml,b.yaml", "-o", "json")
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertIn('"file": "b.yaml"', done.stdout)


if __name__ == "__main__":
    unittest.main()
