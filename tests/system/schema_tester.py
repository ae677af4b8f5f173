"""Tools and schemas from PyPI and npm that test interfaces by their documents.

They lie in the user's cache folder (`XDG_CACHE_HOME`), each list of pinned versions in a folder of its own, which is made once.
"""
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

PINNED = pathlib.Path(__file__).with_name("schema_tester.txt")


def cache_folder():
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "aops"


def run(command, timeout):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=timeout)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout.decode(errors='replace')[-4000:]}"


def cached(name, make):
    """A folder of the cache; `make(folder)` makes it when it is missing."""
    folder = cache_folder() / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Several runs of the tests may find it missing at once.
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            (folder / "complete").touch()
    return folder


def environment(pinned=PINNED):
    """The folder with the programs of a list of pinned versions; installs them when they are missing."""
    version = hashlib.sha256(pinned.read_bytes() + sys.version.encode()).hexdigest()[:12]
    return cached(f"{pinned.stem.replace('_', '-')}-{version}", lambda folder: (
        run([sys.executable, "-m", "venv", folder], 120),
        run([folder / "bin/pip", "install", "--quiet", "--no-input", "--disable-pip-version-check",
             "--requirement", pinned], 300))) / "bin"
