"""A store in the file of an app's own database, as `store: sqlite:///…` may name it: never put aside."""

from __future__ import annotations

from procman.errors import RefusedError

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    import sqlite3

TABLES = {"runs", "outputs", "tasks", "pasts", "retentions", "keys"}
ELSEWHERE = "give procman a file of its own, by another path for 'store'"


def is_new(connection: sqlite3.Connection, path: str, version: int) -> bool:
    """Whether our tables are still to come. Raises `RefusedError` where they cannot."""
    if version and not _names(connection) & TABLES:
        text = f"it has a PRAGMA user_version ({version}) of its own, where procman keeps that of its tables"
        raise RefusedError(f"{path}: {text}: {ELSEWHERE}")
    return not version


def check(connection: sqlite3.Connection, path: str) -> None:
    """Raises `RefusedError` when our tables cannot be made beside those that are there."""
    if taken := sorted(_names(connection) & TABLES):
        named = ", ".join(f"'{name}'" for name in taken)
        raise RefusedError(f"{path}: it has what procman makes there, {named}, of its own: {ELSEWHERE}")


def _names(connection: sqlite3.Connection) -> set[str]:
    return {name.lower() for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
