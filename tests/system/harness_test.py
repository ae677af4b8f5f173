"""The instruments of the drills: the checker finds what it is there to find, and the network breaks as it is told."""
import os
import socket
import sqlite3
import tempfile
import time
import unittest
from unittest import mock

import checker
import load
import netns
from stores import sqlite_view
from waiting import wait_until

PORT = 7000
TABLES = """
create table job (n integer primary key, id, kind, state, expected, finished, failed, last_number);
create table report (n integer primary key, report_id, job, number, host_id, tree_name, start_ms, end_ms);
create table report_body (report integer primary key, error);
create table host (n integer primary key, name, slot);
create table host_cursor (host integer primary key, since_ms, until_ms, epoch);
create table deviation (host, check_item, start_ms, end_ms, reason);
create table sample (host, time_ms);
create table sample_chunk (host, from_ms, until_ms);
create table check_result (host, check_item, origin, start_ms, end_ms, value);
insert into job values (1, 'd', 'diag', 'done', 2, 2, 0, 2), (2, 'c', 'check', 'done', 3, 3, 0, 0);
insert into report values (1, 'r1', 1, 1, 'h', 't', 0, 5), (2, 'r2', 1, 2, 'h', 't', 5, 9);
insert into report_body values (1, ''), (2, '');
insert into host values (1, 'h1', 7);
insert into host_cursor values (1, 1000, 6000, 1);
insert into sample values (1, 1000), (1, 2000), (1, 3000), (1, 6000);
insert into deviation values (1, '', 4000, 5000, 'missed(not_sampled)');
insert into check_result values (1, 'always', 0, 1000, 3000, 'Abnormal'), (1, 'always', 0, 6000, 6000, 'Abnormal');
"""


