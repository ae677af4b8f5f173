"""`tools/run --tasks` keeps what it promises. AOPS_LONG only."""
import os
import pathlib
import subprocess
import unittest

import lab
from node import die_with_parent

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools/run"


@unittest.skipUnless(os.environ.get("AOPS_LONG"), "takes minutes: AOPS_LONG=1")
@unittest.skipIf(lab.why_not(), lab.why_not())
class demonstration(unittest.TestCase):
    def test_it_keeps_what_it_promises(self):
        env = dict(os.environ, AOPS_BUILD_DIR=str(pathlib.Path(os.environ["AOPS_BIN"]).parent), AOPS_NO_BUILD="1")
        done = subprocess.run([TOOL, "--tasks"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, env=env, timeout=560, preexec_fn=die_with_parent, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-4000:])
        for told in ("killed the node", "waiting_for_key", "tried again: h3", "as promised"):
            self.assertIn(told, done.stdout)
