"""The answer to a question of `Prober`: it comes once, from the one wait, unless nobody wants it any more."""

from __future__ import annotations

from procman.core.messages import Unasked, WorkDone
from procman.shortages import WHAT_TO_DO, reason
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from procman.core.messages import Message
    from procman.host.poller import Poller


class Answer:
    """`then` gets it: None if all is well, else why not."""

    def __init__(self, poller: Poller, then: Callable[[str | None], None]) -> None:
        self._poller = poller
        self._then: Callable[[str | None], None] | None = then
        self._why_not: str | None = None

    @property
    def wanted(self) -> bool:
        """Whether somebody still waits for it."""
        return self._then is not None

    def give(self, why_not: str | None) -> None:
        """This is it. Who has asked is told later, never from within the asking."""
        self._why_not = why_not
        self._poller.soon(self._told)

    def drop(self) -> None:
        """Nobody wants it any more."""
        self._then = None

    def _told(self) -> Iterator[Message]:
        if self._then:
            then, self._then = self._then, None
            yield WorkDone(then, self._why_not)


def in_words(error: OSError) -> str:
    """What the system says, and what to do about a shortage: `connection refused`."""
    text = reason(error)
    text = text[:1].lower() + text[1:]
    return Unasked(text) if error.errno in WHAT_TO_DO else text
