"""The registered users, in SQLite. Web, worker and tasks open the file for a short transaction at a time."""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from registration import settings

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    id            INTEGER PRIMARY KEY,
    name          TEXT NOT NULL,
    email         TEXT NOT NULL UNIQUE COLLATE NOCASE,
    token         TEXT NOT NULL UNIQUE,
    registered_at TEXT NOT NULL,
    completed_at  TEXT,
    mail          TEXT NOT NULL DEFAULT 'queued' CHECK (mail IN ('queued', 'sent', 'failed'))
)
"""
ADDED_LATER = ("follow_up_due", "followed_up_at", "reminded_at")
"""Columns that a file written by an earlier version of this demo lacks; all hold a time or NULL."""


@dataclass(frozen=True)
class User:
    """One registration; times are ISO 8601 in UTC. `completed_at` is None until the mail's link is used.

    `mail` is about the welcome mail. `follow_up_due` is None where no follow-up mail was planned.
    """

    id: int
    name: str
    email: str
    token: str
    registered_at: str
    completed_at: str | None
    mail: str
    follow_up_due: str | None
    followed_up_at: str | None
    reminded_at: str | None

    @property
    def state(self) -> str:
        """In words, for people."""
        return "completed" if self.completed_at else "registered, not completed"


class EmailTakenError(Exception):
    """Somebody registered with this e-mail address before."""


def add(name: str, email: str) -> User:
    """Store a new user, not completed yet, with a fresh token; raises EmailTakenError."""
    new = "INSERT INTO users (name, email, token, registered_at) VALUES (?, ?, ?, ?) RETURNING *"
    try:
        with _database() as database:
            (row,) = database.execute(new, (name, email, secrets.token_urlsafe(), _now()))
            return User(**row)
    except sqlite3.IntegrityError as error:
        raise EmailTakenError(email) from error


def find(user_id: int | str) -> User | None:
    """The user with this number."""
    with _database() as database:
        # As text, which SQLite converts by itself: an address may hold a number too large for its integers.
        return _first(database.execute("SELECT * FROM users WHERE id = ?", (str(user_id),)))


def everybody() -> list[User]:
    """All users, newest first."""
    with _database() as database:
        return [User(**row) for row in database.execute("SELECT * FROM users ORDER BY id DESC")]


def without_mail() -> list[User]:
    """Users whose welcome mail is not sent yet."""
    return [user for user in everybody() if user.mail != "sent"]


def to_be_reminded(registered_before: datetime) -> list[User]:
    """Users who registered until then, have not completed and were not reminded, oldest first."""
    waiting = """SELECT * FROM users WHERE registered_at <= ? AND completed_at IS NULL AND reminded_at IS NULL
        ORDER BY id"""
    with _database() as database:
        return [User(**row) for row in database.execute(waiting, (_text(registered_before),))]


def complete(token: str) -> User | None:
    """Complete the registration with this token; a second time changes nothing."""
    done = "UPDATE users SET completed_at = coalesce(completed_at, ?) WHERE token = ? RETURNING *"
    with _database() as database:
        return _first(database.execute(done, (_now(), token)))


def note_mail(user_id: int, outcome: str) -> None:
    """Write down what became of the welcome mail: `sent` or `failed`."""
    with _database() as database:
        database.execute("UPDATE users SET mail = ? WHERE id = ?", (outcome, user_id))


def note_follow_up_planned(user_id: int, due: datetime) -> None:
    """Write down when the follow-up mail will be sent."""
    with _database() as database:
        database.execute("UPDATE users SET follow_up_due = ? WHERE id = ?", (_text(due), user_id))


def note_followed_up(user_id: int) -> None:
    """Write down that the follow-up mail was sent just now."""
    with _database() as database:
        database.execute("UPDATE users SET followed_up_at = ? WHERE id = ?", (_now(), user_id))


def note_reminded(user_id: int) -> None:
    """Write down that the reminder was sent just now."""
    with _database() as database:
        database.execute("UPDATE users SET reminded_at = ? WHERE id = ?", (_now(), user_id))


def _now() -> str:
    return _text(datetime.now(UTC))


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _first(rows: sqlite3.Cursor) -> User | None:
    found = [User(**row) for row in rows]
    return found[0] if found else None


@contextmanager
def _database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(settings.state_folder() / "users.sqlite3")) as database, database:
        database.row_factory = sqlite3.Row
        # Several processes may be the first to come: only one at a time sees to the columns.
        database.execute("BEGIN IMMEDIATE")
        database.execute(SCHEMA)
        known = {column["name"] for column in database.execute("PRAGMA table_info(users)")}
        for missing in (column for column in ADDED_LATER if column not in known):
            database.execute(f"ALTER TABLE users ADD COLUMN {missing} TEXT")
        yield database
