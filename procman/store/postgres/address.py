"""Where a server is: as libpq takes it (34.1.1, Connection Strings), and as it is shown: no password."""

from __future__ import annotations

import re

import psycopg

from procman.errors import RefusedError

SHOWN = ("user", "host", "hostaddr", "port", "dbname", "service")
EXAMPLE = "postgresql://shop@db.internal/shop"
MISREAD = "a password with @, /, # or ? in it has %40, %2F, %23 and %3F there, or stands in ~/.pgpass"


def parameters(url: str) -> dict[str, str]:
    """What a URL says; of `postgresql:` alone nothing, and libpq's variables say it all.

    Raises `RefusedError`, which does not repeat the URL.
    """
    scheme, _, rest = url.partition(":")
    if not rest.strip("/"):
        return {}
    try:
        found = psycopg.conninfo.conninfo_to_dict(f"postgresql:{rest}")
    except psycopg.Error:
        text = f"{scheme}://...: this is no address of a server: write it as {EXAMPLE}"
        raise RefusedError(text) from None
    place = f"{found.get('host')}{found.get('dbname')}"
    if "@" in place or not re.fullmatch(r"[0-9,]*", str(found.get("port", ""))):
        raise RefusedError(f"{scheme}://...: this is read otherwise than it is meant: {MISREAD}")
    return {name: str(value) for name, value in found.items()}


def shown(url: str) -> str:
    """The address for people."""
    found = parameters(url)
    named = [f"{name}={found[name]}" for name in SHOWN if name in found]
    return f"postgresql ({', '.join(named)})" if named else "postgresql"
