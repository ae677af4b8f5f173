"""The system that all test hosts share: a small Debian in the user's cache folder, made once for each list of packages.

Packages come by the machine's own apt configuration. Those that tests install on hosts are fetched with it and lie in a
repository inside, so that a host needs no network for them.
"""
import fcntl
import hashlib
import pathlib
import shutil
import subprocess
import time

from schema_tester import cache_folder

LIST = pathlib.Path(__file__).with_name("lab_packages.txt")
REPOSITORY = "/srv/packages"

OPTIONS = ["--mode=root", "--variant=minbase", "--skip=cleanup/apt", "--dpkgopt=path-exclude=/usr/share/doc/*",
           "--dpkgopt=path-exclude=/usr/share/locale/*"]

# Run in the new system, `$1`. Units that make no sense in a namespace are masked; a host has its own keys and identity.
FINISH = r"""set -e
tree=$1
shift
if [ $# -gt 0 ]; then
  chroot "$tree" apt-get install -y --download-only --no-install-recommends "$@"
fi
mkdir -p "$tree@REPOSITORY@"
mv "$tree"/var/cache/apt/archives/*.deb "$tree@REPOSITORY@/"
(cd "$tree@REPOSITORY@" && dpkg-scanpackages --multiversion . >Packages)
rm -rf "$tree"/var/lib/apt/lists/* "$tree"/etc/apt/sources.list "$tree"/etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:@REPOSITORY@ ./' >"$tree/etc/apt/sources.list"
chroot "$tree" apt-get update
rm -f "$tree"/etc/ssh/ssh_host_* "$tree"/etc/machine-id "$tree"/etc/hostname "$tree"/etc/resolv.conf
: >"$tree/etc/machine-id"
: >"$tree/etc/fstab"
echo force-unsafe-io >"$tree/etc/dpkg/dpkg.cfg.d/lab"
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer \
    systemd-remount-fs.service systemd-udevd.service systemd-modules-load.service console-getty.service getty.target; do
  ln -sf /dev/null "$tree/etc/systemd/system/$unit"
done
"""


def packages(kind):
    lines = (line.split() for line in LIST.read_text(encoding="ascii").splitlines())
    return [words[1] for words in lines if words and words[0] == kind]


class tree:
    """Its `folder`, to be used read only until `close`; made when it is missing, which takes a minute or two."""

    def __init__(self):
        version = hashlib.sha256(LIST.read_bytes() + " ".join([*OPTIONS, FINISH]).encode()).hexdigest()[:12]
        folder = cache_folder() / f"lab-{version}"
        folder.parent.mkdir(parents=True, exist_ok=True)
        self.folder = str(folder)
        self.lock = open(f"{folder}.lock", "w", encoding="ascii")  # pylint: disable=consider-using-with
        fcntl.flock(self.lock, fcntl.LOCK_SH)  # As long as it is used. Others use it, too.
        while not folder.exists():
            fcntl.flock(self.lock, fcntl.LOCK_UN)
            fcntl.flock(self.lock, fcntl.LOCK_EX)  # Several runs of the tests may find it missing at once.
            if not folder.exists():
                remove_unused(folder.parent)
                make(folder)
            fcntl.flock(self.lock, fcntl.LOCK_SH)

    def close(self):
        self.lock.close()


def remove_unused(cache):
    """Systems made from other lists, which nobody used for days. A lock is written to when it is taken."""
    for old in cache.glob("lab-*.lock"):
        if time.time() - old.stat().st_mtime < 3 * 86400:
            continue
        with open(old, "a", encoding="ascii") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(old.with_suffix(""), ignore_errors=True)


def make(folder):
    new = folder.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    finish = new / "finish.sh"
    finish.write_text(FINISH.replace("@REPOSITORY@", REPOSITORY), encoding="ascii")
    done = subprocess.run(
        ["mmdebstrap", "--quiet", *OPTIONS, "--include=" + ",".join(packages("base")),
         f"--customize-hook=sh '{finish}' \"$1\" {' '.join(packages('offer'))}",
         "bookworm", str(new / "tree")], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        timeout=560)
    if done.returncode != 0:
        shutil.rmtree(new, ignore_errors=True)
        raise AssertionError("no system for test hosts can be made: " + done.stdout.decode(errors="replace")[-3000:])
    (new / "tree").rename(folder)
    shutil.rmtree(new, ignore_errors=True)
