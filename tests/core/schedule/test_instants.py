from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.schedule import instants
from procman.core.schedule.instants import find_zone, parse, rfc3339

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 12, 24, 12, 30, tzinfo=UTC)  # 13:30 in Berlin


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-12-24 18:00", "2026-12-24T17:00:00Z"),
        ("2026-12-24  18:00:30 ", "2026-12-24T17:00:30Z"),
        ("2026-07-01T18:00", "2026-07-01T16:00:00Z"),
        ("2026-12-24t8:00", "2026-12-24T07:00:00Z"),
        ("2026-12-24T18:00:00Z", "2026-12-24T18:00:00Z"),
        ("2026-12-24 18:00z", "2026-12-24T18:00:00Z"),
        ("2026-12-24 18:00+01:00", "2026-12-24T17:00:00Z"),
        ("2026-12-24 18:00 -0330", "2026-12-24T21:30:00Z"),
        ("2026-12-24 18:00 America/New_York", "2026-12-24T23:00:00Z"),
        ("2026-12-24 18:00 UTC", "2026-12-24T18:00:00Z"),
        ("2024-03-31 02:30", "2024-03-31T01:00:00Z"),
        ("2024-10-27 02:30", "2024-10-27T00:30:00Z"),
        ("13:31", "2026-12-24T12:31:00Z"),
        ("13:30", "2026-12-25T12:30:00Z"),
        ("8:00 America/New_York", "2026-12-24T13:00:00Z"),
    ],
)
def test_a_date_and_time_is_an_instant(text: str, utc: str) -> None:
    instant = parse(text, BERLIN, NOW)
    assert rfc3339(instant.timestamp()) == utc
    assert instant.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "'' is not a date and time: write it like 2026-12-24 18:00"),
        ("tomorrow", "'tomorrow' is not a date and time: write it like 2026-12-24 18:00"),
        ("24.12.2026 18:00", "'24.12.2026 18:00' is not a date and time: write it like 2026-12-24 18:00"),
        ("2026-12-2418:00", "'2026-12-2418:00' is not a date and time: write it like 2026-12-24 18:00"),
        ("２026-12-24 18:00", "'２026-12-24 18:00' is not a date and time: write it like 2026-12-24 18:00"),
        ("2026-12-24", "'2026-12-24' has no time of day: write 2026-12-24 00:00"),
        ("18:00", "'18:00' has no date: write it like 2026-12-24 18:00"),
        ("2026-02-29 18:00", "'2026-02-29 18:00': that month has the days 1 to 28"),
        ("2026-04-00 18:00", "'2026-04-00 18:00': that month has the days 1 to 30"),
        ("2026-12-32 18:00", "'2026-12-32 18:00': that month has the days 1 to 31"),
        ("2026-13-01 18:00", "'2026-13-01 18:00': months are from 1 to 12"),
        ("2026-00-01 18:00", "'2026-00-01 18:00': months are from 1 to 12"),
        ("2026-12-24 24:00", "'2026-12-24 24:00': a day ends before 24:00: write 00:00 of the next one"),
        (
            "2026-12-24T24:00:00Z",
            "'2026-12-24T24:00:00Z': a day ends before 24:00: write 00:00 of the next one",
        ),
        ("2026-12-24 24:00:01", "'2026-12-24 24:00:01': hours are from 0 to 23"),
        ("2026-12-24 25:00", "'2026-12-24 25:00': hours are from 0 to 23"),
        ("2026-12-24 23:60", "'2026-12-24 23:60': minutes are from 0 to 59"),
        ("2026-12-24 23:59:60", "'2026-12-24 23:59:60': seconds are from 0 to 59"),
        ("0001-01-01 00:00", "'0001-01-01 00:00': years are from 1910 to 9989"),
        ("2026-12-24 18:00 +25:00", "'+25:00' is not an offset from UTC like +01:00"),
        (
            "2026-12-24 18:00 Europe/Pari",
            "no time zone is called 'Europe/Pari', did you mean 'Europe/Paris'?",
        ),
    ],
)
def test_anything_else_is_an_error_that_says_what_to_write(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=re.escape(wrong)):
        parse(text, BERLIN)


def parse_or_mistake(text: str) -> datetime | str:
    try:
        return parse(text, UTC, NOW)
    except ValueError as error:
        return str(error)


@given(st.text() | st.text("0123456789-: TZ+/UTC", max_size=25))
def test_whatever_the_text_it_is_an_instant_or_an_error_for_people(text: str) -> None:
    found = parse_or_mistake(text)
    assert isinstance(found, str) or found.tzinfo is UTC


@given(st.datetimes(datetime(1930, 1, 1), datetime(2100, 1, 1)), st.sampled_from(["Europe/Berlin", "UTC"]))  # noqa: DTZ001
def test_a_written_time_is_that_time_on_the_clocks_of_its_zone(wall: datetime, name: str) -> None:
    wall = wall.replace(microsecond=0)
    zone = find_zone(name)
    shown = parse(f"{wall} {name}", UTC).astimezone(zone).replace(tzinfo=None, fold=0)
    assert shown == wall or (shown > wall and shown.minute == 0)  # out of a gap


@pytest.mark.parametrize("name", ["Europe/Paris", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "Zulu"])
def test_a_zone_is_found_by_its_name(name: str) -> None:
    assert find_zone(name) == ZoneInfo(name)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("", "the name of a time zone is empty: write one like Europe/Paris"),
        ("Europe/Pari", "no time zone is called 'Europe/Pari', did you mean 'Europe/Paris'?"),
        ("paris", "no time zone is called 'paris', did you mean 'Europe/Paris'?"),
        ("New York", "no time zone is called 'New York', did you mean 'America/New_York'?"),
        ("europe/PARIS", "no time zone is called 'europe/PARIS', did you mean 'Europe/Paris'?"),
        ("Europe", "no time zone is called 'Europe'"),
        ("zzzzzzzz", "no time zone is called 'zzzzzzzz': names are like Europe/Paris"),
        ("../../etc/passwd", "no time zone is called '../../etc/passwd'"),
        ("/etc/localtime", "no time zone is called '/etc/localtime'"),
        ("Europe/Paris\0", "no time zone is called 'Europe/Paris\0'"),
        ("Evropa/München", "no time zone is called 'Evropa/München'"),
        ("A" * 5000, "no time zone is called 'AAAA"),
        ("tzdata.zi", "no time zone is called 'tzdata.zi'"),
    ],
)
def test_a_name_that_is_none_is_an_error_with_a_suggestion(name: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=re.escape(wrong)):
        find_zone(name)


def test_without_any_data_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instants, "_load", lambda _: None)
    with pytest.raises(ValueError, match=r"no data for time zones.*install the package 'tzdata'"):
        find_zone("Europe/Paris")


@pytest.mark.parametrize(
    ("epoch", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1798131600, "2026-12-24T17:00:00Z"),
        (1798131600.25, "2026-12-24T17:00:00.250Z"),
        (1798131599.9999, "2026-12-24T17:00:00Z"),
        (-0.5, "1969-12-31T23:59:59.500Z"),
    ],
)
def test_an_instant_is_written_as_rfc_3339_in_utc(epoch: float, text: str) -> None:
    assert rfc3339(epoch) == text
    read = datetime.fromisoformat(text)
    assert read.timestamp() == pytest.approx(epoch, abs=0.001)
    assert read.utcoffset() == timedelta(0)


def test_fixed_offsets_are_zones_too() -> None:
    assert parse("2026-12-24 18:00", timezone(timedelta(hours=5, minutes=30))) == datetime(
        2026, 12, 24, 12, 30, tzinfo=UTC
    )
