"""`.overmind.env`: what overmind is to do becomes options of `start` and keys of process types; all else is a
variable of the processes, as overmind has it.
"""

from __future__ import annotations

import os.path
import re
from typing import TYPE_CHECKING, Any

from procman.core.plan import dotenv
from procman.importing.found import OTHER_VALUE
from procman.importing.systemd import reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.importing.found import Found

ENV = ".env"
PREFIX = "OVERMIND_"
ALL = "all"
PORT_STEP, INSTANCE_STEP = "100", "1"
NAME = re.compile(r"\s*(?:export\s+)?'?([^=#\s']+)'?\s*=")
NEEDED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)[}:]", re.ASCII)

OF_TMUX = "procman has no tmux: 'procman attach' leads to a process's terminal"
OTHERS = {
    "TITLE": "procman does not name sessions",
    "SOCKET": "procman's socket is in the app's folder, below .procman",
    "NETWORK": "procman is asked on its own machine only",
    "TMUX_CONFIG": OF_TMUX,
    "COLORS": "procman chooses the colours of names itself",
    "DAEMONIZE": "write 'procman start --detach'",
    "NO_PORT": "procman gives each process a PORT: one that does not want it need not take it",
    "SKIP_ENV": "procman reads .env where there is one: '-e' names another file",
    "SHELL": "procman runs commands by /bin/sh: put another shell in front of a command",
    "PORT_STEP": "it is always 100",
    "FORMATION_PORT_STEP": "it is always 1",
    "ANY_CAN_DIE": "write 'restart: never' below each process",
    "ROOT": "procman.yml stands in the app's folder: write it there, with -d",
}
SAME = {"SHELL": ("sh", "/bin/sh"), "PORT_STEP": (PORT_STEP,), "FORMATION_PORT_STEP": (INSTANCE_STEP,)}
UNKNOWN = "overmind's option is not known: nothing is made of it"
FOR_ALL = "it is for all processes there: write it below each"
NO_PAIR = "a part of it is not NAME=VALUE: nothing is made of that"
DEPENDS = "its value depends on ${{{}}}, which is not in the file: it is empty in .env: write it there"


def read(data: bytes, source: str, found: Found) -> None:
    """Add what the file says. Raises `UserError` with every line that is none."""
    values = dotenv.parse(data, source, {}).values
    places = _places(data.decode("utf-8-sig"))
    for name, value in values.items():
        number, text = places.get(name, (None, ""))
        if not name.startswith(PREFIX):
            if not found.variable(name, value, number):
                found.lose(number, f"{name}: {OTHER_VALUE}")
            if missing := next((each for each in NEEDED.findall(text) if each not in values), ""):
                found.lose(number, f"{name}: {DEPENDS.format(missing)}")
        elif why := _option(found, name.removeprefix(PREFIX), value, number):
            found.lose(number, f"{name}: {why}")
    if isinstance(formation := found.start.get("formation"), dict):
        for name in _list(values.get(f"{PREFIX}IGNORED_PROCESSES", "")):
            formation[name] = 0  # else `all` would be one of it, too
    files = found.start.get("env", [ENV])
    if ENV not in files and found.place.is_file(os.path.join(found.place.root, ENV)):
        files.insert(0, ENV)  # which overmind reads in any case


def _places(text: str) -> dict[str, tuple[int, str]]:
    """Where the last line of each variable is, and the line."""
    rows = enumerate(text.splitlines(), start=1)
    return {match[1]: (number, row) for number, row in rows if (match := NAME.match(row))}


def _option(found: Found, option: str, value: str, line: int | None) -> str:
    """Carry an option over; returns what is to be said of it, nothing if it is all there."""
    if option in OPTIONS:
        key, read_value = OPTIONS[option]
        found.option(key, read_value(value), line)
        return ""
    if option in OF_TYPES:
        return _of_types(found, option, value, line)
    if value in SAME.get(option, ()) or (option in SWITCHES and not reading.switch(value)):
        return ""
    return OTHERS.get(option, UNKNOWN)


def _of_types(found: Found, option: str, value: str, line: int | None) -> str:
    """What is said of process types by their names; their commands are in the Procfile."""
    key, read_pair = OF_TYPES[option]
    wrong = ""
    for item in _list(value):
        name, said = read_pair(item)
        if said is None:
            wrong = NO_PAIR
        elif name == ALL:
            wrong = FOR_ALL
        else:
            found.setting(name, key, said, line)
    return wrong


def _list(value: str) -> list[str]:
    return [each.strip() for each in value.split(",") if each.strip()]


def _formation(value: str) -> dict[str, int | str]:
    """One of each that is not named, as overmind has it."""
    said = {name: int(number) if number.isdecimal() else number for name, number in map(_pair, _list(value))}
    return said if ALL in said else {ALL: 1, **said}


def _pair(item: str) -> tuple[str, str]:
    name, _, value = item.partition("=")
    return name.strip(), value.strip()


def _always(said: Any) -> Callable[[str], tuple[str, Any]]:
    return lambda item: (item, said)


OPTIONS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "PROCFILE": ("procfile", str),
    "PORT": ("port", lambda value: int(value) if value.isdecimal() else value),
    "TIMEOUT": ("timeout", lambda value: f"{value}s" if value.isdecimal() else value),
    "FORMATION": ("formation", _formation),
    "PROCESSES": ("formation", lambda value: dict.fromkeys(_list(value), 1)),
    "ENV": ("env", _list),
    "SHOW_TIMESTAMPS": ("timestamp", reading.switch),
}
OF_TYPES: dict[str, tuple[str, Callable[[str], tuple[str, Any]]]] = {
    "CAN_DIE": ("restart", _always("never")),
    "AUTO_RESTART": ("restart", _always("always")),
    "IGNORED_PROCESSES": ("autostart", _always(False)),
    "STOP_SIGNALS": ("stop_signal", lambda item: (_pair(item)[0], _pair(item)[1] or None)),
}
SWITCHES = ("DAEMONIZE", "NO_PORT", "SKIP_ENV", "ANY_CAN_DIE")
