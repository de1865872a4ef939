from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.config import storeurl
from procman.core.config.taskfile import clashes, parse
from procman.core.tasks.task import DAY, Missed, OnLost, OnStop, Overlap, Task
from tests.core.expect import problems, problems_if_any

if TYPE_CHECKING:
    from procman.core.config.taskfile import TaskFile

EXAMPLE = """\
timezone: Europe/Paris
tasks:
  remind_of_registration:
    desc: Remind users who have not completed registration
    command: python -m registration.remind
    schedule: every 10 minutes
    overlap: queue
    missed: all
    grace: 2h
    timeout: 5m
    retries: 3
    retry_delay: 20s
    jitter: 30s
    enabled: no
    on_lost: rerun
    on_stop: leave
    keep: 50
    keep_for: 7d
    keep_keys: 1d
    runs_on: gpu
    concurrency: 2
  clean: rm -rf tmp/*
start:
  port: 3000
"""
NO_COMMAND = "task 't': command: it has no value: write one, or take the line out"


def read(text: str | bytes) -> TaskFile:
    return parse(text if isinstance(text, bytes) else text.encode(), "procman.yml", UTC)


def mistakes(text: str | bytes) -> list[tuple[int | None, str]]:
    return [(line, mistake) for _, line, mistake in problems(lambda: read(text))]


def task(lines: str, name: str = "t") -> Task:
    """The one task that these lines describe."""
    body = "".join(f"    {line}\n" for line in lines.splitlines())
    return read(f"tasks:\n  {name}:\n    command: x\n{body}").tasks[name]


def wrong(line: str) -> list[tuple[int | None, str]]:
    """What is wrong with a line of a task; it is line 4 of the file."""
    return mistakes(f"tasks:\n  t:\n    command: x\n    {line}\n")


def test_a_task_is_all_that_the_file_says_about_it() -> None:
    found = read(EXAMPLE)
    remind = found.tasks["remind_of_registration"]
    assert remind.expression == "every 10 minutes"
    assert remind._replace(schedules=()) == Task(
        "remind_of_registration",
        "python -m registration.remind",
        "Remind users who have not completed registration",
        (),
        Overlap.QUEUE,
        Missed.ALL,
        7200.0,
        300.0,
        3,
        20.0,
        30.0,
        False,
        OnLost.RERUN,
        OnStop.LEAVE,
        50,
        7 * DAY,
        1 * DAY,
        "gpu",
        2,
        3,
    )


def test_a_bare_string_is_the_command_of_a_task_and_all_else_is_as_usual() -> None:
    assert read(EXAMPLE).tasks["clean"] == Task("clean", "rm -rf tmp/*", line=22)


def test_tasks_come_in_the_order_of_the_file() -> None:
    assert list(read("tasks: {z: 1, a: 2, m: 3}").tasks) == ["z", "a", "m"]


@pytest.mark.parametrize(
    "text",
    ["", "# a comment\n", "tasks:", "tasks: ~", "tasks: {}", "start:", "timezone: UTC\ntasks:\nstart:"],
)
def test_a_file_without_tasks_is_fine(text: str) -> None:
    found = read(text)
    assert (found.tasks, found.start, found.start_lines) == ({}, {}, {})


def test_the_zone_is_that_of_the_file_else_the_one_that_is_given() -> None:
    assert read("").timezone is UTC
    assert read("timezone: ~").timezone is UTC
    assert str(read("timezone: Europe/Riga").timezone) == "Europe/Riga"


def test_schedules_are_in_the_zone_of_the_file_wherever_it_stands() -> None:
    task = "tasks: {t: {command: x, schedule: 'daily at 9:30'}}\n"
    zone = "timezone: Asia/Kolkata\n"
    ticks = [read(text).tasks["t"].schedules[0].tick_after(0) for text in (task, task + zone, zone + task)]
    assert ticks == [34200, 14400, 14400]


