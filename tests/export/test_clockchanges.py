"""Whether a zone's clocks touch a schedule."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from procman.core.schedule import schedule
from procman.export.cron import clockchanges


def touched(expression: str, zone: str = "Europe/Berlin") -> bool:
    return clockchanges.touched(schedule.parse(expression, ZoneInfo(zone)))


@pytest.mark.parametrize("expression", ["30 2 * * *", "0 2 * * *", "59 2 * * sun", "*/5 * * * *", "@hourly"])
def test_what_comes_in_the_hour_of_a_change_is_touched(expression: str) -> None:
    assert touched(expression)


@pytest.mark.parametrize("expression", ["59 1 * * *", "0 3 * * *", "30 2 * * mon", "30 2 * 1 *", "@daily"])
def test_what_comes_at_other_times_is_not(expression: str) -> None:
    assert not touched(expression)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "Asia/Kolkata"])
def test_nothing_is_touched_where_clocks_never_change(zone: str) -> None:
    assert not touched("* * * * *", zone)
    assert clockchanges.of(ZoneInfo(zone)) == ()


def test_intervals_and_single_instants_do_not_look_at_clocks() -> None:
    assert not touched("every 5 minutes")
    assert not touched("at 2027-03-28 02:30")
    assert not touched("@reboot")


def test_half_an_hour_is_a_change_as_well() -> None:
    assert touched("15 2 * * *", "Australia/Lord_Howe")
    assert not touched("45 2 * * *", "Australia/Lord_Howe")


def test_each_change_of_twenty_one_years_is_known() -> None:
    assert len(clockchanges.of(ZoneInfo("Europe/Berlin"))) == 42
