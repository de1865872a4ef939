"""The files of one log, and what is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def kept(path: Path) -> list[Path]:
    """All that there are of a log file, the oldest first."""
    olds = [each for each in path.parent.glob(f"{path.name}.*") if each.suffix[1:].isdecimal()]
    return [*sorted(olds, key=lambda each: -int(each.suffix[1:])), *([path] if path.exists() else [])]
