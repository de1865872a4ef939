"""Whether a process may begin, from how those stand that it depends on; and the order in which all stop."""

from __future__ import annotations

from procman.core.life.service import Event, State
from procman.core.plan.policies import Condition
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

BEGUN = (State.UP, State.COMPLETED)
LOST = (State.FAILED, State.SKIPPED, State.COMPLETED)
"""What can be seen only while a process runs does not come any more."""
WORDS = {
    Condition.STARTED: "has not started",
    Condition.READY: "is not ready",
    Condition.COMPLETED: "has not completed",
}


class Standing(NamedTuple):
    """How one process stands; `begun`: its child is there; `blocked`: only a command helps it."""

    name: str
    state: State
    oneshot: bool
    begun: bool
    blocked: bool = False


def look(needed: Iterable[tuple[Condition, Standing]]) -> tuple[Event | None, str]:
    """MET, UNMET or neither yet, and why not in words."""
    waits_for = ""
    for condition, each in needed:
        if fulfilled(condition, each):
            continue
        if each.state in LOST:
            return Event.UNMET, f"{each.name} {_lost(each)}"
        down = each.state is State.DOWN
        waits_for = waits_for or f"{each.name} {'is down' if down else WORDS[_meant(condition, each)]}"
    return (None, waits_for) if waits_for else (Event.MET, "")


def fulfilled(condition: Condition, each: Standing) -> bool:
    """Whether one process is as another needs it. Of a one-shot that is ready when it has completed."""
    condition = _meant(condition, each)
    if condition is Condition.COMPLETED:
        return each.state is State.COMPLETED
    if condition is Condition.READY:
        return each.state is State.UP
    return each.state in BEGUN or (each.state is State.STARTING and each.begun)


def waves(depends_on: Mapping[str, Collection[str]]) -> list[list[str]]:
    """Names in the order in which they stop: nobody before those that depend on it. Without cycles."""
    left = dict(depends_on)
    found = []
    while left:
        needed = {name for names in left.values() for name in names}
        wave = [name for name in left if name not in needed] or [*left]
        found.append(wave)
        left = {name: names for name, names in left.items() if name not in wave}
    return found


def _meant(condition: Condition, each: Standing) -> Condition:
    return Condition.COMPLETED if each.oneshot and condition is Condition.READY else condition


def _lost(each: Standing) -> str:
    return {State.FAILED: "has failed", State.SKIPPED: "was skipped"}.get(each.state, "has ended")
