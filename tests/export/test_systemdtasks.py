"""`procman export systemd`: which tasks have timers, and which are left to `procman scheduler`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.export.plans import SHOP, Exported, export, plan


def of_task(said: str, **fields: Any) -> Exported:
    return export("systemd", plan("", f"tasks: {{t: {{command: ./t, {said}}}}}", **fields))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", ["OnCalendar=*-*-* *:15:00 UTC", "Persistent=true", "AccuracySec=1us"]),
        ("missed: skip", ["Persistent=false"]),
        ("jitter: 1m", ["RandomizedDelaySec=60"]),
        ("desc: Says it", ["Description=shop t: Says it"]),
    ],
)
def test_a_task_has_a_timer(said: str, expected: list[str]) -> None:
    found = of_task(f"schedule: hourly at :15, {said}")
    assert {*expected} <= {*found.text("shop-t.timer").splitlines()}
    assert "Wants=shop-t.timer" in found.text("shop.target")
    assert "PropagatesStopTo=shop-t.service" in found.text("shop.target")
    assert "shop-scheduler" not in found.text("shop.target")
    assert "StartLimitIntervalSec=0" in found.text("shop-t.service"), "or systemd gives up frequent ones"


@pytest.mark.parametrize(
    "said",
    [
        "schedule: daily at 02:30",
        "schedule: [hourly at :15, every 7s]",
        "schedule: hourly at :15, overlap: queue",
        "schedule: hourly at :15, missed: all",
        "schedule: hourly at :15, retries: 1",
        "schedule: hourly at :15, on_lost: rerun",
        "schedule: hourly at :15, on_stop: rerun",
        "schedule: every 10s, jitter: 10s",
        "schedule: [hourly at :15, hourly at :16], jitter: 1s",
        "schedule: '@reboot'",
        "timeout: 1m",
    ],
)
def test_what_is_not_the_same_is_left_to_the_scheduler(said: str) -> None:
    found = of_task(said)
    assert found.export.scheduled == ("t",)
    assert "procman scheduler --no-timestamp -t 5" in found.text("shop-scheduler.service")
    assert "Wants=shop-scheduler.service" in found.text("shop.target")
    assert found.notes == []


@pytest.mark.parametrize("name", ["PROCMAN_RUN_ID", "PROCMAN_SCHEDULED_AT"])
def test_a_command_that_asks_for_its_run_is_left_to_the_scheduler(name: str) -> None:
    yml = f"tasks: {{t: {{command: 'echo ${name}', schedule: hourly at :15}}}}"
    assert export("systemd", plan("", yml)).export.scheduled == ("t",)


def test_others_find_their_task_but_not_their_run_and_that_is_told() -> None:
    found = of_task("schedule: hourly at :15, missed: skip")
    assert "Environment=PROCMAN_TASK=t PROCMAN_ATTEMPT=1 PROCMAN_PROCESS=t PS=t" in found.text(
        "shop-t.service"
    )
    assert found.notes == [
        "'PROCMAN_RUN_ID' is not set where a timer runs a task, nor is PROCMAN_SCHEDULED_AT; --scheduler does"
    ]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("missed: once", ["missed: once"]),
        ("missed: once, grace: 17m", ["missed: once", "grace: 17 min"]),
        ("missed: skip, grace: 17m", []),
    ],
)
def test_systemd_makes_up_for_a_tick_however_late_and_that_is_told(said: str, told: list[str]) -> None:
    found = of_task(f"schedule: hourly at :15, {said}")
    assert [note.split("'")[1] for note in found.notes if "RUN_ID" not in note] == told


def test_a_run_has_its_time_and_the_scheduler_more_than_its_runs() -> None:
    assert "TimeoutStartSec=90" in of_task("schedule: hourly at :15, timeout: 90s").text("shop-t.service")
    assert "TimeoutStartSec" not in of_task("schedule: hourly at :15").text("shop-t.service")
    assert "TimeoutStopSec=17" in of_task("timeout: 1m", timeout=7.0).text("shop-scheduler.service")


def test_a_single_tick_may_be_held_back_and_the_same_schedule_twice_is_once() -> None:
    assert "RandomizedDelaySec=5" in of_task("schedule: at 2030-01-01 09:00, jitter: 5s").text("shop-t.timer")
    found = of_task("schedule: [daily at 09:30, 30 9 * * *]").text("shop-t.timer")
    assert found.count("OnCalendar=") == 1


def test_all_tasks_can_be_left_to_the_scheduler() -> None:
    found = of_task("schedule: hourly at :15", all_to_scheduler=True)
    assert [*found.files] == ["shop.target", "shop.env", "shop-scheduler.service"]


def test_a_task_that_is_off_is_there_and_does_not_start() -> None:
    found = of_task("schedule: hourly at :15, enabled: false")
    assert "shop-t.timer" in found.files
    assert "Wants=shop-t.timer" not in found.text("shop.target")


def test_a_task_may_have_the_name_of_a_unit_of_procmans() -> None:
    yml = (
        "tasks: {scheduler: {command: a, schedule: every 7s}, release: {command: a, schedule: hourly at :15}}"
    )
    files = export("systemd", plan(SHOP, yml)).files
    assert {"shop-procman-scheduler.service", "shop-procman-release.service"} <= {*files}
    assert "Type=notify" in files["shop-procman-scheduler.service"].text
