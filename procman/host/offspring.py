"""Children and what is below them (proc_tid_children(5)); none where the system does not tell."""

from __future__ import annotations

import os

from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def children(pid: int) -> list[int]:
    """The children of all threads of a process, those of one thread in the order in which they began."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    return [child for thread in threads for child in _of_thread(pid, thread)]


def below(pid: int) -> Iterator[int]:
    """Every descendant of a process."""
    for child in children(pid):
        yield child
        yield from below(child)


def adopted() -> list[int]:
    """Our own children; orphans become those of our first thread, whose id is that of the process."""
    return _of_thread(os.getpid(), str(os.getpid()))


def session(pid: int) -> int:
    """The session of a process; 0 when it is gone."""
    try:
        return os.getsid(pid)
    except OSError:
        return 0


def group(pid: int) -> int:
    """The process group of a process; 0 when it is gone."""
    try:
        return os.getpgid(pid)
    except OSError:
        return 0


def orphans() -> dict[int, list[int]]:
    """What we have adopted, by session. Leaders of sessions are children that we started."""
    found: dict[int, list[int]] = {}
    for pid in adopted():
        if (leader := session(pid)) != pid:
            found.setdefault(leader, []).append(pid)
    return found


def _of_thread(pid: int, thread: str) -> list[int]:
    try:
        with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
            return list(map(int, file.read().split()))
    except OSError:
        return []
