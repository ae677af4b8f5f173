#!/usr/bin/python3
"""Runs programs that know the hardware, and tells what each printed or why it did not. Changes nothing."""
import os
import subprocess

from ansible.module_utils.basic import AnsibleModule

MOST_BYTES = 512 * 1024
PROGRAMS = {
    "lscpu": ["lscpu", "-J"],
    "lsblk": ["lsblk", "-J", "-b", "-d", "-o", "NAME,TYPE,SIZE,VENDOR,MODEL"],
    "lspci": ["lspci", "-mm", "-D"],
    "dmidecode": ["dmidecode", "-q", "-t", "0,2,17"],
}


def run(argv, seconds):
    env = dict(os.environ, LC_ALL="C", LANG="C", PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/bin:/bin")
    try:
        ran = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env,
                             timeout=seconds, check=False)
    except FileNotFoundError:
        return {"failed": argv[0] + " is not installed"}
    except subprocess.TimeoutExpired:
        return {"failed": "%s took longer than %d s" % (argv[0], seconds)}
    except OSError as e:
        return {"failed": "%s: %s" % (argv[0], e.strerror)}
    text = ran.stdout[:MOST_BYTES].decode("utf-8", "replace")
    if ran.returncode != 0:
        said = (ran.stderr or ran.stdout).decode("utf-8", "replace").strip().splitlines()
        return {"failed": "%s: %s" % (argv[0], said[-1] if said else "exit status %d" % ran.returncode)}
    return {"output": text}


def read(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read(4096).strip()
    except OSError:
        return ""


def interfaces():
    """Network devices with hardware behind them; where there is none, the others but `lo`."""
    found = []
    for name in sorted(os.listdir("/sys/class/net")) if os.path.isdir("/sys/class/net") else []:
        base = "/sys/class/net/" + name
        device = os.path.realpath(base + "/device") if os.path.exists(base + "/device") else ""
        driver = os.path.realpath(base + "/device/driver") if os.path.exists(base + "/device/driver") else ""
        found.append({"name": name, "slot": os.path.basename(device), "driver": os.path.basename(driver),
                      "address": read(base + "/address"), "speed": read(base + "/speed")})
    real = [x for x in found if x["slot"]] or [x for x in found if x["name"] != "lo"]
    for x in real[:64]:
        x["ethtool"] = run(["ethtool", "-i", x["name"]], 5)
    return real[:64]


def main():
    module = AnsibleModule(argument_spec={"seconds": {"type": "int", "default": 20}}, supports_check_mode=True)
    parts = {name: run(argv, module.params["seconds"]) for name, argv in PROGRAMS.items()}
    dmi = "/sys/class/dmi/id/"
    parts["dmi"] = {name: read(dmi + name) for name in ("bios_version", "board_vendor", "board_name", "sys_vendor", "product_name")}
    parts["interfaces"] = interfaces()
    parts["os_release"] = read("/etc/os-release")
    parts["kernel"] = os.uname().release
    parts["machine"] = os.uname().machine
    parts["meminfo"] = read("/proc/meminfo").split("\n")[0]
    parts["cpuinfo"] = [line for line in read("/proc/cpuinfo").split("\n") if line.startswith(("cpu MHz", "model name"))][:2]
    parts["is_root"] = os.geteuid() == 0
    module.exit_json(changed=False, parts=parts)


main()
