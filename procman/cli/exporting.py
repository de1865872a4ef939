"""The plan of an export: what `check` prints, and what the options say beside it."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from procman.app import accounts, taskfiles
from procman.cli import apps
from procman.core.plan import plan as plans
from procman.core.plan import ports
from procman.core.plan.procfile import RELEASE
from procman.errors import Problem, UserError
from procman.export.plan import ExportPlan, Note, TypePlan
from procman.host import place
from procman.store.open import is_on_server

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from procman.cli.options import Namespace
    from procman.core.plan.plan import Environment, Plan, ProcessPlan

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)
"""What every format takes for the name of an app or a user."""
NOT_IN_NAME = re.compile(r"[^A-Za-z0-9_.-]+", re.ASCII)
USED = ("root", "procfile", "env", "env_override", "port", "formation", "timeout", "release", "log_dir")
"""Options of `start` in a file that an export goes by, or that are no matter there."""
OF_SCHEDULER = ("label",)
"""What else the scheduler reads there for itself."""
NO_LABEL = "is left to procmans that are started with --label {}: the scheduler there is not"
ABOUT_START = "is about 'procman start', which does not run there"


def plan(options: Namespace, folder: str | None) -> ExportPlan:
    """Read the app. Raises `UserError` with all mistakes in its files and in the options."""
    mistakes = apps.Mistakes()
    app = _load(options, mistakes)
    name = mistakes.gather(lambda: _app_name(options, app.root), "app")
    user = mistakes.gather(lambda: _user(options, app.root), None)
    planned = apps.plan(app, options, mistakes)
    return ExportPlan(
        app=name,
        root=app.root,
        types=tuple(_types(app, planned)),
        release=_release(app, options),
        tasks=tuple(app.tasks.values()),
        environment=_environment(planned.environment, embed=not options.no_env),
        place={place.ROOT: app.root, place.STATE: place.of(app.root)},
        env_files=tuple(_env_files(options, app.root)),
        zone=str(taskfiles.zone(app.root)),
        user=user,
        home=accounts.home_of(user) if user else None,
        log=options.log or _log_dir(app.root),
        run=options.run,
        timeout=options.timeout,
        folder=folder,
        embed_environment=not options.no_env,
        for_user=options.user_units,
        all_to_scheduler=options.scheduler,
        procman=_procman(),
        typed=tuple(_typed(options)),
        **_said(app.root),
    )


def _load(options: Namespace, mistakes: apps.Mistakes) -> apps.App:
    """The app. What is missing is told where there is nothing of it."""
    options.names, options.release = [], False
    app = apps.load(options, mistakes, need_procfile=False)
    if not app.types and not app.tasks and not (mistakes.problems and taskfiles.path_in(app.root)):
        mistakes.gather(lambda: apps.types_of(options), apps.NO_TYPES)
    return app


def start_notes(options: Namespace, scheduled: bool) -> Iterator[Note]:
    """A note for each option of `start` in a file that means nothing where each process is apart, and
    nothing for a scheduler if tasks are `scheduled`."""
    used = (*USED, *OF_SCHEDULER) if scheduled else USED
    for name, source in options.written.items():
        if name not in used and not hasattr(options, name):
            yield Note("", f"start: {name} (in {source})", ABOUT_START)


def label_notes(plan: ExportPlan, scheduled: Collection[str]) -> Iterator[Note]:
    """A note for each task that is left to a scheduler whose host has not its label."""
    path = taskfiles.path_in(plan.root)
    said = taskfiles.start_options(path, True)[0].get("label", "") if path else ""
    known = [label.strip() for label in said.split(",")]
    for task in plan.tasks:
        if task.name in scheduled and task.runs_on and not task.runs_with(known):
            yield Note(task.name, f"runs_on: {task.runs_on}", NO_LABEL.format(task.runs_on))


def folders(options: Namespace, format_: str) -> list[str]:
    """Where the user's own templates may be."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    named = [options.template] if options.template else []
    if named and not os.path.isdir(options.template):
        raise UserError([Problem(options.template, None, "no such folder: -t names one with templates")])
    return [*named, os.path.join(home, "procman", "templates", format_)]


def _app_name(options: Namespace, root: str) -> str:
    if options.app is None:
        return NOT_IN_NAME.sub("-", os.path.basename(root)).strip("-.") or "app"
    return _checked(options.app, "app", "the name of the app")


def _user(options: Namespace, root: str) -> str | None:
    """Whom it runs as: who is named, else who exports; if that is root, who owns the app; None for root."""
    if options.user is not None:
        return _checked(options.user, "user", "the name of a user")
    owner = os.stat(root).st_uid
    return accounts.name_of(os.getuid() or owner) if os.getuid() or owner else None


def _checked(text: str, option: str, what: str) -> str:
    if not NAME.fullmatch(text):
        allowed = "letters, digits and '_', behind the first of them also '.' and '-'"
        raise UserError([Problem(option, None, f"'{text}' is not {what}: use {allowed}")])
    return text


def _types(app: apps.App, planned: Plan) -> Iterator[TypePlan]:
    for type_ in app.types:
        if type_.name != RELEASE:
            processes = tuple(each for each in planned.processes if each.type == type_.name)
            yield TypePlan(type_.name, type_.command, type_.policies, processes)


def _release(app: apps.App, options: Namespace) -> ProcessPlan | None:
    base = plans.base_port(options.port, app.environment)
    found = (plans.once(t, i, base, f"{RELEASE}.1") for i, t in enumerate(app.types) if t.name == RELEASE)
    return next(found, None)


def _environment(known: Environment, embed: bool) -> dict[str, str]:
    """What the files and procman say, and nothing of the environment in which the export is made."""
    files = {key: known.values[key] for key in known.sources if embed and not plans.is_own(key)}
    own = {key: value for key, value in known.values.items() if key.startswith(ports.VARIABLE)}
    return {**files, **own}


def _env_files(options: Namespace, root: str) -> Iterable[str]:
    named = apps.settings(options).env_files
    default = os.path.join(root, ".env")
    return map(os.path.abspath, named) if named else [default] * os.path.exists(default)


def _said(root: str) -> dict[str, bool]:
    """What procman.yml says for wherever it is; PROCMAN_STORE is of the environment in which this is made."""
    file = taskfiles.of(root, with_schedules=False)
    if file is None:
        return {}
    return {"on_server": is_on_server(file.where.store or ""), "zone_is_said": file.timezone is not None}


def _log_dir(root: str) -> str | None:
    """What procman.yml says of it."""
    path = taskfiles.path_in(root)
    said = taskfiles.start_options(path, True)[0].get("log_dir") if path else None
    return os.path.abspath(said) if said else None


def _procman() -> tuple[str, ...]:
    """How this procman is called, from any folder."""
    called = os.path.abspath(sys.argv[0])
    if os.path.basename(called) == "__main__.py" or not os.access(called, os.X_OK):
        return sys.executable, "-m", "procman"
    return (called,)


def _typed(options: Namespace) -> Iterator[str]:
    """The options that are typed here and mean the same there; paths for any folder."""
    paths = [("-d", options.root), ("-f", options.procfile)]
    paths += [("-e", each) for each in apps.settings(options).env_files]
    for flag, path in paths:
        if path:
            yield from (flag, os.path.abspath(path))
    for flag, value in (("-m", options.formation), ("-p", options.port)):
        if value is not None:
            yield from (flag, str(value))
