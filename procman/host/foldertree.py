"""The folders of an app in which files may be that are meant, each once, and no others."""

from __future__ import annotations

import os
from collections import deque
from contextlib import suppress

from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from procman.core.messages import FileId

    Enters = Callable[[str, bool], bool]
    """Whether to go into a folder of this relative name; whether that is a symlink."""
    Folders = dict[str, FileId]
    """By relative name; that of the root is ""."""


def walk(root: str, enters: Enters) -> Folders:
    """Those that there are and may be read. A link stands behind what is no link, so that a folder with two
    names has its own."""
    found: Folders = {}
    seen: set[FileId] = set()
    folders, links = deque([""]), deque[str]()
    while folders or links:
        name = (folders or links).popleft()
        with suppress(OSError):  # gone meanwhile, or not ours to read
            status = os.stat(os.path.join(root, name))
            identity = (status.st_dev, status.st_ino)
            if identity not in seen:
                for below, is_link in _below(root, name, enters):
                    (links if is_link else folders).append(below)
                seen.add(identity)
                found[name] = identity
    return found


def files(root: str, folders: Iterable[str]) -> Iterator[str]:
    """The relative names of all that is in these and is no folder."""
    for folder in folders:
        with suppress(OSError), os.scandir(os.path.join(root, folder)) as entries:
            yield from (os.path.join(folder, entry.name) for entry in entries if not entry.is_dir())


def _below(root: str, folder: str, enters: Enters) -> list[tuple[str, bool]]:
    """The folders in a folder to go into, and whether each is a link. Raises `OSError`."""
    with os.scandir(os.path.join(root, folder)) as entries:
        found = [(os.path.join(folder, each.name), each.is_symlink()) for each in entries if each.is_dir()]
    return [(name, is_link) for name, is_link in found if enters(name, is_link) and _is_utf8(name)]


def _is_utf8(name: str) -> bool:
    """Others the library cannot watch."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
