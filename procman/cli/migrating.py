"""What `procman store` changes: an app's rows copied into another store, those that are too old deleted."""

from __future__ import annotations

import time
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from procman.core.config import storeurl
from procman.errors import Problem, RefusedError, StoreError, UnsafeError, UserError
from procman.host import place, wake
from procman.store import copying
from procman.store.open import is_on_server, is_there, on_server, open_store, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from procman.core.tasks.task import Retention
    from procman.engine.store import Store
    from procman.store.postgres.store import PostgresStore
    from procman.store.sqlite import SqliteStore

AT_ONCE = 200
"""Rows that are deleted in one transaction: a tick that is due meanwhile waits for one at most."""
MOST_NAMED = 5


class Moved(NamedTuple):
    """What was copied: rows by table. `paused` are the tasks that were not so before, `held` those that were,
    and are so in the target, too."""

    source: str
    target: str
    copied: Mapping[str, int]
    paused: tuple[str, ...]
    held: tuple[str, ...]


def migrate(root: str, source: str | None, target: str | None) -> Moved:
    """Pause the tasks of one store, and copy all of it into another one. Raises `UserError`, `StoreError`."""
    app = place.app(root)
    from_ = _url("--from", source) if source is not None else place.store(root).where
    to = _url("--to", target)
    if from_ == to:
        raise UserError([Problem("--to", None, "this is the store that is to be copied")])
    if not is_there(from_):
        raise UserError([Problem("--from", None, f"there is no store: {shown(from_)}")])
    with closing(_open(from_, app)) as old, closing(_open(to, app)) as new:
        states = old.states()
        paused = tuple(name for name, state in states.items() if not state.paused)
        held = tuple(name for name in states if name not in paused)
        for name in paused:
            old.pause(name, time.time())
        with suppress(UnsafeError):
            wake.ring(place.of(root))
        with _gone_on_with(old, paused):
            _see_that_nothing_runs(old)
            return Moved(shown(from_), shown(to), copying.copy(old, new, states), paused, held)


def words(moved: Moved) -> Iterator[str]:
    """What was done, and what is to be done next."""
    runs, others = moved.copied["runs"], sum(moved.copied.values()) - moved.copied["runs"]
    yield f"{runs:,} runs and {others:,} other rows copied and verified, with the same numbers"
    yield f"from {moved.source}, where all stays and all tasks are paused"
    yield f"to   {moved.target}, where the tasks are as they were"
    yield "next: write the new URL as 'store:' into procman.yml (or into PROCMAN_STORE), start procman anew,"
    yield "and see with 'procman store status'. What is asked for until then stays in the old store."
    if moved.held:
        held = ", ".join(moved.held)
        yield f"Paused there, too, as they were before: {held}. 'procman resume {moved.held[0]}'"
    if moved.paused:
        yield f"To go back instead: 'procman resume {moved.paused[0]}', and so on for each task"


def prune(store: Store, retentions: Mapping[str, Retention]) -> tuple[int, int]:
    """Delete what is kept no longer: how many runs and keys. Raises `StoreError`."""
    kept = {**retentions, **store.retain(retentions)}
    now, runs, keys = time.time(), 0, 0
    for task, each in kept.items():
        while found := store.prune(task, each.keep, now - each.keep_for, AT_ONCE):
            runs += found
        while found := store.prune_keys(task, now - each.keep_keys, AT_ONCE):
            keys += found
    return runs, keys


def _url(option: str, text: str | None) -> str:
    if text is None:
        raise UserError([Problem(option, None, "say where to: --to postgresql://shop@db.internal/shop")])
    try:
        return storeurl.read(text)
    except ValueError as error:
        raise UserError([Problem(option, None, str(error))]) from None


def _open(url: str, app: str) -> PostgresStore | SqliteStore:
    return on_server(url, app) if is_on_server(url) else open_store(url)


@contextmanager
def _gone_on_with(store: PostgresStore | SqliteStore, paused: Sequence[str]) -> Iterator[None]:
    """When nothing is copied, these tasks are as before: who tries again must not take them for paused."""
    try:
        yield
    except BaseException:
        with suppress(StoreError):
            for name in paused:
                store.resume(name, time.time())
        raise


def _see_that_nothing_runs(store: PostgresStore | SqliteStore) -> None:
    """Who has a run would not find it in the other store, where it may be run again meanwhile."""
    there = copying.open_runs(store)
    if there:
        names = ", ".join(there[:MOST_NAMED]) + ", ..." * (len(there) > MOST_NAMED)
        raise RefusedError(
            f"the tasks were paused, but {names} has not ended: wait for that, or stop procman, and try"
            " again. Nothing was copied, and the tasks go on"
        )
