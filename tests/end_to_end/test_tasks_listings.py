"""The listings of tasks and runs: their JSON, and how they look on terminals, in pipes and files."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import PROCMAN, App
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from pathlib import Path

RUN = {
    *("id", "task", "command", "args", "trigger", "tick", "lateness_s", "attempt", "state", "outcome"),
    *("exit_code", "signal", "pid", "started_at", "ended_at", "duration_s", "reason", "output_bytes"),
    *("truncated", "max_rss_bytes", "cpu_s", "due", "key", "created_at", "host"),
}
SCHEDULE = {
    *("task", "description", "schedule", "words", "timezone", "next_tick", "last_tick", "last_outcome"),
    *("last_success", "paused"),
}
NEXT = {"task", "schedule", "tick", "local", "dst", "paused"}
TASK = {"task", "description", "command", "schedule"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
LONG = "remind_of_registration_that_was_never_completed_and_never_will_be"
TASKS = f"""
{LONG}:
  desc: Remind users who have not completed registration, politely, and in as many words as it takes
  command: echo reminding; exit 3
  schedule: [every 10 minutes, "30 2 * * * Europe/Berlin"]
short: echo fine
"""
NOBODY = "procman: nothing will run until 'procman start'"


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two tasks with a run each, and two jobs, one of them with many arguments."""
    app = App(tmp_path_factory.mktemp("seed"))
    app.tasks(TASKS)
    app.do("run", "task", LONG)
    app.do("run", "task", "short")
    app.do("run", "task", LONG, "--in", "1h", "--key", "k" * 30, "--", *("a long argument",) * 5)
    app.do("run", "task", "short", "--in", "2h")
    app.close()
    return app.root


@pytest.fixture
def filled(app: App, seed: Path) -> App:
    """An app that has that past."""
    shutil.copytree(seed, app.root, dirs_exist_ok=True)
    return app


LISTINGS = [("tasks",), ("schedule",), ("next",), ("history",), ("jobs",)]


def test_tasks_have_these_keys(filled: App) -> None:
    long, short = filled.listed("tasks")
    assert set(long) == set(short) == TASK
    assert long["schedule"] == "every 10 minutes; 30 2 * * * Europe/Berlin"
    assert short == {"task": "short", "description": "", "command": "echo fine", "schedule": None}


def test_schedules_have_these_keys_and_a_row_each(filled: App) -> None:
    often, nightly, short = filled.listed("schedule")
    assert set(often) == set(nightly) == set(short) == SCHEDULE
    assert (often["schedule"], often["words"]) == ("every 10 minutes", "every 10 minutes")
    assert nightly["timezone"] == "Europe/Berlin"
    assert (often["last_outcome"], often["last_success"], often["last_tick"]) == ("failed", None, None)
    assert (short["schedule"], short["words"], short["timezone"], short["next_tick"]) == (
        *(None, "by hand"),
        *(None, None),
    )
    assert (short["last_outcome"], short["paused"]) == ("ok", False)
    for text in (often["next_tick"], nightly["next_tick"], short["last_success"]):
        assert TIME.fullmatch(text)
    next_tick = datetime.fromisoformat(often["next_tick"])
    assert next_tick > datetime.now(UTC)
    assert next_tick.timestamp() % 600 == 0


def test_runs_have_these_keys_the_newest_first(filled: App) -> None:
    short, long = filled.listed("history")
    assert set(short) == set(long) == RUN
    assert (short["id"], short["task"], long["id"], long["task"]) == (2, "short", 1, LONG)
    assert (long["outcome"], long["exit_code"], long["signal"], long["state"]) == (
        *("failed", 3),
        *(None, "finished"),
    )
    assert (long["trigger"], long["tick"], long["attempt"], long["reason"]) == ("manual", None, 1, None)
    assert TIME.fullmatch(long["started_at"])
    assert TIME.fullmatch(long["ended_at"])
    assert long["duration_s"] > 0
    assert long["cpu_s"] >= 0
    assert long["max_rss_bytes"] > 0


def test_one_run_is_shown_with_its_output(app: App) -> None:
    app.tasks("beat: {command: 'echo out; echo err >&2; printf \"\\033[31mred\"', schedule: every second}")
    running = app.launch(*PROCMAN, "scheduler")
    running.wait_for(r"beat\.1 exited")
    assert running.stop() == 0
    (run,) = app.listed("history", "show", "1")
    assert set(run) == RUN | {"output"}
    assert run["output"] == "out\nerr\n\x1b[31mred"
    assert run["output_bytes"] == len(run["output"])
    ended = app.do("history", "show", "1")
    assert ended.out.startswith("run:        beat.1, schedule, attempt 1\n")
    assert ended.out.endswith("\n\nout\nerr\n\x1b[31mred\n")
    assert "\nexit code:  0\n" in ended.out
    on_screen = app.on_terminal("history", "show", "1")
    on_screen.end()
    assert "red" in on_screen.out.text
    assert "\x1b[2J" not in on_screen.out.text


