"""Quantities of Kubernetes (API reference, Quantity) as sizes of procman.yml: there K is 1024."""

from __future__ import annotations

import re
from decimal import Decimal

QUANTITY = re.compile(
    r"\+?(\d{1,18}(?:\.\d{0,9})?|\.\d{1,9})(Ki|Mi|Gi|Ti|Pi|m|k|M|G|T|P|[eE][+-]?\d{1,2})?", re.ASCII
)
FACTORS = {"": Decimal(1), "m": Decimal("0.001")} | {
    letter: Decimal(1000) ** power for power, letter in enumerate("kMGTP", 1)
}
FACTORS |= {f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTP", 1)}
UNITS = (("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10))


def memory(text: str) -> str:
    """A size without loss: `512M` of `512Mi`. Raises `ValueError`."""
    found = QUANTITY.fullmatch(text)
    if not found:
        raise ValueError(f"'{text}' is no quantity")
    unit = found[2] or ""
    factor = Decimal(f"1{unit}") if unit[:1] in ("e", "E") else FACTORS[unit]
    size = int(Decimal(found[1]) * factor)
    return next((f"{size // each}{letter}" for letter, each in UNITS if size and size % each == 0), str(size))
