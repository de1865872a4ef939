"""The line that says what is scheduled."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from procman.core.config import taskfile
from procman.core.tasks.outlook import outlook
from procman.core.tasks.run import TaskState

RIGA = ZoneInfo("Europe/Riga")
NOW = datetime(2026, 11, 25, 17, 55, 30, tzinfo=RIGA)


def line(*schedules: str, paused: str = "", accounted: int | None = None) -> str:
    """Of tasks `a`, `b`, … with these schedules, `-` for none, `!` in front of what is not enabled."""
    tasks = {
        chr(97 + number): {"command": "run", "schedule": text.lstrip("!"), "enabled": text[0] != "!"}
        for number, text in enumerate(schedules)
    }
    yaml = "".join(
        f"  {name}: {{command: run, enabled: {str(keys['enabled']).lower()}"
        + (f", schedule: '{keys['schedule']}'" if keys["schedule"] != "-" else "")
        + "}\n"
        for name, keys in tasks.items()
    )
    found = taskfile.parse(f"tasks:\n{yaml}".encode(), "procman.yml", RIGA).tasks
    states = {name: TaskState(name, "", accounted, 1.0 if name in paused else None) for name in found}
    return str(outlook(found.values(), states, NOW))


@pytest.mark.parametrize(
    ("schedules", "text"),
    [
        (("every 10 minutes", "-"), "2 tasks, next: a at 18:00"),
        (("daily at 23:00", "daily at 18:30"), "2 tasks, next: b at 18:30"),
        (("daily at 18:30", "daily at 18:30"), "2 tasks, next: a at 18:30"),
        (("every 15s",), "1 task, next: a at 17:55:45"),
        (("daily at 09:30",), "1 task, next: a at 09:30 on Thu 2026-11-26"),
        (("0 0 29 2 *",), "1 task, next: a at 00:00 on Tue 2028-02-29"),
        (("daily at 18:00 Asia/Tokyo",), "1 task, next: a at 11:00 on Thu 2026-11-26"),
        (("hourly at :15", "@reboot"), "2 tasks, next: b now"),
        (("-", "-"), "2 tasks, nothing scheduled"),
        (("at 2020-01-01 00:00",), "1 task, nothing scheduled"),
        (("!every minute",), "1 task, nothing scheduled"),
        (("!@reboot", "hourly at :57"), "2 tasks, next: b at 17:57"),
    ],
)
def test_it_says_what_comes_first_and_when_in_the_zone_of_the_app(
    schedules: tuple[str, ...], text: str
) -> None:
    assert line(*schedules) == text


def test_a_task_that_is_paused_does_not_come_and_is_counted() -> None:
    assert line("hourly at :56", "hourly at :57", paused="a") == "2 tasks (1 paused), next: b at 17:57"
    assert line("hourly at :56", "@reboot", paused="ab") == "2 tasks (2 paused), nothing scheduled"


def test_a_tick_that_has_its_row_does_not_come_again_when_the_clock_was_set_back() -> None:
    assert line("every 10 minutes", accounted=int(NOW.timestamp()) + 1800) == "1 task, next: a at 18:30"


def test_today_is_that_of_the_zone() -> None:
    tasks = taskfile.parse(b"tasks: {a: {command: run, schedule: every hour}}", "procman.yml", UTC).tasks
    now = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
    assert str(outlook(tasks.values(), {"a": TaskState("a")}, now)).endswith("at 00:00 on Thu 2026-11-26")
    assert str(outlook(tasks.values(), {"a": TaskState("a")}, now.astimezone(RIGA))).endswith("at 02:00")
