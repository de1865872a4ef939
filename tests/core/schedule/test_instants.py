from __future__ import annotations

import datetime as dt
import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.schedule.instants import MOMENT, parse, rfc3339
from procman.core.schedule.zones import Unknown, find

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
        ("2026-12-24T18:00:00.25Z", "2026-12-24T18:00:00.250Z"),
        ("2026-12-24t18:00:00.250000z", "2026-12-24T18:00:00.250Z"),
        ("2026-12-24 18:00:00.0009999999999 Z", "2026-12-24T18:00:00.001Z"),
        ("2026-12-24 18:00:00.5", "2026-12-24T17:00:00.500Z"),
        ("2026-12-24T18:00+01", "2026-12-24T17:00:00Z"),
        ("2026-12-24T18:00 -0100", "2026-12-24T19:00:00Z"),
        ("2026-12-24T18:00:01.5-00:00", "2026-12-24T18:00:01.500Z"),
        ("1930-07-01T12:00:00+00:19:32", "1930-07-01T11:40:28Z"),
        ("2026-12-24 18:00 Zulu", "2026-12-24T18:00:00Z"),
        ("2026-12-24 18:00 NZ", "2026-12-24T05:00:00Z"),
        ("13:30:00.1", "2026-12-24T12:30:00.100Z"),
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
        ("2026-12-24 18:00+01:60", "'+01:60' is not an offset from UTC like +01:00"),
        ("2026-12-24 18:00.5", "'2026-12-24 18:00.5' is not a date and time"),
        ("2026-12-24T18:00:00.Z", "'2026-12-24T18:00:00.Z' is not a date and time"),
        ("2026-12-24T18:00:00,5Z", "'2026-12-24T18:00:00,5Z' is not a date and time"),
        ("2026-12-24T18:00:00.٥Z", "'2026-12-24T18:00:00.٥Z' is not a date and time"),
        (
            "2026-12-24 18:00 Europe/Pari",
            "no time zone is called 'Europe/Pari', did you mean 'Europe/Paris'?",
        ),
    ],
)
def test_anything_else_is_an_error_that_says_what_to_write(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=re.escape(wrong)):
        parse(text, BERLIN)


FIRST_PASS = datetime(2024, 10, 27, 0, 40, tzinfo=UTC)  # 02:40 in Berlin; an hour later, too
SECOND_PASS = FIRST_PASS + timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "now", "utc"),
    [
        ("02:50", FIRST_PASS, "2024-10-27T00:50:00Z"),
        ("02:50", SECOND_PASS, "2024-10-27T01:50:00Z"),
        ("02:30", FIRST_PASS, "2024-10-27T01:30:00Z"),
        ("02:30", SECOND_PASS, "2024-10-28T01:30:00Z"),
        ("02:50", SECOND_PASS + timedelta(hours=1), "2024-10-28T01:50:00Z"),
        ("02:50 Europe/Paris", SECOND_PASS, "2024-10-27T01:50:00Z"),
        ("2024-10-27 02:50", FIRST_PASS, "2024-10-27T00:50:00Z"),
        ("2024-10-27 02:50", SECOND_PASS, "2024-10-27T01:50:00Z"),
        ("2024-10-27T02:50:00+02:00", SECOND_PASS, "2024-10-27T00:50:00Z"),
        ("2024-10-27 02:50", SECOND_PASS + timedelta(days=1), "2024-10-27T00:50:00Z"),
        ("2024-10-27 02:50", SECOND_PASS - timedelta(days=1), "2024-10-27T00:50:00Z"),
    ],
)
def test_of_a_time_that_comes_twice_it_is_the_one_to_come(text: str, now: datetime, utc: str) -> None:
    assert rfc3339(parse(text, BERLIN, now).timestamp()) == utc


def test_clocks_may_go_back_to_the_day_before() -> None:
    """St. John's, 2006: at 00:01 it was 23:01 again."""
    zone, now = ZoneInfo("America/St_Johns"), datetime(2006, 10, 29, 2, 30, 30, tzinfo=UTC)
    assert f"{now.astimezone(zone):%d %H:%M}" == "29 00:00"
    assert rfc3339(parse("23:30", zone, now).timestamp()) == "2006-10-29T03:00:00Z"


