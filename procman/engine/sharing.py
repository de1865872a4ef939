"""A share of the engine's time for those who follow the log elsewhere, so that they cost the app little."""

from __future__ import annotations

from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SHARE, SECONDS = 0.05, 0.002
"""Of the time, while there is output to be read; and how long at once when there is none."""


class Sharing:
    """Called once a turn. `sends` sends for so many seconds, and says whether there is more to be sent."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._credit = SECONDS
        self.sends: Callable[[float], bool] = lambda seconds: False
        self.pending = False
        """Whether there is more to be sent."""

    def give(self, turn: float, busy: bool) -> None:
        """A turn has taken so many seconds, `busy` with output. Who takes more has to wait longer then."""
        if not busy:
            self._credit = SECONDS
        elif self.pending:
            self._credit = min(self._credit + turn * SHARE, SECONDS)
        if self._credit > 0:
            began = self._clock()
            self.pending = self.sends(self._credit)
            self._credit -= self._clock() - began
