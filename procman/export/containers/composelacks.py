"""What docker compose does in another way than procman, or cannot do."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from procman.core.config import sizes
from procman.core.plan.policies import Condition, Restart
from procman.core.plan.procfile import RELEASE
from procman.export import lacks
from procman.export.containers import composeservice, container, health, times
from procman.export.plan import Note, restart_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.core.plan.policies import Policies
    from procman.export.plan import ExportPlan, TypePlan

LACKS = {
    "backoff: initial": "the engine waits 0.1 s at first, and doubles that",
    "backoff: max": "the engine waits a minute at most",
    "backoff: reset_after": "who has run for 10 s waits 0.1 s again, and its failures still count",
    "give_up": "the others stay",
    "signal_to": "the stop signal goes to the main process, then SIGKILL to all",
    "max_runtime": "nothing is restarted for its age",
    "max_memory": "is a limit there: the kernel kills what goes beyond it",
    "watch": "nothing is restarted when a file changes",
    "listen": "nobody listens for it, and it listens on PORT itself",
    "nice": "it has the usual priority",
}
NO_ROOT = "is so there, but 'enqueue' finds the app only if the image sets PROCMAN_ROOT to its folder"


def notes(plan: ExportPlan) -> Iterator[Note]:
    """All notes of an app."""
    yield from container.loopback(plan, {each.name: each.name for each in plan.types})
    yield from container.of_machine(plan, "docker compose logs")
    yield from times.note("", "-T", plan.timeout, times.whole(plan.timeout, 0))
    if not plan.embed_environment:
        for file in plan.env_files:
            text = "is read by compose, for which $NAME without braces is a variable too"
            yield Note("", os.path.basename(file), text)
    for type_ in plan.types:
        yield from _of_type(plan, type_)
    if plan.release:
        yield from _of_surroundings(plan, RELEASE, plan.release.policies)


def _of_type(plan: ExportPlan, type_: TypePlan) -> Iterator[Note]:
    name, policies = type_.name, type_.policies
    yield from container.alike(type_)
    yield from health.notes(type_)
    yield from _of_restarts(name, policies)
    yield from _of_surroundings(plan, name, policies)
    for address in policies.listen:
        host, at = address.rpartition(":")[0], composeservice.published_at(address)
        if host not in (at, "localhost"):
            yield Note(name, f"listen: {address}", f"is published on {at} there: docker takes no names")
    if not _is_awaited(plan, name):
        yield from lacks.of_type(name, policies, {"oneshot": "nobody asks how it has ended"})


def _of_restarts(name: str, policies: Policies) -> Iterator[Note]:
    restart, limit = restart_of(policies), policies.backoff.give_up_after
    if restart is Restart.ALWAYS:
        more = {"backoff: give_up_after": "the engine never gives up"}
        yield from lacks.of_type(name, policies, more)
    elif restart is Restart.ON_FAILURE and limit == 1:
        yield Note(name, "backoff: give_up_after: 1", "is 'restart: no' there, as no failure is made up for")
    elif restart is Restart.ON_FAILURE:
        end = f", and {limit} in all are the last, not in a row" if limit else ""
        text = f"is so there, but each code other than 0 is a failure{end}"
        yield Note(name, "restart: on-failure", text)


def _of_surroundings(plan: ExportPlan, name: str, policies: Policies) -> Iterator[Note]:
    yield from lacks.of_type(name, policies, LACKS)
    yield from container.account(name, policies)
    yield from container.outside(name, policies, plan.root)
    if policies.timeout is not None:
        yield from times.note(name, "timeout", policies.timeout, times.whole(policies.timeout, 0))
    if policies.max_memory and policies.max_memory < composeservice.LEAST_MEMORY:
        said = f"max_memory: {sizes.wording(policies.max_memory)}"
        yield Note(name, said, f"is {sizes.wording(composeservice.LEAST_MEMORY)} there, the least there is")
    if plan.tasks and policies.cwd:
        yield from lacks.of_type(name, policies, {"cwd": NO_ROOT})


def _is_awaited(plan: ExportPlan, name: str) -> bool:
    """Whether others start when it has completed, or is ready."""
    found = (each.policies.depends_on.get(name) for each in plan.types)
    return any(each not in (None, Condition.STARTED) for each in found)
