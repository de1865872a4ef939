"""Weighs processes, on a thread: a look at all below one takes its time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psutil

from procman.host.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from procman.host.poller import Poller


class Scales:
    """The thread begins with the first that is weighed."""

    def __init__(self, poller: Poller) -> None:
        self._poller = poller
        self._worker: Worker | None = None

    def weigh(self, leaders: Mapping[str, int], then: Callable[[Mapping[str, int]], None]) -> None:
        """`then` gets the resident bytes of each with all below it, by name. Raises `ShortageError`."""
        self._worker = self._worker or Worker(_perform, self._poller)
        self._worker.submit(lambda _: {name: weight(pid) for name, pid in leaders.items()}, then)


def weight(pid: int) -> int:
    """Resident bytes of a process and all below it; those that end meanwhile weigh nothing."""
    try:
        first = psutil.Process(pid)
        tree = [first, *first.children(recursive=True)]
    except psutil.Error:
        return 0
    return sum(map(_resident, tree))


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _perform(operations: Sequence[Callable[[Any], Any]]) -> list[Any]:
    return [operation(None) for operation in operations]
