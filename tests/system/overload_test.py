"""The short form of the drills of overload: one node with 300 hosts a second, strained for some seconds in each way."""
import unittest

from drills import named
from drills_overload import MARIADB, STAGES
from scene import scene

FAULT_S = 8


class overload:
    """Each drill leaves the node as it was, so that one serves them all; after a failure the next gets a new one."""

    WHERE, SUFFIX = None, ""
    scene = None

    @classmethod
    def tearDownClass(cls):
        if cls.scene is not None:
            cls.scene.close()
            cls.scene = None

    def drill(self, name):
        cls = type(self)
        if cls.scene is None:
            cls.scene = scene(fault_s=FAULT_S, **STAGES[self.WHERE])
        try:
            named(name + self.SUFFIX).run(cls.scene)
        except unittest.SkipTest:
            raise
        except BaseException:
            print(cls.scene.cluster.logs())
            cls.tearDownClass()
            raise


class embedded(overload, unittest.TestCase):
    WHERE = "embedded"

    def test_without_processor_time(self):
        self.drill("overload-cpu")

    def test_with_a_disk_that_stands_still(self):
        self.drill("overload-disk-stall")

    def test_with_rules_and_jobs_that_reach_back_for_years(self):
        self.drill("overload-tenant")


class on_a_server(overload, unittest.TestCase):
    WHERE, SUFFIX = "server", MARIADB

    def test_with_a_slow_database(self):
        self.drill("overload-database")
