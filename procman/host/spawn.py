"""Starting a child: `/bin/sh -c`, in a session of its own, on a pipe or a pseudo-terminal.

posix_spawn(3) takes the place of fork and exec: it copies nothing, and sets up the session, the
signals and the descriptors in the child by itself. Children start in this process's folder.
"""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import termios

from procman.errors import SpawnError
from procman.host.limits import OPEN_FILES
from procman.shortages import reason
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

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


class Child(NamedTuple):
    """A child process, the descriptor where its output is read, not blocking, and its terminal's path."""

    pid: int
    output: int
    terminal: str = ""


class WindowSize(NamedTuple):
    columns: int
    rows: int


def spawn(words: tuple[str, ...], environment: Mapping[str, str], window: WindowSize | None) -> Child:
    """Start a child as leader of its own session, on a pseudo-terminal if it gets a window size.

    Raises `SpawnError` when descriptors, processes or memory are short.
    """
    try:
        return _on_pipe(words, environment) if window is None else _on_terminal(words, environment, window)
    except OSError as error:
        raise SpawnError(reason(error), exit_code=126) from None
    except ValueError as error:  # a NUL byte, or a sign that no file system's encoding has
        raise SpawnError(f"not a command that the system takes: {error}", exit_code=126) from None


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


def _on_pipe(words: tuple[str, ...], environment: Mapping[str, str]) -> Child:
    output, inner = os.pipe()
    try:
        os.set_blocking(output, False)
        with OPEN_FILES.below_limit(inner) as end:
            actions = [
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, end, 1),
                (os.POSIX_SPAWN_DUP2, end, 2),
            ]
            return Child(_posix_spawn(words, environment, actions), output)
    except (OSError, ValueError):
        os.close(output)
        raise
    finally:
        os.close(inner)


def _on_terminal(words: tuple[str, ...], environment: Mapping[str, str], window: WindowSize) -> Child:
    output, inner = os.openpty()
    try:
        _keep_newlines(inner)
        termios.tcsetwinsize(inner, (window.rows, window.columns))
        os.set_blocking(output, False)
        terminal = os.ttyname(inner)
        # The first terminal that a session leader opens becomes its controlling terminal (tty(4)).
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, terminal, os.O_RDWR, 0),
            (os.POSIX_SPAWN_DUP2, 0, 1),
            (os.POSIX_SPAWN_DUP2, 0, 2),
        ]
        return Child(_posix_spawn(words, environment, actions), output, terminal)
    except (OSError, ValueError):
        os.close(output)
        raise
    finally:
        os.close(inner)


def _posix_spawn(
    words: tuple[str, ...], environment: Mapping[str, str], actions: Sequence[tuple[Any, ...]]
) -> int:
    with OPEN_FILES.of_children():
        return os.posix_spawn(
            words[0],
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
