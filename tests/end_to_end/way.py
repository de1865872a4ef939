"""A way to a server that can be cut, as a program of its own: a socket that passes on what comes.

`way.py FROM TO` says `ready` when it listens, and does what it reads: `cut` ends all connections, and makes
none; with `hold` nothing passes, and nobody is told so, as when a cable is pulled; `mend` ends both.
"""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import suppress

CHUNK = 1 << 16


class Way:
    """Threads pass on what comes, one for each direction of each connection."""

    def __init__(self, here: str, server: str) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._is_cut = False
        self._flows = threading.Event()
        self._flows.set()
        self._ear = socket.socket(socket.AF_UNIX)
        self._ear.bind(here)
        self._ear.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def obey(self, word: str) -> None:
        """Do what is said."""
        with self._lock:
            self._is_cut = word == "cut"
            found, self._open = (self._open, []) if self._is_cut else ([], self._open)
        for each in found:
            _end(each)
        if word == "hold":
            self._flows.clear()
        else:
            self._flows.set()

    def _accept(self) -> None:
        while True:
            client, _ = self._ear.accept()
            server = socket.socket(socket.AF_UNIX)
            try:
                with self._lock:
                    if self._is_cut:
                        raise OSError
                    server.connect(self._server)
                    self._open += [client, server]
            except OSError:
                client.close()
                server.close()
                continue
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                self._flows.wait()
                target.sendall(data)
        for each in (source, target):
            _end(each)


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def main() -> None:
    """Until nobody says anything any more."""
    way = Way(*sys.argv[1:])
    print("ready", flush=True)
    for line in sys.stdin:
        way.obey(line.strip())
        print("done", flush=True)


if __name__ == "__main__":
    main()
