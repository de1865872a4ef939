"""The system's zone is the one that the C library has, and so every process that procman starts."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import TZPATH, ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.schedule.zones import Unknown
from procman.host import clock
from procman.host.clock import system_zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import tzinfo

    Etc = Callable[..., tzinfo]

DATA = next((Path(folder) for folder in TZPATH if Path(folder, "Asia/Tokyo").is_file()), None)
needs_data = pytest.mark.skipif(DATA is None, reason="the system has no data for time zones")


@pytest.fixture
def libc() -> Iterator[pytest.MonkeyPatch]:
    """A TZ that is set is made known to the C library, and afterwards the real one again."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch
    time.tzset()


def shown(zone: tzinfo, epoch: int) -> tuple[str, str]:
    return (
        f"{datetime.fromtimestamp(epoch, zone):%Y-%m-%d %H:%M:%S}",
        f"{datetime.fromtimestamp(epoch, zone):%Z}",
    )


def shown_by_libc(epoch: int) -> tuple[str, str]:
    local = time.localtime(epoch)
    return time.strftime("%Y-%m-%d %H:%M:%S", local), time.strftime("%Z", local)


RULES = [
    "",
    ",M3.5.0,M10.5.0/3",
    ",M3.2.0,M11.1.0",
    ",M10.1.0,M4.1.0/3",
    ",M3.5.0/-2,M10.5.0/-1",
    ",J60/1:30,J300",
    ",59,300/4",
]
NAMED = ["UTC", "Etc/UTC", "GMT", "NZ", "GB", "EST5EDT", "Europe/Paris", "Asia/Kolkata", "Africa/Casablanca"]
OFFSETS = st.builds(
    "{}{}{}".format, st.sampled_from(["", "+", "-"]), st.integers(0, 12), st.sampled_from(["", ":30"])
)
FIXED = st.builds("{}{}".format, st.sampled_from(["ABC", "<+03>", "<-0330>"]), OFFSETS)
INSTANTS = st.integers(1_200_000_000, 2**31 - 1)
"""From 2008 on: before, a TZ without rules has those that America had, if the C library knows them."""
SUMMER = st.builds("{}{}{}".format, FIXED, st.sampled_from(["DST", "<+04>"]), st.sampled_from(RULES))


