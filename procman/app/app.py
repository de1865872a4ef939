"""The app on disk: reads its Procfile, procman.yml and environment files into a plan."""

from __future__ import annotations

import os
from functools import partial

from procman.app import foreman, taskfiles
from procman.app import tasks as tasks_in
from procman.app.reading import Mistakes, read
from procman.core.plan import instances, procfile
from procman.core.plan import plan as plans
from procman.core.plan.policies import FOREMAN
from procman.errors import Problem, UnknownNameError, UserError, suggest
from procman.host import place
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from procman.app.settings import Settings
    from procman.core.config.taskfile import TaskFile
    from procman.core.plan.dotenv import DotEnv
    from procman.core.plan.plan import Environment, Plan, ProcessPlan
    from procman.core.plan.policies import Policies
    from procman.core.plan.procfile import ProcessType
    from procman.core.tasks.task import Task

    Asked = tuple[dict[str, int] | None, list[str]]

NO_ENVIRONMENT = plans.Environment({}, {})
NO_TYPES: tuple[ProcessType, ...] = ()
NO_VARIABLES: tuple[dict[str, str], tuple[Problem, ...]] = ({}, ())
NOTHING: Asked = (None, [])
NO_TASKS: dict[str, Task] = {}
PROCFILE_HINT = "no such file: write one with a line like 'web: python app.py', or name one with -f"
NOTHING_STARTS = "nothing to start: every process type has 'autostart: false'. Name one: 'procman start web'"
ONLY_TASKS = "'procman scheduler' runs the tasks of procman.yml without one"
SAY_PLACES = "say it in procman.yml ('state_dir', 'store', 'app'), or in procman's own environment"


class App(NamedTuple):
    """What the files of an app say. `root` is the folder in which everything runs."""

    root: str
    procfile: str
    types: tuple[ProcessType, ...]
    environment: Environment
    tasks: dict[str, Task]
    warnings: tuple[str, ...] = ()
    """What is probably wrong with the files as a whole."""

    @property
    def policies(self) -> dict[str, Policies]:
        """By process type, of those of which procman.yml says something."""
        return {type_.name: type_.policies for type_ in self.types if type_.policies != FOREMAN}


def load(
    settings: Settings, mistakes: Mistakes, need_procfile: bool = True, with_schedules: bool = True
) -> App:
    """Read the app. Without a Procfile it may have no types."""
    root = root_of(settings)
    path = _procfile(settings)
    optional = not need_procfile and settings.procfile is None and not os.path.exists(path)
    types = NO_TYPES if optional else mistakes.gather(partial(_types, path), NO_TYPES)
    environment = mistakes.gather(lambda: _environment(root, settings), NO_ENVIRONMENT)
    before = len(mistakes.problems)
    file = mistakes.gather(lambda: taskfiles.of(root, with_schedules), None)
    whole = len(mistakes.problems) == before
    tasks = mistakes.gather(lambda: tasks_in.due_here(tasks_in.of(file, types), settings.ticks_of), NO_TASKS)
    app = App(root, path, types, environment, tasks)
    if file and file.processes:
        app = mistakes.gather(partial(_with_policies, app, file, settings.outer_wins, whole), app)
    told = (*taskfiles.misnamed(root), *foreman.passed_over(root, settings), *_misplaced(environment))
    return app._replace(warnings=told)


def _with_policies(app: App, file: TaskFile, outer_wins: bool, whole: bool) -> App:
    """The app with what procman.yml says of its processes, if that is `whole`. Raises `UserError`."""
    from procman.app import policies  # only an app that says something of them waits for it

    outer = os.environ if outer_wins else ()
    place = policies.Place(app.root, file.source, app.environment.values, outer, whole)
    found = policies.of(file.processes, [type_.name for type_ in app.types], place)
    types = tuple(
        type_._replace(policies=found.policies.get(type_.name, type_.policies)) for type_ in app.types
    )
    doubts = (*app.environment.doubts, *found.doubts)
    return app._replace(types=types, environment=app.environment._replace(doubts=doubts))


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
    asked = mistakes.gather(lambda: _asked_for(settings), NOTHING)
    base = mistakes.gather(lambda: plans.base_port(settings.port, app.environment), 0)
    wanted: dict[str, int] = {}
    if names:
        wanted = mistakes.gather(lambda: instances.resolve(names, *asked, usual=_usual(app)), {})
        if settings.release:
            mistakes.gather(lambda: instances.check_release(names, wanted, app.procfile), None)
    mistakes.check()
    types = _started(app.types, asked)
    if wanted and not any(type_.policies.autostart for type_ in types if type_.name in wanted):
        raise UserError([Problem(taskfiles.FILE, None, NOTHING_STARTS)])
    return plans.build(types, wanted, base, with_root(app), settings.release)


