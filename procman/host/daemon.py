"""Leaving the terminal: procman goes on in the background, and whoever started it hears how that went.

The command that was typed stays until all runs, or has failed. It has two pipes to the daemon: one in place
of its terminal, for what is wrong before there is a log, and one for what is known of the start.
"""

from __future__ import annotations

import os
import select
import signal

from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

SETTLING_SECONDS = 1.0
"""A process that has lasted so long runs; many that fail do so before."""
SHOWN_LINES, SHOWN_BYTES = 20, 1 << 16
"""Of the log, when it failed."""
FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
STDIN, STDOUT, STDERR = 0, 1, 2


class Detached(NamedTuple):
    """In the daemon: where to tell how the start goes."""

    told: int

    def has_log(self, path: str) -> None:
        """What is written to stdout and stderr from now on is in this file, behind what was there."""
        self._tell(f"log {os.fstat(STDOUT).st_size} {path}")

    def is_up(self, pid: int) -> None:
        """All runs; this is the pid that people know."""
        self._tell(f"up {pid}")

    def _tell(self, words: str) -> None:
        try:
            os.write(self.told, os.fsencode(words) + b"\n")
        except BrokenPipeError:
            pass  # nobody waits any more


def detach() -> Detached | int:
    """Fork. In the child, the daemon, in a session of its own; in the parent, later, its exit code."""
    reading, writing = os.pipe()
    hearing, telling = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        os.close(telling)
        return _Start(pid, reading, hearing).attend()
    os.close(reading)
    os.close(hearing)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for fd, ours in ((nothing, STDIN), (writing, STDOUT), (writing, STDERR)):
        os.dup2(fd, ours)
    os.close(nothing)
    os.close(writing)
    return Detached(telling)


class _Start:
    """In the command that was typed: passes on what the daemon says, and signals to it."""

    def __init__(self, daemon: int, reading: int, hearing: int) -> None:
        self._daemon = daemon
        self._reading = reading
        self._hearing = hearing
        self._heard = b""
        self._log: tuple[str, int] | None = None
        for number in FORWARDED:
            signal.signal(number, lambda number, frame: os.kill(daemon, number))

    def attend(self) -> int:
        """Until all runs, or the daemon has ended; the exit code."""
        sources = [self._reading, self._hearing]
        while self._hearing in sources:
            ready, _, _ = select.select(sources, [], [])
            for fd in ready:
                data = os.read(fd, SHOWN_BYTES)
                if not data:
                    sources.remove(fd)
                elif fd == self._reading:
                    os.write(STDERR, data)
                elif (pid := self._hear(data)) and self._lasts():
                    self._say(pid)
                    return 0
        return self._failed(sources)

    def _hear(self, data: bytes) -> str | None:
        """The pid of a procman that is up."""
        *lines, self._heard = (self._heard + data).split(b"\n")
        for line in map(os.fsdecode, lines):
            word, _, rest = line.partition(" ")
            if word == "up":
                return rest
            size, _, path = rest.partition(" ")
            self._log = path, int(size)
        return None

    def _lasts(self) -> bool:
        """Whether nothing ends in the moment after all has been started."""
        return not select.select([self._hearing], [], [], SETTLING_SECONDS)[0]

    def _say(self, pid: str) -> None:
        log = f", its log is {os.path.relpath(self._log[0])}" if self._log else ""
        text = f"procman runs in the background (pid {pid}){log}"
        os.write(STDOUT, f"{text}\n'procman ps' shows what runs, 'procman stop' ends it\n".encode())

    def _failed(self, sources: Sequence[int]) -> int:
        _, status = os.waitpid(self._daemon, 0)
        while self._reading in sources and (data := os.read(self._reading, SHOWN_BYTES)):
            os.write(STDERR, data)
        if self._log:
            os.write(STDERR, _last_lines(*self._log))
        code = os.waitstatus_to_exitcode(status)
        return 128 - code if code < 0 else code


def _last_lines(path: str, begin: int) -> bytes:
    """The last lines of the file behind its first `begin` bytes."""
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(max(begin if begin <= size else 0, size - SHOWN_BYTES))
        return b"".join(file.readlines()[-SHOWN_LINES:])
