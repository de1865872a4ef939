"""Every option of every command, as data; and where its value comes from.

A flag, else `PROCMAN_<COMMAND>_<OPTION>` in the environment, else `start:` in procman.yml or `.foreman`,
else the default.
"""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from procman.cli import foreman, taskfiles
from procman.errors import Problem, UserError, suggest
from procman.host.signals import GRACE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Parser = argparse.ArgumentParser


class Option(NamedTuple):
    """One option. `convert` raises `ValueError` for a bad value; `flag` is what it means without one."""

    name: str
    flags: tuple[str, ...]
    help: str
    metavar: str = ""
    default: Any = None
    choices: tuple[str, ...] = ()
    convert: Callable[[str], Any] = str
    flag: Any = None
    repeats: bool = False
    aliases: tuple[tuple[str, Any], ...] = ()
    """Further flags, each with the value it stands for."""


def seconds(text: str) -> float:
    """A duration of 0 or more seconds."""
    value = float(text)
    if not 0 <= value < 1e9:
        raise ValueError(text)
    return value


def count(text: str) -> int:
    """A number of 1 or more."""
    value = int(text)
    if not 1 <= value <= 1_000_000:
        raise ValueError(text)
    return value


APP = (
    Option("procfile", ("-f", "--procfile"), "the Procfile (default: ./Procfile)", "FILE"),
    Option("root", ("-d", "--root"), "the app's folder (default: that of the Procfile)", "DIR"),
    Option(
        "env", ("-e", "--env"), "environment files, later win (default: .env)", "FILE[,FILE]", repeats=True
    ),
)
ENVIRONMENT = Option(
    "env_override",
    ("--env-override",),
    "what wins when both set a variable: the files (default) or the real environment",
    choices=("files", "os"),
    default="files",
)
FORMATION = Option("formation", ("-m", "--formation"), "instances, as web=2,worker=1,all=1", "TYPE=N,...")
PORT = Option("port", ("-p", "--port"), "port of the first process type (default: PORT, else 5000)", "PORT")
RELEASE = Option("release", ("--release",), "run the 'release' command first", flag=True, default=False)
JSON = Option("json", ("--json",), "print JSON", flag=True, default=False)
SUPERVISING = (
    *APP,
    ENVIRONMENT,
    PORT,
    Option(
        "timeout",
        ("-t", "--timeout"),
        "seconds between the stop signal and SIGKILL (default: 5)",
        "SECONDS",
        default=GRACE_SECONDS,
        convert=seconds,
    ),
    Option(
        "color",
        ("--color",),
        "when to colour names (default: auto)",
        choices=("auto", "always", "never"),
        default="auto",
        aliases=(("-c", "always"), ("--no-color", "never")),
    ),
    Option("timestamp", ("--no-timestamp",), "no time in front of lines", flag=False, default=True),
    Option(
        "timestamp_format", ("--timestamp-format",), "time as strftime has it", "FORMAT", default="%H:%M:%S"
    ),
    Option("prefix", ("--no-prefix",), "no name in front of lines", flag=False, default=True),
    Option(
        "pty",
        ("--pty",),
        "give processes a terminal (default: auto, when this is one)",
        choices=("auto", "always", "never"),
        default="auto",
    ),
)
EXIT_CODE_FROM = Option("exit_code_from", ("--exit-code-from",), "exit with the code of this process", "NAME")
START = (
    *SUPERVISING,
    FORMATION,
    RELEASE,
    EXIT_CODE_FROM,
    Option("scheduler", ("--no-scheduler",), "run no tasks", flag=False, default=True),
)
SCHEDULER = SUPERVISING
RUN = (*APP, ENVIRONMENT, PORT)
CHECK = (*APP, ENVIRONMENT, FORMATION, PORT, RELEASE, JSON)
LISTING = (*APP, JSON)
NEXT = (
    *LISTING,
    Option("number", ("-n", "--number"), "how many (default: 10)", "N", default=10, convert=count),
    Option("start", ("--from",), "from then on (default: now), as '2026-12-24 18:00'", "TIME"),
    Option("zone", ("--tz",), "the time zone to read and show times in", "ZONE"),
    Option("expression", ("--expr",), "this expression instead of a task", "EXPRESSION"),
)
HISTORY = (
    *LISTING,
    Option("number", ("-n", "--number"), "how many (default: 20)", "N", default=20, convert=count),
)
LATER = (
    Option("detach", ("--detach",), "in the background, by the procman that runs", flag=True, default=False),
    Option("delay", ("--in",), "later, after 10m, 1h30m, 2 days", "DURATION"),
    Option("moment", ("--at",), "later, at '2026-12-24 18:00 Europe/Paris'", "TIME"),
    Option("key", ("--key",), "only once for the same key", "KEY"),
)
TASK = (*LATER, JSON)
"""Behind `run task NAME`."""