def test_without_a_zone_the_schedules_are_not_read_and_all_else_is() -> None:
    text = b"tasks: {t: {command: x, retries: 2, schedule: blue moon}}"
    assert parse(text, "procman.yml", None).tasks == {"t": Task("t", "x", retries=2, line=1)}


@pytest.mark.parametrize(
    ("line", "expressions"),
    [
        ("schedule: 0 9 * * mon-fri", ["0 9 * * mon-fri"]),
        ("schedule: '*/10 * * * *'", ["*/10 * * * *"]),
        ("schedule: [hourly at :15, daily at 09:30]", ["hourly at :15", "daily at 09:30"]),
        ("schedule:\n- every hour\n- '@reboot'", ["every hour", "@reboot"]),
        ("schedule: []", []),
        ("schedule: ~", []),
    ],
)
def test_a_task_has_one_schedule_or_several_or_none(line: str, expressions: list[str]) -> None:
    assert [each.expression for each in task(line).schedules] == expressions


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("desc: |\n  two\n  lines\n", "description", "two lines"),
        ("description: the long word", "description", "the long word"),
        ("desc: ''", "description", ""),
        ("timeout: ~", "timeout", None),
        ("timeout: null", "timeout", None),
        ("grace: 0s", "grace", 0.0),
        ("retries: 007", "retries", 7),
        ("retries: 0", "retries", 0),
        ("retries: '100'", "retries", 100),
        ("keep: 1", "keep", 1),
        *((f"enabled: {word}", "enabled", True) for word in ("true", "yes", "on", "Yes", "'true'")),
        *((f"enabled: {word}", "enabled", False) for word in ("false", "no", "off", "OFF", "'no'")),
        *((f"overlap: {word}", "overlap", word) for word in Overlap),
        *((f"missed: {word}", "missed", word) for word in Missed),
        *((f"on_lost: {word}", "on_lost", word) for word in OnLost),
        *((f"on_stop: {word}", "on_stop", word) for word in OnStop),
    ],
)
def test_a_key_is_read_as_what_it_means(line: str, field: str, value: object) -> None:
    assert getattr(task(line), field) == value


def test_a_command_of_several_lines_is_kept_for_the_shell() -> None:
    assert read("tasks:\n  t: |\n    cd x\n    make\n").tasks["t"].command == "cd x\nmake"


@pytest.mark.parametrize("command", ["yes", "10:30", "007", "~x", "echo 'a: b'", "true"])
def test_a_command_is_text_whatever_yaml_takes_it_for(command: str) -> None:
    quoted = command.replace("'", "''")
    assert read(f"tasks: {{t: '{quoted}'}}").tasks["t"].command == command
    if ": " not in command:
        assert read(f"tasks:\n  t: {command}").tasks["t"].command == command


def test_tasks_can_share_what_they_have_in_common() -> None:
    found = read(
        "x-defaults: &defaults\n  retries: 3\n  timeout: 5m\ntasks:\n"
        "  a: {<<: *defaults, command: x}\n  b: {<<: *defaults, command: y, timeout: ~}\n"
    )
    assert [(each.retries, each.timeout, each.line) for each in found.tasks.values()] == [
        (3, 300.0, 5),
        (3, None, 6),
    ]


@pytest.mark.parametrize("name", ["a", "A-1.b_c", "_x", "2nd", "system", "task"])
def test_a_task_is_named_like_a_process_type(name: str) -> None:
    assert list(read(f"tasks: {{{name}: x}}").tasks) == [name]


@pytest.mark.parametrize("name", ["-a", ".a", "a b", "é", "a/b", "''", "'a: b'", '"a\\n"'])
def test_any_other_name_is_an_error(name: str) -> None:
    ((line, text),) = mistakes(f"tasks:\n  {name}: x")
    assert line == 2
    assert text.endswith(
        "is no name for a task: use letters, digits and '_', behind the first of them also '.' and '-'"
    )