def test_history_of_one_task_or_some_of_many(filled: App) -> None:
    assert [run["id"] for run in filled.listed("history", LONG)] == [1]
    assert [run["id"] for run in filled.listed("history", "-n", "1")] == [2]
    ended = filled.do("history", "shrot")
    assert ended.code == 4
    assert "no task and no runs of 'shrot', did you mean 'short'?" in ended.err
    for number in ("99", "x", "-5", "9" * 30):
        ended = filled.do("history", "show", "--", number)
        assert (ended.code, ended.out) == (4, "")
        assert f"no run '{number}'" in ended.err


def test_what_is_at_work_or_waits_is_not_called_lost_until_its_procman_is_dead(app: App) -> None:
    app.tasks("beat: {command: exec sleep 1000, schedule: every second, overlap: queue}")
    running = app.launch(*PROCMAN, "scheduler")
    wait_until(lambda: {"running", "queued"} <= {run.state for run in app.runs})
    said = app.do("history").out
    assert "running" in said
    assert "queued" in said
    assert "lost" not in said
    supervisor = running.supervisor()
    supervisor.kill()
    running.end()
    said = app.do("history").out
    assert "running, lost" in said
    assert "queued, lost" in said


def test_pauses_are_said_where_it_is_said_what_comes(app: App) -> None:
    app.tasks("one: {command: run, schedule: every hour}\ntwo: {command: run, schedule: every hour}")
    app.do("pause", "two")
    assert [(each["task"], each["paused"]) for each in app.listed("next", "-n", "2")] == [
        ("one", False),
        ("two", True),
    ]
    said = app.do("next", "-n", "2").out
    assert "two is paused: its ticks are skipped until 'procman resume two'\n" in said
    assert "one is paused" not in said
    assert "paused" not in app.do("next", "one").out
    assert [each["paused"] for each in app.listed("schedule")] == [False, True]
    (app.root / ".procman").chmod(0o777)
    ended = app.do("next", "-n", "2", "two")
    assert ended.code == 0
    assert "whether tasks are paused is not known: " in ended.err
    (app.root / ".procman").chmod(0o700)


def test_what_comes_next_has_these_keys(filled: App) -> None:
    listed = filled.listed("next", "-n", "5")
    assert len(listed) == 5
    assert all(set(each) == NEXT for each in listed)
    nights = filled.listed("next", LONG, "--expr", "30 2 * * * Europe/Berlin", "--from", "2024-03-30 00:00")
    assert [(each["tick"], each["local"], each["dst"]) for each in nights[:2]] == [
        ("2024-03-30T01:30:00Z", "2024-03-30T02:30:00+01:00", None),
        ("2024-03-31T01:00:00Z", "2024-03-31T03:00:00+02:00", "moved"),
    ]


@pytest.mark.parametrize(
    ("expression", "since", "lines"),
    [
        (
            "30 2 * * *",
            "2024-03-31 00:00",
            [
                "30 2 * * *: at 02:30 every day; at least 23 h 30 min apart",
                "Sun 2024-03-31 03:00:00 CEST  2024-03-31 01:00:00  moved: 02:30 is skipped",
                "Mon 2024-04-01 02:30:00 CEST  2024-04-01 00:30:00",
            ],
        ),
        (
            "*/30 2 * * *",
            "2024-03-31 00:00",
            ["Sun 2024-03-31 02:00:00       -                    dropped: 02:00 is skipped"],
        ),
        (
            "0 2 * * *",
            "2024-10-27 00:00",
            ["Sun 2024-10-27 02:00:00 CEST  2024-10-27 00:00:00", "Mon 2024-10-28 02:00:00 CET"],
        ),
        (
            "*/30 2 * * *",
            "2024-10-27 00:00",
            ["Sun 2024-10-27 02:30:00 CET   2024-10-27 01:30:00  the second 02:30"],
        ),
    ],
)
def test_what_comes_next_is_told_in_words_with_what_daylight_saving_does(
    app: App, expression: str, since: str, lines: list[str]
) -> None:
    ended = app.do("next", "-n", "4", "--expr", expression, "--tz", "Europe/Berlin", "--from", since)
    assert (ended.code, ended.err) == (0, "")
    assert [line for line in lines if f"\n{line}" not in f"\n{ended.out}"] == []


