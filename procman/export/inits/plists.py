"""Property lists in XML, as plistlib reads them (plist(5), Extensible Markup Language 1.0).

plistlib's own writer turns every carriage return into a line end, and a command may have one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
"""
NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What cannot be in XML, not even as a number (Char, 2.2)."""
ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
"""A parser makes a line end of a carriage return that stands as it is (2.11)."""
SPECIAL = re.compile("[&<>\r]")
INDENT = "    "


def text(value: str) -> str:
    """A text between tags. Raises `ValueError` for one that XML cannot hold."""
    if NO_CHARACTER.search(value):
        raise ValueError("XML cannot hold control characters, nor bytes that are not UTF-8")
    return SPECIAL.sub(lambda match: ESCAPES[match[0]], value)


def document(value: Mapping[str, Any]) -> str:
    """The whole list, of dicts, lists, texts, whole numbers and truths."""
    return HEAD + "".join(f"{line}\n" for line in _lines(value, "")) + "</plist>\n"


def _lines(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield from _inside("dict", indent, _pairs(value, indent + INDENT))
    elif isinstance(value, list):
        yield from _inside("array", indent, _items(value, indent + INDENT))
    elif isinstance(value, bool):
        yield f"{indent}<{str(value).lower()}/>"
    elif isinstance(value, int):
        yield f"{indent}<integer>{value}</integer>"
    else:
        yield f"{indent}<string>{text(value)}</string>"


def _inside(tag: str, indent: str, lines: Iterator[str]) -> Iterator[str]:
    yield f"{indent}<{tag}>"
    yield from lines
    yield f"{indent}</{tag}>"


def _pairs(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, each in value.items():
        yield f"{indent}<key>{text(key)}</key>"
        yield from _lines(each, indent)


def _items(value: Sequence[Any], indent: str) -> Iterator[str]:
    for each in value:
        yield from _lines(each, indent)
