"""The command `procman`: what is typed, to the room that does it."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from contextlib import suppress
from io import TextIOWrapper

from procman import shortages
from procman.cli import parser
from procman.cli.commands import TABLE
from procman.host import guardian
from procman.host.signals import ALL

WITHOUT_FAREWELL = ("start", "scheduler")
"""All that these have to put in order they have: Python would take 5 ms more to take itself apart."""
MODULES = {"import": "import_"}
"""Commands with a name that Python keeps for itself."""
DETACH = "detach"
"""The option of `start`, of which only the command line is asked: by then no file has been read."""
TYPE_CHECKING = False  # as type checkers know it; importing typing would be 1 MB in the guardian for ever
if TYPE_CHECKING:
    from typing import NoReturn

    from procman.cli.options import Namespace
    from procman.cli.parser import Line
    from procman.errors import ProcmanError
    from procman.host.daemon import Detached
    from procman.host.guardian import Guarded


def main() -> None:
    """The entry point of the command. What the system is short of is told, without a traceback."""
    try:
        try:
            _main()
        finally:
            if sys.stdout:  # None when it was closed from the beginning
                sys.stdout.flush()
    except (OSError, MemoryError, ImportError) as error:
        text = shortages.in_words(error)
        if text is None:
            raise
        _last_words(text)
        sys.stdout = None  # Python would try to write what is left, and complain
        sys.exit(1)


def _main() -> None:
    gc.disable()  # all that is made until a command runs is there to stay: looking through it takes 3 ms
    _be_utf8()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a Ctrl-C this early is no reason for a traceback
    _fill_standard_streams()
    if "_ARGCOMPLETE" in os.environ:
        from procman.cli import completing  # 30 ms that only a shell's Tab key waits for

        completing.offer()
    line = parser.read(sys.argv[1:])
    guarded = detached = None
    if line.values.get(DETACH) and line.command == "start" and not line.mistakes:
        detached = _detach(line.command)
    if _supervises(line.command) and not line.mistakes and hasattr(signal, "sigwaitinfo"):
        outcome = guardian.guard(child_has_terminal=line.command == "run")
        if isinstance(outcome, int):
            _end(outcome, line.command)
        guarded = outcome
        guarded.detached = detached
    else:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        code = run(line, guarded)
    finally:
        _let_go_of_stderr()
    _end(code, line.command)


def _detach(command: str) -> Detached:
    """Go on in the background: this process only hears how that went, and ends."""
    from procman.host import daemon  # few starts wait for it

    outcome = daemon.detach()
    if isinstance(outcome, int):
        _end(outcome, command)
    return outcome


def _end(code: int, command: str) -> NoReturn:
    """Exit with the code. Minus the number of a signal is for `run` to die of it, as its command did."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ALL)  # too late to change anything
    if code < 0 and command == "run":
        from procman.host.death import die_of

        die_of(-code)
    code = 128 - code if code < 0 else code
    if command in WITHOUT_FAREWELL:
        _flush()
        os._exit(code)
    sys.exit(code)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # closed, or nobody reads it
            if stream:
                stream.flush()


def _be_utf8() -> None:
    """Files and commands are UTF-8 whatever the locale: start over in Python's UTF-8 mode (PEP 540).

    Else `os.environ`, `sys.argv`, names of files and all that children get would be read and written in the
    locale's encoding. A `-X utf8=0` that somebody typed stays, and ends what would be a loop.
    """
    if sys.getfilesystemencoding() != "utf-8" and "utf8" not in sys._xoptions and sys.executable:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # whatever PYTHONIOENCODING says


def run(line: Line, guarded: Guarded | None) -> int:
    """Do what the line says; the exit code. A user's mistake is told on stderr, without a traceback."""
    from procman.cli import sources
    from procman.errors import ProcmanError

    try:
        return _dispatch(sources.complete(line), guarded)
    except ProcmanError as error:
        _tell(error, as_json=line.command == "check" and line.values.get("json", False))
        return error.exit_code


def _dispatch(options: Namespace, guarded: Guarded | None) -> int:
    """Only the command that is asked for is imported: that is most of the time to start."""
    name = options.command
    if not _supervises(name):
        gc.enable()
    module = MODULES.get(name, name.replace("-", "_"))
    command = importlib.import_module(f"procman.cli.commands.{module}").run
    code: int = command(options, guarded) if _supervises(name) else command(options)
    return code


def _supervises(name: str) -> bool:
    return name in TABLE and TABLE[name].supervises


def _tell(error: ProcmanError, as_json: bool) -> None:
    from procman.cli import answers, complaints
    from procman.errors import UserError

    if as_json and isinstance(error, UserError):
        from procman.cli.commands.check import mistakes

        answers.say_json(mistakes(error))
    else:
        complaints.tell(*error.lines)


def _last_words(text: str) -> None:
    """On stderr, with nothing that would have to be imported or allocated."""
    shown = "".join(each if each.isprintable() else "?" for each in text)
    try:
        os.write(2, f"procman: {shown}\n".encode(errors="backslashreplace"))
    except OSError:
        pass  # nobody is left to tell


def _fill_standard_streams() -> None:
    """A descriptor 0, 1 or 2 that is closed would be taken by the next file that is opened. Python has None
    for such a stream, which no command need know."""
    while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(fd)
    sys.stdout = sys.stdout or os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", encoding="utf-8", closefd=False)


def _let_go_of_stderr() -> None:
    """Where it cannot be written, Python would exit with 120 at its very end, whatever we say."""
    try:
        if sys.stderr:  # None when it was closed from the beginning
            sys.stderr.flush()
    except OSError:
        sys.stderr = None