def reload(settings: Settings, running: Mapping[str, int], before: App, with_tasks: bool) -> tuple[App, Plan]:
    """The app read again, and the plan: of each type as many as `start` would start now; of one that has been
    scaled since it was read `before` as many as are `running`. Raises `UserError` with every mistake."""
    taskfiles.forget()
    mistakes = Mistakes()
    app = load(settings, mistakes)
    base = mistakes.gather(lambda: plans.base_port(settings.port, app.environment), 0)
    environment = mistakes.gather(lambda: with_root(app), NO_ENVIRONMENT)
    mistakes.check()
    asked = _asked_for(settings)
    known, usual = _usual(before), _usual(app)
    wanted = {}
    for name in usual:
        number = running.get(name, 0)
        scaled = name in known and number != instances.of_type(name, *asked, known[name])
        wanted[name] = number if scaled else instances.of_type(name, *asked, usual[name])
    app = app if with_tasks else app._replace(tasks=NO_TASKS)
    return app, plans.build(_started(app.types, asked), wanted, base, environment, release=False)


def _usual(app: App) -> dict[str, int]:
    """How many of each type `start` starts if nobody says a number."""
    return {type_.name: type_.policies.instances or 1 for type_ in app.types}


def _started(types: Iterable[ProcessType], asked: Asked) -> tuple[ProcessType, ...]:
    """The same types: who is asked for by name starts, whatever procman.yml says."""
    return tuple(
        type_._replace(policies=type_.policies._replace(autostart=True))
        if not type_.policies.autostart and instances.is_named(type_.name, *asked)
        else type_
        for type_ in types
    )


def _asked_for(settings: Settings) -> Asked:
    """Counts, if there are any, and names of types. Raises `UserError`."""
    typed = [name for name in settings.names if "=" in name]  # `start web=2`, or `-c web=2` as it once was
    named = [name for name in settings.names if name not in typed]
    if settings.formation is None and not typed:
        return None, named
    return instances.parse(",".join([settings.formation or "", *typed]), "formation"), named


def formation(app: App, settings: Settings, counts: Mapping[str, int] | None = None) -> Sequence[ProcessPlan]:
    """So many processes of each type, or as many of each as is usual; whatever of them was started.

    Raises `UnknownNameError` for types that the Procfile does not have.
    """
    types = [type_.name for type_ in app.types if type_.name != procfile.RELEASE]
    usual = _usual(app)
    wanted = {name: usual[name] for name in types} if counts is None else counts
    if unknown := [name for name in wanted if name not in types]:
        from procman.core.life.names import MOST_TOLD  # only mistakes need it

        raise UnknownNameError(
            Problem(name, None, f"no such process type{suggest(name, types)}") for name in unknown[:MOST_TOLD]
        )
    base = plans.base_port(settings.port, app.environment)
    started = _started(app.types, _asked_for(settings))
    return plans.build(started, wanted, base, with_root(app), release=False).processes


def with_root(app: App) -> Environment:
    """The app's environment, in which every child finds the app again (`procman.enqueue`).

    Raises `UserError` when procman.yml does not say clearly where its state is.
    """
    others = {name: value for name, value in app.environment.values.items() if name not in place.OURS}
    return app.environment._replace(values={**others, **place.variables(app.root)})


def _misplaced(environment: Environment) -> Iterator[str]:
    """What to say of environment files that say where the state is: no other command reads those."""
    for name in (place.STATE, place.STORE, place.APP):
        if source := environment.sources.get(name):
            yield f"{source}: {name} means nothing there: {SAY_PLACES}"


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
