"""What people put in front of a command for cron, and a task has keys for: `cd`, `flock -n`, `timeout`, a
random sleep. Programs that do more than the key stay.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from procman.core.schedule import durations
from procman.importing.cron import commands as croncommands
from procman.importing.reading import parsed, seconds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from procman.core.plan import shell

FOLDER = re.compile(
    r"cd[ \t]+(?P<folder>'[^']*'|\"[^\"$`\\]*\"|[^\s'\"$`\\;&|<>()*?\[~-][^\s'\"$`\\;&|<>()*?\[]*)"
    r"[ \t]*(?:&&|;)[ \t]*",
    re.ASCII,
)
ELSEWHERE = re.compile(r"cd[ \t]+['\"]?[/~$]|cd[ \t]*(?:&&|;)")
DELAY = re.compile(
    r"(?:/bin/)?sleep[ \t]+"
    r"(?:\$\(\([ \t]*\$?\{?RANDOM\}?[ \t]*%[ \t]*(?P<below>[0-9]{1,6})[ \t]*\)\)"
    r"|(?:`|\$\()[ \t]*shuf[ \t]+-i[ \t]*[01]-(?P<to>[0-9]{1,6})[ \t]+-n[ \t]*1[ \t]*(?:\)|`))"
    r"[ \t]*(?:;(?!;)|&&)[ \t]*"
)
LOCK = re.compile(r"\bflock\b(?:[ \t]+-(?:[wE][ \t]+)?\S+)*[ \t]+([^\s-]\S*)", re.ASCII)
AT_ONCE = frozenset("-n -nx -xn -ne -en --nb --nonblock".split())
EXCLUSIVE = frozenset("-x -e --exclusive".split())
TIME = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)([smhd]?)")

NO_LOCK = (
    "'flock -n {}' is taken out, as a task does not overlap with itself: put it back if other programs use"
    " that file"
)
NO_KILL = (
    "'timeout {}' is the task's 'timeout' now: what does not end by SIGTERM then is killed, 5 s later (-t)"
)
IN_FRONT = "'&' at the end is taken out: procman stops what a run leaves behind when it ends"


class Carried(NamedTuple):
    """A command for a task, the keys that say the rest, and what a person should know of it."""

    command: str
    keys: dict[str, Any]
    notes: list[str]


def carry(command: str, root: str, locks: Collection[str]) -> Carried:
    """The command without what keys say. `root` is the app's folder, in which tasks run anyway; `locks` are
    files that other jobs lock, too."""
    found = Carried(command, {}, [])
    before, found = _without_start(found, root)
    found = _to_the_front(found)
    while (peeled := _without_lock(found, locks) or _without_timeout(found)) is not None:
        found = peeled
    return found._replace(command=before + found.command)


def shared_locks(commands: Iterable[str]) -> set[str]:
    """The files that more than one of the commands lock."""
    seen: set[str] = set()
    shared: set[str] = set()
    for command in commands:
        files = {*LOCK.findall(command)}
        shared |= files & seen
        seen |= files
    return shared


def begins_elsewhere(command: str) -> bool:
    """Whether it goes to a folder of its own choice first."""
    return ELSEWHERE.match(command) is not None


def _without_start(found: Carried, root: str) -> tuple[str, Carried]:
    """What stays in front, a `cd` to elsewhere; and the rest, without a random sleep."""
    kept, command = "", found.command
    while True:
        if match := FOLDER.match(command):
            folder = match["folder"].strip("'\"")
            kept += match[0] if kept or folder.rstrip("/") != root.rstrip("/") else ""
        elif "jitter" not in found.keys and (match := DELAY.match(command)):
            found.keys["jitter"] = seconds.text(int(match["below"] or match["to"]))
        else:
            return kept, found._replace(command=command)
        command = command[match.end() :]


def _to_the_front(found: Carried) -> Carried:
    """Without an `&` behind all of it."""
    command = found.command.rstrip(" \t")
    try:
        if not command.endswith("&") or parsed.of(command).after != "&":
            return found
    except ValueError:
        return found
    return Carried(command[:-1].rstrip(" \t"), found.keys, [*found.notes, IN_FRONT])


def _without_lock(found: Carried, locks: Collection[str]) -> Carried | None:
    """Without `flock -n FILE`; None when it is anything else, or other jobs lock the file, too."""
    words = _words_of(found.command, "flock")
    at = 1
    while at < len(words) and words[at].text in AT_ONCE | EXCLUSIVE:
        at += 1
    if not AT_ONCE & {each.text for each in words[1:at]} or len(words) < at + 2:
        return None
    file, behind = words[at].text, words[at + 1].text
    if file in locks or file.startswith("-") or behind.startswith("-"):
        return None
    command = _from(found.command, words, at + 1)
    if command is None:
        return None
    return Carried(command, {**found.keys, "overlap": "skip"}, [*found.notes, NO_LOCK.format(file)])


def _without_timeout(found: Carried) -> Carried | None:
    """Without `timeout 300`; None when it has options."""
    words = _words_of(found.command, "timeout")
    time = TIME.fullmatch(words[1].text) if len(words) > 2 else None
    if not time or "timeout" in found.keys or not float(time[1]):
        return None
    command = _from(found.command, words, 2)
    if command is None:
        return None
    said = seconds.text(durations.parse(f"{time[1]}{time[2] or 's'}"))
    return Carried(command, {**found.keys, "timeout": said}, [*found.notes, NO_KILL.format(time[0])])


def _words_of(command: str, program: str) -> Sequence[shell.Token]:
    """The words of a line that is just this program with what is behind it; else none."""
    words = croncommands.simple(command) if program in command else None
    return words if words and words[0].text.rpartition("/")[2] == program else ()


def _from(command: str, words: Sequence[shell.Token], at: int) -> str | None:
    """The line without its words up to this one; None when there is more between them than blanks."""
    start, end = words[0].start, words[at].start
    if command[start:end].split() != [each.text for each in words[:at]]:
        return None
    return command[:start] + command[end:]
