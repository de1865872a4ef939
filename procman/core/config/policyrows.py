"""What procman.yml says of a process type, as plain values under the names they have there, and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procman.core.config import sizes
from procman.core.config.probekeys import DEFAULTS
from procman.core.exitcodes import signal_name
from procman.core.plan.policies import FOREMAN, Kind
from procman.core.schedule.durations import wording

if TYPE_CHECKING:
    from procman.core.plan.policies import Policies, Probe

Row = dict[str, Any]

TIMES = ("initial", "max", "reset_after", "within", "every", "timeout", "max_runtime")


def as_json(policies: Policies) -> Row:
    """All of them. Times in seconds, memory in bytes; of variables only names: values may be secrets."""
    return {**_of_life(policies), **_of_health(policies), **_of_surroundings(policies)}


def in_words(policies: Policies) -> str:
    """Only what is not as it would be without procman.yml."""
    without = as_json(FOREMAN)
    usual = as_json(FOREMAN._replace(ready=DEFAULTS["ready"], alive=DEFAULTS["alive"]))
    said = {key: value for key, value in as_json(policies).items() if value != without[key]}
    return "; ".join(f"{key}: {words(key, value, usual[key])}" for key, value in said.items())


def _of_life(policies: Policies) -> Row:
    backoff = policies.backoff
    return {
        "restart": policies.restart.value if policies.restart else None,
        "backoff": {
            "initial": backoff.initial,
            "max": backoff.longest,
            "reset_after": backoff.reset_after,
            "give_up_after": backoff.give_up_after,
        },
        "give_up": policies.give_up.value,
        "oneshot": policies.oneshot,
        "depends_on": {name: condition.value for name, condition in policies.depends_on.items()},
        "autostart": policies.autostart,
        "instances": policies.instances,
        "timeout": policies.timeout,
        "stop_signal": signal_name(policies.stop_signal) if policies.stop_signal else None,
        "signal_to": "group" if policies.signal_group else "main",
    }


def _of_health(policies: Policies) -> Row:
    return {
        "ready": _probe(policies.ready, "within"),
        "alive": _probe(policies.alive, "failures"),
        "max_memory": policies.max_memory,
        "max_runtime": policies.max_runtime,
        "watch": [*policies.watch],
    }


def _probe(probe: Probe | None, *more: str) -> Row | None:
    if probe is None:
        return None
    target = True if probe.kind is Kind.NOTIFY else probe.target
    rest = {key: getattr(probe, key) for key in ("every", "timeout", *more)}
    return {probe.kind.value: target, **rest}


def _of_surroundings(policies: Policies) -> Row:
    account = policies.account
    return {
        "port": policies.port,
        "listen": [*policies.listen],
        "cwd": policies.cwd,
        "env": [*policies.env],
        "stdin": "null" if policies.stdin_null else "open",
        "pty": policies.pty or "auto",
        "nice": policies.nice,
        "umask": None if policies.umask is None else f"{policies.umask:03o}",
        "nofile": policies.nofile,
        "user": account.name if account else None,
        "group": account.gid if account else None,
    }


def words(key: str, value: Any, usual: Any = None) -> str:
    """Of keys below a key those that are not as usual, if there is something usual."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        usual = usual or {}
        said = [each for each in value if value[each] != usual.get(each)]
        return ", ".join(f"{each} {words(each, value[each])}" for each in said)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if key == "max_memory":
        return sizes.wording(value)
    return wording(value) if key in TIMES else "never" if value is None else str(value)
