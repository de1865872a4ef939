"""What the engine asks of the world; the host keeps it in earnest, `procman.testing.fakes` in play."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Container, Iterator, Mapping
    from datetime import tzinfo

    from procman.core.messages import Message, Spawned
    from procman.core.plan.plan import ProcessPlan
    from procman.core.plan.questions import Question
    from procman.core.tasks.strays import Stray
    from procman.engine.lease import Lease
    from procman.engine.store import Store


class Poller(Protocol):
    """The one wait, where everything that happens comes in."""

    def wait(self, seconds: float | None, briefly: bool = False) -> Iterator[Message]:
        """What has happened, waiting at most so long for it; None waits for ever. `briefly`: only as long as
        those on the same processor may need to have something to say."""
        ...

    def pause_outputs(self) -> None:
        """Read no output of children until `resume_outputs`; again is the same."""
        ...

    def resume_outputs(self) -> None:
        """Read output again; again is the same."""
        ...


class Children(Protocol):
    """The children of the supervisor, by process name."""

    def spawn(self, process: ProcessPlan) -> Spawned:
        """Start a process. Raises `SpawnError`."""
        ...

    def main_pid(self, name: str) -> int | None:
        """The pid of the main process; None while it is not known, or may still change."""
        ...

    def stop(self, name: str, number: int) -> None:
        """Send the stop signal to the main process, so that it gets it when it is suspended too."""
        ...

    def stop_rest(self, name: str, number: int) -> None:
        """Send the stop signal to what the main process has left behind, and not got it yet."""
        ...

    def kill(self, name: str) -> bool:
        """SIGKILL to all of a process; False when nobody was there."""
        ...

    def forward(self, name: str, number: int) -> None:
        """Pass a signal on to the main process."""
        ...

    def main_code(self, name: str, code: int) -> int:
        """The exit code of the main process, where that of the child is a shell's."""
        ...

    def left(self, name: str) -> bool:
        """Whether anything is left of a process whose main process has ended.

        If not, its output ends, unless somebody else holds it open.
        """
        ...

    def signal_group(self, name: str, number: int) -> bool:
        """Signal the whole group of a process; False when nobody is left in it."""
        ...

    def drain_output(self, name: str) -> None:
        """Have all output read that is there; `OutputDrained` or `OutputClosed` follows, once."""
        ...

    def close_output(self, name: str) -> None:
        """Read no more of it."""
        ...


class Prober(Protocol):
    """Asks processes whether they are well; nobody waits for the answer."""

    def ask(self, question: Question, then: Callable[[str | None], None]) -> Callable[[], None]:
        """`then` is called once, later: with None if all is well, else with why not (`connection refused`).

        Gives what ends the question: no answer comes after that. The prober knows of no time.
        """
        ...


class Scales(Protocol):
    """Weighs processes; nobody waits for it."""

    def weigh(self, leaders: Mapping[str, int], then: Callable[[Mapping[str, int]], None]) -> None:
        """`then` is called once, later: with the resident bytes of each with all below it, by name.

        Raises `ShortageError`: then it is not.
        """
        ...


class Worker(Protocol):
    """A thread for what may take long."""

    def submit(self, operation: Callable[[Store], Any], then: Callable[[Any], None]) -> None:
        """Have something done to the store; `then` gets the answer, or the `StoreError`, later."""
        ...


class Liveness(Protocol):
    """Who has a run, and whether it is there. Names hold over restarts, and from container to container."""

    @property
    def owner(self) -> str:
        """This procman."""
        ...

    def hold(self) -> None:
        """Be known to live, before a run is claimed; again is the same."""
        ...

    def identity(self, pid: int) -> str | None:
        """The lasting name of a child."""
        ...

    def owner_lives(self, owner: str) -> bool:
        """Whether the procman with this name lives; that which cannot be told is taken for alive."""
        ...

    def child_lives(self, name: str | None, owner: str) -> bool | None:
        """Whether the child with this name does, or the one that its owner could not name any more.

        None when that cannot be seen from here.
        """
        ...


class World(NamedTuple):
    """What the scheduler knows of the world. Times in seconds."""

    clock: Callable[[], float]
    """Monotonic."""
    wall: Callable[[], float]
    """UTC since the epoch."""
    zone: tzinfo
    """Where times are shown for people."""
    chance: Callable[[], float]
    """A random number in [0, 1)."""
    liveness: Liveness
    strays: Callable[[Container[int]], list[Stray]]
    """The orphans that are there outside the sessions of these children."""
    reach: Callable[[int, int], bool]
    """Send a process and all below it a signal; whether there was one that we may signal."""
    lease: Lease | None = None
    """Ours, on a store that several hosts share."""
    labels: Collection[str] = ()
    """Those of this host: tasks may say by them where they run."""
