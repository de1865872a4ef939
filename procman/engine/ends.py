"""What follows from the end of a child that nobody has stopped, where policies say something about it."""

from __future__ import annotations

from procman.core.exitcodes import signal_name
from procman.core.facts import Notice
from procman.core.life import facts, restarts
from procman.core.life.restarts import End
from procman.core.life.service import Event
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from procman.core.facts import Fact
    from procman.engine.process import Process
    from procman.engine.service import Service


def meaning(found: Service, process: Process, now: float) -> Event:
    """Which event it is. Its failures are counted, and it is noted what it was."""
    policies = found.plan.policies
    end = End(process.code, now - process.began, found.why, found.late)
    found.failures = restarts.failures(found.failures, end, policies)
    event = restarts.verdict(policies, end, found.failures)
    found.note = "" if event is Event.DONE else end.why or _how(process)
    return event


def delay(found: Service, chance: float) -> float:
    """Seconds until it is started again; `chance` is in [0, 1)."""
    return restarts.delay(found.plan.policies.backoff, found.failures, chance)


def tell(publish: Callable[[Fact], None], found: Service, event: Event, lines: Sequence[str]) -> None:
    """Tell what follows: the next start, or none, behind the last `lines` that it wrote."""
    name = found.plan.name
    if event is Event.AGAIN:
        publish(facts.RestartPlanned(name, round(found.delay, 3), found.failures))
    elif event is Event.DONE:
        publish(facts.ProcessCompleted(name))
    elif event is Event.GIVEN_UP:
        times = f", {found.failures} failures in a row" if found.failures > 1 else ""
        publish(facts.ProcessFailed(name, f"{found.note}{times}", tuple(lines)))
        for line in lines:
            publish(Notice(f"{name} | {line}"))


def _how(process: Process) -> str:
    if process.code < 0:
        return f"terminated by {signal_name(-process.code)}"
    return f"exit code {process.code}"
