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
QUOTES = re.compile(r"['\"\\]")
SINGLE_QUOTED = re.compile(r"'[^']*'")

TRAP = "trap 'exit' "
"""What a shell that stays does when it is asked to stop; the name of the signal follows."""


class Token(NamedTuple):
    """A piece of the line: `kind` is "word", "redirection" or "operator"; of a here-document that is expanded
    "document", of another one "quoted"."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """The position behind it."""
        return self.start + len(self.text)


class Line(NamedTuple):
    """What a line consists of. `commands` are its simple commands, each its words without assignments.

    `joined` are the operators between them, `after` is the one behind the last; `inner` are the positions
    behind each `(`. `compound`: there is more structure than operators tell. The last command ends at `end`.
    """

    commands: tuple[tuple[Token, ...], ...]
    joined: tuple[str, ...]
    after: str
    inner: tuple[int, ...]
    compound: bool
    end: int

    @property
    def ends(self) -> bool:
        """Whether the shell is done when the last command is."""
        return self.after in ("", ";", "\n")


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
        found = read(tokens(line))
    except ValueError:
        return Prepared(line, stays=True)
    if _decides_for_itself(found):
        return Prepared(line, stays=True)
    trap = f"{TRAP}{stop_signal}; "
    inserts = [(at, trap) for at in found.inner]
    last = _replaces_shell(found)
    if last is not None:
        inserts.append((last, "exec "))
    alone = _is_alone(found)
    for at, text in sorted(inserts, reverse=True):
        line = line[:at] + text + line[at:]
    return Prepared(line if alone else trap + line, stays=last is None)


def _decides_for_itself(line: Line) -> bool:
    """Whether the shell needs no help."""
    names = [words[0].text for words in line.commands]
    return not names or "trap" in names or (_is_alone(line) and names[0] in BUILTINS)


def _is_alone(line: Line) -> bool:
    """Whether it is a single command and nothing else."""
    return len(line.commands) == 1 and not line.compound and line.ends


def _replaces_shell(line: Line) -> int | None:
    """Where the last command begins, if it may take the shell's place."""
    last = line.commands[-1][0]
    piped = line.joined[-1:] in (("|",), ("|&",))
    return None if piped or line.compound or not line.ends or last.text in BUILTINS else last.start


def read(found: list[Token]) -> Line:
    """What the tokens of a line say. Raises `ValueError` for a line that is beyond this reader."""
    commands: list[list[Token]] = []
    joined: list[str] = []
    after = ""
    inner: list[int] = []
    begins, compound, target, end = True, False, False, 0
    for token in found:
        if token.kind == "redirection":
            target = True
            continue
        if token.kind == "operator":
            after, begins = _operator(token, after, begins, inner)
            continue
        if target:
            target = False
        elif begins and not ASSIGNMENT.match(token.text):
            begins = token.text in BEFORE_COMMAND
            compound |= token.text in RESERVED
            joined += [after] if commands else []
            commands.append([token])
            after = ""
        elif not begins and commands:
            commands[-1].append(token)
        if not after:
            end = token.end
    if target:
        raise ValueError("a redirection goes nowhere")
    return Line(tuple(map(tuple, commands)), tuple(joined), after, tuple(inner), compound or bool(inner), end)


def _operator(token: Token, after: str, begins: bool, inner: list[int]) -> tuple[str, bool]:
    arithmetic = token.start and token.start in inner
    if token.text in ("<<", "&>", ";;") or (token.text == "(" and (not begins or arithmetic)):
        raise ValueError(f"'{token.text}' is not read")  # here-documents, functions, patterns, ((
    if token.text == "(":
        inner.append(token.start + 1)
    return after if token.text == "\n" and after else token.text, token.text != ")"


def tokens(line: str) -> list[Token]:
    """The words and operators of a line. Raises `ValueError` for a quote or bracket without an end."""
    found: list[Token] = []
    documents: list[Token] = []  # their ends, as words behind `<<`
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
        found.append(Token(kind, line[at:end], at))
        if kind == "word" and found[-2:-1] and found[-2].text == "<<":
            documents.append(found[-1])
        at = end
        if found[-1].text == "\n":
            for ends in documents:
                kind = "quoted" if QUOTES.search(ends.text) else "document"
                found.append(Token(kind, line[at : _end_of_document(line, at, ends.text)], at))
                at = found[-1].end
            documents = []
    return found


def _end_of_document(line: str, at: int, word: str) -> int:
    """The position behind the last line of a here-document, which is this word (`<<-`: behind tabs)."""
    tabs = "\t*" * word.startswith("-")
    last = re.escape(QUOTES.sub("", word.removeprefix("-")))
    match = re.compile(f"^{tabs}{last}$", re.MULTILINE).search(line, at)
    return match.end() if match else len(line)


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
        if at + 2 > len(line):
            raise ValueError("a backslash ends the line")
        return at + 2
    if line[at] == '"':
        return closing(line, at + 1, '"')
    if line[at] == "`":
        return closing(line, at + 1, "`")
    if line.startswith(("$(", "${"), at):
        return closing(line, at + 2, ")" if line[at + 1] == "(" else "}")
    if line[at] == "$":
        return at + 1
    if line[at] == "'" and not SINGLE_QUOTED.match(line, at):
        raise ValueError("a quote has no end")
    match = SINGLE_QUOTED.match(line, at) or PLAIN.match(line, at)
    return match and match.end()


def closing(line: str, at: int, sign: str) -> int:
    """The position behind the sign that closes what was opened, with what is nested in it passed over."""
    while at < len(line):
        if line[at] == sign:
            return at + 1
        if sign == ")" and line[at] == "(":
            at = closing(line, at + 1, ")")
        elif line[at] in '\\`$"' or (line[at] == "'" and sign != '"'):
            at = _end_of_piece(line, at) or at + 1
        else:
            at += 1
    raise ValueError(f"'{sign}' is missing")
