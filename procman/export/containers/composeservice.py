"""The keys of a service of docker compose (Compose Specification, Services)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from procman.core.exitcodes import signal_name
from procman.core.plan.policies import Condition, Restart
from procman.core.plan.ports import LAST
from procman.export.containers import container, health, times, yamldump
from procman.export.plan import restart_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.core.plan.policies import Policies
    from procman.export.plan import ExportPlan, TypePlan

LEAST_MEMORY = 6 << 20
"""Bytes: docker takes no limit below it."""
MEBI = 1 << 20
NUMBERS = re.compile(r"[0-9.]+|\[.*\]")
LOOPBACK = "127.0.0.1"


def keys(plan: ExportPlan, type_: TypePlan) -> dict[str, Any]:
    """Of the service of a process type, those that not all have."""
    process, policies = container.first(plan, type_), type_.policies
    found: dict[str, Any] = {} if policies.autostart else {"profiles": [type_.name]}
    found["command"] = [*container.SHELL, container.command(process, plan.root)]
    if (count := len(type_.processes)) != 1:
        found["scale"] = count
    if ports := [*_published(plan, type_)]:
        found["ports"] = ports
    if needed := _needed(plan, policies):
        found["depends_on"] = needed
    if asked := health.of(process, plan.root):
        found["healthcheck"] = asked
    if (restart := restarts(policies)) != "always":
        found["restart"] = restart
    return found | surroundings(policies)


def patience(time: float) -> str:
    """Between the stop signal and SIGKILL: docker counts whole seconds, and would cut off what is beyond."""
    return f"{times.whole(time, 0)}s"


def published_at(address: str) -> str:
    """The address of the machine for one that is listened on: docker takes no names."""
    host = address.rpartition(":")[0]
    return host if NUMBERS.fullmatch(host) else LOOPBACK


def _published(plan: ExportPlan, type_: TypePlan) -> Iterator[str]:
    """What is reached from outside: on the machine's loopback only, if `listen` does not say more."""
    count = len(type_.processes)
    for address in type_.policies.listen:
        port = int(address.rpartition(":")[2])
        yield f"{published_at(address)}:{_range(port, count)}:{port}"
    own = container.first(plan, type_).port
    if type_.name == container.WEB and own and not type_.policies.listen:
        yield f"{LOOPBACK}:{_range(own, count)}:{own}"


def _range(port: int, count: int) -> str:
    """One for each container; none said where there are not so many ports: docker chooses some."""
    last = port + count - 1
    return "" if last > LAST else f"{port}-{last}" if last > port else f"{port}"


def _needed(plan: ExportPlan, policies: Policies) -> dict[str, Any]:
    types = {each.name: each for each in plan.types}
    found = {}
    for name, condition in policies.depends_on.items():
        if name in types:
            found[name] = yamldump.Row(condition=_condition(types[name], condition))
            if not types[name].policies.autostart or not types[name].processes:
                found[name]["required"] = False
    return found


def _condition(needed: TypePlan, condition: Condition) -> str:
    if condition is Condition.STARTED:
        return "service_started"
    if condition is Condition.COMPLETED or needed.policies.oneshot:
        return "service_completed_successfully"
    return "service_healthy" if health.is_seen(needed.policies) else "service_started"


def restarts(policies: Policies) -> str:
    """The engine counts restarts, procman counts failures: the first is no restart."""
    restart = restart_of(policies)
    if restart is Restart.NEVER:
        return "no"
    if restart is Restart.ALWAYS:
        return "always"
    limit = policies.backoff.give_up_after
    if limit == 1:
        return "no"
    return f"on-failure:{limit - 1}" if limit else "on-failure"


def surroundings(policies: Policies) -> dict[str, Any]:
    """What a process finds around it, and how it is stopped."""
    account = policies.account
    found = {
        "stop_signal": _signal(policies.stop_signal) if policies.stop_signal else None,
        "stop_grace_period": None if policies.timeout is None else patience(policies.timeout),
        "mem_limit": policies.max_memory and _memory(max(policies.max_memory, LEAST_MEMORY)),
        "ulimits": policies.nofile and {"nofile": policies.nofile},
        "user": f"{account.uid}:{account.gid}" if account else None,
        "stdin_open": False if policies.stdin_null else None,
        "tty": policies.pty == "always" if policies.pty else None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _memory(size: int) -> str:
    return f"{size}b" if size % MEBI else f"{size // MEBI}m"


def _signal(number: int) -> str:
    name = signal_name(number)
    return name if name.startswith("SIG") else str(number)
