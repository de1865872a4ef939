"""The processes behind one child: its main process, and all that is left of its group and its session."""

from __future__ import annotations

import os
import signal
import sys

from procman.host import mainprocess, offspring, poller
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from procman.core.messages import ChildExited

ORPHANS_COME = sys.platform == "linux"
"""Elsewhere nobody knows who belongs to a session: the group is signalled as a whole."""

MOST_LOOKS = 20
"""How often one that is not settled is looked at before the pid of what is there is told."""


class Session:
    """Led by the child, or by its keeper: then `main` is told later.

    `words` are those of the shell that the main process was, as `/proc/PID/cmdline` has them. With `whole`
    signals are for all of its group. Nobody gets the same stop signal twice.
    """

    def __init__(self, leader: int, words: bytes, kept: bool, shell_stays: bool, whole: bool = False) -> None:
        self.leader = leader
        self.kept = kept
        self.told_by_shell = kept or shell_stays
        self.whole = whole
        self.main = None if kept else leader
        self._words = words
        self.behind_shell: int | None = None
        self._asked: set[int] = set()
        self._looks = 0
        self._waiting: list[tuple[Callable[[int], None], int]] = []

    def find_main(self, patiently: bool) -> int | None:
        """The pid of the main process: the command, or the shell while that runs none; None if not known.

        Who asks patiently asks again later, and is told nothing while that may still change.
        """
        if self.main is None:
            return None
        found = self._foreground()
        self._looks += 1
        if patiently and not found.settled and self._looks < MOST_LOOKS:
            return None
        return (found.pids or (self.main,))[-1]

    def begin(self, main: int) -> None:
        """The main process is known: what was sent before reaches it now."""
        self.main = main
        for send, number in self._waiting:
            send(number)

    def stop(self, number: int, orphans: Sequence[int] = ()) -> None:
        """Ask the main process to stop. Shells that wait for it trap the signal, and start nothing more.

        `behind_shell` is then the command, when a shell waits for it. `orphans` are those of the session: of
        a whole group they are asked too.
        """
        if self.main is None:
            self._waiting.append((self.stop, number))
            return
        if self.whole:
            found = self._stop_group(number, orphans)
        else:
            if not ORPHANS_COME:
                self.signal_group(number)
            found = mainprocess.stop(self.main, self._words, number)
        self._asked.update(found.pids)
        self.behind_shell = found.command if found.shells and found.command not in found.shells else None
        self.signal_group(signal.SIGCONT)  # a suspended process could not obey

    def forward(self, number: int, orphans: Sequence[int] = ()) -> None:
        """Pass a signal on to the main process, or its group; a shell that only waits for it gets it when it
        has a handler."""
        if self.main is None:
            self._waiting.append((self.forward, number))
            return
        if self.whole:
            deaf = mainprocess.without_handler(self._foreground(), number)
            self._signal_members(number, self._members(orphans), deaf)
        else:
            mainprocess.forward(self.main, self._words, number)

    def stop_rest(self, number: int, orphans: Sequence[int]) -> None:
        """Ask what the main process left behind to stop; `orphans` are those of the session."""
        if not ORPHANS_COME:
            self.signal_group(number)
        for pid in self._with_descendants(orphans):
            self._ask(pid, number)
            mainprocess.send(pid, signal.SIGCONT)

    def kill(self, orphans: Sequence[int]) -> bool:
        """SIGKILL to all; False when there was nobody."""
        elsewhere = [*self._with_descendants(orphans), *self._with_descendants([self.leader])]
        elsewhere += self._foreground().pids  # setsid(1) may have taken it out of the session
        reached = [self.signal_group(signal.SIGKILL)]
        reached += [mainprocess.send(pid, signal.SIGKILL) for pid in elsewhere if pid != self.leader]
        return any(reached)

    def signal_group(self, number: int) -> bool:
        """Signal every process of the group; False when none is left in it."""
        try:
            os.killpg(self.leader, number)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True  # it runs as somebody else, and lives
        return True

    def is_left(self, orphans: Sequence[int]) -> bool:
        """Whether anything is left behind the main process."""
        if not ORPHANS_COME:
            return self.signal_group(0)
        return any(offspring.session(pid) == self.leader for pid in orphans)

    def release(self) -> ChildExited | None:
        """Nothing is left but the keeper, if there is one: end it, and tell of its end if nobody else has."""
        if not self.kept:
            return None
        self.kept = False
        return poller.end(self.leader)

    def _stop_group(self, number: int, orphans: Sequence[int]) -> mainprocess.Foreground:
        found, members = self._foreground(), self._members(orphans)
        self._signal_members(number, members, spared=set())
        self._asked.update(members)
        return mainprocess.with_late_command(found, self._words, number)

    def _signal_members(self, number: int, members: Sequence[int], spared: set[int]) -> None:
        """All at once, unless some are to be spared: a keeper does not catch every signal."""
        spared |= {self.leader} if self.kept else set()
        if not spared:
            self.signal_group(number)
            return
        for pid in members:
            if pid not in spared:
                mainprocess.send(pid, number)

    def _members(self, orphans: Sequence[int]) -> list[int]:
        """Of the group. Elsewhere nobody knows them."""
        found = self._with_descendants([self.leader, *orphans])
        return [pid for pid in found if offspring.group(pid) == self.leader]

    def _foreground(self) -> mainprocess.Foreground:
        return mainprocess.of(self.main or self.leader, self._words)

    def _with_descendants(self, pids: Iterable[int]) -> list[int]:
        found = [each for pid in pids for each in (pid, *offspring.below(pid))]
        return [pid for pid in found if offspring.session(pid) == self.leader]

    def _ask(self, pid: int, number: int) -> None:
        if pid not in self._asked:
            self._asked.add(pid)
            mainprocess.send(pid, number)
