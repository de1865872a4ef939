"""What stands in front of lines: for people a time and a name, for machines all of an object but its text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from procman.core import facts
from procman.core.text.prefix import Style, fitted
from procman.logs.heads import Prefixes, stamper
from procman.logs.jsonheads import JsonHeads

if TYPE_CHECKING:
    import pytest

STYLE = Style(24, timestamp=True, prefix=True, colours={"remind_of_registration": 36})
RUN = "remind_of_registration.42"


def test_a_stamp_follows_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    at = 1_700_000_000.25
    monkeypatch.setattr("procman.logs.heads.time.time", lambda: at)
    stamp = stamper("%H:%M:%S.%f %%f")
    assert stamp() == "22:13:20.250000 %f"
    at = 1_700_000_001.5
    assert stamp() == "22:13:21.500000 %f"


def test_a_format_that_somebody_wrote_steers_nothing_and_ends_no_line() -> None:
    assert stamper("\x1b]0;%%%n\n\udce9%%f")() == "\\x1b]0;%\\n\\n\\xe9%f"


def test_a_prefix_is_made_anew_when_the_time_or_the_style_changes() -> None:
    stamp = "12:00:00"
    prefixes = Prefixes(STYLE._replace(colours={}), lambda: stamp)
    assert prefixes.of(RUN) == b"12:00:00 remind_of_registration.42 | "
    stamp = "12:00:01"
    assert prefixes.of(RUN) == b"12:00:01 remind_of_registration.42 | "
    prefixes.style = fitted(prefixes.style, 45)
    assert prefixes.of(RUN) == "remind_…tion.42 | ".encode()
    assert prefixes.about("words") == b"system          | "
    assert prefixes.width == 18


def test_the_width_of_a_prefix_is_counted_in_columns_without_colours() -> None:
    assert Prefixes(STYLE._replace(width=8), lambda: "à 12 h").width == len("à 12 h web.1    | ")


def object_of(head: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(head + b'"}')
    return found


def test_an_object_says_when_who_and_which_of_both() -> None:
    heads = JsonHeads(lambda: 1_700_000_000.25)
    heads.about(facts.ProcessStarted("web.1", 7))
    assert object_of(heads.of("web.1")) == {
        "time": "2023-11-14T22:13:20.250000Z",
        "process": "web.1",
        "pid": 7,
        "stream": "child",
        "text": "",
    }
    assert object_of(heads.of("other.1"))["pid"] is None


def test_procman_s_own_words_say_which_process_they_are_about() -> None:
    heads = JsonHeads(lambda: 0.0)

    def said(words: object) -> tuple[str, str | None, int | None]:
        found = object_of(heads.about(words))
        return found["stream"], found["process"], found["pid"]

    assert said(facts.ProcessStarted("web.1", 7)) == ("procman", "web.1", 7)
    assert said(facts.RetryPlanned("web.1", 1, 2, 3.0)) == ("procman", "web.1", 7)
    assert said(facts.StopRequested("SIGTERM received")) == ("procman", None, None)
    assert said("a notice") == ("procman", None, None)
    heads.forget("web.1")
    assert said(facts.ProcessEnded("web.1", 0, 7)) == ("procman", "web.1", 7)
    assert object_of(heads.of("web.1"))["pid"] is None


def test_the_time_of_an_object_follows_the_clock() -> None:
    at = 0.999_999
    heads = JsonHeads(lambda: at)
    assert object_of(heads.of("web.1"))["time"] == "1970-01-01T00:00:00.999999Z"
    at = 1.0
    assert object_of(heads.of("web.1"))["time"] == "1970-01-01T00:00:01.000000Z"
