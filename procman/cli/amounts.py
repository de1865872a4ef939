"""How options are read that say how many, how long or how much."""

from __future__ import annotations

COUNT = "a number, 1 or more"
SECONDS = "a number of seconds, or a time such as 10s or 1m"
"""What to write instead of a bad value."""


def seconds(text: str) -> float:
    """A duration in seconds, written as `5`, `5s` or `1m`. Raises `ValueError`."""
    try:
        value = float(text)
    except ValueError:
        from procman.core.schedule import durations  # only who writes a unit waits for it

        value = durations.parse(text)
    if not 0 <= value < 1e9:
        raise ValueError(text)
    return value


def count(text: str) -> int:
    """A number of 1 or more. Raises `ValueError`."""
    value = int(text)
    if not 1 <= value <= 1_000_000:
        raise ValueError(text)
    return value


def count_or_none(text: str) -> int:
    """A number of 0 or more. Raises `ValueError`."""
    return 0 if text == "0" else count(text)


def labels(text: str) -> tuple[str, ...]:
    """Labels with commas between them. Raises `ValueError`."""
    from procman.core.tasks import labels as of_tasks  # only who writes some waits for it

    return of_tasks.labels(text)


def size(text: str) -> int:
    """Bytes. Raises `ValueError`."""
    from procman.core.config import sizes  # only who has written one waits for it

    return sizes.parse(text)
