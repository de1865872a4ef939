"""A file of docker compose: a service for each process type, all of one image, and one for the tasks.

By the Compose Specification; `$` is doubled in all values, for `$NAME` is a variable to compose.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from procman.core.exitcodes import signal_name
from procman.core.plan.policies import Condition, Restart
from procman.errors import Problem, UserError
from procman.export import lacks
from procman.export.containers import container, health, yamldump
from procman.export.containers.health import duration
from procman.export.plan import PRIVATE, Export, File, Note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from procman.core.plan.policies import Policies
    from procman.export.plan import ExportPlan, Render, TypePlan

SCHEDULER, RELEASE = "scheduler", "release"
VOLUME = "procman"
AT_THE_END = 5.0
"""Seconds for procman itself, when its runs have had theirs."""
LACKS = {
    "backoff: initial": "the engine waits 0.1 s at first, and doubles that",
    "backoff: max": "the engine waits a minute at most",
    "backoff: reset_after": "the engine forgets failures after 10 s",
    "give_up": "the others stay",
    "signal_to": "the stop signal goes to the main process, then SIGKILL to all",
    "max_runtime": "nothing is restarted for its age",
    "max_memory": "is a limit there: the kernel kills what goes beyond it",
    "watch": "nothing is restarted when a file changes",
    "listen": "nobody listens for it, and it listens on PORT itself",
    "nice": "it has the usual priority",
}


class Service(NamedTuple):
    """A service: its keys but for those that all have, and its variables beside those of all."""

    keys: dict[str, Any]
    own: Mapping[str, str] = {}


def doubled(value: Any) -> Any:
    """Each `$` two times, in all texts: compose makes one of them (Compose Specification, Interpolation)."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, dict):
        return type(value)((key, doubled(each)) for key, each in value.items())
    return [*map(doubled, value)] if isinstance(value, list | tuple) else value


def _yaml(value: Any, columns: int = 0) -> str:
    return yamldump.indented(doubled(value), columns)


FILTERS: Mapping[str, Callable[..., str]] = {"yaml": _yaml, "word": yamldump.word}


def export(plan: ExportPlan, render: Render) -> Export:
    """compose.yml. Raises `UserError` for what it cannot hold."""
    container.check(plan, "compose")
    _check_names(plan)
    name = _lower(plan.app)
    text = render(
        "compose.yml.j2",
        name=name,
        app=_shared(plan, name),
        environment=_environment(plan),
        services=dict(_services(plan)),
        scheduler=_scheduler_name(plan) if plan.tasks else "",
        volume=VOLUME,
    )
    about = (*(each.name for each in plan.types), RELEASE, *(task.name for task in plan.tasks))
    release = ("docker compose run --build --rm release",) if plan.release else ()
    return Export(
        files=(File("compose.yml", text, mode=PRIVATE, about=about),),
        notes=tuple(_notes(plan)),
        scheduled=tuple(task.name for task in plan.tasks),
        then=(*release, "docker compose up --build --detach"),
    )


def _check_names(plan: ExportPlan) -> None:
    """A `$` in a name is left alone by some, and not by others."""
    bad = [name for name in container.variables(plan) if "$" in name]
    if bad:
        raise UserError(
            Problem(
                "compose", None, f"the variable '{name}' has a '$' in its name, which compose may replace"
            )
            for name in bad
        )


