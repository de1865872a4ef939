"""Where the state of an app is: its folder, `.procman/` in the app's own if nobody says otherwise."""

from __future__ import annotations

import os

from procman import statefolder
from procman.errors import UserError
from procman.typed import NamedTuple

ROOT, STATE = "PROCMAN_ROOT", "PROCMAN_STATE"
"""What every child of procman has in its environment: the app's folder, and that of its state."""
SOCKET = "control.sock"
"""In that folder, while `procman start` runs the app."""
FILE, KEY = "procman.yml", b"state_dir"

State = tuple[int, int, int, int]


class _Known(NamedTuple):
    state: State
    named: str | None


_known: dict[str, _Known] = {}


def of(root: str) -> str:
    """The folder of the state of the app in `root`, an absolute path.

    `PROCMAN_STATE` says it, for the app in `PROCMAN_ROOT` or, where that is not set, for every one; else
    `state_dir` in procman.yml does. Both may be relative to the app. Raises `UserError` when the file has
    mistakes because of which that is not known.
    """
    named = os.environ.get(STATE)
    if not named or not _is(root, os.environ.get(ROOT)):
        named = _in_file(os.path.join(root, FILE))
    return os.path.abspath(os.path.join(root, os.path.expanduser(named or statefolder.NAME)))


def usual(root: str) -> str:
    """Where it is if nobody says otherwise."""
    return os.path.join(os.path.abspath(root), statefolder.NAME)


def of_running(root: str) -> str:
    """The folder in which a procman that runs the app can be talked to.

    Somebody may have said otherwise since it was started.
    """
    known = of(root)
    return usual(root) if not _has_socket(known) and _has_socket(usual(root)) else known


def has_socket(root: str) -> bool:
    """Whether a procman may be there to talk to; one that was killed leaves its socket behind."""
    return _has_socket(of_running(root))


def _has_socket(folder: str) -> bool:
    return os.path.exists(os.path.join(folder, SOCKET))


def state_of(file: os.stat_result) -> State:
    """A file as it is now: another state is told from it, unless that came within the same 10 ms."""
    return file.st_ino, file.st_size, file.st_mtime_ns, file.st_ctime_ns


def _is(root: str, other: str | None) -> bool:
    """Whether the app is the one of a procman whose child we are, if we are one."""
    return not other or os.path.realpath(root) == os.path.realpath(other)


def _in_file(path: str) -> str | None:
    """What the file says. Few have the key, and all others are not parsed for it."""
    try:
        state, known = state_of(os.stat(path)), _known.get(path)
        if known and known.state == state:
            return known.named
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return None
    named = _parse(data, path, known) if KEY in data else None
    _known[path] = _Known(state, named)
    return named


def _parse(data: bytes, path: str, before: _Known | None) -> str | None:
    """While somebody edits the file, and it has mistakes, the state stays where it is."""
    from procman.core.config.taskfile import state_dir  # and with it YAML, 20 ms

    try:
        return state_dir(data, path)
    except UserError:
        if before is None:
            raise
        return before.named
