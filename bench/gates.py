"""The FIFOs between the harness and the children: `up` and `done` come back, `go` and `end` are held shut."""

import os
from pathlib import Path


class Gates:
    """Made before the manager starts, in the folder that the children are told."""

    def __init__(self, folder: Path, gated: bool) -> None:
        self.up: dict[str, int] = {}
        self.done: set[str] = set()
        self.all_gone = False
        self._text = b""
        self.fd = self._reader(folder / "up")
        self._held = {name: self._shut(folder / name) for name in (["go", "end"] if gated else ["end"])}

    @staticmethod
    def _reader(path: Path) -> int:
        os.mkfifo(path)
        return os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    @staticmethod
    def _shut(path: Path) -> int:
        os.mkfifo(path)
        return os.open(path, os.O_RDWR)

    def take(self) -> None:
        """Takes in what the children have reported."""
        data = os.read(self.fd, 65536)
        self.all_gone = not data and bool(self.up)
        *lines, self._text = (self._text + data).split(b"\n")
        for line in lines:
            word, name, pid = line.decode().split()
            if word == "up":
                self.up[name] = int(pid)
            else:
                self.done.add(name)

    def open(self, name: str) -> None:
        """Lets the children through a gate."""
        if name in self._held:
            os.close(self._held.pop(name))

    def close(self) -> None:
        """Gives the descriptors back, which opens all gates."""
        for name in list(self._held):
            self.open(name)
        os.close(self.fd)
