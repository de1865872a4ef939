"""As much HTTP as a probe needs: the request, and the status line of the answer (RFC 9112)."""

from __future__ import annotations

import re

USUAL_PORT = 80
STATUS = re.compile(rb"HTTP/[0-9]\.[0-9] ([0-9]{3})(?=[ \r\n])")
SHORTEST = len("HTTP/1.1 200\n")
HEAD_END = re.compile(rb"\r?\n\r?\n")
NO_HTTP = "no answer in HTTP"


def request(host: str, port: int, path: str) -> bytes:
    """What is sent. `host` is without brackets; what no path may have in it is escaped (RFC 3986, 2.1)."""
    shown = f"[{host}]" if ":" in host else host
    where = shown if port == USUAL_PORT else f"{shown}:{port}"
    lines = (
        f"GET {_escaped(path)} HTTP/1.1",
        f"Host: {where}",
        "User-Agent: procman",
        "Accept: */*",
        "Connection: close",
    )
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


def status(data: bytes) -> int | None:
    """The status of an answer that begins like this; None: more of it has to come.

    Interim answers (1xx) before it are passed over (RFC 9110, 15.2). Raises `ValueError` for no HTTP.
    """
    while found := STATUS.match(data):
        if found[1] >= b"200":
            return int(found[1])
        end = HEAD_END.search(data, found.end())
        if not end:
            return None
        data = data[end.end() :]
    if len(data) >= SHORTEST or not b"HTTP/".startswith(data[:5]):
        raise ValueError(NO_HTTP)
    return None


def verdict(status: int) -> str | None:
    """None for an answer that is well, 2xx or 3xx; else why not."""
    return None if 200 <= status < 400 else f"answered {status}"


def _escaped(path: str) -> str:
    if path.isascii() and path.isprintable() and " " not in path:
        return path
    data = path.encode(errors="surrogateescape")
    return "".join(chr(byte) if 0x20 < byte < 0x7F else f"%{byte:02X}" for byte in data)
