"""A machine as node_exporter sees it, made of files: what the kernel would count goes on by itself, faults are attributes.

It stands for /proc where the real fault would harm whoever else works on this machine: memory that runs out, cores that are
taken, broken disks and cables.
"""
import os
import shutil
import subprocess
import tempfile
import threading
import time

from exporter import free_port
from node import die_with_parent

HERTZ = 100
CORES = 2
PACE_S = 0.25
MEMORY_KB = 1 << 20


class counters:
    """What grows with time, by so much a second from now on; what was counted stays."""

    def __init__(self, **rates):
        self.rates, self.values = rates, {name: 1000.0 for name in rates}

    def go_on(self, seconds):
        for name, rate in self.rates.items():
            self.values[name] += rate * seconds

    def __getitem__(self, name):
        return int(self.values[name])


# Of one core, in shares of its time.
CALM_CPU = {"user": 0.2, "nice": 0, "system": 0.05, "idle": 0.74, "iowait": 0.01, "irq": 0, "softirq": 0, "steal": 0}


CALM_GAUGES = {"load5": 0.5, "running": 1, "blocked": 0, "booted": 1_700_000_000, "available_kb": MEMORY_KB // 2,
               "swap_free_kb": MEMORY_KB // 2, "files": 2000, "tracked": 100, "clock_offset": 0.0, "synchronised": 1,
               "unit_failed": 0}
# A second.
CALM_VM = {"oom_kill": 0, "pswpin": 0, "pswpout": 0, "pgmajfault": 1, "pgfault": 500}
CALM_DISK = {"reads": 10, "read_ms": 10, "writes": 10, "write_ms": 10, "busy_ms": 50}
CALM_WIRE = {"packets": 100, "receive_errors": 0, "transmit_errors": 0}


