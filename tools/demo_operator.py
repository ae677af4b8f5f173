"""A person at the command line, for demonstrations; needs the modules of tests/system."""
import json
import os
import secrets
import subprocess
import sys

from node import die_with_parent, program
from rest import PASSWORD


def say(text):
    print(f"\n\033[1m{text}\033[0m" if sys.stderr.isatty() else f"\n{text}", file=sys.stderr, flush=True)


class operator:
    """At the command line. Secrets travel by the environment."""

    def __init__(self, folder):
        self.folder = folder
        self.vault_key = secrets.token_urlsafe(18)
        self.env = dict(os.environ, XDG_CONFIG_HOME=folder, AOPS_PASSWORD=PASSWORD, AOPS_VAULT_KEY=self.vault_key)

    def popen(self, *words, **more):
        return subprocess.Popen([program("aops"), *words], env=self.env, preexec_fn=die_with_parent, **more)

    def run(self, *words, may_fail=False, env=None, quiet=True, text=None):
        """`text`: what is read instead of a secret that is `-`."""
        done = subprocess.run([program("aops"), *words], env=self.env | (env or {}), input=(text or "") + "\n",
                              stdout=subprocess.PIPE if quiet else None, stderr=subprocess.PIPE if quiet else None,
                              text=True, timeout=600, check=False)
        if done.returncode and not may_fail:
            raise RuntimeError(f"aops {' '.join(words)} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def show(self, *words, **more):
        """What a person would type, and see."""
        print("$ aops " + " ".join(words), flush=True)
        self.run(*words, quiet=False, **more)

    def json(self, *words):
        return json.loads(self.run(*words, "-o", "json"))

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        return path
