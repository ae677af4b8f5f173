#!/usr/bin/env python3
"""Starts a node on a free port, saves its OpenAPI document, ends it: openapi.py NODE FILE."""
import pathlib
import signal
import subprocess
import sys
import tempfile
import urllib.request


def main(node, target):
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen([node, "--data-dir", folder, "--http", "127.0.0.1:0", "--tls", "off"],
                                   stdout=subprocess.PIPE, text=True)
        try:
            ready = process.stdout.readline()
            url = next(word[5:] for word in ready.split() if word.startswith("http="))
            with urllib.request.urlopen(url + "/openapi.json", timeout=10) as answer:
                pathlib.Path(target).write_bytes(answer.read())
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


if __name__ == "__main__":
    main(*sys.argv[1:3])
