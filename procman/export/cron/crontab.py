"""Tasks as lines of a user's crontab, for Debian's cron and for cronie (crontab(5)).

Which schedules are exact there is in `crontabtimes.py`. What the lines cannot do is left to one line with
`procman scheduler`, which a lock keeps from running twice.
"""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING, NamedTuple

from procman.core.tasks.task import Overlap
from procman.export import lacks, searchpath, seconds, shell
from procman.export.cron import nativetasks
from procman.export.cron import times as crontabtimes
from procman.export.inits import launching
from procman.export.marks import UNSAFE
from procman.export.plan import PRIVATE, Export, File, Note, task_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from procman.core.tasks.task import Task
    from procman.export.cron.times import Times
    from procman.export.plan import ExportPlan, Render

LONGEST = 998
"""Bytes of a command, so that Debian's cron takes it (MAX_COMMAND in its cron.h counts the NUL)."""
LONGEST_VARIABLE = 900
"""Bytes of `NAME=value`: cron cuts off what is beyond 1,000 (MAX_ENVSTR) without a word."""
VALUE = re.compile(r"[^\s'\"\x00-\x1f](?:[^\x00-\x1f]*[^\s'\"\x00-\x1f])?", re.ASCII)
"""What cron takes as it stands behind `NAME=`: it strips blanks, and quotes only in pairs around it."""
OF_CRON = re.compile(
    r"SHELL|HOME|LOGNAME|USER|MAIL\w+|CONTENT_\w+|CRON_TZ|RANDOM_DELAY|NO_MAIL_OUTPUT|CRON_TZ_CHECK"
)
"""Variables that would tell cron something: they are set for the command alone."""
IN_QUOTES = re.compile(r"\\(?=[\\%])")
NOT_MADE_UP = "cron makes up for no tick that fell due while the machine was off; --scheduler does"
PROCESSES = "is left out: a crontab has tasks alone"
UNTOLD = "is not set there, nor are PROCMAN_TASK, PROCMAN_ATTEMPT and PROCMAN_SCHEDULED_AT; --scheduler does"
OF_ZONE = (
    "is followed by cronie. Debian's cron has the machine's zone alone: nothing runs unless they are the same"
)
TASK_LACKS = {
    **nativetasks.HISTORY,
    **nativetasks.HOSTS,
    "grace": "cron makes up for no tick",
    "retry_delay": "nothing is tried again",
}
OVERLAPS = (Overlap.SKIP, Overlap.ALLOW)


class Line(NamedTuple):
    """A task with its lines. `command` is as it stands in the file."""

    task: Task
    times: tuple[Times, ...]
    command: str

    @property
    def zone(self) -> str | None:
        """Whose clock it goes by; None: the machine's."""
        return next((each.zone for each in self.times if each.zone), None)


class Variables(NamedTuple):
    """The environment: as lines that are for all commands, and what each command has to set itself."""

    lines: tuple[str, ...]
    own: Mapping[str, str]


def command(line: str) -> str:
    r"""A line for the shell as cron reads it. A bare `%` would end it, and `\%` is one.

    Debian's cron makes one `\` of `\\` too. cronie leaves two, and takes a `%` behind them for the end
    (do_command.c of both). So behind a `\` there is never another one, nor the `\%` of a `%`: `\\%` becomes
    `\''\''\%`, in which both crons see `\'` twice and change nothing but the `\%`. The shell puts it together
    again, for what has a `\` in it is in single quotes here.
    """
    return IN_QUOTES.sub(r"\\''", line).replace("%", r"\%")


def variable(name: str, value: str) -> str | None:
    """`NAME=value` as cron reads it; None for what it would not read as that."""
    line = f"{name}={value}"
    fits = len(line.encode("utf-8", "surrogateescape")) <= LONGEST_VARIABLE
    named = shell.NAME.fullmatch(name) and not OF_CRON.fullmatch(name)
    return line if named and fits and VALUE.fullmatch(value) else None


FILTERS = {"word": shell.one_line, "words": shell.words}


def lines(plan: ExportPlan, render: Render) -> tuple[Line, ...]:
    """The tasks that cron runs exactly as they are meant. Raises `UserError`."""
    launching.check(plan, "crontab")
    by_file = not plan.embed_environment and plan.env_files
    if plan.all_to_scheduler or by_file:  # only procman reads those files as they are meant
        return ()
    found = (_line(plan, task, render) for task in plan.tasks if _is_native(task))
    return tuple(each for each in found if each and len(_bytes(each.command)) <= LONGEST)


def _is_native(task: Task) -> bool:
    return nativetasks.is_plain(task) and task.overlap in OVERLAPS


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _line(plan: ExportPlan, task: Task, render: Render) -> Line | None:
    times = crontabtimes.of(task, nativetasks.zone(plan))
    if not times:
        return None
    text = render("crontab/task.j2", **_of_task(plan, task), zone=times[0].zone).strip("\n")
    return Line(task, times, command(shell.prepared(text)))


