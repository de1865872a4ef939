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
    ],
)
def test_a_task_has_a_timer(said: str, expected: list[str]) -> None:
    found = of_task(f"schedule: hourly at :15, {said}")
    assert {*expected} <= {*found.text("shop-t.timer").splitlines()}
    assert "Wants=shop-t.timer" in found.text("shop.target")
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


def test_a_command_that_asks_for_its_run_is_left_to_the_scheduler() -> None:
    yml = "tasks: {t: {command: 'echo $PROCMAN_RUN_ID', schedule: hourly at :15}}"
    assert export("systemd", plan("", yml)).export.scheduled == ("t",)


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
