"""Values as Ruby has them: what its YAML reader makes of a word, and how a value is written in Ruby.

Psych (Ruby's YAML) reads a plain word as more than text, in ways of its own. A word of which it is not
certain what Psych makes is refused with a sentence.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from procman.core.config.yamltree import Mapping, Scalar

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.core.config.yamltree import Node

CODE = "\ue000"
"""Stands in a text for code that is not run here: `<%= ... %>` of YAML, what is no literal of Ruby."""
NULL = re.compile(r"~|null|", re.I)
YES, NO = re.compile(r"true|yes|on", re.I), re.compile(r"false|no|off", re.I)
WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9]{,999})")
FRACTION = re.compile(r"[-+]?[0-9]+\.[0-9]+")
SYMBOL = re.compile(r""":([^"':\s].*)""")
PLAIN_SYMBOL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*[?!]?")
UNSURE = re.compile(r"[-+]?\.?[0-9][0-9a-f_,.:xob\stz+-]*|[-+]?\.(?:inf|nan)|[:!].*", re.I)
"""Numbers in other notations, times of day, dates; and symbols in quotes."""
PLAIN_KEY = re.compile(r"[a-z_][A-Za-z0-9_]*")
ESCAPES = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\", "#": "\\#"}


class Symbol(str):
    """A name with a colon before it."""

    __slots__ = ()


class Code(str):
    """Ruby that stands in the place of a value, as it is."""

    __slots__ = ()


def of(node: Node) -> Any:
    """The value of a node of YAML. Raises `ValueError` with a sentence."""
    if isinstance(node, Scalar):
        return _of_scalar(node)
    if isinstance(node, Mapping):
        return {_of_key(key): of(entry.value) for key, entry in node.entries.items()}
    return [of(item) for item in node.items]


def _of_scalar(node: Scalar) -> Any:
    text = node.text
    if CODE in text:
        raise ValueError("it has code in it, which is not run here")
    if node.quoted:
        return text
    for pattern, make in WORDS.items():
        if match := pattern.fullmatch(text):
            return make(match)
    return text


def _unsure(match: re.Match[str]) -> Any:
    what = "a symbol or a tag" if match[0][0] in ":!" else "such a number, date or time"
    raise ValueError(f"it is not sure what Ruby makes of {what}: write it in quotes, or as a plain number")


WORDS: dict[re.Pattern[str], Callable[[re.Match[str]], Any]] = {
    NULL: lambda _: None,
    YES: lambda _: True,
    NO: lambda _: False,
    WHOLE: lambda match: int(match[0]),
    FRACTION: lambda match: float(match[0]),
    SYMBOL: lambda match: Symbol(match[1]),
    UNSURE: _unsure,
}
"""What a plain word is: the first pattern that fits."""


def _of_key(text: str) -> str:
    if match := SYMBOL.fullmatch(text):
        return Symbol(match[1])
    value = _of_scalar(Scalar(text, 1))
    if not isinstance(value, str):
        raise ValueError(f"it is not sure what Ruby makes of the key '{text}'")
    return value


def literal(value: Any) -> str:
    """A value as Ruby source, in ASCII and on one line. Raises `ValueError` for what has no such form."""
    if isinstance(value, Code):
        return str(value)
    if isinstance(value, float) and value - value != 0:
        raise ValueError("it is no number that could be written")
    return WRITERS[type(value)](value)


def pairs(value: dict[Any, Any]) -> str:
    """What stands between the braces of a hash, or for keywords at the end of arguments."""
    return ", ".join(f"{_key(key)}{literal(each)}" for key, each in value.items())


def _key(key: str) -> str:
    if not isinstance(key, Symbol):
        return f"{literal(key)} => "
    return f"{key}: " if PLAIN_KEY.fullmatch(key) else f"{_text(key)}: "


def _text(value: str) -> str:
    return f'"{"".join(map(_escaped, value))}"'


def _escaped(char: str) -> str:
    if "\ud800" <= char <= "\udfff":
        raise ValueError("it has half a character in it")
    return ESCAPES.get(char) or (char if " " <= char <= "~" else f"\\u{{{ord(char):x}}}")


def _symbol(value: str) -> str:
    return f":{value}" if PLAIN_SYMBOL.fullmatch(value) else f":{_text(value)}"


WRITERS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "nil",
    bool: lambda value: str(value).lower(),
    Symbol: _symbol,
    str: _text,
    list: lambda value: f"[{', '.join(map(literal, value))}]",
    dict: lambda value: f"{{{pairs(value)}}}",
    int: str,
    float: repr,
}


def with_symbols(value: Any) -> Any:
    """The same with symbols for the keys of all hashes (deep_symbolize_keys of Rails)."""
    if isinstance(value, dict):
        return {Symbol(key): with_symbols(each) for key, each in value.items()}
    return [with_symbols(each) for each in value] if isinstance(value, list) else value


def through_json(value: Any) -> Any:
    """The same after it was JSON: all symbols are text."""
    if isinstance(value, dict):
        return {str(key): through_json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [through_json(each) for each in value]
    return str(value) if isinstance(value, Symbol) else value
