"""Every key of procman.yml is in what comes out of every format, or it is named as not carried over.

A new key makes this fail until each format says what becomes of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from procman.core.config.processkeys import KEYS
from procman.core.config.taskkeys import KEYS as TASK_KEYS
from procman.export.formats import FORMATS
from tests.export.plans import Exported, export, plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.core.config.keyrows import Key

EXAMPLES = {
    "restart": "never",
    "depends_on": "{other: started}",
    "give_up": "stop",
    "autostart": "false",
    "stdin": '"null"',
    "cwd": "app",
    "env_file": ".env.web",
    "signal_to": "group",
    "pty": "always",
    "user": "somebody",
    "group": "somegroup",
}
"""Values that are not as usual, where the key's own example is."""
BELOW = {
    "initial": "3s",
    "max": "7m",
    "reset_after": "9m",
    "give_up_after": "4",
    "within": "47s",
    "every": "17s",
    "timeout": "3s",
    "failures": "7",
}
ASKED = {"ready": "http: /up", "alive": "http: /up"}
OF_TASK = {
    "desc": "Says it",
    "description": "Says it",
    "overlap": "queue",
    "missed": "all",
    "grace": "17m",
    "timeout": "13m",
    "retries": "3",
    "retry_delay": "19s",
    "jitter": "23s",
    "enabled": "false",
    "on_lost": "rerun",
    "on_stop": "rerun",
    "keep": "12",
    "keep_for": "3d",
    "keep_keys": "5d",
    "runs_on": "gpu",
    "concurrency": "7",
}
LINES = "web: ./web $PORT\nother: ./other\n"
WITH_BACKOFF = "restart: on-failure, "


def cases() -> Iterator[tuple[str, str, str]]:
    """What is named in a note, and what a process says without and with the key."""
    for name, row in KEYS.items():
        if not row.below:
            yield name, "", f"{name}: {EXAMPLES.get(name, row.example)}"
        else:
            yield from below(name, row)


def below(name: str, row: Key) -> Iterator[tuple[str, str, str]]:
    for key, each in row.below.items():
        before = WITH_BACKOFF if name == "backoff" else ""
        if key in BELOW:
            asked = ASKED.get(name, "")
            both = ", ".join(filter(None, [asked, f"{key}: {BELOW[key]}"]))
            without = f"{before}{name}: {{{asked}}}" if asked else before.rstrip(", ")
            yield f"{name}: {key}", without, f"{before}{name}: {{{both}}}"
        else:
            yield f"{name}: {key}", "", f"{name}: {{{key}: {each.example}}}"


def of_web(said: str) -> str:
    return f"processes: {{web: {{{said}}}}}\n" if said else ""


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(
    ("key", "without", "with_"), [*cases()], ids=lambda value: str(value).partition(" ")[0]
)
def test_every_key_of_a_process_is_carried_or_named(format_: str, key: str, without: str, with_: str) -> None:
    if FORMATS[format_].whole:
        return  # `procman start` reads the file itself: test_whole below
    before = export(format_, plan(LINES, of_web(without)))
    after = export(format_, plan(LINES, of_web(with_)))
    assert is_carried(before, after) or is_named(after, "web", key), f"{format_}: '{with_}' is lost"


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("key", TASK_KEYS)
def test_every_key_of_a_task_is_carried_or_named(format_: str, key: str) -> None:
    if FORMATS[format_].whole or key == "command":
        return
    said = "schedule: hourly at :15"
    extra = ", retries: 2" if key == "retry_delay" else ""
    before = export(format_, plan("", f"tasks: {{t: {{command: ./t, {said}{extra}}}}}\n"))
    after = export(
        format_, plan("", f"tasks: {{t: {{command: ./t, {said}{extra}, {key}: {OF_TASK[key]}}}}}\n")
    )
    field = TASK_KEYS[key].field
    assert "t" in after.export.scheduled or is_carried(before, after) or is_named(after, "t", field)


@pytest.mark.parametrize("format_", [name for name, row in FORMATS.items() if row.whole])
def test_where_procman_runs_whole_it_reads_all_keys_itself(format_: str) -> None:
    text = "".join(file.text for file in export(format_, plan(LINES)).files.values())
    assert "start" in text
    assert "procman" in text


@pytest.mark.parametrize("format_", FORMATS)
def test_schedules_and_commands_of_tasks_arrive(format_: str) -> None:
    if FORMATS[format_].whole:
        return
    found = export(format_, plan("", "tasks: {t: {command: ./t, schedule: hourly at :15}}\n"))
    other = export(format_, plan("", "tasks: {t: {command: ./t, schedule: hourly at :16}}\n"))
    assert "t" in found.export.scheduled or is_carried(found, other)
    other = export(format_, plan("", "tasks: {t: {command: ./other, schedule: hourly at :15}}\n"))
    assert "t" in found.export.scheduled or is_carried(found, other)


def is_carried(before: Exported, after: Exported) -> bool:
    """Whether the key changes anything but comments."""
    return contents(before) != contents(after)


def contents(exported: Exported) -> dict[str, tuple[str, int]]:
    """The files without the notes that stand in them."""
    return {file.path: (file.text, file.mode) for file in exported.export.files}


def is_named(exported: Exported, about: str, key: str) -> bool:
    return any(
        note.about == about and (note.said == key or note.said.startswith(f"{key}: "))
        for note in exported.export.notes
    )
