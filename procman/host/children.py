"""The children of the supervisor, by process name: start, signal, read, close."""

from __future__ import annotations

import os
import signal
import time

from procman.core.messages import OutputClosed, OutputRead
from procman.core.plan.commands import SHELL
from procman.host import spawn
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from procman.core.messages import Message
    from procman.core.plan.plan import ProcessPlan
    from procman.host.poller import Poller
    from procman.host.spawn import WindowSize

LAST_READS = 1 + spawn.PIPE_SIZE // spawn.READ_SIZE
"""No pipe holds more than this many reads, so a flood by whoever still has it open cannot hold us up."""


class Children:
    """Children on pipes, or on pseudo-terminals when there is a window size."""

    def __init__(
        self,
        poller: Poller,
        environment: Mapping[str, str],
        window: WindowSize | None,
        deliver: Callable[[str, bytes, float], None],
        finish: Callable[[str], None],
    ) -> None:
        _keep_large_buffers()
        self._poller = poller
        self._environment = environment
        self._window = window
        self._deliver = deliver
        self._finish = finish
        self._children: dict[str, spawn.Child] = {}
        self._open: set[str] = set()
        self._roomy: set[str] = set()

    def spawn(self, process: ProcessPlan) -> int:
        """Start a process; its pid. Raises `SpawnError`."""
        environment = {**self._environment, **process.environment}
        child = spawn.spawn((*SHELL, process.command), environment, self._window)
        self._children[process.name] = child
        self._open.add(process.name)
        self._poller.add_output(child.output, lambda: self._read(process.name))
        return child.pid

    def signal_group(self, name: str, number: int) -> bool:
        """Signal every process of the group; False when none is left in it."""
        try:
            os.killpg(self._children[name].pid, number)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True  # it runs as somebody else, and lives
        return True

    def stop_group(self, name: str, number: int) -> None:
        """Send a stop signal, and SIGCONT so that a suspended process can obey it."""
        if self.signal_group(name, number):
            self.signal_group(name, signal.SIGCONT)

    def close_output(self, name: str) -> None:
        """Deliver what is left, the unterminated last line included, and close."""
        for _ in range(LAST_READS):
            messages = list(self._read(name))
            for message in messages:
                if isinstance(message, OutputRead):
                    self._deliver(name, message.data, time.monotonic())
            if not messages:
                break
        self._finish(name)
        if name in self._open:
            self._end(name)
        if name in self._children:
            os.close(self._children.pop(name).output)

    def resize(self, window: WindowSize) -> None:
        """The terminal has a new size: tell those that have one."""
        if self._window is not None:
            self._window = window
            for name in self._open:
                spawn.resize(self._children[name], window)

    def _read(self, name: str) -> Iterator[Message]:
        if name not in self._open:
            return  # closed since the poller saw it ready
        try:
            data = os.read(self._children[name].output, spawn.READ_SIZE)
        except BlockingIOError:
            return
        except OSError:  # EIO: no process has the pseudo-terminal open any more
            data = b""
        if data:
            if len(data) >= spawn.USUAL_PIPE_SIZE and name not in self._roomy:
                self._roomy.add(name)
                spawn.enlarge(self._children[name].output)  # it was full: this one has much to say
            yield OutputRead(name, data)
        else:
            self._end(name)
            yield OutputClosed(name)

    def _end(self, name: str) -> None:
        """Read no more. The descriptor stays: closing a pseudo-terminal hangs up on a child that lives on."""
        self._open.discard(name)
        self._roomy.discard(name)
        self._poller.remove_output(self._children[name].output)


def _keep_large_buffers() -> None:
    """Let malloc reuse buffers as large as our reads.

    It maps those anew each time, page fault by page fault, until it has seen a larger one freed
    (M_MMAP_THRESHOLD in mallopt(3)). This one is never touched, so it takes no memory.
    """
    try:
        bytes(16 << 20)
    except MemoryError:
        pass  # the log is slower then, and that is all
