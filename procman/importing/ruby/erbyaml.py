"""YAML of Rails, which may have Ruby code in it (ERB): the code is not run, and each value of it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.config import yamltree
from procman.importing.reading import trees
from procman.importing.ruby.values import CODE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.core.config.yamltree import Node
    from procman.importing.found import Found

NOT_RUN = "Ruby code (ERB) is not run: what it encloses is read as if the code were not there"


def read(data: bytes, source: str, found: Found) -> Node:
    """The tree of a file; `CODE` stands where a value is computed. Raises `UserError` when it is no YAML."""
    plain: list[bytes] = []
    line = 1
    for text, code in _parts(data):
        line += text.count(b"\n")
        plain += [text, CODE.encode() * code.startswith(b"="), b"\n" * code.count(b"\n")]
        if code[:1] not in (b"", b"=", b"#"):
            found.lose(line, NOT_RUN)
        line += code.count(b"\n")
    return trees.of(yamltree.parse_any, b"".join(plain), source, found)


def _parts(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Text, and what stands between `<%` and `%>` behind it."""
    at = 0
    while (begin := data.find(b"<%", at)) >= 0 and (end := data.find(b"%>", begin)) >= 0:
        yield data[at:begin], data[begin + 2 : end] or b" "
        at = end + 2
    yield data[at:], b""
