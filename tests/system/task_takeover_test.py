"""The node that carries out a run dies, or is drained, in its middle: another one takes the run over, and does nothing twice."""
import unittest

import lab
from run_scene import settle
from run_takeover import takeover_scene


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

    def test_drained(self):
        """It gives its slots away in order; a play that takes longer than that may take does not stay behind."""
        self.begin()
        self.api.good("/cluster/node/drain", {"node": self.lost.id})
        self.taken_over()
        settle(self.ended_there)
        self.api.good("/cluster/node/drain", {"node": self.lost.id, "resume": True})
        self.settled()
        self.goes_on()


if __name__ == "__main__":
    unittest.main()
