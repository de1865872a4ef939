"""`procman ps`: the processes of the running app."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from procman.cli import answers, apps, remote, tables
from procman.core.schedule.durations import wording
from procman.host import usages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from procman.cli.options import Namespace

HEADINGS = ("process", "state", "pid", "port", "cpu", "memory", "up for", "restarts", "exit", "note")
RIGHT = (2, 3, 4, 5, 7, 8)
NOTE = len(HEADINGS) - 1
WIDE, WIDE_WITH_NOTES, TINY = 72, 110, 60
"""Columns of a screen on which all fit, without notes and with, and on which hardly anything does."""
ON_NARROW, ON_TINY = (0, 1, 2, 3, 6, NOTE), (0, 1, 2, 6)
"""What is shown there."""
CLEAR = "\033[H\033[2J"


def run(options: Namespace) -> int:
    """List the processes, and the tasks that run now."""
    root = apps.root_of(options)
    while True:
        rows = remote.ask(root, "ps")
        usages.add(rows)
        if options.watch and sys.stdout.isatty():
            answers.write(CLEAR)
        if options.json:
            answers.say_json([remote.as_json(row) for row in rows])
        else:
            _show([*map(_cells, rows)])
        if not options.watch:
            return int(options.ready and not all(map(_is_well, rows)))
        sys.stdout.flush()
        time.sleep(1)


def _show(table: list[tuple[str, ...]]) -> None:
    noted = any(row[NOTE] for row in table)
    kept = [at for at in _fitting(noted) if at != NOTE or noted]
    tables.show_some(kept, HEADINGS, table, RIGHT)


def _fitting(noted: bool) -> Iterable[int]:
    """Those columns for which there is room."""
    columns = tables.room(WIDE_WITH_NOTES)
    if columns < TINY:
        return ON_TINY
    return range(len(HEADINGS)) if columns >= (WIDE_WITH_NOTES if noted else WIDE) else ON_NARROW


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    cpu, memory = row["cpu_percent"], row["memory_bytes"]
    return (
        row["name"],
        row["phase"],
        text_of(row["pid"]),
        text_of(row["port"]),
        "" if cpu is None else f"{cpu:.1f} %",
        "" if memory is None else f"{memory / 1e6:.1f} MB",
        "" if row["uptime_s"] is None else wording(int(row["uptime_s"])),
        text_of(row["restarts"]),
        text_of(row["exit_code"]),
        text_of(row["note"]),
    )


def _is_well(row: dict[str, Any]) -> bool:
    """Whether it is ready, or is not to be: it has completed, or is wanted down."""
    return bool(row["ready"]) or row["wanted"] == "down" or row["phase"] == "completed"


def text_of(value: object) -> str:
    """A cell; nothing for what is not known."""
    return "" if value is None else str(value)
