from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.schedule import describe
from procman.core.schedule.schedule import parse


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("every hour", "every hour"),
        ("every 90s", "every 90 seconds"),
        ("every 120 minutes", "every 2 hours"),
        ("every 2 weeks", "every 2 weeks"),
        ("hourly at :15", "at :15 of every hour"),
        ("daily at 9:30", "at 09:30 every day"),
        ("weekdays at 18:00", "at 18:00 on weekdays"),
        ("weekends at 18:00", "at 18:00 on weekends"),
        ("mondays at 8:00", "at 08:00 on Mondays"),
        ("monthly on 1 at 00:00", "at 00:00 on the 1st of the month"),
        ("daily at 09:30 Europe/Riga", "at 09:30 every day, Europe/Riga"),
        ("@yearly", "at 00:00 on the 1st of January"),
        ("@reboot", "when procman starts"),
        ("at 2026-12-24  18:00", "once, at 2026-12-24 18:00"),
        ("at 2026-12-24 18:00 Europe/Riga", "once, at 2026-12-24 18:00 Europe/Riga"),
        ("* * * * *", "every minute"),
        ("*/10 * * * *", "every 10 minutes"),
        ("*/45 * * * *", "at :00 and :45 of every hour"),
        ("0-3,9 * * * *", "at minutes 0 to 3 and 9 of every hour"),
        ("*/10 9-17 * * mon-fri", "every 10 minutes from 09:00 to 17:50, Monday to Friday"),
        ("* 5 * * *", "every minute from 05:00 to 05:59"),
        ("15 9-17 * * *", "every hour from 09:15 to 17:15"),
        ("0 */2 * * *", "every 2 hours from 00:00 to 22:00"),
        ("*/30 22-2 * * *", "every 30 minutes of hours 0 to 2, 22 and 23"),
        ("1,2 9-17 * * *", "at :01 and :02 of hours 9 to 17"),
        ("30 2,14 * * *", "at 02:30 and 14:30 every day"),
        ("0 9 * * mon,thu", "at 09:00 on Mondays and Thursdays"),
        ("0 9 * * fri-mon", "at 09:00, Monday and Friday to Sunday"),
        ("0 9 * 3-5 *", "at 09:00 every day in March to May"),
        ("0 9 * jan sun", "at 09:00 on Sundays in January"),
        ("0 9 1,15 * *", "at 09:00 on the 1st and the 15th of the month"),
        ("0 9 22-31 2,3 *", "at 09:00 on the 22nd to 31st of February and March"),
        ("0 9 */2 * *", "at 09:00 on every 2nd day from the 1st to the 31st of the month"),
        ("0 9 13 * fri", "at 09:00 on the 13th of the month and on every Friday"),
        ("0 9 13 * 0-6", "at 09:00 every day"),
        ("0 9 1-31 1 fri", "at 09:00 every day in January"),
        ("0 9 */1 * fri", "at 09:00 on Fridays"),
        ("0 9 1-7 * */6", "at 09:00 on the 1st to 7th of the month if it is a Saturday or a Sunday"),
        ("0 9 L * *", "at 09:00 on the last day of the month"),
        ("0 9 LW,15W * *", "at 09:00 on the last weekday and the weekday nearest to the 15th of the month"),
        ("0 9 * * fri#2,5L", "at 09:00 on the last Friday of the month and the 2nd Friday of the month"),
        ("* * * * * *", "every second"),
        ("*/10 30 2 * * *", "every 10 seconds of minute 30 of hour 2"),
        ("30 * * * * *", "at second 30 of every minute"),
        ("*/30 * 9-17 * * *", "every 30 seconds of every minute of hours 9 to 17"),
    ],
)  # fmt: skip
def test_a_schedule_in_plain_words(expression: str, expected: str) -> None:
    assert parse(expression, UTC).wording == expected


@pytest.mark.parametrize(
    ("expression", "canonical"),
    [
        ("5 minutes", "every 5 minutes"),
        ("@every 5m", "every 5 minutes"),
        ("every day at noon", "daily at 12:00"),
        ("every day at midnight", "daily at 00:00"),
        ("every hour at :30", "hourly at :30"),
        ("every friday at 9:30pm", "fridays at 21:30"),
        ("every month on 31 at noon NZ", "monthly on 31 at 12:00 NZ"),
    ],
)
def test_other_words_for_a_schedule_are_told_as_the_first_ones(expression: str, canonical: str) -> None:
    assert parse(expression, UTC).wording == parse(canonical, UTC).wording


@given(st.integers(1, 10**7))
def test_an_interval_may_be_written_as_it_is_told(seconds: int) -> None:
    told = parse(f"{seconds}s", UTC).wording
    assert parse(told, UTC).form == parse(f"every {seconds}s", UTC).form


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(1, "every second"), (61, "every 61 seconds"), (3600, "every hour"), (86400 * 14, "every 2 weeks")],
)
def test_an_interval_is_told_in_its_largest_whole_unit(seconds: int, expected: str) -> None:
    assert describe.interval(seconds) == expected
