"""Schedules for OnCalendar=: those that systemd ticks exactly as procman, and no others."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import islice
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procman.core.schedule import schedule as schedules
from procman.core.schedule.cronfields import ScheduleError
from procman.export.cron import clockchanges
from procman.export.systemd import oncalendar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from procman.core.schedule.schedule import Schedule

BERLIN = ZoneInfo("Europe/Berlin")
EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
BATCH = 20
"""Expressions for one call of systemd-analyze(1): an expression is an example."""
TICKS = 20
ELAPSES = re.compile(r"(?:Next elapse|Iteration #\d+|Iter\. #\d+): \w+ (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC")


def of(text: str) -> tuple[str, ...] | None:
    return oncalendar.of(schedules.parse(text, BERLIN))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("daily at 09:30", ["*-*-* 09:30:00 Europe/Berlin"]),
        ("weekdays at 18:00 Asia/Tokyo", ["Mon,Tue,Wed,Thu,Fri *-*-* 18:00:00 Asia/Tokyo"]),
        ("*/10 9-17 * * mon-fri UTC", ["Mon,Tue,Wed,Thu,Fri *-*-* 09..17:00..50/10:00 UTC"]),
        ("hourly at :15", ["*-*-* *:15:00 UTC"]),
        ("0 0 L * *", ["*-*~1 00:00:00 Europe/Berlin"]),
        ("0 12 * * 5L,mon#1", ["Mon *-*-1..7 12:00:00 Europe/Berlin", "Fri *-*~7/1 12:00:00 Europe/Berlin"]),
        ("0 4 13 * 5", ["*-*-13 04:00:00 Europe/Berlin", "Fri *-*-* 04:00:00 Europe/Berlin"]),
        ("5,20,50 12,14 * * *", ["*-*-* 12,14:05,20,50:00 Europe/Berlin"]),
        ("30 0 12 * * *", ["*-*-* 12:00:30 Europe/Berlin"]),
        ("every 10 minutes", ["*-*-* *:00..50/10:00 UTC"]),
        ("every 90s", ["*-*-* *:00..57/3:00 UTC", "*-*-* *:01..58/3:30 UTC"]),
        ("every 6h", ["*-*-* 00..18/6:00:00 UTC"]),
        ("every second", ["*-*-* *:*:* UTC"]),
        ("at 2026-12-24 18:00", ["2026-12-24 17:00:00 UTC"]),
        ("*/20 * * * * Australia/Lord_Howe", None),  # half an hour: its changes move :00 to :30
        ("20 * * * * Pacific/Chatham", ["*-*-* *:35:00 UTC"]),  # three quarters of an hour from UTC
        ("*/30 * * * * Australia/Lord_Howe", ["*-*-* *:00,30:00 UTC"]),
        ("15 * * * * Asia/Kolkata", ["*-*-* *:15:00 Asia/Kolkata"]),  # its clocks are never changed
    ],
)
def test_what_systemd_can_say(text: str, expected: list[str] | None) -> None:
    found = of(text)
    assert (found and sorted(found)) == (expected and sorted(expected))


@pytest.mark.parametrize(
    "text",
    [
        "daily at 02:30",  # is skipped once a year: Debian's cron runs it at 03:00, systemd not at all
        "*/10 2-4 * * *",  # comes twice once a year, and systemd runs it once
        "daily at 02:30 Africa/Casablanca",  # before and after Ramadan
        "15 0-23 * * *",  # is no wildcard, so it has fixed times in the hour of a change
        "every 7s",  # is no part of an hour or day
        "every 2 days",
        "0 12 15W * *",
        "0 12 LW * *",
        "0 12 */2 * mon#1",  # both conditions are about the date
        "0 12 * * * NZ",  # systemd may take a short name for its own zone
        "@reboot",
        "at 2300-01-01 00:00",
        "every 27s",  # more lines than anybody reads
    ],
)
def test_what_it_cannot(text: str) -> None:
    assert of(text) is None


def test_a_zone_that_only_this_machine_has_cannot_be_named() -> None:
    data = (files("tzdata.zoneinfo") / "Asia" / "Tokyo").read_bytes()
    zone = ZoneInfo.from_file(io.BytesIO(data), key="Mine/Here")
    assert oncalendar.of(schedules.parse("daily at 09:30", zone)) is None


def ticks(schedule: Schedule, base: datetime) -> list[datetime]:
    """procman's own."""
    told = (each.tick for each in schedules.upcoming(schedule, base) if each.dst != "dropped")
    return [*islice(told, TICKS)]


