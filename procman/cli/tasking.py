"""The scheduler beside the processes, from the moment at which the app has tasks."""

from __future__ import annotations

from procman.core.facts import Notice
from procman.errors import ProcmanError, ShortageError, StoreError
from procman.shortages import in_words
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from procman.app.app import App
    from procman.cli.scheduling import Scheduling
    from procman.core.facts import Fact
    from procman.core.plan.plan import Plan
    from procman.engine.engine import Engine
    from procman.engine.supervisor import Supervisor
    from procman.host.poller import Poller


class Tasking:
    """`begin` and then `attend`, at the start; `take` when the app was read again; `end`. `labels` are those
    of this host."""

    def __init__(self, poller: Poller, labels: Sequence[str]) -> None:
        self._poller = poller
        self._labels = labels
        self._scheduling: Scheduling | None = None
        self._attend: Callable[[Scheduling], None] = lambda scheduling: None

    @property
    def names(self) -> Sequence[str]:
        """Names of runs, as long as any that will come soon."""
        return self._scheduling.names if self._scheduling else ()

    def begin(self, app: App, needed: bool) -> list[Notice]:
        """What should be said. Unless the tasks are `needed`, processes run without them.

        Raises `ProcmanError` if they are.
        """
        if not app.tasks:
            return []
        try:
            self._scheduling = self._make(app)
        except (StoreError, ShortageError, OSError, ImportError) as error:
            text = str(error) if isinstance(error, ProcmanError) else in_words(error)
            if needed or text is None:
                raise
            return [Notice(f"no task will run: {text}")]
        return self._scheduling.warnings

    def attend(
        self,
        engine: Engine,
        supervisor: Supervisor,
        publish: Callable[[Fact], None],
        timeout: float,
        renew: Callable[[], Iterable[Notice]],
    ) -> None:
        """Have the tasks run, now or once there are any."""
        self._attend = lambda made: engine.attend(made.scheduler(supervisor, publish, timeout, renew))
        if self._scheduling:
            self._attend(self._scheduling)

    def take(self, app: App, plan: Plan) -> None:
        """These are the tasks from now on. Raises `ProcmanError` when they cannot run, and then nothing was
        changed."""
        if self._scheduling:
            self._scheduling.reload(app.tasks)
        elif app.tasks:
            try:
                made = self._make(app)
            except (OSError, ImportError) as error:
                raise StoreError(f"no task can run: {in_words(error) or error}") from None
            self._scheduling = made
            self._attend(made)

    def end(self) -> Iterator[Notice]:
        """Close the store; what should be said about it."""
        if self._scheduling:
            yield from self._scheduling.end()

    def _make(self, app: App) -> Scheduling:
        from procman.cli.scheduling import Scheduling  # SQLite and more, that only tasks wait for

        return Scheduling(app, self._poller, self._labels)
