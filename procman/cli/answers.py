"""What procman answers on stdout: nothing that somebody else wrote steers a terminal there."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

from procman.core.text.visible import printable

if TYPE_CHECKING:
    from typing import Any

INDENT = 2
LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def say(*lines: str) -> None:
    """Print the lines; what is in them is shown and not obeyed."""
    for line in lines:
        write(printable(line))


def say_text(text: str) -> None:
    """Print the text of a file: byte for byte for files and programs, and visible on a terminal."""
    if sys.stdout.isatty():
        for line in text.removesuffix("\n").split("\n"):
            write("\t".join(map(printable, line.split("\t"))))
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))


def say_json(value: Any) -> None:
    """Print a value as JSON, all in ASCII; U+FFFD for a byte that is not UTF-8, as half a sign is no text.

    An array has a line for each of what is in it: that is as easy to read by line as by program, and ten
    times as fast to write.
    """
    if not isinstance(value, list) or not value:
        write(_as_json(value, INDENT))
        return
    write("[")
    for number, row in enumerate(value, start=1):
        write(f"  {_as_json(row)}{',' * (number < len(value))}")
    write("]")


def _as_json(value: Any, indent: int | None = None) -> str:
    text = json.dumps(value, indent=indent)
    if "\\ud" in text:
        whole = LONE_SURROGATE.sub("\ufffd", json.dumps(value, ensure_ascii=False))
        text = json.dumps(json.loads(whole), indent=indent)
    return text


def write(text: str) -> None:
    """Print text of which every sign is procman's own, or made visible already."""
    print(text)
