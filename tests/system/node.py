"""Real processes of the product, in private folders and on private ports."""
import ctypes
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

from rest import rest

PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)

# Hashing a password with the real cost takes a third of a second; what is tested here is not its strength.
CHEAP = ("auth.scrypt_n=1024",)


def die_with_parent():
    """In the child: a test that is killed leaves no process behind. Ctrl-C means what it does at a terminal, also where the
    tests themselves run in the background, with it ignored.
    """
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def program(name):
    return os.path.join(os.environ["AOPS_BIN"], name)


class node:
    """A running aops-node with a data folder that lives as long as this object.

    @param config Text of a configuration file, beside the settings.
    """

    def __init__(self, *settings, tls=False, start=True, config=""):
        self.settings = CHEAP + settings
        self.tls = tls
        self.folder = tempfile.mkdtemp(prefix="aops-system-")
        self.data = os.path.join(self.folder, "data")
        self.log_file = os.path.join(self.folder, "node.log")
        self.config_file = os.path.join(self.folder, "aops.toml") if config else None
        if config:
            with open(self.config_file, "w", encoding="utf-8") as file:
                file.write(config)
        self.process = None
        self.url = None
        if start:
            self.start()

    def command(self):
        words = [program("aops-node"), "--data-dir", self.data, "--http", "127.0.0.1:0",
                 "--tls", "on" if self.tls else "off"]
        if self.config_file:
            words += ["--config", self.config_file]
        for setting in self.settings:
            words += ["--set", setting]
        return words

    def start(self, deadline=60):
        """Starts, or starts again on the same data. Returns a client without a session."""
        assert self.process is None or self.process.poll() is not None, "it runs already"
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                            stderr=log, preexec_fn=die_with_parent)
        line = read_line(self.process, deadline)
        words = dict(word.split("=", 1) for word in line.split()[1:] if "=" in word)
        assert line.startswith("ready ") and "http" in words, f"no ready line but {line!r}\n{self.log()}"
        self.id, self.url, self.data_url = words["node"], words["http"], words.get("data")
        return self.client()

    def client(self, token=None):
        return rest(self.url, token)

    def service(self):
        """A client of the interface for services, with the node's own credential."""
        with open(os.path.join(self.data, "service.credential"), encoding="ascii") as file:
            return rest(self.data_url, file.readline().strip())

    def admin(self):
        """A session on a fresh store."""
        return self.client().first_login()

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.reap()

    def stop(self, deadline=20):
        """SIGTERM. Returns the exit code."""
        self.process.terminate()
        try:
            self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"it did not end within {deadline} s of SIGTERM\n{self.log()}") from None
        return self.reap()

    def reap(self):
        code = self.process.wait()
        self.process.stdout.close()
        return code

    def log(self, lines=40):
        with open(self.log_file, errors="replace") as file:
            return "".join(file.readlines()[-lines:])

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()
        elif self.process is not None:
            self.reap()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def read_line(process, deadline):
    """The first line of standard output; what there is when the process ends or the deadline passes."""
    end, line = time.monotonic() + deadline, b""
    while not line.endswith(b"\n"):
        if not select.select([process.stdout], [], [], max(0, end - time.monotonic()))[0]:
            break
        piece = os.read(process.stdout.fileno(), 4096)
        if not piece:
            break
        line += piece
    return line.decode()
