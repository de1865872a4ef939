"""Healthchecks of docker compose: `ready` and `alive` as commands that an image can run.

There is one healthcheck a service, and the engine never restarts who fails it. Before a service is well for
the first time it is asked each `start_interval`, from then on each `interval`.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from procman.core.plan import questions
from procman.core.plan.policies import READY_TIMEOUT, Kind
from procman.export import lacks
from procman.export.containers import container, times
from procman.export.containers.times import duration
from procman.export.plan import Note

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.core.plan.plan import ProcessPlan
    from procman.core.plan.policies import Policies, Probe
    from procman.export.plan import TypePlan

SEEN = (Kind.TCP, Kind.HTTP, Kind.CMD)
OVER_TCP = "nc -z {host} {port} || bash -c ': </dev/tcp/{host}/{port}'"
OVER_HTTP = "wget -q -O /dev/null {url} || bash -c {get}"
GET = (
    'exec 3<>/dev/tcp/{host}/{port}; printf "GET %s HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n" {path} >&3;'
    " read -r _ status <&3; [[ $status = [23]* ]]"
)
"""Images of Alpine have nc and wget (busybox), those of Debian have bash."""
LACKS = {
    "ready: log": "others wait only until it has started",
    "ready: notify": "others wait only until it has started",
    "alive: notify": "nobody asks whether it is well",
}
BELOW_READY = {f"ready: {key}": "it is not asked" for key in ("within", "every", "timeout")}
BELOW_ALIVE = {f"alive: {key}": "it is not asked" for key in ("every", "timeout", "failures")}


def is_seen(policies: Policies) -> bool:
    """Whether a healthcheck tells that it is ready."""
    return policies.ready is not None and policies.ready.kind in SEEN


def of(process: ProcessPlan, root: str) -> dict[str, Any] | None:
    """The healthcheck of a service, if it has one."""
    ready, alive = _asked(process.policies)
    probe = ready or alive
    if probe is None:
        return None
    found: dict[str, Any] = {"test": ["CMD-SHELL", _command(probe, process, root)]}
    found["timeout"] = duration((alive or probe).timeout)
    if alive:
        found |= {"interval": duration(alive.every), "retries": alive.failures}
    if ready:
        found |= {"start_period": duration(ready.within), "start_interval": duration(ready.every)}
    return found if alive else found | {"retries": 1}


def _asked(policies: Policies) -> tuple[Probe | None, Probe | None]:
    """`ready` and `alive` as far as one healthcheck can be both: the same question."""
    ready, alive = (
        probe if probe and probe.kind in SEEN else None for probe in (policies.ready, policies.alive)
    )
    same = not ready or not alive or (ready.kind, ready.target) == (alive.kind, alive.target)
    return ready, alive if same else None


def _command(probe: Probe, process: ProcessPlan, root: str) -> str:
    if probe.kind is Kind.CMD:
        return container.script(probe.target, process.policies, root)
    asked = questions.of(probe, process)
    host = questions.LOOPBACK if asked.host in container.LOOPBACK else asked.host
    if probe.kind is Kind.TCP:
        return OVER_TCP.format(host=host, port=asked.port)
    shown = f"[{host}]" if ":" in host else host
    url = shlex.quote(f"http://{shown}:{asked.port}{asked.path}")
    get = GET.format(host=host, port=asked.port, path=shlex.quote(asked.path))
    return OVER_HTTP.format(url=url, get=shlex.quote(get))


def notes(type_: TypePlan) -> Iterator[Note]:
    """What becomes of `ready` and `alive`."""
    policies = type_.policies
    ready, alive = _asked(policies)
    yield from lacks.of_type(type_.name, policies, LACKS)
    if ready:
        text = "is the healthcheck there: others wait for it, but who is late is not restarted"
        yield Note(type_.name, f"ready: {ready.kind.value}", text)
    elif policies.ready:
        yield from lacks.of_type(type_.name, policies, BELOW_READY)
    if alive:
        text = "is the healthcheck there: it shows who is not well, and restarts nobody"
        yield Note(type_.name, f"alive: {alive.kind.value}", text)
    elif policies.alive:
        yield from _not_asked(type_.name, policies)
    if ready and alive and ready.timeout != READY_TIMEOUT:  # else nobody has chosen it
        yield from times.note(type_.name, "ready: timeout", ready.timeout, alive.timeout)


def _not_asked(name: str, policies: Policies) -> Iterator[Note]:
    if policies.alive and policies.alive.kind in SEEN:
        text = "the one healthcheck is that of 'ready'"
        yield Note(name, f"alive: {policies.alive.kind.value}", text)
    yield from lacks.of_type(name, policies, BELOW_ALIVE)
