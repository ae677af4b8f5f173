"""Child processes that always end with their owner, and what /proc says about them."""
import os
import select
import signal
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


class Child:
    """A program that says when it is ready; ended and waited for by `stop` or on leaving `with`."""

    def __init__(self, command, folder, name):
        self.log = os.path.join(folder, name + ".log")
        self.began = time.monotonic()
        with open(self.log, "ab") as errors:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def wait_line(self, begin, deadline_s=60):
        """The first line of standard output with this beginning."""
        end, text = time.monotonic() + deadline_s, b""
        while time.monotonic() < end:
            if select.select([self.process.stdout], [], [], 0.5)[0]:
                piece = os.read(self.process.stdout.fileno(), 4096)
                if not piece:
                    break
                text += piece
                for line in text.decode(errors="replace").splitlines(keepends=True):
                    if line.startswith(begin) and line.endswith("\n"):
                        return line.strip()
        with open(self.log, encoding="utf-8", errors="replace") as log:
            raise RuntimeError(f"{self.process.args[0]} printed no line `{begin}…`:\n{log.read()[-3000:]}")

    def stop(self, deadline_s=30):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(deadline_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def cpu_s(self):
        return cpu_s(self.pid)

    def rss_mb(self):
        return rss_mb(self.pid)

    def threads(self):
        return status_of(self.pid, "Threads:")


def cpu_s(pid):
    """User and system time so far."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss_mb(pid):
    return status_of(pid, "VmRSS:") / 1024


def status_of(pid, key):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        for line in file:
            if line.startswith(key):
                return int(line.split()[1])
    return 0


def poll(what, deadline_s, problem):
    """Asks until `what()` is true; what it then said."""
    end = time.monotonic() + deadline_s
    while True:
        if found := what():
            return found
        if time.monotonic() > end:
            raise RuntimeError(f"after {deadline_s} s: {problem}")
        time.sleep(0.2)
