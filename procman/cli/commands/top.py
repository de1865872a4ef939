"""`procman top`: the processes of the running app, live."""

from __future__ import annotations

import os
import select
import signal
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from procman.cli import answers, apps, remote
from procman.cli.commands.ps import text_of
from procman.core.schedule.durations import wording
from procman.core.text.sparkline import spark
from procman.core.text.visible import printable
from procman.errors import NotRunningError, Problem, UserError
from procman.host import usages
from procman.host.rawterminal import RawTerminal

if TYPE_CHECKING:
    from rich.table import Table

    from procman.cli.options import Namespace

STDIN, STDOUT = 0, 1
SECONDS = 1.0
KEPT = 60
WIDEST_SPARK, FIXED = 30, 62
"""Columns of the bars, and of all that stands beside them."""
HEADINGS = ("process", "state", "pid", "cpu %", "memory MB", "up for", "cpu")
RIGHT = (2, 3, 4, 5)
NARROW = (0, 2, 3, 4)
"""What is shown where there is no room for bars: a broken number is none."""
LEAVE = b"\x1b[?1049l\x1b[?25h"
"""The other screen, and a cursor that can be seen: for when this process can do it no more."""
ORDERS = {"c": "cpu", "m": "memory", "n": "name"}
ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)


class _EndedError(Exception):
    """A signal has come."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Shown(NamedTuple):
    """A process as it is now: `cpu` in percent of one processor over the last second or so, and before."""

    row: dict[str, Any]
    cpu: float
    before: deque[float]


class Samples:
    """What is known of each process from one look to the next."""

    def __init__(self) -> None:
        self._used: dict[int, tuple[float, float]] = {}
        self._before: dict[int, deque[float]] = {}

    def take(self, rows: list[dict[str, Any]], now: float) -> list[Shown]:
        """A look at monotonic time `now`: rows with `leader` and `cpu_s`, seconds used so far."""
        used = {row["leader"]: (now, row["cpu_s"]) for row in rows if row["cpu_s"] is not None}
        shown = []
        for row in rows:
            before = self._before.setdefault(row["leader"], deque(maxlen=KEPT))
            cpu = self._percent(row["leader"], used)
            before.append(cpu)
            shown.append(Shown(row, cpu, before))
        self._used = used
        self._before = {row["leader"]: self._before[row["leader"]] for row in rows if row["leader"]}
        return shown

    def _percent(self, leader: int, used: dict[int, tuple[float, float]]) -> float:
        if leader not in used or leader not in self._used:
            return 0.0
        (then, less), (now, more) = self._used[leader], used[leader]
        return 100 * max(0.0, more - less) / max(now - then, 0.01)


def run(options: Namespace) -> int:
    """Until somebody presses q, or procman ends. Raises `UserError` without a terminal."""
    if not (os.isatty(STDIN) and os.isatty(STDOUT)):
        text = "needs a terminal; 'procman ps --json' is for scripts"
        raise UserError([Problem("top", None, text)])
    root = apps.root_of(options)
    remote.ask(root, "info")  # where nothing runs the screen is not touched
    for number in ENDING:
        signal.signal(number, _end)
    try:
        with RawTerminal(STDIN, cbreak=True, undo=LEAVE):
            _watch(root)
    except _EndedError as ended:
        return 0 if ended.number == signal.SIGINT else 128 + ended.number
    except NotRunningError:
        answers.say("procman has ended")
    return 0


def _end(number: int, frame: object) -> None:
    raise _EndedError(number)


def _watch(root: str) -> None:
    import time

    from rich.console import Console  # 30 ms that only this waits for
    from rich.live import Live

    samples, order = Samples(), "c"
    with Live(console=Console(), screen=True, auto_refresh=False) as live:
        while True:
            rows = remote.ask(root, "ps")
            usages.add(rows)
            shown = samples.take(rows, time.monotonic())
            until = time.monotonic() + SECONDS
            while (left := until - time.monotonic()) > 0:
                live.update(_table(shown, order), refresh=True)
                if not select.select([STDIN], [], [], left)[0]:
                    break
                keys = os.read(STDIN, 100).decode(errors="replace").lower()
                if "q" in keys or not keys:
                    return
                order = next((key for key in reversed(keys) if key in ORDERS), order)


def _sorted(shown: list[Shown], order: str) -> list[Shown]:
    if order == "c":
        return sorted(shown, key=lambda each: -each.cpu)
    if order == "m":
        return sorted(shown, key=lambda each: -(each.row["memory_bytes"] or 0))
    return sorted(shown, key=lambda each: each.row["name"])


def _table(shown: list[Shown], order: str) -> Table:
    """As many rows as there is room for, and fewer columns where there is none for all."""
    from rich.table import Table

    columns, lines = os.get_terminal_size(STDOUT)
    width = max(0, min(WIDEST_SPARK, columns - FIXED))
    cpu = sum(each.cpu for each in shown)
    memory = sum(each.row["memory_bytes"] or 0 for each in shown)
    table = Table(
        title=f"{len(shown)} processes, {cpu:.0f} % cpu, {memory / 1e6:.0f} MB",
        caption=f"by {ORDERS[order]}; press c, m or n for another order, q to quit",
        title_justify="left",
        caption_justify="left",
        box=None,
        pad_edge=False,
    )
    kept = range(len(HEADINGS)) if width else NARROW
    for number in kept:
        table.add_column(HEADINGS[number], justify="right" if number in RIGHT else "left", no_wrap=True)
    for each in _sorted(shown, order)[: max(1, lines - 4)]:
        cells = _cells(each, width)
        table.add_row(*(cells[number] for number in kept))
    return table


def _cells(shown: Shown, width: int) -> tuple[str, ...]:
    row, memory = shown.row, shown.row["memory_bytes"]
    return (
        printable(row["name"]),
        row["phase"],
        text_of(row["pid"]),
        f"{shown.cpu:.1f}",
        "" if memory is None else f"{memory / 1e6:.1f}",
        "" if row["uptime_s"] is None else wording(int(row["uptime_s"])),
        spark(shown.before, width),
    )
