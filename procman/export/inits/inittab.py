"""Lines for /etc/inittab of System V init, and a script for each (inittab(5) of sysvinit 3.06).

init takes 127 characters for a command. Foreman writes all into them; here they name a script, and a mode
keeps the variables in it from others. Only behind the change of the user do they matter to any program.
"""

from __future__ import annotations

import os
import re
import string
from typing import TYPE_CHECKING, Any, NamedTuple

from procman.core.plan.policies import Restart
from procman.errors import Problem, UserError
from procman.export import lacks, searchpath, shell
from procman.export.cron import crontab, nativetasks
from procman.export.inits import launching
from procman.export.plan import PRIVATE, Export, File, Note, restart_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from procman.core.plan.plan import ProcessPlan
    from procman.core.plan.policies import Policies
    from procman.export.plan import ExportPlan, Render

LONGEST = 127
"""Bytes of the process field."""
DIGITS = string.digits + string.ascii_lowercase
MOST = len(DIGITS) ** 2
"""Lines with the same beginning of their ids: two of four signs are left."""
PATH = "/sbin:/usr/sbin:/bin:/usr/bin"
"""What init gives (PATH_DEFAULT in its paths.h)."""
FOLDER, LOGS = "/etc", "/var/log"
"""Where scripts and logs are if nobody says it, in a folder of the app's name (Foreman). init has no log."""
UNASKED = "init does not ask whether it is well"
WAITS = "init starts it at once, and waits 5 minutes after 10 times in 2 minutes"
LACKS = {
    **{f"backoff: {key}": WAITS for key in ("initial", "max", "reset_after")},
    "backoff: give_up_after": "init never gives up",
    "give_up": "init never gives up, and others stay",
    "depends_on": "all start at once",
    "timeout": "init sends SIGKILL after 5 s, or as 'telinit -t' says",
    "stop_signal": "init sends SIGTERM",
    **lacks.of_probe("ready", UNASKED),
    **lacks.of_probe("alive", UNASKED),
    "max_memory": "nobody looks at its memory",
    "max_runtime": "it runs as long as it likes",
    "watch": "it is not restarted when files change",
    "listen": "nobody listens for it: the port is free",
    "pty": "it has no terminal",
}
ON_FAILURE = "is 'respawn' there: init starts it again whatever its exit code"
FILTERS = crontab.FILTERS


class Script(NamedTuple):
    """A file that a line of inittab runs, and how."""

    file: File
    action: str


def export(plan: ExportPlan, render: Render) -> Export:
    """The lines, their scripts, and a crontab for the tasks that cron runs exactly. Raises `UserError`."""
    launching.check(plan, "inittab")
    lines = crontab.lines(plan, render)
    left = nativetasks.left(plan, [line.task.name for line in lines])
    scripts = [*_processes(plan, render)]
    if left or plan.all_to_scheduler:
        scripts.append(_scheduler(plan, left, render))
    files = [_inittab(plan, scripts, render), *(script.file for script in scripts)]
    files += [crontab.file(plan, lines, render)] * bool(lines)
    notes = (*launching.of_app(plan), *_notes(plan), *crontab.notes(plan, lines))
    return Export(tuple(files), notes, left, _then(plan, bool(lines)))


def _inittab(plan: ExportPlan, scripts: Sequence[Script], render: Render) -> File:
    if len(scripts) > MOST:
        text = f"{len(scripts)} processes are too many for the four signs of an id: at most {MOST}"
        raise UserError([Problem("inittab", None, text)])
    entries = [
        {
            "id": f"{_letters(plan.app)}{_number(index)}",
            "action": each.action,
            "command": _command(plan, each),
        }
        for index, each in enumerate(scripts, start=1)
    ]
    return File(
        f"{plan.app}.inittab", render("inittab.j2", app=plan.app, entries=entries, folder=_folder(plan))
    )


def _letters(app: str) -> str:
    """Two letters that begin the ids of an app."""
    return (re.sub(r"[^A-Za-z0-9]", "", app).upper() + "XX")[:2]


def _number(index: int) -> str:
    """Two signs: 01 to 99, then all others."""
    return f"{index:02}" if index < 100 else "".join(_beyond(index - 100))


