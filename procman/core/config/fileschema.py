"""The JSON Schema of the whole procman.yml (draft 2020-12), for editors: they complete and check by it.

It never refuses what procman takes. What it takes procman may still refuse: a text that is no schedule, say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.config import schemas
from procman.core.config.keyrows import Shape
from procman.core.config.processkeys import KEYS
from procman.core.config.taskkeys import MOST_AT_ONCE, MOST_KEPT, MOST_RETRIES
from procman.core.tasks.task import Missed, OnLost, OnStop, Overlap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.core.config.keyrows import Key
    from procman.core.config.schemas import Schema

DRAFT = "https://json-schema.org/draft/2020-12/schema"
TASK_NAME = "^[A-Za-z0-9_][A-Za-z0-9_.-]*$"
TASK: dict[str, tuple[Schema, str]] = {
    "command": ({"type": ["string", "number", "boolean"]}, "What is run, by /bin/sh in the app's folder."),
    "desc": (schemas.TEXT, "What 'procman tasks' shows."),
    "description": (schemas.TEXT, "The same as 'desc'."),
    "schedule": (
        schemas.one_or_list(schemas.TEXT),
        "When it is due: 'every 10 minutes', 'daily at 09:30', cron; without it only when it is asked for.",
    ),
    "overlap": (
        schemas.words(*Overlap),
        "What to do when the last run has not ended at the next tick (default: skip).",
    ),
    "missed": (
        schemas.words(*Missed),
        "Which ticks are made up for that fell due while procman was not there (default: once).",
    ),
    "grace": (schemas.DURATION, "How late a missed tick may be made up for (default: 1h)."),
    "timeout": (schemas.DURATION, "How long a run may take."),
    "retries": (schemas.whole(0, MOST_RETRIES), "Further attempts when a run fails (default: 0)."),
    "retry_delay": (schemas.DURATION, "Before the first of them; doubled each time (default: 10s)."),
    "jitter": (schemas.DURATION, "A tick starts up to so much later."),
    "enabled": (schemas.SWITCH, "Whether its schedule is followed (default: true)."),
    "on_lost": (
        schemas.words(*OnLost),
        "What follows when procman was killed in the middle of a run (default: leave).",
    ),
    "on_stop": (
        schemas.words(*OnStop),
        "What follows when procman was asked to stop in the middle of a run (default: as on_lost).",
    ),
    "keep": (schemas.whole(1, MOST_KEPT), "How many runs the history keeps (default: 1000)."),
    "keep_for": (schemas.DURATION, "How long the history keeps them (default: 90d)."),
    "keep_keys": (schemas.DURATION, "How long the key of a run is known (default: 90d)."),
    "runs_on": (
        schemas.matching(TASK_NAME),
        "The label of the hosts that run it, as in 'procman start --label gpu' (default: any host does).",
    ),
    "concurrency": (
        schemas.whole(1, MOST_AT_ONCE),
        "How many runs of it there may be at once, over all hosts (default: any number).",
    ),
}


def of(start: Mapping[str, Schema]) -> Schema:
    """Of a file; `start` has the options that may stand below `start:`."""
    parts = {
        "timezone": _about("The zone of schedules of the clock (default: the system's).", schemas.TEXT),
        "state_dir": _about("Where history and jobs are kept (default: .procman).", schemas.TEXT),
        "store": _about(
            "The URL of a store that several hosts share (default: a file in state_dir).", schemas.TEXT
        ),
        "app": _about(
            "What the app is called in a store that several share (default: its folder).", schemas.TEXT
        ),
        "start": _about("Options of 'procman start', as on its command line.", schemas.keys(start)),
        "processes": _about(
            "What is said of the Procfile's process types, by their names.", schemas.mapping(_process())
        ),
        "tasks": _about(
            "Commands that run on schedules, later or by hand, by their names.",
            {**schemas.mapping(_task()), "propertyNames": {"pattern": TASK_NAME}},
        ),
    }
    notes = {"^x-": {"description": "Your own, such as a place for YAML anchors."}}
    about = {
        "$schema": DRAFT,
        "title": "procman.yml",
        "description": "An app of procman, beside its Procfile.",
    }
    return {**about, **schemas.keys(parts), "patternProperties": notes}


def _process() -> Schema:
    return schemas.keys({name: _of_key(row) for name, row in KEYS.items()})


def _of_key(row: Key) -> Schema:
    schema = row.schema
    if row.shape is Shape.KEYS:
        below = {name: _of_key(each) for name, each in row.below.items()}
        schema = {**schema, "properties": below}
    return _about(row.help, schema)


def _task() -> Schema:
    known = schemas.keys({name: _about(help_, schema) for name, (schema, help_) in TASK.items()})
    whole = {**known, "type": "object", "required": ["command"]}
    return {"anyOf": [{"type": ["string", "number", "boolean"]}, whole]}


def _about(text: str, schema: Schema) -> Schema:
    return {"description": text, **schema}
