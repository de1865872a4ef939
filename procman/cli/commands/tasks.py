"""`procman tasks`: what there is to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.cli import answers, apps, rows, tables

if TYPE_CHECKING:
    from procman.cli.options import Namespace

BY_HAND = "by hand"
HINT = "no tasks: write some below 'tasks:' in procman.yml"


def run(options: Namespace) -> int:
    """List the names and descriptions of all tasks."""
    found = apps.load_tasks(apps.root_of(options)).values()
    if options.json:
        answers.say_json([rows.task(task) for task in found])
    elif not found:
        answers.say(HINT)
    else:
        listed = [(task.name, task.description or task.command, task.expression or BY_HAND) for task in found]
        tables.show(("task", "description", "schedule"), listed)
    return 0
