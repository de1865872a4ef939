"""`procman history`: the runs that were, the newest first; or one of them, with its output."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from procman.app import taskfiles
from procman.cli import answers, apps, pages, rows, stores, tables
from procman.core.schedule.durations import wording
from procman.core.tasks.query import Query
from procman.core.tasks.run import Outcome
from procman.core.text.visible import readable
from procman.errors import Problem, UnknownNameError, UserError, suggest

if TYPE_CHECKING:
    from datetime import tzinfo

    from procman.cli.options import Namespace
    from procman.core.tasks.run import Run
    from procman.engine.needs import Liveness


SHOWN = 20
OF_LISTS = {
    "outcomes": "--outcome",
    "since": "--since",
    "until": "--until",
    "text": "--contains",
}

ENDINGS: dict[Outcome | None, str] = {
    Outcome.CANCELED: "canceled",
    Outcome.SKIPPED: "written",
    Outcome.MISSED: "written",
}
"""What happened at the end of one that never began."""


def run(options: Namespace) -> int:
    """List runs, or show one. Raises `UserError`."""
    root = apps.root_of(options)
    if options.words[:1] == ["show"] and len(options.words) == 2:
        _must_be_of_one(options)
        return _show(root, options.words[1], options.json)
    if len(options.words) > 1:
        raise UserError([Problem("history", None, "name one task, or 'show' and the number of a run")])
    task = options.words[0] if options.words else None
    query, limit = pages.query(options, root, task), pages.limit(options, SHOWN)
    waiting = stores.told_by_procman(root).waiting
    with stores.reading(root) as store:
        found = store.history(query, limit) if store else []
        runs = [run._replace(reason=run.reason or waiting.get(run.id)) for run in found]
        if task is not None and not runs and (store is None or not store.count(Query(task), 1)):
            _must_exist(options, task)
        if options.json:
            answers.say_json([rows.run(run) for run in runs])
        else:
            _list(runs, query, root, stores.liveness(root, store))
        if store:
            pages.say_how_many(len(runs), limit, partial(store.count, query), "runs")
    return 0


def _must_be_of_one(options: Namespace) -> None:
    given = [flag for name, flag in OF_LISTS.items() if getattr(options, name) is not None]
    given += ["--all"] * options.all + ["-n"] * (options.number is not None)
    if given:
        raise UserError([Problem("history show", None, f"{given[0]} is for lists of runs: leave it out")])


def _list(runs: list[Run], query: Query, root: str, liveness: Liveness) -> None:
    if not runs:
        answers.say("no runs yet" if query == Query(query.task) else "no such runs")
        return
    zone = taskfiles.zone(root)
    headings = ["run", "task", f"when ({_local(runs[0].at, zone):%Z})", "took", "outcome", "why"]
    cells = [[*_cells(run, zone, liveness)] for run in runs]
    if any(run.host for run in runs):  # several hosts may have some
        for row, host in zip([headings, *cells], ["host", *(run.host or "" for run in runs)], strict=True):
            row.insert(4, host)
    tables.show(headings, cells, right=(0, 3))


def _must_exist(options: Namespace, task: str) -> None:
    """A task without runs is one that procman.yml has; else its name is wrong."""
    known = apps.load_tasks(apps.root_of(options))
    if task not in known:
        raise UnknownNameError(
            [Problem("history", None, f"no task and no runs of '{task}'{suggest(task, known)}")]
        )


def _cells(run: Run, zone: tzinfo, liveness: Liveness) -> tuple[str, ...]:
    took = "" if run.duration is None else wording(run.duration)
    why = run.reason or ("" if run.attempt == 1 else f"attempt {run.attempt}")
    return str(run.id), run.task, f"{_local(run.at, zone):%m-%d %H:%M:%S}", took, _ending(run, liveness), why


def _ending(run: Run, liveness: Liveness) -> str:
    """How it ended; of one that has not, and of which nobody is there any more, that it is lost."""
    gone = run.outcome is None and run.owner is not None and not liveness.owner_lives(run.owner)
    gone = gone and not liveness.child_lives(run.identity, run.owner or "")
    return f"{run.state}, lost" if gone else rows.ending(run)


def _show(root: str, number: str, as_json: bool) -> int:
    stores.told_by_procman(root)
    with stores.reading(root) as store:
        run = store.run(int(number)) if store and number.isdecimal() and len(number) < 19 else None
        if store is None or run is None:
            raise UnknownNameError([Problem("history show", None, f"no run '{number}'")])
        output, liveness = store.output(run.id), stores.liveness(root, store)
    if as_json:
        text = None if output is None else output.decode(errors="replace")
        answers.say_json([{**rows.run(run), "output": text}])
        return 0
    facts = _facts(run, taskfiles.zone(root), liveness)
    answers.say(*(f"{label + ':':11} {value}" for label, value in facts if value), "")
    if output is None:
        answers.say("(no output kept)" if run.outcome else "(its output is kept when it ends)")
    else:
        _write(output)
    return 0


def _facts(run: Run, zone: tzinfo, liveness: Liveness) -> list[tuple[str, str]]:
    never_ran = run.outcome if run.started_at is None else None
    ended = ENDINGS.get(never_ran, "ended")
    exited = "" if run.code is None else str(rows.run(run)["signal"] or run.code)
    peak = "" if run.max_rss_bytes is None else f"{run.max_rss_bytes / 1e6:.0f} MB at most"
    return [
        ("run", f"{run.name}, {run.trigger}, attempt {run.attempt}"),
        ("command", run.command),
        ("outcome", _ending(run, liveness) + (f": {run.reason}" if run.reason else "")),
        ("exit code", exited),
        ("host", run.host or ""),
        ("due", _shown(run.due, zone)),
        ("began", _shown(run.started_at, zone)),
        ("late by", "" if run.lateness is None else wording(run.lateness)),
        (ended, _shown(run.ended_at, zone)),
        ("took", "" if run.duration is None else wording(run.duration)),
        ("CPU time", "" if run.cpu_s is None else wording(run.cpu_s)),
        ("memory", peak),
        ("output", "" if run.output_bytes is None else f"{run.output_bytes} bytes" + ", cut" * run.truncated),
    ]


def _write(output: bytes) -> None:
    """On a terminal so that it can be read and steers nothing; else as it came."""
    if output and sys.stdout.isatty():
        answers.write(readable(output).removesuffix("\n"))
        return
    sys.stdout.flush()
    if output and not output.endswith(b"\n"):
        output += b"\n"
    while output:
        output = output[os.write(1, output) :]


def _local(epoch: float, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(epoch, zone)


def _shown(epoch: float | None, zone: tzinfo) -> str:
    return "" if epoch is None else f"{_local(epoch, zone):%Y-%m-%d %H:%M:%S %Z}"
