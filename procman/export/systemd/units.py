"""systemd: a target, a template unit a process type, environment files, tasks with their timers.

Values of variables are in environment files that only root reads, or the user: a unit can be read by
everybody, and `systemctl show` tells its Environment= to everybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.export.plan import PRIVATE, Export, File, account_variables, shell_line
from procman.export.systemd import lacking, place, quoting, service
from procman.export.systemd import tasks as systemdtasks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from typing import Any

    from procman.core.plan.plan import ProcessPlan
    from procman.export.plan import ExportPlan, Note, Render, TypePlan
    from procman.export.systemd.tasks import Sorted

FILTERS = {
    "assignment": quoting.assignment,
    "path": quoting.path,
    "seconds": quoting.seconds,
    "setting": quoting.setting,
    "text": quoting.text,
    "word": quoting.word,
    "words": quoting.words,
}


def export(plan: ExportPlan, render: Render) -> Export:
    """Units for each process type and task, and the environment files that they name."""
    place.check(plan)
    plan = plan._replace(types=tuple(type_ for type_ in plan.types if type_.processes))
    tasks = systemdtasks.sort(plan)
    files = (
        _target(plan, tasks, render),
        _environment(f"{plan.app}.env", {**plan.environment, **plan.place}, render),
        *(file for type_ in plan.types for file in _type(plan, type_, render)),
        *_release(plan, render),
        *systemdtasks.files(plan, tasks, render),
    )
    then = tuple(place.then(plan, files, place.target(plan)))
    return Export(files, tuple(_notes(plan, tasks)), tasks.scheduled, then)


def _notes(plan: ExportPlan, tasks: Sorted) -> Iterator[Note]:
    yield from lacking.of_plan(plan)
    for type_ in plan.types:
        yield from lacking.of_type(plan, type_)
    yield from lacking.of_tasks(plan, tasks.calendars)


def _target(plan: ExportPlan, tasks: Sorted, render: Render) -> File:
    """What all belongs to: whoever starts or stops it does so to all."""
    started = [type_ for type_ in plan.types if type_.policies.autostart]
    wants = [place.instance(plan, process) for type_ in started for process in type_.processes]
    wants += [place.unit(plan, type_.name, ".socket") for type_ in started if _listens(type_)]
    wants += systemdtasks.wanted(plan, tasks)
    stops = [place.unit(plan, name) for name in tasks.calendars]
    values = {**place.everywhere(plan), "stops": stops, "wants": wants}
    return File(place.target(plan), render("target.j2", **values))


def _environment(path: str, variables: Mapping[str, str], render: Render) -> File:
    known = {key: value for key, value in variables.items() if quoting.VARIABLE.fullmatch(key)}
    return File(path, render("environment.j2", variables=known), mode=PRIVATE)


def _type(plan: ExportPlan, type_: TypePlan, render: Render) -> Iterator[File]:
    """Its template unit, of which `%i` is the number of a process; and what each process has of its own."""
    own = place.unit(plan, type_.name, "@%i.env")
    values = {
        **_service(plan, type_.processes[0], f"{type_.name}.%i"),
        "after": [*_network(plan), *_all(plan, type_.policies.depends_on)],
        "environment_files": place.environment_files(plan, own),
        "has_to_be": place.beside(plan, own),
        "requires": [*_all(plan, lacking.completed(plan, type_))],
        "part_of": place.target(plan),
        "socket": place.unit(plan, type_.name, ".socket") if _listens(type_) else None,
    }
    text = render("process.j2", **values)
    yield File(place.unit(plan, type_.name, "@.service"), text, about=(type_.name,))
    if _listens(type_):
        yield _socket(plan, type_, render)
    account = account_variables(type_.policies)
    home = {name: value for name, value in account.items() if name in plan.environment}
    for process in type_.processes:
        yield _environment(place.instance(plan, process, ".env"), {**home, **process.environment}, render)


def _service(plan: ExportPlan, process: ProcessPlan, name: str) -> dict[str, Any]:
    """What the unit of a process type and that of `release` have in common."""
    policies = process.policies
    account = None if plan.for_user else policies.account
    values = place.everywhere(plan)
    return {
        **values,
        "command": shell_line(process),
        "folder": policies.cwd or plan.root,
        "group": account.gid if account else None,
        "limit": service.limit(policies),
        "log": place.log(plan, name),
        "name": name,
        "settings": service.settings(plan, process),
        "type": service.kind(policies),
        "user": account.name if account else values["user"],
    }


def _release(plan: ExportPlan, render: Render) -> Iterator[File]:
    """The release command, for who starts it by hand."""
    if plan.release is None:
        return
    process = plan.release._replace(policies=plan.release.policies._replace(oneshot=True))
    unit = place.own_unit(plan, process.type)
    environment = unit.removesuffix(".service") + ".env"
    values = {
        **_service(plan, process, process.type),
        "after": _network(plan),
        "environment_files": place.environment_files(plan, environment),
        "has_to_be": None,
        "requires": [],
        "part_of": None,
        "socket": None,
    }
    del values["settings"]["RemainAfterExit"]  # each start runs it
    yield File(unit, render("process.j2", **values))
    yield _environment(environment, process.environment, render)


def _socket(plan: ExportPlan, type_: TypePlan, render: Render) -> File:
    listen = type_.policies.listen
    values = {
        **place.everywhere(plan),
        "addresses": listen,
        "descriptors": listen[0].rpartition(":")[2] if len(listen) == 1 else None,
        "name": type_.name,
        "service": place.instance(plan, type_.processes[0]),
    }
    return File(place.unit(plan, type_.name, ".socket"), render("socket.j2", **values))


def _listens(type_: TypePlan) -> bool:
    return bool(type_.policies.listen) and all(map(lacking.is_address, type_.policies.listen))


def _network(plan: ExportPlan) -> list[str]:
    return [] if plan.for_user else ["network-online.target"]


def _all(plan: ExportPlan, names: Collection[str]) -> Iterator[str]:
    """The units of all processes of these types that are there."""
    for type_ in plan.types:
        if type_.name in names:
            yield from (place.instance(plan, process) for process in type_.processes)
