"""The one wait: child output, child exits, signals, the writer, the guardian and the nearest deadline."""

from __future__ import annotations

import fcntl
import os
import selectors
import signal
import stat
import sys
import time
from collections import deque

from procman.core.messages import (
    ChildExited,
    GuardianDied,
    SignalReceived,
    StdoutClosed,
    Usage,
    WriterChanged,
)
from procman.host.lifeline import outlive
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    import resource
    from collections.abc import Callable, Iterable, Iterator

    from procman.core.messages import Message

    Source = Callable[[], Iterable[Message]]

SLACK = 0.001
"""Linux wakes whoever waits for descriptors up to so much of the time too late (fs/select.c)."""
BRIEF_SECONDS = 0.001
NAP_SECONDS = 0.004
"""So short a time is slept away: epoll_wait(2) counts in milliseconds, and signals can wait so long."""
RSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in a unit of `ru_maxrss` (getrusage(2))."""
WRITER = b"\0"
"""The byte that the writer thread puts into the wake-up pipe, where signals put their numbers."""


class Poller:
    """Turns ready file descriptors into messages. Sleeps for as long as nothing happens."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._outputs: dict[int, Source] = {}
        self._looks: set[int] = set()
        self._soon: deque[Source] = deque()
        self._paused = False
        self.reaped = 0
        """How often ended children were reaped: by then their orphans are ours."""
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self.watch(self._wake_read, self._woken)

    def receive_signals(self, numbers: Iterable[signal.Signals]) -> None:
        """Take these signals and SIGCHLD as messages from now on, those included that wait blocked."""
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for number in [signal.SIGCHLD, *numbers]:
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup(1)
                signal.signal(number, _nothing)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())

    def watch_guardian(self, lifeline: int) -> None:
        """`lifeline` reads as ended when the guardian dies."""

        def ended() -> Iterator[Message]:
            self._selector.unregister(lifeline)
            yield GuardianDied()

        self.watch(lifeline, ended)
        outlive(lifeline)

    def watch_stdout(self, fd: int) -> None:
        """Notice that the reader of a pipe went away, without waiting for the next line to say so."""
        writes_only = fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY
        if not (stat.S_ISFIFO(os.fstat(fd).st_mode) and writes_only):
            return

        def hung_up() -> Iterator[Message]:
            self._selector.unregister(fd)
            yield StdoutClosed()

        self.watch(fd, hung_up)  # the write end of a pipe is never readable: only errors are reported

    def add_output(self, fd: int, source: Source) -> None:
        """Read a child's output with `source` whenever there is some and the log has room."""
        self._outputs[fd] = source
        if not self._paused:
            self.watch(fd, source)

    def unwatch(self, fd: int) -> None:
        """Forget a descriptor of `watch`; the caller closes it."""
        self._selector.unregister(fd)

    def remove_output(self, fd: int) -> None:
        """Forget the descriptor; the caller closes it."""
        self._looks.discard(fd)
        if self._outputs.pop(fd, None) and not self._paused:
            self._selector.unregister(fd)

    def look(self, fd: int) -> None:
        """Ask an output's source once more, in the next `wait` that reads any, ready or not."""
        self._looks.add(fd)

    def soon(self, source: Source) -> None:
        """Ask `source` for messages once, in this `wait` or the next, which then waits for nothing else."""
        self._soon.append(source)

    def pause_outputs(self) -> None:
        """Leave the children's output where it is: they wait, everything else goes on."""
        if not self._paused:
            self._paused = True
            for fd in self._outputs:
                self._selector.unregister(fd)

    def resume_outputs(self) -> None:
        """Read the children's output again."""
        if self._paused:
            self._paused = False
            for fd, source in self._outputs.items():
                self.watch(fd, source)

    def wake(self) -> None:
        """Make `wait` return, from the writer's thread."""
        try:
            os.write(self._wake_write, WRITER)
        except BlockingIOError:
            pass  # full of wake-ups already

    def wait(self, seconds: float | None, briefly: bool = False) -> Iterator[Message]:
        """What has happened, waiting at most so long for it (None: for ever), `briefly` a millisecond."""
        ready = self._soon or (self._looks and not self._paused)
        for key, _ in self._select(0 if ready else seconds, briefly):
            if key.fd in self._outputs:
                if self._paused:  # by what was done about the messages before
                    continue
                self._outputs[key.fd] = self._outputs.pop(key.fd)  # last read, first to wait at `resume`
            yield from key.data()
        while self._looks and not self._paused:
            yield from self._outputs[self._looks.pop()]()
        for _ in range(len(self._soon)):
            yield from self._soon.popleft()()

    def watch(self, fd: int, source: Source) -> None:
        """Ask `source` for messages whenever the descriptor can be read."""
        self._selector.register(fd, selectors.EVENT_READ, source)

    def watch_room(self, fd: int, source: Source) -> None:
        """Ask `source` for messages whenever the descriptor can be written; `unwatch` ends it."""
        self._selector.register(fd, selectors.EVENT_WRITE, source)

    def want_room(self, fd: int, wanted: bool) -> None:
        """Ask the source of `watch` also when the descriptor can be written, or no longer."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if wanted else 0)
        self._selector.modify(fd, events, self._selector.get_key(fd).data)

    def _select(self, seconds: float | None, briefly: bool) -> list[tuple[selectors.SelectorKey, int]]:
        """Comes back early rather than late; the caller waits again for what is left, and that is exact."""
        if briefly and (seconds is None or seconds > BRIEF_SECONDS):
            return self._selector.select(BRIEF_SECONDS)
        if seconds is None or seconds <= 0:
            return self._selector.select(seconds)
        if seconds > NAP_SECONDS:
            return self._selector.select(seconds - NAP_SECONDS / 2 - seconds * SLACK)
        if not (ready := self._selector.select(0)):
            time.sleep(seconds)
            ready = self._selector.select(0)
        return ready

    def _woken(self) -> Iterator[Message]:
        woken = os.read(self._wake_read, 1 << 16)
        if signal.SIGCHLD in woken:
            exits = _reap()
            self.reaped += 1
            yield from exits
        if WRITER in woken:
            yield WriterChanged()
        for number in woken.translate(None, bytes([0, signal.SIGCHLD])):
            yield SignalReceived(number)


def _nothing(number: int, frame: object) -> None:
    """A handler must exist for the wake-up descriptor to be written."""


def _reap() -> list[Message]:
    """Every child that has ended, adopted orphans included."""
    exits: list[Message] = []
    while True:
        try:
            pid, status, used = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return exits
        if not pid:
            return exits
        exits.append(_exited(pid, status, used))


def end(pid: int) -> ChildExited | None:
    """End a child with SIGKILL; how it ended, None when it was reaped already."""
    try:
        ended, status, used = os.wait4(pid, os.WNOHANG)
        if not ended:
            os.kill(pid, signal.SIGKILL)
            ended, status, used = os.wait4(pid, 0)
    except ChildProcessError:
        return None
    return _exited(ended, status, used)


def _exited(pid: int, status: int, used: resource.struct_rusage) -> ChildExited:
    """What wait4(2) has told."""
    usage = Usage(used.ru_maxrss * RSS_UNIT, used.ru_utime + used.ru_stime)
    return ChildExited(pid, os.waitstatus_to_exitcode(status), usage)
