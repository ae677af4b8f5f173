#!/usr/bin/python3
"""Reads files, or replaces them in one go: each is what it was or what it is to be, never something between.

What is to be is checked by a command before it takes the place of what was, and put into effect by another after; when either
fails, what was is back.
"""
import base64
import grp
import hashlib
import os
import pwd
import re
import stat
import subprocess
import tempfile

from ansible.module_utils.basic import AnsibleModule

MOST_OUTPUT = 8192  # Bytes that are told of what one command printed,
MOST_TOLD = 1 << 18  # and of what one each of all files did.


class Refused(Exception):
    """Why a file is not read or replaced."""


def refuse(msg, **_):
    """In place of the module's own `fail_json`, which would end it: what became of the other files is told, too."""
    raise Refused(msg)


def owner_of(info):
    try:
        user = pwd.getpwuid(info.st_uid).pw_name
    except KeyError:
        user = str(info.st_uid)
    try:
        group = grp.getgrgid(info.st_gid).gr_name
    except KeyError:
        group = str(info.st_gid)
    return user + ":" + group


def open_plain(path):
    """A regular file, whatever links lead to it; nothing that blocks, talks or is a folder."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    info = os.fstat(fd)
    if not stat.S_ISREG(info.st_mode):
        os.close(fd)
        raise Refused("is no regular file")
    return os.fdopen(fd, "rb"), info


def read_file(path, limit):
    file, info = open_plain(path)
    with file:
        if info.st_size > limit:
            raise Refused("has %d bytes, more than %d" % (info.st_size, limit))
        content = file.read(limit + 1)
    if len(content) > limit:
        raise Refused("has more than %d bytes" % limit)
    return content, info


def collect(path, limit, known):
    content, info = read_file(path, limit)
    mode, owner = "%04o" % stat.S_IMODE(info.st_mode), owner_of(info)
    if known == hashlib.sha256(("%s\n%s\n" % (mode, owner)).encode() + content).hexdigest():
        return {"same": True}
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("is no text in UTF-8") from None
    return {"content": base64.b64encode(content).decode(), "mode": mode, "owner": owner}


def run(command, path, most):
    """(whether it went well, what it said, its last `most` bytes)"""
    argv = [x.replace("{file}", path) for x in command["argv"]]
    try:
        ran = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             timeout=command.get("seconds", 60), check=False)
    except FileNotFoundError:
        return False, argv[0] + " is not there"
    except subprocess.TimeoutExpired:
        return False, "%s took longer than %d s" % (argv[0], command.get("seconds", 60))
    except OSError as e:
        return False, "%s: %s" % (argv[0], e.strerror)
    return ran.returncode == 0, ran.stdout[-most:].decode("utf-8", "replace")


def ids_of(owner, info):
    """Numbers of `user:group`; those of what was where nothing is said."""
    user, _, group = (owner or "").partition(":")
    try:
        uid = info.st_uid if not user else int(user) if user.isdigit() else pwd.getpwnam(user).pw_uid
        gid = info.st_gid if not group else int(group) if group.isdigit() else grp.getgrnam(group).gr_gid
    except KeyError:
        raise Refused("owner: there is no " + owner) from None
    return uid, gid


class Nothing:
    """What is known of a file that is not there."""
    st_mode, st_uid, st_gid = 0o644, 0, 0


def put(path, content, mode, ids):
    """Beside the file, on disk, and then in its place."""
    fd, beside = tempfile.mkstemp(prefix=".aops-", dir=os.path.dirname(path))
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            os.fchown(file.fileno(), *ids)
            os.fchmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
    except Exception:
        os.unlink(beside)
        raise
    return beside


def push(module, wanted, limit, most):
    path = os.path.realpath(wanted["path"])  # A link stays one: what it leads to is replaced.
    content = base64.b64decode(wanted["content"], validate=True)
    try:
        was, info = read_file(path, max(limit, 16 << 20))
    except FileNotFoundError:
        was, info = None, Nothing
        if not os.path.isdir(os.path.dirname(path)):
            raise Refused("its folder is not there") from None
    mode = int(wanted["mode"], 8) if wanted.get("mode") else stat.S_IMODE(info.st_mode)
    ids = ids_of(wanted.get("owner"), info)
    if was == content and (stat.S_IMODE(info.st_mode), info.st_uid, info.st_gid) == (mode, *ids):
        return {"state": "unchanged"}
    beside = put(path, content, mode, ids)
    try:
        told = {"output": ""}
        if wanted.get("validate"):
            good, told["output"] = run(wanted["validate"], beside, most)
            if not good:
                return dict(told, state="refused", reason="validation failed")
        if module.check_mode:
            return dict(told, state="pushed")
        told["backup"] = module.backup_local(path) if was is not None else ""
        try:
            module.atomic_move(beside, path)
            reason = put_into_effect(wanted, path, content, mode, ids, told, most)
        except (Refused, OSError) as e:
            reason = reason_of(e)
    finally:
        if os.path.exists(beside):
            os.unlink(beside)
    if reason:
        return roll_back(module, wanted, path, was, info, dict(told, reason=reason), most)
    drop_old_backups(path)
    return dict(told, state="pushed", digest=hashlib.sha256(content).hexdigest())


def put_into_effect(wanted, path, content, mode, ids, told, most):
    """Why it is not; empty: it is."""
    os.chown(path, *ids)
    os.chmod(path, mode)
    if read_file(path, len(content))[0] != content:
        return "another content is there"
    if not wanted.get("activate"):
        return ""
    good, said = run(wanted["activate"], path, most)
    told["output"] += said
    return "" if good else "activation failed"


def roll_back(module, wanted, path, was, info, told, most):
    if was is None:
        if os.path.lexists(path):
            os.unlink(path)
    else:
        module.atomic_move(put(path, was, stat.S_IMODE(info.st_mode), (info.st_uid, info.st_gid)), path)
    if wanted.get("activate"):
        good, said = run(wanted["activate"], path, most)
        told["output"] += said
        if not good:
            told["reason"] += ", with what was there before, too"
    if told.get("backup"):
        os.unlink(told["backup"])
        told["backup"] = ""
    return dict(told, state="rolled_back")


def drop_old_backups(path, kept=5):
    """Those that Ansible's way of naming them tells: `path.<pid>.<date>~`."""
    name = re.compile(re.escape(os.path.basename(path)) + r"\.\d+\.(\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d)~")
    folder = os.path.dirname(path)
    try:
        old = sorted((name.fullmatch(x).group(1), x) for x in os.listdir(folder) if name.fullmatch(x))
        for _, x in old[:-kept]:
            os.unlink(os.path.join(folder, x))
    except OSError:
        pass  # They go the next time.


