"""The words in which a question is put and answered."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.context import Bench
from bench.peers import BEFORE, PROCMAN
from bench.subjects import Subject

Sample = Mapping[str, float]
Pick = Callable[[list[float]], float]


@dataclass(frozen=True)
class Column:
    """One figure of each sample; `pick` makes one of those of all rounds."""

    key: str
    title: str
    digits: int = 1
    pick: Pick = statistics.median


@dataclass(frozen=True)
class Row:
    """The figures of one subject over all its rounds, with the lowest and highest of the main column.

    `samples` has those of each round.
    """

    subject: Subject
    rounds: int
    figures: Mapping[str, float]
    lowest: float
    highest: float
    samples: Sequence[Sample] = ()


@dataclass(frozen=True)
class Answer:
    """The rows of a question, and why a subject has none."""

    question: "Question"
    rows: tuple[Row, ...]
    failures: Mapping[str, str]

    def row(self, name: str) -> Row | None:
        """The row of one subject, None when it was not measured."""
        return next((row for row in self.rows if row.subject.name == name), None)

    def figure(self, name: str, key: str) -> float | None:
        """One figure of one subject, None when it was not measured."""
        row = self.row(name)
        return row.figures.get(key) if row else None

    def peers(self) -> list[Row]:
        """The managers other than procman."""
        return [row for row in self.rows if row.subject.manages and row.subject.name not in (PROCMAN, BEFORE)]


@dataclass(frozen=True)
class Goal:
    """What procman wants to reach: `figure` is None where this run cannot tell."""

    text: str
    figure: Callable[[Answer], float | None]
    at_least: float | None = None
    at_most: float | None = None

    def reached(self, answer: Answer) -> bool | None:
        """None where this run cannot tell."""
        figure = self.figure(answer)
        if figure is None:
            return None
        return (self.at_least is None or figure >= self.at_least) and (
            self.at_most is None or figure <= self.at_most
        )


@dataclass(frozen=True)
class Question:
    """`prepare` warms a subject up and answers the size of its runs, `sample` makes one run.

    The first column is the main one: its spread and its ratio to procman are shown. `only` names the
    subjects that are asked where these are not the managers.
    """

    name: str
    title: str
    text: str
    columns: tuple[Column, ...]
    prepare: Callable[[Bench, Subject], int]
    sample: Callable[[Bench, Subject, int], Sample]
    goals: tuple[Goal, ...]
    yardsticks: frozenset[str] = field(default_factory=frozenset)
    only: frozenset[str] = field(default_factory=frozenset)
    rounds: int = 5
    procman_rounds: int | None = None

    def concerns(self, subject: Subject) -> bool:
        """Managers unless others are named, yardsticks where they make sense."""
        if self.only:
            return subject.name in self.only
        return subject.manages or subject.name in self.yardsticks

    def rounds_of(self, bench: Bench, subject: Subject) -> int:
        """How often a subject is measured."""
        if bench.rounds is not None:
            return bench.rounds
        if bench.quick:
            return 1
        return (self.procman_rounds or self.rounds) if subject.name == PROCMAN else self.rounds
