"""The children of the supervisor, by process name: start, signal, read, close."""

from __future__ import annotations

import os
import signal

from procman.core.messages import OutputClosed, OutputDrained, OutputRead
from procman.core.plan.commands import SHELL
from procman.host import spawn
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from procman.core.messages import Message
    from procman.core.plan.plan import ProcessPlan
    from procman.host.poller import Poller
    from procman.host.spawn import WindowSize

LAST_BYTES = spawn.PIPE_SIZE
"""No pipe or terminal holds more: a flood by whoever still has it open cannot hold us up."""


class Children:
    """Children on pipes, or on pseudo-terminals when there is a window size."""

    def __init__(
        self,
        poller: Poller,
        environment: Mapping[str, str],
        window: WindowSize | None,
    ) -> None:
        _keep_large_buffers()
        self._poller = poller
        self._environment = environment
        self._window = window
        self._children: dict[str, spawn.Child] = {}
        self._open: set[str] = set()
        self._held: dict[str, int] = {}  # a terminal that its child has closed, and may open again
        self._ended: set[str] = set()
        self._drained: dict[str, int] = {}  # how many bytes are still read
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

    def release_output(self, name: str) -> None:
        """The child has ended: its terminal is kept open for it no longer."""
        self._ended.add(name)
        if name in self._held:
            os.close(self._held.pop(name))

    def drain_output(self, name: str) -> None:
        """Have all output read that is there; `OutputDrained` or `OutputClosed` follows."""
        if name in self._open:
            self._drained[name] = LAST_BYTES
            self._poller.look(self._children[name].output)

    def close_output(self, name: str) -> None:
        """Read no more of it."""
        self.release_output(name)
        if name in self._open:
            self._end(name)
        self._ended.discard(name)
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
            if self._drained.pop(name, None):
                yield OutputDrained(name)
            return
        except OSError:  # EIO: no process has the terminal open any more
            data = b""
        if data:
            self._make_room(name, len(data))
            yield OutputRead(name, data)
            if name in self._drained:
                yield from self._drain(name, len(data))
        elif not self._hold(name):
            self._end(name)
            yield OutputClosed(name)

    def _make_room(self, name: str, size: int) -> None:
        """Enlarge a pipe that was full: this child has much to say."""
        if size >= spawn.USUAL_PIPE_SIZE and name not in self._roomy:
            self._roomy.add(name)
            spawn.enlarge(self._children[name].output)

    def _drain(self, name: str, size: int) -> Iterator[Message]:
        """Look again until nothing is left, or more was read than can have been there."""
        self._drained[name] -= size
        if self._drained[name] > 0:
            self._poller.look(self._children[name].output)
        else:
            del self._drained[name]
            yield OutputDrained(name)

    def _hold(self, name: str) -> bool:
        """Keep a terminal open that a living child has closed: it may open /dev/tty again."""
        if name in self._ended or name in self._held or not self._children[name].terminal:
            return False
        try:
            self._held[name] = os.open(self._children[name].terminal, os.O_RDWR | os.O_NOCTTY)
        except OSError:
            return False
        return True

    def _end(self, name: str) -> None:
        """Read no more. The descriptor stays: closing a pseudo-terminal hangs up on a child that lives on."""
        self._open.discard(name)
        self._roomy.discard(name)
        self._drained.pop(name, None)
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
