"""`processes:` read in tests, with names for what comes back again and again."""

from __future__ import annotations

from datetime import UTC
from textwrap import indent
from typing import TYPE_CHECKING

from procman.core.config.taskfile import parse
from tests.core.expect import problems

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.core.config.processfile import ProcessSettings
    from procman.core.plan.policies import Policies


def read(text: str) -> Mapping[str, ProcessSettings]:
    """What a whole file says of processes."""
    return parse(text.encode(), "procman.yml", UTC).processes


def types(lines: str) -> Mapping[str, ProcessSettings]:
    """What these lines say below `processes:`; the first is line 2."""
    return read(f"processes:\n{indent(lines, '  ')}\n")


def web(lines: str) -> Policies:
    """What these lines say of the one type."""
    return types(f"web:\n{indent(lines, '  ')}")["web"].policies


def mistakes(text: str) -> list[tuple[int | None, str]]:
    """Line and text of each mistake of a whole file."""
    return [(line, mistake) for _, line, mistake in problems(lambda: read(text))]


def wrong(lines: str) -> list[str]:
    """What is wrong with these lines about `web`."""
    found = mistakes(f"processes:\n  web:\n{indent(lines, '    ')}\n")
    assert all(text.startswith("processes: web: ") for _, text in found), found
    return [text.removeprefix("processes: web: ") for _, text in found]
