"""Stand-ins for the world: what the engine asks of it, kept in memory, with a journal of what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procman.core.exitcodes import signal_name
from procman.core.facts import has_words
from procman.core.messages import Spawned
from procman.engine.storequeue import perform
from procman.errors import SpawnError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from procman.core.facts import Fact
    from procman.core.messages import Message
    from procman.core.plan.plan import ProcessPlan
    from procman.core.text.prefix import Buffer
    from procman.engine.store import Store
    from procman.host.spawn import WindowSize


class FakeClock:
    """A clock that moves when it is told to. `now` in seconds."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class FakeChildren:
    """Children without processes: pids count from 101, and groups live until `leave`."""

    def __init__(self, *refused: str) -> None:
        self.journal: list[str] = []
        self.facts: list[Fact] = []
        self._spawned = 0
        self.pids: dict[str, int] = {}
        self.environments: dict[str, dict[str, str]] = {}
        self.commands: dict[str, str] = {}
        self.arguments: dict[str, tuple[str, ...]] = {}
        self.signalled: dict[str, int] = {}
        """The last signal that each got."""
        self.drained: list[str] = []
        """Whose output is to be read to its end: the test says when that is done."""
        self.closed: set[str] = set()
        """Whose output has ended."""
        self.windows: dict[str, WindowSize | None] = {}
        """How large the terminals are for those who look at them."""
        self.typed: list[tuple[str, bytes, Callable[[], None]]] = []
        self._refused = {*refused}
        self._groups: set[str] = set()

    def spawn(self, process: ProcessPlan) -> Spawned:
        if process.name in self._refused:
            raise SpawnError("Too many open files", exit_code=126)
        self.journal.append(f"spawn {process.name}")
        self.environments[process.name] = process.environment
        self.commands[process.name] = process.command
        self.arguments[process.name] = process.arguments
        self.closed.discard(process.name)
        self._spawned += 1
        self.pids[process.name] = 100 + self._spawned
        self._groups.add(process.name)
        pid = self.pids[process.name]
        return Spawned(pid, pid)

    def refuse(self, name: str) -> None:
        """This one cannot be started."""
        self._refused.add(name)

    def leave(self, name: str) -> None:
        """The last process of the group has ended."""
        self._groups.discard(name)

    def signal_group(self, name: str, number: int) -> bool:
        self._signal(name, number)
        return name in self._groups

    def main_pid(self, name: str) -> int | None:
        return self.pids[name]

    def stop(self, name: str, number: int) -> None:
        self._signal(name, number)

    def stop_rest(self, name: str, number: int) -> None:
        self._signal(name, number, "what is left of ")

    def kill(self, name: str) -> bool:
        self._signal(name, 9)
        return name in self._groups

    def forward(self, name: str, number: int) -> None:
        self._signal(name, number)

    def main_code(self, name: str, code: int) -> int:
        return code

    def left(self, name: str) -> bool:
        return name in self._groups

    def _signal(self, name: str, number: int, what: str = "") -> None:
        if name in self._groups:
            self.journal.append(f"{signal_name(number)} to {what}{name}")
            self.signalled[name] = number

    def drain_output(self, name: str) -> None:
        if name not in self.closed:
            self.drained.append(name)

    def close_output(self, name: str) -> None:
        self.journal.append(f"close {name}")

    def has_terminal(self, name: str) -> bool:
        return name not in self.closed

    def hold(self, name: str, window: WindowSize | None) -> None:
        self.windows[name] = window

    def type(self, name: str, data: bytes, taken: Callable[[], None]) -> None:
        """It is taken when the test calls that."""
        self.typed.append((name, data, taken))

    def shown(self, name: str, data: bytes) -> bytes:
        return data.replace(b"\n", b"\r\n")

    def publish(self, fact: Fact) -> None:
        """Facts go into the same journal, as words, so that a test sees the order of everything."""
        self.facts.append(fact)
        if has_words(fact):
            self.journal.append(str(fact))


class FakeLiveness:
    """Everybody lives, but those who are `dead`; nothing can be told of those who are `unseen`."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.dead: set[str] = set()
        self.unseen: set[str] = set()
        self.held = 0

    def hold(self) -> None:
        self.held += 1

    def identity(self, pid: int) -> str | None:
        return f"child-{pid}"

    def owner_lives(self, owner: str) -> bool:
        return owner not in self.dead

    def child_lives(self, name: str | None, owner: str) -> bool | None:
        return None if name is None or name in self.unseen else name not in self.dead


class FakeWriter:
    """Keeps what is put; `pending`, `error`, `is_full` and `stuck_since` are set by the test."""

    def __init__(self) -> None:
        self.text = b""
        self.pending = 0
        self.error: OSError | None = None
        self.done = False
        self.is_full = False
        self.lost = False
        self.limit = 0
        self.stuck_since: float | None = None
        self.at_once = True
        self.rung = 0

    def put(self, buffers: list[Buffer]) -> None:
        if not self.lost:
            self.text += b"".join(bytes(buffer) for buffer in buffers)

    def ring(self) -> None:
        self.rung += 1

    def busy(self) -> bool:
        return self.pending > 0

    def full(self) -> bool:
        return self.is_full and not self.lost and self.pending >= self.limit

    def give_up(self) -> None:
        self.lost = True

    def close(self) -> None:
        self.done = True


class FakePoller:
    """Gives each wait one prepared batch of messages, and notes how long it was asked to wait."""

    def __init__(self) -> None:
        self.prepared: list[list[Message]] = []
        self.waits: list[float | None] = []
        self.waiting: Callable[[], object] = lambda: None
        self.paused = False

    def wait(self, seconds: float | None, briefly: bool = False) -> Iterator[Message]:
        self.waits.append(seconds)
        self.waiting()
        yield from self.prepared.pop(0) if self.prepared else []

    def pause_outputs(self) -> None:
        self.paused = True

    def resume_outputs(self) -> None:
        self.paused = False


class FakeWorker:
    """Does what it was asked when it is told to; `broken` makes every call of the store fail with it, and
    with `deaf` the store does what it was asked and is not heard."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._requests: list[tuple[Callable[[Store], Any], Callable[[Any], None]]] = []
        self.broken: Exception | None = None
        self.deaf: Exception | None = None

    def submit(self, operation: Callable[[Store], Any], then: Callable[[Any], None]) -> None:
        self._requests.append((operation, then))

    def work(self) -> bool:
        """Do all that was asked for so far; whether there was anything."""
        requests, self._requests = self._requests, []
        operations = [operation for operation, _ in requests]
        answers = [self.broken] * len(requests) if self.broken else perform(self.store, operations)
        answers = [self.deaf] * len(requests) if self.deaf else answers
        for (_, then), answer in zip(requests, answers, strict=True):
            then(answer)
        return bool(requests)
