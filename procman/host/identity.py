"""Names for processes that stay true when pids are used again: pid, start time, boot."""

from __future__ import annotations

import os
import sys
from functools import cache


def identity(pid: int) -> str | None:
    """The name of a living process, None when there is none with this pid (a zombie is none).

    The start time counts from boot (`starttime` in proc_pid_stat(5)), so the boot is part of the name.
    """
    try:
        return _look(pid)
    except OSError:  # it is gone, or we have no descriptor left to look
        return None


def own() -> str:
    """The name of this process. Raises `OSError` when we may not look."""
    name = _look(os.getpid())
    assert name, "a process that asks is alive"
    return name


def alive(name: str) -> bool:
    """Whether the process with this name still lives."""
    pid = name.partition(":")[0]
    return pid.isdigit() and identity(int(pid)) == name


def _look(pid: int) -> str | None:
    if sys.platform != "linux":
        return _by_psutil(pid)
    with open(f"/proc/{pid}/stat", "rb") as file:
        fields = file.read().rpartition(b")")[2].split()
    if fields[0] in (b"Z", b"X"):
        return None
    return f"{pid}:{fields[19].decode()}:{_boot()}"


@cache
def _boot() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read(8)
    except OSError:
        return ""


def _by_psutil(pid: int) -> str | None:
    import psutil  # only where there is no /proc

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{pid}:{process.create_time():.2f}"
    except psutil.Error:
        return None
