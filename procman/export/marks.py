"""What stands at the top of each exported file: who wrote it, for whom, and what could not be said in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.export.plan import Note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from procman.export.plan import Export, File

XML = "<!--"
UNSAFE = re.compile(r"[^\x20-\x7e\xa1-\U0010ffff]|[\ud800-\udfff\u2028\u2029]")
"""What could end a comment, or move a terminal."""
FIRST_LINES = 3
"""The mark is one of so many: `#!` and `<?xml` go before it."""


def mark(format_: str, app: str) -> str:
    """The words by which a file is known as one of ours."""
    return f"Written by 'procman export {format_}' for the app '{app}'. The next export replaces it."


def is_marked(text: str, format_: str, app: str) -> bool:
    """Whether we have written a file for this app and format."""
    return any(mark(format_, app) in line for line in text.split("\n", FIRST_LINES)[:FIRST_LINES])


def is_ours(text: str) -> bool:
    """Whether procman has written a file, for whatever app and format."""
    lines = text.split("\n", FIRST_LINES)[:FIRST_LINES]
    return any("Written by 'procman export " in line for line in lines)


def marked(export: Export, format_: str, app: str) -> tuple[File, ...]:
    """The files with their mark and notes, those without comments as they are."""
    known = {name for file in export.files for name in file.about}
    first = next((file for file in export.files if file.comment), None)
    return tuple(
        file._replace(
            text=_with_top(file, [mark(format_, app), *sentences(_notes_in(file, export, known, first))])
        )
        if file.comment
        else file
        for file in export.files
    )


def _notes_in(file: File, export: Export, known: set[str], first: File | None) -> Iterator[Note]:
    for note in export.notes:
        if note.about in file.about or (file is first and note.about not in known):
            yield note


def sentences(notes: Iterable[Note]) -> list[str]:
    """Notes as people read them; what is the same of several types or tasks is said once."""
    found: dict[tuple[bool, str, str], list[str]] = {}
    for note in notes:
        found.setdefault((bool(note.about), note.said, note.text), []).append(note.about)
    return [
        sentence(Note(", ".join(dict.fromkeys(abouts)), said, text))
        for (_, said, text), abouts in found.items()
    ]


def sentence(note: Note) -> str:
    """A note as people read it."""
    about = f"{note.about}: " if note.about else ""
    whole = note.text.startswith("is ") or note.text[:1].isupper()
    between = " " if note.text.startswith("is ") else ": " if whole else " has no counterpart: "
    return f"{about}'{note.said}'{between}{note.text}"


def _with_top(file: File, lines: Sequence[str]) -> str:
    """The text with comment lines at its top, behind a first line that has to be the first."""
    first, newline, rest = file.text.partition("\n")
    head = f"{first}{newline}" if first.startswith(("#!", "<?xml")) else ""
    body = rest if head else file.text
    return head + "".join(f"{line}\n" for line in _comments(file.comment, lines)) + body


def _comments(sign: str, lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        safe = UNSAFE.sub("?", line)
        # two hyphens would end a comment of XML (Extensible Markup Language 1.0, 2.5)
        yield f"<!-- {re.sub('-(?=-)', '- ', safe)} -->" if sign == XML else f"{sign} {safe}"
