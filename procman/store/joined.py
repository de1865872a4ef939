"""A run that is asked for in a transaction of the app's own: what is to be said in it, whoever says it."""

from __future__ import annotations

import re
from itertools import count

from procman.store import statements
from procman.store.database import encodable
from procman.store.rows import from_run
from procman.typed import NamedTuple

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from typing import Any

    from procman.core.tasks.run import Run
    from procman.store.needs import Row, Value

    Steps = Generator[tuple[str, Sequence[Value]], list[Row], int]
    """Statements with their values; sent the rows of each it gives the next, and in the end the number."""

PLACEHOLDER = re.compile(r"\?(\d*)")


class Joined(NamedTuple):
    """The statements of a store; a value is there as `clean` makes it.

    Who inserts gets the id. With a key that its task has there is none, and `same_key` tells whose it is.
    """

    insert: str
    insert_keyed: str
    same_key: str
    clean: Callable[[Any], Any]

    def steps(self, run: Run) -> Steps:
        """Those for this run. Who has written the same key, and has not committed, is waited for."""
        values = [self.clean(value) for value in from_run(run)]
        if run.key is None:
            rows = yield self.insert, values
            return int(rows[0][0])
        while True:  # a key may be free again before we see whose it is
            if rows := (yield self.insert_keyed, values):
                return int(rows[0][0])
            if rows := (yield self.same_key, (run.task, self.clean(run.key))):
                return int(rows[0][0])


IN_FILE = Joined(
    f"{statements.INSERT_RUN} RETURNING id",
    f"{statements.INSERT_KEYED} RETURNING id",
    statements.SAME_KEY,
    encodable,
)


def named(sql: str, form: str) -> str:
    """SQL with names for values: the `n`-th is `form.format(n)`. All libraries have names."""
    numbers = count(1)
    return PLACEHOLDER.sub(lambda found: form.format(found[1] or next(numbers)), sql)


def by_name(values: Sequence[Value]) -> dict[str, Value]:
    """The values of `v1`, `v2` and so on."""
    return {f"v{number}": value for number, value in enumerate(values, 1)}
