"""What is typed on the terminal of a child, as fast as the child takes it."""

from __future__ import annotations

import os
import select
from collections import deque

from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from procman.core.messages import Message
    from procman.host.poller import Poller


class Keyboard:
    """Types on a terminal whose output is read elsewhere, so it has a descriptor of its own."""

    def __init__(self, terminal: int, poller: Poller) -> None:
        self._poller = poller
        self._fd = os.dup(terminal)
        self._waiting: deque[tuple[bytes, Callable[[], None]]] = deque()
        self._watched = False

    def type(self, data: bytes, taken: Callable[[], None]) -> None:
        """Type this behind what still waits; `taken` is called when all of it is typed."""
        self._waiting.append((data, taken))
        if not self._watched:
            self._go_on()

    def close(self) -> None:
        """Nobody types any more: what waits is dropped."""
        self._waiting.clear()
        self._watch(False)
        os.close(self._fd)

    def _go_on(self) -> None:
        while self._waiting:
            data, taken = self._waiting.popleft()
            try:
                data = data[os.write(self._fd, data) :]
            except BlockingIOError:
                data = b"" if _is_hung_up(self._fd) else data
            except OSError:
                data = b""
            if data:
                self._waiting.appendleft((data, taken))
                break
            taken()
        self._watch(bool(self._waiting))

    def _watch(self, wanted: bool) -> None:
        if wanted and not self._watched:
            self._poller.watch_room(self._fd, self._has_room)
        elif self._watched and not wanted:
            self._poller.unwatch(self._fd)
        self._watched = wanted

    def _has_room(self) -> Iterator[Message]:
        if self._watched:
            self._go_on()
        yield from ()


def _is_hung_up(terminal: int) -> bool:
    """Whether no process has it open any more: what is typed there nobody will take."""
    poll = select.poll()
    poll.register(terminal, 0)
    return any(events & select.POLLHUP for _, events in poll.poll(0))
