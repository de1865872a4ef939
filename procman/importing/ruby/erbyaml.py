"""YAML of Rails, which may have Ruby code in it (ERB): the code is not run, and each value of it is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.core.config import yamltree
from procman.errors import UserError
from procman.importing.ruby.values import CODE

if TYPE_CHECKING:
    from procman.core.config.yamltree import Node
    from procman.errors import Problem
    from procman.importing.found import Found

ERB = re.compile(rb"<%(?P<kind>[=#]?).*?%>", re.DOTALL)


def read(data: bytes, source: str, found: Found) -> Node:
    """The tree of a file; `CODE` stands where a value is computed. Raises `UserError` when it is no YAML."""
    for match in ERB.finditer(data):
        if not match["kind"]:
            line = data.count(b"\n", 0, match.start()) + 1
            found.lose(
                line, "Ruby code (ERB) is not run: what it encloses is read as if the code were not there"
            )
    problems: list[Problem] = []
    try:
        tree = yamltree.parse_any(ERB.sub(_without, data), source, problems)
    except UserError as error:
        raise UserError(problem._replace(text=_shown(problem.text)) for problem in error.problems) from None
    for problem in problems:
        found.lose(problem.line, _shown(problem.text))
    return tree


def _without(match: re.Match[bytes]) -> bytes:
    code = CODE.encode() if match["kind"] == b"=" else b""
    return code + b"\n" * match[0].count(b"\n")


def _shown(text: str) -> str:
    return text.replace(CODE, "<%= ... %>")
