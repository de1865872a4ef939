"""What procman.yml says of a process type, as settings of systemd.service(5), systemd.exec(5) and others."""

from __future__ import annotations

import math
from signal import SIGTERM
from typing import TYPE_CHECKING, NamedTuple

from procman.core.exitcodes import signal_name
from procman.core.plan.policies import Kind, Restart
from procman.export import shell
from procman.export.systemd.quoting import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.core.plan.plan import ProcessPlan
    from procman.core.plan.policies import Policies
    from procman.export.plan import ExportPlan

HARD_LIMIT = 524_288
"""Of open files, as systemd.exec(5) has it by default: `nofile` is about the soft one."""
DOUBLINGS = 60
"""Of a wait: more than that is beyond any `max`."""
MOST_STARTS = 2**31 - 1
CLEAN_SIGNALS_OF_SHELLS = "129 130 141 143"
"""HUP, INT, PIPE and TERM, as a shell says that its command has ended by one: systemd knows them as clean."""
UNITS = ((1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K"))


class Limit(NamedTuple):
    """How often systemd starts it before it gives up: StartLimitIntervalSec= and StartLimitBurst=."""

    interval: str = "0"
    burst: int | None = None


def limit(policies: Policies) -> Limit:
    """Gives up after as long as procman does, if each run is shorter than `reset_after`.

    Where the wait does not grow, that is the same number of failures too. With `always`, systemd would count
    good ends as well: it does not give up.
    """
    backoff = policies.backoff
    if policies.restart is not Restart.ON_FAILURE or backoff.give_up_after is None:
        return Limit()
    first = backoff.initial
    waits = (min(first * 2 ** min(n, DOUBLINGS), backoff.longest) for n in range(backoff.give_up_after - 1))
    burst = min(math.ceil(round(sum(waits) / first, 6)) + 1, MOST_STARTS)
    return Limit(seconds(burst * (backoff.reset_after + first)), burst)


def restart(policies: Policies) -> str:
    """Restart=, with `always` where nothing is said: nobody else brings it back."""
    if policies.oneshot:
        return "on-failure" if policies.restart is Restart.ON_FAILURE else "no"
    if policies.restart is Restart.NEVER:  # not well any more: it is restarted all the same
        return "on-watchdog" if told(policies.alive) else "no"
    return str((policies.restart or Restart.ALWAYS).value)


def told(probe: object) -> bool:
    """Whether a process says by sd_notify(3) how it is."""
    return getattr(probe, "kind", None) is Kind.NOTIFY


def kind(policies: Policies) -> str:
    """Type="""
    if policies.oneshot:
        return "oneshot"
    return "notify" if told(policies.ready) else "exec"


def settings(plan: ExportPlan, process: ProcessPlan) -> dict[str, str]:
    """The settings of [Service] that are about its life, and what it finds around it."""
    return dict([*_life(process.policies), *_stop(plan, process), *_limits(process.policies)])


def _life(policies: Policies) -> Iterator[tuple[str, str]]:
    again = restart(policies)
    yield "Restart", again
    if again != "no":
        yield "RestartSec", seconds(policies.backoff.initial)
    if policies.oneshot:
        yield "RemainAfterExit", "yes"
        if policies.max_runtime:
            yield "TimeoutStartSec", seconds(policies.max_runtime)
    elif policies.max_runtime:
        yield "RuntimeMaxSec", seconds(policies.max_runtime)
    if told(policies.ready) or told(policies.alive):
        yield "NotifyAccess", "all"  # as below procman: whatever it starts may speak for it
    if policies.ready and told(policies.ready):
        yield "TimeoutStartSec", seconds(policies.ready.within)
    if policies.alive and told(policies.alive):
        yield "WatchdogSec", seconds(policies.alive.every)
        yield "WatchdogSignal", _signal(policies)


def _stop(plan: ExportPlan, process: ProcessPlan) -> Iterator[tuple[str, str]]:
    timeout = plan.timeout_of(process.policies)
    stays = shell.stays(process.command)
    if stays:
        yield "SuccessExitStatus", CLEAN_SIGNALS_OF_SHELLS
    # a shell that stays would keep the signal to itself
    yield "KillMode", "control-group" if process.policies.signal_group or stays else "mixed"
    yield "KillSignal", _signal(process.policies) if timeout else "SIGKILL"
    if timeout:
        yield "TimeoutStopSec", seconds(timeout)


def _signal(policies: Policies) -> str:
    return signal_name(policies.stop_signal or SIGTERM)


def _limits(policies: Policies) -> Iterator[tuple[str, str]]:
    if policies.max_memory:
        yield "MemoryMax", _size(policies.max_memory)
    if policies.nofile is not None:
        yield "LimitNOFILE", f"{policies.nofile}:{max(policies.nofile, HARD_LIMIT)}"
    if policies.nice is not None:
        yield "Nice", str(policies.nice)
    if policies.umask is not None:
        yield "UMask", f"{policies.umask:04o}"
    if policies.stdin_null:
        yield "StandardInput", "null"


def _size(size: int) -> str:
    """Bytes as people read them."""
    return next((f"{size // each}{name}" for each, name in UNITS if size % each == 0), str(size))
