"""Whether a TCP port is already taken."""

from __future__ import annotations

import errno
import socket


def taken(port: int) -> bool:
    """Whether something listens on the port, on loopback or on all addresses."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False
