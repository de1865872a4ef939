"""Sizes as people write them, `512M`, `1.5 GB`, `10 MiB`, `1000`, and as they read them: `512 MB`.

K, M, G and T are 1024 bytes and its powers, whatever stands behind them, as in systemd (`MemoryMax=`),
supervisord and logrotate.
"""

from __future__ import annotations

import re

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
SIZE = re.compile(r"\s*([0-9]{1,15})(?:\.([0-9]{1,9}))?\s*([kmgt]?)(?:i?b)?\s*", re.ASCII | re.IGNORECASE)
LARGEST = 1 << 50


def parse(text: str) -> int:
    """Bytes of `512M`, `1.5 GB`, `10 MiB`, `1000`. Raises `ValueError` with a sentence for people."""
    found = SIZE.fullmatch(text)
    if found is None:
        raise ValueError(_unreadable(text))
    whole, part, unit = found.groups()
    factor = UNITS[unit.upper()]
    if part and factor == 1:
        raise ValueError(
            f"'{text.strip()}' is no whole number of bytes: is it {whole}.{part}M or {whole}.{part}G?"
        )
    size = int(whole) * factor + int(int(part or 0) * factor // 10 ** len(part or ""))
    if size > LARGEST:
        raise ValueError(f"'{text.strip()}' is larger than 1024 T")
    return size


def _unreadable(text: str) -> str:
    found = re.fullmatch(r"\s*[0-9.]+\s*([A-Za-z]+)\s*", text, re.ASCII)
    if found:
        return f"'{found[1]}' is not a unit of size: K, M, G and T are"
    return f"'{text}' is not a size like 512M, 1.5 GB or 1000"


def wording(size: int) -> str:
    """A size in one unit, rounded to what matters: `900 B`, `1.5 KB`, `512 MB`."""
    shown = float(size)
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if round(shown) < 1024 or unit == "TB":
            break
        shown /= 1024
    return f"{round(shown, 1):g} {unit}" if shown < 9.95 else f"{round(shown)} {unit}"