class proc_tree:
    """The files below `path`, written anew several times a second while it is open."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="aops-proc-")
        self.texts = tempfile.mkdtemp(prefix="aops-textfile-")
        self.gauges = dict(CALM_GAUGES)
        self.cpu = counters(**{mode: share * HERTZ for mode, share in CALM_CPU.items()})
        self.vm, self.disk, self.wire = counters(**CALM_VM), counters(**CALM_DISK), counters(**CALM_WIRE)
        self.lock, self.is_open, self.written_at = threading.Lock(), True, time.monotonic()
        self.write()
        self.thread = threading.Thread(target=self.go_on, daemon=True)
        self.thread.start()

    def set(self, **gauges):
        with self.lock:
            assert gauges.keys() <= self.gauges.keys(), gauges
            self.gauges |= gauges

    def rates(self, of, **rates):
        with self.lock:
            assert rates.keys() <= of.rates.keys(), rates
            of.rates |= rates

    def cpu_shares(self, **shares):
        self.rates(self.cpu, **{mode: share * HERTZ for mode, share in (CALM_CPU | shares).items()})

    def reset(self):
        """No faults any more."""
        self.set(**CALM_GAUGES)
        self.cpu_shares()
        for of, calm in ((self.vm, CALM_VM), (self.disk, CALM_DISK), (self.wire, CALM_WIRE)):
            self.rates(of, **calm)

    def count(self, of, name, more):
        with self.lock:
            of.values[name] += more

    def go_on(self):
        stop = threading.Event()
        while self.is_open:
            self.write()
            stop.wait(PACE_S)

    def write(self):
        with self.lock:
            now = time.monotonic()
            for of in (self.cpu, self.vm, self.disk, self.wire):
                of.go_on(now - self.written_at)
            self.written_at = now
            files = self.files(self.gauges)
        for name, text in files.items():
            self.put(os.path.join(self.path, name), text)
        self.put(os.path.join(self.texts, "stand-ins.prom"), self.metrics(self.gauges))

    @staticmethod
    def put(name, text):
        """Whole or not at all: who reads it sees no half of it."""
        os.makedirs(os.path.dirname(name), exist_ok=True)
        with open(name + "~", "w", encoding="ascii") as file:
            file.write(text)
        os.rename(name + "~", name)

    def files(self, g):
        modes = " ".join(str(self.cpu[mode]) for mode in CALM_CPU)
        every = " ".join(str(CORES * self.cpu[mode]) for mode in CALM_CPU)
        cores = "".join(f"cpu{n} {modes} 0 0\n" for n in range(CORES))
        d, w = self.disk, self.wire
        return {
            "stat": f"cpu  {every} 0 0\n{cores}intr 1\nctxt 1\nbtime {g['booted']}\nprocesses 1\n"
                    f"procs_running {g['running']}\nprocs_blocked {g['blocked']}\nsoftirq 1 0 0 0 0 0 0 0 0 0 0\n",
            "loadavg": f"0.5 {g['load5']} 0.5 1/100 4711\n",
            "meminfo": f"MemTotal: {MEMORY_KB} kB\nMemFree: {g['available_kb'] // 2} kB\n"
                       f"MemAvailable: {g['available_kb']} kB\nSwapTotal: {MEMORY_KB} kB\nSwapFree: {g['swap_free_kb']} kB\n",
            "vmstat": "".join(f"{name} {self.vm[name]}\n" for name in self.vm.rates),
            "diskstats": f"   8       0 sda {d['reads']} 0 {8 * d['reads']} {d['read_ms']} {d['writes']} 0 "
                         f"{8 * d['writes']} {d['write_ms']} 0 {d['busy_ms']} {d['busy_ms']} 0 0 0 0 0 0\n",
            "net/dev": "Inter-|   Receive                                                |  Transmit\n"
                       " face |bytes    packets errs drop fifo frame compressed multicast|"
                       "bytes    packets errs drop fifo colls carrier compressed\n"
                       f"  eth0: {99 * w['packets']} {w['packets']} {w['receive_errors']} 0 0 0 0 0 "
                       f"{99 * w['packets']} {w['packets']} {w['transmit_errors']} 0 0 0 0 0\n",
            "sys/fs/file-nr": f"{g['files']}\t0\t100000\n",
            "sys/net/netfilter/nf_conntrack_count": f"{g['tracked']}\n",
            "sys/net/netfilter/nf_conntrack_max": "10000\n",
        }

    @staticmethod
    def metrics(g):
        """What node_exporter asks the kernel's clock and systemd for, as its text files say it."""
        return (f"node_timex_offset_seconds {g['clock_offset']}\nnode_timex_sync_status {g['synchronised']}\n"
                f"node_systemd_unit_state{{name=\"web.service\",state=\"failed\",type=\"simple\"}} {g['unit_failed']}\n"
                f"node_systemd_unit_state{{name=\"web.service\",state=\"active\",type=\"simple\"}} {1 - g['unit_failed']}\n")

    def collectors(self):
        """Arguments of a node_exporter that reads this."""
        return [f"--path.procfs={self.path}", f"--collector.textfile.directory={self.texts}", "--collector.disable-defaults",
                "--no-collector.netdev.netlink", "--collector.diskstats.device-exclude=^$",
                *("--collector." + name for name in ("conntrack", "cpu", "diskstats", "filefd", "loadavg", "meminfo", "netdev",
                                                     "stat", "textfile", "vmstat"))]

    def close(self):
        self.is_open = False
        self.thread.join()
        for folder in (self.path, self.texts):
            shutil.rmtree(folder, ignore_errors=True)


class small_exporter:
    """A real node_exporter with few collectors. `prefix` before its command puts it where it belongs."""

    def __init__(self, arguments, prefix=(), address="127.0.0.1"):
        self.words, self.address = [*prefix, "prometheus-node-exporter", "--log.level=error", *arguments], address
        self.port = free_port()
        self.start()

    def start(self):
        self.process = subprocess.Popen([*self.words, f"--web.listen-address={self.address}:{self.port}"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        preexec_fn=die_with_parent)

    def stop(self):
        self.process.kill()
        self.process.wait()

    close = stop

