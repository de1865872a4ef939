"""Who asks the store (`questions`): what the questions work with, and whom they tell the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from procman.core.facts import Fact
    from procman.core.tasks.limits import Limits
    from procman.core.tasks.run import Run
    from procman.core.tasks.task import Task
    from procman.engine.admission import Admissions
    from procman.engine.needs import World
    from procman.engine.orphans import Orphans
    from procman.engine.pruning import Pruning
    from procman.engine.storequeue import Question
    from procman.engine.ticks import Ticks


class Asker(Protocol):
    """Who asks, and what all questions work with."""

    world: World
    orphans: Orphans
    publish: Callable[[Fact], None]


class Intake(Asker, Protocol):
    """Who asks for what is pending. Of runs up to `seen` it is known that they were asked for."""

    admissions: Admissions
    seen: int | None

    @property
    def limits(self) -> Limits:
        """How many of which task may be taken."""
        ...

    def by(self, due: float | None) -> None:
        """Look when something is due."""
        ...

    @property
    def watched(self) -> frozenset[str]:
        """The tasks of which it matters what runs of other procmans are there."""
        ...

    def heard(self, others: Mapping[str, Sequence[Run]], to_stop: Sequence[Run]) -> None:
        """What is at other procmans of those tasks, and what these want to be stopped here."""
        ...

    def take(self, run: Run, others: Sequence[Run]) -> None:
        """A pending run has been claimed; `others` are runs of its task at another procman."""
        ...

    def taken(self, jobs: int, crowded: bool, more: bool) -> None:
        """So many jobs were taken; `crowded` when others had no room, `more` when there is something else."""
        ...

    def refused(self) -> None:
        """The store would not."""
        ...


class Scheduler(Asker, Protocol):
    """Who asks for all else."""

    tasks: Mapping[str, Task]

    def reloaded(self, tasks: Mapping[str, Task]) -> None:
        """The store knows these tasks."""
        ...

    ticks: Ticks
    pruning: Pruning

    @property
    def intake(self) -> Intake:
        """What waits for its time is taken from there."""
        ...

    def begun(self, latest: float) -> None:
        """Where things stand is known: something happened at that time."""
        ...

    def ask_later(self, question: Callable[[Scheduler], Question]) -> None:
        """It is not: ask again in a while."""
        ...

    def recovered(self) -> None:
        """What was left is closed, or will be."""
        ...

    def disown(self, runs: Sequence[Run]) -> None:
        """The store has these as ours: those that are not here go back, or are closed."""
        ...

    def claimed(self, run: Run, others: Sequence[Run]) -> None:
        """A tick is ours; `others` are runs of its task at another procman."""
        ...

    def admit(self) -> None:
        """Let those start that are due."""
        ...
