"""Words of a value in a unit file: quotes and escapes (systemd.syntax(7)), specifiers (systemd.unit(5)), and
variables in command lines (systemd.service(5)), which mean other things than to a shell.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.importing.reading.words import NUMBER, Shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.importing.reading.words import Word
    from procman.importing.systemd.reading import Unit

ESCAPES = dict(zip("abfnrtvs\\\"'", "\a\b\f\n\r\t\v \\\"'", strict=True))
CODES = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})")
SPECIFIER = re.compile(r"%(.)", re.DOTALL)
FOLDERS = {
    "t": "/run",
    "S": "/var/lib",
    "C": "/var/cache",
    "L": "/var/log",
    "E": "/etc",
    "T": "/tmp",
    "V": "/var/tmp",
}
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\$", re.ASCII)
WHOLE = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def split(value: str) -> list[str]:
    """The words of a value. Raises `ValueError` for a quote without an end."""
    return [*_split(value)]


def _split(value: str) -> Iterator[str]:
    word, quote, begun, at = "", "", False, 0
    while at < len(value):
        sign = value[at]
        at += 1
        if sign == "\\":
            text, at = _escape(value, at)
            word, begun = word + text, True
        elif quote or sign in "\"'":
            if quote in ("", sign):
                quote, begun = sign if not quote else "", True
            else:
                word += sign
        elif sign in " \t\n\r":
            if begun:
                yield word
            word, begun = "", False
        else:
            word, begun = word + sign, True
    if quote:
        raise ValueError(f"the quote {quote} has no end")
    if begun:
        yield word


def _escape(value: str, at: int) -> tuple[str, int]:
    """What stands for the escape behind a backslash, and where it ends."""
    if value[at : at + 1] in ESCAPES:
        return ESCAPES[value[at]], at + 1
    if found := CODES.match(value, at):
        number = int(found[0], 8) if found[4] else int(found[0][1:], 16)
        if not number or number > 0x10FFFF or (found[1] is None and 0xD800 <= number < 0xE000):
            raise ValueError(f"'\\{found[0]}' stands for no letter")
        text = bytes([number]) if number < 256 and (found[1] or found[4]) else chr(number).encode()
        return text.decode("utf-8", "surrogateescape"), found.end()
    return f"\\{value[at : at + 1]}", at + 1  # systemd takes what it does not know as it is written


def known(word: str, unit: Unit) -> Word:
    """A word with its specifiers replaced. The instance of a template is the number of the process.

    Raises `ValueError` for one that says something which only systemd knows.
    """
    pieces: list[str | Shell] = []
    at = 0
    for found in SPECIFIER.finditer(word):
        pieces += [word[at : found.start()], _specifier(found[1], unit)]
        at = found.end()
    return _joined([*pieces, word[at:]])


def _specifier(sign: str, unit: Unit) -> str | Shell:
    names = {"%": "%", "n": unit.name, "N": unit.name.rpartition(".")[0], "p": unit.stem, "P": unit.stem}
    if sign in "iI":
        return Shell(NUMBER) if unit.instance == "" else unit.instance or ""
    if sign in names:
        return names[sign]
    if sign in FOLDERS:
        return FOLDERS[sign]
    if sign == "h":
        return Shell("$HOME")
    raise ValueError(f"%{sign} is something that only systemd knows")


class Split(Shell):
    """A variable that is a word by itself: it is as many words as are in it."""


def expanded(word: Word) -> Word:
    """A word of a command line with its variables left to the shell; `$$` is a dollar."""
    if len(word) == 1 and isinstance(word[0], str) and WHOLE.fullmatch(word[0]):
        return (Split(word[0]),)
    pieces: list[str | Shell] = []
    for piece in word:
        if isinstance(piece, Shell):
            pieces.append(piece)
            continue
        at = 0
        for found in VARIABLE.finditer(piece):
            pieces += [piece[at : found.start()], Shell(f"${{{found[1]}}}") if found[1] else "$"]
            at = found.end()
        pieces.append(piece[at:])
    return _joined(pieces)


def _joined(pieces: list[str | Shell]) -> Word:
    """Texts side by side as one; nothing that is empty."""
    joined: list[str | Shell] = []
    for each in pieces:
        if isinstance(each, str) and joined and isinstance(joined[-1], str):
            joined[-1] += each
        elif each:
            joined.append(each)
    return tuple(joined)