def systemds(expressions: Sequence[str], base: datetime) -> list[set[datetime]]:
    """The next ticks of each, as systemd-analyze(1) tells them."""
    done = subprocess.run(
        [
            "systemd-analyze",
            "calendar",
            f"--iterations={TICKS}",
            f"--base-time={base:%F %T} UTC",
            *expressions,
        ],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "TZ": "UTC", "LC_ALL": "C"},
        check=False,
    )
    blocks = done.stdout.split("\n\n")
    assert (done.returncode, len(blocks)) == (0, len(expressions)), done.stderr
    return [
        {datetime.strptime(f"{each} +0000", "%Y-%m-%d %H:%M:%S %z") for each in ELAPSES.findall(block)}
        for block in blocks
    ]


def values(low: int, high: int) -> st.SearchStrategy[str]:
    """A field of a cron expression."""
    number = st.integers(low, high)
    pair = st.tuples(number, number).map(sorted)
    return st.one_of(
        st.just("*"),
        number.map(str),
        st.integers(1, high - low).map("*/{}".format),
        pair.map(lambda both: f"{both[0]}-{both[1]}"),
        pair.map(lambda both: f"{both[0]},{both[1]}"),
        st.lists(number, min_size=3, max_size=5).map(lambda several: ",".join(map(str, several))),
    )


ZONES = sorted(
    "Europe/Berlin Europe/Dublin Europe/Lisbon America/New_York America/Havana America/Santiago Asia/Beirut"
    " Africa/Cairo Africa/Casablanca Atlantic/Azores Australia/Lord_Howe Pacific/Chatham America/St_Johns"
    " Asia/Kolkata Asia/Tokyo America/Nuuk Antarctica/Troll Asia/Gaza".split()
)
DAY = st.one_of(st.sampled_from(["*", "L", "1", "31", "*/3", "29-31"]), values(1, 31))
WEEKDAY = st.one_of(st.sampled_from(["*", "mon-fri", "5L", "2#2", "sun", "0,6", "1#5"]), values(0, 6))
CRON = st.tuples(
    values(0, 59),
    st.one_of(values(0, 23), values(0, 5)),
    DAY,
    st.one_of(st.just("*"), values(1, 12)),
    WEEKDAY,
)
EVERY = st.integers(1, 90_000).map("every {}s".format)
TEXT = st.one_of(CRON.map(" ".join), CRON.map(" ".join), EVERY)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze (Debian: systemd)")
@settings(max_examples=max(1, EXAMPLES // BATCH), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    texts=st.lists(TEXT, min_size=BATCH, max_size=BATCH),
    zone=st.sampled_from(ZONES),
    which=st.integers(0, 100),
    before=st.one_of(st.integers(0, 2 * 3600), st.integers(0, 2 * 86400)),
)
def test_systemd_has_the_same_next_ticks(texts: list[str], zone: str, which: int, before: int) -> None:
    """Also where the zone's clocks are changed, soon after the time from which they are counted."""
    changes = [change.instant for change in clockchanges.of(ZoneInfo(zone))] or [1_800_000_000]
    base = datetime.fromtimestamp(changes[which % len(changes)], UTC) - timedelta(seconds=before)
    exact = [
        (schedule, found) for schedule in parsed(texts, ZoneInfo(zone)) if (found := oncalendar.of(schedule))
    ]
    told = iter(systemds([each for _, found in exact for each in found], base) if exact else [])
    for schedule, found in exact:
        together: set[datetime] = set().union(*(next(told) for _ in found))
        assert sorted(together)[:TICKS] == ticks(schedule, base), (schedule, found, base)


def parsed(texts: list[str], zone: ZoneInfo) -> list[Schedule]:
    """Those that mean something: there is no 31 February."""
    found: list[Schedule] = []
    for text in texts:
        try:
            found.append(schedules.parse(text, zone))
        except ScheduleError:
            continue
    return found
