r"""How supervisord reads its file, and so how each value has to be written there.

It goes through several hands (supervisor 4.3: options.py, datatypes.py, process.py): configparser, for which
a `;` or `#` behind a blank begins a comment; in an included file `%(here)s`, which is replaced even where the
`%` is doubled; `%` expansion as in Python; then of a command shlex.split, and of `environment` a shlex that
knows quotes, but no way to have both kinds of them in a value.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.errors import Problem, UserError
from procman.export import shell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HERE = "%(here)s"
COMMENT = re.compile(r"(?<![\x21-\x7e])[;#]")
"""What begins a comment. In another encoding a letter may be a blank, so only ASCII counts as a letter."""
NOT_TEXT = re.compile(r"[\0\r\ud800-\udfff]")
"""Carriage returns are ends of lines for Python, and other bytes than UTF-8 none that it reads."""
NAME = re.compile(r"[A-Za-z0-9_/.+():-]+", re.ASCII)
"""Of a variable in `environment` (supervisor.datatypes.dict_of_key_value_pairs)."""
INDENT = "    "


def value(text: str) -> str:
    """The value of an option as it is. Raises `UserError` for what cannot stand there."""
    if not holds(text):
        raise _wrong(f"the text {text!r} cannot stand in a file of supervisord: use a simpler one")
    return text.replace("%", "%%")


def holds(text: str) -> bool:
    """Whether a text can be the value of an option."""
    bad = NOT_TEXT.search(text) or COMMENT.search(text) or "\n" in text or HERE in text
    return bool(text) and text == text.strip() and not bad


def path_of_log(text: str) -> str:
    """The same of `stdout_logfile`, which is expanded twice."""
    return value(text).replace("%", "%%")


def command(words: Sequence[str]) -> str:
    """The words of a command. What would be read as something else begins behind a quote of its own; so a
    command may have several lines, and each keeps its blanks."""
    text = " ".join(map(shell.word, words))
    if NOT_TEXT.search(text):
        raise _wrong("a command or path has a carriage return or is not UTF-8, which supervisord cannot read")
    text = COMMENT.sub(r"''\g<0>", text).replace(HERE, "%''(here)s")
    return text.replace("\n", f"''\n{INDENT}''").replace("%", "%%")


def environment(variables: Mapping[str, str]) -> str:
    """The value of `environment`: a variable a line. Those in `encoded` are written for printf(1), `%b`."""
    hard = encoded(variables)
    return ",".join(
        f"\n{INDENT}{_name(name)}={_quoted(_escaped(text) if name in hard else text)}"
        for name, text in variables.items()
    ).replace("%", "%%")


def encoded(variables: Mapping[str, str]) -> tuple[str, ...]:
    """The variables with a value that `environment` cannot hold as it is."""
    return tuple(name for name, text in variables.items() if not _is_plain(text))


def decoding(name: str) -> str:
    """What the shell does to have such a value; the letter behind it saves its last newlines."""
    if not shell.NAME.fullmatch(name):
        raise _wrong(f"the value of {name!r} cannot stand in a file of supervisord, nor the name in a shell")
    return f'{name}=$(printf %bx "${name}") {name}=${{{name}%x}}'


def _is_plain(text: str) -> bool:
    if NOT_TEXT.search(text) or COMMENT.search(f"'{text}") or "\n" in text or HERE in text:
        return False
    # quotes of either kind are stripped off both ends, too
    return not ('"' in text and "'" in text) and text == text.strip("'\"")


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'


def _escaped(text: str) -> str:
    """With what supervisord or printf(1) would read as something else as `\\0ddd`, byte by byte."""
    data = text.encode("utf-8", "surrogateescape")
    return "".join(chr(each) if _may_stand(each) else f"\\0{each:03o}" for each in data)


def _may_stand(byte: int) -> bool:
    return 0x20 <= byte < 0x7F and chr(byte) not in "\\'\"%;#"


def _name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise _wrong(f"the name of the variable {name!r} cannot stand in a file of supervisord: change it")
    return name


def _wrong(text: str) -> UserError:
    return UserError([Problem("supervisord", None, text)])
