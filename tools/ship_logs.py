"""Sends what this machine logs to a node: ship_logs.py URL CA_FILE TOKEN_FILE STATE_FILE. For `tools/run`; hosts have real collectors.

The journal where there is one, else the usual files of /var/log. How far it got stands in STATE_FILE.
"""
import json
import os
import ssl
import subprocess
import sys
import time
import urllib.request

FILES = ("/var/log/syslog", "/var/log/messages", "/var/log/auth.log", "/var/log/kern.log", "/var/log/dpkg.log")
PAUSE_S, PATIENCE_S = 2, 30
AT_FIRST, MOST_LINES, MOST_BYTES = 200, 2000, 512 << 10


class place:
    """How far each source was read: a cursor of the journal, (inode, offset) of files."""

    def __init__(self, path):
        self.path = path
        try:
            with open(path, encoding="utf-8") as file:
                self.of = json.load(file)
        except (OSError, ValueError):
            self.of = {}

    def keep(self):
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            json.dump(self.of, file)
        os.replace(self.path + ".new", self.path)


def journal(at):
    """(what to send, where it ends); None without a journal."""
    cursor = at.of.get("journal")
    words = ["--after-cursor", cursor, "-n", f"+{MOST_LINES}"] if cursor else ["-n", str(AT_FIRST)]
    done = subprocess.run(["journalctl", "-q", "-o", "export", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, timeout=PATIENCE_S, check=False)
    cursors = [line[len(b"__CURSOR="):].decode() for line in done.stdout.splitlines() if line.startswith(b"__CURSOR=")]
    return (done.stdout, cursors[-1]) if cursors else None


def begin_of(path, size):
    """Where the last few lines begin."""
    with open(path, "rb") as file:
        file.seek(max(0, size - MOST_BYTES))
        tail = file.read()
    lines = tail.splitlines(keepends=True)[-AT_FIRST:]
    return size - sum(map(len, lines))


def lines_of(path, at):
    """(whole lines with their offsets, where they end)."""
    stat = os.stat(path)
    inode, offset = at.of.get(path, (None, 0))
    if inode != stat.st_ino or offset > stat.st_size:  # Rotated, or new to us.
        offset = 0 if inode else begin_of(path, stat.st_size)
    with open(path, "rb") as file:
        file.seek(offset)
        data = file.read(MOST_BYTES)
    data = data[:data.rfind(b"\n") + 1]
    out = []
    for line in data.splitlines(keepends=True)[:MOST_LINES]:
        text = line.decode(errors="replace").rstrip("\r\n")
        if text:
            out.append({"message": text, "source": path, "offset": offset})
        offset += len(line)
    return out, [stat.st_ino, offset]


def send(url, trusted, token_file, kind, body):
    with open(token_file, encoding="ascii") as file:
        headers = {"Authorization": "Bearer " + file.read().strip(), "Content-Type": kind}
    asked = urllib.request.Request(url + "/logs/ingest", body, headers, method="POST")
    with urllib.request.urlopen(asked, timeout=PATIENCE_S, context=trusted) as answer:
        answer.read()


def ship(url, trusted, token_file, at):
    """Once through all sources. What a node does not take is read again the next time."""
    try:
        told = journal(at)
    except (OSError, subprocess.TimeoutExpired):
        told = None
    if told:
        send(url, trusted, token_file, "application/vnd.fdo.journal", told[0])
        at.of["journal"] = told[1]
        at.keep()
    if "journal" in at.of:
        return
    for path in FILES:
        try:
            lines, end = lines_of(path, at)
        except OSError:
            continue
        if lines:
            send(url, trusted, token_file, "application/x-ndjson", "".join(json.dumps(x) + "\n" for x in lines).encode())
        if at.of.get(path) != end:
            at.of[path] = end
            at.keep()


def main():
    url, ca, token_file, state = sys.argv[1:]
    trusted, at, failed = ssl.create_default_context(cafile=ca), place(state), None
    while True:
        try:
            ship(url, trusted, token_file, at)
            failed = None
        except OSError as problem:
            if str(problem) != failed:
                print(f"not sent, and tried again: {problem}", file=sys.stderr, flush=True)
            failed = str(problem)
        time.sleep(PAUSE_S)


if __name__ == "__main__":
    main()
