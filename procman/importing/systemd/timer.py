"""Timers of systemd as schedules (systemd.timer(5))."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from procman.core.schedule import schedule
from procman.core.schedule.wallclock import WallClock
from procman.importing.reading import seconds as spans
from procman.importing.systemd import reading
from procman.importing.systemd.fromcalendar import NotTheSameError, expression

if TYPE_CHECKING:
    from procman.importing.found import Keys
    from procman.importing.systemd.reader import Reader

TIMER = "Timer"
ACTIVE, INACTIVE = "OnUnitActiveSec", "OnUnitInactiveSec"
SINCE = ("OnActiveSec", "OnBootSec", "OnStartupSec", ACTIVE, INACTIVE)
OTHER_CHANGE = (
    "where clocks change, systemd leaves out an hour that comes twice and a time that is skipped, and procman"
    " does not: 'procman next' shows it"
)
AT_START = "it is due when procman starts, and not {} later"
EVERY = "'every' counts from 1970-01-01 UTC, so that it stays the same over restarts, not from {}"
NO_SCHEDULE = "no schedule of it is left: the task runs by hand only"
NIGHT = frozenset(range(4))
"""The hours in which clocks change anywhere (IANA's data since 2000)."""
FOR_EVER = "365d"


def service_of(reader: Reader) -> str:
    """The unit that a timer starts: of its own name, if it says nothing else."""
    said = reader.unit.last(TIMER, "Unit")
    return said.value if said else f"{reader.unit.name.rpartition('.')[0]}.service"


def keys(reader: Reader) -> Keys:
    """The keys of a task that a timer has a say in. systemd starts nothing that still runs."""
    schedules = [*_calendar(reader), *_since(reader)]
    persistent = reader.unit.last(TIMER, "Persistent")
    found: Keys = {}
    if schedules:
        found["schedule"] = schedules[0] if len(schedules) == 1 else schedules
    if persistent and reading.switch(persistent.value):
        found |= {"missed": "once", "grace": FOR_EVER}
    elif schedules:
        found["missed"] = "skip"
    jitter = reader.seconds("RandomizedDelaySec", 0, TIMER)
    return found | ({"jitter": spans.text(jitter)} if jitter else {})


def _calendar(reader: Reader) -> list[str]:
    found = []
    for said in reader.unit.all(TIMER, "OnCalendar"):
        try:
            text = expression(said.value)
        except NotTheSameError as error:
            reader.lose(said, f"{error}: no schedule is made of it")
            continue
        found.append(text)
        if _feels_clocks_change(text):
            reader.lose(said, OTHER_CHANGE)
    return found


def _feels_clocks_change(text: str) -> bool:
    """Whether it has ticks in hours that some zone skips or has twice; in UTC there are none."""
    rule = schedule.parse(text, UTC).form.rule
    return (
        isinstance(rule, WallClock)
        and not text.endswith(" UTC")
        and not NIGHT.isdisjoint(rule.cron.hour.values)
    )


def _since(reader: Reader) -> list[str]:
    """Times that count from something: the nearest that procman has, and what is different."""
    found = []
    for key in SINCE:
        for said in reader.unit.all(TIMER, key):
            try:
                span = reading.seconds(said.value)
            except ValueError as error:
                reader.lose(said, f"{error}: no schedule is made of it")
                continue
            if key in (ACTIVE, INACTIVE):
                found.append(f"every {spans.text(max(1, round(span)))}")
                reader.lose(
                    said, EVERY.format("its last start" if key == "OnUnitActiveSec" else "its last end")
                )
            else:
                found.append("@reboot")
                reader.lose(said, AT_START.format(spans.text(span)))
    return list(dict.fromkeys(found))
