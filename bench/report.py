"""Answers as Markdown."""

from collections.abc import Sequence

from bench.peers import PROCMAN
from bench.question import Answer, Goal, Row


def report(machine: Sequence[str], answers: Sequence[Answer]) -> str:
    """The whole document."""
    parts = [
        "# Benchmarks",
        "",
        "Written by `make bench`; how each figure is measured stands in `bench/README.md`. Medians over the",
        "rounds, lowest and highest in brackets; all programs take turns within each round.",
        "",
        *machine,
        "",
        "## Goals",
        "",
        *goals(answers),
    ]
    return "\n".join(parts) + "\n" + "".join(f"\n{section(answer)}" for answer in answers)


def section(answer: Answer) -> str:
    """One question: its text, its table, and who could not be measured."""
    lines = [f"## {answer.question.title}", "", answer.question.text.strip(), "", *_table(answer)]
    if answer.failures:
        lines += ["", *(f"- {name} could not be measured: {why}" for name, why in answer.failures.items())]
    return "\n".join(lines) + "\n"


def goals(answers: Sequence[Answer]) -> list[str]:
    """What procman wants to reach, and whether it did, as the lines of a table."""
    pairs = [(answer, goal) for answer in answers for goal in answer.question.goals]
    cells = [
        [answer.question.title, goal.text, _limit(goal), *_verdict(goal, answer)] for answer, goal in pairs
    ]
    return _lines(["question", "procman's", "goal", "measured", "reached"], cells)


def _limit(goal: Goal) -> str:
    return f"≥ {goal.at_least:g}" if goal.at_least is not None else f"≤ {goal.at_most:g}"


def _verdict(goal: Goal, answer: Answer) -> tuple[str, str]:
    figure = goal.figure(answer)
    if figure is None:
        return "–", "not measured"
    return f"{figure:,.2f}".removesuffix(".00"), "yes" if goal.reached(answer) else "**no**"


def _table(answer: Answer) -> list[str]:
    columns = answer.question.columns
    main = columns[0]
    titles = ["", main.title, "to procman", *(column.title for column in columns[1:]), "rounds"]
    return _lines(titles, [_cells(answer, row) for row in answer.rows])


def _cells(answer: Answer, row: Row) -> list[str]:
    main, *others = answer.question.columns
    spread = (
        f" ({row.lowest:,.{main.digits}f}–{row.highest:,.{main.digits}f})" if main.pick is not sum else ""
    )
    mine, name = row.figures[main.key], row.subject.name
    base = answer.figure(PROCMAN, main.key)
    ratio = f"{mine / base:.3g} ×" if base else "–"
    rest = [f"{row.figures[c.key]:,.{c.digits}f}" if c.key in row.figures else "–" for c in others]
    label = name if row.subject.is_peer else f"_{name}_"
    return [label, f"{mine:,.{main.digits}f}{spread}", ratio, *rest, str(row.rounds)]


def _lines(titles: list[str], rows: list[list[str]]) -> list[str]:
    widths = [max(len(cell) for cell in column) for column in zip(titles, *rows, strict=True)]
    rule = ["-" * width for width in widths]
    return [_line(cells, widths) for cells in (titles, rule, *rows)]


def _line(cells: list[str], widths: list[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"
