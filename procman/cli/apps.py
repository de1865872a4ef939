"""The app that a command's options mean."""

from __future__ import annotations

from procman.app import app, taskfiles, tasks
from procman.app.app import NO_TYPES, App, with_root
from procman.app.reading import Mistakes
from procman.app.settings import Settings
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from procman.cli.options import Namespace
    from procman.core.plan.plan import Plan
    from procman.core.plan.procfile import ProcessType
    from procman.core.tasks.task import Task

__all__ = ["NO_TYPES", "App", "Mistakes", "load", "load_tasks", "plan", "root_of", "settings", "types_of"]
__all__ += ["with_root"]


def settings(options: Namespace) -> Settings:
    """What the options say; not every command has all of them."""
    return Settings(
        root=getattr(options, "root", None),
        procfile=getattr(options, "procfile", None),
        env=getattr(options, "env", None) or (),
        outer_wins=getattr(options, "env_override", None) == "os",
        port=getattr(options, "port", None),
        names=getattr(options, "names", ()),
        formation=getattr(options, "formation", None),
        release=getattr(options, "release", False),
        ticks_of=getattr(options, "tasks", ()),
        options_from=[*getattr(options, "written", {}).values()],
    )


def root_of(options: Namespace) -> str:
    """The app's folder. Raises `UserError` when there is no such folder."""
    return app.root_of(settings(options))


def types_of(options: Namespace) -> tuple[ProcessType, ...]:
    """Only the process types of the app. Raises `UserError`."""
    return app.types_of(settings(options))


def load(
    options: Namespace, mistakes: Mistakes, need_procfile: bool = True, with_schedules: bool = True
) -> App:
    """Read the app that the options `-f`, `-d` and `-e` mean. Without a Procfile it may have no types."""
    return app.load(settings(options), mistakes, need_procfile, with_schedules)


def plan(loaded: App, options: Namespace, mistakes: Mistakes) -> Plan:
    """The plan of `start`. Raises `UserError` with every mistake of files and options."""
    return app.plan(loaded, settings(options), mistakes)


def load_tasks(root: str) -> dict[str, Task]:
    """The tasks of procman.yml alone, none where there is no such file. Raises `UserError`."""
    from procman.cli import complaints

    complaints.tell(*taskfiles.misnamed(root))
    return tasks.of_root(root)
