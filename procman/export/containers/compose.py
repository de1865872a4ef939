"""A file of docker compose: a service for each process type, all of one image, and one for the tasks.

By the Compose Specification; `$` is doubled in all values, for `$NAME` is a variable to compose.
"""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

from procman.errors import Problem, UserError
from procman.export.containers import composelacks, composeservice, container, times, yamldump
from procman.export.plan import PRIVATE, Export, File

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from procman.export.plan import ExportPlan, Render

SCHEDULER, RELEASE = "scheduler", "release"
VOLUME = "procman"
AT_THE_END = 5.0
"""Seconds for procman itself, when its runs have had theirs."""


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
    return Export(
        files=(File("compose.yml", text, mode=PRIVATE, about=about),),
        notes=tuple(composelacks.notes(plan)),
        scheduled=tuple(task.name for task in plan.tasks),
        then=tuple(_then(plan)),
    )


def _then(plan: ExportPlan) -> Iterator[str]:
    words = ["docker", "compose"]
    if plan.folder and os.path.normpath(plan.folder) != os.path.normpath(plan.root):
        words += ["--file", os.path.join(plan.folder, "compose.yml")]
    compose = shlex.join(words)
    if plan.release:
        yield f"{compose} run --build --rm {RELEASE}"
    yield f"{compose} up --build --detach"


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
    found["stop_grace_period"] = composeservice.patience(plan.timeout)
    found["healthcheck"] = yamldump.Row(disable=True)  # the image may have one, for all that procman starts
    if not plan.embed_environment and plan.env_files:
        start = plan.folder or plan.root
        found["env_file"] = [os.path.relpath(file, start) for file in plan.env_files]
    return found | ({"volumes": [f"{VOLUME}:{container.VOLUME}"]} if plan.tasks else {})


def _environment(plan: ExportPlan) -> dict[str, str]:
    return {**plan.environment, **({"PROCMAN_STATE": container.STATE} if plan.tasks else {})}


def _services(plan: ExportPlan) -> Iterator[tuple[str, Service]]:
    for type_ in plan.types:
        own = container.first(plan, type_).environment
        yield type_.name, Service(composeservice.keys(plan, type_), own)
    if plan.release:
        command = [*container.SHELL, container.command(plan.release, plan.root)]
        keys = {"profiles": [RELEASE], "command": command, "restart": "no"}
        around = composeservice.surroundings(plan.release.policies)
        yield RELEASE, Service(keys | around, plan.release.environment)
    if plan.tasks:
        command = container.scheduler(plan, [task.name for task in plan.tasks])
        time = times.whole(plan.timeout) + AT_THE_END
        yield (
            _scheduler_name(plan),
            Service({"command": command, "stop_grace_period": composeservice.patience(time)}),
        )


def _scheduler_name(plan: ExportPlan) -> str:
    name, taken = SCHEDULER, {each.name for each in plan.types}
    while name in taken:
        name = f"{VOLUME}-{name}"
    return name
