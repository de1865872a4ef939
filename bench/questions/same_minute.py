"""What happens when a thousand tasks are due at the same moment?

Seconds from that moment to the first instruction of the last child; the resident peaks (VmHWM) of the
scheduler's own processes, together and of the largest alone ('keeper', procman's supervisor). procman runs
a process beside them that writes a line every 10 ms: how long the worst line was on its way to the reader
of procman's output while the tasks started, and in a calm second before; and how long SIGUSR1, sent to
procman every 50 ms meanwhile, was on its way to that process at worst. APScheduler runs the commands by
`subprocess.run`, in its usual pool of ten threads; 'APScheduler (call)' starts no process. cron has its turn
at a full minute.
"""

import signal
import time
from collections.abc import Sequence
from pathlib import Path

from bench import cronfile, schedulers
from bench.cli import alone
from bench.context import Bench
from bench.goals import procman
from bench.load import RunError
from bench.peers import PROCMAN
from bench.question import Column, Goal, Question, Sample
from bench.schedulers import APS, APS_CALL, STARTS, SUPERCRONIC, Job, When, stamped
from bench.subjects import Subject
from bench.watch import Beat, Watch

TASKS, QUICK_TASKS = 1000, 50
AHEAD, QUICK_AHEAD, CALM = 6, 3, 1.0
SIGNAL_PAUSE_NS = 50 * 10**6
PATIENCE = 30.0


def prepare(bench: Bench, _subject: Subject) -> int:
    """How many tasks."""
    return QUICK_TASKS if bench.quick else TASKS


def sample(bench: Bench, subject: Subject, tasks: int) -> Sample:
    """One start, and the moment when all are due."""
    ahead = QUICK_AHEAD if bench.quick else AHEAD
    due = int(time.time()) + 1 + ahead
    when = When.EACH_MINUTE if subject is schedulers.CRON else When.AT

    def start(folder: Path) -> Sequence[str]:
        names = [f"t{number:04d}" for number in range(tasks)]
        jobs = [stamped(bench.tools.stamp, folder / "stamps", name, when, due) for name in names]
        return _start(bench, subject, folder, jobs)

    with Watch(bench, start, reading=subject.name == PROCMAN) as watch:
        if subject is schedulers.CRON:
            return _at_a_minute(watch, tasks)
        return _at(watch, due, tasks)


def _start(bench: Bench, subject: Subject, folder: Path, jobs: list[Job]) -> Sequence[str]:
    if subject is schedulers.CRON:
        return cronfile.start(folder, jobs)
    if subject.name == PROCMAN:
        return schedulers.procman(folder, jobs, {"beat": [*bench.tools.stamp, "beat"]})
    return STARTS[subject.name](folder, jobs)


def _at_a_minute(watch: Watch, tasks: int) -> Sample:
    watch.wait(lambda: len(watch.stamps) >= tasks, "start of all tasks", 180)
    times = [at for _, at in watch.stamps]
    minute = times[0] // (60 * 10**9) * 60 * 10**9
    return {"seconds": (max(times[:tasks]) - minute) / 1e9}


def _at(watch: Watch, due: int, tasks: int) -> Sample:
    watch.listen(due - time.time())
    signals = _Signals(watch)
    each_turn = signals.turn if watch.beats else None
    try:
        watch.wait(lambda: len(watch.stamps) >= tasks, "start of all tasks", PATIENCE, each_turn)
    except RunError:
        if not watch.stamps or watch.process.poll() is not None:
            raise  # else some have not started, and that is a figure
    end = max(at for _, at in watch.stamps)
    watch.listen(0.5)
    total, keeper = watch.peak_megabytes()
    figures = {
        "seconds": (end / 1e9 - due),
        "peak": total,
        "keeper": keeper,
        "lost": tasks - len({name for name, _ in watch.stamps}),
    }
    if watch.beats:
        calm = _worst(watch.beats, (due - CALM) * 1e9, due * 1e9)
        figures |= {"line": _worst(watch.beats, due * 1e9, end), "calm": calm, "signal": signals.worst()}
    return figures


def _worst(beats: Sequence[Beat], begin: float, end: float) -> float:
    """Milliseconds that the slowest of the lines written in between was on its way."""
    delays = [beat.seen_ns - beat.written_ns for beat in beats if begin <= beat.written_ns <= end]
    return max(delays, default=0) / 1e6


class _Signals:
    """One SIGUSR1 after the other, each when the one before has arrived."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._sent: list[int] = []

    def turn(self) -> None:
        """Send the next one when it is time."""
        came = sum(beat.word == "usr1" for beat in self._watch.beats)
        now = time.time_ns()
        if came == len(self._sent) and (not self._sent or now - self._sent[-1] > SIGNAL_PAUSE_NS):
            self._sent.append(now)
            self._watch.process.send_signal(signal.SIGUSR1)

    def worst(self) -> float:
        """Milliseconds that the slowest took; one that never came, until now."""
        came = [beat.written_ns for beat in self._watch.beats if beat.word == "usr1"]
        came += [time.time_ns()] * (len(self._sent) - len(came))
        return max((at - sent for sent, at in zip(self._sent, came, strict=True)), default=0) / 1e6


QUESTION = Question(
    name="same_minute",
    title="A thousand tasks at the same moment",
    text=__doc__,
    columns=(
        Column("seconds", "all started, s", 2),
        Column("peak", "peak, MB"),
        Column("keeper", "keeper, MB"),
        Column("lost", "never started", 0, sum),
        Column("line", "line delayed, ms"),
        Column("calm", "before, ms"),
        Column("signal", "SIGUSR1, ms"),
    ),
    prepare=prepare,
    sample=sample,
    only=frozenset({PROCMAN, APS, APS_CALL, SUPERCRONIC, schedulers.CRON.name}),
    rounds=5,
    goals=(
        Goal("tasks that never started", procman("lost"), at_most=0),
        Goal("s until all have started", procman("seconds"), at_most=0.8),
        Goal("MB at the peak, all processes", procman("peak"), at_most=60),
    ),
)

if __name__ == "__main__":
    alone(QUESTION)
