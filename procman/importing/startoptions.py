"""The options of `start` that are written into procman.yml: those that procman would refuse are taken out."""

from __future__ import annotations

import os.path
from datetime import UTC
from typing import TYPE_CHECKING

from procman.core.config import taskfile
from procman.core.config.values import one_of, switch
from procman.core.plan import instances, ports
from procman.core.schedule import durations
from procman.errors import UserError
from procman.importing import written

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.importing.found import Found

ENV, DOTENV, PROCFILE = "env", ".env", "procfile"
LONGEST = 1e9
WHEN = dict.fromkeys(("auto", "always", "never"), "")
EMPTY = "it is empty: it is left out"
NO_FILE = "there is no file {}: it is left out"
OTHER_PROCFILE = "the commands are written to 'Procfile': it is left out"
NO_PROCFILE = "there is no {} here yet: procman needs it beside these settings"


def check(found: Found) -> None:
    """Take out each option that procman would not take, and files with variables that are not there."""
    for name, value in [*found.start.items()]:
        text, wrong = _text(name, value)
        if not wrong:
            wrong = refused(name, text)
        if wrong:
            found.lose_option(name, wrong)
        elif name == ENV:
            _check_files(found, text)
        elif name == PROCFILE and found.processes:
            found.lose_option(name, OTHER_PROCFILE)
        elif name == PROCFILE and not _is_file(found, text):
            found.lose_of_option(name, NO_PROCFILE.format(text))


def _text(name: str, value: object) -> tuple[str, str]:
    """The option as it would be typed; and what is wrong when it cannot be read."""
    try:
        document = written.dump({"start": {name: value}}).encode()
        return taskfile.parse(document, "", UTC).start.get(name, ""), ""
    except UserError as error:
        return "", error.problems[0].text.removeprefix(f"start: {name}: ")
    except UnicodeEncodeError:
        return "", "not UTF-8 text"


def refused(name: str, text: str) -> str:
    """What procman has against the value of an option."""
    if not text.strip(" \t\n,"):
        return EMPTY
    try:
        READERS[name](text)
    except UserError as error:
        return error.problems[0].text
    except ValueError as error:
        return f"{error}"
    return ""


def _check_files(found: Found, text: str) -> None:
    """Those that are there, and the one that is written."""
    files = [each.strip() for each in text.split(",") if each.strip()]
    there = [each for each in files if _is_file(found, each) or (found.env and each == DOTENV)]
    for each in [each for each in files if each not in there]:
        found.lose_of_option(ENV, NO_FILE.format(each))
    if found.env and DOTENV not in there:
        there.insert(0, DOTENV)
    if there in ([], [DOTENV]):
        del found.start[ENV]
    elif there != files:
        found.start[ENV] = there


def _is_file(found: Found, path: str) -> bool:
    return found.place.is_file(os.path.join(found.place.root, path))


def _seconds(text: str) -> None:
    try:
        value = float(text)
    except ValueError:
        value = durations.parse(text)
    if not 0 <= value < LONGEST:
        raise ValueError(f"'{text}' is no time such as 10 or 1m")


READERS: dict[str, Callable[[str], object]] = {
    PROCFILE: str,
    ENV: str,
    "port": lambda text: ports.parse_base(text, ""),
    "formation": lambda text: instances.parse(text, ""),
    "timeout": _seconds,
    "color": one_of({**WHEN, "true": "", "false": ""}),
    "timestamp": switch,
    "prefix": switch,
}
"""How each is read that an import writes (cli/options)."""
