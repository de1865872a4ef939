"""Starting a child: `/bin/sh -c`, in a session of its own, on pipes or a pseudo-terminal.

On pipes the child leads its session. On a pseudo-terminal a small shell does, the keeper (`keeper`).

posix_spawn(3) takes the place of fork and exec: it copies nothing, and sets up the session, the
signals and the descriptors in the child by itself. Children start in this process's folder, with its umask
and niceness (`surroundings`).
"""

from __future__ import annotations

import errno
import os
import signal
import termios
from contextlib import suppress

from procman.core.plan.commands import SHELL
from procman.errors import SpawnError
from procman.host import keeper, programs
from procman.host.descriptors import handing, opening, pipe
from procman.host.limits import OPEN_FILES
from procman.host.session import ORPHANS_COME
from procman.shortages import reason
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from procman.core.messages import FileId
    from procman.core.plan.commands import Script
    from procman.core.plan.policies import Account
    from procman.host.descriptors import Action

NO_SIGNALS: tuple[int, ...] = ()
DEFAULT_SIGNALS = tuple(
    number
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
    if number < getattr(signal, "SIGRTMIN", 32)
)


class Child(NamedTuple):
    """A child process, its shell as `/proc/PID/cmdline` has it, and descriptors that do not block: where its
    output is read and, if it has a keeper, what that tells. `written` is what it writes its output to."""

    pid: int
    words: bytes
    written: FileId
    output: int
    told: int | None = None


class WindowSize(NamedTuple):
    columns: int
    rows: int


class Given(NamedTuple):
    """What a child gets beyond its environment."""

    window: WindowSize | None
    """Of its pseudo-terminal; None: it is on pipes, and standard input is opened from `stdin`."""
    stdin: int = -1
    null: bool = False
    """Standard input is empty."""
    sockets: tuple[int, ...] = ()
    """Which it finds from 3 on."""
    nofile: int | None = None
    account: Account | None = None


def spawn(script: Script, environment: Mapping[str, str], given: Given) -> Child:
    """Start a command in a session of its own.

    Raises `SpawnError` when descriptors, processes or memory are short, or it cannot have what it is given.
    """
    ours: list[int] = []
    theirs: list[int] = []
    begin = _on_pipes if given.window is None else _on_terminal
    try:
        return begin(script, environment, given, ours, theirs)
    except (OSError, ValueError, SpawnError) as error:
        for fd in ours:
            os.close(fd)
        raise _refusal(error, given) from None
    finally:
        for fd in theirs:
            os.close(fd)


def spawn_here(program: str, words: tuple[str, ...], environment: Mapping[str, str]) -> int:
    """Start a child on this process's own terminal and in its process group; its pid.

    A script without `#!` is given to the shell, as execvp(3) does; a SIGHUP that nohup(1) made us
    ignore, the child ignores too. Raises `OSError`.
    """
    kept = {signal.SIGHUP} if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else set()
    default = [number for number in DEFAULT_SIGNALS if number not in kept]
    try:
        return os.posix_spawn(program, words, environment, setsigmask=NO_SIGNALS, setsigdef=default)
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
        return spawn_here("/bin/sh", ("/bin/sh", program, *words[1:]), environment)


def resize(child: Child, window: WindowSize) -> None:
    """Tell a child on a pseudo-terminal of its new size; the kernel sends it SIGWINCH."""
    if os.isatty(child.output):
        termios.tcsetwinsize(child.output, (window.rows, window.columns))


def is_cooked(child: Child) -> bool:
    """Whether the terminal of a child treats its output, as it does unless a program has set it otherwise."""
    return bool(termios.tcgetattr(child.output)[1] & termios.OPOST)


def _refusal(error: Exception, given: Given) -> SpawnError:
    """In words. A ValueError is a NUL byte; EBADF tells of a descriptor beyond the limit of the child."""
    if isinstance(error, SpawnError):
        return error
    text = reason(error) if isinstance(error, OSError) else f"not a command that the system takes: {error}"
    if isinstance(error, OSError) and error.errno == errno.EBADF:
        limit = "its limit of open files" if given.nofile is None else f"'nofile: {given.nofile}'"
        text = f"{limit} is too low for the descriptors that it starts with"
    return SpawnError(text, exit_code=126)


