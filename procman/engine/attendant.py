"""Who looks after processes while their children run: their health, their limits, their last lines."""

from __future__ import annotations

from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from procman.engine.service import Service


class Attendant:
    """Told by `Upkeep`. One that does not care for an event has nothing to say about it."""

    def begun(self, found: Service, now: float) -> None:
        """A child is there; or it has other policies from now on."""

    def ready(self, found: Service, now: float) -> None:
        """It is ready."""

    def left(self, found: Service) -> None:
        """It has ended, or is to stop; again is the same."""
