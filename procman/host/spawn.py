"""Starting a child: `/bin/sh -c`, in a session of its own, on pipes or a pseudo-terminal.

On pipes the child leads its session. On a pseudo-terminal a small shell does, the keeper: when the leader
of a session ends, the kernel hangs up on all that is left in it (SIGHUP, see credentials(7)), and the keeper
does not end before they have. It tells the pid and the exit code of the child through a pipe.

posix_spawn(3) takes the place of fork and exec: it copies nothing, and sets up the session, the
signals and the descriptors in the child by itself. Children start in this process's folder.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import termios

from procman.core.plan.commands import SHELL
from procman.errors import SpawnError
from procman.host import programs
from procman.host.limits import OPEN_FILES
from procman.host.session import ORPHANS_COME
from procman.shortages import reason
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from procman.core.messages import FileId
    from procman.core.plan.commands import Script

READ_SIZE = 1 << 19
"""Bytes a read: smaller ones cost more turns of the loop, larger ones more of the processor's cache."""
USUAL_PIPE_SIZE = 1 << 16
"""What the system gives (pipe(7))."""
PIPE_SIZE = 1 << 20
NO_SIGNALS: tuple[int, ...] = ()
DEFAULT_SIGNALS = tuple(
    number
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
    if number < getattr(signal, "SIGRTMIN", 32)
)

KEEPER = (
    "trap : HUP INT QUIT TERM USR1 USR2; exec 4>&2 2>/dev/null;"
    ' (exec 2>&4 4>&-; exec "$0" -c "$@"); echo "exit $?" >&3; while echo >&3; do kill -STOP $$; done'
)
"""What it starts gets the usual signals, since it catches them. Once nobody listens any more, it ends."""
TELL_PID = 'echo "pid $$" >&3; exec 3>&-; '
TOLD = 3
"""The keeper's end of the pipe."""
OWN_FILES = "/proc/self/fd" if os.path.isdir("/proc/self/fd") else None
"""Opened there, a pipe gets a file description of its own: O_NONBLOCK set by one child is not set for all."""


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


def spawn(script: Script, environment: Mapping[str, str], window: WindowSize | None, stdin: int) -> Child:
    """Start a command in a session of its own, on a pseudo-terminal if it gets a window size.

    Without a window its standard input is opened from `stdin`. Raises `SpawnError` when descriptors,
    processes or memory are short.
    """
    ours: list[int] = []
    theirs: list[int] = []
    try:
        if window is None:
            return _on_pipes(script, environment, stdin, ours, theirs)
        return _on_terminal(script, environment, window, ours, theirs)
    except (OSError, ValueError) as error:
        for fd in ours:
            os.close(fd)
        # A ValueError is a NUL byte.
        text = (
            reason(error) if isinstance(error, OSError) else f"not a command that the system takes: {error}"
        )
        raise SpawnError(text, exit_code=126) from None
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


def _on_pipes(
    script: Script, environment: Mapping[str, str], stdin: int, ours: list[int], theirs: list[int]
) -> Child:
    output, inner = _pipe(ours, theirs)
    with OPEN_FILES.below_limit(inner) as end:
        actions = [
            _opening(stdin, 0, os.O_RDONLY),
            (os.POSIX_SPAWN_DUP2, end, 1),
            (os.POSIX_SPAWN_DUP2, end, 2),
        ]
        pid = _start(script, environment, actions)
        return Child(pid, as_seen(script), file_id(os.fstat(inner)), output)


def _start(script: Script, environment: Mapping[str, str], actions: Sequence[tuple[Any, ...]]) -> int:
    """Without the shell if it is not needed: it takes as long to start as the program. When that fails the
    shell finds another way, as for a script without `#!`, or says what is wrong."""
    if script.words and (program := programs.find(script.words[0], environment.get("PATH"))):
        try:
            return _posix_spawn(program, script.words, environment, actions)
        except OSError:
            pass
    return _posix_spawn(SHELL[0], (*SHELL, *script.behind), environment, actions)


def _on_terminal(
    script: Script,
    environment: Mapping[str, str],
    window: WindowSize,
    ours: list[int],
    theirs: list[int],
) -> Child:
    output, inner = os.openpty()
    ours.append(output)
    theirs.append(inner)
    _keep_newlines(inner)
    termios.tcsetwinsize(inner, (window.rows, window.columns))
    os.set_blocking(output, False)
    # The first terminal that a session leader opens becomes its controlling terminal (tty(4)).
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.ttyname(inner), os.O_RDWR, 0),
        (os.POSIX_SPAWN_DUP2, 0, 1),
        (os.POSIX_SPAWN_DUP2, 0, 2),
    ]
    if not ORPHANS_COME:
        pid = _start(script, environment, actions)
        return Child(pid, as_seen(script), file_id(os.fstat(inner)), output)
    told, telling = _pipe(ours, theirs)
    actions.append(_opening(telling, TOLD, os.O_WRONLY))
    line, *others = script.behind
    script = script._replace(behind=(TELL_PID + line, *others))
    pid = _posix_spawn(SHELL[0], (*SHELL, KEEPER, SHELL[0], *script.behind), environment, actions)
    return Child(pid, as_seen(script), file_id(os.fstat(inner)), output, told)


def file_id(status: os.stat_result) -> FileId:
    """Which file, pipe or terminal it is."""
    return status.st_dev, status.st_ino


def as_seen(script: Script) -> bytes:
    """The shell that has this script, as `/proc/PID/cmdline` has it."""
    return b"".join(os.fsencode(word) + b"\0" for word in (*SHELL, *script.behind))


def _pipe(ours: list[int], theirs: list[int]) -> tuple[int, int]:
    """Our end, which does not block, and theirs."""
    output, inner = os.pipe()
    ours.append(output)
    theirs.append(inner)
    os.set_blocking(output, False)
    return output, inner


def _opening(fd: int, number: int, mode: int) -> tuple[Any, ...]:
    """The action that opens our descriptor anew in the child, where it gets that number."""
    if OWN_FILES:
        return (os.POSIX_SPAWN_OPEN, number, f"{OWN_FILES}/{fd}", mode, 0)
    return (os.POSIX_SPAWN_DUP2, fd, number)


def _posix_spawn(
    program: str,
    words: tuple[str, ...],
    environment: Mapping[str, str],
    actions: Sequence[tuple[Any, ...]],
) -> int:
    with OPEN_FILES.of_children():
        return os.posix_spawn(
            program,
            words,
            environment,
            file_actions=actions,
            setsid=True,
            setsigmask=NO_SIGNALS,
            setsigdef=DEFAULT_SIGNALS,
        )


def _keep_newlines(terminal: int) -> None:
    """A terminal turns LF into CR LF on its way out; here it would only have to be turned back."""
    attributes = termios.tcgetattr(terminal)
    attributes[1] &= ~termios.ONLCR
    termios.tcsetattr(terminal, termios.TCSANOW, attributes)


def enlarge(pipe: int) -> None:
    """Give a pipe room for more than the usual 64 KiB, so that both ends run longer at a time."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        try:
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
        except OSError:
            pass  # no pipe, or beyond the user's share of pipe memory (pipe(7)): what there is will do
