"""What does a manager cost while fifty children sleep?

Memory in MB of the manager and of all it runs for itself: PSS shares out pages that several processes
have in common, RSS counts them in each. 'Started' is the process that was started (procman's guardian),
'keeper' the one that is the parent of the children where that is another (procman's supervisor).
Wake-ups: context switches of all their threads in 20 s (peers are watched for 4 s a round), the highest
of all rounds; none means truly asleep.
"""

import time

from bench import proc
from bench.cli import alone
from bench.context import Bench
from bench.goals import procman
from bench.load import Load
from bench.peers import PROCMAN
from bench.question import Column, Goal, Question, Sample
from bench.session import Session
from bench.subjects import Subject

CHILDREN, SETTLE = 50, 1.0
QUICK_WATCH, PEER_WATCH, WATCH = 1, 4, 20
MB = 1e6


def prepare(bench: Bench, subject: Subject) -> int:
    """Seconds to watch."""
    if bench.quick:
        return QUICK_WATCH
    return WATCH if subject.name == PROCMAN else PEER_WATCH


def sample(bench: Bench, subject: Subject, seconds: int) -> Sample:
    """One start, a while of watching, and the memory at its end."""
    with Session(bench, subject, Load(children=CHILDREN)) as session:
        session.wait_up()
        session.wait_seen()
        time.sleep(SETTLE)
        own = session.own()
        before = {pid: proc.wakeups(pid) for pid in own}
        time.sleep(seconds)
        woken = sum(proc.wakeups(pid) - before[pid] for pid in own)
        figures = _memory(own, session.manager.pid, _keeper(own, session.children["c00"]))
        session.stop()
    return {**figures, "processes": len(own), "wakeups": woken * WATCH / seconds}


def _keeper(own: set[int], child: int) -> int:
    """The manager's own process above a child."""
    return next((pid for pid in own if pid == proc.parent_of(child)), 0)


def _memory(own: set[int], first: int, keeper: int) -> dict[str, float]:
    memory = {pid: proc.memory(pid) for pid in own}
    figures = {
        "pss": sum(each.pss for each in memory.values()) / MB,
        "rss": sum(each.rss for each in memory.values()) / MB,
        "first_rss": memory[first].rss / MB,
        "first_pss": memory[first].pss / MB,
    }
    if keeper not in (0, first):
        figures |= {"keeper_rss": memory[keeper].rss / MB, "keeper_pss": memory[keeper].pss / MB}
    return figures


QUESTION = Question(
    name="idle",
    title="Idle",
    text=__doc__,
    columns=(
        Column("pss", "PSS, all"),
        Column("rss", "RSS, all"),
        Column("processes", "processes", 0),
        Column("wakeups", "wake-ups", 0, max),
        Column("first_pss", "PSS, started"),
        Column("first_rss", "RSS, started"),
        Column("keeper_pss", "PSS, keeper"),
        Column("keeper_rss", "RSS, keeper"),
    ),
    prepare=prepare,
    sample=sample,
    goals=(
        Goal("wake-ups", procman("wakeups"), at_most=0),
        Goal("MB of the supervisor (RSS)", procman("keeper_rss"), at_most=25),
        Goal("MB of the guardian (RSS)", procman("first_rss"), at_most=10),
    ),
)

if __name__ == "__main__":
    alone(QUESTION)
