"""Which tasks the app has: an index of procman.yml beside the store, so that apps read no YAML.

It is true of one state of the file, as the system tells it (stat(2)), and made anew for another. While
somebody edits the file and it has mistakes, the tasks that it had before are those that there are.
"""

from __future__ import annotations

import os
import time
from _thread import get_ident
from contextlib import suppress

from procman import statefolder
from procman.errors import StoreError, UserError
from procman.host.place import FILE, state_of
from procman.shortages import reason
from procman.typed import NamedTuple

TYPE_CHECKING = False  # as type checkers know it; this is imported by apps, and stays light
if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.host.place import State

INDEX = "tasks"
"""The file in the state folder: two lines about what it is of, one for each task, and one at the end."""
HEAD, END = "procman tasks 1", "end"
"""The number is another one when the lines mean something else."""
YES, NO = "arguments", "no arguments"
SETTLED_NS = 20_000_000
"""A file that changed less than so long ago may change again unnoticed: times of files tick each 10 ms."""


class Known(NamedTuple):
    """The tasks, each with whether its command takes arguments. `mistakes`: those of the file now."""

    state: State
    tasks: dict[str, bool]
    mistakes: str = ""


_known: dict[str, Known] = {}


def check(root: str, folder: str, task: str, with_arguments: bool) -> None:
    """Raises `ValueError` when the app has no such task, or none that takes arguments.

    `folder` is where its state is.
    """
    path = os.path.join(root, FILE)
    try:
        known = _tasks(path, folder)
    except FileNotFoundError:
        raise ValueError(f"no app with tasks in {root}: set PROCMAN_ROOT, or run where {FILE} is") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {reason(error)}") from None
    if known.tasks.get(task) or (task in known.tasks and not with_arguments):
        return
    if task in known.tasks:
        from procman.core.plan.arguments import REFUSAL  # only mistakes need it

        raise ValueError(f"{path}: task '{task}' takes no arguments: {REFUSAL}")
    from procman.core.plan.commands import unknown_task  # only mistakes need it

    if known.mistakes:
        raise ValueError(f"it is not known whether there is a task '{task}':\n{known.mistakes}")
    raise ValueError(f"{path}: {unknown_task(task, known.tasks)}")


def _tasks(path: str, folder: str) -> Known:
    state, known = state_of(os.stat(path)), _known.get(path)
    if known and known.state == state:
        return known
    kept = _load(folder)
    if kept and kept.state == state:
        _known[path] = kept
        return kept
    return _read(path, folder, kept or known)


def _read(path: str, folder: str, before: Known | None) -> Known:
    """Read the file itself, and keep what it says, if it cannot have changed meanwhile."""
    from procman.core.config import taskfile  # and with it YAML, 20 ms
    from procman.core.plan.arguments import accepts

    with open(path, "rb") as file:
        state = state_of(os.fstat(file.fileno()))
        data = file.read()
    try:
        tasks = {name: accepts(task.command) for name, task in taskfile.parse(data, path, None).tasks.items()}
    except UserError as error:
        found = Known(state, before.tasks if before else {}, str(error))
    else:
        found = Known(state, tasks)
    if abs(time.time_ns() - state[-1]) > SETTLED_NS:
        _known[path] = found
        if not found.mistakes:
            _keep(folder, found)
    return found


def _load(folder: str) -> Known | None:
    """What the index says; None when there is none that is whole."""
    try:
        with open(os.path.join(folder, INDEX), encoding="ascii", opener=statefolder.open_found) as file:
            head, state, *lines, end = file.read().splitlines()
        inode, size, changed, created = map(int, state.split())
        tasks = dict(line.split(" ", 1) for line in lines)
    except (OSError, StoreError, ValueError):
        return None
    if (head, end) != (HEAD, END):
        return None
    return Known((inode, size, changed, created), {name: takes == YES for name, takes in tasks.items()})


def _keep(folder: str, known: Known) -> None:
    """Write the index whole, or not at all: without one, the next process reads the file itself."""
    new = os.path.join(folder, f"{INDEX}.{os.getpid()}.{get_ident()}")
    with suppress(OSError, StoreError):
        statefolder.prepare(folder)
        try:
            with open(new, "x", encoding="ascii", opener=statefolder.open_new) as file:
                file.writelines(f"{line}\n" for line in _lines(known))
            os.rename(new, os.path.join(folder, INDEX))
        except OSError:
            os.unlink(new)


def _lines(known: Known) -> Iterator[str]:
    yield HEAD
    yield " ".join(map(str, known.state))
    yield from (f"{name} {YES if takes else NO}" for name, takes in known.tasks.items())
    yield END
