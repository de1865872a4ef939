"""What PostgreSQL and libpq report, in words that say what to do. No word of it has a password."""

from __future__ import annotations

import psycopg
from psycopg import errors

from procman.errors import StoreBusyError, StoreError

WHAT_TO_DO: tuple[tuple[type[psycopg.Error], str], ...] = (
    (errors.InvalidPassword, "the password is wrong: see ~/.pgpass or PGPASSWORD"),
    (errors.InvalidAuthorizationSpecification, "this user may not connect: see the server's pg_hba.conf"),
    (errors.InvalidCatalogName, "there is no such database: make it with 'createdb'"),
    (errors.TooManyConnections, "the server has no connection left: raise max_connections, or use pgbouncer"),
    (errors.DiskFull, "the disk of the server is full: make room"),
    (errors.ReadOnlySqlTransaction, "the server takes no changes: name the one that does"),
    (errors.InsufficientPrivilege, "this user may not do that: it needs the right to CREATE in the database"),
    (errors.LockNotAvailable, "another program has it locked"),
)
BUSY = (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)


def failure(error: psycopg.Error, shown: str) -> StoreError:
    """What went wrong with the store that is shown so."""
    kind = StoreBusyError if isinstance(error, BUSY) else StoreError
    text = next((text for type_, text in WHAT_TO_DO if isinstance(error, type_)), None)
    said = _said(error)
    return kind(f"{shown}: {text} ({said})" if text else f"{shown}: {said}")


def _said(error: psycopg.Error) -> str:
    """The first sentence of the server or of libpq."""
    primary = error.diag.message_primary
    lines = str(primary or error).strip().splitlines() or [type(error).__name__]
    return lines[0].strip()
