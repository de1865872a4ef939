from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest

from procman.core.schedule import zones
from procman.core.schedule.zones import find


@pytest.mark.parametrize("name", ["Europe/Paris", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "Zulu"])
def test_a_zone_is_found_by_its_name(name: str) -> None:
    assert find(name) == ZoneInfo(name)


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
        find(name)


def test_without_any_data_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zones, "load", lambda _: None)
    with pytest.raises(ValueError, match=r"no data for time zones.*install the package 'tzdata'"):
        find("Europe/Paris")
