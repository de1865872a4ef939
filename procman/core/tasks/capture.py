"""What a run wrote, as it is kept: whole up to 1 MiB, beyond that its head and its tail."""

from __future__ import annotations

HALF = 1 << 19


class Capture:
    """Takes output piece by piece, and never holds much more than it keeps."""

    __slots__ = ("_head", "_tail", "size")

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self.size = 0
        """Bytes that came."""

    @property
    def truncated(self) -> bool:
        """Whether the middle is left out."""
        return self.size > 2 * HALF

    def add(self, data: bytes) -> None:
        """Take what was written next."""
        self.size += len(data)
        room = HALF - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        self._tail += data[-HALF:]
        if len(self._tail) > 2 * HALF:
            del self._tail[:-HALF]

    def output(self) -> bytes:
        """All of it, or head and tail with a line between them that says how much is missing."""
        if not self.truncated:
            return bytes(self._head + self._tail)
        left_out = self.size - 2 * HALF
        return b"".join((self._head, b"\n[... %d bytes left out ...]\n" % left_out, self._tail[-HALF:]))