def _on_pipes(
    script: Script, environment: Mapping[str, str], given: Given, ours: list[int], theirs: list[int]
) -> Child:
    output, inner = pipe(ours, theirs)
    actions = [
        opening(inner, 1, os.O_WRONLY),
        (os.POSIX_SPAWN_DUP2, 1, 2),
        _input(given),
        *handing(given.sockets),
    ]
    _give(inner, given.account)
    pid = _start(script, environment, actions, given)
    return Child(pid, as_seen(script), file_id(os.fstat(inner)), output)


def _start(script: Script, environment: Mapping[str, str], actions: Sequence[Action], given: Given) -> int:
    """Without the shell if it is not needed: it takes as long to start as the program. When that fails the
    shell finds another way, as for a script without `#!`, or says what is wrong. So it does for a user who
    may not start what root may."""
    direct = script.words and not given.account
    if direct and (program := programs.find(script.words[0], environment.get("PATH"))):
        try:
            return _posix_spawn(program, script.words, environment, actions, given)
        except OSError:
            pass
    return _through_shell(script, environment, actions, given)


def _through_shell(
    script: Script, environment: Mapping[str, str], actions: Sequence[Action], given: Given
) -> int:
    words: tuple[str, ...] = (*SHELL, *script.behind)
    if given.account:
        from procman.host import accounts  # few processes have one

        words = accounts.launched(given.account, words, environment)
    return _posix_spawn(words[0], words, environment, actions, given)


def _on_terminal(
    script: Script, environment: Mapping[str, str], given: Given, ours: list[int], theirs: list[int]
) -> Child:
    output, inner = _terminal(given, ours, theirs)
    # The first terminal that a session leader opens becomes its controlling terminal (tty(4)).
    actions: list[Action] = [
        (os.POSIX_SPAWN_OPEN, 1, os.ttyname(inner), os.O_RDWR, 0),
        (os.POSIX_SPAWN_DUP2, 1, 2),
        _input(given),
    ]
    if not ORPHANS_COME:
        pid = _start(script, environment, [*actions, *handing(given.sockets)], given)
        return Child(pid, as_seen(script), file_id(os.fstat(inner)), output)
    told, telling = pipe(ours, theirs)
    actions += [opening(telling, keeper.TELLS, os.O_WRONLY), *handing(given.sockets)]
    script = keeper.told(script)
    pid = _through_shell(keeper.kept(script, SHELL[0]), environment, actions, given)
    return Child(pid, as_seen(script), file_id(os.fstat(inner)), output, told)


def _terminal(given: Given, ours: list[int], theirs: list[int]) -> tuple[int, int]:
    output, inner = os.openpty()
    ours.append(output)
    theirs.append(inner)
    _keep_newlines(inner)
    assert given.window
    termios.tcsetwinsize(inner, (given.window.rows, given.window.columns))
    os.set_blocking(output, False)
    _give(inner, given.account)
    return output, inner


def _give(fd: int, account: Account | None) -> None:
    """Let whom a child runs as open its terminal, or /dev/stdout, once more: else they are root's."""
    if account:
        with suppress(OSError):  # the system has no owners of pipes, or we may not change them
            os.fchown(fd, account.uid, -1)


def _input(given: Given) -> Action:
    """Behind the action that has opened 1."""
    if given.null:
        return (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
    if given.window:
        return (os.POSIX_SPAWN_DUP2, 1, 0)
    return opening(given.stdin, 0, os.O_RDONLY)


def file_id(status: os.stat_result) -> FileId:
    """Which file, pipe or terminal it is."""
    return status.st_dev, status.st_ino


def as_seen(script: Script) -> bytes:
    """The shell that has this script, as `/proc/PID/cmdline` has it."""
    return b"".join(os.fsencode(word) + b"\0" for word in (*SHELL, *script.behind))


def _posix_spawn(
    program: str,
    words: tuple[str, ...],
    environment: Mapping[str, str],
    actions: Sequence[Action],
    given: Given,
) -> int:
    with OPEN_FILES.of_children(given.nofile):
        return os.posix_spawn(
            program,
            words,
            environment,
            file_actions=actions,
            setsid=True,
            setsigmask=DEFAULT_SIGNALS if given.account else NO_SIGNALS,
            setsigdef=DEFAULT_SIGNALS,
        )


def _keep_newlines(terminal: int) -> None:
    """A terminal turns LF into CR LF on its way out; here it would only have to be turned back."""
    attributes = termios.tcgetattr(terminal)
    attributes[1] &= ~termios.ONLCR
    termios.tcsetattr(terminal, termios.TCSANOW, attributes)
