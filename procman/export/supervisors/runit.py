"""Service folders for runit: `run`, its `env/`, a `log/` by svlogd, and what stops it.

runsv starts a service again whenever it ends, a second later at the earliest; it sends TERM and never KILL,
and it knows neither an order nor whether a service is ready (runsv(8)).
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from procman.core.plan.policies import Condition
from procman.export import seconds, shell
from procman.export.plan import EXECUTABLE, Export, File, Note
from procman.export.supervisors import envdir, preparing, scripts, services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from procman.export.plan import ExportPlan, Render
    from procman.export.supervisors.services import Service, User

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
    variables = envdir.of_chpst(service.environment)
    run = render(
        "run.j2",
        service=service,
        waits=_waits(service, known),
        preparations=[
            *scripts.preparations(service),
            *(shell.assigned(*each) for each in lost.items()),
        ],
        user=_user(service.user),
        env=envdir.FOLDER if variables else None,
    )
    yield scripts.script(f"{name}/run", run, service.about, PRIVATE_SCRIPT if lost else EXECUTABLE)
    if service.restart is not service.restart.ALWAYS:
        well = scripts.ends_well(service, "-1")
        yield scripts.script(f"{name}/finish", render("finish.j2", service=service, ends_well=well))
    yield scripts.script(f"{name}/control/t", _stop(service, render))
    if not service.policies.autostart:
        yield File(f"{name}/down", "", comment="")
    yield scripts.script(f"{name}/log/run", scripts.log(plan, service, render, ids=_user(service.user)))
    yield from envdir.files(name, variables)


def _stop(service: Service, render: Render) -> str:
    """What `sv` runs instead of sending TERM."""
    return render(
        "stop.j2",
        signal=preparing.signal(service.policies.stop_signal or signal.Signals.SIGTERM),
        group=service.policies.signal_group,
        seconds=seconds.whole(service.timeout),
    )


def _user(user: User | None) -> str | None:
    """As `chpst -u` takes it. It sets no groups but those that are listed, so id(1) lists them there."""
    if user is None:
        return None
    if user.uid is None:
        return f"\"{user.name}:$(id -Gn {user.name} | tr ' ' ':')\""
    groups = dict.fromkeys((user.gid, *user.groups))
    return ":".join(["", str(user.uid), *map(str, groups)])


def _waits(service: Service, known: Mapping[str, Service]) -> list[str]:
    """What has to succeed before it starts. `sv check` waits for what is to be up; who is not started with
    the others is started for it; who is to end would be started again and again."""
    return [
        f"sv {'check' if known[each.name].policies.autostart else 'start'} ../{each.name}"
        for each in service.after
        if not known[each.name].policies.oneshot and each.condition is not Condition.COMPLETED
    ]


def _notes_of_order(found: Sequence[Service], known: Mapping[str, Service]) -> Iterator[Note]:
    for service in found:
        for each in service.after:
            other = known[each.name]
            if other.policies.oneshot or each.condition is Condition.COMPLETED:
                text = "it does not wait for that, as runsv does not know whether a service has done its work"
                yield Note(service.about[0], f"depends_on: {other.about[0]} {each.condition.value}", text)


def _then(plan: ExportPlan, found: Sequence[Service]) -> Iterator[str]:
    if plan.folder and plan.folder != SCANNED and found:
        yield f"ln -s {shell.word(plan.folder)}/{plan.app}-* {SCANNED}/"
    yield f"sv status {SCANNED}/{plan.app}-*"
