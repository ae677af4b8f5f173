"""Waiting for something to become true, with a deadline, in place of sleeping."""
import time


def wait_until(predicate, deadline=20.0, what="the condition", every=0.05):
    """Asks again and again. Returns the first true answer; past the deadline it is an AssertionError."""
    end = time.monotonic() + deadline
    while True:
        answer = predicate()
        if answer:
            return answer
        if time.monotonic() >= end:
            raise AssertionError(f"{what} did not come true within {deadline} s; last answer: {answer!r}")
        time.sleep(every)
