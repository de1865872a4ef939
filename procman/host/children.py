"""The children of the supervisor, by process name: start, signal, read, close."""

from __future__ import annotations

import os

from procman.core.messages import Spawned
from procman.core.plan import commands
from procman.host import spawn
from procman.host.output import Output
from procman.host.sessions import Sessions
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from procman.core.plan.plan import ProcessPlan
    from procman.host.poller import Poller
    from procman.host.spawn import WindowSize


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
        self.environment = environment
        self._window = window
        self._outputs: dict[str, Output] = {}
        self._stdin, self._never_written = os.pipe() if window is None else (-1, -1)

    def spawn(self, process: ProcessPlan) -> Spawned:
        """Start a process. Raises `SpawnError`."""
        name, environment = process.name, {**self.environment, **process.environment}
        script = commands.script(process.command, process.arguments)
        child = spawn.spawn(script, environment, self._window, self._stdin)
        self._outputs[name] = Output(name, child, self._window, self._poller, self._has_written)
        return Spawned(child.pid, self.begin_session(name, child, script.stays), child.written)

    def drain_output(self, name: str) -> None:
        """Have all output read that is there; `OutputDrained` or `OutputClosed` follows."""
        self._outputs[name].drain()

    def close_output(self, name: str) -> None:
        """Read no more of it."""
        self._outputs.pop(name).close()
        self.end_session(name)

    def answer(self, name: str, data: bytes) -> None:
        """Answer what a child has asked its terminal, if it has one."""
        if output := self._outputs.get(name):
            output.answer(data)

    def resize(self, window: WindowSize) -> None:
        """The terminal has a new size: tell those that have one."""
        if self._window is not None:
            self._window = window
        for output in self._outputs.values():
            output.resize(window)

    def has_terminal(self, name: str) -> bool:
        """Whether a child has one that can be used."""
        return name in self._outputs and self._outputs[name].is_terminal

    def hold(self, name: str, window: WindowSize | None) -> None:
        """Somebody looks at the terminal of a child in a window of this size; with None nobody any more."""
        if output := self._outputs.get(name):
            output.hold(window)

    def type(self, name: str, data: bytes, taken: Callable[[], None]) -> None:
        """Type on the terminal of a child; `taken` is called when that has been done."""
        if output := self._outputs.get(name):
            output.type(data, taken)

    def shown(self, name: str, data: bytes) -> bytes:
        """The output of a child as a raw terminal gets it."""
        output = self._outputs.get(name)
        return output.shown(data) if output else data


def _keep_large_buffers() -> None:
    """Let malloc reuse buffers as large as our reads.

    It maps those anew each time, page fault by page fault, until it has seen a larger one freed
    (M_MMAP_THRESHOLD in mallopt(3)). This one is never touched, so it takes no memory.
    """
    try:
        bytes(16 << 20)
    except MemoryError:
        pass  # the log is slower then, and that is all
