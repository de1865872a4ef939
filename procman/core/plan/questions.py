"""A probe as it is asked of one process: where to, exactly."""

from __future__ import annotations

import re

from procman.core.plan.policies import Kind
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.core.plan.plan import ProcessPlan
    from procman.core.plan.policies import Probe

LOOPBACK, HTTP_PORT = "127.0.0.1", 80
HERE = "localhost"
"""Both 127.0.0.1 and ::1: some servers listen on one of them only."""
OWN_PORT = "port"
ADDRESS = re.compile(r"(?:(?P<host>\[[0-9A-Fa-f:.]+\]|[\w.-]+):)?(?P<port>[0-9]{1,5})", re.ASCII)
URL = re.compile(
    r"http://(?P<host>\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::(?P<port>[0-9]{1,5}))?(?P<path>/[^\s#]*)?", re.ASCII
)


class Question(NamedTuple):
    """Of TCP, HTTP or CMD. `host` without brackets; `command` is for the shell, in the folder `cwd`."""

    kind: Kind
    host: str = LOOPBACK
    port: int = 0
    path: str = "/"
    command: str = ""
    environment: Mapping[str, str] = {}
    """What this process has beyond the app's environment."""
    cwd: str | None = None


def of(probe: Probe, plan: ProcessPlan) -> Question:
    """The question for one process, whose own port is meant where none is named."""
    own = plan.port or 0
    if probe.kind is Kind.TCP:
        host, port = (HERE, own) if probe.target == OWN_PORT else address(probe.target, HERE)
        return Question(Kind.TCP, host, port)
    if probe.kind is Kind.HTTP:
        if probe.target.startswith("/"):
            return Question(Kind.HTTP, HERE, own, probe.target)
        found = URL.fullmatch(probe.target)
        assert found, "the loader has seen to it"
        port = int(found["port"] or HTTP_PORT)
        return Question(Kind.HTTP, found["host"].strip("[]"), port, found["path"] or "/")
    return Question(Kind.CMD, command=probe.target, environment=plan.environment, cwd=plan.policies.cwd)


def address(text: str, here: str = LOOPBACK) -> tuple[str, int]:
    """Host and port of `HOST:PORT`, or `here` and a port alone. Raises `ValueError`."""
    found = ADDRESS.fullmatch(text)
    if not found or not 1 <= int(found["port"]) <= 65535:
        raise ValueError(f"'{text}' is not a port, or HOST:PORT")
    return (found["host"] or here).strip("[]"), int(found["port"])
