"""When a service of systemd starts again, how it is stopped and what it may use: keys of a process type. What
systemd does when nothing is said is written, too, where procman does something else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procman.core.config import sizes
from procman.importing.reading import seconds as spans
from procman.importing.systemd.reader import SERVICE, UNIT
from procman.importing.systemd.reading import INFINITY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from procman.importing.found import Keys
    from procman.importing.systemd.reader import Reader

SPAN = 90.0
"""DefaultTimeoutStartSec= and DefaultTimeoutStopSec= (systemd-system.conf(5))."""
DELAY, INTERVAL, BURST = 0.1, 10.0, 5
"""RestartSec=, DefaultStartLimitIntervalSec= and DefaultStartLimitBurst=."""
FOR_EVER = 365 * 86400.0
RESTARTS = {
    "no": "never",
    "always": "always",
    "on-failure": "on-failure",
    "on-success": "always",
    "on-abnormal": "on-failure",
    "on-abort": "on-failure",
    "on-watchdog": "on-failure",
}
EXACT = ("no", "always", "on-failure")
STAYS = "procman stops all that a process leaves behind"
IN_FRONT = "procman needs it in the foreground: take out what puts it into the background"
SOONER = "the kernel kills at once what wants more; procman looks every few seconds, and restarts it"


def keys(reader: Reader) -> Keys:
    """The keys; some that a process to be started by a timer does not need."""
    found: Keys = {}
    both = reader.seconds("TimeoutSec", SPAN)
    for part in (
        _start(reader, both),
        _restarts(reader),
        _stop(reader, both),
        _health(reader),
        _limits(reader),
    ):
        found |= part
    if reader.word("StandardInput") in ("", "null"):
        found["stdin"] = "null"
    return found


def span(seconds: float) -> str:
    """A time in which something has to happen, in procman's words; it knows no infinity."""
    return spans.text(min(seconds, FOR_EVER))


def _start(reader: Reader, usual: float) -> Keys:
    """How it is known that it has started."""
    said = reader.unit.last(SERVICE, "Type")
    if reader.kind == "oneshot":
        return {"oneshot": True}  # TimeoutStartSec is for tasks: see systemdtimer
    within = reader.seconds("TimeoutStartSec", usual)
    if reader.kind in ("notify", "notify-reload"):
        return {"ready": {"notify": True, "within": span(within)}}
    if said and reader.kind in ("forking", "dbus"):
        reader.lose(said, IN_FRONT)
    return {}


def _restarts(reader: Reader) -> Keys:
    """When it starts again, how long after, and how often at most."""
    said = reader.unit.last(SERVICE, "Restart")
    mode = said.value.lower() if said else "no"
    delay = reader.seconds("RestartSec", DELAY)
    longest = reader.seconds("RestartMaxDelaySec", delay)
    interval = reader.seconds("StartLimitInterval", INTERVAL)
    interval = reader.seconds("StartLimitIntervalSec", interval, UNIT)
    burst = reader.number("StartLimitBurst", reader.number("StartLimitBurst", BURST), UNIT)
    restart = RESTARTS.get(mode, "never")
    if said and mode not in EXACT:
        reader.lose(said, f"procman does not tell such ends apart: it is '{restart}' there")
    if restart == "never":
        return {} if reader.kind == "oneshot" else {"restart": restart}
    backoff: Keys = {"initial": spans.text(max(delay, 0.001)), "max": spans.text(max(delay, longest, 0.001))}
    if not interval or delay * burst >= interval:
        return {"restart": restart, "backoff": {**backoff, "give_up_after": "never"}}
    return {"restart": restart, "backoff": {**backoff, "reset_after": span(interval), "give_up_after": burst}}


def _stop(reader: Reader, usual: float) -> Keys:
    """How it is stopped: all of its control group is, if nothing else is said (systemd.kill(5))."""
    found: Keys = {}
    if signal := reader.unit.last(SERVICE, "KillSignal"):
        name = signal.value.upper().removeprefix("SIG")
        found |= {"stop_signal": name} if name != "TERM" else {}
    mode = reader.unit.last(SERVICE, "KillMode")
    if mode is None or mode.value == "control-group":
        found["signal_to"] = "group"
    elif mode.value != "mixed":
        reader.lose(mode, STAYS)
    return {**found, "timeout": span(reader.seconds("TimeoutStopSec", usual))}


def _health(reader: Reader) -> Keys:
    """Whether it has to tell that it is well, and how long it may run."""
    found: Keys = {}
    every = reader.seconds("WatchdogSec", 0)
    if every and every != INFINITY:
        found["alive"] = {"notify": True, "every": spans.text(every)}
    longest = reader.seconds("RuntimeMaxSec", INFINITY)
    if longest != INFINITY:
        found["max_runtime"] = spans.text(longest)
    return found


def _limits(reader: Reader) -> Keys:
    """What it may use."""
    found: Keys = {}
    for key, (name, read) in LIMITS.items():
        said = reader.unit.last(SERVICE, key)
        if said is None:
            continue
        try:
            found[name] = read(said.value)
        except ValueError as error:
            reader.lose(said, f"{error}")
            continue
        if name == "max_memory":
            reader.lose(said, SOONER)
    return found


def _files(value: str) -> int:
    soft, _, hard = value.partition(":")
    if soft != (hard or soft) or not soft.isdecimal():
        raise ValueError("'nofile' is one number for the soft limit and the hard one")
    return int(soft)


def _memory(value: str) -> str:
    sizes.parse(value)
    return value


LIMITS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "Nice": ("nice", int),
    "UMask": ("umask", str),
    "LimitNOFILE": ("nofile", _files),
    "MemoryMax": ("max_memory", _memory),
}
