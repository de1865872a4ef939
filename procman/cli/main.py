"""The command `procman`: what is typed, to the room that does it."""

from __future__ import annotations

import importlib
import os
import signal
import sys

from procman.host import guardian

TYPE_CHECKING = False  # as type checkers know it; importing typing would be 1 MB in the guardian for ever
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from procman.errors import ProcmanError
    from procman.host.guardian import Guarded

SUPERVISING = ("start", "scheduler", "run")
"""Commands that have children to guard."""
WITH_VALUE = ("-f", "--procfile", "-d", "--root", "-e", "--env")


def main() -> None:
    """The entry point of the command."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a Ctrl-C this early is no reason for a traceback
    _fill_standard_streams()
    words = sys.argv[1:]
    command = _command(words)
    guarded = None
    if command in SUPERVISING and hasattr(signal, "sigwaitinfo"):
        outcome = guardian.guard(child_has_terminal=command == "run")
        if isinstance(outcome, int):
            sys.exit(outcome)
        guarded = outcome
    else:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        sys.exit(run(words, guarded))
    finally:
        _let_go_of_stderr()


def run(words: Sequence[str], guarded: Guarded | None) -> int:
    """Do what the words say; the exit code. A user's mistake is told on stderr, without a traceback."""
    from procman.cli import complaints, parser
    from procman.errors import ProcmanError

    try:
        return _dispatch(parser.parse(words), guarded)
    except ProcmanError as error:
        _tell(error, as_json=_command(words) == "check" and "--json" in words)
        return error.exit_code
    except OSError as error:  # the world is not as it should be: no descriptors, no working folder
        complaints.tell(str(error))
        return 1


def _dispatch(options: Namespace, guarded: Guarded | None) -> int:
    """Only the command that is asked for is imported: that is most of the time to start."""
    name = options.command
    command = importlib.import_module(f"procman.cli.commands.{name}").run
    code: int = command(options, guarded) if name in SUPERVISING else command(options)
    return code


def _tell(error: ProcmanError, as_json: bool) -> None:
    from procman.cli import complaints
    from procman.errors import UserError

    if as_json and isinstance(error, UserError):
        from procman.cli.commands.check import mistakes_as_json

        print(mistakes_as_json(error))
    else:
        complaints.tell(*error.lines)


def _command(words: Sequence[str]) -> str:
    """The command's name, before anything is imported that could read the line in earnest."""
    left = iter(words)
    for word in left:
        if word in WITH_VALUE:
            next(left, None)
        elif not word.startswith("-"):
            return word
    return ""


def _fill_standard_streams() -> None:
    """A descriptor 0, 1 or 2 that is closed would be taken by the next file that is opened."""
    while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(fd)


def _let_go_of_stderr() -> None:
    """Where it cannot be written, Python would exit with 120 at its very end, whatever we say."""
    try:
        if sys.stderr:  # None when it was closed from the beginning
            sys.stderr.flush()
    except OSError:
        sys.stderr = None
