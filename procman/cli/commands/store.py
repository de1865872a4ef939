"""`procman store`: how the store is, all of it copied into another one, what is old deleted."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from procman.cli import answers, apps, placing, stores
from procman.errors import Problem, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.cli.options import Namespace
    from procman.cli.placing import Placed
    from procman.store.status import Status

NO_BELL = "nobody can be rung through this pool: what is asked for begins up to 30 s late"


def run(options: Namespace) -> int:
    """Do what is said. Raises `UserError` and `StoreError`."""
    if options.act != "migrate":
        for option, value in (("--from", options.source), ("--to", options.target)):
            if value is not None:
                raise UserError([Problem(option, None, "only 'procman store migrate' knows it")])
    return {"status": _status, "migrate": _migrate, "prune": _prune}[options.act](options)


def _status(options: Namespace) -> int:
    from procman.store import status

    root = apps.root_of(options)
    placed = placing.of(root)
    with stores.reading(root) as store:
        found = status.of(store) if store else None
    if options.json:
        answers.say_json({"store": placed.where, "app": placed.app, **_values(found)})
    elif found is None:
        answers.say(f"no store yet: 'procman start' makes {placed.where} when there are tasks")
    else:
        answers.say(*_lines(placed, found))
    return 0


def _values(found: Status | None) -> dict[str, object]:
    """The keys of `--json`; all of them are null where there is no store yet."""
    from procman.store.status import Status

    names = [*Status._fields]
    values: dict[str, object] = dict(zip(names, found, strict=True)) if found else dict.fromkeys(names)
    values["size_bytes"], latency = values.pop("size"), values.pop("latency")
    return {**values, "latency_s": round(found.latency, 6) if found else latency}


def _lines(placed: Placed, found: Status) -> Iterator[str]:
    yield f"store      {placed.where}"
    if placed.app:
        yield f"app        {placed.app}"
    yield f"schema     {found.schema}"
    yield f"size       {found.size / 1e6:,.1f} MB{' with all apps' if placed.app else ''}"
    yield f"runs       {found.runs:,}, of which {found.waiting:,} wait and {found.open:,} are there now"
    if found.instances is not None:
        yield f"procmans   {found.instances}"
    yield f"latency    {found.latency * 1000:.2g} ms"
    if found.rings is False:
        yield NO_BELL


def _migrate(options: Namespace) -> int:
    from procman.cli import migrating  # as much as the rest

    root = apps.root_of(options)
    moved = migrating.migrate(root, options.source, options.target)
    if options.json:
        answers.say_json({"from": moved.source, "to": moved.target, "copied": moved.copied})
    else:
        answers.say(*migrating.words(moved))
    return 0


def _prune(options: Namespace) -> int:
    from procman.cli import migrating

    root = apps.root_of(options)
    tasks = apps.load_tasks(root)
    with closing(stores.open_for_writing(root)) as store:
        runs, keys = migrating.prune(store, {name: task.retention for name, task in tasks.items()})
    if options.json:
        answers.say_json({"runs": runs, "keys": keys})
    else:
        answers.say(f"{runs:,} runs and {keys:,} keys deleted")
    return 0