@pytest.mark.parametrize("words", [("next", "nosuch"), ("next", "shrot")])
def test_next_of_a_task_that_does_not_exist_is_4(app: App, words: tuple[str, ...]) -> None:
    app.tasks(TASKS)
    ended = app.do(*words)
    assert (ended.code, ended.out) == (4, "")
    assert "no task" in ended.err


@pytest.mark.parametrize(
    "words", [("--expr", "61 * * * *"), ("--tz", "Mars/Olympus"), ("--from", "yesterday"), ("-n", "0")]
)
def test_a_bad_option_of_next_is_2(app: App, words: tuple[str, ...]) -> None:
    app.tasks(TASKS)
    ended = app.do("next", *words)
    assert (ended.code, ended.out) == (2, "")
    assert words[0] in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("words", LISTINGS)
def test_an_app_without_tasks_or_procman_yml_has_empty_lists(app: App, words: tuple[str, ...]) -> None:
    assert app.listed(*words) == []
    said = app.do(*words)
    assert (said.code, said.err) == (0, "")
    assert said.out
    assert not (app.root / ".procman").exists()  # who only looks leaves nothing


@pytest.mark.parametrize("words", [("schedule",), ("jobs",)])
def test_what_is_to_come_says_that_nobody_will_run_it(filled: App, words: tuple[str, ...]) -> None:
    assert filled.do(*words).err == f"{NOBODY}\n"
    assert filled.do(*words, "--json").err == ""


@pytest.mark.parametrize("words", LISTINGS)
def test_in_a_pipe_a_listing_is_plain_and_whole(filled: App, words: tuple[str, ...]) -> None:
    for env in ({}, {"FORCE_COLOR": "1", "COLUMNS": "30"}):
        out = filled.do(*words, env=env).out
        assert all(line == line.rstrip() for line in out.split("\n"))
        assert out.count(LONG) == out.count("remind_of")  # no name is cut or wrapped
        assert LONG in out
        assert "…" not in out
        if "FORCE_COLOR" not in env:
            assert "\x1b" not in out


@pytest.mark.parametrize(("columns", "colour"), [(80, True), (40, False)])
@pytest.mark.parametrize("words", LISTINGS)
def test_on_a_terminal_no_line_is_wider_and_nothing_is_left_out(
    filled: App, words: tuple[str, ...], columns: int, colour: bool
) -> None:
    running = filled.on_terminal(*words, columns=columns, env={} if colour else {"NO_COLOR": "1"})
    assert running.end() == 0
    text = running.out.text
    has_colour = re.search(r"\x1b\[[0-9;]*3[0-7]", text) is not None
    assert has_colour == (colour and words in (("schedule",), ("history",)))
    shown = [COLOUR.sub("", line).rstrip() for line in text.splitlines()]
    table = shown[shown.index("") + 1 :] if words == ("next",) else [*filter(NOBODY.__ne__, shown)]
    assert max(map(len, table)) <= columns
    assert is_whole(LONG, table), table
    assert "…" not in text


def is_whole(word: str, lines: list[str]) -> bool:
    """Whether a word stands in a column, folded or not."""
    width = max(map(len, lines))
    spans = [(start, end) for start in range(width) for end in range(start + 1, width + 1)]
    return any(word in "".join(line[start:end].strip() for line in lines) for start, end in spans)


def test_a_reader_that_leaves_early_is_no_error(filled: App, tmp_path: Path) -> None:
    script = 'for n in 1 2 3; do "$@" history | head -1; "$@" history --json | head -c 1; done 2>errors'
    running = filled.launch("/bin/sh", "-c", script, "sh", *PROCMAN)
    assert running.end() == 0
    assert running.out.text.count("run  task") == 3
    assert (tmp_path / "errors").read_text() == ""


def test_a_task_with_braces_or_other_markup_is_shown_as_it_is(app: App) -> None:
    app.tasks("odd: {command: 'true', desc: '[bold]not bold[/bold] :smile: [/]'}")
    assert "[bold]not bold[/bold] :smile: [/]" in app.do("tasks").out


def test_listings_of_an_app_elsewhere(filled: App, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    for folder in (str(tmp_path), f"{tmp_path}/below/.."):
        assert [run["id"] for run in filled.listed("history", "-d", folder)] == [2, 1]
        assert [job["id"] for job in filled.listed("-d", folder, "jobs")] == [3, 4]
