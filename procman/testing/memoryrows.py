"""The rows of the store without a file, and how they are written."""

from __future__ import annotations

from contextlib import contextmanager
from copy import copy
from typing import TYPE_CHECKING, Any

from procman.core.tasks import transitions
from procman.core.tasks.past import Past
from procman.core.tasks.run import Outcome, Run, State, TaskState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from procman.core.tasks.task import Retention
    from procman.core.tasks.transitions import Event


class MemoryRows:
    """Dictionaries of runs, outputs and what is known of tasks."""

    moved_aside: str | None = None

    def __init__(self) -> None:
        self._runs: dict[int, Run] = {}
        self._outputs: dict[int, bytes] = {}
        self._states: dict[str, TaskState] = {}
        self._pasts: dict[str, Past] = {}
        self._keys: dict[tuple[str, str], tuple[int, float]] = {}
        self._retentions: dict[str, Retention] = {}
        self._last_id = 0
        self._ticks: set[tuple[str, int | None, int]] = set()

    @contextmanager
    def together(self) -> Iterator[None]:
        kept = {name: copy(value) for name, value in vars(self).items()}
        try:
            yield
        except BaseException:
            vars(self).update(kept)
            raise

    def close(self) -> None:
        """There is nothing to close."""

    def _add(self, run: Run) -> Run:
        """With its id; without one when its tick has a row."""
        if tick_of(run) in self._ticks:
            return run
        if run.tick is not None:
            self._ticks.add(tick_of(run))
        self._last_id += 1
        return self._keep(run._replace(id=self._last_id))

    def _sorted(self, runs: Iterable[Run]) -> list[Run]:
        return sorted(runs, key=lambda run: run.place, reverse=True)

    def _keep(self, run: Run) -> Run:
        self._runs[run.id] = run
        return run

    def _delete(self, run: Run) -> None:
        del self._runs[run.id]
        self._ticks.discard(tick_of(run))
        self._outputs.pop(run.id, None)

    def _step(self, run: Run, event: Event, **changes: Any) -> None:
        found = self._runs.get(run.id)
        if found and found.origin == run.origin and (after := transitions.step(found, event, **changes)):
            self._keep(after)

    def _has_ended(self, run: int) -> bool:
        return run not in self._runs or self._runs[run].state is State.FINISHED

    def _finish(self, run: Run) -> None:
        if run.key is not None and run.outcome is Outcome.CANCELED:
            self._keys = {name: held for name, held in self._keys.items() if held[0] != run.id}
        self._pasts[run.task] = self._past(run.task).with_end(self._keep(run))

    def _state(self, task: str) -> TaskState:
        return self._states.get(task, TaskState(task))

    def _past(self, task: str) -> Past:
        return self._pasts.get(task, Past(task))


def tick_of(run: Run) -> tuple[str, int | None, int]:
    """What only one run may have."""
    return run.task, run.tick, run.attempt
