"""What `procman run WORDS` means: a task, else a process type, else a command."""

from __future__ import annotations

import re
from enum import Enum

from procman.core.plan import direct, shell
from procman.errors import Problem, SpawnError, UnknownNameError, UserError, suggest
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence


class Kind(Enum):
    TASK = "task"
    TYPE = "type"
    COMMAND = "command"


class Resolution(NamedTuple):
    """What to run: `line` is for the shell, as it was written, with `words` as arguments.

    Without a line, `words` are a program and its arguments.
    """

    kind: Kind
    name: str
    line: str | None
    words: tuple[str, ...] = ()


class Script(NamedTuple):
    """A command as it is started. `behind`: what `sh -c` gets, the line and, with arguments, `$0` and those.

    `stays`: the shell waits for the command. `words`: the program and its words where no shell is needed.
    """

    behind: tuple[str, ...]
    stays: bool
    words: tuple[str, ...] = ()


SHELL = ("/bin/sh", "-c")
TERM = "TERM"
EXEC = re.compile(r"[ \t]*exec[ \t]")
LONGEST_SHOWN = 60
NOT_FOUND = 127
"""As the shell has it."""


def resolve(
    words: Sequence[str],
    tasks: Mapping[str, str],
    types: Mapping[str, str],
    is_command: Callable[[str], bool] = lambda name: False,
) -> Resolution:
    """Which command the words mean; `tasks` and `types` are commands by name.

    `task NAME …` means a task for certain, unless a task or type is itself called `task`; words behind
    `--` are a command for certain. Further words are arguments of a task's command.
    A type is meant by its name alone (Foreman): with further words a command of that name is, which
    `is_command` knows to be on the PATH; `TYPE -- …` passes them to the type's command.
    Raises `UserError` without words, `UnknownNameError` for a task that does not exist, and `SpawnError`
    for a type with words that could be either's.
    """
    command_only = len(words) > 0 and words[0] == "--"
    words = words[1:] if command_only else words
    if not words or not words[0].strip():
        raise UserError([Problem("run", None, "say what to run: a task, a process type or a command")])
    first, *rest = words
    if command_only:
        return _command(words)
    if first == "task" and first not in tasks and first not in types:
        return _task(rest, tasks)
    if first in tasks:
        return _through_shell(Kind.TASK, first, tasks[first], rest)
    if first in types and (not rest or rest[0] == "--" or not is_command(first)):
        return _type(first, types[first], rest)
    return _command(words)


def _type(name: str, command: str, arguments: Sequence[str]) -> Resolution:
    if not arguments or arguments[0] == "--":
        return _through_shell(Kind.TYPE, name, command, arguments)
    import shlex  # slow to import, and only words behind a name need it

    passed = shlex.join(arguments)
    shown = passed if len(passed) <= LONGEST_SHOWN else "..."
    raise SpawnError(
        f"no command '{name}' found. To pass words to the process type: 'procman run {name} -- {shown}'",
        NOT_FOUND,
    )


def _task(words: Sequence[str], tasks: Mapping[str, str]) -> Resolution:
    if not words:
        raise UserError([Problem("run task", None, "say which task to run")])
    name, *arguments = words
    if name not in tasks:
        raise UnknownNameError([Problem("run task", None, unknown_task(name, tasks))])
    return _through_shell(Kind.TASK, name, tasks[name], arguments)


def unknown_task(name: str, tasks: Collection[str]) -> str:
    """What to say of a task that there is not: the one that was meant, or those that there are."""
    if not tasks:
        return f"no task '{name}': this app defines no tasks"
    listed = ", ".join(list(tasks)[:10]) + ", ..." * (len(tasks) > 10)
    return f"no task '{name}'{suggest(name, tasks) or f': there are {listed}'}"


def _through_shell(kind: Kind, name: str, command: str, arguments: Sequence[str]) -> Resolution:
    arguments = arguments[1:] if arguments[:1] == ["--"] else arguments
    return Resolution(kind, name, command, tuple(arguments))


def script(command: str, arguments: Sequence[str], stop_signal: str = TERM) -> Script:
    """A command ready to be started. `stop_signal` is what asks it to end, as trap(1) calls it.

    Raises `SpawnError` when there are arguments, and the command does not say where they belong.
    """
    if not arguments:
        return _without_arguments(command, stop_signal)
    from procman.core.plan.arguments import placed  # runs have arguments, processes never

    line = shell.prepare(placed(command), stop_signal)
    return Script((line.text, SHELL[0], *arguments), line.stays)


def _without_arguments(command: str, stop_signal: str) -> Script:
    if words := direct.words(command):
        return Script((command if EXEC.match(command) else f"exec {command}",), stays=False, words=words)
    line = shell.prepare(command, stop_signal)
    return Script((line.text,), line.stays)


def _command(words: Sequence[str]) -> Resolution:
    """One word with blanks in it is a line for the shell, as people quote it; else words are words."""
    if len(words) == 1 and any(character.isspace() for character in words[0]):
        return Resolution(Kind.COMMAND, words[0].split()[0], words[0])
    return Resolution(Kind.COMMAND, words[0], None, tuple(words))
