#!/usr/bin/python3
"""Runs a program with its arguments as they are: no shell, no variables, no `~`. What it prints is kept up to a limit.

With `follow`, a name of its own, the first call begins it, and each call, that one too, tells what it printed since the call
before; `ended` says that this was the last. Who does not call again in time has it ended.
"""
import json
import os
import selectors
import signal
import stat
import subprocess
import time

from ansible.module_utils.basic import AnsibleModule

MOST_BYTES = 128 << 10  # Of each stream; Ansible tells it twice, and nothing of a result that is too long.
AFTERWARDS = 0.5  # What a program leaves running may hold its output open for ever.

# Of a program that is followed:
MOST_FOLLOWED = 1 << 20  # Of what it prints.
MOST_AT_ONCE = 32 << 10
LONGEST_LINE = 8 << 10  # What is told ends at the end of a line, so that no word is told in two parts.
GATHER, QUIET = 0.7, 5.0  # Seconds that a call waits for more once there is something, and for something at all.
ABANDONED = 60.0  # Seconds without a call.
PREFIX = "aops-command-"


def text_of(kept, size):
    text = bytes(kept).decode("utf-8", "replace").rstrip("\r\n")
    return text if size <= MOST_BYTES else "%s\n... (%d bytes more)" % (text, size - MOST_BYTES)


def listen(ran):
    """What it printed, and how much, until it has ended."""
    kept = {ran.stdout: bytearray(), ran.stderr: bytearray()}
    sizes = dict.fromkeys(kept, 0)
    until = None
    with selectors.DefaultSelector() as open_ones:
        for stream in kept:
            open_ones.register(stream, selectors.EVENT_READ)
        while open_ones.get_map():
            if until is None and ran.poll() is not None:
                until = time.monotonic() + AFTERWARDS
            if until is not None and time.monotonic() >= until:
                break
            for key, _ in open_ones.select(0.1):
                some = os.read(key.fd, 65536)
                if not some:
                    open_ones.unregister(key.fileobj)
                sizes[key.fileobj] += len(some)
                kept[key.fileobj] += some[:MOST_BYTES - len(kept[key.fileobj])]
    ran.wait()
    return [text_of(kept[x], sizes[x]) for x in (ran.stdout, ran.stderr)]


def why_not(argv, why):
    return "%s: %s" % (argv[0].decode("utf-8", "replace"), getattr(why, "strerror", None) or why)


def run(module, argv):
    try:
        ran = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except (OSError, ValueError) as e:
        module.fail_json(msg=why_not(argv, e), rc=127)
    out, err = listen(ran)
    tell_end(module, ran.returncode, stdout=out, stderr=err)


def tell_end(module, code, **told):
    told.update(changed=True, rc=code)
    if code != 0:
        module.fail_json(msg="non-zero return code", **told)
    module.exit_json(**told)


# -- a program that is followed


def folder_of_places():
    return "/run" if os.geteuid() == 0 and os.path.isdir("/run") else "/tmp"


def is_own(place):
    """Nobody else made it, or can look into it."""
    it = os.lstat(place)
    return stat.S_ISDIR(it.st_mode) and it.st_uid == os.geteuid() and stat.S_IMODE(it.st_mode) == 0o700


def end_with(place, **how):
    with open(place + "/end.new", "w", encoding="ascii") as file:
        json.dump(how, file)
    os.rename(place + "/end.new", place + "/end")


def look_after(place, ran):
    """Keeps what it prints until it has ended, or nobody asks for it any more."""
    size, until, is_awaited = 0, None, True
    with open(place + "/out", "ab", buffering=0) as out, selectors.DefaultSelector() as it:
        it.register(ran.stdout, selectors.EVENT_READ)
        while it.get_map() and is_awaited:
            if until is None and ran.poll() is not None:
                until = time.monotonic() + AFTERWARDS
            if until is not None and time.monotonic() >= until:
                break
            for key, _ in it.select(0.2):
                some = os.read(key.fd, 65536)
                if not some:
                    it.unregister(key.fileobj)
                out.write(some[:max(0, MOST_FOLLOWED - size)])
                size += len(some)
            is_awaited = time.time() - os.stat(place + "/seen").st_mtime < ABANDONED
    if not is_awaited:
        os.killpg(ran.pid, signal.SIGTERM)  # `timeout` kills what does not end.
        return end_with(place, rc=None, why="nobody asked for it in time: it was ended")
    ran.wait()
    return end_with(place, rc=ran.returncode, more=max(0, size - MOST_FOLLOWED))


