"""What is exported and imported again is the same plan, but for what the notes of the export have named."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.core.plan import commands
from procman.core.schedule import schedule
from procman.export import lacks
from procman.export.plan import shell_line
from procman.importing import checked, sources, written
from procman.importing.found import Found, Place
from tests.export.plans import ROOT, Exported, export, plan
from tests.importing.loading import loaded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.core.plan.policies import Policies
    from procman.core.tasks.task import Task
    from procman.export.plan import ExportPlan

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
SETTINGS = settings(max_examples=EXAMPLES // 2, deadline=None)
NAMES = ("web", "worker", "clock", "api", "release", "mail-in")
TASKS = ("remind", "digest")
BEGIN, END = datetime(2026, 3, 15, tzinfo=UTC), datetime(2026, 5, 15, tzinfo=UTC)
SEEN_IN_ENVIRONMENT = ("env", "port")
UNSAID = {"restart": "always", "timeout": "5 s"}
"""What an export makes of it when nobody says anything."""

PIECES = st.sampled_from(
    [
        *("./run", "a", " ", "  ", "'b c'", '"$PORT"', "$X", "${X:-y}", "$$", "$(date)", "%d", "%%", "\\"),
        *(
            "&& ",
            "; ",
            "| ",
            "exec ",
            "cd x",
            "trap '' INT; ",
            "umask 022; ",
            "#",
            "ü",
            "日",
            "[x]",
            "{",
            "~",
        ),
    ]
)
COMMANDS = (
    st.lists(PIECES, min_size=1, max_size=6)
    .map(lambda pieces: "".join(pieces).strip(" "))
    .filter(lambda line: line.strip(" \\") and not line.startswith("umask"))
)
"""What begins with `umask` may come back as the key, which is the same."""
VALUES = st.text(st.sampled_from([*"ab 1$%'\"\\#;=:\n\tü日{}()`"]), max_size=10)
VARIABLES = st.dictionaries(st.sampled_from(["A", "B_1", "URL", "lower"]), VALUES, max_size=3)
DURATIONS = st.sampled_from(["1s", "7s", "90s", "2m", "1h"])
ASKED = st.sampled_from(
    [
        {"tcp": "port"},
        {"tcp": "6379"},
        {"http": "/up?a=b"},
        {"http": "http://127.0.0.1:81/"},
        {"cmd": "./ok $A"},
    ]
)


def probes(more: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    times = st.fixed_dictionaries({}, optional={"timeout": st.sampled_from(["1s", "3s"]), **more})
    return st.tuples(ASKED, times).map(lambda each: each[0] | each[1])


READY = probes({"within": st.sampled_from(["12s", "30s", "1m"]), "every": st.sampled_from(["1s", "3s"])})
ALIVE = probes({"failures": st.integers(1, 5), "every": st.sampled_from(["5s", "20s"])})
KEYS: dict[str, st.SearchStrategy[Any]] = {
    "restart": st.sampled_from(["never", "on-failure", "always"]),
    "backoff": st.fixed_dictionaries(
        {}, optional={"initial": DURATIONS, "give_up_after": st.integers(2, 20)}
    ),
    "autostart": st.booleans(),
    "instances": st.integers(2, 3),
    "timeout": DURATIONS,
    "stop_signal": st.sampled_from(["QUIT", "INT", "USR1"]),
    "signal_to": st.sampled_from(["main", "group"]),
    "ready": READY,
    "alive": ALIVE,
    "max_memory": st.sampled_from(["64M", "1G", "70000001"]),
    "port": st.integers(6000, 6005),
    "cwd": st.sampled_from(["api", "a b"]),
    "env": VARIABLES,
    "stdin": st.sampled_from(["open", "null"]),
    "pty": st.sampled_from(["always", "never"]),
    "umask": st.sampled_from(["022", "077"]),
    "nice": st.sampled_from([5, 19]),
    "nofile": st.sampled_from([64, 1024]),
    "watch": st.just(["src/"]),
    "give_up": st.just("stop"),
}
OF_RELEASE = (
    *("timeout", "stop_signal", "signal_to", "port", "cwd", "env", "stdin", "pty", "umask", "nofile"),
    "nice",
)
SCHEDULES = st.sampled_from(
    [
        *("*/10 * * * *", "5 4 * * mon-fri", "0 0 1,15 * *", "30 12 * * * UTC", "every 15 minutes"),
        *("daily at 07:20", "0 0 13 * 5", "*/7 * * * * *", "at 2030-01-01 00:00", "@reboot"),
        "mondays at 08:00 America/New_York",
    ]
)
TASK_KEYS: dict[str, st.SearchStrategy[Any]] = {
    "schedule": st.lists(SCHEDULES, min_size=1, max_size=2) | SCHEDULES,
    "overlap": st.sampled_from(["skip", "allow", "queue", "replace"]),
    "missed": st.sampled_from(["skip", "once", "all"]),
    "grace": st.sampled_from(["1m", "2h"]),
    "timeout": DURATIONS,
    "retries": st.integers(0, 3),
    "enabled": st.booleans(),
    "desc": st.sampled_from(["Says it", "it's: 100%"]),
}


class Drawn(NamedTuple):
    """An app: its Procfile, procman.yml and .env."""

    lines: str
    yml: str
    env: dict[str, str]


def has_process(names: list[str]) -> bool:
    """Whether there is something to start, beside what comes before it."""
    return names != ["release"]


@st.composite
def apps(draw: st.DrawFn) -> Drawn:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=4).filter(has_process))
    lines = "".join(f"{name}: {draw(COMMANDS)}\n" for name in names)
    processes: dict[str, dict[str, Any]] = {}
    for at, name in enumerate(names):
        keys = draw(st.fixed_dictionaries({}, optional=KEYS))
        if name == "release":
            keys = {key: value for key, value in keys.items() if key in OF_RELEASE}
        else:
            keys |= _dependencies(draw, [each for each in names[:at] if each != "release"], processes)
        if draw(st.integers(0, 4)) == 0 and name != "release":
            keys = {key: keys[key] for key in keys if key not in ("ready", "alive", "restart")}
            keys["oneshot"] = True
        processes[name] = _right(name, at, keys)
    tasks = {
        name: _of_schedule({"command": draw(COMMANDS), **draw(st.fixed_dictionaries({}, optional=TASK_KEYS))})
        for name in draw(st.lists(st.sampled_from(TASKS), unique=True))
    }
    said = {"processes": processes, "tasks": tasks}
    return Drawn(lines, yaml.safe_dump(said, sort_keys=False, allow_unicode=True), draw(VARIABLES))


def _dependencies(draw: st.DrawFn, names: list[str], said: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    chosen = draw(st.lists(st.sampled_from(names), unique=True, max_size=2)) if names else []
    words = {"oneshot": "completed", "ready": "ready"}
    conditions = {
        name: draw(st.sampled_from(["started", *(words[key] for key in words if key in said[name])]))
        for name in chosen
    }
    return {"depends_on": conditions} if conditions else {}


def _of_schedule(keys: dict[str, Any]) -> dict[str, Any]:
    """What makes sense together: off is what has a schedule, and late what may be made up for."""
    senseless = {"enabled": "schedule" not in keys, "grace": keys.get("missed") == "skip"}
    return {key: value for key, value in keys.items() if not senseless.get(key)}


def _right(name: str, at: int, keys: dict[str, Any]) -> dict[str, Any]:
    """What makes sense together."""
    if "port" in keys:
        keys["port"] += 10 * at
    if keys.get("backoff") == {} or keys.get("restart", "never") == "never":
        keys.pop("backoff", None)
    return keys


def imported(format_: str, exported: Exported) -> Found:
    """What is found in the files of an export, on a machine where all is that is asked for."""
    found = Found(Place(ROOT, lambda _: True, lambda _: True, lambda _: True, "shop"))
    for file in exported.files.values():
        sources.importer(format_).read(file.text.encode(), file.path, found.of(file.path))
    found.finish()
    checked.check(found)
    return found


def again(format_: str, exported: Exported) -> ExportPlan:
    """The plan of the app that is imported again."""
    found = imported(format_, exported)
    loaded(found)
    texts = written.texts(found)
    return plan(texts.procfile, texts.procman_yml, found.env)


class Notes:
    """What an export has named of a process type or task; nothing else may differ."""

    def __init__(self, exported: Exported, about: str) -> None:
        self.said = [note.said for note in exported.export.notes if note.about in (about, "")]

    def names(self, key: str) -> bool:
        return any(said == key or said.startswith(f"{key}: ") for said in self.said)

    def allows(
        self, before: Mapping[str, str], after: Mapping[str, str], unsaid: Mapping[str, str]
    ) -> list[str]:
        """Keys that differ and may not."""
        return [
            f"{key}: {before.get(key)} -> {after.get(key)}"
            for key in {**before, **after}
            if before.get(key) != after.get(key)
            and not (key not in before and after[key] == unsaid.get(key))
            and not self.names(key)
            and not self.names(key.partition(": ")[0])
        ]


def of_type(policies: Policies) -> dict[str, str]:
    """What is said of a type, but for what a process finds in its environment."""
    said = lacks.said_of_type(policies)
    return {key: text for key, text in said.items() if key not in SEEN_IN_ENVIRONMENT}


def same_processes(
    before: ExportPlan, after: ExportPlan, exported: Exported, unsaid: Mapping[str, str]
) -> None:
    kept = [each for each in before.types if each.processes]
    assert [each.name for each in after.types] == [each.name for each in kept]
    for was, is_ in zip(kept, after.types, strict=True):
        notes = Notes(exported, was.name)
        of_end = {"restart": "never"} if was.policies.oneshot else {}
        assert notes.allows(of_type(was.policies), of_type(is_.policies), {**unsaid, **of_end}) == []
        first, now = was.processes[0], is_.processes[0]
        assert shell_line(now) == shell_line(first)
        assert environment(after, now.environment) == environment(before, first.environment)
        assert len(is_.processes) == len(was.processes) or notes.names("instances")


def environment(of: ExportPlan, own: Mapping[str, str]) -> dict[str, str]:
    """What a process finds, without the ports of others: these may have another place."""
    return {
        key: value for key, value in {**of.environment, **own}.items() if not key.startswith("PROCMAN_PORT")
    }


def same_release(before: ExportPlan, after: ExportPlan, exported: Exported) -> None:
    was, is_ = before.release, after.release
    assert (was is None) == (is_ is None)
    if was and is_:
        assert shell_line(is_) == shell_line(was)
        assert environment(after, is_.environment) == environment(before, was.environment)
        assert Notes(exported, "release").allows(of_type(was.policies), of_type(is_.policies), UNSAID) == []


def same_tasks(before: ExportPlan, after: ExportPlan, exported: Exported) -> None:
    native = [task for task in before.tasks if task.name not in exported.export.scheduled]
    assert [task.name for task in after.tasks] == [task.name for task in native]
    assert not native or environment(after, {}) == environment(before, {})
    for was, is_ in zip(native, after.tasks, strict=True):
        assert commands.script(is_.command, ()).behind == commands.script(was.command, ()).behind
        assert ticks(is_) == ticks(was)
        assert Notes(exported, was.name).allows(of_task(was), of_task(is_), {}) == []


def of_task(task: Task) -> dict[str, str]:
    return {key: text for key, text in lacks.said_of_task(task).items() if key != lacks.SCHEDULE}


def ticks(task: Task) -> set[datetime]:
    """All of its ticks in two months; the start of procman counts as one, too."""
    found = {BEGIN for each in task.schedules if each.at_start}
    for each in task.schedules:
        found |= {*takewhile(END.__gt__, (occurrence.tick for occurrence in schedule.upcoming(each, BEGIN)))}
    return found


def texts_of(exported: Exported) -> dict[str, str]:
    return {file.path: file.text for file in exported.export.files}


@given(apps())
@SETTINGS
def test_an_app_comes_back_from_compose(app: Drawn) -> None:
    before = plan(*app)
    exported = export("compose", before)
    after = again("compose", exported)
    same_processes(before, after, exported, UNSAID)
    same_release(before, after, exported)
    assert {task.name for task in before.tasks} == set(exported.export.scheduled)


@given(apps())
@SETTINGS
def test_an_app_comes_back_from_kubernetes(app: Drawn) -> None:
    before = plan(*app)
    exported = export("kubernetes", before)
    after = again("kubernetes", exported)
    same_processes(before, after, exported, UNSAID | {"ready: every": "1 s"})
    same_release(before, after, exported)
    same_tasks(before, after, exported)


def fixed(before: ExportPlan, format_: str) -> None:
    """What was exported, imported and exported again stays as it is from then on."""
    first = again(format_, export(format_, before))
    exported = export(format_, first)
    assert texts_of(export(format_, again(format_, exported))) == texts_of(exported)


@pytest.mark.parametrize("format_", ["compose", "kubernetes", "supervisord", "crontab"])
@given(app=apps())
@settings(max_examples=EXAMPLES // 4, deadline=None)
def test_what_came_back_is_exported_and_imported_without_a_change(format_: str, app: Drawn) -> None:
    fixed(plan(*app), format_)


@given(apps())
@SETTINGS
def test_an_app_comes_back_from_supervisord(app: Drawn) -> None:
    before = plan(*app, user=None)
    exported = export("supervisord", before)
    after = again("supervisord", exported)
    same_processes(before, after, exported, UNSAID)


@given(apps())
@SETTINGS
def test_tasks_come_back_from_a_crontab(app: Drawn) -> None:
    before = plan(*app)
    exported = export("crontab", before)
    after = again("crontab", exported)
    same_tasks(before, after, exported)
