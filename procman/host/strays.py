"""What a run has left outside its process group: daemons, adopted by us when their parents ended."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterator


def stop(runs: Collection[int], number: int, known: Container[int]) -> set[int]:
    """Signal every process that these runs have left behind; the runs that had left any.

    They are told by their environment. `known` are the children that are nobody's strays.
    """
    marks = {b"PROCMAN_RUN_ID=%d" % run: run for run in runs}
    found: set[int] = set()
    for pid in _adopted():
        mark = next(iter(marks.keys() & _environment(pid)), None) if pid not in known else None
        if mark is not None and _signal_all([pid, *_below(pid)], number):
            found.add(marks[mark])
    return found


def _adopted() -> list[int]:
    """Our children; orphans become those of our first thread, whose id is that of the process."""
    return _read(Path(f"/proc/self/task/{os.getpid()}/children"))


def _below(pid: int) -> Iterator[int]:
    for child in _children(str(pid)):
        yield child
        yield from _below(child)


def _children(process: str) -> list[int]:
    """The children of all its threads."""
    return [pid for path in Path("/proc", process, "task").glob("*/children") for pid in _read(path)]


def _read(path: Path) -> list[int]:
    """The children of a thread (proc_tid_children(5)); none where the system does not tell."""
    try:
        return list(map(int, path.read_bytes().split()))
    except OSError:
        return []


def _environment(pid: int) -> set[bytes]:
    """As it was when the program began."""
    try:
        return {*Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")}
    except OSError:
        return set()


def _signal_all(pids: list[int], number: int) -> bool:
    """Signal them; whether there was one that we may signal."""
    reached = False
    for pid in pids:
        try:
            os.kill(pid, number)
            os.kill(pid, signal.SIGCONT)
            reached = True
        except (ProcessLookupError, PermissionError):
            continue
    return reached
