"""The children of the supervisor, by process name: start, signal, read, close."""

from __future__ import annotations

import os
from contextlib import suppress

from procman.core.messages import OutputClosed, OutputDrained, OutputRead, Spawned
from procman.core.plan import commands
from procman.host import spawn
from procman.host.keyboard import Keyboard
from procman.host.sessions import Sessions
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from procman.core.messages import Message
    from procman.core.plan.plan import ProcessPlan
    from procman.host.poller import Poller
    from procman.host.spawn import WindowSize

LAST_BYTES = spawn.PIPE_SIZE
"""No pipe or terminal holds more: a flood by whoever still has it open cannot hold us up."""


class Children(Sessions):
    """Children on pipes, or on pseudo-terminals when there is a window size.

    On pipes their standard input never ends: watchers such as esbuild end when theirs does.
    """

    def __init__(
        self,
        poller: Poller,
        environment: Mapping[str, str],
        window: WindowSize | None,
    ) -> None:
        super().__init__(poller)
        _keep_large_buffers()
        self._poller = poller
        self.environment = environment
        self._window = window
        self._children: dict[str, spawn.Child] = {}
        self._stdin, self._never_written = os.pipe() if window is None else (-1, -1)
        self._open: set[str] = set()
        self._drained: dict[str, int] = {}  # how many bytes are still read
        self._roomy: set[str] = set()
        self._keyboards: dict[str, Keyboard] = {}
        self._held: dict[str, WindowSize] = {}  # by somebody who looks at the terminal itself

    def spawn(self, process: ProcessPlan) -> Spawned:
        """Start a process. Raises `SpawnError`."""
        name, environment = process.name, {**self.environment, **process.environment}
        script = commands.script(process.command, process.arguments)
        child = spawn.spawn(script, environment, self._window, self._stdin)
        self._children[name] = child
        self._open.add(name)
        self._poller.add_output(child.output, lambda: self._read(name))
        return Spawned(child.pid, self.begin_session(name, child, script.stays), child.written)

    def drain_output(self, name: str) -> None:
        """Have all output read that is there; `OutputDrained` or `OutputClosed` follows."""
        if name in self._open:
            self._drained[name] = LAST_BYTES
            self._poller.look(self._children[name].output)

    def close_output(self, name: str) -> None:
        """Read no more of it."""
        if name in self._open:
            self._end(name)
        if keyboard := self._keyboards.pop(name, None):
            keyboard.close()
        self._held.pop(name, None)
        os.close(self._children.pop(name).output)
        self.end_session(name)

    def answer(self, name: str, data: bytes) -> None:
        """Answer what a child has asked its terminal, if it has one and nobody else's answers.

        What has no room there is dropped.
        """
        if self._window is not None and name in self._open and name not in self._held:
            with suppress(OSError):  # EAGAIN: it reads nothing; EIO: nobody has the terminal open any more
                os.write(self._children[name].output, data)

    def resize(self, window: WindowSize) -> None:
        """The terminal has a new size: tell those that have one."""
        if self._window is not None:
            self._window = window
            for name in self._open - self._held.keys():
                spawn.resize(self._children[name], window)

    def has_terminal(self, name: str) -> bool:
        """Whether a child has one that can be used."""
        return self._window is not None and name in self._open

    def hold(self, name: str, window: WindowSize | None) -> None:
        """Somebody looks at the terminal of a child in a window of this size; with None nobody any more."""
        if window is None:
            self._held.pop(name, None)
        if self._window is not None and name in self._open:
            if window is not None:
                self._held[name] = window
            spawn.resize(self._children[name], window or self._window)

    def type(self, name: str, data: bytes, taken: Callable[[], None]) -> None:
        """Type on the terminal of a child; `taken` is called when that has been done."""
        if name in self._open:
            keyboard = self._keyboards.get(name)
            if keyboard is None:
                keyboard = self._keyboards[name] = Keyboard(self._children[name].output, self._poller)
            keyboard.type(data, taken)

    def shown(self, name: str, data: bytes) -> bytes:
        """The output of a child as a raw terminal gets it: newlines take the cursor back, unless the terminal
        of the child is raw too."""
        if name in self._open and spawn.is_cooked(self._children[name]):
            return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        return data

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
            if name in self._behind_shell:
                yield from self._has_written(name)
            yield OutputRead(name, data)
            if name in self._drained:
                yield from self._drain(name, len(data))
        else:
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
