"""Signals and exit codes, as people and shells have them."""

from __future__ import annotations

import signal

import pytest

from procman.core.exitcodes import signal_number


@pytest.mark.parametrize("text", ["HUP", "SIGHUP", "hup", "sighup", "1", "01"])
def test_a_signal_has_a_name_with_or_without_sig_and_a_number(text: str) -> None:
    assert signal_number(text) == signal.SIGHUP


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("HPU", "no signal 'HPU', did you mean 'HUP'?"),
        ("99", "no signal '99': write a name such as HUP or USR1"),
        ("0", "no signal '0': write a name such as HUP or USR1"),
        ("-1", "no signal '-1': write a name such as HUP or USR1"),
        ("", "no signal '': write a name such as HUP or USR1"),
        ("9" * 5000, f"no signal '{'9' * 5000}': write a name such as HUP or USR1"),
    ],
)
def test_no_signal_is_an_error(text: str, mistake: str) -> None:
    with pytest.raises(ValueError, match="no signal") as caught:
        signal_number(text)
    assert str(caught.value) == mistake
