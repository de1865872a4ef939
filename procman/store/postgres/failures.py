"""What PostgreSQL and libpq report, in words that say what to do. No word of it has a password."""

from __future__ import annotations

import re

import psycopg
from psycopg import errors

from procman.errors import StoreBusyError, StoreError

WRONG_PASSWORD = "the password is wrong: see ~/.pgpass or PGPASSWORD"
NO_PASSWORD = "it wants a password: put it in ~/.pgpass or PGPASSWORD"
NOT_ALLOWED = "this user may not connect: see the server's pg_hba.conf"
NO_DATABASE = "there is no such database: make it with 'createdb'"
NO_USER = "there is no such user: make it with 'createuser'"
FULL = "the server has no connection left: raise max_connections, or use pgbouncer"
NOT_YET = "the server is starting, or being stopped"
NO_RIGHT = (
    "this user may not do that: the one who made the schema procman may,"
    " and who has the right to CREATE in the database makes it"
)
NO_CHANGES = "the server takes no changes: name the one that does"
NOT_REACHED = "the server cannot be reached: see that it runs, and that this is where"

WHAT_TO_DO: tuple[tuple[type[psycopg.Error], str], ...] = (
    (errors.InvalidPassword, WRONG_PASSWORD),
    (errors.InvalidAuthorizationSpecification, NOT_ALLOWED),
    (errors.InvalidCatalogName, NO_DATABASE),
    (errors.TooManyConnections, FULL),
    (errors.DiskFull, "the disk of the server is full: make room"),
    (errors.ReadOnlySqlTransaction, NO_CHANGES),
    (errors.InsufficientPrivilege, NO_RIGHT),
    (errors.ProgramLimitExceeded, "a key, or a name, has 2,000 bytes at most"),
    (errors.LockNotAvailable, "another program has it locked"),
    (errors.AdminShutdown, NOT_YET),
    (errors.CannotConnectNow, NOT_YET),
)
BUSY = (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)
GONE = (errors.UndefinedTable, errors.InvalidSchemaName)
REFUSALS = (
    ("password authentication failed", WRONG_PASSWORD),
    ("no password supplied", NO_PASSWORD),
    ("pg_hba.conf|Peer authentication failed|Ident authentication failed", NOT_ALLOWED),
    ('role ".*" does not exist', NO_USER),
    ('database ".*" does not exist', NO_DATABASE),
    ("too many clients|connection slots are reserved|too many connections|no more connections allowed", FULL),
    ("the database system is", NOT_YET),
    ("session is read-only|hot standby", NO_CHANGES),  # of libpq, where `target_session_attrs` wants one
)
"""Who is refused as it connects gets no code from libpq, but these words, at least from servers that speak
English; pgbouncer has others."""


def failure(error: psycopg.Error, shown: str) -> StoreError:
    """What went wrong with the store that is shown so."""
    kind = StoreBusyError if isinstance(error, BUSY) else StoreError
    said = _said(error)
    text = next((text for type_, text in WHAT_TO_DO if isinstance(error, type_)), None)
    if text is None and error.pgconn is not None:  # it could not connect
        text = next((text for words, text in REFUSALS if re.search(words, said)), None)
    if text is None and _is_lost(error):
        text = NOT_REACHED
    return kind(f"{shown}: {text} ({said})" if text else f"{shown}: {said}")


def _is_lost(error: psycopg.Error) -> bool:
    """Whether there is no connection, or none any more: no server has said anything."""
    said_nothing = error.sqlstate is None and "FATAL" not in str(error)
    return isinstance(error, psycopg.OperationalError) and said_nothing


def _said(error: psycopg.Error) -> str:
    """The first sentence of the server or of libpq, without the way it took."""
    primary = error.diag.message_primary
    lines = str(primary or error).strip().splitlines() or [type(error).__name__]
    return re.sub(r"^.* failed: +(FATAL: +)?|^FATAL: +", "", lines[0].strip()) or type(error).__name__
