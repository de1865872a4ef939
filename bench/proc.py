"""What Linux tells about processes in /proc, and how none of them is left behind."""

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
CPUCLOCK_SCHED = 2  # clock_getcpuclockid(3): the id of another process's CPU clock is ~pid << 3 | 2


@dataclass(frozen=True)
class Memory:
    """Memory of one process in bytes: resident, its proportional share, and the resident peak."""

    rss: int
    pss: int
    peak: int


def adopt_orphans() -> None:
    """Makes this process the parent of all orphans below it: a daemon that a peer starts stays in sight."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def parent_of(pid: int) -> int:
    """The parent's pid; 0 for a process that is gone or a zombie."""
    fields = _stat(pid)
    return int(fields[1]) if fields and fields[0] != "Z" else 0


def descendants(root: int) -> set[int]:
    """All living processes below `root`."""
    parents = {pid: parent_of(pid) for pid in _all_pids()}
    found: set[int] = set()
    frontier = {root}
    while frontier:
        frontier = {pid for pid, parent in parents.items() if parent in frontier} - found
        found |= frontier
    return found


def command_line(pid: int) -> bytes:
    """How a process was started; empty when it is gone."""
    with contextlib.suppress(OSError):
        return (PROC / str(pid) / "cmdline").read_bytes()
    return b""


def cpu_seconds(pid: int) -> float:
    """CPU time of all threads of a process so far, user and system; 0 when it is gone."""
    with contextlib.suppress(OSError):
        return time.clock_gettime_ns((~pid << 3) | CPUCLOCK_SCHED) / 1e9
    return 0.0


def memory(pid: int) -> Memory:
    """Memory of one process; zeros when it is gone."""
    status = _fields(PROC / str(pid) / "status")
    rollup = _fields(PROC / str(pid) / "smaps_rollup")
    return Memory(_bytes(status, "VmRSS"), _bytes(rollup, "Pss"), _bytes(status, "VmHWM"))


def wakeups(pid: int) -> int:
    """How often the threads of a process were put on a CPU so far."""
    total = 0
    for status in (PROC / str(pid) / "task").glob("*/status"):
        fields = _fields(status)
        total += int(fields.get("voluntary_ctxt_switches", "0"))
        total += int(fields.get("nonvoluntary_ctxt_switches", "0"))
    return total


def end_all_but(spared: Iterable[int]) -> None:
    """Kills and reaps everything below this process except the `spared` (which their owner waits for)."""
    spared = set(spared)
    while below := descendants(os.getpid()) - spared:
        for pid in below:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)
    _reap_adopted(spared)


def _reap_adopted(spared: set[int]) -> None:
    for pid in _all_pids():
        fields = _stat(pid)
        if fields and fields[0] == "Z" and int(fields[1]) == os.getpid() and pid not in spared:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def _all_pids() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; a command's name may hold blanks and brackets."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _fields(path: Path) -> dict[str, str]:
    with contextlib.suppress(OSError):
        lines = (line.partition(":") for line in path.read_text().splitlines())
        return {key: value.strip() for key, _, value in lines}
    return {}


def _bytes(fields: dict[str, str], key: str) -> int:
    return int(fields.get(key, "0 kB").split()[0]) * 1024
