"""What to do about text that YAML cannot read: most often, put a value in quotes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from yaml import MarkedYAMLError
    from yaml.error import Mark

UNQUOTED = re.compile(
    r"""\s*+(?P<before>(?:-\s+)*(?:[^\s#'"*&!|>%@`{\[-][^#'"{\[]*?:\s+|-\s+))"""
    r"""(?P<value>(?!\*[\w-]+\s*(?:\#|$))[*@%`].*)"""
)
"""A line whose value starts with a character that YAML keeps for itself; `*name` alone is an alias."""
BLOCK = re.compile(r"(?P<indent>\s*+).*[:-]\s+[|>][-+0-9]*(?:\s+#.*)?")
"""A line below which a block of text starts, in which everything is allowed."""
COMMENT = re.compile(r"\s#")
RESERVED = {"*": "YAML takes an unquoted '*' for an alias"} | {
    character: f"YAML does not let an unquoted value start with '{character}'" for character in "@%`"
}
TEXTS = {
    "mapping values are not allowed": "a second ': ' in one value, or a wrong indentation: quote the value,"
    " or indent the line like its neighbours",
    "unexpected end of stream": "a quote has no end: write one, or take the first away",
    "expected alphabetic or numeric": f"{RESERVED['*']}: quote the value",
    "could not find expected ':'": "expected 'key: value'",
    "did not find expected key": "expected 'key: value': is the line indented like its neighbours,"
    " or is there text behind a value?",
    "expected <document start>": "text behind the end: is the line indented like the first one?",
}
"""Part of what PyYAML says, and what it should say."""


def of(text: str, error: MarkedYAMLError) -> dict[int | None, str]:
    """What is wrong with the text, by line: unquoted values, and the mistake where YAML gave up."""
    lines = text.splitlines() or [""]
    found: dict[int | None, str] = dict(_unquoted(lines))
    mark = error.problem_mark
    if "end of stream" in (error.problem or "") and error.context_mark:
        mark = error.context_mark
    line = min(mark.line + 1, len(lines)) if mark else None
    if line not in found:
        found[line] = _hint(lines, error.problem or str(error), mark)
    return found


def _unquoted(lines: list[str]) -> Iterator[tuple[int, str]]:
    """The lines whose value must be quoted, with the line as it should be."""
    block: int | None = None
    for number, line in enumerate(lines, start=1):
        indent = len(line) - len(line.lstrip())
        if block is not None and (indent > block or not line.strip()):
            continue
        starts = BLOCK.fullmatch(line)
        block = len(starts["indent"]) if starts else None
        if match := UNQUOTED.fullmatch(line):
            value = COMMENT.split(match["value"], maxsplit=1)[0].rstrip()
            yield number, f"{RESERVED[value[0]]}: quote it: {match['before']}{_quote(value)}"


def _quote(value: str) -> str:
    if '"' in value or "\\" in value:
        return "'" + value.replace("'", "''") + "'"
    return f'"{value}"'


def _hint(lines: list[str], problem: str, mark: Mark | None) -> str:
    at = lines[mark.line][mark.column : mark.column + 1] if mark and mark.line < len(lines) else ""
    if "cannot start any token" in problem:
        if at == "\t":
            return "a tab: YAML indents with spaces only"
        if at in RESERVED:
            return f"{RESERVED[at]}: quote it"
    known = (hint for part, hint in TEXTS.items() if part in problem)
    return next(known, f"not YAML: {problem}")
