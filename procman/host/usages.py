"""What processes use, each with all below it: sampled when somebody asks, by who asks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterable


def add(rows: Iterable[dict[str, Any]]) -> None:
    """Give each row `cpu_percent`, since the process began as ps(1) has it, `memory_bytes` (resident), and
    `cpu_s`, the seconds that it has used."""
    known: dict[int, psutil.Process] = {}
    below: dict[int, list[int]] = {}
    for process in psutil.process_iter(["ppid"]):
        known[process.pid] = process
        below.setdefault(process.info["ppid"], []).append(process.pid)
    now = time.time()
    for row in rows:
        found = _tree(row["leader"], below) if row["leader"] else []
        used = [each for each in (_used(known[pid]) for pid in found if pid in known) if each]
        lasted = max(now - row["started_at"], 0.01) if used else 0.0
        row["cpu_percent"] = round(100 * sum(cpu for cpu, _ in used) / lasted, 1) if used else None
        row["cpu_s"] = sum(cpu for cpu, _ in used) if used else None
        row["memory_bytes"] = sum(memory for _, memory in used) if used else None


def _tree(pid: int, below: dict[int, list[int]]) -> list[int]:
    found = [pid]
    for each in found:
        found += below.get(each, [])
    return found


def _used(process: psutil.Process) -> tuple[float, int] | None:
    """CPU seconds and resident bytes; None when it is gone or another's."""
    try:
        with process.oneshot():
            times = process.cpu_times()
            return times.user + times.system, process.memory_info().rss
    except psutil.Error:
        return None
