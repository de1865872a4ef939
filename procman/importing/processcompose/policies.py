"""When a process of process-compose starts again, how it stops and what it watches (Processes Lifetime, File
Watching in its documentation)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.importing.processcompose import lacks
from procman.importing.reading import seconds
from procman.importing.reading.partvalues import number, usual

if TYPE_CHECKING:
    from procman.importing.found import Keys
    from procman.importing.reading.parts import Part

USUAL_STOP = 10
TERM = 15


def end(process: Part) -> Keys:
    """Of `availability`: what follows when it ends."""
    part = process.part("availability")
    line = part.line_of("restart")
    restart, wait = part.text("restart"), max(1, number(part, "backoff_seconds", 1))
    most, ends_all = number(part, "max_restarts", 0), part.flag("exit_on_end")
    part.finish(lacks.AVAILABILITY, usual(part, lacks.AVAILABILITY_USUAL))
    if ends_all and restart in ("", "no", "exit_on_failure"):
        return {}
    if restart in ("", "no"):
        return {"restart": "never"}
    if restart == "exit_on_failure":
        return {"restart": "never", "give_up": "stop"}
    if restart not in ("always", "on_failure"):
        part.lose(line, f"restart: '{restart}' is not always, on_failure, exit_on_failure or no: taken as no")
        return {"restart": "never"}
    limit = most + 1 if most else "never"
    backoff = {"initial": seconds.text(wait), "max": seconds.text(wait), "give_up_after": limit}
    keys = {"restart": restart.replace("_", "-"), "backoff": backoff}
    if ends_all:
        keys["give_up"] = "stop"
        part.lose(line, "exit_on_end: an end with code 0 does not end all, with 'restart' set")
    return keys


def stop(process: Part) -> Keys:
    """Of `shutdown`."""
    part = process.part("shutdown")
    signal, timeout = number(part, "signal", TERM), number(part, "timeout_seconds", USUAL_STOP)
    keys: Keys = {"stop_signal": str(signal)} if signal not in (0, TERM) else {}
    keys["timeout"] = seconds.text(timeout or USUAL_STOP)
    if not part.flag("parent_only"):
        keys["signal_to"] = "group"
    part.finish(lacks.SHUTDOWN)
    return keys


def watch(process: Part) -> Keys:
    """Of `watch`: patterns from the app's folder on."""
    part = process.part("watch")
    patterns: list[str] = []
    for path in part.parts("paths"):
        below = path.text("path").removeprefix("./").rstrip("/")
        front = f"{below}/" if below not in ("", ".") else ""
        include = [each.text for each in path.scalars("include")]
        patterns += [front + _anywhere(each) for each in include] or [front or "**/*"]
        patterns += [f"!{front}{_anywhere(each.text)}" for each in path.scalars("exclude")]
        path.finish()
    part.finish(lacks.WATCH, [key for key in part.entries if key in ("debounce", "max_entries")])
    return {"watch": patterns} if patterns else {}


def _anywhere(pattern: str) -> str:
    """A pattern without a slash is meant in all folders."""
    return pattern if "/" in pattern else f"**/{pattern}"
