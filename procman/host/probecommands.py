"""Questions that a command answers: it runs in a session of its own, and all is well when it ends with 0."""

from __future__ import annotations

import os
import re
import signal
from contextlib import suppress

from procman.core.exitcodes import signal_name, signed_code
from procman.core.plan.commands import SHELL
from procman.host.descriptors import opening
from procman.host.limits import OPEN_FILES
from procman.host.probeanswers import in_words
from procman.host.spawn import DEFAULT_SIGNALS, NO_SIGNALS
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from procman.core.messages import Message
    from procman.core.plan.questions import Question
    from procman.host.poller import Poller
    from procman.host.probeanswers import Answer

IN_FOLDER = f'cd "$1" && exec {SHELL[0]} -c "$2"'
READ_SIZE = 1 << 16
"""All that a pipe holds (pipe(7))."""
TAIL = 1 << 12
LONGEST_SHOWN = 200
COLOUR = re.compile(r"\x1b\[[0-9;:]*m")


class Commands:
    """Those that run, by pid: also those that were ended, until their exit is told."""

    def __init__(self, poller: Poller, environment: Callable[[], Mapping[str, str]]) -> None:
        self._poller = poller
        self._environment = environment
        self._running: dict[int, Command] = {}

    @property
    def pids(self) -> Collection[int]:
        """Children of ours that are no processes."""
        return self._running.keys()

    def ask(self, question: Question, answer: Answer) -> Callable[[], None]:
        """Start one; gives what ends it."""
        try:
            pid, output = self._start(question)
        except OSError as error:
            answer.give(in_words(error))
            return answer.drop
        except ValueError as error:  # a NUL byte
            answer.give(f"not a command that the system takes: {error}")
            return answer.drop
        command = self._running[pid] = Command(self._poller, pid, output, answer)
        return command.drop

    def child_exited(self, pid: int, code: int) -> bool:
        """Whether it was one of these; if so, its answer follows."""
        command = self._running.pop(pid, None)
        if command:
            command.ended(code)
        return command is not None

    def close(self) -> None:
        """End all. Their exits follow."""
        for command in self._running.values():
            command.drop()

    def _start(self, question: Question) -> tuple[int, int]:
        """The pid and where its output is read."""
        output, inner = os.pipe()
        try:
            os.set_blocking(output, False)
            return start(question, {**self._environment(), **question.environment}, inner), output
        except BaseException:
            os.close(output)
            raise
        finally:
            os.close(inner)


class Command:
    """One that runs, and the end of what it has written."""

    def __init__(self, poller: Poller, pid: int, output: int, answer: Answer) -> None:
        self._poller = poller
        self._pid = pid
        self._output = output
        self._answer = answer
        self._tail = b""
        self._over = False
        poller.watch(output, self._readable)

    def ended(self, code: int) -> None:
        """It has ended: so does what it has left behind."""
        self._read()
        self._kill()
        self._over = True
        self._answer.give(verdict(code, self._tail))

    def drop(self) -> None:
        """End it without an answer; again is the same."""
        self._answer.drop()
        if not self._over:
            self._kill()

    def _kill(self) -> None:
        """SIGKILL to all of its group."""
        self._close()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)

    def _readable(self) -> Iterable[Message]:
        self._read()
        return ()

    def _read(self) -> None:
        if self._output < 0:
            return
        try:
            data = os.read(self._output, READ_SIZE)
        except BlockingIOError:
            return
        self._tail = (self._tail + data)[-TAIL:]
        if not data:
            self._close()

    def _close(self) -> None:
        if self._output >= 0:
            self._poller.unwatch(self._output)
            os.close(self._output)
            self._output = -1


def start(question: Question, environment: Mapping[str, str], output: int) -> int:
    """Start the command of a question, without input; its pid.

    Raises `OSError`, and `ValueError` for a NUL byte.
    """
    behind: tuple[str, ...] = (question.command,)
    if question.cwd is not None:
        behind = (IN_FOLDER, SHELL[0], question.cwd, question.command)
    with OPEN_FILES.of_children():
        return os.posix_spawn(
            SHELL[0],
            (*SHELL, *behind),
            environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                opening(output, 1, os.O_WRONLY),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
            setsigmask=NO_SIGNALS,
            setsigdef=DEFAULT_SIGNALS,
        )


def verdict(code: int, output: bytes) -> str | None:
    """None when a command has ended well; else how it has ended, and the last line that it wrote."""
    if not code:
        return None
    code = signed_code(code)
    how = f"killed by {signal_name(-code)}" if code < 0 else f"exit code {code}"
    said = last_line(output)
    return f"{how}: {said}" if said else how


def last_line(output: bytes) -> str:
    """The last line that is not blank, without colours, and as much of it as a line of the log may hold."""
    from procman.core.text.visible import readable  # only commands that fail wait for it

    lines = [" ".join(line.split()) for line in COLOUR.sub("", readable(output)).split("\n")]
    last = next((line for line in reversed(lines) if line), "")
    return last if len(last) <= LONGEST_SHOWN else f"{last[:LONGEST_SHOWN]}..."
