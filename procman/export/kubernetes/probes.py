"""Probes of Kubernetes: `ready` is a startup probe, for it is asked until it is so; `alive` a liveness probe.

Times are whole seconds there (Probe v1 core).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from procman.core.plan import questions
from procman.core.plan.policies import READY_EVERY, Kind
from procman.export import lacks
from procman.export.containers import container, times
from procman.export.containers.yamldump import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.core.plan.plan import ProcessPlan
    from procman.core.plan.policies import Policies, Probe
    from procman.export.plan import Note

OF_EXPANSION = re.compile(r"\$(?=[$(]|[^\x00-\x7f])")
SEEN = (Kind.TCP, Kind.HTTP, Kind.CMD)
LACKS = {
    "ready: log": "it is ready when it has started",
    "ready: notify": "it is ready when it has started",
    "alive: notify": "nobody asks whether it is well",
}
NOT_ASKED = {f"ready: {key}": "it is not asked" for key in ("within", "every", "timeout")}
NOT_ASKED |= {f"alive: {key}": "it is not asked" for key in ("every", "timeout", "failures")}


def dollars(text: str) -> str:
    """Each `$` two times that would not stay as it is: of `$$` one is left, of `$(NAME)` a value (EnvVar v1
    core), and of a letter beyond ASCII behind it only a part, for it is read byte by byte."""
    return OF_EXPANSION.sub("$$", text)


def of(process: ProcessPlan, root: str) -> dict[str, Any]:
    """The probes of a container."""
    ready, alive = process.policies.ready, process.policies.alive
    found = {}
    if ready and ready.kind in SEEN:
        found["startupProbe"] = _probe(ready, process, root, _failures(ready))
    if alive and alive.kind in SEEN:
        found["livenessProbe"] = _probe(alive, process, root, alive.failures)
    return found


def _failures(ready: Probe) -> int:
    """How often it is asked until it is late."""
    return times.whole(ready.within / times.whole(ready.every))


def _probe(probe: Probe, process: ProcessPlan, root: str, failures: int) -> dict[str, Any]:
    return {
        **_asked(probe, process, root),
        "periodSeconds": times.whole(probe.every),
        "timeoutSeconds": times.whole(probe.timeout),
        "failureThreshold": failures,
    }


def _asked(probe: Probe, process: ProcessPlan, root: str) -> dict[str, Any]:
    if probe.kind is Kind.CMD:
        script = container.script(probe.target, process.policies, root)
        return {"exec": {"command": [*container.SHELL, dollars(script)]}}
    asked = questions.of(probe, process)
    where = Row(port=asked.port)
    if not container.is_here(probe, process):
        where["host"] = asked.host
    if probe.kind is Kind.TCP:
        return {"tcpSocket": where}
    if "host" not in where:  # else it would be the pod's address, which not all servers answer to
        where["httpHeaders"] = [Row(name="Host", value=f"{questions.HERE}:{asked.port}")]
    return {"httpGet": Row(path=asked.path) | where}


def notes(name: str, policies: Policies) -> Iterator[Note]:
    """What becomes of `ready` and `alive`."""
    yield from lacks.of_type(name, policies, LACKS)
    for key, probe in (("ready", policies.ready), ("alive", policies.alive)):
        if probe and probe.kind not in SEEN:
            asked = {below: text for below, text in NOT_ASKED.items() if below.startswith(key)}
            yield from lacks.of_type(name, policies, asked)
        elif probe:
            yield from _rounded(name, key, probe)


def _rounded(name: str, key: str, probe: Probe) -> Iterator[Note]:
    """Notes on times that are no whole seconds; not on the usual one, which nobody has chosen."""
    if (key, probe.every) != ("ready", READY_EVERY):
        yield from times.note(name, f"{key}: every", probe.every, times.whole(probe.every))
    yield from times.note(name, f"{key}: timeout", probe.timeout, times.whole(probe.timeout))
    if key == "ready":
        within = _failures(probe) * times.whole(probe.every)
        yield from times.note(name, "ready: within", probe.within, within)
