"""The folder that an export goes to: what is there, and what would change.

A file there is ours if its mark says so, or if it is listed in the marked `.procman-export` of its folder,
for some formats have files without comments. Only such files are replaced and removed.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from procman.errors import Problem, UserError
from procman.export import marks
from procman.export.plan import File
from procman.shortages import reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MANIFEST = ".procman-export"
MOST_READ = 1 << 20
"""Bytes of a file that may be ours: none that we have written is larger."""


class Owner(NamedTuple):
    """Whose files are ours."""

    format: str
    app: str


class Change(NamedTuple):
    """What a file is before and after; None where there is none."""

    path: str
    before: str | None
    after: str | None
    mode: int
    mode_before: int | None = None

    @property
    def is_one(self) -> bool:
        """Whether anything changes."""
        return self.before != self.after or (self.after is not None and self.mode_before != self.mode)


def with_manifests(files: Sequence[File], owner: Owner) -> tuple[File, ...]:
    """The files, and for each folder among them a list of what we have written there."""
    folders: dict[str, list[str]] = {}
    for file in files:
        top, slash, rest = file.path.partition("/")
        if slash:
            folders.setdefault(top, []).append(rest)
    first = f"# {marks.mark(*owner)}\n"
    lists = (
        File(f"{top}/{MANIFEST}", first + "".join(f"{path}\n" for path in paths))
        for top, paths in folders.items()
    )
    return (*files, *lists)


def changes(folder: str, files: Sequence[File], owner: Owner, force: bool) -> list[Change]:
    """What writing these files changes in the folder: new, other and removed ones.

    Raises `UserError` with each file that is there and not ours, unless it may be replaced by `force`.
    """
    files = with_manifests(files, owner)
    ours = set(_ours(folder, owner))
    problems: list[Problem] = []
    found: list[Change] = []
    for file in files:
        path = os.path.join(folder, *file.path.split("/"))
        before, mode = _read(path)
        if before is not None and file.path not in ours and not force:
            problems.append(Problem(path, None, _foreign(before, owner)))
        found.append(Change(path, before, file.text, file.mode, mode))
    if problems:
        raise UserError(problems)
    for gone in sorted(ours - {file.path for file in files}):
        path = os.path.join(folder, *gone.split("/"))
        before, mode = _read(path)
        found.append(Change(path, before, None, 0, mode))
    return [change for change in found if change.is_one]


def _foreign(text: str, owner: Owner) -> str:
    whose = "another app or format" if marks.is_ours(text) else "somebody else"
    return (
        f"it was written by {whose}, not by 'procman export {owner.format}' for '{owner.app}':"
        " move it away, name another app with -a, or replace it with --force"
    )


def _ours(folder: str, owner: Owner) -> Iterator[str]:
    """The paths of all files there that we have written, for this app and format."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise UserError([Problem(folder, None, "this is a file: name a folder for the files")]) from None
    except OSError as error:
        raise UserError([Problem(folder, None, f"cannot be read: {reason(error)}")]) from None
    for entry in entries:
        if entry.is_file() and marks.is_marked(_beginning(entry.path), *owner):
            yield entry.name
        elif entry.is_dir():
            text = _beginning(os.path.join(entry.path, MANIFEST))
            if marks.is_marked(text, *owner):
                yield from (f"{entry.name}/{path}" for path in [MANIFEST, *_listed(text, entry.path)])


def _listed(text: str, folder: str) -> Iterator[str]:
    """What a list names that is there, and below its folder."""
    for line in text.splitlines()[1:]:
        if ".." not in line.split("/") and not line.startswith("/") and os.path.isfile(f"{folder}/{line}"):
            yield line


def _beginning(path: str) -> str:
    return _read(path, quiet=True)[0] or ""


def _read(path: str, quiet: bool = False) -> tuple[str | None, int | None]:
    """Text and mode of a file; None where there is none. Raises `UserError`."""
    try:
        with open(path, "rb", opener=_opened) as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            return file.read(MOST_READ).decode("utf-8", "surrogateescape"), mode
    except FileNotFoundError:
        return None, None
    except OSError as error:
        if quiet:
            return None, None
        raise UserError([Problem(path, None, f"cannot be read: {reason(error)}")]) from None


def _opened(path: str, flags: int) -> int:
    """A descriptor for what can be read to its end: nobody may ever write into a pipe."""
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError("it is no file")


def diff(found: Sequence[Change]) -> Iterator[str]:
    """The changes as diff(1) writes them (-u), line by line."""
    import difflib  # only who asks for a diff waits for it

    for change in found:
        before = "/dev/null" if change.before is None else change.path
        after = "/dev/null" if change.after is None else change.path
        lines = difflib.unified_diff(
            (change.before or "").splitlines(), (change.after or "").splitlines(), before, after, lineterm=""
        )
        told = [*lines] or [f"--- {before}", f"+++ {after}"]
        yield from told
        if None not in (change.before, change.after) and change.mode_before != change.mode:
            yield f"mode {change.mode_before or 0:o} -> {change.mode:o}"
