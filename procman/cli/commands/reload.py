"""`procman reload`: the app's files read again by the procman that runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procman.cli import answers, apps, complaints, remote

if TYPE_CHECKING:
    from procman.cli.options import Namespace


def run(options: Namespace) -> int:
    """Have started, restarted and stopped what has changed; back when it has happened.

    Raises `RequestError` with every mistake in the files, and then nothing has changed.
    """
    found = remote.ask(apps.root_of(options), "reload", options.timeout, wait=options.wait)
    complaints.tell(*found["warnings"])
    if options.json:
        rows = [remote.as_json(row) for row in found["processes"]]
        answers.say_json({"changes": found["changes"], "tasks": found["tasks"], "processes": rows})
    else:
        answers.say(*(_told(found) or ["nothing has changed"]))
    return 0


def _told(found: dict[str, Any]) -> list[str]:
    rows = {row["name"]: row for row in found["processes"]}
    told = [f"{remote.told(rows[each['name']])}: {_change(each)}" for each in found["changes"]]
    return [*told, *(f"task {each['name']}: {_change(each)}" for each in found["tasks"])]


def _change(change: dict[str, Any]) -> str:
    """`command, port changed`, `restart adjusted`, `new`."""
    return f"{', '.join(change['what'])} {change['change']}" if change["what"] else change["change"]
