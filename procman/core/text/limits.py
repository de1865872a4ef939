"""How much of a line is kept in memory, in bytes."""

from __future__ import annotations

LINE = 1 << 20
"""A line, or a sequence, longer than this is passed on in pieces."""
WINDING = 1 << 10
"""An unfinished line longer than this in which a program goes back and forth (a spinner) is made shorter."""
