"""systemd, one unit for all: it runs `procman start`, as docs/production.md has it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from procman.export.plan import Export, File, Note
from procman.export.systemd import place, tasks, units
from procman.export.systemd.quoting import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.export.plan import ExportPlan, Render

FILTERS = {name: units.FILTERS[name] for name in ("path", "setting", "words")}
ROOT = "root"
TEMPORARY = ("/tmp/", "/var/tmp/")
"""Where nothing is found with PrivateTmp=."""
LEAST_TO_START, MORE_TO_START, MORE_TO_STOP = 120.0, 60.0, 10.0
"""Seconds: procman is started when all is ready, and is to be done before systemd kills."""


def export(plan: ExportPlan, render: Render) -> Export:
    """One service, which reads the app's files itself."""
    place.check(plan)
    values = {
        **place.everywhere(plan),
        "command": [*plan.start_words(), *tasks.own_options(plan)],
        "folder": plan.root,
        "log": place.log(plan, plan.app),
        "private_tmp": not plan.root.startswith(TEMPORARY),
        "reload": [*plan.procman, "reload"],
        "start_timeout": seconds(_longest_start(plan)),
        "stop_timeout": seconds(_longest_stop(plan)),
        "writable": _writable(plan),
    }
    unit = f"{plan.app}.service"
    files = (File(unit, render("service.j2", **values)),)
    return Export(files, tuple(_notes(plan)), then=tuple(place.then(plan, files, unit)))


def _longest_start(plan: ExportPlan) -> float:
    within = [type_.policies.ready.within for type_ in plan.types if type_.policies.ready]
    return max(LEAST_TO_START, max(within, default=0.0) + MORE_TO_START)


def _longest_stop(plan: ExportPlan) -> float:
    return max([plan.timeout, *(plan.timeout_of(type_.policies) for type_ in plan.types)]) + MORE_TO_STOP


def _writable(plan: ExportPlan) -> list[str]:
    """Where the app may write; what is not there yet is no mistake."""
    others = filter(None, [plan.place.get("PROCMAN_STATE"), plan.log])
    outside = [path for path in others if os.path.commonpath([plan.root, path]) != plan.root]
    return [plan.root, *(f"-{path}" for path in outside)]


def _notes(plan: ExportPlan) -> Iterator[Note]:
    """Who runs as somebody else needs a procman that is root."""
    for type_ in plan.types:
        account = type_.policies.account
        if account and (plan.for_user or (plan.user or ROOT) not in (ROOT, account.name)):
            yield Note(type_.name, f"user: {account.name}", "Only root can start it: export with -u root")
