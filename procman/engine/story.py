"""The order in which a stop is told: its cause first, then what it brought about."""

from __future__ import annotations

from procman.core.facts import ProcessEnded
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.core.facts import Fact


class Story:
    """Passes facts on to `publish`. Behind a cause, the ends of others wait until its own is told."""

    def __init__(self, publish: Callable[[Fact], None]) -> None:
        self._publish = publish
        self._cause: str | None = None
        self._held: list[Fact] = []

    @property
    def holds(self) -> bool:
        """Whether an end waits to be told."""
        return bool(self._held)

    def tell(self, fact: Fact) -> None:
        """Pass a fact on, now or behind the cause."""
        if self._cause is not None and isinstance(fact, ProcessEnded) and fact.name != self._cause:
            self._held.append(fact)
        else:
            self._publish(fact)

    def wait_for(self, cause: str | None) -> None:
        """The end of this process will be told, and comes before those of all others."""
        self._cause = cause

    def go_on(self) -> None:
        """The cause is told."""
        held, self._held, self._cause = self._held, [], None
        for fact in held:
            self._publish(fact)
