"""Seconds as procman.yml has them: `90s` is written `1m30s`."""

from __future__ import annotations

UNITS = ((86400, "d"), (3600, "h"), (60, "m"))


def text(seconds: float) -> str:
    """A duration without loss, to the millisecond."""
    thousandths = round(seconds * 1000)
    whole, rest = divmod(thousandths, 1000)
    if not whole:
        return f"{rest}ms" if rest else "0s"
    parts = []
    for size, unit in UNITS:
        count, whole = divmod(whole, size)
        parts += [f"{count}{unit}"] if count else []
    last = f"{whole + rest / 1000:g}s" if whole or rest else ""
    return "".join([*parts, last])
