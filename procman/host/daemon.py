"""Leaving the terminal: procman goes on in the background, and whoever started it hears how that went.

The command that was typed stays until all runs, or has failed. It has three pipes to the daemon: two in place
of its terminal, for what is said before there is a log, and one for what is known of the start.
"""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress

from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

SETTLING_SECONDS = 1.0
"""A process that has lasted so long runs; many that fail do so before."""
SHOWN_LINES, SHOWN_BYTES = 20, 1 << 16
"""Of the log, when it failed."""
FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
STDIN, STDOUT, STDERR = 0, 1, 2
END = b"\0"
"""Of what is told: paths have any other byte."""
LOG, FAILED, UP, WAITS, STOPS = b"log", b"failed", b"up", b"waits", b"stops"


class Detached(NamedTuple):
    """In the daemon: where to tell how the start goes."""

    told: int

    def has_log(self, path: str) -> None:
        """What is written to stdout and stderr from now on is in this file, behind what was there."""
        self._tell(LOG, b"%d" % os.fstat(STDOUT).st_size, os.fsencode(path))

    def is_up(self, pid: int, failures: Sequence[str] = ()) -> None:
        """All runs but what has failed; this is the pid that people know."""
        for each in failures:
            self._tell(FAILED, each.encode(errors="replace"))
        self._tell(UP, b"%d" % pid)

    def waits(self) -> None:
        """Not all runs after all: it is tried again, and `is_up` follows."""
        self._tell(WAITS)

    def stops(self) -> None:
        """It does not run any more: it is not up after all, if that was a moment ago."""
        self._tell(STOPS)

    def _tell(self, *words: bytes) -> None:
        with suppress(BrokenPipeError):  # nobody waits any more
            os.write(self.told, b" ".join(words) + END)


def detach() -> Detached | int:
    """Fork. In the child, the daemon, in a session of its own; in the parent, later, its exit code."""
    pipes = [os.pipe() for _ in range(3)]
    readers, writers = zip(*pipes, strict=True)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
    pid = os.fork()
    for fd in writers if pid else readers:
        os.close(fd)
    if pid:
        start = _Start(pid, *readers)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return start.attend()
    os.setsid()
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    nothing = os.open(os.devnull, os.O_RDONLY)
    out, errors, telling = writers
    for fd, ours in ((nothing, STDIN), (out, STDOUT), (errors, STDERR)):
        os.dup2(fd, ours)
        os.close(fd)
    return Detached(telling)


class _Start:
    """In the command that was typed: passes on what the daemon says, and signals to it."""

    def __init__(self, daemon: int, out: int, errors: int, hearing: int) -> None:
        self._daemon = daemon
        self._passed_on = {out: STDOUT, errors: STDERR}
        self._hearing = hearing
        self._heard = b""
        self._log: tuple[str, int] | None = None
        self._failures: list[bytes] = []
        for number in FORWARDED:
            signal.signal(number, self._forward)

    def attend(self) -> int:
        """Until all runs, or the daemon has ended; the exit code."""
        while data := self._listen():
            if (pid := self._hear(data)) and not self._hears_more():
                log = f", its log is {os.path.relpath(self._log[0])}" if self._log else ""
                text = f"procman runs in the background (pid {pid}){log}"
                _write(STDOUT, f"{text}\n'procman ps' shows what runs, 'procman stop' ends it\n".encode())
                for failure in self._failures:
                    _write(STDERR, b"procman: %b\n" % failure)
                return 1 if self._failures else 0
        return self._failed()

    def _forward(self, number: int, frame: FrameType | None) -> None:
        os.kill(self._daemon, number)

    def _listen(self) -> bytes:
        """What is told next; nothing when the daemon has ended."""
        while True:
            ready, _, _ = select.select([self._hearing, *self._passed_on], [], [])
            for fd in ready:
                if fd in self._passed_on:
                    self._pass_on(fd)
            if self._hearing in ready:
                return os.read(self._hearing, SHOWN_BYTES)

    def _pass_on(self, fd: int) -> bool:
        """Whether there was anything."""
        data = os.read(fd, SHOWN_BYTES)
        _write(self._passed_on[fd], data)
        if not data:
            del self._passed_on[fd]
        return bool(data)

    def _hear(self, data: bytes) -> str | None:
        """The pid of a procman that is up."""
        *messages, self._heard = (self._heard + data).split(END)
        up = None
        for message in messages:
            word, _, rest = message.partition(b" ")
            if word == LOG:
                size, _, path = rest.partition(b" ")
                self._log = os.fsdecode(path), int(size)
            if word == FAILED and rest not in self._failures:
                self._failures.append(rest)
            up = os.fsdecode(rest) if word == UP else None
        return up

    def _hears_more(self) -> bool:
        """Whether it stops, or ends, in the moment after all has been started."""
        return bool(select.select([self._hearing], [], [], SETTLING_SECONDS)[0])

    def _failed(self) -> int:
        for number in FORWARDED:  # there is nobody left whom they could reach
            signal.signal(number, signal.SIG_IGN)
        _, status = os.waitpid(self._daemon, 0)
        for fd in [*self._passed_on]:
            while self._is_readable(fd) and self._pass_on(fd):
                pass
        if self._log:
            with suppress(OSError):  # somebody has removed it
                _write(STDERR, _last_lines(*self._log))
        code = os.waitstatus_to_exitcode(status)
        return 128 - code if code < 0 else code

    def _is_readable(self, fd: int) -> bool:
        """Without a wait: what the daemon has left behind may have it open for ever."""
        return bool(select.select([fd], [], [], 0)[0])


def _write(fd: int, data: bytes) -> None:
    """All of it, if anybody reads it."""
    with suppress(OSError):
        while data:
            data = data[os.write(fd, data) :]


def _last_lines(path: str, begin: int) -> bytes:
    """The last lines of the file behind its first `begin` bytes."""
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(max(begin if begin <= size else 0, size - SHOWN_BYTES))
        return b"".join(file.readlines()[-SHOWN_LINES:])
