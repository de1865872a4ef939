"""Words for the shell, asked of the shell itself."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from procman.errors import UserError
from procman.export import shellwords
from tests.export.hostile import EXAMPLES, texts

BATCH = 50


def said(script: str) -> list[str]:
    """What printf in a shell has got as its words."""
    done = subprocess.run(["/bin/sh", "-e"], input=script.encode(), capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


@given(st.lists(texts(), min_size=BATCH, max_size=BATCH))
@settings(max_examples=EXAMPLES // BATCH, deadline=None, phases=[Phase.generate])
def test_the_shell_gets_the_text_back(values: list[str]) -> None:
    words = " ".join(map(shellwords.word, values))
    assert said(f"printf '%s\\0' {words}\n") == values


@given(st.lists(texts(), min_size=BATCH, max_size=BATCH))
@settings(max_examples=EXAMPLES // BATCH, deadline=None, phases=[Phase.generate])
def test_it_does_so_from_a_single_line(values: list[str]) -> None:
    line = shellwords.prepared(f"printf '%s\\0' {shellwords.words(values)}")
    assert "\n" not in line
    assert said(f"{line}\n") == values


def test_what_needs_no_quotes_has_none() -> None:
    assert shellwords.word("/usr/bin/procman") == "/usr/bin/procman"
    assert shellwords.word("") == "''"


@pytest.mark.parametrize("text", ["a\0b", "\ud83d"])
def test_what_no_program_can_be_given_is_told_by_its_name(text: str) -> None:
    with pytest.raises(UserError, match="SECRET has a NUL") as told:
        shellwords.checked("crontab", {"SECRET": text, "OTHER": "fine"})
    assert text not in str(told.value)
    assert "OTHER" not in str(told.value)


def test_bytes_that_are_no_letters_are_words_like_others() -> None:
    shellwords.checked("crontab", {"NAME": b"\xff".decode("utf-8", "surrogateescape")})