def _lower(name: str) -> str:
    """A name for the project and its image: lower case, `-` between words."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "app"


def _shared(plan: ExportPlan, image: str) -> dict[str, Any]:
    """What all services have in common."""
    context = os.path.relpath(plan.root, plan.folder) if plan.folder else "."
    found: dict[str, Any] = {"build": context, "image": image, "init": True, "restart": "always"}
    found["stop_grace_period"] = duration(plan.timeout)
    if not plan.embed_environment and plan.env_files:
        start = plan.folder or plan.root
        found["env_file"] = [os.path.relpath(file, start) for file in plan.env_files]
    return found | ({"volumes": [f"{VOLUME}:{container.STATE}"]} if plan.tasks else {})


def _environment(plan: ExportPlan) -> dict[str, str]:
    return {**plan.environment, **({"PROCMAN_STATE": container.STATE} if plan.tasks else {})}


def _services(plan: ExportPlan) -> Iterator[tuple[str, Service]]:
    for type_ in plan.types:
        yield type_.name, Service(_keys(plan, type_), container.first(type_).environment)
    if plan.release:
        command = [*container.SHELL, container.command(plan.release, plan.root)]
        keys = {"profiles": [RELEASE], "command": command, "restart": "no"}
        yield RELEASE, Service(keys | _surroundings(plan.release.policies), plan.release.environment)
    if plan.tasks:
        command = container.scheduler(plan, [task.name for task in plan.tasks])
        yield (
            _scheduler_name(plan),
            Service({"command": command, "stop_grace_period": duration(plan.timeout + AT_THE_END)}),
        )


def _scheduler_name(plan: ExportPlan) -> str:
    return f"{VOLUME}-{SCHEDULER}" if SCHEDULER in {each.name for each in plan.types} else SCHEDULER


def _keys(plan: ExportPlan, type_: TypePlan) -> dict[str, Any]:
    process, policies = container.first(type_), type_.policies
    found: dict[str, Any] = {} if policies.autostart else {"profiles": [type_.name]}
    found["command"] = [*container.SHELL, container.command(process, plan.root)]
    if (count := len(type_.processes)) != 1:
        found["scale"] = count
    if ports := [*_published(type_)]:
        found["ports"] = ports
    if needed := _needed(plan, policies):
        found["depends_on"] = needed
    if asked := health.of(process, plan.root):
        found["healthcheck"] = asked
    if (restart := _restart(policies)) != "always":
        found["restart"] = restart
    return found | _surroundings(policies)


def _published(type_: TypePlan) -> Iterator[str]:
    """What is reached from outside: on the machine's loopback only, if `listen` does not say more."""
    yield from (f"{address}:{address.rpartition(':')[2]}" for address in type_.policies.listen)
    port, count = container.first(type_).port, len(type_.processes)
    if type_.name == container.WEB and port and not type_.policies.listen:
        several = f"-{port + count - 1}" if count > 1 else ""
        yield f"127.0.0.1:{port}{several}:{port}"


def _needed(plan: ExportPlan, policies: Policies) -> dict[str, Any]:
    types = {each.name: each for each in plan.types}
    found = {}
    for name, condition in policies.depends_on.items():
        if name in types:
            found[name] = yamldump.Row(condition=_condition(types[name], condition))
            if not types[name].policies.autostart:
                found[name]["required"] = False
    return found


def _condition(needed: TypePlan, condition: Condition) -> str:
    if condition is Condition.STARTED:
        return "service_started"
    if condition is Condition.COMPLETED or needed.policies.oneshot:
        return "service_completed_successfully"
    return "service_healthy" if health.is_seen(needed.policies) else "service_started"


def _restart(policies: Policies) -> str:
    """The engine counts restarts, procman counts failures: the first is no restart."""
    if policies.restart is Restart.NEVER or (policies.oneshot and not policies.restart):
        return "no"
    if policies.restart is not Restart.ON_FAILURE:
        return "always"
    limit = policies.backoff.give_up_after
    if limit == 1:
        return "no"
    return f"on-failure:{limit - 1}" if limit else "on-failure"


def _surroundings(policies: Policies) -> dict[str, Any]:
    account, memory = policies.account, policies.max_memory
    found = {
        "stop_signal": _signal(policies.stop_signal) if policies.stop_signal else None,
        "stop_grace_period": None if policies.timeout is None else duration(policies.timeout),
        "mem_limit": memory and (f"{memory >> 20}m" if memory % (1 << 20) == 0 else f"{memory}b"),
        "ulimits": policies.nofile and {"nofile": policies.nofile},
        "user": f"{account.uid}:{account.gid}" if account else None,
        "stdin_open": False if policies.stdin_null else None,
        "tty": policies.pty == "always" if policies.pty else None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _is_awaited(plan: ExportPlan, name: str) -> bool:
    """Whether others start when it has completed, or is ready."""
    found = (each.policies.depends_on.get(name) for each in plan.types)
    return any(each not in (None, Condition.STARTED) for each in found)


def _signal(number: int) -> str:
    name = signal_name(number)
    return name if name.startswith("SIG") else str(number)


def _notes(plan: ExportPlan) -> Iterator[Note]:
    yield from container.loopback(plan, {each.name: each.name for each in plan.types})
    yield from container.of_machine(plan, "docker compose logs")
    if not plan.embed_environment:
        for file in plan.env_files:
            text = "is read by compose, for which $NAME without braces is a variable too"
            yield Note("", os.path.basename(file), text)
    for type_ in plan.types:
        yield from container.alike(type_)
        yield from container.account(type_)
        yield from health.notes(type_)
        yield from lacks.of_type(type_.name, type_.policies, LACKS)
        if type_.policies.restart is Restart.ALWAYS:
            more = {"backoff: give_up_after": "the engine never gives up"}
            yield from lacks.of_type(type_.name, type_.policies, more)
        if not _is_awaited(plan, type_.name):
            yield from lacks.of_type(type_.name, type_.policies, {"oneshot": "nobody asks how it has ended"})
    if plan.release:
        yield from lacks.of_type(RELEASE, plan.release.policies, LACKS)
