"""Where the store of an app is, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from procman.errors import StoreError
from procman.host import place
from procman.store.open import is_on_server, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

UNNAMED = (
    "the app is called '{}' in the store, as its folder is: write 'app: {}' into procman.yml, so that it"
)
UNNAMED += " stays the same app wherever its folder is"


class Placed(NamedTuple):
    """A store without its password; on a server what the app is called there; what is probably wrong."""

    where: str
    app: str | None = None
    doubts: Sequence[str] = ()


def of(root: str) -> Placed:
    """The store of the app in `root`. Raises `UserError`."""
    store = place.store(root)
    on_server = is_on_server(store.where)
    doubts = [] if place.named(root) or not on_server else [UNNAMED.format(store.app, store.app)]
    try:
        where = shown(store.where)
    except StoreError as error:
        where, doubts = store.where.partition(":")[0], [*doubts, str(error)]
    return Placed(where, store.app if on_server else None, doubts)
