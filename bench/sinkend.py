"""The sink process and what it says."""

import os
import subprocess
from collections.abc import Sequence
from typing import IO

from bench.load import RunError, Tally


class Sink:
    """Reads `source` (a pipe or a file) to its end, checking as it goes."""

    def __init__(self, argv: Sequence[str], source: int | IO[bytes]) -> None:
        self._process = subprocess.Popen(argv, stdin=source, stderr=subprocess.PIPE, start_new_session=True)
        assert self._process.stderr is not None
        self.fd = self._process.stderr.fileno()
        self.pid = self._process.pid
        self.all_seen = False
        self.idle = 0
        self.ended = False
        self._text = b""

    def take(self) -> None:
        """Takes in what the sink has said."""
        data = os.read(self.fd, 65536)
        self.ended = not data
        self._text += data
        self.all_seen = b"all\n" in self._text
        self.idle += data.count(b"idle\n")

    def finish(self) -> Tally:
        """Waits for the end of the input and answers the findings."""
        while not self.ended:
            self.take()
        self._process.wait()
        last = self._text.decode().strip().rpartition("\n")[2]
        if not last.startswith("{"):
            raise RunError(f"the sink failed: {last}")
        return Tally.parse(last)

    def close(self) -> None:
        """Ends the sink, however far it is."""
        self._process.kill()
        self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()
