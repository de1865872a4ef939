"""How long the next tick takes to find: nexttick.py procman|croniter|cronsim, prints JSON.

Each reads an expression once and is asked for one tick after the other, as aware datetimes.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

EXPRESSIONS = (
    "* * * * *",
    "*/10 * * * *",
    "15 * * * *",
    "30 9 * * *",
    "0 18 * * mon-fri",
    "0 0 1 * *",
    "*/5 9-17 * * 1-5",
    "0 4 1,15 * *",
)
ZONE = ZoneInfo("Europe/Berlin")
BEGIN = datetime(2026, 1, 1, 12, 34, 56, tzinfo=ZONE)
FAR, FAR_BEGIN = "0 0 29 2 *", datetime(2096, 3, 1, tzinfo=ZONE)
TICKS, FAR_TRIES = 300, 21

Next = Callable[[], Any]


def _procman(expression: str, begin: datetime) -> Next:
    from procman.core.schedule import schedule

    parsed, last = schedule.parse(expression, ZONE), begin

    def following() -> None:
        nonlocal last
        tick = parsed.next_after(last)
        assert tick
        last = tick

    return following


def _croniter(expression: str, begin: datetime) -> Next:
    from croniter import croniter

    ticks = croniter(expression, begin)
    return lambda: ticks.get_next(datetime)


def _cronsim(expression: str, begin: datetime) -> Next:
    from cronsim import CronSim

    ticks = CronSim(expression, begin)
    return lambda: next(ticks)


MAKERS = {"procman": _procman, "croniter": _croniter, "cronsim": _cronsim}


def _seconds(ask: Next) -> float:
    begin = time.perf_counter()
    ask()
    return time.perf_counter() - begin


def main() -> None:
    """The median over all asked ticks, that of the slowest expression, and of the far date."""
    make = MAKERS[sys.argv[1]]
    medians = []
    for expression in EXPRESSIONS:
        ask = make(expression, BEGIN)
        ask()
        medians.append(statistics.median(_seconds(ask) for _ in range(TICKS)))
    far = statistics.median(_seconds(make(FAR, FAR_BEGIN)) for _ in range(FAR_TRIES))
    print(json.dumps({"usual": statistics.median(medians), "slowest": max(medians), "far": far}))


if __name__ == "__main__":
    main()
