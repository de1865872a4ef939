"""`procman check`: the plan, printed; or every mistake in the app's files."""

from __future__ import annotations

import json
import sys
import time
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

from procman.cli import app as apps
from procman.cli import warnings
from procman.cli.rows import task as describe_task
from procman.core.schedule.instants import rfc3339

if TYPE_CHECKING:
    from argparse import Namespace

    from procman.cli.app import App
    from procman.core.plan.plan import Plan
    from procman.core.tasks.task import Task
    from procman.errors import UserError


def run(options: Namespace) -> int:
    """Print the plan. Raises `UserError` when it cannot be made."""
    options.names = []
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a command may have what the terminal cannot show
    mistakes = apps.Mistakes()
    app = apps.load(options, mistakes)
    plan = apps.plan(app, options, mistakes)
    described = describe(app, plan)
    print(json.dumps(described, indent=2) if options.json else in_words(app, described))
    return 0


def mistakes_as_json(error: UserError) -> str:
    """What `check --json` prints when there is no plan."""
    values = [{"source": each.source, "line": each.line, "message": each.text} for each in error.problems]
    return json.dumps({"errors": values}, indent=2)


def describe(app: App, plan: Plan) -> dict[str, Any]:
    """The plan as plain values. Of the environment only names: values may be secrets."""
    now = time.time()
    return {
        "procfile": app.procfile,
        "root": app.root,
        "processes": [
            {
                "name": type_.name,
                "command": type_.command,
                "instances": len(ports),
                "port": ports[0] if ports else None,
            }
            for type_ in app.types
            for ports in [[process.port for process in plan.processes if process.type == type_.name]]
        ],
        "environment": [{"key": key, "source": source} for key, source in plan.environment.sources.items()],
        "tasks": [_task(task, now) for task in app.tasks.values()],
        "warnings": [*warnings.of(app, plan), *warnings.of_tasks(app, now)],
    }


def _task(task: Task, now: float) -> dict[str, Any]:
    """A task as `procman tasks --json` has it, and when it is due next."""
    ticks = [tick for each in task.schedules if (tick := each.tick_after(int(now))) is not None]
    return {**describe_task(task), "next_tick": rfc3339(min(ticks)) if ticks and task.enabled else None}


def in_words(app: App, described: dict[str, Any]) -> str:
    """The plan for people; its first line is Foreman's."""
    processes = described["processes"]
    width = max(len(each["name"]) for each in processes)
    lines = [f"valid procfile detected ({', '.join(each['name'] for each in processes)})", ""]
    for each in processes:
        count = f"{each['instances']} x" if each["instances"] else "  -"
        port = each["port"] or "-"
        lines.append(f"{each['name']:{width}}  {count:>4}  port {port:<5}  {each['command']}")
    if described["environment"]:
        lines += ["", *(f"{each['key']}  from {each['source']}" for each in described["environment"])]
    if described["tasks"]:
        wide = max(len(each["name"]) for each in described["tasks"])
        lines.append("")
        for each in described["tasks"]:
            due = f"  next {each['next_tick']}" if each["next_tick"] else ""
            lines.append(f"{each['name']:{wide}}  {each['schedule'] or 'by hand'}{due}  {each['command']}")
    lines += [f"warning: {text}" for text in described["warnings"]]
    return "\n".join(lines)
