"""circus.ini (circus documentation, Configuration; what it leaves open is as in circus/config.py)."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING, NamedTuple

from procman.importing.circus import dialect, lacks
from procman.importing.circus.watcher import Setting, Watcher
from procman.importing.reading import surroundings, words
from procman.importing.reading.ini import Options
from procman.importing.reading.surroundings import Surroundings

if TYPE_CHECKING:
    from procman.importing.found import Found
    from procman.importing.reading.ini import Section
    from procman.importing.reading.words import Word

VARIABLE = re.compile(r"(\$[A-Z][A-Z0-9_]*)")
OWN = re.compile(r"\$\(circus\.env\.(\w+)\)|\(\(circus\.env\.(\w+)\)\)", re.IGNORECASE)
STREAM, INET = "SOCK_STREAM", ("AF_INET", "AF_INET6")
PARTS = ("circus", "env", "watcher", "socket", "plugin")


class Environment(NamedTuple):
    """`[env:one,two*]`: whom it is for, as patterns, and the variables."""

    patterns: list[str]
    line: int
    variables: dict[str, Word]


def read(data: bytes, source: str, found: Found) -> None:
    """Add the watchers of a file to what is found."""
    sections = dialect.read(data, source)
    setting = _circus(found, sections)
    shared, special = _environments(sections)
    left = surroundings.shared(found, Surroundings("[env]", shared.line, (), shared.variables))
    setting = setting._replace(sockets=_sockets(found, sections), shared=shared.variables)
    watchers = [Watcher(found, each, setting) for each in sections if each.kind == "watcher" and each.options]
    _tell_of_all(watchers)
    for watcher in sorted(watchers, key=lambda each: -each.priority):
        own = dict(left)
        for each in special:
            if any(fnmatch.fnmatch(watcher.name, pattern) for pattern in each.patterns):
                own |= each.variables
        watcher.add(own)
    _tell_of_the_rest(found, sections, setting)


def _circus(found: Found, sections: list[Section]) -> Setting:
    section = next((each for each in sections if each.name == "circus"), None)
    if section is None:
        return Setting(set())
    options = Options(found, section)
    umask, delay = options.text("umask").strip(), options.text("check_delay")
    for key in ("include", "include_dir"):
        if files := " ".join(options.text(key).split()):
            text = "these files are not read by themselves: name them too, behind 'procman import'"
            options.lose(key, f"{files}: {text}")
    options.finish(lacks.CIRCUS, lacks.CIRCUS_USUAL)
    return Setting(set(), umask, delay)


def _environments(sections: list[Section]) -> tuple[Environment, list[Environment]]:
    shared = Environment([], 1, {})
    special = []
    for section in sections:
        variables = {key: _value(option.value) for key, option in section.options.items()}
        if section.name == "env":
            variables = {key: _known(option.value) for key, option in section.options.items()}
            shared = Environment([], section.line, variables)
        elif section.name.startswith("env:"):
            patterns = [each.strip() for each in section.title.split(",")]
            special.append(Environment(patterns, section.line, variables))
    return shared, special


def _value(text: str) -> Word:
    """`$PATH:/bin`: names in capitals are variables of circus's own (parse_env_dict in circus/util.py)."""
    pieces = VARIABLE.split(text.strip())
    return tuple(words.Shell(each) if VARIABLE.fullmatch(each) else each for each in pieces if each)


def _known(text: str) -> Word:
    """In `[env]` also `$(circus.env.path)`, in any case of letters."""
    return _value(OWN.sub(lambda found: f"${(found[1] or found[2]).upper()}", text))


def _sockets(found: Found, sections: list[Section]) -> dict[str, str]:
    """Addresses by the name of the socket, in the order of circus; without those that procman cannot open."""
    sockets = {}
    for section in sections:
        if section.kind != "socket":
            continue
        options = Options(found, section)
        host, port = options.text("host", "localhost").strip(), options.text("port", "8080").strip()
        path, family = options.text("path").strip(), options.text("family", INET[0]).strip()
        kind = options.text("type", STREAM).strip()
        options.finish(lacks.SOCKET, lacks.SOCKET_USUAL)
        if path or family not in INET or kind != STREAM or not port.isdecimal():
            what = path or (f"{family} {kind}" if port.isdecimal() else f"port {port}")
            found.lose(section.line, f"[{section.name}] {what}: procman listens on TCP ports only, by number")
            continue
        local = "127.0.0.1" if family == INET[0] else "::1"
        host = local if host == "localhost" else host
        sockets[section.title.lower()] = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return sockets


def _tell_of_all(watchers: list[Watcher]) -> None:
    """One word for all, where most files say it of each."""
    if len({each.priority for each in watchers}) > 1:
        first = next(each for each in watchers if each.priority)
        text = "procman starts all at once: 'depends_on' makes one wait for others. They stand in this order"
        first.options.lose("priority", text)
    bare = next((each for each in watchers if not each.copies), None)
    if bare:
        bare.found.lose(bare.options.section.line, lacks.ALONE)
    logging = next((each for each in watchers if each.streams), None)
    if logging:
        logging.options.lose(", ".join(logging.streams), lacks.LOGGED)


def _tell_of_the_rest(found: Found, sections: list[Section], setting: Setting) -> None:
    used = {name for name in setting.sockets if name in setting.used}
    for section in sections:
        if section.kind == "plugin":
            found.lose(section.line, f"[{section.name}]: {lacks.PLUGIN}")
        elif section.kind == "socket" and section.title.lower() in {*setting.sockets} - used:
            found.lose(section.line, f"[{section.name}]: no watcher uses it: 'use_sockets' is missing there")
        elif section.kind not in PARTS:
            found.lose(
                section.line, f"[{section.name}]: procman does not know this section: nothing is made of it"
            )
