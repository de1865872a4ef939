"""The child that watches files. `filewatch` starts it, and reads what it writes (`filechanges`).

Each folder in which files may be that are meant is watched by itself, so that one that is ignored costs
nothing, wherever it lies. When folders come, go or are replaced, all are looked for again, and watched before
the files of those that have come are read: these count as changed, and none gets lost between.

watchfiles' core collects the names of what changes on a thread of its own, and wants to be asked for them.
"""

from __future__ import annotations

import os
import select
import sys
import time
from contextlib import suppress

from procman.core.plan.globs import Globs
from procman.host.filechanges import FAILED, WATCHING, concerning, line, lines
from procman.host.foldertree import files, walk
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from watchfiles._rust_notify import RustNotify

    from procman.host.filechanges import Concerned
    from procman.host.foldertree import Folders

    Changes = set[tuple[int, str]]

STEP_MS = 100
"""Between two looks whether something has changed: ten a second cost a thousandth of a processor."""
BURST_SECONDS = 1.0
"""What goes on for longer is told in parts."""
MODIFIED = 2
"""As against what has come or gone (`watchfiles.Change`)."""
MANY = 1_000
"""Of so many changes the system may have forgotten some (IN_Q_OVERFLOW in inotify(7))."""
LOOKS = 5
"""Folders may come faster than they are looked for; those of the last moment are another burst."""
POLL_DELAY_MS = 300
OUTPUT = 1
TREES = sys.platform == "darwin"
"""Whether the system watches all below a folder by itself, at no cost."""


class Watcher:
    """Watches the files in `root` that are `meant`, with watchers that `make` makes for folders."""

    def __init__(
        self, root: str, meant: Mapping[str, Globs], make: Callable[[list[str]], RustNotify], output: int
    ) -> None:
        self._root = root
        self._meant = meant
        self._make = make
        self._output = output
        self._reader = _Reader(output)
        self._folders: Folders = {}
        """Those that are known."""
        self._watched: Folders = {}
        """Those that `_notify` watches."""
        self._notify: RustNotify | None = None

    def run(self) -> None:
        """Until nobody reads what it writes. Raises `OSError`, and `RuntimeError` from watchfiles."""
        self._look()
        os.write(self._output, line(WATCHING))
        while (changed := self._burst()) is not None:
            os.write(self._output, lines(changed))

    def _burst(self) -> Concerned | None:
        """The files that have changed, once no more do; None when nobody wants to know.

        What concerns nobody, such as a log beside them, makes it no longer.
        """
        found: Concerned = {}
        until = float("inf")
        while time.monotonic() < until:
            changes = self._changes(STEP_MS if found else 0)
            if changes is None:
                return None
            more = concerning(self._meant, self._settled(changes), self._is_folder)
            if found and not more:
                break
            if more and not found:
                until = time.monotonic() + BURST_SECONDS
            for type_, names in more.items():
                found.setdefault(type_, set()).update(names)
        return found

    def _changes(self, timeout: int) -> Changes | None:
        """What has changed; nothing after so many milliseconds (0: never); None when nobody wants to know."""
        assert self._notify
        try:
            found = self._notify.watch(0, STEP_MS, timeout, self._reader)
        except RuntimeError:  # of a name that is not UTF-8; it would say so for ever
            self._watched = {}
            return {(MODIFIED, os.path.join(self._root, name)) for name in self._look()}
        if isinstance(found, str):
            return set() if found == "timeout" else None
        return found

    def _settled(self, changes: Changes) -> set[str]:
        """The names, with those that are in new folders, and without those of folders."""
        names = {self._name(path) for _, path in changes}
        replaced = {self._name(path) for kind, path in changes if kind != MODIFIED} & self._folders.keys()
        for name in replaced:
            self._forget(name)
        if replaced or len(names) >= MANY or any(map(self._may_be_entered, names)):
            names |= self._look()
        return names - replaced

    def _name(self, path: str) -> str:
        return "" if path == self._root else path[len(self._root.rstrip("/")) + 1 :]

    def _is_folder(self, name: str) -> bool:
        return os.path.isdir(os.path.join(self._root, name))

    def _may_be_entered(self, name: str) -> bool:
        return name in self._folders or (self._enters(name) and self._is_folder(name))

    def _enters(self, name: str, is_link: bool = False) -> bool:
        return any(globs.enters(name, is_link) for globs in self._meant.values())

    def _forget(self, folder: str) -> None:
        """It may be another one by now, though of the same number (ext4 takes them up again)."""
        for folders in (self._folders, self._watched):
            for name in [each for each in folders if each == folder or each.startswith(f"{folder}/")]:
                del folders[name]

    def _look(self) -> set[str]:
        """Watch all folders that there are. Gives what has changed meanwhile, files in new ones included."""
        names: set[str] = set()
        for _ in range(LOOKS):
            found = walk(self._root, self._enters)
            if "" not in found:
                raise FileNotFoundError(f"{self._root} is not there, or may not be read")
            if found == self._watched:
                break
            names |= self._watch(found)
        come = [folder for folder, identity in found.items() if self._folders.get(folder) != identity]
        self._folders = found
        return names.union(files(self._root, come))

    def _watch(self, folders: Folders) -> set[str]:
        """Watch these in place of others; the names of what had changed by then."""
        try:
            fresh = self._make([os.path.join(self._root, name) if name else self._root for name in folders])
        except FileNotFoundError:
            return set()  # gone meanwhile: the next look tells
        old, self._notify, self._watched = self._notify, fresh, dict(folders)
        return self._rest(old) if old else set()

    def _rest(self, old: RustNotify) -> set[str]:
        """What one still had to say that is not needed any more."""
        found: Changes | str = set()
        with suppress(RuntimeError):
            found = old.watch(0, 1, 1, None)
        old.close()
        return set() if isinstance(found, str) else {self._name(path) for _, path in found}


