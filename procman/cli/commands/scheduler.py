"""`procman scheduler`: the tasks as they are due, without the Procfile's processes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from procman.app.taskfiles import FILE
from procman.cli import apps, complaints, upwards
from procman.cli.commands.start import supervise
from procman.core.plan import plan as plans
from procman.errors import Problem, UserError

if TYPE_CHECKING:
    from procman.cli.options import Namespace
    from procman.host.guardian import Guarded


def run(options: Namespace, guarded: Guarded | None) -> int:
    """Run only the tasks as they are due, until asked to stop; the exit code."""
    upwards.find(options)
    mistakes = apps.Mistakes()
    app = apps.load(options, mistakes, need_procfile=False)
    base = mistakes.gather(lambda: plans.base_port(options.port, app.environment), 0)
    mistakes.check()
    if not app.tasks:
        complaints.tell(*app.warnings)
        where = os.path.relpath(os.path.join(app.root, FILE))
        raise UserError(
            [Problem(where, None, "no tasks: write some below 'tasks:' for the scheduler to run")]
        )
    plan = plans.build(app.types, {}, base, apps.with_root(app), release=False)
    return supervise(options, app, plan, [], guarded)
