"""Help, written from the table of commands; the same under every version of Python."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING

from procman.cli.commands import ANY, FORMATS, ONE, OPTIONAL, REST, RUN_TASK, SOME, TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from procman.cli.commands import Argument, Command
    from procman.cli.options import Option

NARROWEST, WIDEST = 40, 100
COLUMN = 26
"""Where explanations begin: a longer name has a line of its own."""
EPILOG = (
    "Options may stand before or behind the command. Each can also be set as PROCMAN_<COMMAND>_<OPTION>, as"
    " in PROCMAN_START_PORT=3000, and those of 'start' below 'start:' in procman.yml or in .foreman."
)
SHOWN = {ONE: "{}", OPTIONAL: "[{}]", ANY: "[{} ...]", SOME: "{} ...", REST: "{} ..."}


def of_all() -> str:
    """What there is to type."""
    commands = [(name, command.summary) for name, command in TABLE.items()]
    return "\n".join(
        [
            "usage: procman COMMAND [OPTION ...] [WORD ...]",
            "",
            "Procfile process manager and scheduler.",
            "",
            "commands, of which the beginning is enough:",
            *_table(commands),
            "",
            *_wrap("'procman help COMMAND' describes one. '-v' prints the version."),
            "",
            *_wrap(EPILOG),
        ]
    )


def of_command(name: str) -> str:
    """What a command does, and its words and options. `name` is also `run task`."""
    command = RUN_TASK if name == "run task" else TABLE[name]
    lines = [_usage(name, command), "", *_wrap(command.summary)]
    if command.argument:
        lines += ["", *_table([(command.argument.metavar, command.argument.help)])]
        lines += _formats(command.argument)
    if command.options:
        lines += ["", "options:", *_table((_flags(option), option.help) for option in command.options)]
    if command.options and command is not RUN_TASK:
        lines += ["", *_wrap(EPILOG)]
    return "\n".join(lines)


def _formats(argument: Argument) -> list[str]:
    if FORMATS not in argument.offers:
        return []
    from procman.export.formats import FORMATS as KNOWN

    return ["", "formats:", *_table((name, row.summary) for name, row in KNOWN.items())]


def _usage(name: str, command: Command) -> str:
    words = ["usage: procman", name, "[OPTION ...]" if command.options else "", _words(command.argument)]
    return " ".join(filter(None, words))


def _words(argument: Argument | None) -> str:
    if argument is None:
        return ""
    written = "..." in argument.metavar or " [" in argument.metavar
    return argument.metavar if written else SHOWN[argument.how_many].format(argument.metavar)


def _flags(option: Option) -> str:
    """`-t, --timeout SECONDS`, `-c, --color [WHEN], --no-color`, `--release`, `--prefix, --no-prefix`."""
    names = ", ".join(option.flags)
    if option.on is None:
        return f"{names} {option.metavar}"
    if option.metavar:
        return f"{names} [{option.metavar}], {option.negative}"
    return f"{names}, {option.negative}" if option.default == option.on else names


def _table(rows: Iterable[tuple[str, str]]) -> list[str]:
    lines: list[str] = []
    for name, text in rows:
        first, *others = _wrap(text, COLUMN)
        if len(name) + 4 <= COLUMN:
            lines.append(f"  {name:{COLUMN - 2}}{first.lstrip()}")
        else:
            lines += [f"  {name}", first]
        lines += others
    return lines


def _wrap(text: str, indent: int = 0) -> list[str]:
    return textwrap.wrap(text, _width(), initial_indent=" " * indent, subsequent_indent=" " * indent)


def _width() -> int:
    try:
        columns = os.get_terminal_size().columns
    except OSError:
        columns = 0
    return max(NARROWEST, min(columns or 80, WIDEST) - 1)
