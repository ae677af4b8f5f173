"""The short form of the drills: faults of processes, of the network and of the store, under load, on few clusters."""
import unittest

import netns
from drills import named
from scene import scene


class on_one_machine(unittest.TestCase):
    """Each drill leaves the cluster whole, so that one serves them all; after a failure the next gets a new one."""

    scene = None

    @classmethod
    def tearDownClass(cls):
        if on_one_machine.scene is not None:
            on_one_machine.scene.close()
            on_one_machine.scene = None

    def drill(self, name):
        if on_one_machine.scene is None:
            on_one_machine.scene = scene()
        try:
            named(name).run(on_one_machine.scene)
        except BaseException:
            print(on_one_machine.scene.cluster.logs())
            self.tearDownClass()
            raise

    def test_kill_of_the_leader_moves_hosts_and_jobs_within_3_s(self):
        self.drill("kill-leader")

    def test_one_node_of_three_is_enough(self):
        self.drill("kill-two")

    def test_each_node_in_turn_is_restarted_and_no_round_is_missing(self):
        self.drill("rolling")

    def test_a_paused_owner_is_replaced_within_10_s_and_its_late_results_change_nothing(self):
        self.drill("pause")

    def test_a_node_that_drains_has_no_slots_within_5_s_and_no_round_is_missing(self):
        self.drill("drain")

    def test_a_database_that_is_away_for_a_while_moves_nothing_and_leaves_no_hole(self):
        self.drill("outage")

    def test_an_event_stream_follows_its_job_to_another_node(self):
        self.drill("stream")


@unittest.skipIf(netns.why_not(), netns.why_not())
class on_many_machines(unittest.TestCase):
    def test_a_node_cut_off_from_all_others_is_replaced_within_10_s(self):
        with scene(spaces=True) as s:
            named("partition").run(s)
