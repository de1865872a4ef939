"""What a run has left outside its process group: daemons, adopted by us when their parents ended."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterator


def stop(run: int, number: int, known: Container[int]) -> bool:
    """Signal every process that a run has left behind; whether there was one.

    They are told by their environment. `known` are the children that are nobody's strays.
    """
    mark = b"PROCMAN_RUN_ID=%d" % run
    found = False
    for pid in _children("self"):
        if pid not in known and mark in _environment(pid):
            for each in (pid, *_below(pid)):
                found |= _signal(each, number)
    return found


def _below(pid: int) -> Iterator[int]:
    for child in _children(str(pid)):
        yield child
        yield from _below(child)


def _children(process: str) -> list[int]:
    """The children of all its threads (proc_tid_children(5)); none where the system does not tell."""
    found: list[int] = []
    for path in Path("/proc", process, "task").glob("*/children"):
        try:
            found += map(int, path.read_bytes().split())
        except OSError:
            continue
    return found


def _environment(pid: int) -> list[bytes]:
    """As it was when the program began."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _signal(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
        os.kill(pid, signal.SIGCONT)
    except (ProcessLookupError, PermissionError):
        return False
    return True
