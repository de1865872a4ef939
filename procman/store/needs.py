"""What the store asks of a database, whichever it is."""

from __future__ import annotations

from procman.typed import Protocol

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from contextlib import AbstractContextManager
    from typing import Any

    Row = tuple[Any, ...]
    Value = str | bytes | float | None
    Query = tuple[str, Sequence[Value]]


class Database(Protocol):
    """Each statement is a transaction of its own, unless it is made inside `together`. `?` and `?1` stand for
    values. What goes wrong is a `StoreError`."""

    def together(self) -> AbstractContextManager[None]:
        """All inside is one transaction: an error in it, even one that is caught, undoes all."""
        ...

    def close(self) -> None:
        """Nothing more will be asked."""
        ...

    def rows(self, sql: str, *values: Value) -> list[Row]:
        """What a query gives."""
        ...

    def rows_each(self, queries: Iterable[Query]) -> list[list[Row]]:
        """What each query gives, with its values."""
        ...

    def change(self, sql: str, *values: Value) -> None:
        """Have a statement change something, at the latest when something else is asked."""
        ...

    def change_each(self, sql: Any, rows: Iterable[Sequence[Value]]) -> None:
        """Have a statement change something for each row of values, at the latest as above."""
        ...
