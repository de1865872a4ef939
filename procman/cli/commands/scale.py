"""`procman scale`: more or fewer processes of a type, while the app runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.cli import apps, remote
from procman.core.plan import instances

if TYPE_CHECKING:
    from procman.cli.options import Namespace


def run(options: Namespace) -> int:
    """Start or stop as many as that takes; back when it has happened. Raises `UserError`."""
    counts = instances.parse(",".join(options.counts), "scale")
    rows = remote.ask(apps.root_of(options), "scale", options.timeout, counts=counts, wait=options.wait)
    remote.tell(rows, options)
    return remote.exit_code(rows)