@pytest.mark.parametrize(
    ("line", "mistake"),
    {
        "comand: y": "unknown key 'comand', did you mean 'command'?",
        "schedules: y": "unknown key 'schedules', did you mean 'schedule'?",
        "retry-delay: 1s": "unknown key 'retry-delay', did you mean 'retry_delay'?",
        "zzz: y": "unknown key 'zzz': write one of command, concurrency, desc, description, enabled, grace,"
        " jitter, keep, keep_for, keep_keys, missed, on_lost, on_stop, overlap, retries, retry_delay,"
        " runs_on, schedule, timeout",
        "overlap: skp": "overlap: 'skp' is not one of skip, allow, queue, replace, did you mean 'skip'?",
        "overlap: Skip": "overlap: 'Skip' is not one of skip, allow, queue, replace, did you mean 'skip'?",
        "missed: never": "missed: 'never' is not one of skip, once, all",
        "on_lost: no": "on_lost: 'no' is not one of leave, rerun",
        "enabled: maybe": "enabled: 'maybe' is neither true nor false",
        "retries: -1": "retries: '-1' is not a whole number from 0 to 100",
        "retries: 101": "retries: '101' is not a whole number from 0 to 100",
        "retries: 1.5": "retries: '1.5' is not a whole number from 0 to 100",
        "retries: ٣": "retries: '٣' is not a whole number from 0 to 100",
        "retries: 0x10": "retries: '0x10' is not a whole number from 0 to 100",
        "concurrency: 0": "concurrency: '0' is not a whole number from 1 to 10000",
        "runs_on: a gpu": "runs_on: 'a gpu' is no label: write letters, digits, '_', '-' and '.'",
        "keep: 0": "keep: '0' is not a whole number from 1 to 1000000",
        "keep: 99999999999": "keep: '99999999999' is not a whole number from 1 to 1000000",
        "timeout: 0s": "timeout: '0s' is no time at all: write more, or take the line out",
        "keep_keys: 0s": "keep_keys: '0s' is no time at all: write more, or take the line out",
        "keep_for: 0s": "keep_for: '0s' is no time at all: write more, or take the line out",
        "timeout:": "timeout: it has no value: write one, or take the line out",
        "schedule:": "schedule: it has no value: write one, or take the line out",
        "timeout: [5m]": "timeout: write one value, not a list",
        "desc: {a: b}": "desc: write one value, not keys and values",
        "schedule: {a: b}": "schedule: write one value, not keys and values",
        "schedule: [[every hour]]": "schedule: write one value, not a list",
        "schedule: [every hour, {a: b}]": "schedule: write one value, not keys and values",
        "{desc: x": None,
    }.items(),
)
def test_a_mistake_in_a_task_names_task_key_and_what_to_do(line: str, mistake: str | None) -> None:
    if mistake is None:
        assert [at for at, _ in wrong(line)] == [4]
    else:
        assert wrong(line) == [(4, f"task 't': {mistake}")]


def test_a_task_that_is_described_twice_is_an_error() -> None:
    assert mistakes("tasks: {t: {command: x, desc: a,\n  description: b}}") == [
        (2, "task 't': description: it is described already")
    ]


@pytest.mark.parametrize(
    "line", ["grace: soon", "jitter: -5s", "retry_delay: 5 parsecs", "keep_for: 1:30", "timeout: 1e9"]
)
def test_a_bad_duration_is_an_error_on_its_line(line: str) -> None:
    ((at, text),) = wrong(line)
    assert at == 4
    assert text.startswith(f"task 't': {line.partition(':')[0]}: '")


def test_every_bad_schedule_of_a_list_is_an_error_on_its_own_line() -> None:
    found = mistakes(
        "tasks:\n  t:\n    command: x\n    schedule:\n    - 61 * * * *\n    - every hour\n    - blue moon\n"
    )
    assert [line for line, _ in found] == [5, 7]
    assert all(text.startswith("task 't': schedule: ") for _, text in found)


