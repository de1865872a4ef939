"""What a run has left outside its process group: daemons, adopted by us when their parents ended."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from procman.host.offspring import adopted, below

if TYPE_CHECKING:
    from collections.abc import Collection, Container


def stop(runs: Collection[int], number: int, known: Container[int]) -> set[int]:
    """Signal every process that these runs have left behind; the runs that had left any.

    They are told by their environment. `known` are the children that are nobody's strays.
    """
    marks = {b"PROCMAN_RUN_ID=%d" % run: run for run in runs}
    found: set[int] = set()
    for pid in adopted():
        mark = next(iter(marks.keys() & _environment(pid)), None) if pid not in known else None
        if mark is not None and _signal_all([pid, *below(pid)], number):
            found.add(marks[mark])
    return found


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
