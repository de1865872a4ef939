"""Health checks of Dokku in app.json as `ready` and `alive` (docker-container-healthchecker, File Format)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.config.yamltree import Scalar
from procman.importing.reading import seconds, words
from procman.importing.reading.partvalues import number

if TYPE_CHECKING:
    from procman.importing.found import Keys
    from procman.importing.reading.parts import Part

ATTEMPTS, TIMEOUT, WAIT = 3, 5, 5
KEYS = {"startup": "ready", "readiness": "ready", "liveness": "alive", "": "ready"}
SILENT = ("name", "description")
LACKS = {
    "content": "procman does not look into the answer: 'cmd: curl -fsS ... | grep -q ...' does",
    "httpHeaders": "procman sends none of these: 'cmd: curl -fsS -H ...' does",
    "uptime": "'reset_after' below 'backoff' says how long a process has to run to be no failure",
    "warn": "a check that fails is a failure for procman",
    "onFailure": "'procman events --json' tells of failures",
}


def keys(checks: list[Part]) -> Keys:
    """The keys of a process type: of several checks for the same the first."""
    found: Keys = {}
    for check in checks:
        line, kind = check.line_of("type"), check.text("type").strip().lower()
        if kind not in KEYS:
            check.lose(line, f"type: '{kind}' is not startup, readiness or liveness: taken as startup")
        key = KEYS.get(kind, "ready")
        probe = _probe(check, key)
        if not probe:
            continue
        if key in found:
            check.lose(check.line, f"procman asks one question for '{key}', and has another one already")
        else:
            found[key] = probe
    return found


def _probe(check: Part, key: str) -> Keys:
    question = _question(check)
    line = check.line_of("initialDelay")
    delay, attempts = number(check, "initialDelay", 0), number(check, "attempts", ATTEMPTS) or ATTEMPTS
    timeout, wait = number(check, "timeout", TIMEOUT) or TIMEOUT, number(check, "wait", WAIT) or WAIT
    check.finish(LACKS, SILENT)
    if not question:
        return {}
    if key == "ready":
        times = {"within": delay + attempts * (wait + timeout), "every": wait, "timeout": timeout}
        return {**question, **{name: seconds.text(value) for name, value in times.items()}}
    if delay:
        check.lose(line, "initialDelay: procman begins to ask when the process is ready: write 'ready'")
    said = {"every": seconds.text(max(wait, timeout)), "timeout": seconds.text(timeout)}
    return {**question, **said, "failures": attempts}


def _question(check: Part) -> Keys:
    """A command, somebody who listens, or a page; nothing for a check that is none of these."""
    command = [each.text for each in check.scalars("command")]
    path, port, scheme = (check.text(key).strip() for key in ("path", "port", "scheme"))
    listening = check.flag("listening")
    if command:
        return {"cmd": command[0] if len(command) == 1 else words.line([(each,) for each in command])}
    if listening:
        return {"tcp": port or "port"}
    if not path:
        return {} if _has(check, "uptime") else {"http": "/"}
    path = path if path.startswith("/") else f"/{path}"
    if scheme.lower() == "https":
        address = ("https://127.0.0.1:", port) if port else ("https://127.0.0.1:", words.variable("PORT"))
        return {"cmd": words.line([("curl",), ("-fsSk",), ("-o",), ("/dev/null",), (*address, path)])}
    return {"http": f"http://127.0.0.1:{port}{path}" if port else path}


def _has(check: Part, key: str) -> bool:
    entry = check.entries.get(key)
    return entry is not None and isinstance(entry.value, Scalar) and not entry.value.null
