"""A real Apache Kafka, and programs of others that write to it and read from it: kcat, and kafka-python."""
import fcntl
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from cluster import authority
from node import die_with_parent
from schema_tester import cache_folder, environment

TOP = pathlib.Path(__file__).resolve().parents[2]
CLUSTER = TOP / "tools/kafka/cluster"
READER = pathlib.Path(__file__).with_name("kafka_reader.py")
READER_NEEDS = pathlib.Path(__file__).with_name("kafka_reader.txt")
VERSION = os.environ.get("KAFKA_VERSION", "3.9.1")


def libraries():
    """The broker's jars; fetched when they are missing."""
    folder = cache_folder() / f"kafka-{VERSION}"
    folder.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Several tests may find them missing at once.
        subprocess.run([CLUSTER, "fetch", folder], check=True, timeout=300, capture_output=True)
    return folder


class kafka:
    """Brokers 1 to `count` with a private folder.

    @param user NAME:PASSWORD of a listener of SASL.
    @param tls Listeners of TLS too, `ssl` (which wants a certificate) and `sasl_ssl`; `certificates` issues some.
    @param acls Users have the rights that `grant` gives them; those who come without a name may do anything.
    """

    def __init__(self, count=1, user=None, start=True, tls=False, acls=False):
        self.count = count
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="aops-kafka-"))
        self.libs = libraries()
        more = {"KAFKA_USER": user} if user else {}
        if tls:
            self.certificates = authority(str(self.folder / "tls"))
            self.certificates.issue("broker", "127.0.0.1")
            parts = [(self.folder / "tls" / name).read_text() for name in ("broker.key", "broker.crt")]
            (self.folder / "tls/broker.pem").write_text("".join(parts))
            more["KAFKA_TLS"] = str(self.folder / "tls")
        if acls:
            more["KAFKA_ACLS"] = "1"
        self.bootstrap = subprocess.run([CLUSTER, "format", self.libs, self.folder, str(count)], check=True, text=True,
                                        capture_output=True, timeout=300, env=os.environ | more).stdout.strip()
        self.sasl, self.ssl, self.sasl_ssl = ((self.folder / x).read_text().strip() for x in ("sasl", "ssl", "sasl_ssl"))
        self.processes = {}
        try:
            if start:
                self.start()
        except BaseException:
            self.close()
            raise

    def start(self, *numbers):
        """Starts those that are down, on their data, and waits for all."""
        for number in numbers or range(1, self.count + 1):
            if number in self.processes and self.processes[number].poll() is None:
                continue
            with open(self.folder / str(number) / "log", "ab") as log:
                self.processes[number] = subprocess.Popen(
                    [CLUSTER, "run", self.libs, self.folder, str(number)], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    preexec_fn=die_with_parent)
        subprocess.run([CLUSTER, "wait", self.folder], check=True, timeout=120, capture_output=True)

    def kill(self, number=1):
        """kill -9."""
        self.processes[number].kill()
        self.processes[number].wait()

    def pause(self, number=1):
        self.processes[number].send_signal(signal.SIGSTOP)

    def resume(self, number=1):
        self.processes[number].send_signal(signal.SIGCONT)

    def close(self):
        for process in self.processes.values():
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def settings(self, *more):
        """Of a node that uses it."""
        return ("kafka.enabled=true", f"kafka.brokers={self.bootstrap}",
                "kafka.publish=results,progress,reports") + more

    def kcat(self, *words, stdin=b"", timeout=60):
        done = subprocess.run(["kcat", "-b", self.bootstrap, "-q", *words], input=stdin, capture_output=True, timeout=timeout,
                              check=False)
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout

    def send(self, topic, *messages, key=None):
        """Each a JSON document, or bytes as they are."""
        lines = b"".join((x if isinstance(x, bytes) else json.dumps(x).encode()) + b"\n" for x in messages)
        words = ("-k", key) if key else ()
        self.kcat("-P", "-t", topic, *words, stdin=lines)

    def writer(self, topic):
        """A program that sends each line of its input at once."""
        return subprocess.Popen([environment(READER_NEEDS) / "python", READER.with_name("kafka_writer.py"), self.bootstrap, topic],
                                stdin=subprocess.PIPE, preexec_fn=die_with_parent)

    def read(self, topic, count=None, timeout=60, idle=3):
        """All messages of a topic that are committed, by kafka-python: dicts with key, value, headers, partition, offset.
        @param count Waits for so many. Without it: those that come until nothing does for `idle` seconds.
        """
        done = subprocess.run([environment(READER_NEEDS) / "python", READER, self.bootstrap, topic, str(count or 0), str(timeout if count else idle)],
                              capture_output=True, text=True, timeout=timeout + 60, check=False)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def ask(self, *words):
        """What `kafka_admin.py` says."""
        done = subprocess.run([environment(READER_NEEDS) / "python", READER.with_name("kafka_admin.py"), self.bootstrap, *words],
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def grant(self, user, rights):
        """@param rights As `KIND NAME OPERATION`, where a name that ends with `*` stands for all that begin so."""
        self.ask("grant", user, *rights)

    def members(self, group):
        """Ids of those who read for a group now: whoever was cut off comes back under another one."""
        return sorted(self.ask("members", group).split())

    def events(self, topic, count=None, **more):
        return [json.loads(x["value"]) for x in self.read(topic, count, **more)]
