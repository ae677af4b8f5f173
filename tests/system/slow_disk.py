"""A disk that is slow when told so, for a process that is started with `environment()`."""
import mmap
import os
import struct
import subprocess

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "slow_disk.c")


class slow_disk:
    def __init__(self, folder):
        self.library, file = os.path.join(folder, "slow_disk.so"), os.path.join(folder, "slow_disk")
        done = subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self.library, SOURCE], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        assert done.returncode == 0, f"cc: {done.stdout.decode()}"
        self.file = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
        os.ftruncate(self.file, mmap.PAGESIZE)
        self.cost = mmap.mmap(self.file, mmap.PAGESIZE)
        self.path = file

    def environment(self):
        return {"LD_PRELOAD": self.library, "AOPS_SLOW_DISK": self.path}

    def set(self, write_us=0, flush_us=0):
        """What each write and each flush takes from now on, one after the other; 0 0: as long as it does."""
        self.cost[:8] = struct.pack("=II", write_us, flush_us)

    def close(self):
        self.cost.close()
        os.close(self.file)
