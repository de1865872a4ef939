"""The main process: the command itself, and not the shell that started it and waits for it.

A child of that shell which still has the same words is a subshell, and is looked into.
"""

from __future__ import annotations

import os
import time

from procman.host.offspring import children
from procman.typed import NamedTuple

BACKGROUND = "/dev/null"
"""What a shell gives for standard input to commands behind which `&` stands (POSIX, 2.9.3.1)."""
SIGINT_BIT = 1 << 1
"""And it has them ignore SIGINT (2.11)."""
TURNS, TURN_SECONDS = 20, 0.0005


class Foreground(NamedTuple):
    """The shells from the outermost on, and the command they wait for, if there is one."""

    shells: tuple[int, ...]
    command: int | None

    @property
    def pids(self) -> tuple[int, ...]:
        """All of them, the command last."""
        return self.shells if self.command is None else (*self.shells, self.command)


def of(pid: int, words: bytes) -> Foreground:
    """The foreground of a child that began as a shell with these words (`/proc/PID/cmdline`)."""
    shells: list[int] = []
    found: int | None = pid
    while found is not None and _is_shell(found, words, known=not shells):
        shells.append(found)
        found = _waited_for(found, words)
    return Foreground(tuple(shells), found)


def stop(pid: int, words: bytes, number: int) -> None:
    """Send a stop signal to the command, and to the shells that wait for it: they start nothing more."""
    for each in of(pid, words).pids:
        send(each, number)


def forward(pid: int, words: bytes, number: int) -> None:
    """Pass a signal on to the command, and to shells that have a handler for it."""
    found = of(pid, words)
    for each in found.pids:
        if each == found.command or _catches(each, number):
            send(each, number)


def send(pid: int, number: int) -> bool:
    """Whether there is such a process, ours or not."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # it runs as somebody else: sudo and the like
    return True


def _catches(pid: int, number: int) -> bool:
    """Whether a process has a handler for a signal (`SigCgt` in proc_pid_status(5))."""
    return bool(_mask(pid, b"SigCgt:") >> (number - 1) & 1)


def _is_shell(pid: int, words: bytes, known: bool) -> bool:
    """Whether this is a shell still. A child without children is perhaps about to become a command: that is
    waited for, since a shell that has just been forked forgets the signals it gets."""
    patience = 0 if known else TURNS
    while (same := _read(pid, "cmdline") == words) and patience and not children(pid):
        patience -= 1
        time.sleep(TURN_SECONDS)
    return same


def _waited_for(shell: int, words: bytes) -> int | None:
    """The first command of the pipeline that ends with the last child, unless that runs in the background."""
    started = [child for child in children(shell) if not _in_background(child)]
    if not started:
        return None
    found = started.pop()
    while started and (pipe := _link(found, 0)).startswith("pipe:") and _writes_to(started[-1], pipe, words):
        found = started.pop()
    return found


def _writes_to(pid: int, pipe: str, words: bytes) -> bool:
    """Whether that is its output; one that has just been forked has still to be given it."""
    if _link(pid, 1) != pipe:
        _is_shell(pid, words, known=False)
    return _link(pid, 1) == pipe


def _in_background(pid: int) -> bool:
    return _link(pid, 0) == BACKGROUND and bool(_mask(pid, b"SigIgn:") & SIGINT_BIT)


def _mask(pid: int, name: bytes) -> int:
    for line in _read(pid, "status").splitlines():
        if line.startswith(name):
            return int(line.split()[1], 16)
    return 0


def _link(pid: int, fd: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/fd/{fd}")
    except OSError:  # it is gone, or another user's
        return ""


def _read(pid: int, name: str) -> bytes:
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read()
    except OSError:
        return b""
