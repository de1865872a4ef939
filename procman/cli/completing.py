"""What the Tab key offers. argcomplete wants an argparse parser, so one is made of the table for it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from procman.cli import commands
from procman.cli.commands import ANY, ONE, OPTIONAL, REST, SOME, TABLE
from procman.cli.options import APP, Namespace
from procman.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from procman.cli.commands import Argument, Command
    from procman.cli.options import Option

BEFORE = "before_"
"""Prefix of options given before the command's name."""
HOW_MANY = {ONE: None, OPTIONAL: "?", ANY: "*", SOME: "*", REST: argparse.REMAINDER}


def offer() -> None:
    """Answer the shell, and exit."""
    import argcomplete

    argcomplete.autocomplete(parser())


def parser() -> argparse.ArgumentParser:
    """The table of commands, as argparse has it."""
    top = argparse.ArgumentParser("procman", allow_abbrev=False)
    _add_options(top, dict.fromkeys(each for row in TABLE.values() for each in row.options), BEFORE)
    below = top.add_subparsers(dest="command")
    for name, command in TABLE.items():
        _fill(below.add_parser(name, help=command.summary, allow_abbrev=False), command)
    return top


def _fill(sub: argparse.ArgumentParser, command: Command) -> None:
    _add_options(sub, command.options)
    if argument := command.argument:
        choices = argument.choices or None
        nargs = HOW_MANY[argument.how_many]
        added = sub.add_argument(argument.name, nargs=nargs, choices=choices, help="")
        if argument.offers:
            vars(added)["completer"] = _Offer(argument)  # where argcomplete looks for it


def _add_options(to: argparse.ArgumentParser, options: Iterable[Option], prefix: str = "") -> None:
    taken: set[str] = set()
    for option in options:
        how: dict[str, Any] = {"dest": prefix + option.name, "default": argparse.SUPPRESS}
        flags = [flag for flag in option.flags if flag not in taken]
        taken |= {*flags}
        if not flags:
            continue
        if option.on is not None:
            help_ = f"not: {option.help}"
            to.add_argument(option.negative, action="store_const", const=option.off, help=help_, **how)
        if option.on is not None and not option.choices:
            to.add_argument(*flags, action="store_const", const=option.on, help=option.help, **how)
        else:
            nargs = "?" if option.on is not None else None
            choices = option.choices or None
            to.add_argument(*flags, nargs=nargs, choices=choices, help=option.help, **how)


class _Offer:
    """The names in the app's files, none where they have mistakes."""

    def __init__(self, argument: Argument) -> None:
        self._offers = argument.offers

    def __call__(self, parsed_args: argparse.Namespace, **_: object) -> list[str]:
        if commands.COMMANDS in self._offers:
            return [*TABLE]
        if commands.FORMATS in self._offers:
            from procman.export.formats import FORMATS

            return [*FORMATS]
        given = vars(parsed_args)
        names = [option.name for option in APP]
        typed = Namespace(**{name: given.get(name, given.get(BEFORE + name)) for name in names})
        found: list[str] = []
        if commands.TASKS in self._offers:
            found += _tasks(typed)
        if commands.TYPES in self._offers:
            found += _types(typed)
        return found


def _types(typed: Namespace) -> list[str]:
    from procman.cli import apps as app

    try:
        return [type_.name for type_ in app.types_of(typed)]
    except UserError:
        return []


def _tasks(typed: Namespace) -> list[str]:
    from procman.app import taskfiles
    from procman.cli import apps as app

    try:
        path = taskfiles.path_in(app.root_of(typed))
        return list(taskfiles.read(path, with_schedules=False).tasks) if path else []
    except UserError:
        return []
