from __future__ import annotations

from procman.core.text.pace import BLOCK_SECONDS, CALM_SECONDS, Pace


def test_a_block_is_due_when_its_process_has_paused() -> None:
    pace = Pace()
    pace.fed_at = 10.0
    assert pace.block_due(10.05) == 10.0 + CALM_SECONDS
    pace.fed_at = 10.1
    assert pace.block_due(10.15) == 10.1 + CALM_SECONDS


def test_a_block_that_never_calms_down_is_due_after_a_second_all_the_same() -> None:
    pace = Pace()
    for tenth in range(100, 120):
        pace.fed_at = tenth / 10
        assert pace.block_due(tenth / 10) <= 10.0 + BLOCK_SECONDS


def test_a_block_is_shown_at_most_once_a_second() -> None:
    pace = Pace()
    pace.fed_at = 10.0
    pace.block_shown(10.2)
    assert pace.block_due(10.3) == 10.2 + BLOCK_SECONDS


def test_a_new_change_is_waited_for_as_long_as_the_first() -> None:
    pace = Pace()
    pace.fed_at = 10.0
    pace.block_due(10.0)
    pace.block_is_still()
    pace.fed_at = 50.0
    assert pace.block_due(50.0) == 50.0 + CALM_SECONDS
