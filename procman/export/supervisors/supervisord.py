"""A file for supervisord: a program for each process, a group for the app, `procman scheduler` for the tasks.

Processes have their own process groups there, and the environment of supervisord below their own.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from procman.core.plan import commands
from procman.core.plan.policies import FOREMAN, Restart
from procman.core.schedule.durations import wording
from procman.export import searchpath, seconds, shell
from procman.export.plan import PRIVATE, Export, File, Note
from procman.export.supervisors import preparing, services
from procman.export.supervisors import supervisordquoting as quoting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from procman.core.plan.policies import Policies
    from procman.export.plan import ExportPlan, Render
    from procman.export.supervisors.services import Service

WAITS = "supervisord waits 1 s after the first failure, 2 s after the second and so on"
LACKS = {
    **services.lacking("supervisord"),
    "backoff: initial": WAITS,
    "backoff: max": WAITS,
    "oneshot": "its end is its end, whatever its code",
    "depends_on": "it is started behind these, and does not wait until they are ready or have completed",
    "group": "is there what /etc/passwd says of the user",
}
FORGETS = "supervisord forgets its failures once it has run for a second"
QUICK = "It also comes back after HUP, INT, TERM and PIPE, and when it ends in its first second"
TOO_LATE = "it is no longer root when that is asked for, and so it may not come first"
NO_LIMIT = 1_000_000
INCLUDED = "/etc/supervisor/conf.d"
"""As Debian has it."""

FILTERS: Mapping[str, Callable[..., str]] = {
    "value": quoting.value,
    "path_of_log": quoting.path_of_log,
    "command": quoting.command,
    "environment": quoting.environment,
}


def export(plan: ExportPlan, render: Render) -> Export:
    """One file. Raises `UserError` for what it cannot hold."""
    path = searchpath.variables(plan)
    found = tuple(each._replace(environment={**path, **each.environment}) for each in services.of_plan(plan))
    depths = services.depths(found)
    programs = [_program(plan, each, depths) for each in found]
    text = render("app.conf.j2", app=plan.app, programs=programs)
    about = tuple(dict.fromkeys(name for each in found for name in each.about))
    return Export(
        (File(f"{plan.app}.conf", text, ";", PRIVATE, about),),
        notes=(
            *services.notes(plan, "supervisord", LACKS),
            *services.notes_of_seconds(plan, found),
            *_notes_of_values(found),
        ),
        scheduled=services.scheduled(plan),
        then=tuple(_then(plan)),
    )


def _program(plan: ExportPlan, service: Service, depths: Mapping[str, int]) -> dict[str, Any]:
    """What the template says of a service."""
    policies = service.policies
    in_words = not quoting.holds(service.cwd)
    return {
        "name": service.name,
        "command": _words(service, in_words),
        "directory": None if in_words else service.cwd,
        "user": service.user.name if service.user else None,
        "environment": service.environment,
        "umask": None if policies.umask is None else f"{policies.umask:03o}",
        "priority": 10 * (depths[service.name] + 1) if any(depths.values()) else None,
        "autostart": policies.autostart,
        "stopsignal": _stop_signal(service),
        "stopwaitsecs": seconds.whole(service.timeout),
        "stopasgroup": policies.signal_group
        or service.shell_stays,  # such a shell keeps the signal to itself
        "log": os.path.join(services.log_folder(plan), f"{service.short}.log"),
        **_restarts(service),
    }


def _stop_signal(service: Service) -> str | None:
    """None for the usual one."""
    if not service.timeout:
        return "KILL"
    number = service.policies.stop_signal
    return preparing.signal(number) if number else None


def _words(service: Service, with_folder: bool) -> tuple[str, ...]:
    """The command; in its line is what supervisord has no word for."""
    lines = [*map(quoting.decoding, quoting.encoded(service.environment))]
    lines += preparing.preparations(service)
    if with_folder:
        lines.append(f"cd {shell.word(service.cwd)} || exit {preparing.FAILED}")
    return (*preparing.nice(service), *commands.SHELL, "; ".join([*lines, service.line]))


def _restarts(service: Service) -> dict[str, Any]:
    """An end within `startsecs` is a failure whatever the code, and followed by another try."""
    words = {Restart.ALWAYS: "true", Restart.ON_FAILURE: "unexpected", Restart.NEVER: "false"}
    tries = service.policies.backoff.give_up_after
    within = _remembers(service.policies, service.restart) or 1
    return {
        "autorestart": words[service.restart],
        "startsecs": 0 if service.restart is Restart.NEVER else within,
        "startretries": NO_LIMIT if tries is None else tries - 1,
    }


def _remembers(policies: Policies, restart: Restart) -> int | None:
    """Seconds in which an end counts as a failure, if that is said and can be had."""
    said = policies.backoff.reset_after
    is_said = said != FOREMAN.backoff.reset_after
    return seconds.whole(said) if is_said and restart is Restart.ALWAYS else None


def _notes_of_values(found: tuple[Service, ...]) -> Iterator[Note]:
    for each in {each.about: each for each in found}.values():
        name, policies = each.about[0], each.policies
        if each.shell_stays and not policies.signal_group:
            yield Note(name, "signal_to: main", "is the whole group there: the shell of this line stays")
        if each.restart is Restart.ON_FAILURE:
            yield Note(name, "restart: on-failure", QUICK)
        reset = policies.backoff.reset_after
        if reset != FOREMAN.backoff.reset_after and not _remembers(policies, each.restart):
            yield Note(name, f"backoff: reset_after: {wording(reset)}", FORGETS)
        if policies.nice is not None and policies.nice < 0 and each.user:
            yield Note(name, f"nice: {policies.nice}", TOO_LATE)


def _then(plan: ExportPlan) -> Iterator[str]:
    """Without the folder for logs supervisord takes none of its file."""
    yield f"mkdir -p {shell.word(services.log_folder(plan))}"
    if plan.folder and plan.folder != INCLUDED:
        yield f"ln -sf {shell.word(os.path.join(plan.folder, plan.app))}.conf {INCLUDED}/"
    yield "supervisorctl update"
