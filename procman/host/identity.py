"""Names for processes that stay true when pids are used again: pid, start time, boot, PID namespace."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import NamedTuple

FIELDS = 4
"""Of a name. Version 1 of the store has names without namespace, and eight characters of the boot."""
OLD_BOOT = 8


class _Seen(NamedTuple):
    start: str
    """Counts from boot (`starttime` in proc_pid_stat(5)), so the boot is part of the name."""
    boot: str
    namespace: str


def identity(pid: int) -> str | None:
    """The name of a living process, None when there is none with this pid (a zombie is none)."""
    try:
        return _look(pid)
    except OSError:  # it is gone, or we have no descriptor left to look
        return None


def own() -> str:
    """The name of this process. Raises `OSError` when we may not look."""
    name = _look(os.getpid())
    assert name, "a process that asks is alive"
    return name


def lives(name: str) -> bool | None:
    """Whether the process with this name lives; None when that cannot be seen from here."""
    pid, _, rest = name.partition(":")
    if not pid.isdigit():
        return False
    fields = rest.split(":")
    if len(fields) == FIELDS - 1:
        seen = _Seen(*fields)
        if seen.boot != _boot():
            return False
        if seen.namespace != _namespace():
            return None
    try:
        found = _look(int(pid))
    except (FileNotFoundError, ProcessLookupError):
        return False
    except OSError:
        return None
    return found is not None and name in (found, _as_old(found))


def of_another_boot(name: str) -> bool:
    """Whether the system was started anew since the process with this name was there."""
    boot = name.split(":")[2:3]
    return boot != [] and not _boot().startswith(boot[0])


def _as_old(name: str) -> str:
    pid, start, boot, _ = name.split(":")
    return f"{pid}:{start}:{boot[:OLD_BOOT]}" if sys.platform == "linux" else f"{pid}:{start}"


def _look(pid: int) -> str | None:
    start = _start(pid)
    return start and ":".join((str(pid), *_Seen(start, _boot(), _namespace())))


def _start(pid: int) -> str | None:
    if sys.platform != "linux":
        return _by_psutil(pid)
    with open(f"/proc/{pid}/stat", "rb") as file:
        fields = file.read().rpartition(b")")[2].split()
    return None if fields[0] in (b"Z", b"X") else fields[19].decode()


@cache
def _boot() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()
    except OSError:
        return ""


@cache
def _namespace() -> str:
    """The number of our PID namespace (pid_namespaces(7)): in another one, the same pid is somebody else."""
    try:
        return os.readlink("/proc/self/ns/pid").partition("[")[2].rstrip("]")
    except OSError:
        return ""


def _by_psutil(pid: int) -> str | None:
    import psutil  # only where there is no /proc

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except psutil.Error:
        return None