@pytest.mark.parametrize(
    ("text", "line", "mistake"),
    [
        ("tasks:\n  t: {desc: y}", 2, "task 't': it has no command: write one, as 'command: ...'"),
        ("tasks:\n  t: {}", 2, "task 't': it has no command: write one, as 'command: ...'"),
        ("tasks:\n  t:\n", 2, NO_COMMAND),
        ("tasks:\n  t: ~\n", 2, NO_COMMAND),
        ("tasks:\n  t: ''\n", 2, "task 't': command: it is empty: write what to run"),
        ("tasks:\n  t:\n    command: ~\n", 3, NO_COMMAND),
        ("tasks:\n  t: [x]\n", 2, "task 't': command: write one value, not a list"),
        ("tasks:\n  t:\n    command: [x, y]\n", 3, "task 't': command: write one value, not a list"),
        ("tasks:\n  t: \"a\\0b\"\n", 2, "an escape stands for NUL or half a character: take it out"),
    ],
)  # fmt: skip
def test_a_task_without_a_command_that_can_be_run_is_an_error(text: str, line: int, mistake: str) -> None:
    assert mistakes(text) == [(line, mistake)]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("task: {}", "unknown key 'task', did you mean 'tasks'?"),
        ("time_zone: UTC", "unknown key 'time_zone', did you mean 'timezone'?"),
        (
            "jobs: {}",
            "unknown key 'jobs': write one of app, processes, start, state_dir, store, tasks, timezone",
        ),
        ("store: shop.db", f"store: {storeurl.WRONG}"),
        ("store: sqlite://shop.db", f"store: {storeurl.RELATIVE}"),
        ("store: [postgresql://]", "store: write one value, not a list"),
        ("app: ' '", "app: it is empty: write what the app is called, or take the line out"),
        ("tasks: [a, b]", "tasks: write lines like 'report: python report.py' below it, not a list"),
        ("tasks: a", "tasks: write lines like 'report: python report.py' below it, not text"),
        ("start: [a]", "start: write lines like 'port: 3000' below it, not a list"),
        ("timezone:", "timezone: it has no value: write one, or take the line out"),
        ("timezone: [UTC]", "timezone: write one value, not a list"),
        ("- tasks", "expected lines like 'key: value', not a list"),
        ("tasks: {t: x, t: y}", "'t' is already defined on line 1"),
    ],
)
def test_a_mistake_of_the_top_level_says_what_belongs_there(text: str, mistake: str) -> None:
    assert mistakes(text) == [(1, mistake)]


def test_an_unknown_zone_is_an_error_and_schedules_are_read_nevertheless() -> None:
    found = mistakes("tasks: {t: {command: x, schedule: blue moon}}\ntimezone: Europe/Atlantis")
    assert [line for line, _ in found] == [1, 2]
    assert "Europe/Atlantis" in found[1][1]


def test_an_unquoted_star_is_told_with_the_quotes_it_needs() -> None:
    assert wrong("schedule: */10 * * * *") == [
        (4, "YAML takes an unquoted '*' for an alias: quote it: schedule: \"*/10 * * * *\"")
    ]


def test_all_mistakes_of_a_file_are_told_at_once_in_the_order_of_lines() -> None:
    text = (
        "start:\n  port: [{}]\ntask: {}\ntasks:\n  a b: x\n  t:\n    comand: x\n    retries: x\n    desc: 1\n"
        "    desc: 2\n  u: ''\ntimezone: Nowhere/Else\n"
    )
    assert [line for line, _ in mistakes(text)] == [2, 3, 5, 6, 7, 8, 10, 11, 12]


def test_of_thousands_of_mistakes_20_are_told_and_the_rest_counted() -> None:
    found = mistakes(
        "x-d: &d\n  retry: 1\ntasks:\n" + "".join(f"  t{n}: {{<<: *d, command: x}}\n" for n in range(50))
    )
    assert len(found) == 21
    assert found[-1] == (None, "and 30 more mistakes")


