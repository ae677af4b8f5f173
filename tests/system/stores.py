"""The store under a cluster: one MariaDB server or a Galera cluster, its account, and a look inside by SQL."""
import os
import select
import sqlite3
import subprocess
import time

import mariadb
from node import die_with_parent

DATABASE, USER, PASSWORD = "aops_drill", "aops", "only-in-tests"


class store_down(Exception):
    pass


class sql_session:
    """One session of `mariadb`, kept open: a query costs a millisecond instead of a process."""

    def __init__(self, path):
        self.process = subprocess.Popen(
            ["mariadb", "--no-defaults", "-uroot", "-S", path, "-N", "-B", "-n", "-f", "--skip-reconnect", "--connect-timeout=3"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=die_with_parent)
        self.count = 0

    def rows(self, text, deadline=30):
        """Rows as tuples of texts, None for null. store_down when there is no answer, ValueError for bad SQL."""
        self.count += 1
        mark = f"-- end {self.count}"
        found, end = b"", time.monotonic() + deadline
        try:
            os.write(self.process.stdin.fileno(), f"{text};\nselect '{mark}';\n".encode())
            while not found.endswith(mark.encode() + b"\n"):
                if not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
                    raise store_down("no answer")
                piece = os.read(self.process.stdout.fileno(), 1 << 16)
                if not piece or b"ERROR 20" in piece:
                    raise store_down((found + piece).decode(errors="replace")[-300:])
                found += piece
        except OSError as broken:
            raise store_down(str(broken)) from None
        lines = found.decode(errors="replace").split("\n")[:-2]
        if any(x.startswith("ERROR ") for x in lines):
            raise ValueError("\n".join(lines))
        return [tuple(None if x == "NULL" else x for x in line.split("\t")) for line in lines]

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class sql_view:
    """What is stored, by SQL, on whichever server serves. May be used by one thread at a time."""

    def __init__(self, sockets, database=DATABASE):
        self.sockets, self.database, self.session = sockets, database, None

    def rows(self, text):
        problem = None
        for path in self.sockets():
            try:
                if self.session is None:
                    self.session = sql_session(path)
                    self.session.rows(f"use {self.database}; set session wsrep_sync_wait = 1")
                return self.session.rows(text)
            except store_down as x:
                problem = x
                self.close()
        raise problem or store_down("no server runs")

    def number(self, text):
        return int(self.rows(text)[0][0] or 0)

    def close(self):
        if self.session is not None:
            self.session.close()
        self.session = None


class sqlite_view:
    """The same look into an embedded store."""

    def __init__(self, file):
        self.db = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=20)

    def rows(self, text):
        return [tuple(None if x is None else str(x) for x in row) for row in self.db.execute(text)]

    def number(self, text):
        return int(self.rows(text)[0][0] or 0)

    def close(self):
        self.db.close()


class embedded:
    """The store in a node's own folder."""

    def __init__(self):
        self.servers, self.file, self.view = [], None, None

    def start(self):
        pass

    def settings(self, _):
        return []

    def belongs_to(self, it):
        self.file = os.path.join(it.data, "aops.db")

    def rows(self, text):
        if self.view is None:
            self.view = sqlite_view(self.file)
        return self.view.rows(text)

    def number(self, text):
        return int(self.rows(text)[0][0] or 0)

    def close(self):
        if self.view is not None:
            self.view.close()


class database:
    """@param servers 1, or 3 for Galera. @param space Namespace in which it serves, at its address there."""

    def __init__(self, folder, servers=1, space=None):
        os.makedirs(folder)
        self.space, self.folder, self.port = space, folder, None
        self.password_file = os.path.join(folder, "password")
        with open(os.open(self.password_file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(PASSWORD + "\n")
        self.within(lambda: self.make(servers))
        self.view = sql_view(self.sockets)

    def make(self, servers):
        if servers > 1:
            assert self.space is None, "a Galera cluster lives on loopback"
            self.galera = mariadb.galera(servers, start=False, suspect_after="PT3S")
            self.servers = self.galera.servers
        else:
            place = os.path.join(self.folder, "server")
            os.mkdir(place)
            self.galera = None
            self.servers = [mariadb.server(place, [f"--bind-address={self.space.address}"] if self.space else [])]

    def within(self, what):
        """Does it in the server's namespace."""
        return self.space.inside(what) if self.space else what()

    def start(self):
        self.within((self.galera or self.servers[0]).start)
        self.servers[0].sql("".join(
            f"create user if not exists {USER}@'{host}' identified by '{PASSWORD}'; grant all on *.* to {USER}@'{host}';"
            for host in ("localhost", "%")))

    def sockets(self):
        return [x.socket for x in self.servers if x.is_running()]

    def settings(self, space):
        """Of a node in this space."""
        found = ["storage.engine=mariadb", f"storage.database={DATABASE}", f"storage.user={USER}",
                 f"storage.password_file={self.password_file}"]
        if self.galera:
            hosts = ",".join(f"127.0.0.1:{x.port}" for x in self.servers)
            return found + [f"storage.host={hosts}"]
        if self.port:
            return found + ["storage.host=127.0.0.1", f"storage.port={self.port}"]
        if space:
            return found + [f"storage.host={self.space.address}", f"storage.port={self.servers[0].port}"]
        return found + [f"storage.socket={self.servers[0].socket}"]

    def reached_at(self, port):
        """Nodes that start from now on come in by this port of loopback."""
        self.port = port

    def script(self, text):
        """Statements with `delimiter` lines, as the command line client takes them."""
        done = subprocess.run(["mariadb", "--no-defaults", "-uroot", "-S", self.sockets()[0]], input=text.encode(),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
        assert done.returncode == 0, done.stdout.decode()

    def kill(self, which=0):
        self.servers[which].kill()
        self.view.close()

    def start_again(self, which=0):
        self.within(self.servers[which].start)

    def rows(self, text):
        return self.view.rows(text)

    def number(self, text):
        return self.view.number(text)

    def in_use(self):
        """Index of the server that the nodes are connected to."""
        counts = []
        for x in self.servers:
            try:
                text = x.sql(f"select count(*) from information_schema.processlist where user = '{USER}'")
                counts.append(int(str(text).split()[-1]))
            except Exception:  # Whatever a dead server comes to.
                counts.append(0)
        return counts.index(max(counts))

    def close(self):
        self.view.close()
        for x in self.servers:
            if x.process is not None:
                x.kill()
        if self.galera:
            self.galera.close()
