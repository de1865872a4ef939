"""fugit's schedules in procman's words, against fugit itself where it is installed."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.core.schedule import schedule
from procman.importing.ruby import expressions, fugit
from tests.importing.ruby import each_line, has_fugit

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
BATCH = 20
START = datetime(2026, 1, 1, tzinfo=UTC)
needs_fugit = pytest.mark.skipif(not has_fugit(), reason="needs fugit (Debian: ruby-fugit)")


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("*/5 * * * *", "*/5 * * * *"),
        ("*/10 * * * *", "*/10 * * * * UTC"),
        ("0 9 * * 1-5 Europe/Paris", "0 9 * * 1-5 Europe/Paris"),
        ("0 9 * * *", "0 9 * * * UTC"),
        ("*/30 * * * * *", "*/30 * * * * *"),
        ("@daily", "@daily UTC"),
        ("@noon", "0 12 * * * UTC"),
        ("0 0 L * *", "0 0 L * * UTC"),
        ("0 0 last * *", "0 0 L * * UTC"),
        ("30 6 * * mon#1", "30 6 * * mon#1 UTC"),
        ("30 6 * * fri#-1", "30 6 * * 5L UTC"),
        ("30 6 * * fri#L", "30 6 * * 5L UTC"),
        ("/5 * * * *", "0,5,10,15,20,25,30,35,40,45,50,55 * * * *"),
        ("0 24 * * *", "0 0 * * * UTC"),
        ("every day at 9am", "every day at 9am UTC"),
        ("at 5am every day", "0 5 * * * UTC"),
        ("every hour at minute 12", "12 * * * * UTC"),
        ("every 2 hours", "every 2 hours"),
        ("every 2 hours Asia/Tokyo", "0 */2 * * * Asia/Tokyo"),
        ("every second", "every second"),
        ("every 7 minutes", "*/7 * * * * UTC"),
        ("every monday and thursday at five pm", "0 17 * * 1,4 UTC"),
        ("every month on day 2 at 10:00", "0 10 2 * * UTC"),
        ("every 1st of the month at midnight", "0 0 1 * * UTC"),
    ],
)
def test_a_schedule_stays_as_it_is_where_procman_reads_the_same(text: str, expression: str) -> None:
    assert fugit.cronish(text).expression == expression


def test_two_days_are_alternatives_though_one_begins_with_a_star() -> None:
    found = schedule.parse(fugit.cronish("0 0 */10 * 1").expression, UTC)
    days = [tick.tick.day for tick in islice(schedule.upcoming(found, START), 8)]
    assert days == [5, 11, 12, 19, 21, 26, 31, 1]


def test_without_a_zone_the_clock_is_that_of_rails() -> None:
    assert fugit.cronish("0 9 * * *").assumed
    assert not fugit.cronish("0 9 * * * UTC").assumed
    assert not fugit.cronish("*/15 * * * *").assumed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("9 0 * * sun%2", "every second week"),
        ("0 0 -7-L * *", "from the end of the month"),
        ("0 0 1 * 1&", "& for both days"),
        ("0 0 1 1 * +09:00", "an offset has no counterpart"),
        ("0 9 * * * Mars/Base", "no time zone is called 'Mars/Base'"),
        ("@reboot", "never came"),
        ("0 0 30 2 *", "never comes"),
        ("every 90 minutes", "not sure"),
        ("every day at 16:15 and 18:30", "not sure"),
        ("on Fri every day", "no schedule"),
        ("tomorrow", "no schedule"),
        ("", "0 fields"),
        ("* * *", "3 fields"),
        ("*/0 * * * *", "at least 1"),
    ],
)
def test_what_is_not_certain_is_told(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        fugit.cronish(text)


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("30s", "every 30s"),
        ("1h30m", "every 1h30m"),
        ("2 hours, 5 minutes", "every 2h5m"),
        ("1d", "every 1d"),
    ],
)
def test_an_interval(text: str, expression: str) -> None:
    assert fugit.interval(text) == expression


@pytest.mark.parametrize("text", ["1M", "1 month", "1y", "10", "", "0.5s", "soon", "0s"])
def test_no_interval(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        fugit.interval(text)


def test_a_point_in_time() -> None:
    assert fugit.once("2030/12/24 18:00:00").expression == "at 2030-12-24 18:00:00 UTC"
    assert fugit.once("2030-12-24 18:00 Europe/Paris").expression == "at 2030-12-24 18:00 Europe/Paris"
    with pytest.raises(ValueError, match="not a date"):
        fugit.once("next week")


VALUES = {
    "minute": st.integers(0, 59).map(str),
    "hour": st.integers(0, 24).map(str),
    "day": st.integers(1, 31).map(str) | st.sampled_from(["L", "last", "-1"]),
    "month": st.integers(1, 12).map(str) | st.sampled_from(["jan", "Dec"]),
    "weekday": st.integers(0, 7).map(str) | st.sampled_from(["sun", "Fri"]),
}


def field(kind: str) -> st.SearchStrategy[str]:
    """A field, mostly of forms that there are."""
    value = VALUES[kind]
    whole = st.just("*") | value | st.builds("{}-{}".format, value, value)
    stepped = st.builds("{}/{}".format, whole | st.just(""), st.sampled_from(["1", "2", "5", "15", "40"]))
    special = st.builds("{}#{}".format, value, st.sampled_from(["1", "2", "L", "-1", "last"]))
    items = st.one_of(whole, stepped, *[special] * (kind == "weekday"))
    return st.lists(items, min_size=1, max_size=2).map(",".join)


CLASSIC = st.tuples(*map(field, VALUES)).map(" ".join)
CRONS = CLASSIC | st.builds("{} {}".format, field("minute"), CLASSIC)

TIMES = st.sampled_from(
    "9am,9 am,5pm,noon,midnight,five,five pm,16:30,04:05,17,9,24:00,8:15 am,ten am".split(",")
)
DAYS = st.sampled_from("monday Tuesday wed thu saturday sun".split())
JOINS = st.sampled_from([", ", " and ", " or "])
NTHS = st.sampled_from("1st 2nd first 15th 31st third last twenty-first".split())


def several(item: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """One, or two of them joined."""
    return item | st.builds("{}{}{}".format, item, JOINS, item)


UNITS = st.sampled_from("second minute hour day month week year".split())
COUNTED = st.sampled_from("seconds minutes hours days months min sec s h".split())
EVERY = st.one_of(
    UNITS.map("every {}".format),
    st.builds("every {} {}".format, st.integers(1, 40), COUNTED),
    several(DAYS).map("every {}".format),
    st.just("every weekday"),
    st.builds("every {} to {}".format, DAYS, DAYS),
    st.builds("every {}-{}".format, DAYS, DAYS),
    NTHS.map("every {} of the month".format),
)
REST = st.one_of(
    st.just(""),
    several(TIMES).map("at {}".format),
    several(TIMES),
    st.integers(0, 59).map("at minute {}".format),
    several(DAYS).map("on {}".format),
    st.builds("on day {} at {}".format, st.integers(1, 31), several(TIMES)),
    NTHS.map("on the {}".format),
    st.just("from monday to friday"),
)
ZONES = st.sampled_from(["", "", "", " America/New_York", " in Europe/Paris", " UTC"])
SENTENCES = st.builds("{} {}{}".format, EVERY, REST, ZONES) | st.builds("{} {}{}".format, REST, EVERY, ZONES)

FIELDS = "c ? [c.seconds, c.minutes, c.hours, c.monthdays, c.months, c.weekdays, c.zone] : nil"
CRON = f"(c = (Fugit::Cron.parse(l) rescue nil); {FIELDS})"
WORDS = f"(c = (Fugit::Nat.parse(l, multi: :fail) rescue nil); {FIELDS})"


def meaning(text: str) -> tuple[list[Any], str | None] | None:
    """What is read here, in fugit's terms; None when it is refused."""
    try:
        fields, zone = fugit._fields(" ".join(text.split()))
        return [_values(part) for part in expressions.parts(fields)], zone
    except ValueError:
        return None


