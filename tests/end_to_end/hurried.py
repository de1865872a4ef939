"""procman as on a host of its own, for tests that have one machine and little time: leases are short.

Run as a program, with the arguments of procman. What is in the environment changes the host:
`HOST_BOOT` says which machine it is, so that others cannot see its processes; `HOST_CLOCK` is by how many
seconds its clock is ahead; with `HOST_PATIENT` it looks for what is due as seldom as usual;
`HOST_SABOTAGE` takes something away that keeps runs from being there twice.
"""

from __future__ import annotations

import os
import time

from procman.cli.main import main
from procman.core.tasks import instance

LEASE_SECONDS, EVERY_SECONDS, SPARE_SECONDS = 6.0, 0.5, 1.0
LOOK_SECONDS = 1.0
KILL_TIMEOUT = 1.0
"""`--timeout`."""


def _be_another_machine(boot: str) -> None:
    from procman.host import identity

    identity._boot = lambda: boot  # type: ignore[assignment]


def _set_clock(ahead: float) -> None:
    right = time.time
    time.time = lambda: right() + ahead


def _sabotage(what: str) -> None:
    from procman.engine.lease import Lease
    from procman.engine.runs import Runs

    if what == "fence":
        Runs.fence = lambda self, by, now: 0  # type: ignore[method-assign]
    elif what == "lapse":
        Lease.lapses = lambda self, now, silent: False  # type: ignore[method-assign]


def _hurry() -> None:
    instance.LEASE_SECONDS = LEASE_SECONDS
    from procman.engine import intake, lease, orphans, scheduler
    from procman.host import heartbeat

    lease.TO_SPARE, lease.LEAST_SECONDS = SPARE_SECONDS, 1.0
    heartbeat.EVERY_SECONDS = heartbeat.AGAIN_SECONDS = EVERY_SECONDS
    if "HOST_PATIENT" not in os.environ:
        intake.LONGEST_SLEEP = scheduler.RECOVER_SECONDS = LOOK_SECONDS
    orphans.UNSEEN_SECONDS = 1.0


if __name__ == "__main__":
    _hurry()
    if "HOST_BOOT" in os.environ:
        _be_another_machine(os.environ["HOST_BOOT"])
    if "HOST_CLOCK" in os.environ:
        _set_clock(float(os.environ["HOST_CLOCK"]))
    _sabotage(os.environ.get("HOST_SABOTAGE", ""))
    main()
