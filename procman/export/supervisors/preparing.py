"""What a shell does before the command of a service, and for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.exitcodes import signal_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.export.supervisors.services import Service

FAILED = 111
"""The exit code of who cannot prepare the way for another (chpst(8))."""


def preparations(service: Service) -> Iterator[str]:
    """Lines that have to run in front of the command, in the shell that becomes it; not its folder."""
    policies = service.policies
    if policies.nofile is not None:
        # only the soft limit, as procman does it; who wants more than the hard one needs both, and rights
        soft, both = (f"ulimit {flags} {policies.nofile}" for flags in ("-S -n", "-n"))
        yield f"{soft} 2>/dev/null || {both} || exit {FAILED}"
    if policies.stdin_null:
        yield "exec </dev/null"


def nice(service: Service) -> tuple[str, ...]:
    """The words in front of a command by which it comes before or behind others (nice(1))."""
    given = service.policies.nice
    return () if given is None else ("nice", "-n", str(given))


def signal(number: int) -> str:
    """A signal as kill(1) and the supervisors take it: by name, those for real time by number."""
    name = signal_name(number).removeprefix("SIG")
    return name if name.isalnum() and not name.startswith("RT") else str(number)
