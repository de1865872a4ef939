"""Where the store of an app is, and what belongs to that: who lives, how one is rung, a lease."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from procman import __version__, statefolder
from procman.core.facts import Notice
from procman.errors import StoreError
from procman.host import place, wake
from procman.shortages import in_words
from procman.store.open import is_on_server, on_server, open_store, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from procman.core.facts import Fact
    from procman.core.tasks.instance import Instance, Renewal
    from procman.engine.lease import Lease
    from procman.engine.needs import Liveness
    from procman.host.poller import Poller
    from procman.store.postgres.store import PostgresStore
    from procman.store.sqlite import SqliteStore

CLOSING_SECONDS = 2.0
NO_BELL = (
    "a pool stands before the server (pgbouncer in transaction mode?), and nobody can be woken through it:"
    " what is asked for begins up to 30 s late. Give procman the address of the server itself"
)


class Keeping(Protocol):
    """For one kind of store."""

    liveness: Liveness
    said: Sequence[Notice]
    """Where the store is, for people, unless that goes without saying."""
    here: Callable[[], list[int]]
    """The numbers of the runs that are here, for other hosts: asked for in the thread of the lease."""

    def open(self, patience: float) -> SqliteStore | PostgresStore:
        """Open the store, or make it. Raises `StoreError`."""
        ...

    def listen(self) -> Iterator[Notice]:
        """Hear those who ring from now on; again after the folder was made anew. What should be said."""
        ...

    def lease(self, publish: Callable[[Fact], None], kill_timeout: float) -> Lease | None:
        """Our lease, which is renewed from now on; None where there is none."""
        ...

    def close(self) -> None:
        """We have no run any more."""
        ...


def of(root: str, poller: Poller, renewed: Callable[[Renewal], None], labels: Sequence[str]) -> Keeping:
    """What keeps the app in `root`. `renewed` is told when a lease was renewed; `labels` are ours."""
    store = place.store(root)
    if is_on_server(store.where):
        return OnServer(store, place.of(root), poller, renewed, tuple(labels))
    return InFolder(store.where, place.of(root), poller)


class InFolder:
    """A file, in the folder of the app's state or elsewhere: all is on this machine."""

    said: Sequence[Notice] = ()
    here: Callable[[], list[int]] = list

    def __init__(self, path: str, folder: str, poller: Poller) -> None:
        from procman.host.owners import Owners

        self._path, self._folder = path, folder
        self._owners = Owners(folder)
        self.liveness: Liveness = self._owners
        self._ear = wake.Ear(folder, poller)

    def open(self, patience: float) -> SqliteStore:
        statefolder.prepare(self._folder)
        return open_store(self._path, patience=patience)

    def listen(self) -> Iterator[Notice]:
        try:
            self._ear.listen()
        except (OSError, StoreError) as error:
            yield Notice(f"{in_words(error) or error}; what is asked for begins up to 30 s late")

    def lease(self, publish: Callable[[Fact], None], kill_timeout: float) -> None:
        return None

    def close(self) -> None:
        self._owners.release()


class OnServer:
    """A server, which several hosts share."""

    def __init__(
        self,
        store: place.Store,
        folder: str,
        poller: Poller,
        renewed: Callable[[Renewal], None],
        labels: tuple[str, ...],
    ) -> None:
        from procman.host.leases import Leases

        self._store, self._folder, self._poller, self._renewed = store, folder, poller, renewed
        self._leases = Leases(__version__, time.time(), labels)
        self.said: Sequence[Notice] = [Notice(f"the app is '{store.app}' in {shown(store.where)}")]
        self.liveness: Liveness = self._leases
        self.here: Callable[[], list[int]] = list
        self._end: Callable[[], None] = lambda: None
        self._rings = True

    def open(self, patience: float) -> PostgresStore:
        statefolder.prepare(self._folder)
        store = on_server(*self._store)
        store.name, store.look = self._leases.owner, self._leases.look
        self._rings = store.rings
        return store

    def listen(self) -> Iterator[Notice]:
        """That begins with the lease."""
        if not self._rings:
            self._rings = True
            yield Notice(f"{shown(self._store.where)}: {NO_BELL}")

    def lease(self, publish: Callable[[Fact], None], kill_timeout: float) -> Lease:
        from procman.engine.lease import Lease
        from procman.host.heartbeat import Heartbeat
        from procman.store.postgres.line import Line

        line = Line(*self._store, self._instance)
        heartbeat = Heartbeat(line, self._poller, self._renewed)
        self._end = lambda: heartbeat.close(CLOSING_SECONDS)
        return Lease(publish, kill_timeout, time.monotonic())

    def _instance(self) -> Instance:
        here = self.here()
        return self._leases.instance._replace(running=len(here), runs=tuple(here))

    def close(self) -> None:
        self._end()