class _Reader:
    """Stops waiting when nobody reads the output any more; watchfiles asks at each step."""

    def __init__(self, output: int) -> None:
        self._poll = select.poll()
        self._poll.register(output, 0)

    def is_set(self) -> bool:
        return bool(self._poll.poll(0))


def maker(root: str) -> Callable[[list[str]], RustNotify]:
    """Makes what watches folders. Raises `ImportError`, `OSError` and `RuntimeError`."""
    polling, delay, core = polls(root), _poll_delay_ms(), _core()

    def make(folders: list[str]) -> RustNotify:
        return core([root] if TREES else folders, False, polling, delay, TREES, False)

    return make


def _core() -> type[RustNotify]:
    """watchfiles' core without the package around it, which wants asyncio: 30 ms and 6 MB more."""
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    package = PathFinder.find_spec("watchfiles")
    found = package and PathFinder.find_spec("_rust_notify", package.submodule_search_locations)
    if not found or not found.loader:
        raise ImportError("watchfiles is not installed: pip install watchfiles")
    module = module_from_spec(found)
    found.loader.exec_module(module)
    core: type[RustNotify] = module.RustNotify
    return core


def polls(root: str) -> bool:
    """As watchfiles has it in its variable; WSL does not tell what changes on the disks of Windows."""
    said = os.environ.get("WATCHFILES_FORCE_POLLING", "").lower()
    if said:
        return said not in ("false", "disable", "disabled")
    return "microsoft" in os.uname().release.lower() and root.startswith("/mnt/")


def _poll_delay_ms() -> int:
    said = os.environ.get("WATCHFILES_POLL_DELAY_MS", "")
    return int(said) if said.isdecimal() else POLL_DELAY_MS


def why(error: Exception) -> str:
    """In words, and what to do about it."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = str(error)
    if "watch limit" in text:
        return "too many folders: raise fs.inotify.max_user_watches (sysctl), or take folders out with '!'"
    if "Too many open files" in text:
        return "too many programs watch files: raise fs.inotify.max_user_instances (sysctl)"
    return text


def main(words: Iterable[str]) -> None:
    """`words` are the app's folder, and patterns as `type=pattern`."""
    root, *patterns = words
    meant: dict[str, list[str]] = {}
    for word in patterns:
        type_, _, pattern = word.partition("=")
        meant.setdefault(type_, []).append(pattern)
    try:
        root = os.path.realpath(root)  # macOS tells of what changes by such names
        globs = {type_: Globs(texts) for type_, texts in meant.items()}
        Watcher(root, globs, maker(root), OUTPUT).run()
    except BrokenPipeError:
        pass  # nobody wants to know any more
    except (ImportError, OSError, RuntimeError) as error:
        with suppress(BrokenPipeError):
            os.write(OUTPUT, line(FAILED, why(error)))
