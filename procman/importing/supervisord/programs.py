"""supervisord.conf, and what it includes (Configuration File, in supervisord's documentation)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from procman.importing.reading import ini, ours, surroundings
from procman.importing.reading.ini import Options
from procman.importing.reading.surroundings import Surroundings
from procman.importing.supervisord import expressions, lacks, own
from procman.importing.supervisord.expressions import Known
from procman.importing.supervisord.program import USUAL_PRIORITY, Daemon, Program

if TYPE_CHECKING:
    from procman.importing.found import Found
    from procman.importing.reading.ini import Section
    from procman.importing.reading.words import Word

COMMENTS = (";", "#")
PROGRAMS = ("program", "fcgi-program")
KNOWN = (*PROGRAMS, "group", "include", "supervisord", *lacks.SECTIONS)
SIGNALS = (
    "unexpected: procman does not start a process again that somebody ends with SIGTERM, SIGINT,"
    " SIGHUP or SIGPIPE, as systemd does not. With 'restart: always' it does"
)


def read(data: bytes, source: str, found: Found) -> None:
    """Add the programs of a file to what is found, those that start first in front."""
    sections = ini.read(data, source, inline_comment_prefixes=COMMENTS)
    if ours.is_export(data, "supervisord"):
        own.add(found, [each for each in sections if each.kind in PROGRAMS])
        return
    here = os.path.dirname(os.path.abspath(source))
    groups = _groups(found, sections)
    daemon = Daemon(here, groups=groups)
    for section in sections:
        if section.name == "supervisord":
            daemon = _daemon(found, section, daemon)
    programs = [Program(found, each, daemon) for each in sections if each.kind in PROGRAMS]
    _tell_of_order(programs)
    for program in sorted(programs, key=lambda each: each.priority):
        program.add()
    _tell_of_logs(programs)
    _tell_of_signals(programs)
    for section in sections:
        _tell_of(found, section)


def _groups(found: Found, sections: list[Section]) -> dict[str, str]:
    """Which group each program is in."""
    groups: dict[str, str] = {}
    for section in sections:
        if section.kind == "group":
            options = Options(found, section)
            names = [each.strip() for each in options.text("programs").split(",") if each.strip()]
            groups |= dict.fromkeys(names, section.title)
            text = f"procman has no groups: name them, 'procman restart {' '.join(names)}', or by a pattern"
            found.lose(section.line, f"[{section.name}]: {text}")
            options.finish({"priority": "procman has no groups: 'depends_on' says what starts first"})
    return groups


def _daemon(found: Found, section: Section, daemon: Daemon) -> Daemon:
    """What `[supervisord]` says of all programs."""
    options = Options(found, section)
    umask = options.text("umask").strip()
    variables: dict[str, Word] = {}
    try:
        known = Known({"here": daemon.here}, twice=True)
        variables = expressions.environment(options.text("environment"), known)
    except ValueError as error:
        options.lose("environment", f"{error}. None of it is carried over")
    around = Surroundings(f"[{section.name}]", options.line("environment"), (), variables)
    everywhere = surroundings.shared(found, around)
    for key in lacks.DAEMON_SILENT:
        options.left.pop(key, None)
    options.finish(lacks.DAEMON, lacks.DAEMON_USUAL)
    return daemon._replace(umask=umask, variables=variables, everywhere=everywhere)


def _tell_of_order(programs: list[Program]) -> None:
    """One word for all: most files have a number for each program."""
    if len({each.priority for each in programs}) > 1:
        first = next(each for each in programs if each.priority != USUAL_PRIORITY)
        text = "procman starts all at once: 'depends_on' makes one wait for others. They stand in this order"
        first.options.lose("priority", text)


def _tell_of_logs(programs: list[Program]) -> None:
    keys = dict.fromkeys(key for each in programs for key in each.logs)
    if keys:
        first = next(each for each in programs if each.logs)
        first.options.lose(", ".join(keys), lacks.LOGGED)


def _tell_of_signals(programs: list[Program]) -> None:
    first = next((each for each in programs if each.restart == "on-failure"), None)
    if first:
        first.options.lose("autorestart", SIGNALS)


def _tell_of(found: Found, section: Section) -> None:
    """What is no program."""
    if section.name == "include":
        files = Options(found, section).text("files")
        files = " ".join(files.split())
        text = f"they are not read by themselves: name them too, 'procman import supervisord.conf {files}'"
        found.lose(section.line, f"[include] files: {text}")
    elif section.kind in lacks.SECTIONS:
        found.lose(section.line, f"[{section.name}]: {lacks.SECTIONS[section.kind]}")
    elif section.kind not in KNOWN:
        found.lose(
            section.line, f"[{section.name}]: procman does not know this section: nothing is made of it"
        )
