"""What clients may say in their requests: read here, and refused if it is not what it should be."""

from __future__ import annotations

from procman.control.protocol import RequestError
from procman.core import exitcodes
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    Request = dict[str, Any]

MOST = 9999


def words(request: Request) -> list[str]:
    """Names of processes, perhaps none. Raises `RequestError`."""
    words = request.get("names", [])
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise RequestError("'names' is a list of strings")
    return words


def counts(request: Request) -> dict[str, int]:
    """So many of each type. Raises `RequestError`."""
    found = request.get("counts")
    if not isinstance(found, dict) or not found:
        raise RequestError("'counts' is an object of numbers by process type")
    if not all(type(number) is int and 0 <= number <= MOST for number in found.values()):
        raise RequestError(f"a count is a number from 0 to {MOST}")
    return found


def signal_number(given: object) -> int:
    """The number of `"HUP"`, `"SIGHUP"` or 1. Raises `RequestError`."""
    if not isinstance(given, str | int) or isinstance(given, bool):
        raise RequestError(f"no signal '{given}': write a name such as HUP or USR1")
    try:
        return exitcodes.signal_number(str(given))
    except ValueError as error:
        raise RequestError(str(error)) from None
