"""kill -9 at random moments under load: each tick has one claim, nothing is left, the store opens cleanly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.end_to_end.kill_nine import kill_again_and_again

if TYPE_CHECKING:
    from tests.end_to_end.harness import App


def test_a_procman_that_is_killed_again_and_again_loses_nothing_and_runs_nothing_twice(app: App) -> None:
    kill_again_and_again(app, rounds=3, seed=20261124)
