"""Values of a mapping that are numbers, and those that say nothing new."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.core.config.yamltree import Scalar
from procman.importing.reading.parts import YES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.importing.reading.parts import Part

WHOLE = re.compile("[0-9]{1,8}")


def number(part: Part, key: str, usual: int) -> int:
    """A whole number below a key; the usual one, which is told, for what is none."""
    line, text = part.line_of(key), part.text(key).strip()
    if not text:
        return usual
    if not WHOLE.fullmatch(text):
        part.lose(line, f"{key}: '{text}' is no whole number, so it is taken as {usual}")
        return usual
    return int(text)


def usual(part: Part, values: Mapping[str, str]) -> list[str]:
    """The keys that say what would be so without them. `false` is all that is no yes."""
    return [
        key
        for key, entry in part.entries.items()
        if key in values and isinstance(entry.value, Scalar) and _says(entry.value.text.lower(), values[key])
    ]


def _says(text: str, value: str) -> bool:
    return text == value or (value == "false" and text not in YES)
