"""How much memory does one endless line take?

One child writes 100 MB without a newline and exits. The peaks of resident memory (VmHWM) of the manager
and of all it runs for itself, added up. Lost: MB that never arrived.
"""

from bench import proc
from bench.cli import alone
from bench.context import Bench
from bench.goals import procman
from bench.load import Load
from bench.question import Column, Goal, Question, Sample
from bench.session import Session
from bench.subjects import Subject

BYTES, QUICK_BYTES = 100_000_000, 5_000_000


def prepare(bench: Bench, _subject: Subject) -> int:
    """Bytes of the line."""
    return QUICK_BYTES if bench.quick else BYTES


def sample(bench: Bench, subject: Subject, size: int) -> Sample:
    """One run; peaks are looked at every 20 ms, so that a helper that ends early counts too."""
    peaks: dict[int, int] = {}
    with Session(bench, subject, Load(long_bytes=size, gated=True, leave=True)) as session:

        def look() -> None:
            for pid in session.own():
                peaks[pid] = max(peaks.get(pid, 0), proc.memory(pid).peak)

        session.wait_up()
        begin = session.open_gate()
        session.wait_written(each_tick=look)
        session.wait_seen(each_tick=look)
        look()
        session.stop()
        tally = session.tally()
    figures = {"peak": sum(peaks.values()) / 1e6, "lost": max(size - tally.ok, 0) / 1e6}
    return figures | {"seconds": max(tally.last_ns - begin, 0) / 1e9}


QUESTION = Question(
    name="long_line",
    title="One line of 100 MB",
    text=__doc__,
    columns=(Column("peak", "peak, MB"), Column("lost", "lost, MB"), Column("seconds", "seconds", 2)),
    prepare=prepare,
    sample=sample,
    goals=(
        Goal("MB at the peak", procman("peak"), at_most=64),
        Goal("MB lost", procman("lost"), at_most=0),
    ),
)

if __name__ == "__main__":
    alone(QUESTION)
