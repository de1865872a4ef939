"""Statements with their values, as psycopg takes them; many rows as one value, too.

A statement for many rows takes a fraction of the time that one for each takes. A transaction keeps all other
hosts of the app waiting, and a thousand tasks may be due at the same moment.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from procman.store.needs import Value

    Statement = tuple[str, Any]

PLACEHOLDER = re.compile(r"\?(\d*)")


class Bulk(NamedTuple):
    """A statement whose one value is an array of rows (PostgreSQL, `json_populate_recordset`)."""

    sql: str
    fields: tuple[str, ...]


def bound(sql: str, values: Sequence[Value]) -> Statement:
    """A statement with the values for its `?`, or for its `?1` and so on."""
    text, named = _translated(sql)
    cleaned = [storable(value) for value in values]
    return text, {f"v{number}": value for number, value in enumerate(cleaned, 1)} if named else cleaned


def bound_each(sql: str | Bulk, rows: Iterable[Sequence[Value]]) -> list[Statement]:
    """A statement for each row of values, or one for all of them; of none, nothing."""
    if not isinstance(sql, Bulk):
        return [bound(sql, values) for values in rows]
    some = [*rows]
    return [bound_rows(sql, some)] if some else []


def bound_rows(bulk: Bulk, rows: Iterable[Sequence[Value]]) -> Statement:
    """The same with all these rows. What is left out in one of them is NULL."""
    named = [zip(bulk.fields, row, strict=True) for row in rows]
    known = [{field: storable(value) for field, value in row if value is not None} for row in named]
    return bound(bulk.sql, [json.dumps(known, ensure_ascii=False)])


def storable(value: Any) -> Any:
    r"""Text that PostgreSQL can hold: lone surrogates and NUL are written as `\udc80`, `\u0000`."""
    if not isinstance(value, str):
        return value
    text = str(value).replace("\0", "\\u0000")
    return text.encode(errors="backslashreplace").decode()


@lru_cache(256)
def _translated(sql: str) -> tuple[str, bool]:
    """`?` and `?1` as psycopg has them; whether values are named there."""
    if "?1" in sql:
        return PLACEHOLDER.sub(r"%(v\1)s", sql), True
    return sql.replace("?", "%s"), False
