"""Runs in which children write as much as they can, and how much is enough for a good figure."""

from dataclasses import dataclass

from bench.context import Bench
from bench.load import LINE_BYTES, Load, Tally
from bench.session import Session
from bench.subjects import Subject

FIRST_TRY, MOST_LINES = 20_000, 10_000_000
ENOUGH_SECONDS, AIM_SECONDS = 0.15, 1.0


@dataclass(frozen=True)
class Flood:
    """Seconds from the opening of the gate to the last line, and CPU seconds of the manager in between."""

    seconds: float
    cpu_seconds: float
    tally: Tally

    @property
    def megabytes(self) -> float:
        """Child bytes that arrived, in units of 1,000,000."""
        return self.tally.came * LINE_BYTES / 1e6

    @property
    def speed(self) -> float:
        """MB/s."""
        return self.megabytes / self.seconds


def flood(bench: Bench, subject: Subject, load: Load) -> Flood:
    """One run of a gated load."""
    with Session(bench, subject, load) as session:
        session.wait_up()
        before = session.cpu()
        begin = session.open_gate()
        session.wait_written()
        if subject.manages:
            session.wait_seen()
        after = session.cpu()
        session.wait_seen()
        session.stop()
        tally = session.tally()
    used = sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items())
    return Flood(max(tally.last_ns - begin, 1) / 1e9, used, tally)


def enough_lines(bench: Bench, subject: Subject, children: int = 1, into_file: bool = False) -> int:
    """Lines per child for a run of about a second; finding it out also warms the program up."""
    lines = FIRST_TRY
    while True:
        load = Load(children=children, lines=lines // children, gated=True, into_file=into_file)
        trial = flood(bench, subject, load)
        if bench.quick:
            return lines // children
        if trial.seconds > ENOUGH_SECONDS or lines >= MOST_LINES:
            fitting = lines * AIM_SECONDS / trial.seconds
            return int(min(max(fitting, FIRST_TRY), MOST_LINES)) // children
        lines = min(lines * 8, MOST_LINES)
