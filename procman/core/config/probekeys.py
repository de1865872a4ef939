"""The keys below `ready:` and `alive:`: how a process is asked whether it is well."""

from __future__ import annotations

from procman.core.config import processvalues as values
from procman.core.config import schemas
from procman.core.config.keyrows import Key
from procman.core.config.values import more_than_nothing, not_empty, whole
from procman.core.plan import policies
from procman.core.plan.policies import Kind, Probe

MOST_FAILURES = 1000
ASKED = (Kind.TCP, Kind.HTTP, Kind.CMD)
"""Of the others a process tells by itself."""

_TCP = Key(
    values.tcp,
    schemas.matching(r"^(port|((\[[0-9A-Fa-f:.]+\]|[\w.-]+):)?[0-9]{1,5})$"),
    "Somebody listens there: 'port' is the process's own port; else a port, or HOST:PORT.",
    "port",
)
_HTTP = Key(
    values.http,
    schemas.matching("^(/|http://)"),
    "A GET is answered with a status from 200 to 399: a path, on the process's own port, or a URL.",
    "/health",
)
_CMD = Key(
    not_empty,
    schemas.TEXT,
    "This command ends with code 0; it runs in the folder and the environment of the process.",
    "pg_isready -q",
)
_LOG = Key(
    values.log,
    schemas.TEXT,
    "The process has written a line with this text in it, or one that fits this /pattern/.",
    '"Listening on"',
)
_NOTIFY_READY = Key(
    values.notify,
    schemas.YES,
    "The process says so itself: READY=1 on the socket in NOTIFY_SOCKET, see sd_notify(3).",
    "true",
)
_WITHIN = Key(
    more_than_nothing,
    schemas.DURATION,
    f"So long after its start at the latest, else it has failed (default: {policies.READY_WITHIN:g}s).",
    "30s",
)


def _every(seconds: float, what: str) -> Key:
    text = f"{what} (default: {_short(seconds)})."
    return Key(more_than_nothing, schemas.DURATION, text, _short(seconds))


def _timeout(seconds: float) -> Key:
    text = f"How long an answer may take (default: {_short(seconds)})."
    return Key(more_than_nothing, schemas.DURATION, text, _short(seconds))


def _short(seconds: float) -> str:
    return f"{seconds:g}s" if seconds >= 1 else f"{seconds * 1000:g}ms"


READY = {
    "tcp": _TCP,
    "http": _HTTP,
    "cmd": _CMD,
    "log": _LOG,
    "notify": _NOTIFY_READY,
    "within": _WITHIN,
    "every": _every(policies.READY_EVERY, "How long to wait before it is asked again"),
    "timeout": _timeout(policies.READY_TIMEOUT),
}
ALIVE = {
    "tcp": _TCP,
    "http": _HTTP,
    "cmd": _CMD,
    "notify": _NOTIFY_READY._replace(
        help="The process says so itself, at least each 'every': WATCHDOG=1, see sd_notify(3)."
    ),
    "every": _every(policies.ALIVE_EVERY, "How often it is asked"),
    "timeout": _timeout(policies.ALIVE_TIMEOUT),
    "failures": Key(
        whole(1, MOST_FAILURES),
        schemas.whole(1, MOST_FAILURES),
        f"It is restarted after so many failures in a row (default: {policies.ALIVE_FAILURES}).",
        str(policies.ALIVE_FAILURES),
    ),
}
PROBES = {"ready": READY, "alive": ALIVE}
KINDS = {name: tuple(each.value for each in Kind if each.value in rows) for name, rows in PROBES.items()}
"""How a process can be asked: of these each probe has one."""
DEFAULTS = {
    "ready": Probe(Kind.TCP),
    "alive": Probe(
        Kind.TCP,
        every=policies.ALIVE_EVERY,
        timeout=policies.ALIVE_TIMEOUT,
        failures=policies.ALIVE_FAILURES,
    ),
}