def _values(part: expressions.Part) -> list[Any] | None:
    if part.values is None:
        return None
    if part.kind.name == "day of week":
        return sorted([*([each] for each in part.values), *map(list, part.special)])
    return sorted([*part.values, *(-1 for _ in part.special)])


def _comparable(found: list[Any]) -> list[Any]:
    """Without what changes nothing: fri#2 beside fri, days that none of the months has."""
    *clock, days, months, weekdays, _ = found
    if weekdays:
        weekdays = sorted(each for each in weekdays if len(each) == 1 or [each[0]] not in weekdays)
    return [*(each and sorted(each) for each in (*clock, days, months)), weekdays]


def compare(lines: list[str], program: str) -> None:
    """What both read must be the same. What fugit refuses has never run."""
    for text, theirs in zip(lines, each_line(program, lines, "-rfugit"), strict=True):
        ours = meaning(text)
        if ours is None or theirs is None:
            continue
        assert (ours[0], ours[1]) == (_comparable(theirs), theirs[-1]), text


@needs_fugit
@settings(max_examples=max(1, EXAMPLES // BATCH), deadline=None)
@given(st.lists(CRONS, min_size=BATCH, max_size=BATCH))
def test_cron_means_what_fugit_says(lines: list[str]) -> None:
    compare([line for line in lines if not ("L" in line or "last" in line or "-1 " in line)], CRON)


@needs_fugit
@settings(max_examples=max(1, EXAMPLES // BATCH), deadline=None)
@given(st.lists(SENTENCES, min_size=BATCH, max_size=BATCH))
def test_words_mean_what_fugit_says(lines: list[str]) -> None:
    compare(lines, WORDS)


TICKS = """(
  c = (Fugit.parse_cronish(l) rescue nil) || (Fugit.parse(l, multi: :fail) rescue nil)
  t = EtOrbi.parse("2026-01-01 00:00:00 UTC")
  c.is_a?(Fugit::Cron) ? (1..20).map { t = c.next_time(t); t.to_i } : nil
)"""


@needs_fugit
@pytest.mark.parametrize(
    "text",
    [
        "*/5 * * * *",
        "0 0 */2 * 1-5",
        "0 5 1-7 * 1",
        "0 0 L * *",
        "30 6 * * mon#1",
        "*/30 * * * * *",
        "15/30 8-18/2 * jan,jul 2,4",
        "0 22-2 * * fri-mon",
        "every day at 5pm",
        "every 2 hours",
        "every 7 minutes",
        "every monday and thursday at 17:30",
        "every 4 months",
        "at 5am every weekday",
        "0 9 * * 1-5 America/New_York",
        "every 10 minutes in Asia/Kathmandu",
    ],
)
def test_the_next_20_ticks_are_the_same(text: str) -> None:
    named = text.endswith(("New_York", "Kathmandu"))
    (theirs,) = each_line(TICKS, [text if named else f"{text} UTC"], "-rfugit")
    ours = schedule.parse(fugit.cronish(text).expression, UTC)
    found = [int(each.tick.timestamp()) for each in islice(schedule.upcoming(ours, START), 20)]
    assert theirs == found
