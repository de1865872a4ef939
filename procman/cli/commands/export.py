"""`procman export`: the app as files for another supervisor, printed or written."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

from procman.cli import answers, complaints, exporting
from procman.errors import Problem, UserError, suggest
from procman.export import folder as folders
from procman.export import formats, marks, templates, writing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.cli.options import Namespace
    from procman.export.plan import Export, File

MOST = 20
"""Files that are told one by one."""


def run(options: Namespace) -> int:
    """Print or write the files; what could not be said goes to stderr. Raises `UserError`."""
    name, folder = _asked_for(options.words)
    plan = exporting.plan(options, folder)
    module = formats.exporter(name)
    export = module.export(plan, templates.renderer(name, module.FILTERS, exporting.folders(options, name)))
    if not formats.FORMATS[name].whole:
        more = exporting.start_notes(options, bool(export.scheduled))
        labels = exporting.label_notes(plan, export.scheduled)
        export = export._replace(notes=(*export.notes, *more, *labels))
    notes = marks.sentences(export.notes)
    if options.strict and notes:
        raise UserError(Problem(name, None, note) for note in notes)
    files = marks.marked(export, name, plan.app)
    if folder is None:
        _print(files)
    else:
        _write(files, folder, folders.Owner(name, plan.app), options)
    complaints.tell(*options.doubts)
    complaints.tell(*(f"{name}: {note}" for note in notes))
    if folder is not None and not options.diff:
        _tell_then(export)
    return 0


def _asked_for(words: list[str]) -> tuple[str, str | None]:
    """The format, and the folder if there is one."""
    known = ", ".join(formats.FORMATS)
    if not words:
        raise UserError([Problem("export", None, f"say which format: {known}")])
    name, *rest = words
    if name not in formats.FORMATS:
        near = suggest(name, formats.FORMATS) or f": there are {known}"
        raise UserError([Problem("export", None, f"no format '{name}'{near}")])
    if len(rest) > 1:
        raise UserError([Problem("export", None, f"there is one word too many, '{rest[1]}'")])
    return name, os.path.abspath(rest[0]) if rest else None


def _print(files: tuple[File, ...]) -> None:
    """One file as it is; several with their names above them."""
    for file in files:
        if len(files) > 1:
            answers.say(f"==> {file.path} <==")
        answers.say_text(file.text)


def _write(files: tuple[File, ...], folder: str, owner: folders.Owner, options: Namespace) -> None:
    changes = folders.changes(folder, files, owner, options.force)
    if options.diff:
        answers.say(*folders.diff(changes))
        return
    writing.write(changes, folder)
    answers.say(*(_told_by_folder(changes, folder) if len(changes) > MOST else map(_told, changes)))
    if not changes:
        answers.say("nothing has changed")


def _told(change: folders.Change) -> str:
    return f"{os.path.relpath(change.path)} is {_done(change)}"


def _told_by_folder(changes: list[folders.Change], folder: str) -> Iterator[str]:
    """A line for all that has become of what is in a folder."""
    found: dict[str, list[str]] = {}
    for change in changes:
        top = os.path.relpath(change.path, folder).partition(os.sep)[0]
        found.setdefault(os.path.relpath(os.path.join(folder, top)), []).append(_done(change))
    for path, done in found.items():
        counts = (f"{count} {word}" for word, count in Counter(done).items())
        yield f"{path}: {', '.join(counts)}"


def _done(change: folders.Change) -> str:
    if change.after is None:
        return "removed"
    return "written" if change.before is None else "changed"


def _tell_then(export: Export) -> None:
    if export.then:
        answers.say("", "then:", *(f"  {line}" for line in export.then))