class checking(unittest.TestCase):
    """A store in order, spoilt on purpose."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = os.path.join(folder.name, "store.db")
        self.change(TABLES)

    def change(self, text):
        db = sqlite3.connect(self.file)
        db.executescript(text)
        db.close()

    def check(self, end_ms=None, stale=()):
        view = sqlite_view(self.file)
        self.addCleanup(view.close)
        acknowledged = [load.accepted("d", "diag", 2, "n1", 0), load.accepted("c", "check", 3, "n2", 0)]
        watcher = mock.Mock(stale=lambda: list(stale))
        return checker.check(view, acknowledged, 1000, watcher, end_ms)

    def finds(self, change, what, **more):
        self.change(change)
        problems = self.check(**more).problems
        self.assertTrue([x for x in problems if what in x], (what, problems))

    def test_a_store_in_order_has_no_problems(self):
        found = self.check(end_ms=6000)
        self.assertEqual(found.problems, [])
        self.assertEqual([x.reason for x in found.missed], ["missed(not_sampled)"])
        self.assertEqual((found.figures["missed"], found.figures["rounds"], found.figures["holes"]), (2, 6, 0))

    def test_a_lost_job_is_found(self):
        self.finds("delete from job where id = 'c'", "is not stored")

    def test_a_job_that_did_not_end_is_found(self):
        self.finds("update job set state = 'running', finished = 2 where id = 'c'", "2 of 3 finished")

    def test_a_job_of_errors_is_found(self):
        self.finds("update job set failed = 1 where id = 'c'", "1 failed")

    def test_a_lost_report_is_found(self):
        self.finds("delete from report where n = 2", "of 2")

    def test_a_report_that_is_there_twice_is_found(self):
        self.finds("insert into report values (3, 'r3', 1, 3, 'h', 't', 5, 9)", "there twice")

    def test_a_gap_in_the_numbers_is_found(self):
        self.finds("update report set number = 3 where n = 2", "reports, ids, first, last, numbers")

    def test_an_error_report_is_found(self):
        self.finds("update report_body set error = 'late' where report = 1", "hold an error")

    def test_overlapping_results_are_found(self):
        self.finds("insert into check_result values (1, 'always', 0, 2000, 2500, 'Abnormal')", "overlap")

    def test_results_that_share_a_moment_overlap_unless_the_first_is_a_range_without_rounds(self):
        self.change("insert into check_result values (1, 'always', 0, 0, 1000, 'No data')")
        self.assertEqual(self.check(end_ms=6000).problems, [])
        self.finds("insert into check_result values (1, 'always', 0, 3000, 3000, 'Internal error')", "overlap")

    def test_a_hole_in_the_samples_is_found(self):
        self.finds("delete from sample where time_ms = 2000", "has no sample at 2000")

    def test_a_hole_without_a_reason_is_found(self):
        self.finds("delete from deviation", "has no sample at 4000")

    def test_a_round_that_was_not_judged_is_found(self):
        self.finds("update check_result set end_ms = 2000 where start_ms = 1000", "not judged by `always` at 3000")

    def test_a_host_that_nobody_samples_any_more_is_found(self):
        self.finds("", "judged until 6000 only", end_ms=9000)

    def test_a_host_that_was_never_sampled_is_found(self):
        self.finds("insert into host values (2, 'h2', 8)", "h2 was never sampled")

    def test_a_stale_write_is_found(self):
        self.finds("", "an epoch that was over", stale=[("stale sample", "1", "7", "3")])


@unittest.skipIf(netns.why_not(), netns.why_not())
class faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.net = netns.network("a", "b", "c")
        cls.addClassCleanup(cls.net.close)
        cls.doors = {}
        for name in "abc":
            door = cls.net[name].inside(socket.socket)
            door.bind((cls.net[name].address, PORT))
            door.listen(64)
            cls.addClassCleanup(door.close)

    def tearDown(self):
        self.net.heal()

    def reaches(self, source, target):
        """Whether the handshake of a connection succeeds: one packet there, one back."""
        link = self.net[source].inside(socket.socket)
        link.settimeout(0.5)
        try:
            link.connect((self.net[target].address, PORT))
            return True
        except OSError:
            return False
        finally:
            link.close()

    def pairs(self):
        return {x + y: self.reaches(x, y) for x in "abc" for y in "abc" if x != y}

    def assert_cut(self, *cut):
        self.assertEqual({x for x, works in self.pairs().items() if not works}, set(cut))

    def test_everyone_reaches_everyone(self):
        self.assert_cut()

    def test_two_that_cannot_talk_reach_the_third(self):
        self.net.cut_both_ways("a", "b")
        self.assert_cut("ab", "ba")

    def test_isolated_is_without_anyone_and_healed_is_whole(self):
        for fault in (self.net.isolate, self.net.deafen, self.net.mute, self.net.pull_plug):
            with self.subTest(fault.__name__):
                fault("a")
                self.assert_cut("ab", "ac", "ba", "ca")
                self.net.heal("a")
                self.assert_cut()

    def test_one_way_lets_the_other_way_through(self):
        heard = self.net["b"].inside(lambda: socket.socket(type=socket.SOCK_DGRAM))
        self.addCleanup(heard.close)
        heard.bind((self.net["b"].address, PORT))
        heard.settimeout(0.5)
        sender = self.net["a"].inside(lambda: socket.socket(type=socket.SOCK_DGRAM))
        self.addCleanup(sender.close)
        self.net.cut("b", "a")
        sender.sendto(b"x", (self.net["b"].address, PORT))
        self.assertEqual(heard.recv(10), b"x")
        self.net.cut("a", "b")
        sender.sendto(b"y", (self.net["b"].address, PORT))
        with self.assertRaises(TimeoutError):
            heard.recv(10)

    def test_a_slow_link_is_late_and_its_connections_outlive_it(self):
        door = self.net["b"].inside(socket.socket)
        self.addCleanup(door.close)
        door.bind((self.net["b"].address, PORT + 1))
        door.listen(1)
        link = self.net["a"].inside(socket.socket)
        self.addCleanup(link.close)
        link.settimeout(10)
        link.connect((self.net["b"].address, PORT + 1))
        other, _ = door.accept()
        self.addCleanup(other.close)

        def round_trip_ms():
            began = time.monotonic()
            link.sendall(b"x")
            other.sendall(other.recv(1))
            link.recv(1)
            return 1000 * (time.monotonic() - began)
        self.assertLess(round_trip_ms(), 100)
        self.net.slow("a", 100, 10)
        self.assertGreaterEqual(round_trip_ms(), 200)
        self.net.heal("a")
        wait_until(lambda: round_trip_ms() < 100, 10, "the link is quick again")
