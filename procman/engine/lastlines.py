"""The last lines of processes that may fail for good: they are shown then."""

from __future__ import annotations

from procman.core.plan.policies import FOREMAN
from procman.engine.attendant import Attendant
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from procman.engine.service import Service

MOST_BYTES, MOST_LINES = 1 << 12, 10


class LastLines(Attendant):
    """Gets all output."""

    def __init__(self) -> None:
        self._tails: dict[str, bytes] = {}

    def begun(self, found: Service, now: float) -> None:
        """A child is there."""
        if found.plan.policies is not FOREMAN:
            self._tails[found.plan.name] = b""

    def output(self, name: str, data: bytes) -> None:
        """A process has written something."""
        if name in self._tails:
            self._tails[name] = (self._tails[name] + data[-MOST_BYTES:])[-MOST_BYTES:]

    def of(self, name: str) -> list[str]:
        """The last lines of a process, without colours; the first may be cut off in front."""
        from procman.core.text.sequences import WHOLE  # few fail for good
        from procman.core.text.visible import readable

        shown = readable(self._tails.get(name, b"")).encode(errors="replace")
        lines = WHOLE.sub(b"", shown).decode().strip("\n").split("\n")
        return [line for line in lines[-MOST_LINES:] if line]
