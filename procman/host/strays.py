"""Orphans that nobody's session accounts for: daemons, adopted by us when their parents ended."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from procman.core.tasks.strays import Stray
from procman.host.offspring import adopted, below, session
from procman.host.spawn import file_id

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from procman.core.messages import FileId

START = 19
"""Where the start stands behind the name in proc_pid_stat(5): field 22, in ticks since the system began."""


def find(known: Container[int]) -> list[Stray]:
    """What we have adopted and is not in the session of one of the `known` children."""
    return [stray for pid in adopted() if pid not in known and (stray := _look(pid, known))]


def reach(pid: int, number: int) -> bool:
    """Signal a process and all below it; whether there was one that we may signal."""
    reached = [_signal(each, number) for each in (pid, *below(pid))]
    return any(reached)


def _look(pid: int, known: Container[int]) -> Stray | None:
    """None where it is gone, belongs to a known session, or is not to be told from one that has ended."""
    proc = Path(f"/proc/{pid}")
    try:
        words = dict(entry.partition(b"=")[::2] for entry in (proc / "environ").read_bytes().split(b"\0"))
        begun = (proc / "cmdline").read_bytes() != b""  # neither has one that is between two programs
        start = int((proc / "stat").read_bytes().rpartition(b")")[2].split()[START])
    except OSError:
        return None
    run = words.get(b"PROCMAN_RUN_ID", b"")
    if not begun or (not run and session(pid) in known):
        return None
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - start / os.sysconf("SC_CLK_TCK")
    process = words.get(b"PROCMAN_PROCESS")
    name = os.fsdecode(process) if process else None
    return Stray(pid, age, int(run) if run.isdigit() else None, name, frozenset(_outputs(proc)))


def _outputs(proc: Path) -> Iterator[FileId]:
    for number in (1, 2):
        with suppress(OSError):
            yield file_id((proc / "fd" / str(number)).stat())


def _signal(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
        os.kill(pid, signal.SIGCONT)
    except (ProcessLookupError, PermissionError):
        return False
    return True
