"""What is exported, and what comes of it: all that a format gets to see, and all that it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from procman.core.plan import commands
from procman.core.plan.policies import Restart

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

    from procman.core.plan.plan import ProcessPlan
    from procman.core.plan.policies import Policies
    from procman.core.tasks.task import Task

PRIVATE = 0o600
"""The mode of a file with values of variables: they may be secrets."""
PUBLIC = 0o644
EXECUTABLE = 0o755


class TypePlan(NamedTuple):
    """A process type with its processes; none where it is to have 0 instances."""

    name: str
    command: str
    policies: Policies
    processes: tuple[ProcessPlan, ...]


class ExportPlan(NamedTuple):
    """The plan that `check` prints, for somebody else to execute. Paths are absolute.

    `environment`: what environment files and the ports of all types set for every process (not PORT, and
    nothing of the real environment). `zone` is the name of the time zone of schedules that name none.
    """

    app: str
    root: str
    types: tuple[TypePlan, ...] = ()
    """Without `release`."""
    release: ProcessPlan | None = None
    """The Procfile's release command, if it has one."""
    tasks: tuple[Task, ...] = ()
    environment: Mapping[str, str] = {}
    place: Mapping[str, str] = {}
    """PROCMAN_ROOT and PROCMAN_STATE, by which `enqueue` finds the app on this machine."""
    on_server: bool = False
    """The store is on a server, as procman.yml says: whoever has that file shares it, wherever it runs."""
    env_files: tuple[str, ...] = ()
    """The files that `environment` comes from."""
    zone: str = "UTC"
    zone_is_said: bool = False
    """Whether procman.yml names that zone; if not, it is the machine's own, wherever it runs."""
    user: str | None = None
    """Whom everything runs as (-u); None: as it is usual for the format."""
    home: str | None = None
    """The home of `user`, where that is known here."""
    log: str | None = None
    """The folder for logs (-l)."""
    run: str | None = None
    """The folder for pid files (-r)."""
    timeout: float = 5.0
    """Seconds between the stop signal and SIGKILL, for types that say nothing else."""
    folder: str | None = None
    """Where the files go; None: they are printed."""
    embed_environment: bool = True
    """False (--no-env): `env_files` are named, and no value of theirs is written."""
    for_user: bool = False
    """Units of a user and not of the system (--user-units); only systemd knows the difference."""
    all_to_scheduler: bool = False
    """All tasks are left to `procman scheduler` (--scheduler), which takes jobs as well."""
    procman: tuple[str, ...] = ("procman",)
    """How procman is called here."""
    typed: tuple[str, ...] = ()
    """Options that `procman start` needs to make of the files what the export has made: -f, -m, -p."""

    def environment_of(self, process: ProcessPlan) -> dict[str, str]:
        """All variables of a process. One whose user is said finds that user's home, whatever files say."""
        own = account_variables(process.policies)
        return {**self.environment, **self.place, **own, **process.environment}

    def folder_of(self, policies: Policies) -> str:
        """Where a process runs."""
        return policies.cwd or self.root

    def timeout_of(self, policies: Policies) -> float:
        """Seconds between its stop signal and SIGKILL."""
        return self.timeout if policies.timeout is None else policies.timeout

    def start_words(self) -> tuple[str, ...]:
        """What runs the whole app there, in its folder."""
        return (*self.procman, "start", *self.typed)

    def scheduler_words(self, tasks: Collection[str] = ()) -> tuple[str, ...]:
        """What runs these tasks as they are due, or all; and the jobs that the app enqueues."""
        typed = list(self.typed)
        while "-m" in typed:  # a scheduler has no formation
            del typed[typed.index("-m") : typed.index("-m") + 2]
        everything = {task.name for task in self.tasks if task.schedules} <= set(tasks)
        return (*self.procman, "scheduler", *typed, *(() if everything else tasks))


class File(NamedTuple):
    """A file to write; `path` is relative to the folder, with `/`."""

    path: str
    text: str
    comment: str = "#"
    """How a comment begins: `#`, `;`, or `<!--` for XML. Empty where the format has none."""
    mode: int = PUBLIC
    about: tuple[str, ...] = ()
    """The process types and tasks that it is about; notes on them stand in it."""


class Note(NamedTuple):
    """Something that the target cannot say. `about`: a process type or task, empty for the app.

    `said`: what procman.yml says, as `overlap: queue`; of keys below others `ready: log`. `text`: a clause
    that goes on behind "has no counterpart: ", or all of the sentence behind `said` when it begins with
    a capital letter or "is".
    """

    about: str
    said: str
    text: str


class Export(NamedTuple):
    """What comes of an export. The first file has the notes that are about no other."""

    files: tuple[File, ...]
    notes: tuple[Note, ...] = ()
    scheduled: tuple[str, ...] = ()
    """Tasks that `procman scheduler` runs there, with all that procman.yml says of them."""
    then: tuple[str, ...] = ()
    """Commands that a person types next."""


class Render(Protocol):
    """Fills in a template of the format, the user's own if there is one."""

    def __call__(self, template: str, /, **values: Any) -> str: ...


def shell_line(process: ProcessPlan) -> str:
    """What `/bin/sh -c` gets: the command takes the shell's place where it can, to get the signals."""
    return commands.script(process.command, (), _trap_name(process.policies)).behind[0]


def task_line(task: Task) -> str:
    """The same for a task."""
    return commands.script(task.command, ()).behind[0]


def account_variables(policies: Policies) -> dict[str, str]:
    """What a user of its own finds in its environment (environ(7))."""
    account = policies.account
    return {"HOME": account.home, "USER": account.name, "LOGNAME": account.name} if account else {}


def restart_of(policies: Policies) -> Restart:
    """Unless it is said, a process comes back: nobody else brings it back there."""
    return policies.restart or (Restart.NEVER if policies.oneshot else Restart.ALWAYS)


def _trap_name(policies: Policies) -> str:
    from procman.core.exitcodes import signal_name

    return signal_name(policies.stop_signal).removeprefix("SIG") if policies.stop_signal else commands.TERM
