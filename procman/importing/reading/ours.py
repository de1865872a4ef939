"""What exports of procman have in them that no one else's file has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from procman.importing.found import Found, Keys

FIRST_LINES = 3
"""The mark is one of so many."""
SCHEDULER = "it runs tasks as a procman.yml says: they stand there"
TCP = re.compile(r"nc -z (?P<host>\S+) (?P<port>\d+) \|\| bash -c ': </dev/tcp/(?P=host)/(?P=port)'")
HTTP = re.compile(
    r"wget -q -O /dev/null (?P<quote>'?)(?P<url>http://\S+?)(?P=quote) \|\| bash -c '.*", re.DOTALL
)
RELEASE = "release"
OF_CHILD = ("command", "port", "cwd", "env", "stdin", "pty", "nice", "umask", "nofile", "user", "group")
OF_STOP = ("timeout", "stop_signal", "signal_to")


def is_export(data: bytes, format_: str) -> bool:
    """Whether this is what `procman export` has written in a format."""
    first = b"\n".join(data.split(b"\n", FIRST_LINES)[:FIRST_LINES])
    return f"Written by 'procman export {format_}'".encode() in first


def is_scheduler(argv: Sequence[str]) -> bool:
    """Whether these words run the tasks of an app, and no process."""
    return len(argv) > 1 and argv[0].rpartition("/")[2] == "procman" and argv[1] == "scheduler"


def release(found: Found, command: str, keys: Mapping[str, object]) -> str:
    """The command that runs before all others: it has only what is about its surroundings and its stop."""
    kept: Keys = {key: value for key, value in keys.items() if key in (*OF_CHILD, *OF_STOP)}
    found.processes[RELEASE] = {**kept, "command": command}
    return RELEASE


def question(command: str, port: str) -> Keys:
    """How a process is asked by this command, which an export has made for an image. `port` is its own."""
    if found := TCP.fullmatch(command):
        host = found["host"]
        own = host == "127.0.0.1" and found["port"] == port
        return {"tcp": "port" if own else found["port"] if host == "127.0.0.1" else f"{host}:{found['port']}"}
    if found := HTTP.fullmatch(command):
        return {"http": found["url"].removeprefix(f"http://127.0.0.1:{port}") or "/"}
    return {"cmd": command}


def share(found: Found, names: list[str]) -> None:
    """What all of the app's own processes have in their environment goes into .env."""
    if len(names) < 2:
        return
    each_env = [found.processes[name].get("env", {}) for name in names]
    for variable, value in [*each_env[0].items()]:
        alike = all(env.get(variable) == value for env in each_env)
        if alike and found.variable(variable, value):
            for name in names:
                found.processes[name]["env"].pop(variable)
    for name in names:
        if not found.processes[name].get("env", True):
            del found.processes[name]["env"]
