"""Somebody at the command line, logged in at a node of his own over HTTPS. One host's exporter is at hand."""
import json
import os
import subprocess
import unittest

from exporter import exporter
from node import die_with_parent, node, program
from rest import DEFAULT_PASSWORD, PASSWORD


class user(unittest.TestCase):
    SETTINGS = ("check.sample_period=1s",)

    @classmethod
    def setUpClass(cls):
        cls.exporter = exporter({"temperature": 90})
        cls.addClassCleanup(cls.exporter.close)
        cls.node = node(*cls.SETTINGS, tls=True)
        cls.addClassCleanup(cls.node.close)
        cls.home = os.path.join(cls.node.folder, "home")
        os.mkdir(cls.home)
        cls.env = {"PATH": os.path.dirname(program("aops")) + ":" + os.environ["PATH"], "HOME": cls.home,
                   "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        cls.aops("login", "--url", cls.node.url, AOPS_PASSWORD=DEFAULT_PASSWORD, AOPS_NEW_PASSWORD=PASSWORD)

    @classmethod
    def aops(cls, *words, code=0, stdin="", **variables):
        """`code`: how it must end; None: anyhow."""
        done = subprocess.run([program("aops"), *words], input=stdin, capture_output=True, text=True, timeout=120,
                              env=cls.env | variables, preexec_fn=die_with_parent)
        if code is not None and done.returncode != code:
            raise AssertionError(f"aops {' '.join(words)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def json(self, *words, **more):
        return json.loads(self.aops(*words, "-o", "json", **more).stdout)

    @classmethod
    def file(cls, name, content):
        """A file of the user's; what is no text is written as JSON."""
        path = os.path.join(cls.home, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))
        return path