@pytest.mark.parametrize(
    ("text", "now", "utc"),
    [
        ("13:30", NOW, "2026-12-24T12:30:00Z"),
        ("13:31", NOW, "2026-12-23T12:31:00Z"),
        ("02:30", FIRST_PASS, "2024-10-27T00:30:00Z"),
        ("02:50", SECOND_PASS, "2024-10-27T00:50:00Z"),
        ("02:30", SECOND_PASS, "2024-10-27T01:30:00Z"),
        ("2024-10-27 02:50", SECOND_PASS, "2024-10-27T00:50:00Z"),
    ],
)
def test_of_what_is_past_a_time_is_the_last_one(text: str, now: datetime, utc: str) -> None:
    assert rfc3339(parse(text, BERLIN, now, past=True).timestamp()) == utc


@given(st.times(), st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.timezones()))  # noqa: DTZ001
def test_a_time_alone_is_near(time: dt.time, now: datetime) -> None:
    zone, now = now.tzinfo or UTC, now.astimezone(UTC)
    coming, last = parse(str(time), zone, now), parse(str(time), zone, now, past=True)
    assert now - timedelta(days=2) < last <= now < coming < now + timedelta(days=2)


def test_only_a_time_that_names_no_zone_needs_one() -> None:
    unknown = Unknown("the system's cannot be told: set TZ")
    for text in ("18:00", "2026-12-24 18:00"):
        wrong = f"'{text}' needs a time zone, and the system's cannot be told: set TZ"
        with pytest.raises(ValueError, match=re.escape(wrong)):
            parse(text, unknown, NOW)
        for zone in ("Z", "+01:00", " Europe/Berlin"):
            assert parse(text + zone, unknown, NOW) == parse(text + zone, UTC, NOW)


def parse_or_mistake(text: str) -> datetime | str:
    try:
        return parse(text, UTC, NOW)
    except ValueError as error:
        return str(error)


@given(st.text() | st.text("0123456789-:. TtZz+/UTC", max_size=25) | st.from_regex(MOMENT, fullmatch=True))
def test_whatever_the_text_it_is_an_instant_or_an_error_for_people(text: str) -> None:
    found = parse_or_mistake(text)
    assert isinstance(found, str) or found.tzinfo is UTC


@given(st.datetimes(datetime(1930, 1, 1), datetime(2100, 1, 1)), st.sampled_from(["Europe/Berlin", "UTC"]))  # noqa: DTZ001
def test_a_written_time_is_that_time_on_the_clocks_of_its_zone(wall: datetime, name: str) -> None:
    wall = wall.replace(microsecond=0)
    zone = find(name)
    shown = parse(f"{wall} {name}", UTC).astimezone(zone).replace(tzinfo=None, fold=0)
    assert shown == wall or (shown > wall and shown.minute == 0)  # out of a gap


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


@given(st.integers(-1_893_456_000, 253_000_000_000), st.integers(0, 999))
def test_what_json_has_is_read_as_it_was_meant(second: int, millisecond: int) -> None:
    epoch = second + millisecond / 1000
    for text in (rfc3339(epoch), rfc3339(epoch).lower(), rfc3339(epoch).replace("T", " ")):
        assert parse(text, BERLIN) == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
            seconds=second, milliseconds=millisecond
        )


@given(st.datetimes(datetime(1911, 1, 1), datetime(9000, 1, 1), timezones=st.timezones()))  # noqa: DTZ001
def test_local_times_with_their_offsets_are_read_as_they_were_meant(at: datetime) -> None:
    """As `next --json` tells them; some zones were not whole minutes from UTC."""
    assert parse(at.isoformat(), BERLIN) == at.astimezone(UTC)


def test_fixed_offsets_are_zones_too() -> None:
    assert parse("2026-12-24 18:00", timezone(timedelta(hours=5, minutes=30))) == datetime(
        2026, 12, 24, 12, 30, tzinfo=UTC
    )
