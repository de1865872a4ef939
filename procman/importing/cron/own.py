"""An export for cron, read back: its lines are the tasks again, with their names and what they wrap."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, NamedTuple

from procman.core.plan import plan
from procman.importing.cron import commands
from procman.importing.cron import lines as cronlines
from procman.importing.cron.lines import Job, Variable, Wrong
from procman.importing.reading import ours, shells

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.importing.cron.lines import Item
    from procman.importing.found import Found, Keys

BLOCK = re.compile(r"# ([A-Za-z0-9_][A-Za-z0-9_.-]*)(?:: (.*))?")
OFF = "# enabled: false # "
ZONE = "CRON_TZ"
OF_CRON = (ZONE, "CRON_TZ_CHECK", "SHELL")
USUAL = ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
"""What an export sets if nobody says anything else."""
NEWLINE, SET_NEWLINE = "$__newline", "__newline=$(printf '\\n_'); __newline=${__newline%_}; "
"""How an export has the end of a line in a line."""


class Line(NamedTuple):
    """A line of a task; without a command that of the scheduler. `own` are variables that only it sets."""

    command: str
    folder: str
    own: dict[str, str]
    keys: Keys


def add(text: str, found: Found) -> bool:
    """Add the tasks of a crontab; False for one that no export writes, of which nothing is added then."""
    made: dict[str, Keys] = {}
    lines: dict[str, int] = {}
    variables: dict[str, str] = {}
    told: list[int] = []
    zone = ""
    for name, about, number, off, item in _items(text):
        if isinstance(item, Variable):
            variables[item.name] = item.value
            zone = variables.get(ZONE, "")
            continue
        taken = _taken_apart(item.command) if isinstance(item, Job) else None
        if taken is None or isinstance(item, Wrong):
            return False
        if not taken.command:
            told.append(number)
            continue
        when = " ".join([item.when, *([zone] if zone and not item.when.startswith("@") else [])])
        keys = made.setdefault(name, {"schedule": [], **({"desc": about} if about else {}), **taken.keys})
        keys["schedule"].append(when)
        keys["command"] = _whole(taken, found)
        keys |= {"enabled": False} if off else {}
        lines[name] = number
    _put(found, made, lines, variables)
    for number in told[:1]:
        found.lose(number, ours.SCHEDULER)
    return True


def _put(found: Found, made: dict[str, Keys], lines: dict[str, int], variables: dict[str, str]) -> None:
    for name, value in variables.items():
        if not plan.is_own(name) and name not in OF_CRON and (name, value) != USUAL:
            found.variable(name, value)
    for name, keys in made.items():
        command = keys.pop("command")
        schedules = keys.pop("schedule")
        said = {"schedule": schedules if len(schedules) > 1 else schedules[0], "missed": "skip", **keys}
        found.task(name, command, said, lines[name])


def _items(text: str) -> Iterator[tuple[str, str, int, bool, Item]]:
    """Variables and jobs, each with the name and description above it, its line, and whether it is off."""
    name, about = "", ""
    before = ""
    for number, row in enumerate(text.split("\n"), 1):
        if not row.startswith(OFF) and row.startswith("#"):
            if not before.startswith("#") and (block := BLOCK.fullmatch(row)):
                name, about = block[1], block[2] or ""
        else:
            for item in cronlines.read(row.removeprefix(OFF), with_user=False):
                yield name, about, number, row.startswith(OFF), item
        before = row


def _taken_apart(text: str) -> Line | None:
    """What a line wraps: `cd`, a lock, a timeout, variables, a log."""
    command, given = commands.split(text)
    try:
        words = shlex.split(command.removeprefix(SET_NEWLINE))
    except ValueError:
        return None
    if command.startswith(SET_NEWLINE):
        words = [each.replace(NEWLINE, "\n") for each in words]
    keys: Keys = {"overlap": "allow"}
    own: dict[str, str] = {}
    if words[:3] == ["eval", "$CRON_TZ_CHECK", "&&"]:
        words = words[3:]
    if given or len(words) < 3 or words[0] != "cd" or words[2] != "&&":
        return None
    folder, words = words[1], words[3:]
    if words[:3] == ["mkdir", "-p", "-m"] and words[5:9] == ["&&", "flock", "-n", "-o"]:
        keys, words = {}, words[10:]
    if words[:2] == ["timeout", "-k"]:
        keys["timeout"], words = f"{words[3]}s", words[4:]
    if words[:1] == ["env"]:
        words = words[1:]
        while words and "=" in words[0]:
            name, _, own[name] = words.pop(0).partition("=")
    words = words[:-2] if words[-1:] == ["2>&1"] and words[-2].startswith(">>") else words
    if words[:2] == ["/bin/sh", "-c"] and len(words) == 3:
        return Line(shells.as_written(words[2]), folder, own, keys)
    return Line("", folder, own, keys) if ours.is_scheduler(words) else None


def _whole(line: Line, found: Found) -> str:
    """The command with what a task has no keys for."""
    own = {
        name: value for name, value in line.own.items() if not plan.is_own(name) and (name, value) != USUAL
    }
    plain = {name: value for name, value in own.items() if found.env.setdefault(name, value) != value}
    before = f"export {' '.join(f'{name}={shlex.quote(value)}' for name, value in plain.items())}; "
    elsewhere = line.folder.rstrip("/") != found.place.root.rstrip("/")
    folder = f"cd {shlex.quote(line.folder)} && " if elsewhere else ""
    return f"{folder}{before if plain else ''}{line.command}"
