"""Asks a question: rounds go A B C, A B C, so that whatever slows the machine slows all alike."""

import sys
from collections import defaultdict

from bench.context import Bench
from bench.load import RunError
from bench.question import Answer, Question, Row, Sample
from bench.subjects import Subject


class _Rounds:
    def __init__(self, bench: Bench, question: Question) -> None:
        self.bench, self.question = bench, question
        self.sizes: dict[str, int] = {}
        self.samples: dict[str, list[Sample]] = defaultdict(list)
        self.failures: dict[str, str] = {}

    def prepare(self, subject: Subject) -> None:
        try:
            self.sizes[subject.name] = self.question.prepare(self.bench, subject)
        except RunError as error:
            self._fail(subject, error)

    def sample(self, subject: Subject, round_number: int) -> None:
        if subject.name in self.failures or round_number >= self.question.rounds_of(self.bench, subject):
            return
        try:
            figures = self.question.sample(self.bench, subject, self.sizes[subject.name])
            self.samples[subject.name].append(figures)
        except RunError as error:
            self._fail(subject, error)

    def _fail(self, subject: Subject, error: RunError) -> None:
        self.failures[subject.name] = str(error)
        print(f"  {subject.name}: {error}", file=sys.stderr, flush=True)


def ask(bench: Bench, question: Question) -> Answer:
    """Warms every subject up, then measures them in turns."""
    subjects = [subject for subject in bench.subjects if question.concerns(subject)]
    rounds = _Rounds(bench, question)
    for subject in subjects:
        rounds.prepare(subject)
    for number in range(max((question.rounds_of(bench, subject) for subject in subjects), default=0)):
        for subject in subjects:
            rounds.sample(subject, number)
    measured = [subject for subject in subjects if subject.name not in rounds.failures]
    rows = tuple(_row(question, subject, rounds.samples[subject.name]) for subject in measured)
    return Answer(question, rows, rounds.failures)


def _row(question: Question, subject: Subject, samples: list[Sample]) -> Row:
    main = [sample[question.columns[0].key] for sample in samples]
    figures = {
        column.key: column.pick([sample[column.key] for sample in samples])
        for column in question.columns
        if all(column.key in sample for sample in samples)
    }
    return Row(subject, len(samples), figures, min(main), max(main), samples)
