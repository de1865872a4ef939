"""What the scripts of runit and s6 have in common: both run programs from folders."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

from procman.export import seconds, shell
from procman.export.plan import EXECUTABLE, File
from procman.export.supervisors import preparing, services

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from procman.export.plan import ExportPlan, Render
    from procman.export.supervisors.services import Service

FILTERS: Mapping[str, Callable[..., str]] = {"sh": shell.word}
NO_FAILURES = (1, 2, 13, 15)
"""Signals that are none: HUP, INT, PIPE and TERM (`Restart=on-failure` in systemd.service(5))."""


def preparations(service: Service) -> list[str]:
    """Lines before the command, which run as who runs the supervisor: as root, if that is root."""
    lines = [*preparing.preparations(service)]
    if service.home:
        lines.insert(0, f"HOME={service.home}; export HOME")
    if service.policies.umask is not None:
        lines.append(f"umask {service.policies.umask:03o}")
    return lines


def line(service: Service) -> str:
    """What the shell gets. One that stays needs no traps: it ends at once, and `finish` asks for the rest."""
    return service.command if service.shell_stays else service.line


def stopping(service: Service) -> dict[str, object]:
    """What a script has to know that stops it, or what it has left."""
    return {
        "service": service,
        "signal": preparing.signal(service.policies.stop_signal or signal.Signals.SIGTERM),
        "seconds": seconds.whole(service.timeout) if service.timeout else 0,
    }


def ends_well(service: Service, by_signal: str) -> str:
    """A pattern of the shell for `$1:$2` of a `finish` when the end is no failure: the exit code, which is
    `by_signal` of who died of a signal, and the signal."""
    codes = ["0:*", *(f"{by_signal}:{number}" for number in NO_FAILURES)]
    told = [f"{128 + number}:*" for number in NO_FAILURES if service.shell_stays]
    return " | ".join([*codes, *told])


def script(path: str, text: str, about: tuple[str, ...] = (), mode: int = EXECUTABLE) -> File:
    """A file that is run."""
    return File(path, text, mode=mode, about=about)


def log(plan: ExportPlan, service: Service, render: Render, **values: Any) -> str:
    """The script of who writes the log of a service, as the same user."""
    folder = os.path.join(services.log_folder(plan), service.short)
    return render("log.j2", folder=folder, user=service.user, **values)
