"""`procman run`: one task, process type or command, in the foreground, with the app's environment."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import suppress

from procman.cli import apps, arguments, complaints, sources
from procman.cli.commands import help  # noqa: A004
from procman.cli.taskoptions import LATER
from procman.core.messages import ChildExited, GuardianDied, SignalReceived
from procman.core.plan import commands
from procman.core.plan import plan as plans
from procman.core.plan.commands import SHELL, Kind
from procman.core.plan.plan import ProcessPlan
from procman.core.plan.policies import FOREMAN
from procman.errors import Problem, SpawnError, UserError, suggest
from procman.host import foreground, mainprocess, spawn, subreaper, surroundings
from procman.host.limits import OPEN_FILES
from procman.host.poller import Poller
from procman.host.signals import FOR_PROCESSES, GRACE_SECONDS, STOPPING
from procman.shortages import reason
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from procman.app.app import App
    from procman.cli.options import Namespace
    from procman.core.plan.commands import Resolution
    from procman.core.plan.policies import Policies
    from procman.engine import needs
    from procman.host.guardian import Guarded

NAME = "run.1"
NOT_EXECUTABLE = 126


class Launch(NamedTuple):
    """What is started. `seen` is how `mainprocess` sees its shell, if there is one."""

    program: str
    words: tuple[str, ...]
    seen: bytes
    environment: Mapping[str, str]
    policies: Policies


def run(options: Namespace, guarded: Guarded | None) -> int:
    """Run the words; the child's exit code, minus n for signal n, 127 when there is no such command."""
    mistakes = apps.Mistakes()
    app = apps.load(options, mistakes, need_procfile=False, with_schedules=False)
    base = mistakes.gather(lambda: plans.base_port(options.port, app.environment), 0)
    mistakes.check()
    complaints.tell(*app.warnings)
    words, of_task = _task_options(options.words, app)
    if of_task and of_task.command == "help":
        return help.run(of_task)
    environment = app.environment.values
    resolution = _resolve(words, app, lambda name: _which(name, environment) is not None)
    arguments.check(resolution, app)
    if of_task and _is_for_later(of_task):
        from procman.cli.later import ask

        return ask(app, resolution, of_task)
    known = () if words[:1] == ["--"] else (*app.tasks, *(type_.name for type_ in app.types))
    return _run_now(app, base, resolution, known, guarded)


def _run_now(
    app: App, base: int, resolution: Resolution, known: Iterable[str], guarded: Guarded | None
) -> int:
    if resolution.kind is not Kind.COMMAND:
        os.chdir(app.root)  # a command runs where people are (Foreman)
    process = _process(app, base, resolution)
    environment = {**_shared(app, base), **process.environment}
    if resolution.kind is not Kind.TASK:
        return _foreground(_launch(resolution, environment, known, process.policies), guarded).code
    from procman.cli.recorded import Recorded

    recorded = Recorded(app, resolution)
    environment |= recorded.variables
    ended = _foreground(_launch(resolution, environment, known, FOREMAN), guarded, recorded.started)
    recorded.finished(ended)
    return ended.code


def _is_for_later(options: Namespace) -> bool:
    return options.detach or any(each is not None for each in (options.delay, options.moment, options.key))


def _task_options(words: list[str], app: App) -> tuple[list[str], Namespace | None]:
    """`task NAME` may have options, unless something of the app is itself called `task`."""
    names = {*app.tasks, *(type_.name for type_ in app.types)}
    if words[:1] != ["task"] or "task" in names or len(words) < 2:
        _refuse_options(words, app)
        return words, None
    options = sources.complete_task(words[1:])
    if options.command == "help":
        return words, options
    return ["task", *options.task[:1], "--", *options.task[1:]], options


def _refuse_options(words: list[str], app: App) -> None:
    """`run NAME --in 10m` would run it now, with `--in 10m` for arguments: that is hardly what is meant."""
    name, option = [*words, "", ""][:2]
    flags = {flag for each in LATER for flag in each.flags}
    if name in app.tasks and option.partition("=")[0] in flags:
        text = f"say 'procman run task {name} {option}', or '-- {option}' when the task's command takes it"
        raise UserError([Problem(f"run {name}", None, text)])


def _resolve(words: list[str], app: App, is_command: Callable[[str], bool]) -> Resolution:
    tasks = {name: task.command for name, task in app.tasks.items()}
    types = {type_.name: type_.command for type_ in app.types}
    return commands.resolve(words, tasks, types, is_command)


