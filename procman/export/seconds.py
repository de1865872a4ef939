"""Times for those who know no parts of a second, and as others read them."""

from __future__ import annotations

import math


def whole(value: float) -> int:
    """At least 1, as 0 often means never or at once."""
    return max(1, math.ceil(value))


def text(value: float) -> str:
    """`0.5`, `300`."""
    return f"{value:.3f}".rstrip("0").rstrip(".")
