"""The app on disk: reads its Procfile and environment files into a plan, with all mistakes at once."""

from __future__ import annotations

import os
from functools import partial

from procman.app import foreman, lookalikes, taskfiles
from procman.core.plan import instances, procfile
from procman.core.plan import plan as plans
from procman.errors import Problem, UnknownNameError, UserError, suggest
from procman.host import place
from procman.shortages import reason
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from typing import TypeVar

    from procman.app.settings import Settings
    from procman.core.plan.dotenv import DotEnv
    from procman.core.plan.plan import Environment, Plan, ProcessPlan
    from procman.core.plan.procfile import ProcessType
    from procman.core.tasks.task import Task

    T = TypeVar("T")

NO_ENVIRONMENT = plans.Environment({}, {})
NO_TYPES: tuple[ProcessType, ...] = ()
NO_VARIABLES: tuple[dict[str, str], tuple[Problem, ...]] = ({}, ())
NOTHING: tuple[dict[str, int] | None, list[str]] = (None, [])
NO_TASKS: dict[str, Task] = {}
PROCFILE_HINT = "no such file: write one with a line like 'web: python app.py', or name one with -f"
ONLY_TASKS = "'procman scheduler' runs the tasks of procman.yml without one"


class App(NamedTuple):
    """What the files of an app say. `root` is the folder in which everything runs."""

    root: str
    procfile: str
    types: tuple[ProcessType, ...]
    environment: Environment
    tasks: dict[str, Task]
    warnings: tuple[str, ...] = ()
    """What is probably wrong with the files as a whole."""


class Mistakes:
    """Gathers the mistakes of several readings, so that the user sees all of them at once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def gather(self, read: Callable[[], T], otherwise: T) -> T:
        """What `read` gives, or `otherwise` when it raises `UserError`."""
        try:
            return read()
        except UserError as error:
            self.problems += error.problems
            return otherwise

    def check(self) -> None:
        """Raise `UserError` with all that was gathered, if anything was."""
        if self.problems:
            raise UserError(dict.fromkeys(self.problems))


def load(
    settings: Settings, mistakes: Mistakes, need_procfile: bool = True, with_schedules: bool = True
) -> App:
    """Read the app. Without a Procfile it may have no types."""
    root = root_of(settings)
    path = _procfile(settings)
    optional = not need_procfile and settings.procfile is None and not os.path.exists(path)
    types = NO_TYPES if optional else mistakes.gather(partial(_types, path), NO_TYPES)
    environment = mistakes.gather(lambda: _environment(root, settings), NO_ENVIRONMENT)
    tasks = mistakes.gather(lambda: _tasks(root, types, with_schedules), NO_TASKS)
    warnings = (*taskfiles.misnamed(root), *foreman.passed_over(root, settings))
    return App(root, path, types, environment, tasks, warnings)


def tasks_of(root: str) -> dict[str, Task]:
    """The tasks of procman.yml alone, none where there is no such file. Raises `UserError`."""
    return _tasks(root, (), with_schedules=True)


def _tasks(root: str, types: Iterable[ProcessType], with_schedules: bool) -> dict[str, Task]:
    path = taskfiles.path_in(root)
    if path is None:
        return {}
    from procman.core.config.taskfile import clashes

    tasks = taskfiles.read(path, with_schedules).tasks
    if problems := clashes(tasks, (type_.name for type_ in types), path):
        raise UserError(problems)
    return tasks


def root_of(settings: Settings) -> str:
    """The app's folder. Raises `UserError` when there is no such folder."""
    named = settings.root or os.path.dirname(settings.procfile or "")
    root = os.path.abspath(named)
    if not os.path.isdir(root):
        raise UserError([Problem(named, None, "no such folder")])
    return root


def types_of(settings: Settings) -> tuple[ProcessType, ...]:
    """Only the process types of the app. Raises `UserError`."""
    return _types(_procfile(settings))


def plan(app: App, settings: Settings, mistakes: Mistakes) -> Plan:
    """The plan of `start`. Raises `UserError` with every mistake of files and settings."""
    names = [type_.name for type_ in app.types]
    counts, named = mistakes.gather(lambda: _asked_for(settings), NOTHING)
    base = mistakes.gather(lambda: plans.base_port(settings.port, app.environment), 0)
    wanted: dict[str, int] = {}
    if names:
        wanted = mistakes.gather(lambda: instances.resolve(names, counts, named), {})
        if settings.release:
            mistakes.gather(lambda: instances.check_release(names, wanted, app.procfile), None)
    mistakes.check()
    return plans.build(app.types, wanted, base, with_root(app), settings.release)


