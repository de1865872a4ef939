"""Source folders for s6-rc: a longrun with its logger for each process, a oneshot for what ends, a bundle.

s6-rc-compile makes service folders of them, in which s6-supervise runs `run`. It copies `env/` and knows the
other files by name; a `down` file is none of them, so what is not to start is not in the bundle.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.core.plan.policies import Condition, Restart
from procman.errors import Problem, UserError
from procman.export import lacks, shell
from procman.export.plan import Export, File, Note
from procman.export.supervisors import envdir, preparing, scripts, services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from procman.export.plan import ExportPlan, Render
    from procman.export.supervisors.services import Service, User

AGAIN = "s6-supervise starts it again after a second, however often it fails"
LACKS = {
    **services.lacking("s6-rc"),
    **{f"backoff: {each}": AGAIN for each in ("initial", "max", "reset_after", "give_up_after")},
    "signal_to": "s6-supervise sends it to the command itself, and the others hear it when that has ended",
}
ONCE = dict.fromkeys(
    ("restart", "timeout", "stop_signal", "signal_to"), "s6-rc starts a oneshot once, and stops none"
)
SOURCE = "/etc/s6-rc/source"
"""Where the folders are taken to go if nobody says it."""
UNLIMITED = "0"
"""How long a `finish` may take: it ends by itself, once it has killed what does not."""
RESERVED = ("s6rc-", "s6-rc-")
"""What no service may be called (s6-rc-compile)."""


def in_execline(text: str) -> str:
    """A word in quotes for execlineb, which reads a oneshot's `up`: there, only these two mean something."""
    return '"' + re.sub(r'([\\"])', r"\\\1", text) + '"'


FILTERS: Mapping[str, Callable[..., str]] = {**scripts.FILTERS, "execline": in_execline}


def export(plan: ExportPlan, render: Render) -> Export:
    """A folder for each service, one for its log, and the bundle. Raises `UserError`."""
    if plan.app.startswith(RESERVED):
        text = f"services of s6-rc may not be called '{plan.app}-...': name the app with -a"
        raise UserError([Problem("app", None, text)])
    found = services.of_plan(plan)
    files = [file for each in found for file in _files(plan, each, render)]
    return Export(
        (*files, *_bundle(plan, found)) if found else (),
        notes=(
            *services.notes(plan, "s6-rc", LACKS),
            *_notes_of_oneshots(plan),
            *_notes_of_order(found),
        ),
        scheduled=services.scheduled(plan),
        then=tuple(_then(plan)),
    )


def _files(plan: ExportPlan, service: Service, render: Render) -> Iterator[File]:
    name = service.name
    kind = "oneshot" if service.policies.oneshot else "longrun"
    variables = envdir.of_s6(service.environment)
    yield from (_oneshot if service.policies.oneshot else _longrun)(plan, service, render)
    yield _word(f"{name}/type", kind)
    for each in service.after:
        yield File(f"{name}/dependencies.d/{each.name}", "", comment="")
    yield from envdir.files(name, variables)


def _longrun(plan: ExportPlan, service: Service, render: Render) -> Iterator[File]:
    name, log = service.name, f"{service.name}-log"
    yield scripts.script(f"{name}/run", _script(service, f'"$PWD/{envdir.FOLDER}"', render), service.about)
    well = scripts.ends_well(service, "256")
    finish = render("finish.j2", ends_well=well, **scripts.stopping(service))
    yield scripts.script(f"{name}/finish", finish)
    yield _word(f"{name}/timeout-finish", UNLIMITED)
    if service.policies.stop_signal:
        yield _word(f"{name}/down-signal", preparing.signal(service.policies.stop_signal))
    yield _word(f"{name}/timeout-kill", str(max(1, round(1000 * service.timeout))))
    yield _word(f"{name}/producer-for", log)
    yield scripts.script(f"{log}/run", scripts.log(plan, service, render, ids=_user(service.user)))
    for path, word in (
        ("type", "longrun"),
        ("notification-fd", "3"),
        ("consumer-for", name),
        ("pipeline-name", _in_bundle(service)),
    ):
        yield _word(f"{log}/{path}", word)


def _oneshot(plan: ExportPlan, service: Service, render: Render) -> Iterator[File]:
    """Its folder is not there when it runs, so it finds its variables where they are written."""
    folder = shell.word(f"{plan.folder or SOURCE}/{service.name}/{envdir.FOLDER}")
    text = render("up.j2", script=_script(service, folder, render).partition("\n")[2])
    yield File(f"{service.name}/up", text, about=service.about)


def _script(service: Service, variables: str, render: Render) -> str:
    """`variables`: their folder, as a word of the shell."""
    return render(
        "run.j2",
        service=service,
        line=scripts.line(service),
        longrun=not service.policies.oneshot,
        preparations=scripts.preparations(service),
        nice=" ".join([*preparing.nice(service), ""]),
        user=_user(service.user),
        env=variables if service.environment else None,
    )


def _user(user: User | None) -> str | None:
    """As s6-applyuidgid takes it, which sets nothing that is not said; s6-setuidgid would need variables."""
    if user is None:
        return None
    if user.uid is None:
        ids = (f'"$(id -u {user.name})"', f'"$(id -g {user.name})"', f"\"$(id -G {user.name} | tr ' ' ,)\"")
    else:
        ids = (str(user.uid), str(user.gid), ",".join(map(str, user.groups or (user.gid,))))
    return f"-u {ids[0]} -g {ids[1]} -G {ids[2]}"


def _in_bundle(service: Service) -> str:
    """What stands in the bundle for a service; s6-rc-compile makes a pipeline of a longrun and its logger."""
    return service.name if service.policies.oneshot else f"{service.name}-pipeline"


def _bundle(plan: ExportPlan, found: Sequence[Service]) -> Iterator[File]:
    yield _word(f"{plan.app}/type", "bundle")
    for each in found:
        if each.policies.autostart:
            yield File(f"{plan.app}/contents.d/{_in_bundle(each)}", "", comment="")


def _word(path: str, word: str) -> File:
    return File(path, f"{word}\n", comment="")


def _notes_of_oneshots(plan: ExportPlan) -> Iterator[Note]:
    for type_ in plan.types:
        if type_.policies.oneshot and type_.processes:
            never = type_.policies.restart is Restart.NEVER
            table = {key: text for key, text in ONCE.items() if key != "restart" or not never}
            yield from lacks.of_type(type_.name, type_.policies, table)
            if plan.log:
                yield Note(type_.name, f"-l {plan.log}", "it writes into the log of s6-rc itself")


def _notes_of_order(found: Sequence[Service]) -> Iterator[Note]:
    known = {each.name: each for each in found}
    for each in found:
        for after in each.after:
            other = known[after.name]
            said = f"depends_on: {other.about[0]} {after.condition.value}"
            if after.condition is Condition.COMPLETED and not other.policies.oneshot:
                yield Note(each.about[0], said, "it waits until that runs")
            if each.policies.autostart and not other.policies.autostart:
                yield Note(
                    each.about[0], said, f"It starts '{other.about[0]}', which is not to start by itself"
                )


def _then(plan: ExportPlan) -> Iterator[str]:
    """s6-rc-update stops what the new database does not have, and so it has to have all."""
    sources = dict.fromkeys((SOURCE, plan.folder or SOURCE))
    compiled = f"s6-rc-compile /etc/s6-rc/compiled-new {' '.join(map(shell.word, sources))}"
    yield f"{compiled}   # and all other folders of sources: what is in none is stopped"
    yield "s6-rc-update /etc/s6-rc/compiled-new"
    yield f"s6-rc -u change {plan.app}"
