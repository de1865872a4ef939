"""The URL of a store, as `store:` in procman.yml and PROCMAN_STORE have it."""

from __future__ import annotations

SERVERS = ("postgresql", "postgres")
FILE = "sqlite"
WRONG = "write the URL of a store, as postgresql://shop@db.internal/shop or sqlite:///var/lib/shop/procman.db"
RELATIVE = "the path must be absolute, as in sqlite:///var/lib/shop/procman.db"


def read(text: str) -> str:
    """The same text, where it can be one. Raises `ValueError`, which does not repeat it: there may be a
    password in it."""
    scheme, separator, rest = text.strip().partition(":")
    kind = scheme.lower()
    if kind == FILE and separator:
        if not rest.startswith("///") or not rest.strip("/"):
            raise ValueError(RELATIVE)
    elif kind not in SERVERS or (rest.strip("/") and not rest.startswith("//")) or not separator:
        raise ValueError(WRONG)
    return text.strip()
