"""The twin of producer.c for a machine without a C compiler; what it does is told there."""

import contextlib
import os
import signal
import sys
from pathlib import Path

BATCH = 1000


def main() -> None:
    name, folder, what, size, then = sys.argv[1:]
    leave = then == "exit"
    if leave:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
    go, end = _open_gate(Path(folder, "go")), _open_gate(Path(folder, "end"))
    up = os.open(Path(folder, "up"), os.O_WRONLY)
    os.write(up, f"up {name} {os.getpid()}\n".encode())
    _wait_for(go)
    if what == "long":
        _write_long(int(size))
    else:
        _write_lines(name, int(size))
    if not leave:
        os.write(up, f"done {name} {os.getpid()}\n".encode())
        _wait_for(end)


def _open_gate(path: Path) -> int | None:
    with contextlib.suppress(FileNotFoundError):
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        os.set_blocking(fd, True)
        return fd
    return None


def _wait_for(gate: int | None) -> None:
    if gate is not None:
        os.read(gate, 1)


def _put(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view[:65536]) :]


def _write_lines(name: str, count: int) -> None:
    body = "~#" * 41 + "~"
    for first in range(0, count, BATCH):
        numbers = range(first, min(first + BATCH, count))
        _put("".join(f"<{name} {number:010d} {body[:82]}>\n" for number in numbers).encode())


def _write_long(count: int) -> None:
    batch = b"z" * 1_000_000
    while count > 0:
        _put(batch[:count])
        count -= len(batch)


main()
