"""Labels: words by which tasks say on which hosts they run."""

from __future__ import annotations

import re

EXPECTED = "letters, digits, '_', '-' and '.'"


def label(text: str) -> str:
    """One of them. Raises `ValueError`."""
    if not re.fullmatch("[A-Za-z0-9_][A-Za-z0-9_.-]*", text):
        raise ValueError(f"'{text}' is no label: write {EXPECTED}")
    return text


def labels(text: str) -> tuple[str, ...]:
    """Several, with commas between them, each once. Raises `ValueError`."""
    return tuple(dict.fromkeys(label(word.strip()) for word in text.split(",")))