def _beyond(index: int) -> str:
    letters = [a + b for a in DIGITS for b in DIGITS if not (a + b).isdecimal() or a + b == "00"]
    return letters[index]


def _folder(plan: ExportPlan) -> str:
    return plan.folder or os.path.join(FOLDER, plan.app)


def _command(plan: ExportPlan, script: Script) -> str:
    """The process field: it goes to a shell when there is something to quote, for init has no quotes."""
    path = os.path.join(_folder(plan), script.file.path)
    to_shell = "" if shell.PLAIN.fullmatch(path) else ";"
    found = f"/bin/sh {shell.word(path)}{to_shell}"
    if len(found.encode("utf-8", "surrogateescape")) > LONGEST or "\n" in path:
        text = f"init takes {LONGEST} bytes in one line for a command: export to a folder with a shorter name"
        raise UserError([Problem(path, None, text)])
    return found


def _processes(plan: ExportPlan, render: Render) -> Iterator[Script]:
    for type_ in plan.types:
        for name, process in launching.instances(type_):
            text = render("process.sh.j2", name=process.name, **of_process(plan, name, process))
            yield Script(_file(plan, name, text, (type_.name,)), _action(process.policies))


def _file(plan: ExportPlan, name: str, text: str, about: tuple[str, ...]) -> File:
    return File(f"{plan.app}-{name}.sh", text, mode=PRIVATE, about=about)


def _action(policies: Policies) -> str:
    if not policies.autostart:
        return "off"
    restart = restart_of(policies)
    return "once" if restart is Restart.NEVER else "respawn"


def of_process(plan: ExportPlan, name: str, process: ProcessPlan) -> dict[str, Any]:
    """What the template of a process gets."""
    policies = process.policies
    exports, others = launching.exported(launching.environment(plan, process, PATH))
    return {
        **_around(plan, name, policies),
        "umask": None if policies.umask is None else f"{policies.umask:03o}",
        "nofile": policies.nofile,
        "nice": policies.nice,
        "group": policies.signal_group,
        "exports": exports,
        "words": [*(["env", *others] if others else []), *launching.words(plan, process)],
        "no_input": policies.stdin_null,
    }


def _around(plan: ExportPlan, name: str, policies: Policies | None = None) -> dict[str, Any]:
    """Folder, log and user. setpriv(1) and not su(1), which stays and kills what it started after 2 s."""
    log = launching.log(plan, name) or os.path.join(LOGS, plan.app, f"{name}.log")
    account = policies.account if policies else None
    numbers = account and [
        "setpriv",
        f"--reuid={account.uid}",
        f"--regid={account.gid}",
        _groups(account.groups),
    ]
    return {
        "folder": plan.folder_of(policies) if policies else plan.root,
        "logs": os.path.dirname(log),
        "log": log,
        "numbers": numbers,
        "user": None if account else plan.user,
    }


def _groups(groups: Sequence[int]) -> str:
    return f"--groups={','.join(map(str, groups))}" if groups else "--clear-groups"


def _scheduler(plan: ExportPlan, tasks: tuple[str, ...], render: Render) -> Script:
    path = searchpath.variables(plan, PATH)
    words = plan.scheduler_words(tasks)
    text = render("scheduler.sh.j2", **_around(plan, "scheduler"), exports=path, words=words)
    return Script(_file(plan, "scheduler", text, tasks), "respawn")


def _notes(plan: ExportPlan) -> Iterator[Note]:
    for type_ in filter(lambda each: each.processes, plan.types):
        yield from lacks.of_type(type_.name, type_.policies, LACKS)
        if type_.policies.restart is Restart.ON_FAILURE:
            yield Note(type_.name, "restart: on-failure", ON_FAILURE)


def _then(plan: ExportPlan, with_crontab: bool) -> tuple[str, ...]:
    folder = shell.word(plan.folder or _folder(plan))
    owned = f"chown root {folder}/{plan.app}-*.sh   # init runs them as root"
    lines = f"cat {folder}/{plan.app}.inittab >> /etc/inittab   # in place of the old ones"
    return (owned, lines, "telinit q", *([crontab.then(plan)] * with_crontab))
