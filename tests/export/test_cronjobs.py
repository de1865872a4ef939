"""Schedules as CronJobs have them; that they tick alike is seen in `end_to_end/test_export_kubernetes.py`."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from procman.core.schedule import zones
from procman.core.schedule.schedule import parse
from procman.export.kubernetes import cronjobs

BERLIN, UTC, HAVANA, LORD_HOWE = "Europe/Berlin", "UTC", "America/Havana", "Australia/Lord_Howe"


@pytest.mark.parametrize(
    ("expression", "zone", "expected"),
    [
        ("*/10 * * * *", BERLIN, ("*/10 * * * *", BERLIN)),
        ("10,20,30,40,50 * * * *", BERLIN, ("10,20,30,40,50 * * * *", BERLIN)),
        ("*/7 * * * *", UTC, ("*/7 * * * *", "Etc/UTC")),
        ("1-5,10,20-21 12 * * *", UTC, ("1-5,10,20,21 12 * * *", "Etc/UTC")),
        ("30 12 * 1-3 1", BERLIN, ("30 12 * 1-3 1", BERLIN)),
        ("30 2 * * *", UTC, ("30 2 * * *", "Etc/UTC")),
        ("30 2 * * *", BERLIN, None),
        ("* * * * *", LORD_HOWE, None),
        ("*/5 * * * *", HAVANA, None),
        ("0 12 13 * 5", UTC, ("0 12 13 * 5", "Etc/UTC")),
        ("0 12 1-31 * 5", UTC, ("0 12 * * *", "Etc/UTC")),
        ("0 12 */2 * 5", UTC, None),
        ("0 12 L * *", UTC, None),
        ("0 12 * * 5#2", UTC, None),
        ("*/7 * * * * *", UTC, None),
        ("15 0 12 * * *", UTC, None),
        ("every 1 minute", BERLIN, ("* * * * *", "Etc/UTC")),
        ("every 15 minutes", BERLIN, ("*/15 * * * *", "Etc/UTC")),
        ("every 1 hour", BERLIN, ("0 * * * *", "Etc/UTC")),
        ("every 2 hours", BERLIN, ("0 */2 * * *", "Etc/UTC")),
        ("every 1 day", BERLIN, ("0 0 * * *", "Etc/UTC")),
        ("every 1 week", BERLIN, ("0 0 * * 4", "Etc/UTC")),
        ("every 7 minutes", BERLIN, None),
        ("every 90 minutes", BERLIN, None),
        ("every 30 seconds", BERLIN, None),
        ("every 5 hours", BERLIN, None),
        ("every 2 weeks", BERLIN, None),
        ("@reboot", UTC, None),
        ("at 2030-01-01 00:00", UTC, None),
    ],
)
def test_the_same_ticks_or_none(expression: str, zone: str, expected: tuple[str, str] | None) -> None:
    assert cronjobs.timetable(parse(expression, ZoneInfo(zone))) == expected


def test_a_zone_that_a_cluster_does_not_know_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = parse("*/10 * * * *", ZoneInfo(BERLIN))
    monkeypatch.setattr(zones, "load", lambda _: None)
    assert cronjobs.timetable(schedule) is None
