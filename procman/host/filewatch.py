"""Notices when files change. A child watches them, so that none of the time and memory it costs is ours."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress

from procman.core.messages import Files, WorkDone
from procman.host import descriptors
from procman.host.filechanges import CHANGED, DONE, FAILED, WATCHING, fields
from procman.host.limits import OPEN_FILES
from procman.host.spawn import DEFAULT_SIGNALS, NO_SIGNALS
from procman.shortages import reason
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from procman.core.messages import Message
    from procman.host.poller import Poller

    Then = Callable[[dict[str, Files]], None]

PROGRAM = "import sys; from procman.host.watcher import main; main(sys.argv[1:])"
OPTIONS = ("-S", "-s", "-P", "-X", "utf8")
"""As little as can be: where modules are, it is told."""
READ_SIZE = 1 << 16
PATIENCE_SECONDS = 0.1
NAP_SECONDS = 0.001


class Calls(NamedTuple):
    """Whom a child's words are for."""

    then: Then
    fail: Callable[[str], Message]


class FileWatch:
    """Watches below `root`. `failed` gets a sentence, once, when that is not possible, or not any more."""

    def __init__(self, root: str, poller: Poller, failed: Callable[[str], None]) -> None:
        self._root = root
        self._poller = poller
        self._failed = failed
        self._words: list[str] = []
        self._child: _Child | None = None

    @property
    def watching(self) -> bool:
        """Whether all that is meant is watched; what changes before that may not be noticed."""
        return self._child is not None and self._child.watching

    def watch(self, patterns: Mapping[str, Iterable[str]], then: Then) -> None:
        """Watch these, by process type, in place of others; without any, nothing.

        `then` is called by a message, once for a burst of changes, with the files that have changed, by the
        types that they concern.
        """
        words = [f"{type_}={pattern}" for type_, of_type in patterns.items() for pattern in of_type]
        if words == self._words and self._child and self._child.open:
            self._child.then = then
            return
        self.close()
        if words:
            self._words = words
            self._start(then)

    def close(self) -> None:
        """Watch nothing any more. The child is killed; it would also end as nobody listens to it."""
        if self._child:
            self._child.close()
        self._child, self._words = None, []

    def _start(self, then: Then) -> None:
        try:
            pid, output = start([self._root, *self._words])
        except (OSError, ValueError) as error:
            text = reason(error) if isinstance(error, OSError) else f"a pattern has a NUL byte: {error}"
            self._poller.soon(lambda: [self._fail(text)])
        else:
            self._child = _Child(self._poller, pid, output, Calls(then, self._fail))

    def _fail(self, text: str) -> Message:
        return WorkDone(self._failed, f"files cannot be watched: {text}")


class _Child:
    """One, and where it is read."""

    def __init__(self, poller: Poller, pid: int, output: int, calls: Calls) -> None:
        self.then, self._fail = calls
        self.watching = False
        self._poller = poller
        self._pid = pid
        self._output = output
        self._rest = b""
        self._changed: dict[str, Files] = {}
        self._said = ""
        """Its last line that is none of ours: an interpreter says there why it cannot go on."""
        poller.watch(output, self._readable)

    @property
    def open(self) -> bool:
        return self._output >= 0

    def close(self) -> None:
        """End it, and hear nothing more; again is the same."""
        if self.open:
            self._poller.unwatch(self._output)
            os.close(self._output)
            kill(self._pid)
        self._output, self.watching = -1, False

    def _readable(self) -> Iterator[Message]:
        if not self.open:
            return
        data = os.read(self._output, READ_SIZE)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if self.open:  # else by what was done about the line before
                yield from self._heard(line)
        if not data and self.open:
            self.close()
            yield self._fail(self._said or "the process that watches them has ended")

    def _heard(self, line: bytes) -> Iterator[Message]:
        match fields(line):
            case [kind, type_, total, *names] if kind == CHANGED:
                self._changed[type_] = Files(names, int(total))
            case [kind] if kind == DONE:
                changed, self._changed = self._changed, {}
                yield WorkDone(self.then, changed)
            case [kind] if kind == WATCHING:
                self.watching = True
            case [kind, text] if kind == FAILED:
                self.close()
                yield self._fail(text)
            case [text] if text.strip():
                self._said = text.strip()


def start(words: Iterable[str]) -> tuple[int, int]:
    """Start a child in a session of its own; its pid, and where its output is read.

    Raises `OSError`, and `ValueError` for a NUL byte.
    """
    ours: list[int] = []
    theirs: list[int] = []
    output, inner = descriptors.pipe(ours, theirs)
    try:
        with OPEN_FILES.of_children():
            pid = os.posix_spawn(
                sys.executable,
                (sys.executable, *OPTIONS, "-c", PROGRAM, *words),
                {**os.environ, **variables()},
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    descriptors.opening(inner, 1, os.O_WRONLY),
                    (os.POSIX_SPAWN_DUP2, 1, 2),
                ],
                setsid=True,
                setsigmask=NO_SIGNALS,
                setsigdef=DEFAULT_SIGNALS,
            )
    except BaseException:
        os.close(output)
        raise
    finally:
        os.close(theirs[0])
    return pid, output


def kill(pid: int) -> None:
    """End a child, and wait a moment until it has: it is none of those that somebody has left behind.

    One that hangs on a network disk may take longer. Whether it is ours is asked before each signal: once
    it is waited for, its number may be another's.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    with suppress(ChildProcessError):
        while os.waitpid(pid, os.WNOHANG) == (0, 0) and time.monotonic() < deadline:
            os.kill(pid, signal.SIGKILL)
            time.sleep(NAP_SECONDS)


def variables() -> dict[str, str]:
    """Where it finds modules, also where procman was found in another way; and that it is procman's own, and
    nothing that a task has left behind (`PROCMAN_PROCESS`)."""
    ours = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    return {"PYTHONPATH": os.pathsep.join([ours, *filter(None, sys.path)]), "PROCMAN_PROCESS": "procman"}
