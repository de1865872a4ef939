"""Which processes are meant by the words on a command line."""

from __future__ import annotations

import pytest

from procman.core.life.names import select
from procman.errors import UnknownNameError

KNOWN = ["web.1", "web.2", "worker.1", "my.app.1"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["web.1"], ["web.1"]),
        (["web"], ["web.1", "web.2"]),
        (["w*"], ["web.1", "web.2", "worker.1"]),
        (["*.1"], ["web.1", "worker.1", "my.app.1"]),
        (["web.[2-9]"], ["web.2"]),
        (["worker", "web.2", "web"], ["web.1", "web.2", "worker.1"]),  # in the order of the Procfile, once
        (["my.app"], ["my.app.1"]),
        ([], []),
    ],
)
def test_a_process_a_type_or_a_pattern(words: list[str], expected: list[str]) -> None:
    assert select(words, KNOWN) == expected


def test_all_that_mean_nothing_are_told_with_what_is_near() -> None:
    with pytest.raises(UnknownNameError) as caught:
        select(["wrker", "web.1", "x*", "web.3", ""], KNOWN)
    assert str(caught.value).splitlines() == [
        "wrker: no such process, did you mean 'worker'?",
        "x*: no such process",
        "web.3: no such process, did you mean 'web.2'?",
        ": no such process",
    ]
    assert caught.value.exit_code == 4
