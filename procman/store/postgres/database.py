"""One connection to PostgreSQL: statements, transactions, and what goes wrong with them."""

from __future__ import annotations

import os
import select
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

from procman.errors import StoreError
from procman.store.postgres.failures import GONE, failure
from procman.store.postgres.values import bound, bound_each
from procman.store.transactions import Transactions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager

    from procman.store.needs import Query, Row, Value
    from procman.store.postgres.values import Bulk, Statement

    Found = TypeVar("Found")

LIMITS = (
    "SELECT set_config('lock_timeout', '10s', true),"
    " set_config('idle_in_transaction_session_timeout', '10s', true)"
)
"""A host that is suspended in the middle of a transaction keeps the others waiting no longer."""
SILENT_SECONDS = 10.0
"""After so long a server is asked whether it is there, before anything is asked that matters."""
BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
"""Whatever the database says: who has waited for the lock sees what was written meanwhile."""
CANCEL_SECONDS = 1.0
MANY = 50
"""Rows may be long: outputs are copied so many at a time."""


class Database(Transactions):
    """A connection, which is made when it is needed and made again when it is lost. For one thread at a time.

    A transaction of `together` has the app for itself, as far as schedulers go: `lock` is a number for it,
    which whoever connects may set. Where our tables are gone, the connection is given up: the next one may
    make them. What is committed is on the disk, or wherever the server keeps it (`synchronous_commit`).
    """

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], shown: str) -> None:
        self._connect = connect
        self._shown = shown
        self.lock = 0
        self._connection: psycopg.Connection[Any] | None = None
        self._process = os.getpid()
        self._heard = 0.0
        self._behind: list[Statement] = []
        self._parting: list[str] = []

    @property
    def connection(self) -> psycopg.Connection[Any]:
        """The connection; another one if the last was lost. Raises `StoreError`."""
        if self._process != os.getpid():
            raise StoreError(f"{self._shown}: opened before a fork: each process opens its own")
        if self._connection is None or self._connection.closed:
            self._connection = None
            self._connection = self._connect()
            self._heard = time.monotonic()
        return self._connection

    def connect(self) -> None:
        """Be connected, to a server that is there. Raises `StoreError`."""
        if not self._depth:
            self._see_that_it_lives()
        _ = self.connection

    def _see_that_it_lives(self) -> None:
        """Close a connection that the server has ended, so that nothing is lost with it: that can be read.

        Who has been silent for long may be gone without a word, and is asked.
        """
        known = self._connection
        if known is None or known.closed or self._process != os.getpid():
            return
        said = select.poll()  # select(2) takes no descriptor above 1023
        said.register(known, select.POLLIN)
        if said.poll(0) or time.monotonic() > self._heard + SILENT_SECONDS:
            try:
                known.execute("SELECT 1")
            except psycopg.Error:
                known.close()

    def close(self) -> None:
        """Close the connection; in a forked child it is the parent's, and left alone."""
        if self._connection is not None and self._process == os.getpid():
            self._connection.close()
        self._connection = None

    def together(self, alone: bool = True) -> AbstractContextManager[None]:
        """All inside is one transaction: an error in it, even one that is caught, undoes all.

        `alone`: no other scheduler of the app is in one meanwhile.
        """
        return self._nested(lambda: self._begin(alone))

    def before_commit(self, sql: str) -> None:
        """Have a statement made once as one of the last of this transaction, on the same way as its end."""
        if sql not in self._parting:
            self._parting.append(sql)

    def rows(self, sql: str, *values: Value) -> list[Row]:
        """What a query gives."""
        return self._execute(sql, values).fetchall()

    def rows_each(self, queries: Iterable[Query]) -> list[list[Row]]:
        """What each query gives, with its values: all on one way there and back."""
        questions = [bound(*query) for query in queries]
        return [cursor.fetchall() for cursor in self._ask(questions)] if questions else []

    def rows_of(self, sql: Bulk, rows: Sequence[Sequence[Value]]) -> list[Row]:
        """What a statement gives that takes many rows at once; of none, nothing."""
        return [row for cursor in self._ask(bound_each(sql, rows)) for row in cursor.fetchall()]

    def change(self, sql: str | Bulk, *values: Value) -> None:
        """Have a statement change something."""
        self.change_each(sql, [values])

    def change_each(self, sql: str | Bulk, rows: Iterable[Sequence[Value]]) -> None:
        """Have a statement change something for each row of values.

        Inside `together` that goes on the way with what is asked next, or with the commit; many do so now.
        """
        more = bound_each(sql, rows)
        self._behind += more
        if not self._depth or len(more) >= MANY:
            self._ask([])

    def _execute(self, sql: str, values: Sequence[Value]) -> psycopg.Cursor[Any]:
        return self._ask([bound(sql, values)])[0]

    def _ask(self, questions: Sequence[Statement]) -> list[psycopg.Cursor[Any]]:
        """What these give, after all that was to be changed before: one way there and back."""
        before, self._behind = self._behind, []
        if not before and not questions:
            return []

        def run(connection: psycopg.Connection[Any]) -> list[psycopg.Cursor[Any]]:
            if len(before) + len(questions) == 1:
                return [connection.execute(*(before or questions)[0])]
            return _on_one_way(connection, [*before, *questions])

        return self._try(run)[len(before) :]

    def _try(self, run: Callable[[psycopg.Connection[Any]], Found]) -> Found:
        if self._failed:
            raise StoreError(f"{self._shown}: the transaction failed before: nothing of it is kept")
        if self._depth and (self._connection is None or self._connection.closed):
            self._failed = True
            raise StoreError(f"{self._shown}: the connection was lost in the middle of a transaction")
        self.connect()
        try:
            found = run(self.connection)
            self._heard = time.monotonic()
            return found
        except psycopg.Error as error:
            self._failed = self._depth > 0
            if isinstance(error, GONE) and self._connection:
                self._connection.close()
            raise failure(error, self._shown) from error
        except BaseException:
            self._give_up()
            raise

    def _give_up(self) -> None:
        """The handler of a signal has raised something: nobody reads the answer any more, and what the server
        still waits for is not to happen later."""
        if self._connection and not self._connection.closed:
            with suppress(psycopg.Error):
                self._connection.cancel_safe(timeout=CANCEL_SECONDS)
        self.close()

    def _commit(self) -> None:
        self._behind += [(sql, None) for sql in self._parting]
        self._ask([("COMMIT", None)])

    def _begin(self, alone: bool) -> None:
        """The transaction begins with the first question, on the same way."""
        self.connect()
        lock = f"SELECT pg_advisory_xact_lock({self.lock})"
        self._behind = [(each, None) for each in (BEGIN, LIMITS, *([lock] if alone else []))]

    def _end(self) -> None:
        self._failed = False
        self._behind, self._parting = [], []
        connection = self._connection
        if self._process != os.getpid() or connection is None:
            return
        idle = psycopg.pq.TransactionStatus.IDLE
        if not connection.closed and connection.info.transaction_status != idle:
            with suppress(psycopg.Error):
                connection.execute("ROLLBACK")


def _on_one_way(connection: psycopg.Connection[Any], all_: Sequence[Statement]) -> list[psycopg.Cursor[Any]]:
    """What they give. What goes wrong is raised behind the pipeline: inside, the driver would log it, too."""
    found: list[psycopg.Cursor[Any]] = []
    wrong: psycopg.Error | None = None
    try:
        with connection.pipeline():
            try:
                found += [connection.execute(*each) for each in all_]
            except psycopg.Error as error:
                wrong = error
    except psycopg.Error as error:
        if error.__context__ and connection.pgconn.pipeline_status:
            raise error.__context__ from None  # because of this the driver could not leave the pipeline
        wrong = wrong or error
    if wrong:
        raise wrong
    return found
