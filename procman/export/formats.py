"""The formats of `procman export`: a row each, read by the command, its help and the tests."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from procman.export.plan import Export, ExportPlan, Render


class Format(NamedTuple):
    """A format. `module` is in this room, and so are its `templates/NAME/`."""

    summary: str
    module: str
    whole: bool = False
    """One `procman start` runs everything there: it reads the app's files itself."""


class Exporter(Protocol):
    """What a format's module has. It reads and writes nothing."""

    FILTERS: Mapping[str, Callable[..., str]]
    """What its templates may do to values: above all how each is quoted."""

    def export(self, plan: ExportPlan, render: Render) -> Export: ...


FORMATS = {
    "systemd": Format("units of systemd: a target, a service a process type, timers", "systemd.units"),
    "systemd-whole": Format("one unit of systemd, which runs 'procman start'", "systemd.whole", whole=True),
    "supervisord": Format("a configuration of supervisord", "supervisors.supervisord"),
    "runit": Format("service folders of runit", "supervisors.runit"),
    "s6": Format("source folders of s6-rc", "supervisors.s6"),
    "launchd": Format("property lists of launchd (macOS)", "inits.launchd"),
    "upstart": Format("jobs of upstart", "inits.upstart"),
    "inittab": Format("lines for /etc/inittab (System V init)", "inits.inittab"),
    "crontab": Format("the tasks as lines of a crontab", "cron.crontab"),
    "compose": Format("a file of docker compose", "containers.compose"),
    "kubernetes": Format("manifests of Kubernetes", "kubernetes.manifests"),
    "dockerfile": Format(
        "a Dockerfile in which 'procman start' is PID 1", "containers.dockerfile", whole=True
    ),
}


def exporter(name: str) -> Exporter:
    """The module of a format."""
    module = importlib.import_module(f"procman.export.{FORMATS[name].module}")
    return cast("Exporter", module)
