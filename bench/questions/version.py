"""How long do `version` and `--help` take?

Wall time of the whole command, its output thrown away.
"""

import subprocess
import time

from bench import yardsticks
from bench.cli import alone
from bench.context import Bench
from bench.goals import procman_to
from bench.question import Column, Goal, Question, Sample
from bench.subjects import Subject, clean_environment


def prepare(bench: Bench, subject: Subject) -> int:
    """One run to warm up."""
    sample(bench, subject, 0)
    return 0


def sample(bench: Bench, subject: Subject, _size: int) -> Sample:
    """One run of each."""
    return {
        "version": _milliseconds(bench, subject, subject.version),
        "help": _milliseconds(bench, subject, subject.help),
    }


def _milliseconds(bench: Bench, subject: Subject, arguments: tuple[str, ...]) -> float:
    argv = [subject.path() or subject.program, *arguments]
    begin = time.monotonic()
    process = subprocess.Popen(
        argv,
        env=clean_environment(bench.folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    process.wait()
    return (time.monotonic() - begin) * 1000


QUESTION = Question(
    name="version",
    title="version and --help",
    text=__doc__,
    columns=(Column("version", "version, ms"), Column("help", "--help, ms")),
    prepare=prepare,
    sample=sample,
    yardsticks=frozenset({yardsticks.PYTHON}),
    rounds=21,
    goals=(
        Goal("times the version of honcho", procman_to("honcho", "version"), at_most=0.6),
        Goal("times the --help of honcho", procman_to("honcho", "help"), at_most=1.2),
    ),
)

if __name__ == "__main__":
    alone(QUESTION)
