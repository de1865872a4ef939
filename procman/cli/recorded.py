"""A task that is run by hand, in the foreground, and leaves a row in the history."""

from __future__ import annotations

import time

from procman import shortages
from procman.cli import complaints, stores
from procman.core.exitcodes import signal_name
from procman.core.plan import plan as plans
from procman.core.tasks.run import Ending, Outcome, Request, Trigger
from procman.errors import StoreError
from procman.host import identity, place
from procman.host.owners import Owners
from procman.host.signals import STOPPING
from procman.store.open import is_on_server
from procman.typed import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.app.app import App
    from procman.core.messages import ChildExited
    from procman.core.plan.commands import Resolution
    from procman.store.postgres.store import PostgresStore
    from procman.store.sqlite import SqliteStore


class Owner(Protocol):
    """Who has a run."""

    owner: str

    def hold(self) -> None:
        """Be known to live."""
        ...

    def keep(self) -> None:
        """Stay so while the run lasts."""
        ...

    def release(self) -> None:
        """It has ended."""
        ...


class Recorded:
    """The row of one run. A store that cannot be written is told of, and keeps nobody from running a task."""

    def __init__(self, app: App, resolution: Resolution) -> None:
        self._command = resolution.line or ""
        self.variables = {"PROCMAN_TASK": resolution.name}
        self._root = app.root
        self._store: SqliteStore | PostgresStore | None = None
        now = time.time()
        asked = Request(resolution.name, resolution.words, Trigger.MANUAL, now, now)

        def begin() -> None:
            self._store = stores.open_for_writing(app.root)
            self._owner = _owner(app.root)
            self._owner.hold()
            self._run = self._store.begin(asked, self._command, self._owner.owner)
            self.variables = plans.of_run(self._run)

        if not self._try(begin, "this run"):
            self._store = None

    def started(self, pid: int) -> None:
        """The run has a child."""
        if store := self._store:
            at, who = time.time(), identity.identity(pid)
            self._try(lambda: store.started(self._run, self._command, pid, who, at), "when this run began")
            self._owner.keep()

    def finished(self, ended: ChildExited) -> None:
        """The child has ended."""
        if store := self._store:
            usage = ended.usage
            outcome, reason = _outcome(ended.code)
            ending = Ending(
                outcome,
                time.time(),
                code=ended.code,
                reason=reason,
                max_rss_bytes=usage.max_rss_bytes if usage else None,
                cpu_s=usage.cpu_s if usage else None,
            )

            def end() -> None:
                if not store.moved:
                    store.finish(self._run, ending)
                    store.close()
                    return
                store.close()
                with stores.reading(self._root) as another:  # a backup, that knows of it, or knows nothing
                    if not another or not another.finish(self._run, ending):
                        raise StoreError("the store was moved or deleted")

            self._try(end, "how this run ended")
            self._owner.release()

    def _try(self, act: Callable[[], None], what: str) -> bool:
        try:
            act()
        except (StoreError, OSError) as error:
            text = shortages.in_words(error) or error
            complaints.tell(f"{what} will not be in the history: {text}")
            return False
        return True


def _owner(root: str) -> Owner:
    """We, as the owner of a run."""
    found = place.store(root)
    if not is_on_server(found.where):
        return Owners(place.of(root))
    from procman.cli.foregroundlease import ForegroundLease  # few apps have a server

    return ForegroundLease(found)


def _outcome(code: int) -> tuple[Outcome, str | None]:
    if -code in STOPPING:
        return Outcome.STOPPED, f"{signal_name(-code)} received"
    return (Outcome.FAILED, None) if code else (Outcome.OK, None)
