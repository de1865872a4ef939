"""What supervisors of processes run: a service for each process, and one for the tasks.

supervisord, runit and s6 have no clock, so `procman scheduler` is one more service there.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, NamedTuple

from procman.core.plan import commands
from procman.core.plan.policies import FOREMAN, Condition
from procman.core.schedule.durations import wording
from procman.errors import Problem, UserError
from procman.export import lacks, searchpath, seconds
from procman.export.plan import Note, account_variables, restart_of, shell_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from procman.core.plan.plan import ProcessPlan
    from procman.core.plan.policies import Policies, Restart
    from procman.export.plan import ExportPlan, TypePlan

SCHEDULER = "scheduler"
PARTING = 5.0
"""Seconds that a scheduler has to write down what became of its runs, once these have had their time."""
LOGS = "/var/log"
NO_BYTES = re.compile(r"[\0\ud800-\udc7f\udd00-\udfff]")
"""What no bytes stand for; of surrogates those do that Python makes of bytes which are no UTF-8."""


class User(NamedTuple):
    """Whom a service runs as. Of one that is only named the target looks up the rest."""

    name: str
    uid: int | None = None
    gid: int | None = None
    groups: tuple[int, ...] = ()


class After(NamedTuple):
    """A service that another one depends on."""

    name: str
    condition: Condition


class Service(NamedTuple):
    """`name` is unique on the machine, `short` in the app; `line` is for `/bin/sh -c`, in folder `cwd`.

    It is `command` with traps, by which a shell starts nothing more once it is asked to stop.
    """

    name: str
    short: str
    command: str
    line: str
    cwd: str
    environment: Mapping[str, str]
    policies: Policies
    timeout: float
    user: User | None
    about: tuple[str, ...]
    after: tuple[After, ...] = ()
    shell_stays: bool = False
    """A shell tells its end: 128+n if signal n has ended the command."""

    @property
    def restart(self) -> Restart:
        """Whether it comes back."""
        return restart_of(self.policies)

    @property
    def home(self) -> str | None:
        """For the shell: the home of a user that has none in the environment, as only the name is known."""
        named = self.user is not None and self.user.uid is None and "HOME" not in self.environment
        return f"~{self.user.name}" if self.user and named else None


def of_plan(plan: ExportPlan) -> tuple[Service, ...]:
    """All services, those first that others depend on. Raises `UserError`."""
    names = {type_.name: [_short(each) for each in type_.processes] for type_ in plan.types}
    processes = [
        _of_process(plan, each, names) for type_ in _in_order(plan.types) for each in type_.processes
    ]
    return (*processes, *_scheduler(plan))


def scheduled(plan: ExportPlan) -> tuple[str, ...]:
    """The tasks that `procman scheduler` runs there: all, as soon as one has a schedule."""
    wanted = plan.all_to_scheduler or any(task.schedules for task in plan.tasks)
    return tuple(task.name for task in plan.tasks if wanted)


def log_folder(plan: ExportPlan) -> str:
    """Where logs go: -l, else as Foreman."""
    return plan.log or f"{LOGS}/{plan.app}"


def _short(process: ProcessPlan) -> str:
    return "-".join(process.name.rsplit(".", 1))


def _of_process(plan: ExportPlan, process: ProcessPlan, names: Mapping[str, Sequence[str]]) -> Service:
    policies = process.policies
    user, own = _user(plan, policies)
    short = _short(process)
    line, cwd = shell_line(process), plan.folder_of(policies)
    # who is said to be somebody else finds the home of that user, whatever files say
    given = {**searchpath.variables(plan), **plan.environment, **plan.place}
    environment = {**given, **own, **process.environment}
    _check(process.type, line + cwd, environment)
    return Service(
        name=f"{plan.app}-{short}",
        short=short,
        command=process.command,
        line=line,
        cwd=cwd,
        environment=environment,
        policies=policies,
        timeout=plan.timeout_of(policies),
        user=user,
        about=(process.type,),
        after=tuple(
            After(f"{plan.app}-{each}", condition)
            for type_, condition in policies.depends_on.items()
            for each in names.get(type_, ())
        ),
        shell_stays=commands.script(process.command, ()).stays,
    )


def _check(about: str, command: str, environment: Mapping[str, str]) -> None:
    """Raise `UserError` for what no process can be given."""
    texts = {"the command or its folder": command}
    texts |= {f"the variable {name!r}": f"{name}{text}" for name, text in environment.items()}
    for what, text in texts.items():
        if NO_BYTES.search(text):
            problem = f"{what} of '{about}' has a NUL, or half a letter: no process can be given that"
            raise UserError([Problem("export", None, problem)])


def _scheduler(plan: ExportPlan) -> Iterator[Service]:
    """It reads the app's files by itself, so that it needs nothing of their environment but a PATH."""
    tasks = scheduled(plan)
    if tasks:
        command = shlex.join(plan.scheduler_words(tasks))
        user, own = _user(plan, FOREMAN)
        yield Service(
            name=f"{plan.app}-{SCHEDULER}",
            short=SCHEDULER,
            command=command,
            line=f"exec {command}",
            cwd=plan.root,
            environment={**searchpath.variables(plan), **own},
            policies=FOREMAN,
            timeout=plan.timeout + PARTING,
            user=user,
            about=tasks,
        )


