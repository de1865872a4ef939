"""Where the value of an option comes from.

A flag, else `PROCMAN_<COMMAND>_<OPTION>` in the environment, else `start:` in procman.yml, else `.foreman`,
else the default.
"""

from __future__ import annotations

import os

from procman.app import foreman, taskfiles
from procman.cli import exportoptions, parser
from procman.cli.commands import TABLE
from procman.cli.options import APP, ROOT, START, Namespace, by_flag, is_empty
from procman.cli.taskoptions import TASK
from procman.errors import Problem, UserError, suggest
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from procman.cli.options import Option
    from procman.cli.parser import Line

WITH_FILES = ("start", "scheduler", "run", "check", "export")
"""Commands whose options may stand in a file. Others take from `.foreman` only where the app is."""


NAMES_OF_START = frozenset(option.name for option in START)


class Written(NamedTuple):
    """An option that is not typed but stands somewhere: its text as it would be typed, and where it is."""

    option: Option
    negative: bool
    text: str
    where: Problem


def complete(line: Line) -> Namespace:
    """The options that were typed, filled up from the environment, files and defaults.

    `written` in them has the file of each option that stands in one, by name; `doubts` says which are none.
    Raises `UserError` with every mistake.
    """
    problems = [Problem(line.command or "command line", None, text) for text in line.mistakes]
    if not line.command:
        raise UserError(problems)
    options = TABLE[line.command].options
    values = dict(line.values)
    _take(values, _in_environment(line.command, options), problems)
    doubts: list[str] = []
    written = _in_files(values, line.command, problems, doubts) if options else {}
    wanted = START if line.command in ("check", "export") else options  # they are to find every mistake
    _take(values, (each for each in written.values() if each.option in (*wanted, *options)), problems)
    if problems:
        raise UserError(problems)
    known = {option.name: option.default for option in options}
    values = known | {name: value for name, value in values.items() if name in known or name in line.values}
    files = {name: each.where.source for name, each in written.items()}
    return Namespace(command=line.command, written=files, doubts=doubts, **values)


def complete_task(words: Sequence[str]) -> Namespace:
    """The same for what stands behind `run task`, whose options are only typed."""
    line = parser.read_task(words)
    if not line.values.get("task", True) and not line.mistakes:
        line.mistakes.append("say which task to run")
    if line.mistakes:
        raise UserError(Problem(line.command, None, text) for text in line.mistakes)
    values = {option.name: option.default for option in TASK} | line.values
    return Namespace(command=line.command, **values)


def _take(values: dict[str, Any], found: Iterable[Written], problems: list[Problem]) -> None:
    """Read the texts of options that have no value yet."""
    for option, negative, text, where in found:
        if option.only_typed:
            flag = option.flags[-1]
            problems.append(where._replace(text=f"{flag} can only be typed: 'procman start {flag}'"))
            continue
        if is_empty(text):
            problems.append(
                where._replace(text=f"the value of {option.word} is empty: write one, or take it out")
            )
            continue
        try:
            value = option.read(text)
        except ValueError:
            wrong = f"'{text}' is no value for {option.word}: write {option.expected}"
            problems.append(where._replace(text=wrong))
            continue
        if negative:
            value = option.on if value == option.off else option.off
        values.setdefault(option.name, [value] if option.repeats else value)


def by_word(options: Iterable[Option]) -> dict[str, tuple[Option, bool]]:
    """Each option by its name in files and, in capitals, in the environment: `no_timestamp`, say."""
    longs = {flag: found for flag, found in by_flag(options).items() if flag.startswith("--")}
    return {flag[2:].replace("-", "_"): found for flag, found in longs.items()}


def _in_environment(command: str, options: Iterable[Option]) -> Iterable[Written]:
    for word, (option, negative) in by_word(options).items():
        variable = f"PROCMAN_{command}_{word}".upper().replace("-", "_")
        if text := os.environ.get(variable):
            yield Written(option, negative, text, Problem(variable, None, ""))


def _in_files(
    values: Mapping[str, Any], command: str, problems: list[Problem], doubts: list[str]
) -> dict[str, Written]:
    """The options of `.foreman`, where the flags say that the app is, and of procman.yml, where both say.

    procman.yml wins. It stands in the app's folder, so a Procfile that it names elsewhere does not move that.
    """
    path = os.path.join(_folder(values), foreman.FILE)
    if command not in WITH_FILES:
        return {name: each for name, each in _in_foreman(path, [], doubts).items() if each.option in APP}
    found = _in_foreman(path, problems, doubts, exportoptions.EXPORT if command == "export" else ())
    said = {name: each.text for name, each in found.items()}
    if file := taskfiles.path_in(_folder(said | dict(values))):
        own = _in_procman_yml(file, command != "run", problems)
        if "procfile" in own:
            here = os.path.dirname(file) or os.curdir
            own["root"] = Written(ROOT, False, here, own["procfile"].where)
        found |= own
    return found


def _folder(values: Mapping[str, Any]) -> str:
    return values.get("root") or os.path.dirname(values.get("procfile") or "")


def _in_foreman(
    path: str, problems: list[Problem], doubts: list[str], more: Sequence[Option] = ()
) -> dict[str, Written]:
    """What is no option is passed over, as Foreman does it, and doubted unless it is one of its `export`."""
    try:
        texts = foreman.read(path) if os.path.exists(path) else {}
    except UserError as error:
        problems += error.problems
        return {}
    words = by_word(each for each in more if each.name not in NAMES_OF_START) | by_word(START)
    unknown = [key for key in texts if key not in words and key not in foreman.OF_EXPORT]
    doubts += (f"{path}: there is no option '{key}'{suggest(key, words)}" for key in unknown)
    known = ((words[key], text) for key, text in texts.items() if key in words)
    return {option.name: Written(option, no, text, Problem(path, None, "")) for (option, no), text in known}


def _in_procman_yml(path: str, with_schedules: bool, problems: list[Problem]) -> dict[str, Written]:
    texts, lines = taskfiles.start_options(path, with_schedules)
    words = by_word(option for option in START if option is not ROOT)
    found: dict[str, Written] = {}
    for key, line in lines.items():
        where = Problem(path, line, f"start: there is no option '{key}'{suggest(key, words)}")
        if key not in words:
            problems.append(where)
            continue
        option, negative = words[key]
        if key in texts or option.only_typed:
            found[option.name] = Written(option, negative, texts.get(key, ""), where)
    return found
