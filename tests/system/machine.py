#!/usr/bin/env python3
"""What this machine gives its processes, and taking it away from one of them.

A bound in seconds means seconds of a machine that is there for us. Where others work too, a witness says what a process
gets of the processor it asks for, and time is counted by that: `wait_given(…, 30)` waits 30 s on an idle machine and
two minutes on one that gives a quarter.

    machine.py witness          works for a twentieth of the time
    machine.py pulses PID SHARE stops the process for all but this share of each tenth of a second
"""
import os
import signal
import subprocess
import sys
import time

WORK_S, EVERY_S = 0.005, 0.1
PULSE_S = 0.1
LONGEST_FACTOR = 10  # However little the machine gives, a wait ends after so many times its deadline.


def keep_witness():
    while True:
        until = time.thread_time() + WORK_S
        while time.thread_time() < until:
            pass
        time.sleep(EVERY_S - WORK_S)


def keep_pulses(pid, share):
    def end(*_):
        os.kill(pid, signal.SIGCONT)
        sys.exit(0)
    signal.signal(signal.SIGTERM, end)
    try:
        os.nice(-10)  # On a busy machine the pulses would be longer, and the process get more.
    except PermissionError:
        pass
    print("ready", flush=True)
    try:
        while True:
            os.kill(pid, signal.SIGSTOP)
            time.sleep(PULSE_S * (1 - share))
            os.kill(pid, signal.SIGCONT)
            time.sleep(PULSE_S * share)
    except ProcessLookupError:
        pass


def own_program(*words):
    from node import die_with_parent  # Not needed, nor found, where this file is the program.
    return subprocess.Popen([sys.executable, "-B", os.path.abspath(__file__), *words], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, preexec_fn=die_with_parent)


class witness:
    """A process that wants little; what it gets of it is what the machine has for one process more."""

    def __init__(self):
        self.process = own_program("witness")

    def mark(self):
        """A moment to count from: seconds, nanoseconds it worked, and those it waited for a processor."""
        with open(f"/proc/{self.process.pid}/schedstat") as file:
            worked, waited, _ = file.read().split()
        return time.monotonic(), int(worked), int(waited)

    def given(self, since):
        """Seconds since then that the machine was there for one process."""
        began, worked, waited = (now - then for now, then in zip(self.mark(), since))
        return began * worked / (worked + waited) if worked else began

    def wait_given(self, predicate, deadline, what, every=0.1):
        """As `wait_until`, by the time the machine gave. @param what A text, or a function that makes one."""
        since = self.mark()
        while True:
            answer = predicate()
            if answer:
                return answer
            took, got = time.monotonic() - since[0], self.given(since)
            if got >= deadline or took >= LONGEST_FACTOR * deadline:
                what = what() if callable(what) else what
                raise AssertionError(f"{what} did not come true within {took:.0f} s, of which the machine gave {got:.0f} s "
                                     f"(of {deadline} s); last answer: {answer!r}")
            time.sleep(every)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class squeezed:
    """The process has this share of its time, as long as this lasts: as a processor's quota does it, without one."""

    def __init__(self, pid, share=0.1):
        self.pid, self.share = pid, share

    def __enter__(self):
        from node import read_line
        self.helper = own_program("pulses", str(self.pid), str(self.share))
        assert read_line(self.helper, 20) == "ready\n", "the pulses do not start"
        return self

    def __exit__(self, *_):
        self.helper.terminate()
        self.helper.wait()
        self.helper.stdout.close()
        try:
            os.kill(self.pid, signal.SIGCONT)  # Whatever became of the helper.
        except ProcessLookupError:
            pass


if __name__ == "__main__":
    if sys.argv[1] == "witness":
        keep_witness()
    keep_pulses(int(sys.argv[2]), float(sys.argv[3]))
