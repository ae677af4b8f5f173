"""The node that carries out a run dies, is stopped or drained in its middle: another one takes the run over, and does nothing twice."""
import unittest

import lab
from run_scene import lives, settle, with_run
from run_takeover import takeover_scene
from waiting import wait_until


@unittest.skipIf(lab.why_not(), lab.why_not())
class takeover(takeover_scene):
    def test_killed(self):
        self.begin()
        self.lost.kill()
        settle(self.ended_there)
        self.taken_over()
        self.lost.start()
        self.settled()
        self.goes_on()

    def test_stopped(self):
        """It gives its slots away in order, waits for what is at work as long as that may take, and says what it cuts off."""
        self.begin()
        self.assertEqual(self.lost.stop(), 0)
        self.assertTrue(self.ended_there(), [x for x in self.left if lives(x)])
        self.taken_over()
        told = [x.get("message", "") for x in self.log(self.run_)]
        self.assertIn("its node ends: step two is cut off on 1 hosts", told)
        self.assertEqual(self.failures(self.run_)["two", "h2"][2], "its node ended")
        self.lost.start()
        self.settled()
        self.goes_on()

    def test_drained(self):
        """What is at work ends where it is, however long that takes; then the run moves, and does nothing twice."""
        self.begin()
        self.api = self.heir.client(timeout=60)
        self.api.good("/cluster/node/drain", {"node": self.lost.id})
        wait_until(lambda: self.cluster.owned(self.lost) == [schedule_slot(self, self.run_)], 60, "all other slots have moved")
        self.assertEqual(self.run_info(self.run_)["state"], "running")
        self.assertTrue(with_run(self.run_, self.lost.process.pid), "it is at work there")
        self.on_hosts("rm -f /var/hold-two")
        wait_until(lambda: self.owner_of(self.run_)[0] is self.heir, 60, "the run has another owner")
        self.wait_for(self.run_, "waiting_for_key", deadline=90)
        self.assertEqual([self.counted(x).get("begin two") for x in self.ids], [1, 1, None])
        self.stream.cut()
        self.stream.follow(self.heir.client())
        self.enter_key()
        self.wait_end(self.run_, "done")
        if self.wait_for(self.later, "waiting_for_key", "done")["state"] != "done":
            self.enter_key()
        self.wait_end(self.later, "done")
        self.assertEqual({x["attempts"] for x in self.units(self.run_).values()}, {1})
        self.api.good("/cluster/node/drain", {"node": self.lost.id, "resume": True})
        self.settled()
        self.check_stream()


def schedule_slot(it, run):
    ((slot,),) = it.cluster.store.rows(f"select slot from job where id = '{run}'")
    return int(slot)


if __name__ == "__main__":
    unittest.main()
