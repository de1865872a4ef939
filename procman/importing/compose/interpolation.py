"""The `$` of a compose file: a text with references to variables of whoever calls compose.

Compose file reference, Interpolation: `$X`, `${X}`, `${X:-default}`, `${X-default}`, `${X:?message}`,
`${X?message}`, `${X:+other}`, `${X+other}`, one in another; `$$` is a dollar, and so is any other `$`. All of
these mean the same to the shell.
"""

from __future__ import annotations

import re
import shlex
import sys
from typing import TYPE_CHECKING, NamedTuple

from procman.core.config.yamltree import DEPTH
from procman.importing.reading import shells

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

BARE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
BRACED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(:?[-?+])?", re.ASCII)
SPECIAL = re.compile(r'([\\"`$])')
SPECIAL_IN_BRACES = re.compile(r'([\\"`$}])')
SAFE = re.compile(r"[A-Za-z0-9_@%+=:,./-]*")
FIRST_MARK = 0xF0000
"""Of characters that stand for references while words are split; none means anything (Unicode, 23.5)."""
NAME_GOES_ON = re.compile(r"[A-Za-z0-9_]")
NO_QUOTES = re.compile(r"[^'\"\\]*")


class Reference(NamedTuple):
    """A variable; `operator` and `operand` as the shell has them, both empty without one."""

    name: str
    operator: str = ""
    operand: Template = ()


Template = tuple["str | Reference", ...]
"""A text in pieces."""


def read(text: str, depth: int = 0) -> Template:
    """The pieces of a text, within so many braces. Raises `ValueError` for braces with no variable in them,
    without an end, or too many."""
    if depth > DEPTH:
        raise ValueError(f"'${{' is nested more than {DEPTH} levels deep")
    return joined(_pieces(text, depth))


def literal(template: Template) -> str | None:
    """The text, None if something in it is not known."""
    return None if any(isinstance(each, Reference) for each in template) else assumed(template)


def assumed(template: Template) -> str:
    """The text as it is when none of the variables is set."""
    return "".join(each if isinstance(each, str) else _assumed(each) for each in template)


def names(template: Template) -> Iterator[str]:
    """The variables that are asked for."""
    for each in template:
        if isinstance(each, Reference):
            yield each.name
            yield from names(each.operand)


def quoted(template: Template) -> str:
    """A word for the shell, which has this value."""
    text = literal(template)
    return shlex.quote(text) if text is not None else f'"{_inside(template)}"'


def argv(words: Iterable[Template]) -> list[str] | None:
    """The words as texts, None if something in them is not known."""
    found = [literal(word) for word in words]
    return None if None in found else [each for each in found if each is not None]


def line(words: Sequence[Template], split: bool = False) -> str:
    """The line that runs these words. `split`: the shell may split values of variables, as compose did."""
    if (known := argv(words)) is not None:
        return shells.command_of(known)
    if len(words) == 3 and literal(words[0]) in shells.SHELLS and literal(words[1]) == "-c":
        return shells.as_written(_script(words[2]))
    return " ".join(_bare(word) or quoted(word) if split else quoted(word) for word in words)


def words(template: Template) -> tuple[list[Template], bool]:
    """The words of a command that is written as a text, and whether values of variables may be split again.

    Raises `ValueError` for a quote without an end.
    """
    written = "".join(each for each in template if isinstance(each, str))
    free = (chr(each) for each in range(FIRST_MARK, sys.maxunicode) if chr(each) not in written)
    marks: dict[str, str | Reference] = {next(free): each for each in template if isinstance(each, Reference)}
    signs = iter(marks)
    text = "".join(each if isinstance(each, str) else next(signs) for each in template)
    parts = [joined(marks.get(each, each) for each in word) for word in shlex.split(text)]
    return parts, NO_QUOTES.fullmatch(text) is not None


