"""How units of systemd hold any text: systemd.syntax(7), systemd.unit(5) for `%`, systemd.service(5) for `$`,
systemd.exec(5) for environment files. What they cannot hold is a `UserError`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Iterable

PLAIN = re.compile(r"[A-Za-z0-9_@+=:,./-]+")
CALLED = re.compile(r"[A-Za-z0-9_/]" + PLAIN.pattern)
"""A program that needs no quotes: what stands in front of one may be a prefix, as in `-/bin/true`."""
SPECIAL = re.compile(r'[\x01-\x1f\x7f"\\]')
ESCAPES = {"\n": r"\n", "\t": r"\t", '"': r"\"", "\\": r"\\"}
CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
REFUSED = re.compile(
    r"[\0\ud800-\udfff\ufdd0-\ufdef]|["
    + "".join(chr(n << 16 | 0xFFFE) + chr(n << 16 | 0xFFFF) for n in range(17))
    + "]"
)
"""Signs that systemd takes for no text: NUL, bytes that are not UTF-8, and what Unicode has for no use."""
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def word(text: str) -> str:
    """One word of a command line, for ExecStart= and its like."""
    return _quoted(_held(text, "a command").replace("%", "%%").replace("$", "$$"))


def words(texts: Iterable[str]) -> str:
    """A program and its words, for ExecStart=. systemd itself calls no path with quotes or `$` in it."""
    program, *rest = texts
    called = [program] if CALLED.fullmatch(program) else ["/bin/sh", "-c", 'exec "$0" "$@"', program]
    return " ".join(map(word, [*called, *rest]))


def setting(value: str) -> str:
    """One word of a setting that takes several, such as Environment=."""
    return _quoted(_held(value, "a setting").replace("%", "%%"))


def assignment(name: str, value: str) -> str:
    """A line of an environment file."""
    held = _held(value, f"the variable {name}")
    return f'{name}="' + re.sub(r'["\\`$]', r"\\\g<0>", held) + '"'


def text(value: str) -> str:
    """A line for people."""
    line = CONTROLS.sub(" ", _held(value, "a description")).replace("%", "%%")
    return re.sub(r"\\$", r"\\ ", line)  # else it would go on in the next line


def path(value: str) -> str:
    """A path that is all of a setting."""
    if CONTROLS.search(value) or value != value.strip(" ") or value.endswith("\\"):
        raise _refusal(f"the path {value!r} has signs that systemd cannot take: use another folder")
    return _held(value, "a path").replace("%", "%%")


def pattern(value: str) -> str:
    """A path of EnvironmentFile=, which is read as a pattern (glob(7))."""
    return re.sub(r"[\\*?[]", r"\\\g<0>", path(value))


def seconds(value: float) -> str:
    """A time, as systemd.time(7) has it; never 0, which would mean without end."""
    return f"{max(value, 1e-6):.6f}".rstrip("0").rstrip(".")


def _quoted(text: str) -> str:
    if PLAIN.fullmatch(text):
        return text
    return '"' + SPECIAL.sub(lambda match: ESCAPES.get(match[0], f"\\x{ord(match[0]):02x}"), text) + '"'


def _held(value: str, what: str) -> str:
    if found := REFUSED.search(value):
        raise _refusal(f"{what} has a sign that systemd takes for no text: U+{ord(found[0]):04X}")
    return value


def _refusal(sentence: str) -> UserError:
    return UserError([Problem("systemd", None, sentence)])
