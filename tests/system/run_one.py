#!/usr/bin/env python3
"""Runs the cases of one system test file. Last line: `N passed, N failed`.

    tests/system/run_one.py tests/system/accounts_test.py --bin build/bin [-k PATTERN]
"""
import argparse
import importlib.util
import os
import pathlib
import sys
import time
import unittest

SLOWEST = 5
here = pathlib.Path(__file__).resolve().parent


def load(script):
    spec = importlib.util.spec_from_file_location(script.stem, script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class timed(unittest.TextTestResult):
    """Knows how long each case took, without what a class or a module prepares."""

    def startTest(self, test):
        self.began = time.monotonic()
        super().startTest(test)

    def stopTest(self, test):
        super().stopTest(test)
        self.took = sorted(getattr(self, "took", []) + [(time.monotonic() - self.began, test.id())], reverse=True)[:SLOWEST]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("script", type=pathlib.Path)
    parser.add_argument("--bin", required=True, type=pathlib.Path, help="folder of aops-node, aops, aops-vectors")
    parser.add_argument("-k", dest="pattern", help="only cases whose name contains this")
    options = parser.parse_args()
    os.environ["AOPS_BIN"] = str(options.bin.resolve())
    sys.path.insert(0, str(here))

    loader = unittest.TestLoader()
    if options.pattern:
        loader.testNamePatterns = [f"*{options.pattern}*"]
    suite = loader.loadTestsFromModule(load(options.script.resolve()))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=timed).run(suite)
    for seconds, name in getattr(result, "took", []):
        print(f"{seconds:6.1f} s  {name}")
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    # An error in setUpClass stands for no single case, so it is no difference of counts.
    passed = max(0, result.testsRun - len(result.skipped) - failed)
    if result.skipped:
        print(f"skipped {len(result.skipped)}: {'; '.join(sorted({why for _, why in result.skipped}))}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
