"""Service folders for runit: `run`, its `env/`, a `log/` by svlogd, and what stops it.

runsv starts a service again whenever it ends, a second later at the earliest; it sends TERM and never KILL,
and it knows neither an order nor whether a service is ready (runsv(8)). What a service has left would hold
its log open, for which runsv would not end: so `finish` stops that, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.plan.policies import Condition
from procman.export import shell
from procman.export.plan import EXECUTABLE, Export, File, Note
from procman.export.supervisors import envdir, scripts, services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from procman.export.plan import ExportPlan, Render
    from procman.export.supervisors.services import After, Service, User

PRIVATE_SCRIPT = 0o700
AGAIN = "runsv starts it again a second after its end, however often it fails"
LACKS = {
    **services.lacking("runsv"),
    **{f"backoff: {each}": AGAIN for each in ("initial", "max", "reset_after", "give_up_after")},
}
SCANNED = "/etc/service"
"""Where runsvdir looks for services, on Debian."""

FILTERS: Mapping[str, Callable[..., str]] = scripts.FILTERS


def export(plan: ExportPlan, render: Render) -> Export:
    """A folder for each service. Raises `UserError` for a variable that cannot be a file."""
    found = services.of_plan(plan)
    known = {each.name: each for each in found}
    return Export(
        tuple(file for each in found for file in _files(plan, each, known, render)),
        notes=(
            *services.notes(plan, "runsv", LACKS),
            *services.notes_of_seconds(plan, found),
            *_notes_of_order(found, known),
        ),
        scheduled=services.scheduled(plan),
        then=tuple(_then(plan, found)),
    )


def _files(
    plan: ExportPlan, service: Service, known: Mapping[str, Service], render: Render
) -> Iterator[File]:
    name, lost = service.name, envdir.lost(service.environment)
    stopping = scripts.stopping(service)
    variables = envdir.of_chpst(service.environment)
    run = render(
        "run.j2",
        service=service,
        line=scripts.line(service),
        waits=_waits(service, known),
        preparations=[
            *scripts.preparations(service),
            *(shell.assigned(*each) for each in lost.items()),
        ],
        user=_user(service.user),
        env=envdir.FOLDER if variables else None,
    )
    yield scripts.script(f"{name}/run", run, service.about, PRIVATE_SCRIPT if lost else EXECUTABLE)
    finish = render("finish.j2", ends_well=scripts.ends_well(service, "-1"), **stopping)
    yield scripts.script(f"{name}/finish", finish)
    yield scripts.script(f"{name}/control/t", render("stop.j2", **stopping))
    if not service.policies.autostart:
        yield File(f"{name}/down", "", comment="")
    yield scripts.script(f"{name}/log/run", scripts.log(plan, service, render, ids=_user(service.user)))
    yield from envdir.files(name, variables)


def _user(user: User | None) -> str | None:
    """As `chpst -u` takes it. It sets no groups but those that are listed, so id(1) lists them there."""
    if user is None:
        return None
    if user.uid is None:
        return f"\"{user.name}:$(id -Gn {user.name} | tr ' ' ':')\""
    groups = dict.fromkeys((user.gid, *user.groups))
    return ":".join(["", str(user.uid), *map(str, groups)])


def _waits(service: Service, known: Mapping[str, Service]) -> list[str]:
    """What has to succeed before it starts. `sv check` succeeds for one that is down, too, but says so."""
    return [
        f"sv check ../{each.name} | grep '^ok: run: '"
        for each in service.after
        if not _is_to_end(each, known)
    ]


def _is_to_end(after: After, known: Mapping[str, Service]) -> bool:
    """Whether its end is waited for, which runsv does not keep in mind."""
    return known[after.name].policies.oneshot or after.condition is Condition.COMPLETED


def _notes_of_order(found: Sequence[Service], known: Mapping[str, Service]) -> Iterator[Note]:
    for service in found:
        for each in service.after:
            if _is_to_end(each, known):
                other = known[each.name].about[0]
                text = "it does not wait for that, as runsv does not know whether a service has done its work"
                yield Note(service.about[0], f"depends_on: {other} {each.condition.value}", text)
        if service.after:
            yield Note(service.about[0], "depends_on", "It waits before it starts, but all stop at once")


def _then(plan: ExportPlan, found: Sequence[Service]) -> Iterator[str]:
    if plan.folder and plan.folder != SCANNED and found:
        yield f"ln -s {shell.word(plan.folder)}/{plan.app}-* {SCANNED}/"
    yield f"sv status {SCANNED}/{plan.app}-*"
