"""When what a process keeps changing is shown: when it has calmed down, or after a while all the same."""

from __future__ import annotations

REFRESH_SECONDS = 0.05
"""Unfinished lines are shown at most 20 times a second, and at most this late."""
CALM_SECONDS = 0.25
"""A block that was not redrawn for so long has calmed down: spinners turn some ten times a second."""
BLOCK_SECONDS = 1.0
"""A block that does not calm down is shown so often."""


class Pace:
    """The times of one process. All in seconds of the monotonic clock."""

    __slots__ = ("_changing_since", "_shown_at", "fed_at")

    def __init__(self) -> None:
        self.fed_at = 0.0
        """When the process has last written what is not shown yet."""
        self._shown_at = -BLOCK_SECONDS
        self._changing_since: float | None = None

    def paused(self, now: float) -> bool:
        """Whether it has written nothing for the time of one refresh."""
        return now - self.fed_at >= REFRESH_SECONDS

    def block_due(self, now: float) -> float:
        """When its block, which has changed, is to be shown."""
        if self._changing_since is None:
            self._changing_since = now
        calm = min(self.fed_at + CALM_SECONDS, self._changing_since + BLOCK_SECONDS)
        return max(calm, self._shown_at + BLOCK_SECONDS)

    def block_shown(self, now: float) -> None:
        """Its block has been shown."""
        self._shown_at, self._changing_since = now, None

    def block_is_still(self) -> None:
        """Nothing of its block has changed."""
        self._changing_since = None