@pytest.mark.parametrize(
    ("line", "option"),
    {
        "port: 3000": ("port", "3000"),
        "port: 0123": ("port", "0123"),
        "exit-code-from: web": ("exit_code_from", "web"),
        "timestamp_format: '%H'": ("timestamp_format", "%H"),
        "env: [.env, local.env]": ("env", ".env,local.env"),
        "formation: {web: 2, all: 1}": ("formation", "web=2,all=1"),
        "formation: web=2": ("formation", "web=2"),
        "release: yes": ("release", "yes"),
        "color: on": ("color", "on"),
        "color: false": ("color", "false"),
        "color: auto": ("color", "auto"),
        "pty: true": ("pty", "true"),
        "timestamp: false": ("timestamp", "false"),
        "timestamp: 'on'": ("timestamp", "on"),
        "prefix: no": ("prefix", "no"),
        "prefix: 1": ("prefix", "1"),
        "anything: at all": ("anything", "at all"),
    }.items(),
)  # fmt: skip
def test_an_option_of_start_is_text_as_it_would_be_typed(line: str, option: tuple[str, str]) -> None:
    found = read(f"start:\n  {line}\n")
    name, text = option
    assert found.start == {name: text}
    assert found.start_lines == {name: 2}


def test_an_option_of_start_that_is_null_is_not_set() -> None:
    assert read("start: {port: ~}").start == {}


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ("port:", "start: port: it has no value: write one, or take the line out"),
        ("env: [a, [b]]", "start: env: write one value, not a list"),
        ("formation: {web: {a: 1}}", "start: formation: write one value, not keys and values"),
        ("formation: {web: }", "start: formation: it has no value: write one, or take the line out"),
        ("{exit_code_from: a, exit-code-from: b}", "start: 'exit-code-from' is already set on line 2"),
    ],
)
def test_a_bad_option_of_start_is_an_error(line: str, mistake: str) -> None:
    assert mistakes(f"start:\n  {line}\n") == [(2, mistake)]


def test_a_task_named_like_a_process_type_or_procman_itself_clashes() -> None:
    tasks = read("tasks:\n  web: x\n  report: y\n  system: z\n").tasks
    rename = "and the log could not tell them apart: rename it"
    assert [(line, text) for _, line, text in clashes(tasks, ["web", "worker"], "procman.yml")] == [
        (2, f"task 'web' has the name of a process type, {rename}"),
        (4, f"task 'system' has the name of procman's own lines, {rename}"),
    ]
    assert clashes({"report": tasks["report"]}, ["web"], "procman.yml") == []


VALUES = st.sampled_from(
    [
        "x",
        "",
        "~",
        "[]",
        "[a, b]",
        "{a: b}",
        "*d",
        "'0 9 * * *'",
        "every hour",
        "5m",
        "-1",
        "99999999999999999999",
        "skip",
    ]
)
KEYS = st.sampled_from(
    ["command", "schedule", "desc", "timeout", "retries", "keep", "overlap", "enabled", "<<", "oops"]
)
TASKS = st.lists(st.tuples(KEYS, VALUES), max_size=5).map(
    lambda lines: "".join(f"    {key}: {value}\n" for key, value in lines)
)


@given(st.lists(TASKS, max_size=3), st.sampled_from(["tasks:", "task:", "start:", "timezone: UTC\ntasks:"]))
def test_whatever_the_values_only_mistakes_on_lines_of_the_file_are_raised_in_order(
    tasks: list[str], top: str
) -> None:
    text = f"x-d: &d {{retries: 1}}\n{top}\n" + "".join(f"  t{n}:\n{task}" for n, task in enumerate(tasks))
    found: Any = problems_if_any(lambda: read(text))
    lines = [each.line for each in found if each.line is not None]
    assert lines == sorted(lines)
    assert all(1 <= line <= text.count("\n") for line in lines)


@given(st.binary(max_size=40))
def test_whatever_the_bytes_only_mistakes_are_raised(data: bytes) -> None:
    assert all(str(each).startswith("procman.yml") for each in problems_if_any(lambda: read(data)))
