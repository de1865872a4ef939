"""Output flows from the children to whoever reads the log, and no faster than that one reads, or than files
are written.

When the log is full, no child is read: they wait, and nothing else does. When nobody reads any more,
or nobody does though procman was asked to stop, what children write is read and thrown away, so that
they can end.
"""

from __future__ import annotations

import errno
import os

from procman.core.facts import Notice
from procman.core.messages import GuardianDied, SignalReceived
from procman.host.signals import STOPPING
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.engine.needs import Poller
    from procman.engine.supervisor import Supervisor
    from procman.logs.backlog import Waiting
    from procman.logs.hub import Log

STALLED_SECONDS = 1.0
"""After a stop that was asked for, a reader that takes nothing for so long is not waited for."""
SHOWN_NO_MORE = "nobody takes the log: what follows is not shown"
KEPT_NO_MORE = "the disk takes nothing: what follows is not in the log files"
GUARDIAN_DIED = "the guardian was killed"
LAST_WORDS = 1 << 24
"""Bytes that may wait for a slow reader while all stop: nobody is to be killed for a log that is behind."""


class Flow:
    """The log, the poller that reads for it, and the processes that wait for the end of their output."""

    def __init__(self, log: Log, poller: Poller, supervisor: Supervisor, clock: Callable[[], float]) -> None:
        self._log = log
        self._poller = poller
        self._supervisor = supervisor
        self._clock = clock
        self._has_failed = False

    @property
    def deadline(self) -> float | None:
        """When `expire` may be due, on the monotonic clock."""
        if not self._supervisor.asked_to_stop:
            return None
        waiting = [each.stuck_since for each in self._log.outputs if each.pending and not each.lost]
        since = [self._clock() if at is None else at for at in waiting]
        return min(since) + STALLED_SECONDS if since else None

    def swell(self, now: float) -> None:
        """Something was put into the log: if that was enough, read no more for now."""
        if self._full():
            self._poller.pause_outputs()
            self._supervisor.processes.output_paused(now)

    def ebb(self, now: float) -> None:
        """One that was full has room, or nobody to write for: read on, if no other is full."""
        if not self._full():
            self._poller.resume_outputs()
            self._supervisor.processes.output_resumed(now)

    def expire(self, now: float) -> None:
        """While all stop, let more wait; throw away what nobody takes, once procman was asked to stop."""
        if self._supervisor.stopping and self._log.writer.limit < LAST_WORDS:
            for each in self._log.outputs:
                each.limit = LAST_WORDS
            self.ebb(now)
        for each in self._log.outputs:
            if self._stalls(each, now) and not each.lost:
                self._log.say(Notice(SHOWN_NO_MORE if each is self._log.writer else KEPT_NO_MORE))
                each.give_up()
                self.ebb(now)

    def failed(self, error: OSError, now: float) -> None:
        """The log cannot be written any more: that is the end of all."""
        self.ebb(now)
        if self._has_failed:
            return
        self._has_failed = True
        if error.errno in (errno.EPIPE, errno.EIO):
            self._supervisor.stop("nobody reads the log any more", now)
        elif not self._supervisor.stopping:
            reason = f"the log cannot be written: {error.strerror}"
            try:
                os.write(2, f"procman: {reason}, stopping\n".encode())
            except OSError:
                pass  # stderr may be where stdout is
            self._supervisor.stop(reason, now, code=1)

    def flush(self) -> None:
        """Wait until all is written: for as long as it takes, unless somebody asks to stop.

        Then for as long as the reader takes something; who asks once more does not wait at all.
        """
        for each in self._log.outputs:
            each.close()
        while self._goes_on(self._clock()):
            asked = self._supervisor.asked_to_stop
            for message in self._poller.wait(STALLED_SECONDS if asked else None):
                now = self._clock()
                if isinstance(message, SignalReceived) and message.number in STOPPING:
                    if asked and not self._supervisor.is_same_signal(now):
                        return
                    self._supervisor.signalled(message.number, now)
                elif isinstance(message, GuardianDied):
                    self._supervisor.stop(GUARDIAN_DIED, now)

    def _full(self) -> bool:
        return any(each.full() for each in self._log.outputs)

    def _goes_on(self, now: float) -> bool:
        """Whether something is still being written, or may be."""
        return any(not each.done and not self._stalls(each, now) for each in self._log.outputs)

    def _stalls(self, output: Waiting, now: float) -> bool:
        """Whether a reader or a disk takes nothing, though a stop was asked for."""
        since = output.stuck_since
        return self._supervisor.asked_to_stop and since is not None and now - since >= STALLED_SECONDS
