"""Tells a node what this machine's traced files are: tell_files.py URL CA_FILE TOKEN_FILE. For `tools/run`, and for hosts that cannot
be reached by SSH.

Which files are traced the node says. A file that changes is told at once, all of them by digest every period; what they say is sent
only when the node does not know it. See docs/tracing.md.
"""
import grp
import hashlib
import json
import os
import pwd
import ssl
import stat
import sys
import time
import urllib.request

LOOK_S, PATIENCE_S = 1, 30
MOST_FILES, MOST_BYTES, MOST_SENT = 100, 1 << 20, 2 << 20


def name_of(find, number):
    try:
        return find(number)[0]
    except KeyError:
        return str(number)


def sign(path):
    """What changes when the file does; a text when it cannot be read."""
    try:
        info = os.stat(path)
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "denied"
    return (info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_mode, info.st_uid, info.st_gid)


def read(path):
    """The file as it is told, with its text; {"failure": why} when it cannot be."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode):
                return {"path": path, "failure": "no text"}
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return {"path": path, "failure": "missing"}
    except OSError:
        return {"path": path, "failure": "denied"}
    if len(content) > MOST_BYTES:
        return {"path": path, "failure": "too large"}
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return {"path": path, "failure": "no text"}
    owner = name_of(pwd.getpwuid, info.st_uid) + ":" + name_of(grp.getgrgid, info.st_gid)
    return {"path": path, "content": text, "file_attr": f"{stat.S_IMODE(info.st_mode):04o}", "file_owner": owner}


def by_digest(file):
    """The same without its text."""
    if "failure" in file:
        return file
    whole = f"{file['file_attr']}\n{file['file_owner']}\n{file['content']}".encode()
    return {"path": file["path"], "digest": hashlib.sha256(whole).hexdigest()}


class teller:
    def __init__(self, url, ca, token_file):
        self.url, self.token_file = url, token_file
        self.trusted = ssl.create_default_context(cafile=ca) if url.startswith("https:") else None
        self.traced, self.signs = [], None
        self.period_s, self.told_at = 1, None

    def send(self, files):
        with open(self.token_file, encoding="ascii") as file:
            headers = {"Authorization": "Bearer " + file.read().strip(), "Content-Type": "application/json"}
        asked = urllib.request.Request(self.url + "/tracing/ingest", json.dumps({"files": files}).encode(), headers, method="POST")
        with urllib.request.urlopen(asked, timeout=PATIENCE_S, context=self.trusted) as answer:
            return json.load(answer)

    def send_texts(self, paths):
        """In requests that are short enough."""
        part, size = [], 0
        for path in paths:
            file = read(path)
            length = len(file.get("content", ""))
            if part and size + length > MOST_SENT:
                self.send(part)
                part, size = [], 0
            part.append(file)
            size += length
        if part:
            self.send(part)

    def tell(self):
        """All that is traced. What was found is what is told: a file that changes meanwhile is told again."""
        reply = self.send([])
        self.traced, self.period_s = reply["traced"], reply["period_ms"] / 1000
        self.signs = {path: sign(path) for path in self.traced}
        for i in range(0, len(self.traced), MOST_FILES):
            wanted = self.send([by_digest(read(x)) for x in self.traced[i:i + MOST_FILES]])["wanted"]
            self.send_texts(wanted)
        self.told_at = time.monotonic()

    def look(self):
        is_due = self.told_at is None or time.monotonic() - self.told_at >= self.period_s
        if is_due or any(sign(path) != told for path, told in self.signs.items()):
            self.told_at = None  # Until it is told, it is due.
            self.tell()


def main():
    it, failed = teller(*sys.argv[1:]), None
    while True:
        try:
            it.look()
            failed = None
        except (OSError, ValueError, KeyError) as problem:
            if str(problem) != failed:
                print(f"not told, and tried again: {problem}", file=sys.stderr, flush=True)
            failed = str(problem)
            time.sleep(2)
        time.sleep(LOOK_S)


if __name__ == "__main__":
    main()
