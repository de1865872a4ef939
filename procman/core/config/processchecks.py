"""What is wrong in `processes:` when one knows the Procfile: names that mean nothing, and circles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.plan import ports
from procman.core.plan.circles import circles
from procman.core.plan.policies import FOREMAN, Condition, Restart
from procman.core.plan.procfile import RELEASE
from procman.errors import Problem, suggest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from procman.core.config.processfile import ProcessSettings
    from procman.core.plan.policies import Policies

    Said = Mapping[str, ProcessSettings]

WHERE = "processes: "


def problems(said: Said, types: Collection[str], source: str, whole: bool = True) -> list[Problem]:
    """The mistakes in what is said of these process types, in the order of lines. Unless that is `whole`,
    only those that do not depend on what could not be read."""
    found = [*_unknown(said, types), *_dependencies(said, types, whole), *_circles(said), *_ports(said)]
    return [Problem(source, line, f"{WHERE}{text}") for line, text in sorted(found)]


def _unknown(said: Said, types: Collection[str]) -> Iterator[tuple[int, str]]:
    for name, each in said.items():
        if name not in types:
            yield each.line, f"no process type '{name}' in the Procfile{suggest(name, types)}"


def _dependencies(said: Said, types: Collection[str], whole: bool) -> Iterator[tuple[int, str]]:
    text: str | None
    for name, each in said.items():
        for other, condition in each.policies.depends_on.items():
            if other not in types:
                text = f"no process type '{other}' in the Procfile{suggest(other, types)}"
            elif other == RELEASE:
                text = f"'{RELEASE}' runs before all others with --release, and else not: take it out"
            elif other == name:
                text = f"'{name}' would wait for itself: take it out"
            else:
                policies = said[other].policies if other in said else FOREMAN
                text = _never(other, condition, policies) if whole else None
            if text:
                yield each.depends_lines[other], f"{name}: depends_on: {text}"


def _never(other: str, condition: Condition, policies: Policies) -> str | None:
    """Why it will never be so."""
    if condition is Condition.READY and policies.oneshot:
        return f"'{other}' is to end, and never ready: write '{other}: completed'"
    if condition is not Condition.COMPLETED or policies.oneshot:
        return None
    if policies.restart is Restart.ALWAYS:
        return f"'{other}' is always restarted, so it never completes: write '{other}: ready'"
    if policies.ends_all:
        return f"the end of '{other}' is the end of all: write 'oneshot: true' for it, or '{other}: ready'"
    return None


def _circles(said: Said) -> Iterator[tuple[int, str]]:
    graph = {name: [*each.policies.depends_on] for name, each in said.items()}
    for circle in circles(graph):
        if len(circle) > 1:
            way = " -> ".join([*circle, circle[0]])
            line = said[circle[0]].depends_lines[circle[1]]
            yield line, f"{circle[0]}: depends_on: a circle, in which none would ever start: {way}"


def _ports(said: Said) -> Iterator[tuple[int, str]]:
    """Fixed ports and listening addresses that two types have; a fixed one is on every host."""
    taken: dict[int, dict[str | None, str]] = {}
    for name, each in said.items():
        told: set[str] = set()
        for key, host, port in _claims(each.policies):
            known = taken.setdefault(port, {})
            for at, other in [*known.items()]:
                if other not in (name, *told) and (host == at or None in (host, at)):
                    told.add(other)
                    yield each.lines[key], f"{name}: {key}: {port} is a port of '{other}' already"
            known.setdefault(host, name)


def _claims(policies: Policies) -> Iterator[tuple[str, str | None, int]]:
    """Key, host and port of all that its instances have for themselves."""
    if policies.port is not None:
        last = min(policies.port + (policies.instances or 1) - 1, ports.LAST)
        yield from (("port", None, port) for port in range(policies.port, last + 1))
    for address in policies.listen:
        host, _, port = address.rpartition(":")
        yield "listen", host, int(port)