def _of_task(plan: ExportPlan, task: Task) -> dict[str, object]:
    """What the template of a task's line gets."""
    state = _state(plan)
    skips = task.overlap is Overlap.SKIP
    return {
        "root": plan.root,
        "state": state,
        "lock": os.path.join(state, f"cron-{task.name}.lock") if skips else None,
        "timeout": seconds.text(task.timeout) if task.timeout else None,
        "kill_after": seconds.text(plan.timeout),
        "variables": [f"{name}={value}" for name, value in variables(plan).own.items()],
        "command": task_line(task),
        "log": launching.log(plan, task.name),
    }


def _state(plan: ExportPlan) -> str:
    return plan.place.get("PROCMAN_STATE", os.path.join(plan.root, ".procman"))


def variables(plan: ExportPlan) -> Variables:
    """All that the tasks have in their environment."""
    path = searchpath.whole(plan) or searchpath.SYSTEM  # cron's own is /usr/bin:/bin
    wanted = {"PATH": path, **plan.environment, **plan.place}
    known = {name: variable(name, value) for name, value in wanted.items()}
    return Variables(
        tuple(line for line in known.values() if line),
        {name: wanted[name] for name, line in known.items() if line is None},
    )


def file(
    plan: ExportPlan,
    found: tuple[Line, ...],
    render: Render,
    scheduled: tuple[str, ...] = (),
    left_out: Sequence[str] = (),
) -> File:
    """The crontab; `scheduled` tasks are those that `procman scheduler` has a line for in it. `left_out` is
    what stands in no file."""
    zones = dict.fromkeys(sorted((line.zone for line in found), key=lambda zone: zone or ""))
    text = render(
        "crontab/crontab.j2",
        app=plan.app,
        left_out=left_out,
        variables=variables(plan).lines,
        blocks=[(zone, [line for line in found if line.zone == zone]) for zone in zones],
        scheduler=_scheduler(plan, scheduled, render) if scheduled or plan.all_to_scheduler else None,
        scheduled=scheduled,
    )
    about = (*(line.task.name for line in found), *scheduled)
    return File(f"{plan.app}.crontab", text, mode=PRIVATE, about=about)


def _scheduler(plan: ExportPlan, scheduled: tuple[str, ...], render: Render) -> str:
    state = _state(plan)
    text = render(
        "crontab/scheduler.j2",
        root=plan.root,
        state=state,
        lock=os.path.join(state, "cron-scheduler.lock"),
        scheduler=plan.scheduler_words(scheduled),
        log=launching.log(plan, "scheduler"),
    )
    return command(shell.prepared(text.strip("\n")))


def notes(plan: ExportPlan, found: tuple[Line, ...]) -> Iterator[Note]:
    """What cron cannot do of what its lines are meant to do."""
    names = [line.task.name for line in found]
    yield from nativetasks.not_made_up_for(plan, names, NOT_MADE_UP)
    yield from nativetasks.untold(names, UNTOLD)
    for zone in dict.fromkeys(line.zone for line in found if line.zone):
        yield Note("", f"timezone: {zone}", OF_ZONE)
    for line in found:
        yield from lacks.of_task(line.task, TASK_LACKS)


def then(plan: ExportPlan) -> str:
    """What installs it."""
    words = ["crontab", *(["-u", plan.user] if plan.user else [])]
    return shlex.join([*words, os.path.join(plan.folder or "", f"{plan.app}.crontab")])


def export(plan: ExportPlan, render: Render) -> Export:
    """The tasks; of the processes only that they are left out."""
    found = lines(plan, render)
    left = nativetasks.left(plan, [line.task.name for line in found])
    return Export(
        files=(file(plan, found, render, left, [*_said_of_processes(plan)]),),
        notes=(*launching.of_app(plan), *_of_processes(plan), *notes(plan, found)),
        scheduled=left,
        then=(f"{then(plan)}   # in place of what that crontab has now: see 'crontab -l'",),
    )


def _of_processes(plan: ExportPlan) -> Iterator[Note]:
    """One note on all: what each of them says stands in the file."""
    if plan.types:
        names = ", ".join(type_.name for type_ in plan.types)
        yield Note("", f"processes: {names}", PROCESSES)


def _said_of_processes(plan: ExportPlan) -> Iterator[str]:
    """Each type with what procman.yml says of it, for a comment."""
    for type_ in plan.types:
        said = [f"{key}: {value}" for key, value in lacks.said_of_type(type_.policies).items()]
        yield UNSAFE.sub(" ", ", ".join([type_.name, *said]))