def joined(pieces: Iterable[str | Reference]) -> Template:
    """Pieces as a template: with neighbouring texts in one."""
    merged: list[str | Reference] = []
    run: list[str] = []
    for each in pieces:
        if isinstance(each, str):
            run.append(each)
            continue
        merged += [*(["".join(run)] if run else []), each]
        run = []
    return (*merged, "".join(run)) if run else tuple(merged)


def _pieces(text: str, depth: int) -> Iterator[str | Reference]:
    at = 0
    while at < len(text):
        if text.startswith("$$", at):
            yield "$"
            at += 2
        elif found := BARE.match(text, at):
            yield Reference(found[1])
            at = found.end()
        elif text.startswith("${", at):
            end = _closing(text, at + 2)
            yield _reference(text[at + 2 : end], depth)
            at = end + 1
        else:
            yield text[at]
            at += 1


def _closing(text: str, at: int) -> int:
    depth = 1
    for found in re.compile(r"\$\$|\$\{|\}").finditer(text, at):
        depth += {"${": 1, "}": -1}.get(found[0], 0)
        if not depth:
            return found.start()
    raise ValueError("'${' has no '}'")


def _reference(text: str, depth: int) -> Reference:
    found = BRACED.match(text)
    if not found or (found.end() != len(text) and not found[2]):
        raise ValueError("what stands between '${' and '}' is no variable")
    return Reference(found[1], found[2] or "", read(text[found.end() :], depth + 1))


def _assumed(reference: Reference) -> str:
    return assumed(reference.operand) if reference.operator.endswith("-") else ""


def _inside(template: Template, special: re.Pattern[str] = SPECIAL) -> str:
    """A text between double quotes."""
    written: list[str] = []
    for each in reversed(template):
        if isinstance(each, str):
            written.append(special.sub(r"\\\1", each))
        else:
            written.append(_expansion(each, written[-1] if written else ""))
    return "".join(reversed(written))


def _expansion(reference: Reference, behind: str = "") -> str:
    """A variable as the shell has it between double quotes, in front of what is behind it."""
    if not reference.operator:
        return f"${{{reference.name}}}" if NAME_GOES_ON.match(behind) else f"${reference.name}"
    operand = _inside(reference.operand, SPECIAL_IN_BRACES)
    return f"${{{reference.name}{reference.operator}{operand}}}"


def _bare(template: Template) -> str | None:
    """A word without quotes; None if it needs some."""
    texts = [each for each in template if isinstance(each, str)]
    operands = [assumed(each.operand) for each in template if isinstance(each, Reference)]
    plain = all(SAFE.fullmatch(each) for each in [*texts, *operands])
    return _inside(template) if plain and template else None


def _script(template: Template) -> str:
    """A text for `sh -c`. Between single quotes the shell knows no variables: there they end for a moment."""
    written, quote = "", ""
    for at, each in enumerate(template):
        if isinstance(each, str):
            written += each
            quote = _quote_after(each, quote)
            continue
        behind = template[at + 1] if at + 1 < len(template) else ""
        text = _expansion(each, behind if isinstance(behind, str) else "")
        around = {"'": "'\"{}\"'", '"': "{}"}.get(quote, "{}" if _bare((each,)) else '"{}"')
        written += around.format(text)
    return written


def _quote_after(text: str, quote: str) -> str:
    """Which quote is open behind a piece of a script."""
    skip = False
    for sign in text:
        if skip or (sign == "\\" and quote != "'"):
            skip = not skip
        elif sign == quote:
            quote = ""
        elif sign in "'\"" and not quote:
            quote = sign
    return quote


def cut(template: Template, sign: str) -> list[Template]:
    """The parts of a text between these signs; not of the values of variables."""
    parts: list[list[str | Reference]] = [[]]
    for each in template:
        first, *others = each.split(sign) if isinstance(each, str) else [each]
        parts[-1].append(first)
        parts += [[other] for other in others]
    return [tuple(piece for piece in part if piece != "") for part in parts]
