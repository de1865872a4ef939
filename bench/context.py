"""What all questions of one run share."""

from dataclasses import dataclass
from pathlib import Path

from bench.subjects import Subject
from bench.tools import Tools


@dataclass(frozen=True)
class Bench:
    """`rounds` overrides the number of rounds of each question; `folder` is removed at the end."""

    folder: Path
    tools: Tools
    subjects: tuple[Subject, ...]
    missing: tuple[str, ...] = ()
    quick: bool = False
    rounds: int | None = None
