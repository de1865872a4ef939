"""What a value of a .env file means: its backslashes and its `${X}`, bounded in size."""

from __future__ import annotations

import re

from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST = 128 * 1024
"""Bytes of `NAME=value` and the zero behind it, which is all that a process can be given: see execve(2)."""
REFERENCE = r"\$\{(?P<name>[^}:]*)(?::-(?P<default>[^}]*))?\}"
BARE = re.compile(REFERENCE)
DOUBLE = re.compile(r"\\(?P<escaped>.)|" + REFERENCE, re.DOTALL)
SINGLE = re.compile(r"\\([\\'])")
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
CONTROLS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
DOLLAR = re.compile(r"\$(?P<name>[A-Za-z_][A-Za-z0-9_]*)")
DOLLAR_OR_ESCAPED = re.compile(r"\\." + "|" + DOLLAR.pattern, re.DOTALL)


class TooLongError(ValueError):
    """A value is longer than any process can be given."""


def value_of(raw: str, quote: str, known: Mapping[str, str]) -> str:
    """The value of text that stood in these quotes, or in none. Raises `TooLongError`.

    Outside single quotes `${X}` is replaced by what is known of X, by the default behind `:-`, or by nothing;
    `$X` stays. In double quotes a backslash makes the next letter a control or leaves it as it is (Foreman).
    """
    if quote == "'":
        return SINGLE.sub(r"\1", raw)
    return _replace(raw, DOUBLE if quote else BARE, known)


def fits(key: str, value: str) -> bool:
    """Whether a process can be given this variable."""
    return (
        len(key) + len(value) < LONGEST
        and len(f"{key}={value}\0".encode(errors="surrogateescape")) <= LONGEST
    )


def untouched(raw: str, quote: str) -> Iterator[str]:
    """The names behind a bare `$`, which are not replaced."""
    if quote == "'":
        return
    for match in (DOLLAR_OR_ESCAPED if quote else DOLLAR).finditer(raw):
        if match["name"]:
            yield match["name"]


def _replace(raw: str, pattern: re.Pattern[str], known: Mapping[str, str]) -> str:
    """Piece by piece, no further than a value may be long: `${A}${A}` can double from line to line."""
    pieces: list[str] = []
    size = at = 0
    for match in pattern.finditer(raw):
        pieces += raw[at : match.start()], _piece(match.groupdict(), known)
        size += len(pieces[-2]) + len(pieces[-1])
        at = match.end()
        if size > LONGEST:
            raise TooLongError
    return "".join([*pieces, raw[at:]])


def _piece(found: Mapping[str, str | None], known: Mapping[str, str]) -> str:
    if escaped := found.get("escaped"):
        return CONTROLS.get(escaped, escaped)
    default = found["default"] or ""
    if "escaped" in found:
        default = ESCAPED.sub(lambda match: CONTROLS.get(match[1], match[1]), default)
    return known.get(found["name"] or "", default)