def reload(
    settings: Settings, running: Mapping[str, int], known: Collection[str], with_tasks: bool
) -> tuple[App, Plan]:
    """The app read again, and the plan: of types that were known as many as are `running`, of new ones as
    many as `start` would have started. Raises `UserError` with every mistake."""
    taskfiles.read.cache_clear()
    mistakes = Mistakes()
    app = load(settings, mistakes)
    base = mistakes.gather(lambda: plans.base_port(settings.port, app.environment), 0)
    environment = mistakes.gather(lambda: with_root(app), NO_ENVIRONMENT)
    mistakes.check()
    counts, named = _asked_for(settings)
    wanted = {
        name: running.get(name, 0) if name in known else instances.of_type(name, counts, named)
        for name in (type_.name for type_ in app.types)
    }
    app = app if with_tasks else app._replace(tasks=NO_TASKS)
    return app, plans.build(app.types, wanted, base, environment, release=False)


def _asked_for(settings: Settings) -> tuple[dict[str, int] | None, list[str]]:
    """Counts, if there are any, and names of types. Raises `UserError`."""
    typed = [name for name in settings.names if "=" in name]  # `start web=2`, or `-c web=2` as it once was
    named = [name for name in settings.names if name not in typed]
    if settings.formation is None and not typed:
        return None, named
    return instances.parse(",".join([settings.formation or "", *typed]), "formation"), named


def formation(app: App, settings: Settings, counts: Mapping[str, int] | None = None) -> Sequence[ProcessPlan]:
    """So many processes of each type, or one of each; whatever of them was started.

    Raises `UnknownNameError` for types that the Procfile does not have.
    """
    types = [type_.name for type_ in app.types if type_.name != procfile.RELEASE]
    wanted = dict.fromkeys(types, 1) if counts is None else counts
    if unknown := [name for name in wanted if name not in types]:
        from procman.core.life.names import MOST_TOLD  # only mistakes need it

        raise UnknownNameError(
            Problem(name, None, f"no such process type{suggest(name, types)}") for name in unknown[:MOST_TOLD]
        )
    base = plans.base_port(settings.port, app.environment)
    return plans.build(app.types, wanted, base, with_root(app), release=False).processes


def with_root(app: App) -> Environment:
    """The app's environment, in which every child finds the app again (`procman.enqueue`).

    Raises `UserError` when procman.yml does not say clearly where its state is.
    """
    values = {**app.environment.values, place.ROOT: app.root, place.STATE: place.of(app.root)}
    return app.environment._replace(values=values)


def read(path: str, option: str, missing: str = "no such file") -> bytes:
    """The bytes of a file, which `option` may name. Raises `UserError` when it is missing, a folder or not
    to be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        found = " and ".join(lookalikes.of(path))
        text = (
            f"no such file, but there is {found}: rename it, or name it with {option}" if found else missing
        )
    except IsADirectoryError:
        text = "this is a folder, not a file"
    except OSError as error:
        text = f"cannot be read: {reason(error)}"
    raise UserError([Problem(path, None, text)])


def _environment(root: str, settings: Settings) -> Environment:
    """The real environment with the app's .env, or with the files that are named."""
    named = settings.env_files
    default = os.path.join(root, ".env")
    if not named and os.path.exists(default):
        named = [os.path.relpath(default)]
    mistakes = Mistakes()
    files: list[tuple[str, Mapping[str, str]]] = []
    doubts: list[str] = []
    outer_wins = settings.outer_wins
    known = dict(os.environ)
    for path in named:
        values, doubtful = mistakes.gather(partial(_variables, path, known, outer_wins), NO_VARIABLES)
        files.append((path, values))
        doubts += map(str, doubtful)
        known = {**values, **known} if outer_wins else {**known, **values}
    mistakes.check()
    return plans.merge(os.environ, files, outer_wins)._replace(doubts=tuple(doubts))


def _procfile(settings: Settings) -> str:
    """The Procfile as named, else that of the app's folder."""
    return settings.procfile or os.path.relpath(os.path.join(settings.root or "", "Procfile"))


def _types(path: str) -> tuple[ProcessType, ...]:
    return procfile.parse(read(path, "-f", _without_procfile(os.path.dirname(path))), path)


def _without_procfile(folder: str) -> str:
    other = [ONLY_TASKS] if taskfiles.path_in(folder) else taskfiles.misnamed(folder)
    return "; ".join([PROCFILE_HINT, *other])


def _variables(path: str, known: Mapping[str, str], known_wins: bool) -> DotEnv:
    from procman.core.plan import dotenv

    return dotenv.parse(read(path, "-e"), path, known, known_wins)
