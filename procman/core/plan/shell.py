"""A line for the shell, changed so that the stop signal finds the command itself.

The last command takes the shell's place (`exec`), so its pid and its end are those of the child. Where the
shell has to stay for a while or to the end, it traps the stop signal: it waits for the command that runs,
starts nothing more, and ends with that command's code (Shell Command Language, POSIX).

A line is read only as far as needed for that. What is not understood goes to the shell as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache

from procman.typed import NamedTuple

BUILTINS = frozenset(
    ". : [ alias bg break cd command continue echo eval exec exit export false fg getopts hash jobs kill"
    " local printf pwd read readonly return set shift source test times trap true type ulimit umask unalias"
    " unset wait".split()
)
RESERVED = frozenset(
    "! [[ { } case coproc do done elif else esac fi for function if in select then time until while".split()
)
BEFORE_COMMAND = frozenset("! { do elif else if then time until while".split())
"""Reserved words with a command behind them."""
ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
BLANK = re.compile(r"(?:[ \t]|\\\n)+|#[^\n]*")
REDIRECTION = re.compile(r"[0-9]*(?:<>|>>|>\||[<>]&|[<>])(?!<)")
OPERATOR = re.compile(r"&&|\|\||;;|\|&|&>|<<|[;&|()\n]")
PLAIN = re.compile(r"[^\s'\"\\`$;&|()<>]+")
SINGLE_QUOTED = re.compile(r"'[^']*'")

TRAP = "trap 'exit' "
"""What a shell that stays does when it is asked to stop; the name of the signal follows."""


class Token(NamedTuple):
    """A piece of the line: `kind` is "word", "redirection" or "operator"."""

    kind: str
    text: str
    start: int


class Commands(NamedTuple):
    """Where commands begin, as positions in the line. `last` may take the shell's place, if there is one.

    `inner` are the positions behind each `(`; `alone`: the line is a single command and nothing else.
    """

    last: int | None
    inner: tuple[int, ...]
    alone: bool


class Prepared(NamedTuple):
    """A line as `sh -c` gets it. `stays`: the exit code is told by a shell, which says 128+n for signal n."""

    text: str
    stays: bool


@lru_cache(64)  # all processes of a type have the same
def prepare(line: str, stop_signal: str = "TERM") -> Prepared:
    """The line as `sh -c` gets it. `stop_signal` is what asks it to end, as trap(1) calls it.

    A line with a `trap` of its own decides for itself and stays as it is.
    """
    try:
        found = _commands(_tokens(line))
    except ValueError:
        return Prepared(line, stays=True)
    trap = f"{TRAP}{stop_signal}; "
    inserts = [(at, trap) for at in found.inner] if found else []
    if found and found.last is not None:
        inserts.append((found.last, "exec "))
    for at, text in sorted(inserts, reverse=True):
        line = line[:at] + text + line[at:]
    if found is None or found.alone:
        return Prepared(line, stays=found is None)
    return Prepared(trap + line, stays=found.last is None)


def _commands(tokens: list[Token]) -> Commands | None:
    """None when the shell needs no help. Raises `ValueError` for a line that is beyond this reader."""
    words: list[Token] = []
    before = after = ""  # the operators around the last command
    inner: list[int] = []
    begins, compound, target = True, False, False
    for token in tokens:
        if token.kind == "redirection":
            target = True
        elif token.kind == "operator":
            before, after, begins = _operator(token, before, after, begins, inner)
        elif target:
            target = False
        elif begins and not ASSIGNMENT.match(token.text):
            begins = token.text in BEFORE_COMMAND
            compound |= token.text in RESERVED
            words.append(token)
            before, after = after, ""
    if not words or any(word.text == "trap" for word in words):
        return None
    compound |= bool(inner)
    alone = len(words) == 1 and not compound and after in ("", ";", "\n")
    if alone and words[0].text in BUILTINS:
        return None
    tail = before not in ("|", "|&") and after in ("", ";", "\n")
    last = words[-1] if tail and not compound and words[-1].text not in BUILTINS else None
    return Commands(last and last.start, tuple(inner), alone)


def _operator(token: Token, before: str, after: str, begins: bool, inner: list[int]) -> tuple[str, str, bool]:
    arithmetic = token.start and token.start in inner
    if token.text in ("<<", "&>", ";;") or (token.text == "(" and (not begins or arithmetic)):
        raise ValueError(f"'{token.text}' is not read")  # here-documents, functions, patterns, ((
    if token.text == "(":
        inner.append(token.start + 1)
    return before, after if token.text == "\n" and after else token.text, token.text != ")"


def _tokens(line: str) -> list[Token]:
    """The words and operators of a line. Raises `ValueError` for a quote or bracket without an end."""
    tokens: list[Token] = []
    at = 0
    while at < len(line):
        if blank := BLANK.match(line, at):
            at = blank.end()
            continue
        if match := REDIRECTION.match(line, at):
            kind, end = "redirection", match.end()
        elif match := OPERATOR.match(line, at):
            kind, end = "operator", match.end()
        else:
            kind, end = "word", _end_of_word(line, at)
        tokens.append(Token(kind, line[at:end], at))
        at = end
    return tokens


def _end_of_word(line: str, at: int) -> int:
    start = at
    while at < len(line) and (end := _end_of_piece(line, at)) is not None:
        at = end
    if at == start:
        raise ValueError(f"'{line[at]}' is not read")
    return at


def _end_of_piece(line: str, at: int) -> int | None:
    """The end of a quoted, substituted or plain piece of a word; None where the word ends."""
    if line[at] == "\\":
        return min(at + 2, len(line))
    if line[at] == '"':
        return _closing(line, at + 1, '"')
    if line[at] == "`":
        return _closing(line, at + 1, "`")
    if line.startswith(("$(", "${"), at):
        return _closing(line, at + 2, ")" if line[at + 1] == "(" else "}")
    if line[at] == "$":
        return at + 1
    if line[at] == "'" and not SINGLE_QUOTED.match(line, at):
        raise ValueError("a quote has no end")
    match = SINGLE_QUOTED.match(line, at) or PLAIN.match(line, at)
    return match and match.end()


def _closing(line: str, at: int, sign: str) -> int:
    """The position behind the sign that closes what was opened, with what is nested in it passed over."""
    while at < len(line):
        if line[at] == sign:
            return at + 1
        if sign == ")" and line[at] == "(":
            at = _closing(line, at + 1, ")")
        elif line[at] in '\\`$"' or (line[at] == "'" and sign != '"'):
            at = _end_of_piece(line, at) or at + 1
        else:
            at += 1
    raise ValueError(f"'{sign}' is missing")