def begin(place, argv):
    for name in ("seen", "out"):
        open(os.path.join(place, name), "w", encoding="ascii").close()
    if os.fork() != 0:
        return
    try:
        os.setsid()
        none = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(none, fd)
        try:
            # A group of its own: all of it can be ended.
            ran = subprocess.Popen(argv, stdin=none, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
            look_after(place, ran)
        except (OSError, ValueError) as e:
            end_with(place, rc=None, why=why_not(argv, e))
    finally:
        os._exit(0)  # Nothing of Ansible's own ends twice.


def remove(place):
    for name in os.listdir(place):
        os.unlink(os.path.join(place, name))
    os.rmdir(place)


def remove_old(folder):
    """What was ended because nobody asked for it says so to whoever does; a day later nobody will."""
    for name in os.listdir(folder):
        place = os.path.join(folder, name)
        try:
            if name.startswith(PREFIX) and is_own(place) and time.time() - os.stat(place + "/end").st_mtime > 86400:
                remove(place)
        except OSError:
            pass


def told_since(place, at):
    """What can be told of its output from there on, whether more of it waits, and how it has ended once that was all."""
    end = None
    if os.path.exists(place + "/end"):  # Before the output: nothing follows.
        with open(place + "/end", encoding="ascii") as file:
            end = json.load(file)
    with open(place + "/out", "rb") as file:
        file.seek(at)
        new = file.read(MOST_AT_ONCE)
        is_all = not file.read(1)
    if end is None or not is_all:
        whole = new.rfind(b"\n") + 1
        new = new[:whole] if whole or len(new) < LONGEST_LINE else new
    return new, not is_all, end if is_all else None


def follow(module, name, argv):
    folder = folder_of_places()
    place = os.path.join(folder, PREFIX + name)
    try:
        try:
            os.mkdir(place, 0o700)
            remove_old(folder)
            begin(place, argv)
        except FileExistsError:
            pass
        if not is_own(place):
            module.fail_json(msg="%s is somebody else's" % place, ended=True)
        with open(place + "/at", "a+", encoding="ascii") as file:
            file.seek(0)
            at = int(file.read() or 0)
        os.utime(place + "/seen")
        began = time.monotonic()
        some_since = None
        while True:
            new, is_more, end = told_since(place, at)
            now = time.monotonic()
            some_since = some_since or (now if new else None)
            if end is not None or is_more or (some_since and now - some_since >= GATHER) or now - began >= QUIET:
                break
            time.sleep(0.1)
        with open(place + "/at", "w", encoding="ascii") as file:
            file.write(str(at + len(new)))
    except OSError as e:
        module.fail_json(msg="what became of it is not known: %s" % e, ended=True)
    text = new.decode("utf-8", "replace")
    if end is None:
        module.exit_json(changed=False, ended=False, stdout=text)
    remove(place)
    if end["rc"] is None:
        module.fail_json(msg=end["why"], ended=True, stdout=text)
    if end["more"]:
        text += "\n... (%d bytes more)" % end["more"]
    tell_end(module, end["rc"], ended=True, stdout=text)


def main():
    module = AnsibleModule(argument_spec={"argv": {"type": "list", "elements": "str", "required": True}, "follow": {"type": "str"}})
    argv = [os.fsencode(x) for x in module.params["argv"]]
    if module.params["follow"]:
        follow(module, module.params["follow"], argv)
    else:
        run(module, argv)


main()
