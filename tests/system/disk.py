"""A small real disk, with the processes and mounts of a machine of its own."""
import os
import subprocess
import tempfile

import netns
from node import die_with_parent, read_line

DISK_MB = 64


class disk:
    """An ext4 in a file, mounted at /var where `then` runs; it is gone with that. @param options Of mkfs.ext4."""

    def __init__(self, folder, prefix, *then, log=subprocess.DEVNULL, options=()):
        image = os.path.join(folder, "disk.img")
        with open(image, "wb") as file:
            file.truncate(DISK_MB << 20)
        done = subprocess.run(["mkfs.ext4", "-q", "-m", "0", *options, image], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        assert done.returncode == 0, done.stdout.decode()
        # Its process namespace makes what runs there the process 1 whose mounts node_exporter tells. Mounts end with it.
        self.process = subprocess.Popen(
            [*prefix, "unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c",
             f'mount -o loop "{image}" /var && echo mounted && exec "$@"', "sh", *then],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, preexec_fn=die_with_parent)
        if read_line(self.process, 20) != "mounted\n":
            self.close()
            raise AssertionError("a disk from a file cannot be mounted here")
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as children:
            (self.child,) = children.read().split()
        self.path = f"/proc/{self.child}/root/var"

    def remount(self, how):
        """`ro` or `rw`."""
        subprocess.run(["nsenter", f"--mount=/proc/{self.child}/ns/mnt", "--", "mount", "-o", f"remount,{how}", "/var"],
                       stdin=subprocess.DEVNULL, check=True, timeout=20)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def why_not():
    """Why this machine can have no such disks; empty when it can."""
    if netns.why_not():
        return netns.why_not()
    with tempfile.TemporaryDirectory(prefix="aops-loop-") as folder:
        try:
            disk(folder, [], "sleep", "infinity").close()
            return ""
        except AssertionError as problem:
            return f"no disks from files here: {problem}"
