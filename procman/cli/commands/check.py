"""`procman check`: the plan, printed; or every mistake in the app's files."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

from procman.app import taskfiles
from procman.cli import answers, apps, placing, tables, warnings
from procman.cli.commands.tasks import BY_HAND
from procman.cli.rows import task as describe_task
from procman.core.config import policyrows
from procman.core.schedule.instants import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from procman.app.app import App
    from procman.cli.options import Namespace
    from procman.cli.rows import Row
    from procman.core.plan.plan import Plan
    from procman.core.tasks.task import Task
    from procman.errors import UserError


def run(options: Namespace) -> int:
    """Print the plan. Raises `UserError` when it cannot be made."""
    options.names = []
    mistakes = apps.Mistakes()
    app = apps.load(options, mistakes, need_procfile=False)
    if not app.types and not app.tasks and not (mistakes.problems and taskfiles.path_in(app.root)):
        mistakes.gather(lambda: apps.types_of(options), apps.NO_TYPES)  # told what is missing
    plan = apps.plan(app, options, mistakes)
    described = describe(app, plan, options)
    if options.json:
        answers.say_json(described)
    else:
        _show(described, [*_policies(app)], taskfiles.zone(app.root))
    return 0


def mistakes(error: UserError) -> Row:
    """What `check --json` prints when there is no plan."""
    values = [{"source": each.source, "line": each.line, "message": each.text} for each in error.problems]
    return {"errors": values}


def describe(app: App, plan: Plan, options: Namespace) -> Row:
    """The plan as plain values. Of the environment only names: values may be secrets."""
    now, store = time.time(), placing.of(app.root)
    doubts = [*options.doubts, *app.warnings, *warnings.of(app, plan), *warnings.of_tasks(app, now)]
    return {
        "procfile": app.procfile if app.types else None,
        "root": app.root,
        "processes": [
            {
                "name": type_.name,
                "command": type_.command,
                "instances": len(ports),
                "port": ports[0] if ports else None,
                "policies": policyrows.as_json(type_.policies),
            }
            for type_ in app.types
            for ports in [[process.port for process in plan.processes if process.type == type_.name]]
        ],
        "options": [{"option": option, "source": source} for option, source in options.written.items()],
        "environment": [{"key": key, "source": source} for key, source in plan.environment.sources.items()],
        "tasks": [_task(task, now) for task in app.tasks.values()],
        "store": store.where,
        "app": store.app,
        "warnings": [*doubts, *store.doubts],
    }


def _task(task: Task, now: float) -> Row:
    """A task as `procman tasks --json` has it, and when it is due next."""
    ticks = [tick for each in task.schedules if (tick := each.tick_after(int(now))) is not None]
    return {**describe_task(task), "next_tick": rfc3339(min(ticks)) if ticks and task.enabled else None}


def _policies(app: App) -> Iterator[tuple[str, str]]:
    """What is said of which type."""
    for type_ in app.types:
        if said := policyrows.in_words(type_.policies):
            yield type_.name, said


def _show(described: Row, policies: Sequence[tuple[str, str]], zone: tzinfo) -> None:
    """The plan for people; its first line is Foreman's."""
    processes, tasks = described["processes"], described["tasks"]
    if processes:
        answers.say(f"valid procfile detected ({', '.join(each['name'] for each in processes)})")
    else:
        answers.say(
            f"valid {taskfiles.FILE} detected ({', '.join(each['task'] for each in tasks)}), and no Procfile"
        )
    if described["app"]:
        answers.say("", f"the store is {described['store']}, the app is called '{described['app']}' there")
    sources = [(each["key"], each["source"]) for each in described["environment"]]
    _table(("process", "instances", "port", "command"), [*map(_process_cells, processes)], right=(1, 2))
    _table(("process", f"in {taskfiles.FILE}"), policies)
    _table(("option", "from"), [(each["option"], each["source"]) for each in described["options"]])
    _table(("variable", "from"), sources)
    _table(("task", "schedule", f"next ({zone})", "command"), [_task_cells(each, zone) for each in tasks])
    if described["warnings"]:
        answers.say("")
    for text in described["warnings"]:
        answers.say(f"warning: {text}")


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
    if rows:
        answers.say("")
        tables.show(headings, rows, right)


def _process_cells(process: Row) -> tuple[str, ...]:
    return process["name"], str(process["instances"]), str(process["port"] or "-"), process["command"]


def _task_cells(task: Row, zone: tzinfo) -> tuple[str, ...]:
    tick = task["next_tick"]
    due = f"{datetime.fromisoformat(tick).astimezone(zone):%Y-%m-%d %H:%M:%S}" if tick else "-"
    return task["task"], task["schedule"] or BY_HAND, due, task["command"]
