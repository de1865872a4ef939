"""Texts of process-compose: what it replaces when it loads its file is left to the shell.

`${X}`, `${X:-default}` are variables, `$$` is a dollar, any other `$` stays; in a command, a folder and a
probe `{{.X}}` is one of `vars` (Configuration in its documentation; src/loader/loader.go).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from procman.importing.reading import words
from procman.importing.reading.words import Shell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from procman.importing.reading.words import Word

DOLLAR = re.compile(r"\$\$|\$\{")
BRACES = re.compile(r"\$\{|\}")
POSIX = re.compile(r"\$\{(\w+)(?:(?::?[-?+]|%%?|##?)[^\"`\\]*)?\}|\$\{#\w+\}", re.ASCII)
"""What /bin/sh knows, without what it would run or unquote in the word behind the sign."""
TEMPLATE = re.compile(r"\{\{((?:\"(?:[^\"\\]|\\.)*\"|`[^`]*`|[^\"`{]|\{(?!\{))*?)\}\}", re.DOTALL)
NAMED = re.compile(r"\s*\.(\w+)\s*")
STRING = re.compile(r"\s*(?:\"((?:[^\"\\]|\\.)*)\"|`([^`]*)`)\s*", re.DOTALL)
REPLICA = "PC_REPLICA_NUM"
BASH = re.compile(
    r"\[\[|(?<!\$)\(\(|<<<|&>|\|&|[<>]\(|\$'|\$\{!|\$\{\w+(?:[/^,@\[]|:[0-9 ])"
    r"|(?<!\$)\{[^{}\s]*(?:,|\.\.)[^{}\s]*\}"
    r"|(?:^|[;&|(\s])(?:source|function|declare|local|let|shopt|select|pushd|popd|mapfile|readarray|typeset)\s"
    r"|\w\+=|\w=\(|\becho\s+-[neE]|pipefail|\$\{?(?:RANDOM|BASH\w*|SECONDS|HOSTNAME|E?UID)\b|\*\*/"
)
"""Signs of what bash knows and /bin/sh need not know."""


class Context(NamedTuple):
    """`expands`: `${X}` is replaced. `replicas`: of the process; `vars`: by name, as text."""

    expands: bool = True
    templates: bool = True
    replicas: int = 1
    vars: Mapping[str, str] = {}


def plain(text: str, context: Context) -> Word:
    """A value, in which templates mean nothing. Raises `ValueError` for what the shell cannot say."""
    return tuple(_expanded(text)) if context.expands else (text,)


def rendered(text: str, context: Context) -> Word:
    """A text in which templates are replaced, too. Raises `ValueError`."""
    word = plain(text, context)
    if not context.templates:
        return word
    return tuple(
        piece for each in word for piece in (_rendered(each, context) if isinstance(each, str) else (each,))
    )


def script(word: Word) -> str:
    """A text for the shell, which is to know its expansions also where single quotes are around them."""
    written, quote = "", ""
    for each in word:
        if isinstance(each, str):
            written += each
            quote = _quote_after(each, quote)
        else:
            written += f"'\"{each.text}\"'" if quote == "'" else each.text
    return written


def names(word: Word) -> set[str]:
    """The variables that process-compose itself would have put in."""
    found = (POSIX.fullmatch(each.text) for each in word if isinstance(each, Shell))
    return {each[1] for each in found if each and each[1]}


def _expanded(text: str) -> Iterator[str | Shell]:
    at = 0
    for found in DOLLAR.finditer(text):
        if found.start() < at:
            continue
        yield text[at : found.start()]
        if found[0] == "$$":
            yield "$"
            at = found.end()
            continue
        at = _closing(text, found.end())
        reference = text[found.start() : at]
        if not POSIX.fullmatch(reference):
            raise ValueError("what stands between '${' and '}' is more than the shell can say")
        yield Shell(reference)
    yield text[at:]


def _closing(text: str, at: int) -> int:
    depth = 1
    for found in BRACES.finditer(text, at):
        depth += 1 if found[0] == "${" else -1
        if not depth:
            return found.end()
    raise ValueError("'${' has no '}'")


def _rendered(text: str, context: Context) -> Iterator[str | Shell]:
    at = 0
    for found in TEMPLATE.finditer(text):
        yield text[at : found.start()]
        yield _value(found[1], context)
        at = found.end()
    yield text[at:]


def _value(inside: str, context: Context) -> str | Shell:
    if string := STRING.fullmatch(inside):
        return string[2] or re.sub(r"\\(.)", r"\1", string[1] or "", flags=re.DOTALL)
    named = NAMED.fullmatch(inside)
    if named and named[1] == REPLICA:
        return words.instance(0) if context.replicas > 1 else "0"
    if not named:
        raise ValueError("what stands between '{{' and '}}' is more than a name of 'vars'")
    if named[1] not in context.vars:
        raise ValueError(f"{{{{.{named[1]}}}}} is no name of 'vars' with a value")
    return context.vars[named[1]]


def _quote_after(text: str, quote: str) -> str:
    """Which quote is open behind a piece of a script."""
    escaped = False
    for sign in text:
        if escaped:
            escaped = False
        elif sign == "\\" and quote != "'":
            escaped = True
        elif sign == quote:
            quote = ""
        elif sign in "'\"" and not quote:
            quote = sign
    return quote
