#!/usr/bin/env python3
"""Runs the Boost.Test programs of build folders and the system tests; counts test cases.

Every program gets a folder of its own for temporary files, which must be empty afterwards.
"""
import argparse
import concurrent.futures
import os
import pathlib
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as xml

TIME_LIMIT_S = 1500
# System tests that take minutes each and wait for what cannot be hurried; AOPS_LONG=1, and so tools/test --all, runs them.
LONG = {"kafka_trouble_test", "opensearch_test", "overload_test", "task_kill_test", "task_lease_test"}
top = pathlib.Path(__file__).resolve().parent.parent


def environment(folder):
    env = dict(os.environ, TMPDIR=folder, UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1",
               ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=1")
    env.pop("AOPS_ACCESS_TOKEN", None)
    return env


def tail(text, lines=60):
    return "\n".join(text.decode(errors="replace").splitlines()[-lines:])


def run(command, folder, **more):
    """(exit status, output, what it took as text)."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(command, env=environment(folder), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                 **more)
        limit = threading.Timer(TIME_LIMIT_S, child.kill)
        limit.start()
        try:
            _, status, used = os.wait4(child.pid, 0)
        finally:
            limit.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        took = time.monotonic() - began
        out.seek(0)
        late = f"\ntook longer than {TIME_LIMIT_S} s".encode() if took >= TIME_LIMIT_S else b""
        return child.returncode, out.read() + late, f"{took:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of a core"


def boost_counts(report):
    """(passed, failed) of a JUnit report of Boost.Test; skipped cases are counted as neither."""
    passed = failed = 0
    for case in xml.parse(report).getroot().iter("testcase"):
        if case.find("skipped") is not None:
            continue
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        else:
            passed += 1
    return passed, failed


def run_boost(program, label):
    with tempfile.TemporaryDirectory(prefix="aops-test-") as folder:
        report = os.path.join(folder, "report.xml")
        scratch = os.path.join(folder, "tmp")
        os.mkdir(scratch)
        status, output, took = run([str(program), "--logger=HRF,error,stdout", f"--logger=JUNIT,error,{report}",
                                    "--catch_system_errors=no", "--color_output=no"], scratch)
        try:
            passed, failed = boost_counts(report)
        except (OSError, xml.ParseError):
            passed, failed = 0, 1
        if status != 0 and failed == 0:
            failed = 1  # It ended badly outside of its cases: a leak, a crash.
        left = os.listdir(scratch)
        if left and not failed:
            failed, output = 1, output + f"\nleft behind: {left}".encode()
        return label, passed, failed, took, tail(output) if failed else ""


def run_system(script, build):
    label = f"system/{script.stem}"
    with tempfile.TemporaryDirectory(prefix="aops-test-") as folder:
        command = [sys.executable, "-B", str(top / "tests/system/run_one.py"), str(script), "--bin", str(build / "bin")]
        status, output, took = run(command, folder, cwd=top)
        passed = failed = 0
        lines = output.decode(errors="replace").splitlines()
        label += "".join(f" ({line})" for line in lines[-2:-1] if line.startswith("skipped "))
        for line in reversed(lines):
            words = line.split()
            if len(words) == 4 and words[1] == "passed," and words[3] == "failed":
                passed, failed = int(words[0]), int(words[2])
                break
        if (status != 0 or passed == 0) and failed == 0:
            failed = 1
        return label, passed, failed, took, tail(output, 120) if failed else ""


def tests_of(folder):
    """Names of the test programs that a build folder declares by its sources of now; its benchmarks are among them."""
    done = subprocess.run(["cmake", str(folder)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False)
    if done.returncode:
        sys.exit(f"{tail(done.stdout)}\n0 passed, 1 failed")
    return (folder / "tests.txt").read_text().split()


def build(folder, names):
    """Builds beside the tests that can run already, with what they leave of the processors. What it said when it failed."""
    log = pathlib.Path(f"{folder}.build.log")
    command = ["cmake", "--build", str(folder), "-j", str(len(os.sched_getaffinity(0))), "--target", *names]
    with log.open("wb") as out:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, check=False,
                              preexec_fn=lambda: os.nice(19))
    return tail(log.read_bytes()) if done.returncode else None


def programs_of(folder, pattern, names=None):
    # Larger ones mostly take longer: they begin first, so that none is alone at the end.
    for program in sorted((folder / "bin").glob("test_*"), key=lambda x: (-x.stat().st_size, x.name)):
        label = f"{folder.name}/{program.name}"
        if pattern in label and (names is None or program.name in names) and os.access(program, os.X_OK):
            yield run_boost, program, label


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--pattern", default="")
    parser.add_argument("--no-system", action="store_true", help="only the test programs")
    parser.add_argument("--build", action="append", default=[], type=pathlib.Path, metavar="FOLDER",
                        help="build the test programs of this one beside the tests, in the order given, and run them; what one "
                             "before has is not built again")
    parser.add_argument("folders", nargs="+", type=pathlib.Path, help="build folders; the first is the product's")
    options = parser.parse_args()

    builds = {}
    for folder in options.build:
        builds[folder] = [x for x in tests_of(folder) if not any(x in names for names in builds.values())]
    work = [item for folder in options.folders if folder not in builds for item in programs_of(folder, options.pattern)]
    for script in [] if options.no_system else sorted((top / "tests/system").glob("*_test.py")):
        if options.pattern not in f"system/{script.stem}":
            continue
        is_named = options.pattern.removeprefix("system/") in LONG
        if script.stem in LONG and not os.environ.get("AOPS_LONG") and not is_named:
            print(f"skipped system/{script.stem}: takes minutes: AOPS_LONG=1", flush=True)
            continue
        work.append((run_system, script, options.folders[0]))

    total_passed = total_failed = 0
    ended = queue.Queue()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool, concurrent.futures.ThreadPoolExecutor(1) as builder:
        def begin(items):
            for item in items:
                pool.submit(*item).add_done_callback(ended.put)
            return len(items)

        try:
            left = begin(work)
            for folder, names in builds.items():
                builder.submit(lambda x=folder, of=names: (x, build(x, of))).add_done_callback(ended.put)
            left += len(builds)
            while left > 0:
                outcome = ended.get().result()
                left -= 1
                if len(outcome) == 2:
                    folder, fault = outcome
                    if fault is None:
                        left += begin(list(programs_of(folder, options.pattern, builds[folder])))
                    else:
                        total_failed += 1
                        print(f"FAILED {folder.name} does not build\n{fault}", flush=True)
                    continue
                label, passed, failed, took, output = outcome
                total_passed += passed
                total_failed += failed
                print(f"{'FAILED' if failed else 'ok    '} {label}: {passed} passed, {failed} failed, {took}", flush=True)
                if output:
                    print(output, flush=True)
        finally:
            for x in (pool, builder):
                x.shutdown(wait=False, cancel_futures=True)
    shutil.rmtree(top / "tests/system/__pycache__", ignore_errors=True)
    print(f"{total_passed} passed, {total_failed} failed")
    return 1 if total_failed or not total_passed else 0


if __name__ == "__main__":
    sys.exit(main())
