"""Keys as people write them, `ctrl-\\` and `^]`, and the bytes that a terminal sends for them (ASCII)."""

from __future__ import annotations

CONTROLS = "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_"
"""What stands on the keys of the control characters 0 to 31."""
PREFIXES = ("ctrl-", "ctrl+", "c-", "^")
UNFIT = b"\r\n\x1b"
"""Return, newline and what arrows begin with: nobody could type without meaning this key."""


def parse(text: str) -> bytes:
    """The byte of a key with Ctrl. Raises `ValueError` for what is none."""
    for prefix in PREFIXES:
        rest = text[len(prefix) :].upper()
        if text.lower().startswith(prefix) and len(rest) == 1 and rest in CONTROLS:
            byte = bytes([CONTROLS.index(rest)])
            if byte in UNFIT:
                break
            return byte
    raise ValueError(f"'{text}' is no key for this: write one with Ctrl, such as ctrl-a or 'ctrl-]'")


def name(key: bytes) -> str:
    """The key of a control byte, for people."""
    return f"Ctrl-{CONTROLS[key[0]]}"
