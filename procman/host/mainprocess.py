"""The main process: the command itself, and not the shell that started it and waits for it.

A child of that shell which still has the same words is a subshell, and is looked into.
"""

from __future__ import annotations

import os
import time

from procman.core.plan.shell import TRAP
from procman.host.offspring import children
from procman.typed import NamedTuple

BACKGROUND = "/dev/null"
"""What a shell gives for standard input to commands behind which `&` stands (POSIX, 2.9.3.1)."""
SIGINT_BIT = 1 << 1
"""And it has them ignore SIGINT (2.11)."""
TURNS, TURN_SECONDS = 20, 0.0005


class Foreground(NamedTuple):
    """The shells from the outermost on, and the command they wait for, if there is one.

    It is not `settled` while a shell, or the first command of a pipeline, is still on its way.
    """

    shells: tuple[int, ...]
    command: int | None
    settled: bool = True

    @property
    def pids(self) -> tuple[int, ...]:
        """All of them, the command last."""
        return self.shells if self.command is None else (*self.shells, self.command)


def of(pid: int, words: bytes) -> Foreground:
    """The foreground of a child that began as a shell with these words (`/proc/PID/cmdline`)."""
    shells: list[int] = []
    found: int | None = pid
    settled = True
    while found is not None and _is_shell(found, words, known=not shells):
        shells.append(found)
        found, settled = _waited_for(found, words)
    return Foreground(tuple(shells), found, settled and not (found == pid and _is_launched(pid, words)))


def stop(pid: int, words: bytes, number: int) -> Foreground:
    """Send a stop signal to the command, and to the shells that wait for it: they start nothing more."""
    found = of(pid, words)
    for each in found.pids:
        send(each, number)
    return with_late_command(found, words, number)


def with_late_command(found: Foreground, words: bytes, number: int) -> Foreground:
    """With the command that a shell was just about to run: it gets the stop signal as well."""
    if found.command is None and TRAP.encode() in words:
        found = found._replace(command=_late_command(found.shells[-1], words))
        if found.command is not None:
            send(found.command, number)
    return found


def _late_command(shell: int, words: bytes) -> int | None:
    """The command that a shell has become, or has started, though it was asked to stop and traps that.

    A signal that comes just before the shell does so is forgotten, or seen only when the command has ended.
    """
    for _ in range(TURNS):
        if (command := of(shell, words).command) is not None:
            return command
        time.sleep(TURN_SECONDS)
    return None


def forward(pid: int, words: bytes, number: int) -> None:
    """Pass a signal on to the command, and to shells that have a handler for it."""
    found = of(pid, words)
    deaf = without_handler(found, number)
    for each in found.pids:
        if each not in deaf:
            send(each, number)


def without_handler(found: Foreground, number: int) -> set[int]:
    """The shells that only wait, and that a signal would end."""
    return {each for each in found.shells if each != found.command and not _catches(each, number)}


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
    while patience and _is_new(pid, words):
        patience -= 1
        time.sleep(TURN_SECONDS)
    return _read(pid, "cmdline") == words


def _is_launched(pid: int, words: bytes) -> bool:
    """Whether it will be that shell, but is its launcher still (`launch`); on the way it has no words."""
    found = _read(pid, "cmdline")
    return not found or (words != b"" and found.endswith(b"\0" + words))


def _waited_for(shell: int, words: bytes) -> tuple[int | None, bool]:
    """The first command of the pipeline that ends with the last child, unless that runs in the background;
    and whether it will stay so."""
    started = [child for child in children(shell) if not _in_background(child)]
    if not started:
        return None, not _is_busy(shell)
    found = started.pop()
    while started:
        if not _reads_from(started[-1], found, words):
            return found, not (_is_new(found, words) or _is_new(started[-1], words))
        found = started.pop()
    return found, True


def _reads_from(writer: int, reader: int, words: bytes) -> bool:
    """Whether there is a pipe between them; those that have just been forked have still to be given it."""
    if not _piped(writer, reader):
        _is_shell(writer, words, known=False)
        _is_shell(reader, words, known=False)
    return _piped(writer, reader)


def _piped(writer: int, reader: int) -> bool:
    pipe = _link(reader, 0)
    return pipe.startswith("pipe:") and _link(writer, 1) == pipe


def _is_busy(pid: int) -> bool:
    """Whether it runs or would like to (proc_pid_stat(5)): a shell that will soon start something."""
    return _read(pid, "stat").rpartition(b")")[2][1:2] == b"R"


def _is_new(pid: int, words: bytes) -> bool:
    """Whether it may have just been forked: a shell without children."""
    return _read(pid, "cmdline") == words and not children(pid)


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
