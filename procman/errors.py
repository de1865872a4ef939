"""What a user can do wrong, as values: one tree, reported in one place, never as a traceback."""

from __future__ import annotations

from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

USAGE = 2
"""Exit code for "you wrote something wrong"."""
RUNNING = 3
"""Exit code for "no procman runs here", and for "one does already"."""
NO_SUCH_NAME = 4
"""Exit code for "no process, task or run of that name"."""


class Problem(NamedTuple):
    """One mistake: where it stands (a file, an option, a variable) and what to do about it."""

    source: str
    line: int | None
    text: str

    def __str__(self) -> str:
        where = self.source if self.line is None else f"{self.source}:{self.line}"
        return f"{where}: {self.text}"


class ProcmanError(Exception):
    """Root of the tree: `exit_code` is what the command exits with, `str()` is what the user reads."""

    exit_code = 1

    @property
    def lines(self) -> tuple[str, ...]:
        """What the user reads, a line for each mistake."""
        return (str(self),)


class RunningError(ProcmanError):
    """Another procman runs this app. `pid` is the one that people know, `since` is for them, too."""

    exit_code = RUNNING

    def __init__(self, pid: int, since: str) -> None:
        when = f", since {since}" if since else ""
        super().__init__(
            f"procman runs this app already (pid {pid}{when}): 'procman ps' shows what runs,"
            " 'procman logs -f' follows it, 'procman stop' ends it. '--separate' runs another one beside it"
        )


class NotRunningError(ProcmanError):
    """No procman runs this app."""

    exit_code = RUNNING


class UserError(ProcmanError):
    """Mistakes in what the user wrote, all that were found, in the order of their lines."""

    exit_code = USAGE

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.lines))

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(map(str, self.problems))


class PartlyReadError(UserError):
    """Mistakes in a file of which the rest could be read: that is `found`."""

    def __init__(self, problems: Iterable[Problem], found: Any) -> None:
        super().__init__(problems)
        self.found = found


class UnknownNameError(UserError):
    """A process type or task that does not exist was asked for on the command line of `run`."""

    exit_code = NO_SUCH_NAME


class StoreError(ProcmanError):
    """The store cannot be opened, read or written; the text says why and what to do."""


class ShortageError(ProcmanError):
    """The system is short of what procman cannot do without; the text says what to do."""


class RefusedError(StoreError):
    """No waiting will help: somebody has to change something first."""


class UnsafeError(RefusedError):
    """Another user may have a hand in the state folder, or in a file there."""


class StoreBusyError(StoreError):
    """Another program has locked the store."""


class SpawnError(ProcmanError):
    """The operating system would not start a child; `exit_code` as the shell has it (126, 127)."""

    def __init__(self, text: str, exit_code: int) -> None:
        super().__init__(text)
        self.exit_code = exit_code


def suggest(word: str, known: Iterable[str]) -> str:
    """`, did you mean 'web'?` when one of the known names is near, else nothing."""
    from difflib import get_close_matches  # slow to import, and only mistakes need it

    near = get_close_matches(word, list(known), n=1)
    return f", did you mean '{near[0]}'?" if near else ""
