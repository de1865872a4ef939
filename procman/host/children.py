"""The children of the supervisor, by process name: start, signal, read, close."""

from __future__ import annotations

import os

from procman.core.messages import Spawned
from procman.core.plan import commands
from procman.errors import SpawnError
from procman.host import spawn, surroundings, variables
from procman.host.output import Output
from procman.host.sessions import Sessions
from procman.host.spawn import Given, WindowSize
from procman.shortages import reason
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from procman.core.plan.plan import ProcessPlan
    from procman.core.plan.policies import Policies
    from procman.host.listening import Listeners
    from procman.host.poller import Poller

USUAL = WindowSize(80, 24)


class Children(Sessions):
    """Children on pipes, or on pseudo-terminals when there is a window size, unless their policies say
    otherwise; `usual` is the window of one that has a terminal among others on pipes.

    On pipes their standard input never ends: watchers such as esbuild end when theirs does. What is in
    `dress` gives variables for the environment of a child that is about to start; it may raise `SpawnError`.
    """

    def __init__(
        self,
        poller: Poller,
        environment: Mapping[str, str],
        window: WindowSize | None,
        usual: WindowSize = USUAL,
    ) -> None:
        super().__init__(poller)
        _keep_large_buffers()
        self.environment = environment
        self.dress: list[Callable[[ProcessPlan], Mapping[str, str]]] = []
        self._window = window
        self._usual = usual
        self._outputs: dict[str, Output] = {}
        self._stdin, self._never_written = os.pipe() if window is None else (-1, -1)
        self._listeners: Listeners | None = None

    def spawn(self, process: ProcessPlan) -> Spawned:
        """Start a process. Raises `SpawnError`."""
        name, policies = process.name, process.policies
        given = self._given(policies)
        environment = self._environment_of(process, given)
        script = commands.script(process.command, process.arguments, _stop_signal(policies))
        if policies.listen:
            from procman.host.listening import with_pid  # few processes do

            script = with_pid(script)
        with surroundings.of(policies):
            child = spawn.spawn(script, environment, given)
        if policies.nice is not None:
            surroundings.settle(child.pid, policies.nice)
        self._outputs[name] = Output(name, child, given.window, self._poller, self._has_written)
        main = self.begin_session(name, child, script.stays, policies.signal_group)
        return Spawned(child.pid, main, child.written)

    @property
    def listeners(self) -> Listeners:
        """The sockets that are handed to children."""
        if self._listeners is None:
            from procman.host.listening import Listeners  # few apps have any

            self._listeners = Listeners()
        return self._listeners

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
        self._usual = window
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

    def _given(self, policies: Policies) -> Given:
        window = self._window
        if policies.pty:
            window = self._usual if policies.pty == "always" else None
        endless = window is None and not policies.stdin_null
        return Given(
            window,
            self._endless_input() if endless else -1,
            policies.stdin_null,
            self.listeners.descriptors(policies.listen) if policies.listen else (),
            policies.nofile,
            policies.account,
        )

    def _environment_of(self, process: ProcessPlan, given: Given) -> dict[str, str]:
        values = variables.of(process, self.environment)
        if given.window is None and self._window:  # else all are on pipes, and told so
            values.setdefault("PYTHONUNBUFFERED", "1")
        for dress in self.dress:
            values.update(dress(process))
        return values

    def _endless_input(self) -> int:
        """A pipe that never ends, for all on pipes."""
        if self._stdin < 0:
            try:
                self._stdin, self._never_written = os.pipe()
            except OSError as error:
                raise SpawnError(reason(error), exit_code=126) from None
        return self._stdin


def _stop_signal(policies: Policies) -> str:
    """As trap(1) takes it."""
    return commands.TERM if policies.stop_signal is None else str(int(policies.stop_signal))


def _keep_large_buffers() -> None:
    """Let malloc reuse buffers as large as our reads.

    It maps those anew each time, page fault by page fault, until it has seen a larger one freed
    (M_MMAP_THRESHOLD in mallopt(3)). This one is never touched, so it takes no memory.
    """
    try:
        bytes(16 << 20)
    except MemoryError:
        pass  # the log is slower then, and that is all
