"""Property lists for launchd, one for each process (launchd.plist(5))."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from procman.core.plan.policies import Restart
from procman.core.tasks.task import Missed, Overlap
from procman.export import lacks, searchpath, seconds, texts
from procman.export.cron import nativetasks
from procman.export.inits import launchdcalendar, launching, plists
from procman.export.inits.launching import SHELL
from procman.export.plan import PRIVATE, Export, File, Note, restart_of, task_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from procman.core.plan.plan import ProcessPlan
    from procman.core.plan.policies import Policies
    from procman.core.tasks.task import Task
    from procman.export.plan import ExportPlan, Render

SYSTEM = "/Library/LaunchDaemons"
PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
"""What launchd gives (launchctl(1))."""
UNASKED = "launchd does not ask whether it is well"
LACKS = {
    "backoff: max": "launchd waits the same time before each start",
    "backoff: reset_after": "launchd waits the same time before each start",
    "backoff: give_up_after": "launchd never gives up",
    "give_up": "launchd never gives up, and others stay",
    "depends_on": "all start at once",
    "stop_signal": "launchd sends SIGTERM",
    "signal_to": "launchd sends SIGTERM to the main process, and kills what is left of its group",
    **lacks.of_probe("ready", UNASKED),
    **lacks.of_probe("alive", UNASKED),
    "max_memory": "nobody looks at its memory",
    "max_runtime": "it runs as long as it likes",
    "watch": "it is not restarted when files change",
    "listen": "launchd hands over sockets in a way of its own (launch_activate_socket(3)): the port is free",
    "pty": "it has no terminal",
    "group": "is the usual one of that user there: for another one write its name as GroupName",
}
TASK_LACKS = {
    **nativetasks.HISTORY,
    **nativetasks.HOSTS,
    "description": "a property list has no place for it",
    "grace": "launchd makes up for ticks in sleep whenever that ends",
    "retry_delay": "nothing is tried again",
}
NOT_MADE_UP = "launchd makes up for ticks that fell due in sleep, and not while the machine was off"
UNTOLD = "is not set where launchd runs a task, nor is PROCMAN_SCHEDULED_AT; --scheduler does"
BY_SIGNAL = "is so, but an end by HUP, INT, TERM or PIPE is a failure to launchd"


def plist(document: Mapping[str, Any]) -> str:
    """A property list as text."""
    return plists.document(document)


FILTERS = {"plist": plist}


def export(plan: ExportPlan, render: Render) -> Export:
    """A file for each process, each task that launchd can time, and the scheduler. Raises `UserError`."""
    _check(plan)
    times = {task.name: found for task in plan.tasks if (found := _times(plan, task))}
    native = [task for task in plan.tasks if task.name in times]
    left = nativetasks.left(plan, times)
    files = [*_processes(plan, render), *(_of_task(plan, task, times[task.name], render) for task in native)]
    if left or plan.all_to_scheduler:
        files.append(_file(plan, "scheduler", scheduler(plan, left), left, render))
    return Export(tuple(files), tuple(_notes(plan, native)), left, _then(plan, files))


def _check(plan: ExportPlan) -> None:
    launching.check(plan, "launchd")
    wrong = "has a control character, or a byte that is not UTF-8: XML cannot hold it"
    texts.check(plan, "launchd", lambda text: not plists.NO_CHARACTER.search(text), wrong)


def _processes(plan: ExportPlan, render: Render) -> Iterator[File]:
    for type_ in plan.types:
        for name, process in launching.instances(type_):
            yield _file(plan, name, of_process(plan, name, process), [type_.name], render)


def _file(
    plan: ExportPlan, name: str, document: Mapping[str, Any], about: Iterable[str], render: Render
) -> File:
    text = render("job.plist.j2", document={"Label": f"{plan.app}-{name}", **document})
    return File(f"{plan.app}-{name}.plist", text, "<!--", PRIVATE, tuple(about))


def of_process(plan: ExportPlan, name: str, process: ProcessPlan) -> dict[str, Any]:
    """The keys for a process."""
    policies = process.policies
    return {
        "ProgramArguments": [*launching.words(plan, process)],
        "EnvironmentVariables": launching.environment(plan, process, PATH),
        **_around(plan, name, policies),
        "RunAtLoad": True,
        **_life(policies),
        "ExitTimeOut": seconds.whole(plan.timeout_of(policies)),
        **_limits(policies),
    }


def _around(plan: ExportPlan, name: str, policies: Policies | None = None) -> dict[str, Any]:
    user = policies.account.name if policies and policies.account else plan.user
    log = launching.log(plan, name)
    logs = {"StandardOutPath": log, "StandardErrorPath": log} if log else {}
    folder = plan.folder_of(policies) if policies else plan.root
    return {"WorkingDirectory": folder, **({"UserName": user} if user else {}), **logs}


def _life(policies: Policies) -> dict[str, Any]:
    """When it is started again, and whether it starts with the others."""
    restart = restart_of(policies)
    kept: dict[Restart, Any] = {
        Restart.NEVER: {},
        Restart.ON_FAILURE: {"KeepAlive": {"SuccessfulExit": False}},
        Restart.ALWAYS: {"KeepAlive": True},
    }
    wait = {"ThrottleInterval": seconds.whole(policies.backoff.initial)} if kept[restart] else {}
    return {**kept[restart], **wait, **({} if policies.autostart else {"Disabled": True})}


def _limits(policies: Policies) -> dict[str, Any]:
    found: dict[str, Any] = {"Umask": policies.umask, "Nice": policies.nice}
    if policies.stdin_null:
        found["StandardInPath"] = "/dev/null"
    if policies.nofile is not None:
        found["SoftResourceLimits"] = {"NumberOfFiles": policies.nofile}
    return {key: value for key, value in found.items() if value is not None}


def _times(plan: ExportPlan, task: Task) -> dict[str, Any] | None:
    """When launchd runs it; None when it cannot do all that the task says.

    launchd never runs a job twice at a time, and makes up for what was missed in sleep.
    """
    by_file = not plan.embed_environment and plan.env_files
    plain = nativetasks.is_plain(task) and task.overlap is Overlap.SKIP and task.missed is Missed.ONCE
    fits = plain and task.timeout is None and not plan.all_to_scheduler and not by_file
    return launchdcalendar.of(task, nativetasks.zone(plan)) if fits else None


def _of_task(plan: ExportPlan, task: Task, times: Mapping[str, Any], render: Render) -> File:
    name = f"{task.name}-task"
    document = {
        "ProgramArguments": [*SHELL, task_line(task)],
        "EnvironmentVariables": {
            **searchpath.variables(plan, PATH),
            **plan.environment,
            **plan.place,
            **nativetasks.identity(task),
        },
        **_around(plan, name),
        **times,
        "ExitTimeOut": seconds.whole(plan.timeout),
        **({} if task.enabled else {"Disabled": True}),
    }
    return _file(plan, name, document, [task.name], render)


def scheduler(plan: ExportPlan, tasks: tuple[str, ...]) -> dict[str, Any]:
    """The keys for `procman scheduler`, which reads environment files itself."""
    return {
        "ProgramArguments": [*plan.scheduler_words(tasks)],
        "EnvironmentVariables": {**searchpath.variables(plan, PATH), **plan.place},
        **_around(plan, "scheduler"),
        "RunAtLoad": True,
        "KeepAlive": True,
        "ExitTimeOut": seconds.whole(plan.timeout) + 5,  # it stops its runs first
    }


def _notes(plan: ExportPlan, native: list[Task]) -> Iterator[Note]:
    yield from launching.of_app(plan)
    for type_ in filter(lambda each: each.processes, plan.types):
        yield from lacks.of_type(type_.name, type_.policies, LACKS)
        if type_.policies.restart is Restart.ON_FAILURE:
            yield Note(type_.name, "restart: on-failure", BY_SIGNAL)
        times = {"timeout": type_.policies.timeout, "backoff: initial": type_.policies.backoff.initial}
        yield from launching.rounded(type_.name, **times)
    yield from nativetasks.not_made_up_for(plan, [task.name for task in native], NOT_MADE_UP)
    yield from nativetasks.untold(native, UNTOLD)
    for task in native:
        yield from lacks.of_task(task, TASK_LACKS)


def _then(plan: ExportPlan, files: list[File]) -> tuple[str, ...]:
    if not files:
        return ()
    here = shlex.quote(plan.folder or ".")
    copy = [] if plan.folder == SYSTEM else [f"sudo cp {here}/{plan.app}-*.plist {SYSTEM}"]
    paths = f"{SYSTEM}/{plan.app}-*.plist"
    return (*copy, f"sudo chown root:wheel {paths}", f"sudo launchctl load {paths}")
