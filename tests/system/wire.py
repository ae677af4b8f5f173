#!/usr/bin/env python3
"""A slow wire between two network namespaces: wire.py SPACE NAME SPACE NAME DELAY_MS MBIT.

Makes an Ethernet interface (TAP) of that name in each namespace, and hands frames over after the delay and at the rate
(0: any), each way. In this program rather than by `tc netem`, which not every kernel has.
"""
import ctypes
import fcntl
import os
import select
import struct
import sys
import time
from collections import deque

CLONE_NEWNET, TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x40000000, 0x400454CA, 0x0002, 0x1000
LONGEST_QUEUE = 4 << 20  # Bytes; what comes beyond is lost, as in a real device.


def interface(space, name):
    handle = os.open(space, os.O_RDONLY)
    if ctypes.CDLL(None).setns(handle, CLONE_NEWNET) != 0:
        raise OSError("setns " + space)
    os.close(handle)
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return device


class direction:
    def __init__(self, source, target, delay_s, bytes_per_s):
        self.source, self.target, self.delay_s, self.rate = source, target, delay_s, bytes_per_s
        self.frames, self.waiting, self.free_at = deque(), 0, 0.0

    def take(self):
        for _ in range(256):
            try:
                frame = os.read(self.source, 65536)
            except BlockingIOError:
                return
            except OSError:
                return  # The interface is down.
            if self.waiting + len(frame) > LONGEST_QUEUE:
                continue
            now = time.monotonic()
            self.free_at = max(self.free_at, now) + (len(frame) / self.rate if self.rate else 0)
            self.frames.append((self.free_at + self.delay_s, frame))
            self.waiting += len(frame)

    def give(self):
        """Seconds until the next frame is due."""
        while self.frames:
            wait = self.frames[0][0] - time.monotonic()
            if wait > 0:
                return wait
            _, frame = self.frames.popleft()
            self.waiting -= len(frame)
            try:
                os.write(self.target, frame)
            except OSError:
                pass  # Lost, as on a cut wire.
        return None


def main():
    space, name, other_space, other_name, delay_ms, mbit = sys.argv[1:]
    near, far = interface(space, name), interface(other_space, other_name)
    rate = float(mbit) * 1e6 / 8
    ways = [direction(near, far, float(delay_ms) / 1000, rate), direction(far, near, float(delay_ms) / 1000, rate)]
    print("ready", flush=True)
    while True:
        waits = [x for x in (way.give() for way in ways) if x is not None]
        ready = select.select([near, far], [], [], min(waits, default=None))[0]
        for way in ways:
            if way.source in ready:
                way.take()


if __name__ == "__main__":
    main()
