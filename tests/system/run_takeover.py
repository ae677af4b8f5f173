"""A run whose node is lost in its middle, and what must hold when another one takes it over."""
from run_scene import children_of, lives, settle_without, shared_scene, watcher, with_run
from waiting import wait_until


class takeover_scene(shared_scene):
    """In step two, which may not be repeated, h1 is through, h2 is at work and h3 has not begun."""

    def begin(self):
        self.on_hosts("touch /var/hold-two", "h2")
        self.run_ = run = self.execute(self.generate(["two", "three"], once=["two"]), serial=[1, 1, "100%"])
        self.wait_held(run, "two", "h2")
        self.later = self.execute(self.generate(["three"]))
        wait_until(lambda: run in self.run_info(self.later)["reason"], 20, "the later run waits for this one's hosts")
        self.lost, self.heir = self.owner_of(run)
        self.stream = watcher(run)
        self.stream.follow(self.lost.client())
        wait_until(lambda: len(self.stream.events) >= self.run_info(run)["events"], 20, "the stream tells all there is")
        self.left = children_of(self.lost.process.pid)
        self.assertTrue(with_run(run, self.lost.process.pid), "it is at work there")
        self.before = {name: self.counted(name) for name in self.ids}
        self.assertEqual(self.before["h2"].get("begin two"), 1)

    def ended_there(self):
        return not any(lives(x) for x in self.left)

    def taken_over(self):
        """The other node has the run, and waits for what only people know."""
        self.api = self.heir.client(timeout=60)
        wait_until(lambda: self.owner_of(self.run_)[0] is self.heir, 60, "the run has another owner")
        self.wait_for(self.run_, "waiting_for_key", deadline=90)
        self.stream.cut()
        self.stream.follow(self.heir.client())
        self.enter_key()
        self.wait_for(self.run_, "interrupted")
        self.assertEqual({where: x[0] for where, x in self.failures(self.run_).items()}, {("two", "h2"): "interrupted"})
        settle_without(self.run_, *(x.process.pid for x in self.hosts))  # What it had begun there.
        self.assertEqual({name: self.counted(name) for name in self.ids}, self.before)

    def goes_on(self):
        """Whoever owns it now. The later run gets the hosts after that, and not before."""
        self.assertIn(self.run_info(self.later)["state"], ("pending", "waiting_for_key"))
        self.on_hosts("rm -f /var/hold-two")
        self.act("resume", self.run_, decision="again")
        self.wait_end(self.run_, "done")
        if self.wait_for(self.later, "waiting_for_key", "done")["state"] != "done":
            self.enter_key()
        self.wait_end(self.later, "done")
        once = {f"{what} {step}": 1 for step in ("two", "three") for what in ("begin", "end")}
        twice = {"begin three": 2, "end three": 2}  # By both runs.
        for name in self.ids:
            self.assertEqual(self.counted(name), once | twice | ({"begin two": 2} if name == "h2" else {}), name)
            self.assertEqual(self.hosts[name].read("/var/count").split()[-8:], ["begin", "three", "end", "three"] * 2)
        attempts = {where: x["attempts"] for where, x in self.units(self.run_).items()}
        self.assertEqual(attempts, {(step, name): 2 if (step, name) == ("two", "h2") else 1
                                    for step in ("two", "three") for name in self.ids})
        self.assertEqual(self.cluster.store.rows("select * from run_lock"), [])
        self.check_stream()

    def check_stream(self):
        """Through both nodes each event came once and in order, and as it is stored."""
        self.stream.join()
        stored = self.log(self.run_)
        self.assertEqual([x["number"] for x in stored], list(range(1, len(stored) + 1)))
        self.assertEqual(self.stream.numbers, [x["number"] for x in stored])
        self.assertEqual([(name, data) for name, _, data in self.stream.events], [(x["type"], x) for x in stored])
        self.assertEqual(self.stream.end["finished"], self.stream.end["expected"])

    def settled(self):
        """Both share the slots again."""
        self.cluster.wait_settled(90)

    def wait_ended_before_another_begins(self):
        """Nothing of the play is left on the lost node at the moment in which the run has another owner."""
        def has_moved():
            self.assertEqual({name: self.counted(name) for name in self.ids}, self.before)
            return self.owner_of(self.run_)[0] is self.heir
        wait_until(has_moved, 60, "the run has another owner")
        self.assertTrue(self.ended_there(), [x for x in self.left if lives(x)])
