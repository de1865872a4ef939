"""Where a command takes the arguments that were given to its task or type.

They are the positional parameters of its shell (Shell Command Language, 2.5.1), so no shell ever parses one.
Whoever writes `"$@"`, `$1` and the like says where they belong. Else they go to the last of commands that run
one after the other: a single one, mostly. In any other line they could reach the wrong command or none, so
that takes no arguments.
"""

from __future__ import annotations

import re
from functools import lru_cache

from procman.core.plan import shell
from procman.errors import SpawnError
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from procman.core.plan.shell import Token

ALL = ' "$@"'
SEQUENCE = {"&&", ";", "\n"}
REFUSAL = 'its command does not say where arguments belong: write "$@" there, outside of single quotes'
NOT_EXECUTABLE = 126

PARAMETER = re.compile(r"\$(?:[1-9@*#]|\{[#!]?(?:[1-9][0-9]*|[@*])|\{#[}:%+=?-])")
VANISHING = re.compile(r"(?:\$\w+|\$\{[^}'\"]*\}|\$\([^'\"]*\)|`[^`'\"]*`)+")
"""A word that may turn out to be none: the first argument would be the command."""
PARSING = ("eval", "trap", "alias")
BEFORE_COMMAND = ("exec", "command", "builtin", ".", "source")
OPENING = re.compile(r"\$\(|`")
SHELLS = ("sh", "bash", "dash", "ash", "ksh", "mksh", "zsh", "fish")
IMPLIED = ("shift", "getopts")
"""Builtins that look at the parameters by themselves."""


def accepts(command: str) -> bool:
    """Whether a command of a task or type can be given arguments."""
    return _placed(command) is not None


def placed(command: str) -> str:
    """The line for the shell that has the arguments as its parameters. Raises `SpawnError`."""
    line = _placed(command)
    if line is None:
        raise SpawnError(REFUSAL, NOT_EXECUTABLE)
    return line


@lru_cache(64)
def _placed(command: str) -> str | None:
    try:
        tokens = shell.tokens(command)
        if _uses_parameters(tokens):
            return command
        line = shell.read(tokens)
    except ValueError:
        return None
    if line.compound or not line.ends or not line.commands or {*line.joined} - SEQUENCE:
        return None
    if not _may_have_more([word.text for word in line.commands[-1]]):
        return None
    return command[: line.end] + ALL + command[line.end :]


def _may_have_more(words: list[str]) -> bool:
    """Whether further words of a command are arguments, and not a command or text for a shell."""
    while words and words[0] in BEFORE_COMMAND:
        words = words[1:]
    sure = [word for word in words if not VANISHING.fullmatch(word)]
    return bool(sure) and words[0] not in PARSING and not _is_for_another_shell(words)


def _is_for_another_shell(words: Sequence[str]) -> bool:
    """Whether there is `sh -c` in it: what follows its line begins with `$0`, and is lost mostly."""
    for at, word in enumerate(words):
        if word.strip("'\"").rpartition("/")[2] in SHELLS:
            options = words[at + 1 :]
            while options and options[0][:1] in ("-", "+"):
                if options[0][1:2] != "-" and "c" in options[0]:
                    return True
                options = options[2 if options[0].endswith("o") else 1 :]
    return False


def _uses_parameters(tokens: Sequence[Token]) -> bool:
    """Whether the line itself looks at its parameters, before it sets others (`set --`)."""
    words = ["", "", *(token.text for token in tokens if token.text != "\n")]
    depth, sets = 0, False  # in the body of a function, whose parameters are its own; in a `set --`
    for at, (token, begins) in enumerate(_with_beginnings(tokens)):
        before, text = words[at : at + 2], token.text
        if depth or (text in ("{", "(") and (before == ["(", ")"] or before[0] == "function")):
            depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(text, 0)
        elif _uses(token) or (begins and text in IMPLIED) or (before[0] == "for" and text != "in"):
            return True
        elif token.kind == "operator" and sets:
            return False
        sets = sets or [*before[1:], text] == ["set", "--"]
    return False


def _with_beginnings(tokens: Iterable[Token]) -> Iterator[tuple[Token, bool]]:
    """All but the ends of lines, each with whether a command may begin there."""
    begins = True
    for token in tokens:
        if token.text != "\n":
            yield token, begins
        operator = token.kind == "operator"
        begins = operator or (begins and (token.text in shell.BEFORE_COMMAND or _assigns(token)))


def _assigns(token: Token) -> bool:
    return shell.ASSIGNMENT.match(token.text) is not None


def _uses(token: Token) -> bool:
    """Whether a token has a positional parameter in it that the shell expands."""
    return token.kind in ("word", "document") and _expands(token.text, token.kind == "document")


def _expands(text: str, in_document: bool = False) -> bool:
    at, quoted = 0, in_document
    while at < len(text):
        if PARAMETER.match(text, at):
            return True
        if text[at] == "\\" or text.startswith("$$", at):
            at += 2
        elif text[at] == "'" and not quoted:
            at = text.index("'", at + 1) + 1
        elif opened := OPENING.match(text, at):
            end = shell.closing(text, opened.end(), ")" if opened[0] == "$(" else "`")
            if _expands(text[opened.end() : end - 1]):
                return True
            at = end
        else:
            quoted ^= text[at] == '"' and not in_document
            at += 1
    return False