@needs_data
@given(st.sampled_from(NAMED) | FIXED | SUMMER, st.sampled_from(["", ":"]), INSTANTS)
def test_a_tz_means_what_it_means_to_the_c_library(text: str, colon: str, epoch: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", colon + text)
        time.tzset()
        assert shown(system_zone(), epoch) == shown_by_libc(epoch)
        assert str(system_zone()) == text
    time.tzset()


@pytest.mark.parametrize("text", ["", ":"])
def test_an_empty_tz_is_utc(text: str, libc: pytest.MonkeyPatch) -> None:
    libc.setenv("TZ", text)
    time.tzset()
    assert system_zone() is UTC
    assert shown(UTC, 0) == shown_by_libc(0)


@needs_data
def test_a_tz_may_be_a_file(tmp_path: Path, libc: pytest.MonkeyPatch) -> None:
    assert DATA
    (tmp_path / "ours").write_bytes((DATA / "Asia/Tokyo").read_bytes())
    for path, name in ((DATA / "Asia/Tokyo", "Asia/Tokyo"), (tmp_path / "ours", "ours")):
        libc.setenv("TZ", f":{path}")
        time.tzset()
        assert (str(system_zone()), shown(system_zone(), 0)) == (name, shown_by_libc(0))
    libc.setenv("TZDIR", str(tmp_path))
    libc.setenv("TZ", "ours")
    time.tzset()
    assert (str(system_zone()), shown(system_zone(), 0)) == ("ours", shown_by_libc(0))


WRONG = ["Mars/Olympus", "Europe", "A5", "EST5EDT,soon", "EST5,M3.2.0,M11.1.0", "AAA-23BBB", "EST5\nEDT"]
WRONG += ["/nowhere", "/", "/dev/null", "../Europe/Paris", "\udcff", "<>5", "ABC99"]


@pytest.mark.parametrize("text", WRONG)
def test_a_tz_that_is_none_is_told_and_shown_as_utc(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", text)
    zone = system_zone()
    assert isinstance(zone, Unknown)
    assert zone.why.startswith("the system's cannot be told (")
    assert zone.why.endswith("): set 'timezone:' in procman.yml, or TZ")
    assert "\n" not in zone.why
    assert shown(zone, 0) == ("1970-01-01 00:00:00", "UTC")


@pytest.fixture
def etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Etc:
    """The zone of a system with such a link or copy as /etc/localtime, and such a name in /etc/timezone."""
    localtime, timezone = tmp_path / "localtime", tmp_path / "timezone"
    monkeypatch.setattr(clock, "LOCALTIME", str(localtime))
    monkeypatch.setattr(clock, "TIMEZONE", str(timezone))
    monkeypatch.delenv("TZ", raising=False)

    def found(link: str | None = None, copy: bytes | None = None, name: bytes | None = None) -> tzinfo:
        if link is not None:
            localtime.symlink_to(link)
        if copy is not None:
            localtime.write_bytes(copy)
        if name is not None:
            timezone.write_bytes(name)
        return system_zone()

    return found


@pytest.mark.parametrize(
    "folder", ["/usr/share/zoneinfo", "../nowhere/zoneinfo", "/var/db/zoneinfo.default/posix"]
)
def test_a_link_has_the_name_of_the_zone(folder: str, etc: Etc) -> None:
    """The data may be elsewhere, as in images without any."""
    assert etc(link=f"{folder}/Asia/Tokyo", name=b"Etc/UTC\n") == ZoneInfo("Asia/Tokyo")


def test_a_link_may_lead_over_others(etc: Etc, tmp_path: Path) -> None:
    (tmp_path / "zone").symlink_to("/usr/share/zoneinfo/Asia/Calcutta")
    assert str(etc(link="zone")) == "Asia/Calcutta"


@needs_data
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (None, "local"),
        (b"Etc/UTC\n", "local"),
        (b"# ours\nAsia/Tokyo # home\n", "Asia/Tokyo"),
        (b"\xff", "local"),
    ],
)
def test_a_copy_is_the_zone_and_has_a_name_where_that_is_true(
    name: bytes | None, expected: str, etc: Etc
) -> None:
    assert DATA
    zone = etc(copy=(DATA / "Asia/Tokyo").read_bytes(), name=name)
    assert (str(zone), shown(zone, 0)[0]) == (expected, "1970-01-01 09:00:00")


def test_without_localtime_it_is_the_name_that_is_written_else_utc(etc: Etc) -> None:
    assert etc() is UTC
    assert etc(name=b"\n") is UTC
    assert etc(name=b"Asia/Tokyo\n") == ZoneInfo("Asia/Tokyo")
    assert "has 'Mars', which is no time zone" in str(vars(etc(name=b"Mars\n")))


@pytest.mark.parametrize("link", ["localtime", "nowhere", "/usr/share/zoneinfo/Mars", "."])
def test_a_link_that_leads_to_no_zone_is_told(link: str, etc: Etc) -> None:
    zone = etc(link=link, name=b"Etc/UTC\n")
    assert isinstance(zone, Unknown)
    assert "localtime cannot be read: " in zone.why


@needs_data
@given(cut=st.integers(0, 3000), junk=st.binary(max_size=50))
def test_a_damaged_file_is_told_or_is_a_zone(cut: int, junk: bytes) -> None:
    assert DATA
    data = (DATA / "Europe/Paris").read_bytes()
    with suppress(ValueError):
        assert str(clock._from_data(data[:cut] + junk + data[cut + len(junk) :], "it", "no zone")) == "it"
