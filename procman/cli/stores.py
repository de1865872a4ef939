"""The store of an app, for the commands that look at it or leave something in it."""

from __future__ import annotations

from contextlib import closing, contextmanager, suppress

from procman import __version__, statefolder
from procman.cli import complaints
from procman.core.plan.commands import unknown_task
from procman.errors import Problem, ProcmanError, UnknownNameError, UnsafeError
from procman.host import place, wake
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from procman.core.tasks.task import Task
    from procman.engine.needs import Liveness
    from procman.engine.store import Store
    from procman.store.postgres.instances import Instances
    from procman.store.postgres.store import PostgresStore
    from procman.store.sqlite import SqliteStore

PATIENCE = 1.0
"""Seconds."""
NOBODY = "nothing will run until 'procman start'"


def open_for_writing(root: str, durable: bool = False) -> SqliteStore | PostgresStore:
    """The app's store, made if need be. Raises `StoreError`."""
    from procman.store.open import is_on_server, on_server, open_store  # no SQLite for a look at procman.yml

    statefolder.prepare(place.of(root))
    found = place.store(root)
    if is_on_server(found.where):
        return on_server(*found)
    store = open_store(found.where, durable=durable)
    if store.moved_aside:
        complaints.tell(f"the store was damaged: begun anew, the old one is {store.moved_aside}")
    return store


@contextmanager
def reading(root: str) -> Iterator[SqliteStore | PostgresStore | None]:
    """The app's store while it is looked at, None where there is none yet. Raises `StoreError`."""
    from procman.store.open import is_there

    if not is_there(place.store(root).where):
        yield None
        return
    with closing(open_for_writing(root)) as store:
        yield store


def liveness(root: str, store: Store | None) -> Liveness:
    """Who tells whether those live that have runs in the app's store. Raises `StoreError`."""
    from procman.host.owners import Owners

    instances: Instances | None = getattr(store, "instances", None)
    if instances is None:
        return Owners(place.of(root))
    from procman.host.leases import Leases

    leases = Leases(__version__, 0.0)
    leases.look(instances.living())
    return leases


class Told(NamedTuple):
    """Which runs wait for another one or for a place, by number, and why; whether `jobs` that are due wait,
    too, as there are too many at once."""

    waiting: Mapping[int, str]
    crowded: bool = False


def told_by_procman(root: str) -> Told:
    """What a procman that runs knows better than its store. It writes down what it has not yet, before this
    comes back."""
    from procman.control import client

    with suppress(ProcmanError):  # none runs, an older one does, or it is busy: then the store has to do
        found = client.ask(place.of_running(root), "runs", PATIENCE)
        waiting = {int(number): why for number, why in found["waiting"].items()}
        return Told(waiting, found["crowded"])
    return Told({})


def ring(root: str) -> None:
    """Wake the procman that runs the tasks of this app, or say that there is none."""
    if _others(root) is not None:  # a store on a server rings by itself
        say_if_nobody(root)
        return
    try:
        if not wake.ring(place.of(root)):
            complaints.tell(NOBODY)
    except UnsafeError as error:
        complaints.tell(f"{error}. Until then a procman that runs looks every 30 s")


def say_if_nobody(root: str) -> None:
    """Say it when no procman runs the tasks of this app."""
    with suppress(UnsafeError):  # then it cannot be told
        others = _others(root)
        if not (wake.heard(place.of(root)) if others is None else others):
            complaints.tell(NOBODY)


def _others(root: str) -> set[str] | None:
    """Who runs the tasks of this app, where several hosts do; None where one does."""
    from procman.store.open import is_on_server, on_server

    found = place.store(root)
    if not is_on_server(found.where):
        return None
    with closing(on_server(*found)) as store:
        return store.instances.living()


def find(name: str, tasks: Mapping[str, Task], command: str) -> Task:
    """The task of that name. Raises `UnknownNameError`."""
    if name in tasks:
        return tasks[name]
    raise UnknownNameError([Problem(command, None, unknown_task(name, tasks))])
