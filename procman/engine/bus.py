"""Facts go to everybody who wants them: the log is one, and what comes from outside hangs on here."""

from __future__ import annotations

from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.core.facts import Fact

    Subscriber = Callable[[Fact], None]


class Bus:
    """Each fact reaches every subscriber, in the order in which they came, before the next fact does."""

    def __init__(self, *subscribers: Subscriber) -> None:
        self._subscribers = [*subscribers]

    def subscribe(self, subscriber: Subscriber) -> None:
        """Tell this one too, from now on."""
        self._subscribers.append(subscriber)

    def publish(self, fact: Fact) -> None:
        """Tell all."""
        for subscriber in self._subscribers:
            subscriber(fact)
