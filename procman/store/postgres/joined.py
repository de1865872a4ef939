"""A run that is asked for in a transaction of the app's own, where the store is on a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import errors

from procman.errors import StoreBusyError, StoreError
from procman.store.joined import Joined
from procman.store.postgres.failures import BUSY, WHAT_TO_DO
from procman.store.postgres.values import storable

if TYPE_CHECKING:
    import psycopg

    from procman.store.postgres.bell import Bell
    from procman.store.postgres.statements import Statements

ELSEWHERE = (
    "its database is not the one of the store, {shown}: give a connection to that one, or write the address"
    " of this one as 'store' in procman.yml"
)
GRANT = (
    "its user may not write in the store: let the owner of the schema 'procman' GRANT it USAGE on that,"
    " SELECT and INSERT on its tables, and USAGE on its sequences"
)
OF_JOINED: tuple[tuple[type[psycopg.Error], str], ...] = (
    (errors.InFailedSqlTransaction, "its transaction has failed already: roll it back, and ask in a new one"),
    (errors.ReadOnlySqlTransaction, "its transaction is read-only: begin one that may write"),
    (errors.InsufficientPrivilege, GRANT),
    (errors.UndefinedTable, ELSEWHERE),  # also of a sequence: its name has the number of the app in it
    (errors.InvalidSchemaName, ELSEWHERE),
    (errors.SerializationFailure, "another transaction has written the same key: do yours again"),
    *WHAT_TO_DO,
)


def joined(sql: Statements, bell: Bell) -> Joined:
    """The statements; the bell rings when they are committed, which may be long after they are made."""
    return Joined(sql.INSERT_RUN + bell.ring_with, sql.INSERT_KEYED + bell.ring_with, sql.SAME_KEY, storable)


def failure(error: BaseException, shown: str) -> StoreError:
    """What a driver says, whichever it is, by its SQLSTATE (PostgreSQL, appendix A)."""
    state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    try:
        kind: type[Any] = errors.lookup(state or "")
    except KeyError:
        kind = StoreError
    text = next((text for type_, text in OF_JOINED if issubclass(kind, type_)), None)
    said = _said(error)
    told = f"{text.format(shown=shown)} ({said})" if text else said
    return (StoreBusyError if issubclass(kind, BUSY) else StoreError)(f"connection: {told}")


def _said(error: BaseException) -> str:
    """The first sentence of the server or of the driver. No value of a statement is in it."""
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    lines = str(primary or error).strip().splitlines() or [type(error).__name__]
    return lines[0].strip()
