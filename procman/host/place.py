"""Where the state of an app is: its folder, `.procman/` in the app's own if nobody says otherwise."""

from __future__ import annotations

import os

from procman import statefolder
from procman.errors import Problem, UserError
from procman.typed import NamedTuple

ROOT, STATE = "PROCMAN_ROOT", "PROCMAN_STATE"
"""What every child of procman has in its environment: the app's folder, and that of its state."""
STORE, APP = "PROCMAN_STORE", "PROCMAN_APP"
"""The URL of a store that is no file of that folder, and what the app is called there."""
OURS = (ROOT, STATE, STORE, APP)
DATABASE = "procman.db"
SOCKET = "control.sock"
"""In that folder, while `procman start` runs the app."""
FILE, KEYS = "procman.yml", (b"state_dir", b"store")

State = tuple[int, int, int, int]


class Store(NamedTuple):
    """A path or a URL, and what the app is called there; in a file there is none but this one. A URL may have
    a password in it."""

    where: str
    app: str = ""


class Said(NamedTuple):
    """What procman.yml says of these places, as written."""

    state_dir: str | None = None
    store: str | None = None
    app: str | None = None


class _Known(NamedTuple):
    state: State
    said: Said
    keys: set[bytes]
    """Those of which this is known."""


_known: dict[str, _Known] = {}


def of(root: str) -> str:
    """The folder of the state of the app in `root`, an absolute path.

    `PROCMAN_STATE` says it, for the app in `PROCMAN_ROOT` or, where that is not set, for every one; else
    `state_dir` in procman.yml does. Both may be relative to the app. Raises `UserError` when the file has
    mistakes because of which that is not known.
    """
    named = _in_environment(root, STATE) or _in_file(os.path.join(root, FILE)).state_dir
    return os.path.abspath(os.path.join(root, os.path.expanduser(named or statefolder.NAME)))


def store(root: str) -> Store:
    """The store of the app in `root`: what `PROCMAN_STORE` says, else `store` in procman.yml, else the file
    in the folder of its state. Raises `UserError` as `of` does, and for what is no URL of a store."""
    variable = _in_environment(root, STORE)
    url = _checked(variable) if variable else _in_file(os.path.join(root, FILE)).store
    return Store(url, app(root)) if url else Store(os.path.join(of(root), DATABASE))


def variables(root: str) -> dict[str, str]:
    """What every child of the app in `root` has in its environment, so that it finds the same places.

    What procman.yml says of the store it reads there: that may have a password in it. Raises `UserError`.
    """
    said = {name: value for name in (STORE, APP) if (value := _in_environment(root, name))}
    if STORE in said:
        _checked(said[STORE])
    return {ROOT: root, STATE: of(root), **said}


def app(root: str) -> str:
    """What the app in `root` is called where several share a store: as somebody says, else as its folder."""
    return named(root) or os.path.basename(os.path.realpath(root)) or "app"


def named(root: str) -> str | None:
    """What somebody says that the app is called: `PROCMAN_APP`, else `app` in procman.yml.

    Only who shares a store needs it: the word is in most files, and YAML takes its time.
    """
    variable = _in_environment(root, APP) or ""
    return variable.strip() or _in_file(os.path.join(root, FILE), b"app").app


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


def _in_environment(root: str, variable: str) -> str | None:
    """What it says of this app."""
    return os.environ.get(variable) if _is(root, os.environ.get(ROOT)) else None


def _checked(url: str) -> str:
    from procman.core.config import storeurl  # few have such a variable

    try:
        return storeurl.read(url)
    except ValueError as error:
        raise UserError([Problem(STORE, None, str(error))]) from None


def _in_file(path: str, *more: bytes) -> Said:
    """What the file says. Few have such keys, and all others are not parsed for them."""
    keys = (*KEYS, *more)
    try:
        state, known = state_of(os.stat(path)), _known.get(path)
        if known and known.state == state and known.keys >= set(keys):
            return known.said
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return Said()
    parsed = any(key in data for key in keys)
    said = _parse(data, path, known) if parsed else Said()
    _known[path] = _Known(state, said, {*keys, b"app"} if parsed else {*keys})
    return said


def _parse(data: bytes, path: str, before: _Known | None) -> Said:
    """While somebody edits the file, and it has mistakes, all stays where it is."""
    from procman.core.config.taskfile import where  # and with it YAML, 20 ms

    try:
        return Said(*where(data, path))
    except UserError:
        if before is None:
            raise
        return before.said
