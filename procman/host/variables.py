"""The environment of one child: the app's, what is its own, and what its policies mean for it."""

from __future__ import annotations

from procman.core.plan.policies import Kind
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.core.plan.plan import ProcessPlan
    from procman.core.plan.policies import Policies

OF_PROCMAN = (
    *("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"),
    *("LISTEN_FDS", "LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDNAMES"),
)
"""What a service manager tells procman, and means for no child of it."""


def of(process: ProcessPlan, shared: Mapping[str, str]) -> dict[str, str]:
    """What the process says itself wins over what its user brings along, and that over what all share."""
    values = {key: value for key, value in shared.items() if key not in OF_PROCMAN}
    if process.policies.account:
        from procman.host import accounts  # few processes have one

        values |= accounts.variables(process.policies.account)
    return {**values, **process.environment, **_of_policies(process.policies)}


def _of_policies(policies: Policies) -> dict[str, str]:
    found: dict[str, str] = {}
    if policies.cwd is not None:
        found["PWD"] = policies.cwd
    if policies.alive and policies.alive.kind is Kind.NOTIFY:
        found["WATCHDOG_USEC"] = str(round(policies.alive.every * 1e6))  # sd_watchdog_enabled(3)
    if policies.listen:
        from procman.host import listening  # few processes do

        found |= listening.variables(policies.listen)
    return found
