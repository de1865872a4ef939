"""How many runs of which task may be taken from the store."""

from __future__ import annotations

from procman.typed import NamedTuple

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from procman.core.tasks.task import Task


class Limits(NamedTuple):
    """By task, how many runs of it may be there at once, with those of all other procmans: 0 takes none.

    `ticks` is about runs that have a tick, `jobs` about all others. Tasks that are not named have no limit.
    """

    jobs: Mapping[str, int] = {}
    ticks: Mapping[str, int] = {}

    @classmethod
    def without(cls, tasks: Collection[str]) -> Limits:
        """Nothing of these tasks."""
        nothing = dict.fromkeys(tasks, 0)
        return cls(nothing, nothing)

    def and_without(self, tasks: Collection[str]) -> Limits:
        """And nothing of these tasks."""
        more = Limits.without(tasks)
        return Limits({**self.jobs, **more.jobs}, {**self.ticks, **more.ticks}) if tasks else self

    def without_ticks(self, tasks: Collection[str]) -> Limits:
        """And no tick of these tasks."""
        return self._replace(ticks={**self.ticks, **dict.fromkeys(tasks, 0)})

    @property
    def forbidden(self) -> list[str]:
        """The tasks of which nothing is taken."""
        return [task for task, most in self.jobs.items() if not most]

    @property
    def limited(self) -> list[str]:
        """The tasks of which some may be there, but not any number."""
        return [task for task, most in self.jobs.items() if most]

    @property
    def counted(self) -> bool:
        """Whether it matters how many runs are there."""
        return any((*self.jobs.values(), *self.ticks.values()))


def of(tasks: Collection[Task], labels: Collection[str]) -> Limits:
    """Those of a host with these labels. A tick waits for a place only if its task lets it run beside others:
    else `overlap` says what becomes of it."""
    limits = Limits.without([task.name for task in tasks if not task.runs_with(labels)])
    jobs = {task.name: task.concurrency for task in tasks if task.concurrency}
    ticks = {task.name: task.concurrency for task in tasks if task.concurrency and task.overlap == "allow"}
    return Limits({**jobs, **limits.jobs}, {**ticks, **limits.ticks})


NO_LIMITS = Limits()
