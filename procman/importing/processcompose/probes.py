"""Probes of process-compose as `ready` and `alive` (Health Checks in its documentation)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.importing.processcompose import lacks
from procman.importing.processcompose.text import rendered, script
from procman.importing.reading import seconds, words
from procman.importing.reading.partvalues import number, usual

if TYPE_CHECKING:
    from procman.importing.found import Keys
    from procman.importing.processcompose.text import Context
    from procman.importing.reading.parts import Part
    from procman.importing.reading.words import Word

TIMES = {"period_seconds": 10, "timeout_seconds": 1, "failure_threshold": 3}
PATTERN = re.compile(r"/.*/", re.DOTALL)
FOR_EVER = "1h"
ADDRESS = {"scheme": "http", "host": "127.0.0.1", "port": "", "path": "/"}


def ready(process: Part, context: Context) -> Keys:
    """Of `readiness_probe`, or of `ready_log_line`."""
    line, text = process.line_of("ready_log_line"), process.text("ready_log_line")
    if text:
        known = f"/{re.escape(text)}/" if PATTERN.fullmatch(text) else text
        told = f"process-compose waits for it as long as it takes: 'within: {FOR_EVER}' does for an hour"
        process.lose(line, f"ready_log_line: {told}")
        return {"ready": {"log": known, "within": FOR_EVER}}
    if not process.has("readiness_probe"):
        return {}
    part = process.part("readiness_probe")
    question = _question(part, context)
    delay, period, timeout, failures = _times(part)
    part.finish(lacks.PROBE, usual(part, lacks.PROBE_USUAL))
    if not question:
        return {}
    within = delay + failures * period
    times = {"within": within, "every": period, "timeout": timeout}
    return {"ready": {**question, **{key: seconds.text(value) for key, value in times.items()}}}


def alive(process: Part, context: Context) -> Keys:
    """Of `liveness_probe`."""
    if not process.has("liveness_probe"):
        return {}
    part = process.part("liveness_probe")
    question = _question(part, context)
    line = part.line_of("initial_delay_seconds")
    delay, period, timeout, failures = _times(part)
    part.finish(lacks.PROBE, usual(part, lacks.PROBE_USUAL))
    if not question:
        return {}
    if delay:
        part.lose(
            line, "initial_delay_seconds: procman begins to ask when the process is ready: write 'ready'"
        )
    if timeout > period:
        part.lose(
            part.line, f"timeout_seconds: an answer has to be there when the next one is asked for: {period}"
        )
    times = {"every": period, "timeout": min(timeout, period)}
    said = {key: seconds.text(value) for key, value in times.items()}
    return {"alive": {**question, **said, "failures": failures}}


def _times(part: Part) -> tuple[int, int, int, int]:
    """Delay, period, timeout in seconds, and how many failures; what is less than 1 is the usual."""
    found = [number(part, "initial_delay_seconds", 0)]
    found += [number(part, key, value) or value for key, value in TIMES.items()]
    return found[0], found[1], found[2], found[3]


def _question(part: Part, context: Context) -> Keys:
    """How it is asked; nothing if that cannot be said."""
    try:
        if part.has("exec"):
            return _command(part.part("exec"), context)
        if part.has("http_get"):
            return _http(part.part("http_get"), context)
    except ValueError as error:
        part.lose(part.line, f"{error}: it is left out")
    return {}


def _command(part: Part, context: Context) -> Keys:
    folder = part.text("working_dir")
    front = words.entered(rendered(folder, context)) if folder else ""
    text = front + script(rendered(part.text("command"), context)).strip()
    part.finish()
    return {"cmd": text}


def _http(part: Part, context: Context) -> Keys:
    """procman asks itself, curl where it cannot: by https, or at an address that only the shell knows."""
    scheme, host, port, path = (_rendered(part, key, value, context) for key, value in ADDRESS.items())
    other = part.text("num_port").strip()
    port = port or ((other,) if other else ())
    part.finish(lacks.HTTP, usual(part, lacks.HTTP_USUAL))
    address = (*scheme, "://", *host, *((":", *port) if port else ()), *path)
    text = words.literal(address)
    if text is None or (words.literal(scheme) or "").lower() != "http":
        return {"cmd": words.line([("curl",), ("-fsS",), ("-o",), ("/dev/null",), address])}
    return {"http": text}


def _rendered(part: Part, key: str, without: str, context: Context) -> Word:
    return tuple(each for each in rendered(part.text(key).strip() or without, context) if each)
