"""The command line, read by argparse."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, NoReturn

from procman import __version__
from procman.cli import complaints, options
from procman.errors import USAGE, UserError, suggest

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "start": ("run the app: all process types, or those named, and the tasks as they are due", options.START),
    "run": ("run a task, a process type or a command once, in the foreground", options.RUN),
    "check": ("print the plan, and every mistake in the app's files", options.CHECK),
    "tasks": ("list the tasks", options.LISTING),
    "schedule": ("list the tasks with their schedules, next and last runs", options.LISTING),
    "next": ("list the ticks that come next", options.NEXT),
    "history": ("list the runs of tasks, or show one with its output", options.HISTORY),
    "jobs": ("list the runs that wait for their time", options.LISTING),
    "cancel": ("cancel a run that waits for its time", options.LISTING),
    "pause": ("run no ticks and jobs of a task until it is resumed", options.LISTING),
    "resume": ("end the pause of a task", options.LISTING),
    "scheduler": ("run only the tasks as they are due, without the Procfile's processes", options.SCHEDULER),
    "version": ("print the version", ()),
    "completion": ("print a shell's completion script", ()),
}
ARGUMENTS: dict[str, tuple[str, str | None, str, str]] = {
    "next": ("task", "?", "TASK", "only this task"),
    "history": ("words", "*", "TASK | show ID", "only this task; or one run with its output"),
    "cancel": ("id", None, "ID", "the number of the job"),
    "pause": ("task", None, "TASK", "the task"),
    "resume": ("task", None, "TASK", "the task"),
}
"""What stands behind these commands: name, how many, how it is shown, what it is."""
SHELLS = ("bash", "zsh", "fish")
BEFORE = "before_"
"""Prefix of options given before the command's name."""
EPILOG = "Every option can also be set as PROCMAN_<COMMAND>_<OPTION>, as in PROCMAN_START_PORT=3000."


class Formatter(argparse.HelpFormatter):
    """argparse makes one for every option and asks shutil for the width, which takes 4 ms to import."""

    def __init__(self, prog: str) -> None:
        try:
            columns = os.get_terminal_size().columns
        except OSError:
            columns = 0
        super().__init__(prog, width=(columns or 80) - 2)


class Parser(argparse.ArgumentParser):
    """argparse, with a hint at the command that was meant."""

    def error(self, message: str) -> NoReturn:
        typed = message.partition("argument COMMAND: invalid choice: ")[2].rpartition(" (choose ")[0][1:-1]
        if typed:
            message = f"no command '{typed}'{suggest(typed, COMMANDS)}"
        self.print_usage(sys.stderr)
        complaints.tell(message)
        self.exit(USAGE)


def build() -> Parser:
    """The parser of the whole command line."""
    parser = Parser(
        "procman",
        description="Procfile process manager and scheduler.",
        epilog=EPILOG,
        allow_abbrev=False,
        formatter_class=Formatter,
    )
    parser.add_argument("-v", "--version", action="version", version=__version__)
    options.add(parser, options.APP, BEFORE)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", prog=parser.prog)
    for name, (summary, flags) in COMMANDS.items():
        sub = commands.add_parser(
            name,
            help=summary,
            description=summary,
            epilog=EPILOG if flags else None,
            allow_abbrev=False,
            formatter_class=Formatter,
        )
        options.add(sub, flags)
        _add_arguments(name, sub)
    return parser


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The command and its options, filled up from environment, files and defaults.

    Exits for `--help` and for what is not a command line. Raises `UserError` for bad values elsewhere.
    """
    parser = build()
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete  # 20 ms that only a shell's Tab key waits for

        argcomplete.autocomplete(parser)
    given = parser.parse_args(words)
    if given.command is None:
        parser.print_help()
        parser.exit()
    _move_options_behind(given)
    return options.complete(given, given.command, COMMANDS[given.command][1])


def parse_task(words: Sequence[str]) -> argparse.Namespace:
    """What stands behind `run task`: the task's name, options, and its arguments behind `--`."""
    parser = Parser("procman run task", allow_abbrev=False, formatter_class=Formatter)
    parser.add_argument("task", metavar="NAME", help="the task")
    options.add(parser, options.TASK)
    parser.add_argument(
        "args", nargs="*", metavar="ARG", help="for the task's command; '--' before those with '-'"
    )
    end = words.index("--") if "--" in words else len(words)
    defaults = {option.name: option.default for option in options.TASK}
    given = parser.parse_args(words[:end], argparse.Namespace(**defaults))
    given.args += words[end + 1 :]
    return given


def _add_arguments(name: str, parser: argparse.ArgumentParser) -> None:
    if name == "start":
        types = parser.add_argument("names", nargs="*", metavar="TYPE", help="run only these process types")
        vars(types)["completer"] = _complete_types  # where argcomplete looks for it
    elif name == "run":
        help_ = "a task's name, a process type, or a command; 'task NAME' and '-- COMMAND' say which"
        words = parser.add_argument(
            "words", nargs=argparse.REMAINDER, metavar="TASK|TYPE|COMMAND ...", help=help_
        )
        vars(words)["completer"] = _complete_tasks_and_types
    elif name == "completion":
        parser.add_argument("shell", choices=SHELLS)
    elif name in ARGUMENTS:
        argument, nargs, metavar, help_ = ARGUMENTS[name]
        added = parser.add_argument(argument, nargs=nargs, metavar=metavar, help=help_)
        if "TASK" in metavar:
            vars(added)["completer"] = _complete_tasks


def _complete_types(parsed_args: argparse.Namespace, **_: object) -> list[str]:
    """The process types that the Tab key offers: those of the Procfile, none when it has mistakes."""
    from procman.cli import app

    try:
        _move_options_behind(parsed_args)
        return [type_.name for type_ in app.types_of(parsed_args)]
    except UserError:
        return []


def _complete_tasks(parsed_args: argparse.Namespace, **_: object) -> list[str]:
    """The tasks that the Tab key offers: those of procman.yml, none when it has mistakes."""
    from procman.cli import app, taskfiles

    try:
        vars(parsed_args).setdefault("root", None)
        vars(parsed_args).setdefault("procfile", None)
        _move_options_behind(parsed_args)
        path = taskfiles.path_in(app.root_of(parsed_args))
        return list(taskfiles.read(path, with_schedules=False).tasks) if path else []
    except UserError:
        return []


def _complete_tasks_and_types(parsed_args: argparse.Namespace, **_: object) -> list[str]:
    return [*_complete_tasks(parsed_args), *_complete_types(parsed_args)]


def _move_options_behind(given: argparse.Namespace) -> None:
    """`procman -f FILE start` is `procman start -f FILE`; of `-e`, both count."""
    values = vars(given)
    for name in [option.name for option in options.APP]:
        before = values.pop(BEFORE + name, None)
        if isinstance(before, list):
            values[name] = before + values.get(name, [])
        elif before is not None:
            values.setdefault(name, before)