WITH_FILE = ("start", "scheduler", "run", "check")
"""Commands whose options may stand in a file."""
TRUE = ("1", "true", "yes", "on")
FALSE = ("0", "false", "no", "off")


def add(parser: Parser, options: Iterable[Option], prefix: str = "") -> None:
    """Give a parser the flags of these options; those not used leave no trace in its result."""
    for option in options:
        common: dict[str, Any] = {"dest": prefix + option.name, "default": argparse.SUPPRESS}
        constants = {option.flags: option.flag} if option.flag is not None else {}
        constants |= {(flag,): value for flag, value in option.aliases}
        if option.flag is None:
            parser.add_argument(
                *option.flags,
                **common,
                action="append" if option.repeats else "store",
                type=option.convert,
                metavar=option.metavar or None,
                choices=option.choices or None,
                help=option.help,
            )
        for flags, value in constants.items():
            text = option.help if flags == option.flags else f"the same as {option.flags[0]} {value}"
            parser.add_argument(*flags, **common, action="store_const", const=value, help=text)


def complete(given: argparse.Namespace, command: str, options: Iterable[Option]) -> argparse.Namespace:
    """The options given as flags, filled up from the environment, files and defaults.

    Raises `UserError` with every bad value.
    """
    options = tuple(options)
    values = vars(given)
    problems: list[Problem] = []
    values |= _from_environment(command, options, problems) | values
    if command in WITH_FILE:
        values |= _from_file(given, command, options, problems) | values
    values |= {option.name: option.default for option in options} | values
    if problems:
        raise UserError(problems)
    return given


def _from_environment(command: str, options: Iterable[Option], problems: list[Problem]) -> dict[str, Any]:
    """Values of `PROCMAN_START_NO_TIMESTAMP` and the like, named by their longest flag."""
    values: dict[str, Any] = {}
    for option in options:
        flag = option.flags[-1].removeprefix("--").replace("-", "_")
        variable = f"PROCMAN_{command}_{flag}".upper()
        if text := os.environ.get(variable):
            _take(values, option, text, Problem(variable, None, ""), problems)
    return values


def _from_file(
    given: argparse.Namespace, command: str, options: Iterable[Option], problems: list[Problem]
) -> dict[str, Any]:
    """Values of `start:` in procman.yml, or of the `.foreman` file where there is no procman.yml."""
    folder = getattr(given, "root", None) or os.path.dirname(getattr(given, "procfile", None) or "")
    if path := taskfiles.path_in(folder):
        written, lines = taskfiles.start_options(path, command != "run")
        known = [option.name for option in START if option.name != "root"]
        problems += (
            Problem(path, lines[name], f"start: there is no option '{name}'{suggest(name, known)}")
            for name in written
            if name not in known
        )
    elif os.path.exists(path := os.path.join(folder, foreman.FILE)):
        written, lines = foreman.read(path), {}
    else:
        return {}
    values: dict[str, Any] = {}
    for option in options:
        if option.name in written:
            where = Problem(path, lines.get(option.name), "")
            _take(values, option, written[option.name], where, problems)
    return values


def _take(values: dict[str, Any], option: Option, text: str, where: Problem, problems: list[Problem]) -> None:
    """Convert one value that does not come from a flag."""
    try:
        values[option.name] = _convert(option, text)
    except ValueError:
        allowed = option.choices or ((TRUE[1], FALSE[1]) if option.flag is not None else ())
        hint = f": use {' or '.join(allowed)}" if allowed else ""
        problems.append(where._replace(text=f"'{text}' is no value for {option.flags[-1]}{hint}"))


def _convert(option: Option, text: str) -> Any:
    if option.flag is not None:
        if text.lower() not in TRUE + FALSE:
            raise ValueError(text)
        return option.flag if text.lower() in TRUE else option.default
    if option.choices and text not in option.choices:
        raise ValueError(text)
    return [text] if option.repeats else option.convert(text)
