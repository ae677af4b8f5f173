"""The engines alone: the bench_* programs, each run several times."""
import json
import os
import subprocess

GOALS = {
    "expr $0>80 (doubles)": ">= 1e7",
    "expr max(#20)>80 && $1<5 (doubles)": ">= 5e6",
    "expr avg(10m)-min(10m)>3 (doubles)": ">= 5e6",
    "check/rule_evaluations": ">= 2e6",
    "fault/23_nodes/engine": "<= 2",
    "fault/200_nodes/engine": "<= 10",
    "store_jobs_created_batch_1024": ">= 20000",
}
SLICES_PER_HOUR = 60


def lines_of(command, folder):
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, timeout=600, env=dict(os.environ, TMPDIR=folder))
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}")
    return [json.loads(line) for line in done.stdout.decode().splitlines() if line.startswith("{")]


def measure(figures, place, options):
    rules = os.path.join(place.top, "tools/bench/fleet_rules.json")
    for stem, arguments in (("expr", []), ("check", [rules]), ("fault", []), ("store", [])):
        command = [place.program("bench_" + stem), *arguments]
        for _ in range(options.runs):
            for x in lines_of(command, place.folder):
                figures.add(x["name"], x["value"], x["unit"], GOALS.get(x["name"]))
                if x["name"] == "fault/23_nodes/report_and_hash":
                    figures.add("diagnosis of a host, 23 nodes, hour at 60 s", x["value"] * SLICES_PER_HOUR / 1000, "ms",
                                "<= 2")
