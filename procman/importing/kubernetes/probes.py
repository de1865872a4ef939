"""Probes of Kubernetes' containers as `ready` and `alive`: Kubernetes API reference, Probe."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from procman.importing.compose import interpolation
from procman.importing.kubernetes.values import expanded
from procman.importing.reading import parts, seconds, shells

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from procman.importing.found import Keys
    from procman.importing.reading.parts import Part

PERIOD, TIMEOUT, FAILURES = 10.0, 1.0, 3
"""What the kubelet does when nobody says so, in seconds."""
LACKS = {
    "initialDelaySeconds": "it is asked from its start on, and may take 'within' until it is ready",
    "successThreshold": "one answer is enough",
    "terminationGracePeriodSeconds": "'timeout' counts, however it is stopped",
    "grpc": "procman asks by tcp, http or a command: write 'cmd: grpc_health_probe -addr=...'",
}
LOOPBACK = ("", "localhost", "127.0.0.1")


class Container(NamedTuple):
    """What a probe has to know: the process's own port, ports by name, the names of its variables, and what
    its shell does first: procman asks in the process's own folder."""

    port: str
    named: dict[str, str]
    variables: AbstractSet[str]
    around: Keys


def keys(part: Part, container: Container) -> Keys:
    """`ready` and `alive` of a container."""
    started = part.part("startupProbe")
    within = _within(started) if started.entries else None
    ready = _probe(part.part("readinessProbe"), container)
    alive = _probe(part.part("livenessProbe"), container)
    first = _probe(started, container)
    found: Keys = {}
    if ready or first:
        found["ready"] = {**(ready or first), **({"within": seconds.text(within)} if within else {})}
        found["ready"].pop("failures", None)
    if alive:
        found["alive"] = {**alive, "timeout": alive.get("timeout", seconds.text(TIMEOUT))}
    return found


def _within(part: Part) -> float:
    """So long the kubelet asks until it takes the container for failed."""
    entries = {key: getattr(entry.value, "text", "") for key, entry in part.entries.items()}
    delay = _number(entries.get("initialDelaySeconds", ""), 0)
    period = _number(entries.get("periodSeconds", ""), PERIOD)
    part.entries.pop("initialDelaySeconds", None)
    return delay + period * _number(entries.get("failureThreshold", ""), FAILURES)


def _probe(part: Part, container: Container) -> Keys:
    if not part.entries:
        return {}
    found = _http(part, container) | _tcp(part, container) | _exec(part, container)
    every, timeout = (part.text(key) for key in ("periodSeconds", "timeoutSeconds"))
    failures = part.text("failureThreshold")
    lacks = dict(LACKS)
    if part.text("initialDelaySeconds") not in ("", "0"):
        part.lose(part.line, f"initialDelaySeconds: {LACKS['initialDelaySeconds']}")
    if part.text("successThreshold") not in ("", "1"):
        part.lose(part.line, f"successThreshold: {LACKS['successThreshold']}")
    part.finish(lacks)
    if not found:
        return {}
    found |= {"every": seconds.text(_number(every, PERIOD))} if every else {}
    found |= {"timeout": seconds.text(_number(timeout, TIMEOUT))} if timeout else {}
    return found | ({"failures": parts.number(failures)} if failures and failures != str(FAILURES) else {})


def _number(text: str, usual: float) -> float:
    return float(text) if text.isdecimal() and len(text) < 10 else usual


def _http(part: Part, container: Container) -> Keys:
    if not part.has("httpGet"):
        return {}
    get = part.part("httpGet")
    path, port, host = get.text("path") or "/", _port(get, container), get.text("host")
    if get.text("scheme").upper() == "HTTPS":
        there = host or "127.0.0.1"
        get.finish({"httpHeaders": "procman sends none of its own"})
        return {"cmd": f"curl -fsSk 'https://{there}:{port}{path}'"}
    own = port == container.port and host in LOOPBACK
    headers = [(each.text("name"), each.text("value")) for each in get.parts("httpHeaders")]
    if any(name.lower() != "host" for name, _ in headers):
        get.lose(get.line, "httpHeaders: procman sends none of its own")
    get.finish()
    return {"http": path if own else f"http://{host or '127.0.0.1'}:{port}{path}"}


def _tcp(part: Part, container: Container) -> Keys:
    if not part.has("tcpSocket"):
        return {}
    socket = part.part("tcpSocket")
    port, host = _port(socket, container), socket.text("host")
    socket.finish()
    if host not in LOOPBACK:
        return {"tcp": f"{host}:{port}"}
    return {"tcp": "port" if port == container.port else port}


def _port(part: Part, container: Container) -> str:
    text = part.text("port")
    return container.named.get(text, text)


def _exec(part: Part, container: Container) -> Keys:
    if not part.has("exec"):
        return {}
    below = part.part("exec")
    words = [expanded(each.text, container.variables) for each in below.scalars("command")]
    below.finish()
    if not words:
        return {}
    line, first = shells.unwrapped(interpolation.argv(words) or [], part.found.place)
    known = first and first.items() <= container.around.items()
    return {"cmd": line if known else interpolation.line(words)}
