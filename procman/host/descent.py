"""Who descends from this process."""

from __future__ import annotations

import os
import sys


def descendants(proc: str = "/proc") -> list[tuple[int, str]]:
    """Pid and name of every living descendant that may be looked at (proc(5), `hidepid`).

    None where `/proc` shows the pids of another namespace: here they would be somebody else's.
    """
    if sys.platform != "linux":
        return _by_psutil()
    try:
        own, shown = int(os.readlink(f"{proc}/self")), os.listdir(proc)
    except OSError:  # no /proc, or no descriptor left to look
        return []
    if own != os.getpid():
        return []
    children: dict[int, list[tuple[int, str]]] = {}
    for pid in map(int, filter(str.isdigit, shown)):
        if status := _status(f"{proc}/{pid}/stat"):
            name, parent = status
            children.setdefault(parent, []).append((pid, name))
    found = children.get(own, [])
    for pid, _ in found:  # and of those that are found meanwhile
        found += children.get(pid, ())
    return found


def _status(path: str) -> tuple[str, int] | None:
    """Name and parent of a process (proc_pid_stat(5)); the name may have blanks and brackets."""
    try:
        with open(path, "rb") as file:
            head, _, tail = file.read().rpartition(b") ")
    except OSError:  # it is gone, or somebody else's
        return None
    return os.fsdecode(head.partition(b" (")[2]), int(tail.split()[1])


def _by_psutil() -> list[tuple[int, str]]:
    import psutil  # only where there is no /proc

    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            found.append((process.pid, process.name()))
        except psutil.Error:
            continue
    return found
