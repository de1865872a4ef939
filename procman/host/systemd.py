"""What procman tells who has started it: sd_notify(3), the part of who tells. Most often that is systemd.

The supervisor tells it, a child of the guardian, which is the main process that systemd knows: its unit needs
`NotifyAccess=all` (systemd.service(5)).
"""

from __future__ import annotations

import _socket  # what `socket` is made of: that takes 3 ms more, for names of constants
import os
import time

from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, MutableMapping

ADDRESS, WATCHDOG_USEC, WATCHDOG_PID = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"
OF_LISTENING = ("LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDS", "LISTEN_FDNAMES")
"""Of sd_listen_fds(3)."""
LONGEST_LINE = 1000
"""Bytes: a message of more than 4,096 is ignored by systemd."""
QUIETLY = getattr(_socket, "MSG_NOSIGNAL", 0)


class Upwards:
    """Who has started procman, and wants to hear how it is; there may be nobody."""

    def __init__(self, address: str | None = None, watchdog_s: float | None = None) -> None:
        self.watchdog_s = watchdog_s if address else None
        """So often, in seconds, it wants to hear WATCHDOG=1, at least; twice as often is usual."""
        self._address = address
        self._socket: _socket.socket | None = None

    @classmethod
    def find(cls, environ: MutableMapping[str, str]) -> Upwards:
        """What the environment says of it, and no longer says then: it is not meant for children."""
        address, usec, pid = (environ.pop(key, None) for key in (ADDRESS, WATCHDOG_USEC, WATCHDOG_PID))
        for key in OF_LISTENING:
            environ.pop(key, None)
        return cls(address_of(address), watchdog_seconds(usec, pid, (os.getpid(), os.getppid())))

    def say(self, *said: str) -> bool:
        """Tell it assignments such as `READY=1`; whether it has them now. Never waits, and never fails."""
        if not self._address:
            return False
        try:
            if not self._socket:  # kept: later there may be no descriptor left
                self._socket = _socket.socket(_socket.AF_UNIX, _socket.SOCK_DGRAM)
                self._socket.setblocking(False)
            self._socket.sendto(message(said), QUIETLY, self._address)
        except OSError:
            return False
        return True

    def reloading(self) -> bool:
        """Tell it that the app is read again; `READY=1` has to follow."""
        return self.say("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def close(self) -> None:
        """Nothing more is said."""
        self._address = None
        if self._socket:
            self._socket.close()
            self._socket = None


def address_of(text: str | None) -> str | None:
    """What a socket takes for an address: a path, or an abstract name behind `@`; None for others."""
    if not text or text[0] not in "/@":
        return None
    return text.replace("@", "\0", 1) if text.startswith("@") else text


def watchdog_seconds(usec: str | None, pid: str | None, ours: Collection[int]) -> float | None:
    """How long it waits for WATCHDOG=1, if it means one of our pids (sd_watchdog_enabled(3))."""
    if not usec or not usec.isdecimal() or (pid and pid not in map(str, ours)):
        return None
    return int(usec) / 1_000_000 or None


def message(said: Iterable[str]) -> bytes:
    """Assignments as they are sent: a line each, and none so long that it costs the others."""
    lines = (" ".join(each.splitlines()).encode(errors="replace")[:LONGEST_LINE] for each in said)
    return b"\n".join(line.decode(errors="ignore").encode() for line in lines)
