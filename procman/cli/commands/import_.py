"""`procman import`: a Procfile and a procman.yml made of other tools' files."""

from __future__ import annotations

import os
import shlex
import stat
import sys
from typing import TYPE_CHECKING

from procman.app import accounts, reading
from procman.cli import answers, complaints
from procman.errors import USAGE, Problem, UserError, suggest
from procman.importing import checked, sources, written
from procman.importing.found import Found, Place
from procman.shortages import reason

if TYPE_CHECKING:
    from procman.cli.options import Namespace

STDIN, SHOWN = "-", "standard input"
DOTENV = ".env"
NAMES = ("Procfile", "procman.yml", DOTENV)
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
PRIVATE, PUBLIC = 0o600, 0o644
NOTHING = "nothing was found that procman could run"


def run(options: Namespace) -> int:
    """Print or write what the files say, and tell what could not be carried over. Raises `UserError`."""
    root = os.path.abspath(options.root or os.curdir)
    me = accounts.name_of(os.geteuid())
    found = Found(Place(root, os.path.isdir, os.path.isfile, accounts.may_be, me))
    mistakes = reading.Mistakes()
    paths = [*dict.fromkeys(options.files)]
    for path in paths:
        mistakes.gather(lambda path=path: _read(path, options.from_format, found), None)  # type: ignore[misc]
    mistakes.check()
    found.finish()
    checked.check(found)
    if not (found.processes or found.tasks or found.settings or found.start):
        found.lost.append(Problem("import", None, NOTHING))
    texts = written.texts(found)
    files = dict(zip(NAMES, texts, strict=True))
    files = {name: text for name, text in files.items() if text}
    if options.write:
        _write(root, files, PUBLIC if all(map(_is_public, paths)) else PRIVATE)
    else:
        _print(files)
    complaints.tell(*(f"{each}" for each in found.told()))
    return 0 if files else USAGE


def _is_public(path: str) -> bool:
    """Whether everybody may read it: else what is made of it is not for everybody either."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode if path == STDIN else os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(mode) and bool(mode & stat.S_IROTH)


def _read(path: str, named: str | None, found: Found) -> None:
    shown = SHOWN if path == STDIN else path
    data = sys.stdin.buffer.read() if path == STDIN else reading.read(path, "import")
    if named is not None and named not in sources.SOURCES:
        known = ", ".join(sources.SOURCES)
        near = suggest(named, sources.SOURCES) or f": there are {known}"
        raise UserError([Problem("--from", None, f"no format '{named}'{near}")])
    kind = named or sources.recognise(os.path.abspath(path), data)
    if kind is None:
        known = ", ".join(sources.SOURCES)
        raise UserError([Problem(shown, None, f"it is not clear what this is: say it with --from: {known}")])
    sources.importer(kind).read(data, shown, found.of(shown))


def _print(files: dict[str, str]) -> None:
    for number, (name, text) in enumerate(files.items()):
        answers.say(*[""] * (number > 0), f"# {name}")
        answers.say_text(text)


def _write(root: str, files: dict[str, str], mode: int) -> None:
    """All of them, or none. Raises `UserError`."""
    there = [name for name in files if os.path.lexists(os.path.join(root, name))]
    if there:
        text = "it is there already, and stays as it is: move it away, or name another folder with -d"
        raise UserError(Problem(os.path.relpath(os.path.join(root, name)), None, text) for name in there)
    made: list[str] = []
    try:
        os.makedirs(root, exist_ok=True)
        for name, text in files.items():
            path = os.path.join(root, name)
            with open(os.open(path, NEW, PRIVATE if name == DOTENV else mode), "wb") as file:
                made.append(path)
                file.write(text.encode("utf-8", "surrogateescape"))
    except BaseException as error:
        for path in made:
            os.unlink(path)
        if not isinstance(error, OSError):
            raise
        raise UserError([Problem(root, None, f"cannot be written: {reason(error)}")]) from None
    if made:
        elsewhere = "" if os.path.samefile(root, os.curdir) else f" -d {shlex.quote(os.path.relpath(root))}"
        answers.say(*(f"{os.path.relpath(path)} is written" for path in made))
        answers.say(f"ask 'procman check{elsewhere}' what it means")
