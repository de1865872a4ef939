"""The one place where a store is opened, by path or URL."""

from __future__ import annotations

import os

from procman.errors import RefusedError, StoreError
from procman.store.failures import BUSY_SECONDS

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from procman.store.postgres.store import PostgresStore
    from procman.store.sqlite import SqliteStore

DATABASE = "procman.db"
"""The store of an app, in its folder of state."""
SERVERS = ("postgresql", "postgres")
NO_DRIVER = "a store in PostgreSQL needs psycopg: pip install 'procman-cli[postgres]'"


def is_on_server(place: str) -> bool:
    """Whether several hosts can share it."""
    return place.partition(":")[0].lower() in SERVERS and ":" in place


def on_server(place: str, app: str) -> PostgresStore:
    """Open a store on a server. Raises `StoreError`."""
    return with_driver()(place, app)


def with_driver() -> type[PostgresStore]:
    """What opens a store on a server. Raises `RefusedError` where there is no driver."""
    try:
        from procman.store.postgres.store import PostgresStore  # most apps have no server, and no driver
    except ImportError as error:
        raise RefusedError(f"{NO_DRIVER} ({error})") from None
    return PostgresStore


def shown(place: str) -> str:
    """Where a store is, for people: without a password. Raises `StoreError` for what is no such place."""
    if not is_on_server(place):
        return file_of(place)
    try:
        from procman.store.postgres import address
    except ImportError as error:
        raise RefusedError(f"{NO_DRIVER} ({error})") from None
    return address.shown(place)


def open_store(place: str, durable: bool = False, patience: float = BUSY_SECONDS) -> SqliteStore:
    """Open the store, or make it; its folder is there already. Raises `StoreError`.

    `place` is a path, or a URL as `sqlite:///var/lib/app/procman.db`. What was written survives the death of
    the process; with `durable` a power cut, too, from the moment that a call is back. Others may have it
    locked for `patience` seconds when it is opened.
    """
    from procman.store.sqlite import SqliteStore  # an app does not need all that it can

    return SqliteStore(file_of(place), durable, patience)


def in_folder(folder: str) -> str:
    """The place of the store of an app whose state is in this folder."""
    return os.path.join(folder, DATABASE)


def is_there(place: str) -> bool:
    """Whether there is a store already. Where that cannot be seen there may be: opening it tells why."""
    if is_on_server(place):
        return True
    try:
        os.stat(file_of(place))
    except FileNotFoundError:
        return False
    except OSError:
        pass
    return True


def file_of(place: str) -> str:
    """The file that is meant. What a URL of another kind has in it, a password maybe, is not repeated."""
    scheme, separator, rest = place.partition("://")
    if not separator or "/" in scheme:
        return place
    if scheme.lower() != "sqlite":
        known = "a path, sqlite:///PATH and postgresql://HOST/DATABASE are known"
        raise StoreError(f"{scheme}://…: no such kind of store: {known}")
    if not rest.startswith("/"):
        raise StoreError(f"{place}: the path must be absolute, as in sqlite:///var/lib/app/{DATABASE}")
    from urllib.parse import unquote  # what is opened by path does not wait for it

    return unquote(rest)
