"""What the demo's pages say of the waits that `.env` sets."""

from __future__ import annotations

import importlib
from datetime import timedelta

import pytest


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((0, "0 seconds"), (1, "1 second"), (20, "20 seconds"), (90, "90 seconds"), (60, "1 minute")),
        *((600, "10 minutes"), (5400, "90 minutes"), (3600, "1 hour"), (86400, "24 hours")),
    ],
)
def test_a_wait_is_told_in_the_largest_unit_that_is_exact(seconds: int, words: str) -> None:
    pages = importlib.import_module("registration.pages")
    assert pages.wording(timedelta(seconds=seconds)) == words


def test_the_first_page_says_what_the_demo_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    pages, form = (importlib.import_module(f"registration.{name}") for name in ("pages", "form"))
    monkeypatch.setenv("FOLLOW_UP_SECONDS", "20")
    monkeypatch.setenv("REMIND_AFTER_SECONDS", "30")
    page = " ".join(pages.home(form.Form(), {}, []).split())
    for words in ("20 seconds after registering", "the link of the welcome mail after 30 seconds"):
        assert words in page
