"""Real MariaDB servers, alone or as a Galera cluster, in private folders and on private ports.

    with mariadb() as server:
        with node(*server.settings()): ...

    with galera(3) as cluster:
        with node(*cluster.settings()): cluster.servers[0].kill()
"""
import ctypes
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile

from waiting import wait_until

PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)
PROVIDER = "/usr/lib/galera/libgalera_smm.so"
PASSWORD = "node-s3cret"


def free_ports(count):
    """Ports nobody listens on, all different; none that the system gives to who connects somewhere, so that a server that is
    away for a while finds its own again."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        first_given = int(file.read().split()[0])
    candidates = iter(random.sample(range(min(10_000, first_given // 2), first_given), 1000))
    found = []
    while len(found) < count:
        port = next(candidates)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
    return found


def account():
    """Whose processes Galera's are: its copying refuses root."""
    return pwd.getpwnam("mysql") if os.geteuid() == 0 else None


def reachable_folder():
    """A private folder that another user can reach, wherever the folders of this test run are."""
    if os.geteuid() != 0:
        return tempfile.mkdtemp(prefix="aops-galera-")
    home = tempfile.mkdtemp(prefix="aops-galera-", dir="/var/tmp")
    os.chmod(home, 0o755)
    return home


def become(user):
    """In the child. The user first: changing it forgets whose death to die."""
    if user:
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    os.setsid()
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class server:
    """One mariadbd with its folder. `root` needs no password on the socket; nodes come in as `aops` by TCP."""

    def __init__(self, folder, options=(), user=None):
        self.folder, self.options = folder, list(options)
        self.socket = os.path.join(folder, "socket")
        self.data = os.path.join(folder, "data")
        self.log_file = os.path.join(folder, "log")
        self.user = user
        self.variables = {}  # Of the environment, besides.
        # It refuses to run as root unless it is told to.
        self.as_user = ["--user=root"] if os.geteuid() == 0 and not user else []
        self.process = None
        (self.port,) = free_ports(1)
        if self.user:
            os.chown(folder, self.user.pw_uid, self.user.pw_gid)
        self.run(["mariadb-install-db", "--no-defaults", *self.as_user, f"--datadir={self.data}", "--skip-test-db",
                  "--auth-root-authentication-method=normal", "--skip-name-resolve"])

    def run(self, words):
        done = subprocess.run(words, preexec_fn=lambda: become(self.user), env=self.environment(), cwd=self.folder,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, f"{words[0]}: {done.stdout}"

    def environment(self):
        """Another user cannot reach the temporary folder of this test run."""
        return dict(os.environ, TMPDIR=self.folder, **self.variables)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self.process.pid

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def launch(self, *more):
        """Starts it without waiting."""
        assert not self.is_running(), "it runs already"
        words = ["/usr/sbin/mariadbd", "--no-defaults", *self.as_user,
                 f"--datadir={self.data}", f"--socket={self.socket}", f"--port={self.port}",
                 "--bind-address=127.0.0.1", "--skip-name-resolve",
                 f"--pid-file={self.folder}/pid", "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=64M",
                 "--innodb-flush-log-at-trx-commit=1", *self.options, *more]
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                                            env=self.environment(), preexec_fn=lambda: become(self.user))

    def start(self, deadline=60):
        """Starts it, or starts it again on the same data, socket and port."""
        self.launch()
        wait_until(lambda: self.answers() or self.must_run(), deadline, "an answer of mariadbd")
        return self

    def must_run(self):
        assert self.is_running(), f"mariadbd ended\n{self.log()}"

    def answers(self):
        try:
            return self.sql("select 1") == "1\n"
        except AssertionError:
            return False

    def sql(self, text, database=None):
        """What the server's own client prints: rows as lines, columns by tabs."""
        words = ["mariadb", "--no-defaults", "-uroot", f"-S{self.socket}", "--connect-timeout=5", "-N", "-B", "-e", text]
        done = subprocess.run(words + ([database] if database else []), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def let_nodes_in(self, database="aops"):
        self.sql(f"create user if not exists aops@'127.0.0.1' identified by '{PASSWORD}'; "
                 f"grant all on `{database}`.* to aops@'127.0.0.1'")

    def kill(self):
        """kill -9."""
        if self.is_running():
            self.process.kill()
        self.process.wait()

    def stop(self, deadline=60):
        """SIGTERM. Returns the exit code."""
        self.process.terminate()
        return self.process.wait(deadline)

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def log(self, lines=30):
        with open(self.log_file, errors="replace") as file:
            return "".join(file.readlines()[-lines:])


def storage_settings(servers, database):
    """Settings of a node that uses these servers in this order."""
    hosts = ",".join(each.address for each in servers)
    return ("storage.engine=mariadb", f"storage.host={hosts}", "storage.user=aops", f"storage.password={PASSWORD}",
            f"storage.database={database}", "storage.connect_timeout=2s")


class mariadb(server):
    """One server for as long as this object."""

    def __init__(self, *options, start=True):
        self.home = tempfile.mkdtemp(prefix="aops-mariadb-")
        folder = os.path.join(self.home, "1")
        os.mkdir(folder)
        self.process = None
        try:
            super().__init__(folder, options)
            if start:
                self.start()
                self.let_nodes_in()
        except BaseException:
            self.close()
            raise

    def settings(self, database="aops"):
        return storage_settings([self], database)

    def close(self):
        if self.process is not None:
            self.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class galera:
    """A Galera cluster; nodes of ours use its servers in their order, one at a time."""

    def __init__(self, size=3, start=True, suspect_after="PT2S"):
        self.home = reachable_folder()
        self.servers = []
        try:
            self.make(size, suspect_after)
            if start:
                self.start()
                self.servers[0].let_nodes_in()
        except BaseException:
            self.close()
            raise

    def make(self, size, suspect_after):
        ports = free_ports(3 * size)
        self.members = ",".join(f"127.0.0.1:{port}" for port in ports[::3])
        for k in range(size):
            folder = os.path.join(self.home, str(k + 1))
            os.mkdir(folder)
            replication, transfer, increment = ports[3 * k:3 * k + 3]
            provider = ";".join((f"gmcast.listen_addr=tcp://127.0.0.1:{replication}",
                                 f"ist.recv_addr=127.0.0.1:{increment}", "gcache.size=64M",
                                 "evs.keepalive_period=PT0.5S",
                                 "evs.inactive_check_period=PT0.25S", f"evs.suspect_timeout={suspect_after}"))
            self.servers.append(server(folder, (
                "--binlog-format=ROW", "--innodb-autoinc-lock-mode=2", "--wsrep-on=ON", f"--wsrep-provider={PROVIDER}",
                "--wsrep-cluster-name=aops", f"--wsrep-cluster-address=gcomm://{self.members}",
                f"--wsrep-node-name=n{k + 1}", f"--wsrep-node-address=127.0.0.1:{replication}",
                "--wsrep-sst-method=rsync", f"--wsrep-sst-receive-address=127.0.0.1:{transfer}",
                f"--wsrep-provider-options={provider}"), account()))

    def settings(self, database="aops"):
        return storage_settings(self.servers, database)

    def running(self):
        return [each for each in self.servers if each.is_running()]

    def start(self, deadline=120):
        """Starts what does not run. After a full stop the server that was last in the cluster goes first."""
        if not self.running():
            first = self.most_advanced()
            first.launch("--wsrep-new-cluster")
            self.await_synced(first, deadline)
        for each in self.servers:  # One after the other: each joiner copies from one donor.
            if not each.is_running():
                each.launch()
                self.await_synced(each, deadline)
        return self

    def most_advanced(self):
        """The server whose state says that it may begin a cluster; on a first start the first one."""
        for each in self.servers:
            state = os.path.join(each.data, "grastate.dat")
            if os.path.exists(state):
                with open(state) as file:
                    if "safe_to_bootstrap: 1" in file.read():
                        return each
        first = self.servers[0]
        state = os.path.join(first.data, "grastate.dat")
        if os.path.exists(state):  # All were killed: one of them is told that it may.
            with open(state) as file:
                text = file.read()
            with open(state, "w") as file:
                file.write(text.replace("safe_to_bootstrap: 0", "safe_to_bootstrap: 1"))
        return first

    def await_synced(self, one, deadline=120):
        def is_synced():
            one.must_run()
            return self.status(one, "wsrep_local_state_comment") == "Synced" and \
                int(self.status(one, "wsrep_cluster_size") or 0) == len(self.running())
        wait_until(is_synced, deadline, f"a synced server in {one.folder}", every=0.2)

    @staticmethod
    def status(one, name):
        try:
            words = one.sql(f"show global status like '{name}'").split()
        except AssertionError:
            return None
        return words[1] if len(words) > 1 else None

    def close(self):
        for each in self.running():
            each.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
