"""Command lines of units, as a line for the shell that runs the same words (systemd.service(5))."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from procman.importing.reading import shells, words
from procman.importing.reading.words import Shell
from procman.importing.systemd import quoting
from procman.importing.systemd.quoting import Split

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from procman.importing.reading.words import Word
    from procman.importing.systemd.reading import Setting, Unit

PREFIXES = "@-:+!"
ALONE = re.compile(r"(?<!\S)\\?;(?!\S)", re.ASCII)
NO_RIGHTS = "'+' and '!' in front of a command are rights that procman cannot give: it runs as the others"


class Command(NamedTuple):
    """One program with its words. `may_fail`: its failure counts for nothing. `notes`: what is not said."""

    words: tuple[Word, ...]
    may_fail: bool = False
    notes: tuple[str, ...] = ()


def read(setting: Setting, unit: Unit) -> list[Command]:
    """The commands of a line, of which `;` parts several. Raises `ValueError`."""
    return [_command(part, unit) for part in _parts(setting.value)]


def _parts(value: str) -> Iterator[list[str]]:
    """The words of each command."""
    part: list[str] = []
    for text in _raw(value):
        if text is None:
            if part:
                yield part
            part = []
        else:
            part.append(text)
    if part:
        yield part


def _raw(value: str) -> Iterator[str | None]:
    """The words; None for a `;` that stands alone. `\\;` alone is a word."""
    start = 0
    for found in ALONE.finditer(value):
        before = value[start : found.start()]
        if _is_whole(before):
            yield from quoting.split(before)
            yield ";" if found[0] == "\\;" else None
            start = found.end()
    yield from quoting.split(value[start:])


def _is_whole(text: str) -> bool:
    """Whether no quote is open behind it."""
    try:
        quoting.split(text)
    except ValueError:
        return False
    return True


def _command(part: list[str], unit: Unit) -> Command:
    first = part[0].lstrip(PREFIXES)
    signs = part[0][: len(part[0]) - len(first)]
    argv = [first, *part[1:]]
    if "@" in signs and len(argv) > 1:  # the word behind it is argv[0], a name that procman does not give
        argv = [argv[0], *argv[2:]]
    found = [quoting.known(word, unit) for word in argv]
    if ":" not in signs:  # else nothing is replaced
        found = [quoting.expanded(word) for word in found]
    notes = (NO_RIGHTS,) if "+" in signs or "!" in signs else ()
    return Command(tuple(found), "-" in signs, notes)


def line(commands: Sequence[Command]) -> str:
    """One line that runs them all, one after the other, until one fails."""
    if len(commands) == 1 and not commands[0].may_fail:
        return _alone(commands[0])
    return " && ".join(f"{{ {_text(each)} || true; }}" if each.may_fail else _text(each) for each in commands)


def _alone(command: Command) -> str:
    """The line that a shell is given is the command itself, its variables as the shell has them."""
    argv = command.words
    if len(argv) != 3 or words.literal(argv[0]) not in shells.SHELLS or words.literal(argv[1]) != "-c":
        return _text(command)
    script = words.literal(argv[2])
    if script is not None and script.strip():
        return shells.as_written(script)
    raw = "".join(each.text if isinstance(each, Shell) else each for each in argv[2])
    return _text(command) if "'" in raw or not raw else shells.as_written(raw)


def _text(command: Command) -> str:
    first, *rest = command.words
    return " ".join([words.line([first]), *map(_argument, rest)])


def _argument(word: Word) -> str:
    return word[0].text if word and isinstance(word[0], Split) else words.quoted(word)
