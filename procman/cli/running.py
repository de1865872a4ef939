"""The app that `start` runs: as it was read last, and read again when somebody asks for it."""

from __future__ import annotations

import os

from procman.app import app as apps
from procman.app import taskfiles
from procman.cli.apps import settings
from procman.errors import Problem, UserError
from procman.host import place, programs
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from procman.app.app import App
    from procman.cli.display import Display
    from procman.cli.options import Namespace
    from procman.control.reloading import Loaded
    from procman.core.plan.plan import Plan, ProcessPlan
    from procman.core.tasks.task import Task
    from procman.host.children import Children


STORE_STAYS = "the store cannot change while procman runs: stop it first, then start it again"
STATE_STAYS = "the state folder cannot change while procman runs: stop it first, then start it again"


class Running:
    """Made where the command was typed: paths are as seen from there."""

    def __init__(self, options: Namespace, app: App, plan: Plan) -> None:
        self._settings = settings(options).with_paths(os.path.abspath)
        self._with_tasks = getattr(options, "scheduler", True)
        self.app = app
        self.tasks: Mapping[str, Task] = app.tasks
        self.shared: Mapping[str, str] = plan.environment.values
        self._store = place.store(app.root)
        self.learn: list[Callable[[App, Plan], None]] = []
        """Told of another app, one after the other; the first may raise `ProcmanError`."""

    def plan(self, counts: Mapping[str, int] | None) -> Sequence[ProcessPlan]:
        """So many of each type, or as many as is usual without numbers. Raises `UnknownNameError`."""
        return apps.formation(self.app, self._settings, counts)

    def load(self, counts: Mapping[str, int]) -> Loaded:
        """The app as it is on disk, with so many of each type. Raises `UserError` with all mistakes."""
        from procman.control.reloading import Loaded  # only who reloads waits for it

        seen_from_here = self._settings.with_paths(os.path.relpath)
        app, plan = apps.reload(seen_from_here, counts, self.app, self._with_tasks)

        if plan.environment.values[place.STATE] != self.shared[place.STATE]:
            raise UserError([Problem(taskfiles.FILE, None, STATE_STAYS)])
        if place.store(app.root) != self._store:
            raise UserError([Problem(taskfiles.FILE, None, STORE_STAYS)])

        def take() -> None:
            for learn in self.learn:
                learn(app, plan)
            self.app, self.tasks, self.shared = app, app.tasks, plan.environment.values

        return Loaded(plan.processes, plan.environment.values, app.tasks, app.warnings, take)


def environment(plan: Plan, display: Display) -> dict[str, str]:
    """The app's environment, in its folder. On a pipe Python would keep its lines back: ask it not to."""
    values = {**plan.environment.values, "PWD": programs.folder(plan.environment.values.get("PWD"))}
    return values if display.window else {"PYTHONUNBUFFERED": "1", **values}


def environments(children: Children, display: Display) -> Callable[[App, Plan], None]:
    """For `Running.learn`: what is started from now on gets the new environment."""

    def learn(app: App, plan: Plan) -> None:
        children.environment = environment(plan, display)
        display.learn(app, plan)

    return learn