def _user(plan: ExportPlan, policies: Policies) -> tuple[User | None, dict[str, str]]:
    """Whom it runs as, and what it finds of its user (environ(7))."""
    account = policies.account
    if plan.for_user:  # who is no root can become nobody else
        return None, {}
    if account:
        user = User(account.name, account.uid, account.gid, account.groups)
        return user, account_variables(policies)
    if plan.user is None:
        return None, {}
    if plan.user.isdecimal():
        text = f"user {plan.user} has no name here, and so none to be looked up: name one with -u"
        raise UserError([Problem("user", None, text)])
    own = {"USER": plan.user, "LOGNAME": plan.user} | ({"HOME": plan.home} if plan.home else {})
    return User(plan.user), {name: text for name, text in own.items() if name not in plan.environment}


def depths(services: Sequence[Service]) -> dict[str, int]:
    """How many steps of dependencies are below each service."""
    found: dict[str, int] = {}
    for service in services:  # in their order, so that those below are known
        found[service.name] = max((found.get(each.name, 0) + 1 for each in service.after), default=0)
    return found


def _in_order(types: Sequence[TypePlan]) -> Iterator[TypePlan]:
    """Types behind those that they depend on, else as in the Procfile. There are no circles: those are
    mistakes in procman.yml."""
    known = {type_.name: type_ for type_ in types}
    seen: set[str] = set()

    def visit(type_: TypePlan) -> Iterator[TypePlan]:
        if type_.name not in seen:
            seen.add(type_.name)
            for name in type_.policies.depends_on:
                if name in known:
                    yield from visit(known[name])
            yield type_

    for type_ in types:
        yield from visit(type_)


def lacking(supervisor: str) -> dict[str, str]:
    """What no supervisor of processes has a word for, and what comes instead."""
    only_at_its_end = f"{supervisor} starts it again only when it ends"
    return {
        "give_up": "the others stay",
        **lacks.of_probe("ready", f"{supervisor} does not ask whether it is ready"),
        **lacks.of_probe("alive", only_at_its_end),
        **dict.fromkeys(("max_memory", "max_runtime", "watch"), only_at_its_end),
        "listen": f"{supervisor} listens nowhere for it, so it has to open its port itself",
        "pty": f"of {supervisor} it gets no terminal",
    }


def notes(plan: ExportPlan, supervisor: str, table: Mapping[str, str]) -> Iterator[Note]:
    """What cannot be said there. `table` has the keys that are lacking."""
    for type_ in plan.types:
        if type_.processes:
            yield from lacks.of_type(type_.name, type_.policies, table)
            account = type_.policies.account
            if account and plan.for_user:
                yield Note(type_.name, f"user: {account.name}", "is not heeded with --user-units")
    if plan.release:
        yield Note("release", "release", "Run it before a new version starts, with 'procman run release'")
    if not scheduled(plan):
        for task in plan.tasks:
            yield Note(task.name, f"task {task.name}", f"Run it by hand, with 'procman run {task.name}'")
    if plan.env_files and not plan.embed_environment:
        files = ", ".join(plan.env_files)
        yield Note("", f"--no-env ({files})", f"{supervisor} cannot read such files: give it what is in them")
    if plan.run:
        yield Note("", f"-r {plan.run}", f"is not needed, as {supervisor} itself knows the pids")


def notes_of_seconds(plan: ExportPlan, services: Sequence[Service]) -> Iterator[Note]:
    """A note for each stop of which only whole seconds are counted there."""
    said = [("", f"-T {plan.timeout:g}", plan.timeout)]
    for each in services:
        if each.policies.timeout is not None:
            said.append((each.about[0], f"timeout: {wording(each.timeout)}", each.timeout))
    for about, words, given in said:
        if given % 1:
            yield Note(about, words, f"it counts whole seconds there, {seconds.whole(given)} of them")
