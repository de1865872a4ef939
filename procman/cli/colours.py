"""Whether there are colours on this terminal."""

from __future__ import annotations

import os


def coloured(choice: str, terminal: bool) -> bool:
    """`--color`, else NO_COLOR (no-color.org), else FORCE_COLOR, else whether this is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return os.environ.get("FORCE_COLOR", "0") not in ("", "0") or (terminal and not dumb())


def dumb() -> bool:
    """Whether the terminal can do nothing but text."""
    return os.environ.get("TERM") == "dumb"
