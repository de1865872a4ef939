"""Where units of systemd live, what they are called, and what is typed to have them run."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from procman.errors import Problem, UserError
from procman.export import searchpath
from procman.export.systemd import quoting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from procman.core.plan.plan import ProcessPlan
    from procman.export.plan import ExportPlan, File

SYSTEM, OF_USER = "/etc/systemd/system", "%h/.config/systemd/user"
"""The folders for units that an administrator writes, and for those of a user: systemd.unit(5)."""
READ = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/lib/systemd/system",
    "/usr/local/lib/systemd/system",
)
READ_OF_USER = "/.config/systemd/user"
UNITS = (".service", ".socket", ".target", ".timer")


def unit(plan: ExportPlan, name: str, ending: str = ".service") -> str:
    """The unit of a process type or task."""
    return f"{plan.app}-{name}{ending}"


def own_unit(plan: ExportPlan, name: str) -> str:
    """A unit that is of no task, even if one has its name."""
    while name in {task.name for task in plan.tasks}:
        name = f"procman-{name}"
    return unit(plan, name)


def instance(plan: ExportPlan, process: ProcessPlan, ending: str = ".service") -> str:
    """What `web.1` is called: an instance of the type's template unit."""
    return unit(plan, process.type, f"@{process.name.rpartition('.')[2]}{ending}")


def target(plan: ExportPlan) -> str:
    """The unit that all belong to."""
    return f"{plan.app}.target"


def everywhere(plan: ExportPlan) -> dict[str, Any]:
    """What all templates are given."""
    return {
        "app": plan.app,
        "for_user": plan.for_user,
        "search_path": searchpath.whole(plan),
        "target": target(plan),
        "user": user(plan),
        "wanted_by": "default.target" if plan.for_user else "multi-user.target",
    }


def environment_files(plan: ExportPlan, *own: str) -> list[str]:
    """EnvironmentFile=, of which later ones win: the app's, what all have, what this one has.

    `%i` in a name of ours is the instance.
    """
    named = () if plan.embed_environment else plan.env_files
    files = [f"-{quoting.pattern(path)}" for path in named]
    return files + [beside(plan, name, quoting.pattern) for name in (f"{plan.app}.env", *own)]


def beside(plan: ExportPlan, name: str, held: Callable[[str], str] = quoting.path) -> str:
    """Where a unit finds another file of the export."""
    usual = OF_USER if plan.for_user else SYSTEM
    return f"{usual if plan.folder is None else held(plan.folder)}/{name}"


def log(plan: ExportPlan, name: str) -> str | None:
    """The log file of a process or task; None for the journal."""
    return f"{quoting.path(plan.log)}/{name}.log" if plan.log else None


def user(plan: ExportPlan) -> str | None:
    """User=: for root as well, who has no HOME without it."""
    return None if plan.for_user else plan.user or "root"


def check(plan: ExportPlan) -> None:
    """Raise `UserError` for a user without a name: systemd starts nobody who is not in passwd(5)."""
    if plan.user and plan.user.isdecimal() and not plan.for_user:
        text = f"user {plan.user} has no name here, and systemd starts only those who have: name one with -u"
        raise UserError([Problem("user", None, text)])


def then(plan: ExportPlan, files: Iterable[File], started: str) -> Iterator[str]:
    """The commands that start a unit, now and from the next boot on; again, where an older one runs."""
    systemctl = "systemctl --user" if plan.for_user else "sudo systemctl"
    if plan.log:
        yield _log_folder(plan, plan.log)
    if plan.folder is not None and not _is_read(plan, plan.folder):
        paths = [os.path.join(plan.folder, file.path) for file in files if file.path.endswith(UNITS)]
        yield f"{systemctl} link {shlex.join(paths)}"
    yield f"{systemctl} daemon-reload"
    yield f"{systemctl} enable {started}"
    yield f"{systemctl} restart {started}"
    if plan.for_user:
        yield "loginctl enable-linger   # all goes on when you log out"


def _log_folder(plan: ExportPlan, folder: str) -> str:
    if plan.for_user:
        return f"mkdir -p {shlex.quote(folder)}"
    return f"sudo install -d -o {shlex.quote(plan.user or 'root')} {shlex.quote(folder)}"


def _is_read(plan: ExportPlan, folder: str) -> bool:
    """Whether systemd looks there by itself."""
    return folder.endswith(READ_OF_USER) if plan.for_user else folder in READ
