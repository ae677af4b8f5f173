"""The instruments of the drills: the checker finds what it is there to find, and the network breaks as it is told."""
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

import checker
import load
import machine
import netns
from cluster import SLOTS, cluster
from slow_disk import slow_disk
from slow_path import slow_path
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

    def test_a_round_without_an_answer_is_missed_and_no_hole(self):
        self.change("update check_result set end_ms = 2000 where start_ms = 1000; "
                    "insert into check_result values (1, 'always', 0, 3000, 3000, 'No data')")
        found = self.check(end_ms=6000)
        self.assertEqual((found.problems, found.figures["holes"]), ([], 0))
        self.assertIn(("1", "always", 3000, 3000, "No data"), found.missed)

    def test_a_host_that_nobody_samples_any_more_is_found(self):
        self.finds("", "judged until 6000 only", end_ms=9000)

    def test_a_host_that_was_never_sampled_is_found(self):
        self.finds("insert into host values (2, 'h2', 8)", "h2 was never sampled")

    def test_a_stale_write_is_found(self):
        self.finds("", "an epoch that was over", stale=[("stale sample", "1", "7", "3")])


class waiting_for_slots(unittest.TestCase):
    """When a cluster counts as settled."""

    def settles(self, *shares, target=""):
        members = [mock.Mock(id=f"n{k}") for k in range(len(shares))]
        slots = [{"node": f"n{k}", "target": ""} for k, share in enumerate(shares) for _ in range(share)]
        self.assertEqual(len(slots), SLOTS)
        slots[0]["target"] = target
        try:
            return cluster.wait_settled(mock.Mock(slots=lambda _: slots), 0, members)
        except AssertionError:
            return None

    def test_equal_shares_are_settled(self):
        self.assertTrue(self.settles(86, 85, 85))
        self.assertTrue(self.settles(256))

    def test_what_is_still_to_move_is_not_settled_between_two_batches_either(self):
        self.assertFalse(self.settles(128, 64, 64))
        self.assertFalse(self.settles(103, 102, 51))

    def test_a_slot_on_its_way_is_not_settled(self):
        self.assertFalse(self.settles(86, 85, 85, target="n1"))


SPIN = "while True: pass"
# Works and flushes as long as it is asked to; says how long each took.
WRITER = """
import os, sys, time
file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
for line in sys.stdin:
    began = time.monotonic()
    os.pwrite(file, b"x", 0)
    written = time.monotonic()
    os.fdatasync(file)
    print(written - began, time.monotonic() - written, flush=True)
"""


class strains(unittest.TestCase):
    """The disk, the way and the processor are as slow as they are told to be, and quick again after."""

    def start(self, program, *words, **more):
        process = subprocess.Popen([sys.executable, "-c", program, *words], text=True, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, **more)

        def end():
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()
        self.addCleanup(end)
        return process

    def test_a_slow_disk_takes_its_time_for_each_write_and_flush(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        disk = slow_disk(folder.name)
        self.addCleanup(disk.close)
        writer = self.start(WRITER, os.path.join(folder.name, "data"), env=dict(os.environ, **disk.environment()))

        def took():
            writer.stdin.write("once\n")
            writer.stdin.flush()
            return [float(x) for x in writer.stdout.readline().split()]
        disk.set(300_000, 600_000)
        write, flush = took()
        self.assertGreaterEqual(write, 0.3)
        self.assertGreaterEqual(flush, 0.6)
        disk.set()
        wait_until(lambda: took()[0] < 0.3, 20, "quick writes")
        wait_until(lambda: took()[1] < 0.6, 20, "quick flushes")

    def test_a_slow_path_is_late_each_way_and_lets_no_more_through(self):
        door = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(door.close)
        path = slow_path(door.getsockname())
        self.addCleanup(path.close)
        link = socket.create_connection(("127.0.0.1", path.port), 20)
        self.addCleanup(link.close)
        other, _ = door.accept()
        self.addCleanup(other.close)

        def round_trip_s(size=1):
            began = time.monotonic()
            link.sendall(b"x" * size)
            for _ in range(size):
                other.recv(1)
            other.sendall(b"y")
            self.assertEqual(link.recv(1), b"y")
            return time.monotonic() - began
        round_trip_s()
        path.set(250)
        wait_until(lambda: round_trip_s() >= 0.5, 20, "a late answer")
        path.set(0, 0.1)
        wait_until(lambda: round_trip_s(10_000) >= 0.8, 20, "a narrow way")
        path.set()
        wait_until(lambda: round_trip_s() < 0.5, 20, "a quick answer")
        other.close()
        self.assertEqual(link.recv(1), b"", "the end goes through")

    def test_pulses_leave_a_process_its_share_and_end_with_it_running(self):
        process = self.start(SPIN)

        def used_s():
            with open(f"/proc/{process.pid}/schedstat") as file:
                return int(file.read().split()[0]) / 1e9
        wait_until(lambda: used_s() > 0.05, 20, "work")
        with machine.squeezed(process.pid):
            used, began = used_s(), time.monotonic()
            time.sleep(2)  # The measurement is a duration.
            share = (used_s() - used) / (time.monotonic() - began)
        self.assertLess(share, 0.35)
        used = used_s()
        wait_until(lambda: used_s() > used + 0.2, 60, "it goes on")

    def test_the_witness_sees_that_others_work(self):
        witness = machine.witness()
        self.addCleanup(witness.close)
        since = witness.mark()
        for _ in range(4 * os.cpu_count()):
            self.start(SPIN)
        wait_until(lambda: witness.given(since) < 0.7 * (time.monotonic() - since[0]), 60, "less than all of the time")
        since = witness.mark()
        with self.assertRaisesRegex(AssertionError, "of which the machine gave"):
            witness.wait_given(lambda: False, 0.5, "nothing")
        self.assertGreater(time.monotonic() - since[0], 0.55)


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
