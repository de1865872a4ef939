"""What do log files cost?

MB/s of one child into a pipe, and of eight, without `--log-dir` and with it: text files of 10 MB in the
temporary folder, five old ones kept of each. Speed is that of `throughput`. The newest lines in the files are
checked too: whole, in order, up to the last one. The faults are sums over all rounds.
"""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench.cli import alone
from bench.context import Bench
from bench.flood import Flood, enough_lines, flood
from bench.goals import procman
from bench.load import LINE_BYTES, Load
from bench.peers import PROCMAN
from bench.question import Column, Goal, Question, Sample
from bench.subjects import Subject

MANY = 8
HEAD = len("2026-11-28 12:00:00 ")


def sample(bench: Bench, subject: Subject, lines: int) -> Sample:
    """Four runs of each kind, with files in the middle: what slows the machine meanwhile slows both."""
    plain, kept, lost, faults = _compare(bench, subject, Load(lines=lines, gated=True))
    load = Load(children=MANY, lines=lines // MANY, gated=True)
    plain_many, kept_many, lost_many, faults_many = _compare(bench, subject, load)
    return {
        "plain": plain,
        "kept": kept,
        "share": kept / plain,
        "share_many": kept_many / plain_many,
        "lost": lost + lost_many,
        "faults": faults + faults_many,
    }


def _compare(bench: Bench, subject: Subject, load: Load) -> tuple[float, float, int, int]:
    """MB/s without files and with them, lines lost on the way to the pipe, and faults in files."""
    first = flood(bench, subject, load)
    (kept, faults), (again, more) = (_kept(bench, subject, load) for _ in range(2))
    last = flood(bench, subject, load)
    speeds = (first.speed + last.speed) / 2, (kept.speed + again.speed) / 2
    return *speeds, kept.tally.lost + again.tally.lost, faults + more


def _kept(bench: Bench, subject: Subject, load: Load) -> tuple[Flood, int]:
    folder = Path(tempfile.mkdtemp(dir=bench.folder))
    with_files = replace(
        subject, start=lambda app, commands: [*subject.start(app, commands), "--log-dir", str(folder)]
    )
    try:
        run = flood(bench, with_files, load)
        faults = sum(_faults(folder, f"c{child:02d}", load.lines) for child in range(load.children))
    finally:
        shutil.rmtree(folder)
    return run, faults


def _faults(folder: Path, name: str, lines: int) -> int:
    """Lines of a child that do not follow the one before them, and those that are missing at the end."""
    found, expected = 0, None
    for line in _lines(folder, f"{name}.1.log"):
        number = int(line[HEAD:].split()[1]) if len(line) == HEAD + LINE_BYTES else -1
        found += number != (number if expected is None else expected)
        expected = number + 1
    return found + lines - (expected or 0)


def _lines(folder: Path, file: str) -> Iterator[bytes]:
    """Those that are kept, the oldest first."""
    olds = sorted(folder.glob(f"{file}.*"), key=lambda path: int(path.suffix[1:]), reverse=True)
    for path in (*olds, folder / file):
        yield from path.read_bytes().splitlines(keepends=True)


QUESTION = Question(
    name="logfiles",
    title="Log files",
    text=__doc__,
    columns=(
        Column("kept", "with files, MB/s"),
        Column("plain", "without, MB/s"),
        Column("share", "with to without", 2),
        Column("share_many", "the same, 8 children", 2),
        Column("lost", "lost", 0, sum),
        Column("faults", "faults in files", 0, sum),
    ),
    prepare=enough_lines,
    sample=sample,
    only=frozenset({PROCMAN}),
    goals=(
        Goal(
            "no line lost on the way, and none lost or spoiled in the files",
            procman("lost", "faults"),
            at_most=0,
        ),
        Goal("of the speed is left with files", procman("share"), at_least=0.6),
        Goal("of the speed of 8 children", procman("share_many"), at_least=0.6),
    ),
)

if __name__ == "__main__":
    alone(QUESTION)
