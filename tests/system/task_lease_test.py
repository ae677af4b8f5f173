"""The node that carries out a run lives, and may act no longer: its play is over when another one takes the run over."""
import unittest

import lab
from run_takeover import takeover_scene
from waiting import wait_until


@unittest.skipIf(lab.why_not(), lab.why_not())
class lease(takeover_scene):
    def test_cut_off(self):
        """It lives, reaches nobody, and ends its play itself before another node may go on."""
        self.begin()
        self.hosts.net.isolate(self.lost.name)
        self.addCleanup(self.hosts.net.heal, self.lost.name)
        self.wait_ended_before_another_begins()
        self.taken_over()
        self.hosts.net.heal(self.lost.name)
        self.settled()
        self.goes_on()

    def test_stopped_and_continued(self):
        """By SIGSTOP: it cannot end anything; what stands beside its play does."""
        self.begin()
        self.lost.pause()
        self.addCleanup(self.lost.go_on)
        self.wait_ended_before_another_begins()
        self.taken_over()
        was = self.cluster.nodes(besides=(self.lost,))[self.lost.id]["incarnation"]
        self.lost.go_on()
        wait_until(lambda: self.cluster.nodes()[self.lost.id]["incarnation"] > was, 60, "it joins anew")
        self.settled()
        self.goes_on()


if __name__ == "__main__":
    unittest.main()
