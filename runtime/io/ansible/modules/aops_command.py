#!/usr/bin/python3
"""Runs a program with its arguments as they are: no shell, no variables, no `~`. What it prints is kept up to a limit."""
import os
import selectors
import subprocess
import time

from ansible.module_utils.basic import AnsibleModule

MOST_BYTES = 128 << 10  # Of each stream; Ansible tells it twice, and nothing of a result that is too long.
AFTERWARDS = 0.5  # What a program leaves running may hold its output open for ever.


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


def main():
    module = AnsibleModule(argument_spec={"argv": {"type": "list", "elements": "str", "required": True}})
    argv = [os.fsencode(x) for x in module.params["argv"]]
    try:
        ran = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except (OSError, ValueError) as e:
        module.fail_json(msg="%s: %s" % (module.params["argv"][0], getattr(e, "strerror", None) or e), rc=127)
    out, err = listen(ran)
    told = {"changed": True, "rc": ran.returncode, "stdout": out, "stderr": err}
    if ran.returncode != 0:
        module.fail_json(msg="non-zero return code", **told)
    module.exit_json(**told)


main()
