"""The one place where a store is opened, by path or URL."""

from __future__ import annotations

import os

from procman.errors import StoreError
from procman.store.failures import BUSY_SECONDS

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from procman.store.sqlite import SqliteStore

DATABASE = "procman.db"
"""The store of an app, in its folder of state."""


def open_store(place: str, durable: bool = False, patience: float = BUSY_SECONDS) -> SqliteStore:
    """Open the store, or make it; its folder is there already. Raises `StoreError`.

    `place` is a path, or a URL as `sqlite:///var/lib/app/procman.db`. What was written survives the death of
    the process; with `durable` a power cut, too, from the moment that a call is back. Others may have it
    locked for `patience` seconds when it is opened.
    """
    from procman.store.sqlite import SqliteStore  # an app does not need all that it can

    return SqliteStore(_path(place), durable, patience)


def in_folder(folder: str) -> str:
    """The place of the store of an app whose state is in this folder."""
    return os.path.join(folder, DATABASE)


def is_there(place: str) -> bool:
    """Whether there is a store already. Where that cannot be seen there may be: opening it tells why."""
    try:
        os.stat(_path(place))
    except FileNotFoundError:
        return False
    except OSError:
        pass
    return True


def _path(place: str) -> str:
    """The file that is meant. What a URL of another kind has in it, a password maybe, is not repeated."""
    scheme, separator, rest = place.partition("://")
    if not separator or "/" in scheme:
        return place
    if scheme.lower() != "sqlite":
        raise StoreError(f"{scheme}://…: no such kind of store: a path or sqlite:///PATH is known")
    if not rest.startswith("/"):
        raise StoreError(f"{place}: the path must be absolute, as in sqlite:///var/lib/app/{DATABASE}")
    from urllib.parse import unquote  # what is opened by path does not wait for it

    return unquote(rest)
