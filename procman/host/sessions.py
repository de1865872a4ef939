"""Who gets the signals for a child, by the name of its process; and what the keepers of terminals tell."""

from __future__ import annotations

import os

from procman.core import exitcodes
from procman.core.messages import ChildExited, MainStarted
from procman.host import offspring
from procman.host.session import Session
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from procman.core.messages import Message
    from procman.host.poller import Poller
    from procman.host.spawn import Child

SHORT = 1 << 12


class Sessions:
    """The sessions of all children."""

    def __init__(self, poller: Poller) -> None:
        self._poller = poller
        self._sessions: dict[str, Session] = {}
        self._told_by: dict[str, int] = {}
        self._commands: dict[str, int] = {}
        self._behind_shell: set[str] = set()  # those whose main process is not known yet
        self._adopted: dict[int, list[int]] | None = None
        self._looked = 0

    def begin_session(self, name: str, child: Child, shell_stays: bool, whole: bool) -> int | None:
        """A child is there; with `whole` signals are for all of its group. The pid of its main process, if
        that is known yet."""
        session = Session(child.pid, child.words, child.told is not None, shell_stays, whole)
        self._sessions[name] = session
        if shell_stays:
            self._behind_shell.add(name)
        if child.told is not None:
            self._told_by[name] = child.told
            self._poller.watch(child.told, lambda: self._told(name))
        return None if shell_stays else session.main

    def main_pid(self, name: str) -> int | None:
        """The pid of the main process; None while it is not known, or may still change."""
        return self._sessions[name].find_main(patiently=True)

    def end_session(self, name: str) -> None:
        """Nothing is left of a child."""
        self._sessions.pop(name).release()
        self._forget(name, self._told_by)
        self._forget(name, self._commands)
        self._behind_shell.discard(name)

    def stop(self, name: str, number: int) -> None:
        """Send the stop signal to the main process, or to all of its group."""
        session = self._sessions[name]
        session.stop(number, self._orphans(name) if session.whole else ())
        self._watch_command(name, number)

    def stop_rest(self, name: str, number: int) -> None:
        """Send the stop signal to what the main process has left behind."""
        self._sessions[name].stop_rest(number, self._orphans(name))

    def kill(self, name: str) -> bool:
        """SIGKILL to all of a process; False when nobody was there."""
        self._adopted = None
        return self._sessions[name].kill(self._orphans(name))

    def forward(self, name: str, number: int) -> None:
        """Pass a signal on to the main process, or to all of its group."""
        session = self._sessions[name]
        session.forward(number, self._orphans(name) if session.whole else ())

    def main_code(self, name: str, code: int) -> int:
        """The code of the main process, where a shell has told it: minus the signal's number for a signal."""
        return exitcodes.signed_code(code) if self._sessions[name].told_by_shell else code

    def left(self, name: str) -> bool:
        """Whether anything is left of a process whose main process has ended. If not, its keeper ends."""
        session = self._sessions[name]
        left = session.is_left(self._orphans(name))
        if not left:
            session.release()
        return left

    def signal_group(self, name: str, number: int) -> bool:
        """Signal every process of the group; False when none is left in it."""
        return self._sessions[name].signal_group(number)

    def _told(self, name: str) -> Iterator[Message]:
        """What the keeper of a child has to tell; lines that short come whole (PIPE_BUF in pipe(7))."""
        if name not in self._told_by:
            return  # closed since the poller saw it ready
        data = os.read(self._told_by[name], SHORT)
        if not data:
            self._forget(name, self._told_by)
        lines = data.split(b"\n")
        for word, number in (line.split() for line in lines if line):
            if word == b"pid":
                self._sessions[name].begin(int(number))
                if name not in self._behind_shell:
                    yield MainStarted(name, int(number))
            else:
                yield from self._main_ended(name, int(number))

    def _has_written(self, name: str) -> Iterator[Message]:
        """A command behind a shell is there, since it writes: its pid is told before that."""
        if name not in self._behind_shell:
            return
        pid = self._sessions[name].find_main(patiently=False)
        if pid is not None:
            self._behind_shell.discard(name)
            yield MainStarted(name, pid)

    def _main_ended(self, name: str, code: int) -> Iterator[Message]:
        """Its keeper ends with it, unless others are left for whom it has to stay."""
        session = self._sessions[name]
        self._adopted = None
        if session.is_left(self._orphans(name)):
            yield ChildExited(session.leader, code)
        elif ended := session.release():
            yield ended._replace(code=code)

    def _watch_command(self, name: str, number: int) -> None:
        """A command behind a shell may end and leave others, whom that waits for: `npm run dev | cat`."""
        command = self._sessions[name].behind_shell
        if command is None or name in self._commands:
            return
        try:
            self._commands[name] = os.pidfd_open(command)
        except OSError:  # it has ended already, or the system has no such thing
            self._stop_orphans(name, number)
            return

        def ended() -> Iterator[Message]:
            if name in self._commands:  # it may have been closed since the poller saw it ready
                self._forget(name, self._commands)
                self._stop_orphans(name, number)
            yield from ()

        self._poller.watch(self._commands[name], ended)

    def _stop_orphans(self, name: str, number: int) -> None:
        self._adopted = None
        self.stop_rest(name, number)

    def _orphans(self, name: str) -> Sequence[int]:
        """What we have adopted of a session. A look holds until we know of another end."""
        if self._adopted is None or self._looked != self._poller.reaped:
            self._adopted, self._looked = offspring.orphans(), self._poller.reaped
        return self._adopted.get(self._sessions[name].leader, ())

    def _forget(self, name: str, watched: dict[str, int]) -> None:
        if name in watched:
            fd = watched.pop(name)
            self._poller.unwatch(fd)
            os.close(fd)
