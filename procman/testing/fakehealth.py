"""Stand-ins for what asks processes how they are, and weighs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from procman.core.plan.questions import Question


class FakeProber:
    """Questions that wait until the test answers them, by the port or the command that they are about."""

    def __init__(self) -> None:
        self.asked: list[tuple[Question, Callable[[str | None], None]]] = []
        self.number = 0
        """Questions so far."""

    def ask(self, question: Question, then: Callable[[str | None], None]) -> Callable[[], None]:
        entry = question, then
        self.asked.append(entry)
        self.number += 1
        return lambda: self.asked.remove(entry) if entry in self.asked else None

    def answer(self, reason: str | None, number: int = 0) -> None:
        """Of the oldest, or of the one at this place."""
        self.asked.pop(number)[1](reason)


class FakeScales:
    """Weighs when it is told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[dict[str, int], Callable[[Mapping[str, int]], None]]] = []

    def weigh(self, leaders: Mapping[str, int], then: Callable[[Mapping[str, int]], None]) -> None:
        self.asked.append((dict(leaders), then))

    def answer(self, weight: int) -> None:
        """All of them weigh so much."""
        leaders, then = self.asked.pop(0)
        then(dict.fromkeys(leaders, weight))