def reason_of(e):
    if isinstance(e, Refused):
        return str(e)
    if isinstance(e, OSError):
        return {"FileNotFoundError": "is not there", "PermissionError": "may not be read or written"}.get(
            type(e).__name__, e.strerror or str(e))
    return "%s: %s" % (type(e).__name__, e)


def outcome_of(module, wanted):
    try:
        if module.params["pushes"]:
            most = min(MOST_OUTPUT, MOST_TOLD // len(module.params["files"]))
            return push(module, wanted, module.params["limit"], most)
        return collect(wanted["path"], module.params["limit"], wanted.get("known"))
    except Exception as e:  # pylint: disable=broad-except
        return {"state": "failed", "reason": reason_of(e)}  # Of this file; the others go on.


def main():
    module = AnsibleModule(argument_spec={"files": {"type": "list", "elements": "dict", "required": True},
                                          "limit": {"type": "int", "default": 1 << 20},
                                          "budget": {"type": "int", "default": 1 << 20},
                                          "pushes": {"type": "bool", "default": False}}, supports_check_mode=True)
    module.fail_json = refuse
    told, size = [], 0
    for wanted in module.params["files"]:
        done = outcome_of(module, wanted)
        size += len(done.get("content", ""))
        if told and size > module.params["budget"]:
            break  # What is not told about is asked for again; one file is told in any case.
        told.append(dict(done, path=wanted["path"]))
    module.exit_json(changed=any(x.get("state") in ("pushed", "rolled_back") for x in told), told=told)


main()
