"""A program at a terminal of its own: what it shows, and the keys a person presses."""
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

from node import die_with_parent


class terminal:
    """Runs `command` with a pseudo-terminal of `width` columns as its standard streams."""

    def __init__(self, command, env, width=80):
        self.shown = ""
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
        take = lambda: (os.setsid(), fcntl.ioctl(0, termios.TIOCSCTTY, 0), die_with_parent())
        self.process = subprocess.Popen(command, env=env | {"TERM": "xterm"}, stdin=slave, stdout=slave, stderr=slave,
                                        preexec_fn=take, close_fds=True)
        os.close(slave)

    def read_until(self, holds, deadline=60):
        """Reads until `holds(all that was shown)` is true, or the program has ended. Returns what was shown."""
        end = time.monotonic() + deadline
        while not holds(self.shown):
            if not select.select([self.master], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"not within {deadline} s: {self.shown!r}")
            try:
                piece = os.read(self.master, 4096)
            except OSError:  # The other end is closed.
                break
            if not piece:
                break
            self.shown += piece.decode("utf-8", "replace")
        return self.shown

    def press(self, keys):
        os.write(self.master, keys)

    def end(self, deadline=60):
        """Waits for the end. Returns the exit code and what was shown, lines ended as in a pipe."""
        self.read_until(lambda _: False, deadline)
        return self.process.wait(deadline), self.shown.replace("\r\n", "\n")

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self.master)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
