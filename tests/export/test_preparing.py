"""What a shell does before the command of a service."""

from __future__ import annotations

import pytest

from procman.export.supervisors import preparing


@pytest.mark.parametrize(("number", "name"), [(3, "QUIT"), (15, "TERM"), (34, "34"), (40, "40")])
def test_signals_have_names_but_those_for_real_time(number: int, name: str) -> None:
    assert preparing.signal(number) == name
