"""Jobs of Upstart, in the shape of Foreman's: `APP`, `APP-web` and `APP-web-1` (init(5) of upstart 1.13).

What a job sets and runs stands in its `script`, which is for `/bin/sh`: so there is one way of quoting, and
it can be tried. A line end would let Upstart look for `end script`: each value is in one line.
"""

from __future__ import annotations

import shlex
from signal import SIGKILL, SIGTERM
from typing import TYPE_CHECKING, Any

from procman.errors import Problem, UserError
from procman.export import lacks, searchpath, seconds
from procman.export.cron import crontab, nativetasks
from procman.export.inits import launching
from procman.export.plan import PRIVATE, Export, File, Note, restart_of
from procman.export.supervisors import preparing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.core.plan.plan import ProcessPlan
    from procman.core.plan.policies import Policies
    from procman.export.plan import ExportPlan, Render, TypePlan

FOLDER = "/etc/init"
NO_FAILURE = "0 HUP INT TERM PIPE"
"""What `restart: on-failure` takes for a good end (systemd.service(5), SuccessExitStatus)."""
UNASKED = "upstart does not ask whether it is well"
SAME_WAIT = "upstart waits the same time before each start"
LACKS = {
    "backoff: max": SAME_WAIT,
    "backoff: reset_after": SAME_WAIT,
    "backoff: give_up_after": "upstart never gives up",
    "give_up": "upstart never gives up, and others stay",
    "depends_on": "all start at once",
    **lacks.of_probe("ready", UNASKED),
    **lacks.of_probe("alive", UNASKED),
    "max_memory": "nobody looks at its memory",
    "max_runtime": "it runs as long as it likes",
    "watch": "it is not restarted when files change",
    "listen": "nobody listens for it: the port is free",
    "pty": "it has no terminal",
    "group": "is the usual one of that user there: for another one write its name behind 'setgid'",
}
FILTERS = {**crontab.FILTERS, "seconds": seconds.text}


def export(plan: ExportPlan, render: Render) -> Export:
    """The jobs, and a crontab for the tasks that cron runs exactly. Raises `UserError`."""
    launching.check(plan, "upstart")
    lines = crontab.lines(plan, render)
    left = nativetasks.left(plan, [line.task.name for line in lines])
    files = [File(f"{plan.app}.conf", render("master.conf.j2", app=plan.app))]
    for type_ in plan.types:
        files += _of_type(plan, type_, render)
    if left or plan.all_to_scheduler:
        files.append(_scheduler(plan, left, render))
    files += [crontab.file(plan, lines, render)] * bool(lines)
    _check(files)
    notes = (*launching.of_app(plan), *_notes(plan), *crontab.notes(plan, lines))
    return Export(tuple(files), notes, left, _then(plan, bool(lines)))


def _check(files: list[File]) -> None:
    """Raise `UserError` for two jobs of one name: the type `web-1`, and the first process of `web`."""
    paths = [file.path for file in files]
    if twice := sorted({path for path in paths if paths.count(path) > 1}):
        text = "two jobs have this name, one of them with a number: give a process type another name"
        raise UserError(Problem(path, None, text) for path in twice)


def _of_type(plan: ExportPlan, type_: TypePlan, render: Render) -> Iterator[File]:
    job = f"{plan.app}-{type_.name}"
    starts = type_.policies.autostart
    yield File(
        f"{job}.conf", render("type.conf.j2", app=plan.app, job=job, autostart=starts), about=(type_.name,)
    )
    for name, process in launching.instances(type_):
        values = of_process(plan, name, process)
        text = render("process.conf.j2", above=job, name=process.name, **values)
        yield File(f"{plan.app}-{name}.conf", text, mode=PRIVATE, about=(type_.name,))


def of_process(plan: ExportPlan, name: str, process: ProcessPlan) -> dict[str, Any]:
    """What the template of a process gets."""
    policies = process.policies
    timeout = plan.timeout_of(policies)
    exports, others = launching.exported(launching.environment(plan, process))
    return {
        "user": policies.account.name if policies.account else plan.user,
        "restart": _restart(policies),
        "no_failure": NO_FAILURE,
        "wait": policies.backoff.initial,
        "signal": preparing.signal((policies.stop_signal or SIGTERM) if timeout else SIGKILL),
        "group": policies.signal_group,
        "timeout": seconds.whole(timeout),
        "nice": policies.nice,
        "umask": None if policies.umask is None else f"{policies.umask:03o}",
        "nofile": policies.nofile,
        "home_of": None if policies.account else plan.user,
        "exports": exports,
        "folder": plan.folder_of(policies),
        "words": [*(["env", *others] if others else []), *launching.words(plan, process)],
        "no_input": policies.stdin_null,
        "log": launching.log(plan, name),
    }


def _restart(policies: Policies) -> str:
    return restart_of(policies).value


def _scheduler(plan: ExportPlan, tasks: tuple[str, ...], render: Render) -> File:
    text = render(
        "scheduler.conf.j2",
        above=plan.app,
        user=plan.user,
        home_of=plan.user,
        timeout=seconds.whole(plan.timeout) + 5,  # it stops its runs first
        exports=searchpath.variables(plan),
        folder=plan.root,
        words=plan.scheduler_words(tasks),
        log=launching.log(plan, "scheduler"),
    )
    return File(f"{plan.app}-scheduler.conf", text, about=tasks)


def _notes(plan: ExportPlan) -> Iterator[Note]:
    for type_ in filter(lambda each: each.processes, plan.types):
        yield from lacks.of_type(type_.name, type_.policies, LACKS)
        yield from launching.rounded(type_.name, timeout=type_.policies.timeout or None)


def _then(plan: ExportPlan, with_crontab: bool) -> tuple[str, ...]:
    here = plan.folder or "."
    copy = [] if here == FOLDER else [f"cp {shlex.quote(here)}/{plan.app}*.conf {FOLDER}"]
    return (
        *copy,
        "initctl reload-configuration",
        f"start {plan.app}",
        *([crontab.then(plan)] * with_crontab),
    )
