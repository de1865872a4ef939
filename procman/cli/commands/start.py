"""`procman start`: the composition root. Read this file to see how the rooms fit together."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from procman.cli import apps, upwards
from procman.cli.controlling import Controlling, Parts
from procman.cli.display import STDOUT, Display
from procman.cli.policing import Policing
from procman.cli.running import Running, environment, environments
from procman.cli.tasking import Tasking
from procman.core.facts import Notice
from procman.core.plan.plan import Policy
from procman.engine.bus import Bus
from procman.engine.engine import Engine
from procman.engine.supervisor import Supervisor
from procman.errors import (
    NotRunningError,
    Problem,
    UserError,
    suggest,
)
from procman.host import descent, place, ports, subreaper
from procman.host.children import Children
from procman.host.poller import Poller
from procman.host.signals import ALL, STOPPING
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from procman.app.app import App
    from procman.cli.detaching import After
    from procman.cli.options import Namespace
    from procman.core.plan.plan import Plan, ProcessPlan
    from procman.host.guardian import Guarded
    from procman.logs.hub import Log

    Stages = Sequence[Sequence[ProcessPlan]]


def run(options: Namespace, guarded: Guarded | None) -> int:
    """Run the formation, and the tasks as they are due, until the formation ends; the exit code."""
    root = apps.root_of(options)
    if options.names and not options.separate and place.has_socket(root):
        from procman.cli import remote  # only who has a procman running needs it

        with suppress(NotRunningError):
            return remote.start(root, options.names)
    upwards.find(options)
    app, plan = _plan(options)
    stages = [[plan.release], plan.processes] if plan.release else [plan.processes]
    tasks = app.tasks if options.scheduler else {}
    return supervise(options, app._replace(tasks=tasks), plan, stages, guarded)


def supervise(options: Namespace, app: App, plan: Plan, stages: Stages, guarded: Guarded | None) -> int:
    """Run the stages, and the app's tasks as they are due; the exit code."""
    running = Running(options, app, plan)
    os.chdir(app.root)
    poller = Poller()
    pid = os.getppid() if guarded else os.getpid()
    control = Controlling(app.root, pid, poller, separate=not stages or options.separate)
    notices = [*control.claim(first=True)]
    subreaper.adopt_orphans()
    detached = _detached(options, app.root, guarded)

    troubles = (tasking := Tasking(poller, options.label)).begin(app, needed=not stages)
    display = Display(options, app, plan, tasking.names, poller.wake)
    children = Children(poller, environment(plan, display), display.window, display.usual)
    bus = Bus((log := display.log).hear)
    log.answer = children.answer
    supervisor = Supervisor(stages, children, bus.publish, _policy(options))
    engine = Engine(supervisor, poller, log, lambda: children.resize(display.resized()))
    _listen(poller, guarded)
    control.begin(parts := Parts(engine, supervisor, bus, log, children), running)
    tasking.attend(engine, supervisor, bus.publish, options.timeout, control.claim)
    engine.after += detached(supervisor, pid)
    policing = Policing(parts, poller, app.root, options.log_dir)
    running.learn = [tasking.take, environments(children, display), *(policing.begin(app) if stages else ())]
    running.learn += [*_log_files(options, app, parts, poller.wake), *upwards.begin(options, parts)]
    _say(log, (*map(Notice, app.warnings), *(troubles or notices), *_taken_ports(plan)))
    code = engine.run()
    _tidy(options.timeout, log, tasking, control, policing)
    engine.flow.flush()
    return code


def _say(log: Log, notices: Iterable[Notice]) -> None:
    for notice in notices:
        log.say(notice)


def _detached(
    options: Namespace, root: str, guarded: Guarded | None
) -> Callable[[Supervisor, int], list[After]]:
    if not getattr(options, "detach", False):
        return lambda supervisor, pid: []
    from procman.cli import detaching  # few starts wait for it

    return detaching.begin(options, root, guarded)


def _log_files(
    options: Namespace, app: App, parts: Parts, wake: Callable[[], None]
) -> list[Callable[[App, Plan], None]]:
    if options.log_dir is None:
        return []
    from procman.cli import logfiles  # few starts wait for it

    return [logfiles.begin(options, app.tasks, parts, wake)]


def _policy(options: Namespace) -> Policy:
    return Policy(options.timeout, signal.SIGTERM, getattr(options, "exit_code_from", None))


def _tidy(timeout: float, log: Log, tasking: Tasking, control: Controlling, policing: Policing) -> None:
    """What fails here is told, and changes no exit code."""
    policing.end()
    control.end()
    _sweep(timeout, log)
    _say(log, (*tasking.end(), *control.release()))


def _plan(options: Namespace) -> tuple[App, Plan]:
    mistakes = apps.Mistakes()
    app = apps.load(options, mistakes)
    plan = apps.plan(app, options, mistakes)
    chosen = options.exit_code_from
    known = [name for process in plan.processes for name in (process.type, process.name)]
    if chosen is not None and chosen not in known:
        text = f"no process '{chosen}' is started{suggest(chosen, known)}"
        raise UserError([Problem("--exit-code-from", None, text)])
    return app, plan


def _listen(poller: Poller, guarded: Guarded | None) -> None:
    poller.receive_signals(ALL)
    poller.watch_stdout(STDOUT)
    if guarded:
        poller.watch_guardian(guarded.lifeline)


def _taken_ports(plan: Plan) -> Iterator[Notice]:
    for process in plan.processes:
        ours = process.policies.listen  # nobody else's: procman listens there itself
        if process.port is not None and not ours and ports.taken(process.port):
            yield Notice(f"port {process.port}, meant for {process.name}, is already taken")


def _sweep(grace: float, log: Log) -> None:
    """Stop what left its process group: daemons and the like, adopted when their parents ended."""
    if subreaper.any_children():
        left = ", ".join(f"{name} (pid {pid})" for pid, name in descent.descendants())
        log.say(Notice(f"stopping what was left behind: {left}"))
        subreaper.sweep(grace, set(STOPPING))