def _which(name: str, environment: Mapping[str, str]) -> str | None:
    """The path of a program, looked for where the child would look."""
    return shutil.which(name, path=environment.get("PATH", os.defpath))


def _launch(
    resolution: Resolution, environment: Mapping[str, str], known: Iterable[str], policies: Policies
) -> Launch:
    """How it is started. Raises `SpawnError`."""
    program = _find(resolution, environment, known)
    words, seen = _prepared(resolution)
    if policies.account:
        from procman.host import accounts  # few processes have one

        words = accounts.launched(policies.account, words, environment)
        return Launch(
            words[0], words, seen, {**environment, **accounts.variables(policies.account)}, policies
        )
    return Launch(program, words, seen, environment, policies)


def _foreground(
    launch: Launch, guarded: Guarded | None, started: Callable[[int], None] = lambda pid: None
) -> ChildExited:
    """Run it on this terminal; how it ended."""
    subreaper.adopt_orphans()
    poller = Poller()
    poller.receive_signals((*STOPPING, *FOR_PROCESSES))
    if guarded:
        poller.watch_guardian(guarded.lifeline)
    modes = foreground.Modes()

    def start() -> int:
        with surroundings.of(launch.policies), OPEN_FILES.of_children(launch.policies.nofile):
            pid = spawn.spawn_here(launch.program, launch.words, launch.environment)
        with suppress(OSError):  # it has ended
            if launch.policies.nice is not None:
                os.setpriority(os.PRIO_PROCESS, pid, launch.policies.nice)
        return pid

    try:
        pid = foreground.leave_to(start) if guarded else start()
    except OSError as error:
        raise SpawnError(f"{launch.program}: {reason(error)}", NOT_EXECUTABLE) from None
    started(pid)
    ended = wait(poller, pid, launch.seen)
    subreaper.sweep(GRACE_SECONDS, set(STOPPING))
    if ended.code < 0:
        modes.restore()
    return ended


def _prepared(resolution: Resolution) -> tuple[tuple[str, ...], bytes]:
    """The words to start, and how `mainprocess` sees those of the shell, if there is one."""
    if resolution.line is None:
        return resolution.words, b""
    script = commands.script(resolution.line, resolution.words)
    return (*SHELL, *script.behind), spawn.as_seen(script)


def _process(app: App, base: int, resolution: Resolution) -> ProcessPlan:
    """With the variables, the port and the surroundings of a process type, if it is one."""
    index, type_ = next(
        (
            (index, type_)
            for index, type_ in enumerate(app.types)
            if resolution.kind is Kind.TYPE and type_.name == resolution.name
        ),
        (0, None),
    )
    if type_ is None:
        return ProcessPlan(NAME, "", 0, "", None, plans.identity(NAME, None))
    return plans.once(type_, index, base, NAME)


def _shared(app: App, base: int) -> dict[str, str]:
    """The app's environment."""
    return {**apps.with_root(app).values, **plans.first_ports(app.types, base)}


def _find(resolution: Resolution, environment: Mapping[str, str], known: Iterable[str]) -> str:
    """The path of the program. Raises `SpawnError`."""
    name = SHELL[0] if resolution.line is not None else resolution.words[0]
    if "/" in name and (os.path.isdir(name) or (os.path.isfile(name) and not os.access(name, os.X_OK))):
        raise SpawnError(f"{name}: not executable", NOT_EXECUTABLE)
    program = _which(name, environment)
    if program is None:
        raise SpawnError(f"{name}: no such process type or command{suggest(name, known)}", commands.NOT_FOUND)
    return program


def wait(poller: needs.Poller, pid: int, words: bytes = b"") -> ChildExited:
    """Pass signals on to the main process until the child has ended. `words` are those of its shell.

    When the guardian is killed the child does not go on alone, whether it obeys or not.
    """
    while True:
        for message in poller.wait(None):
            match message:
                case SignalReceived(number):
                    pass_on = mainprocess.stop if number in STOPPING else mainprocess.forward
                    pass_on(pid, words, number)
                case GuardianDied():
                    subreaper.sweep(GRACE_SECONDS, set(STOPPING))
                    return ChildExited(pid, -signal.SIGKILL)
                case ChildExited(ended) if ended == pid:
                    return message
