"""Mistakes in procman.yml: told with file and line, all at once, beside those of other files."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import PROCMAN, PYTHON
from tests.end_to_end.test_bad_input import WITHOUT_PRIVILEGE

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

MISTAKES = """\
timezone: Europe/Pariss
taks: {}
tasks:
  unknown: {command: 'true', scedule: hourly at :15}
  types: {command: [a, b], retries: many, timeout: soon, overlap: never, enabled: perhaps, keep: -1}
  none: {schedule: hourly at :15}
  empty:
  twice: 'true'
  twice: 'false'
  bad name: 'true'
  two:
    command: 'true'
    schedule:
      - 61 * * * *
      - every fortnight
"""
TOLD = [
    (1, "timezone: no time zone is called 'Europe/Pariss', did you mean 'Europe/Paris'?"),
    (2, "unknown key 'taks', did you mean 'tasks'?"),
    (4, "task 'unknown': unknown key 'scedule', did you mean 'schedule'?"),
    (5, "task 'types': command: write one value, not a list"),
    (5, "task 'types': retries: 'many' is not a whole number"),
    (5, "task 'types': timeout: 'soon' is not a duration"),
    (5, "task 'types': overlap: 'never' is not one of skip, allow, queue, replace"),
    (5, "task 'types': enabled: 'perhaps' is neither true nor false"),
    (5, "task 'types': keep: '-1' is not a whole number"),
    (6, "task 'none': it has no command: write one"),
    (7, "task 'empty': command: it has no value"),
    (9, "'twice' is already defined on line 8"),
    (10, "'bad name' is no name for a task"),
    (14, "task 'two': schedule: minute '61': 0 to 59"),
    (15, "task 'two': schedule: 'fortnight' is not a unit of time"),
]
EXPRESSIONS = [
    *("61 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "* * * *", "* * * * * * *"),
    *("*/0 * * * *", "1,,2 * * * *", "5- * * * *", "٣ * * * *", "0 0 30 2 *", "0 0 * * mon#9", "x"),
    *(
        "every fortnight",
        "every 0 minutes",
        "every 500ms",
        "every -5 minutes",
        "hourly at :60",
        "daily at 25:00",
    ),
    *("daily at 09:30 Mars/Olympus", "funday at 8:00", "monthly on 32 at 00:00", "at 2026-02-30 10:00"),
    *("@never", "", "630"),
]


def told(text: str) -> list[tuple[str, int, str]]:
    """File, line and text of each mistake."""
    found = [re.fullmatch(r"procman: ([\w.]+):(\d+): (.+)", line) for line in text.splitlines()]
    assert all(found), text
    return [(match[1], int(match[2]), match[3]) for match in found if match]


@pytest.mark.parametrize(
    "words", [("start",), ("check",), ("scheduler",), ("tasks",), ("schedule",), ("next",)]
)
def test_all_mistakes_are_told_with_their_lines_by_whatever_needs_the_file(
    app: App, words: tuple[str, ...]
) -> None:
    app.procfile(web="true")
    app.write("procman.yml", MISTAKES)
    ended = app.do(*words)
    assert (ended.code, ended.out) == (2, "")
    found = told(ended.err)
    assert [(file, line) for file, line, _ in found] == [("procman.yml", line) for line, _ in TOLD]
    assert all(text.startswith(expected) for (_, _, text), (_, expected) in zip(found, TOLD, strict=True))


def test_they_are_told_together_with_those_of_other_files_and_options(app: App) -> None:
    app.write("Procfile", "web: true\nnonsense\n")
    app.write(".env", "A=1\nJUSTKEY\n")
    app.write("procman.yml", MISTAKES)
    ended = app.do("start", "-p", "70000")
    assert (ended.code, ended.out) == (2, "")
    assert "70000" in ended.err
    for part in ("Procfile:2: ", ".env:2: ", *(f"procman.yml:{line}: " for line, _ in TOLD)):
        assert part in ended.err
    assert not (app.root / ".procman").exists()


def test_check_tells_them_as_json_too(app: App) -> None:
    app.write("Procfile", "web: true\nnonsense\n")
    app.write("procman.yml", MISTAKES)
    ended = app.do("check", "--json")
    assert (ended.code, ended.err) == (2, "")
    errors = json.loads(ended.out)["errors"]
    assert {tuple(error) for error in errors} == {("source", "line", "message")}
    assert [(error["source"], error["line"]) for error in errors] == [
        ("Procfile", 2),
        *(("procman.yml", line) for line, _ in TOLD),
    ]


def test_every_bad_expression_is_told_on_its_line(app: App) -> None:
    for part in (EXPRESSIONS[:13], EXPRESSIONS[13:]):
        lines = "".join(f"    - {json.dumps(each, ensure_ascii=False)}\n" for each in part)
        app.tasks(f"t:\n  command: 'true'\n  schedule:\n{lines}")
        ended = app.do("tasks")
        assert (ended.code, ended.out) == (2, "")
        assert [line for _, line, _ in told(ended.err)] == list(range(5, 5 + len(part)))


@pytest.mark.parametrize(
    ("text", "line", "hint"),
    [
        ("tasks:\n  t:\n    command: x\n    schedule: */10 * * * *\n", 4, '"*/10 * * * *"'),
        ("tasks:\n  t:\n    command: x\n    schedule: *\n", 4, ""),
        ("tasks:\n  t:\n    command: x\n    schedule: @daily\n", 4, ""),
        ("tasks:\n\tt: x\n", 2, "tab"),
        ("tasks:\n  t: {command: x\n", 2, ""),
        ("tasks:\n  - t\n", 1, "tasks: "),
        ("tasks: x\n", 1, "tasks: "),
        ("- x\n", 1, ""),
        ("tasks:\n  t: !!python/object/apply:os.system ['touch hurt']\n", 2, ""),
        ("a: &a [x, x]\nb: &b [*a, *a]\nx-c: [*b, *b]\n", 1, "unknown key 'a'"),
        ('tasks:\n  t: "\\x00"\n', 2, ""),
    ],
)
def test_what_is_no_yaml_or_a_trap_of_it_is_told_with_its_line(
    app: App, text: str, line: int, hint: str
) -> None:
    app.procfile(web="true")
    app.write("procman.yml", text)
    ended = app.do("check")
    assert (ended.code, ended.out) == (2, "")
    found = told(ended.err)
    assert found[0][1] == line
    assert hint in found[0][2]
    assert "Traceback" not in ended.err
    assert not (app.root / "hurt").exists()


@pytest.mark.parametrize(
    "content",
    [bytes(range(256)) * 50, b"\xff\xfetasks:", b"tasks:\n  t: \xff\n", b"[" * 100_000, b"a: " * 50_000],
)
def test_a_file_of_anything_is_refused_without_traceback(app: App, content: bytes) -> None:
    app.procfile(web="true")
    app.write("procman.yml", content)
    ended = app.do("start")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("procman: procman.yml")
    assert "Traceback" not in ended.err
    assert len(ended.err) < 5000


def test_a_billion_laughs_are_no_work(app: App) -> None:
    app.procfile(web="true")
    levels = [f"x-{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    app.write("procman.yml", "\n".join(["x-0: &a0 lol", *levels, "tasks: {t: 'true'}"]))
    assert app.do("tasks").code in (0, 2)


def test_a_file_that_may_not_be_read_is_told(app: App) -> None:
    app.procfile(web="true")
    app.write("procman.yml", "tasks: {t: 'true'}\n", mode=0)
    for command in ("start", "check", "tasks", "scheduler"):
        running = app.launch(PYTHON, "-c", WITHOUT_PRIVILEGE, *PROCMAN, command)
        assert running.end() == 2
        assert running.err.text == "procman: procman.yml: cannot be read: Permission denied\n"


def test_a_folder_instead_of_the_file_is_told(app: App) -> None:
    app.procfile(web="true")
    (app.root / "procman.yml").mkdir()
    ended = app.do("start")
    assert ended.code == 2
    assert ended.err == "procman: procman.yml: cannot be read: Is a directory\n"


def test_a_task_named_like_a_process_type_is_told_where_both_matter(app: App) -> None:
    app.procfile(web="true", worker="true")
    app.tasks("web: 'true'\nsystem: 'true'")
    for words in (("start",), ("check",), ("scheduler",), ("run", "web")):
        ended = app.do(*words)
        assert (ended.code, ended.out) == (2, "")
        assert [line for _, line, _ in told(ended.err)] == [2, 3]
        assert "task 'web' has the name of a process type" in ended.err


def test_yaml_does_not_take_times_and_words_for_something_else(app: App) -> None:
    app.procfile(web="true")
    app.tasks("""
        on: {command: yes, schedule: daily at 10:30}
        night: {command: "true", schedule: [at 2100-01-01 10:30, weekdays at 8:00], desc: no, grace: 1h}
        octal: {command: 010 1_000 0x1F, schedule: every 90s}
    """)
    listed = {task["task"]: task for task in app.listed("tasks")}
    assert listed["on"]["command"] == "yes"
    assert listed["night"]["description"] == "no"
    assert listed["night"]["schedule"] == "at 2100-01-01 10:30; weekdays at 8:00"
    assert listed["octal"]["command"] == "010 1_000 0x1F"


# check


def test_check_shows_tasks_in_words_and_json_with_what_is_odd_about_them(app: App) -> None:
    app.procfile(web="true")
    app.tasks(
        """
        often: {command: nosuchprogram, schedule: "*/45 * * * *"}
        nightly: {command: 'true', schedule: "30 2 * * *"}
        by_hand: 'true'
        past: {command: 'true', schedule: at 2001-01-01 10:00}
        off: {command: 'true', schedule: every minute, enabled: no}
        """,
        top="timezone: Europe/Berlin\n",
    )
    ended = app.do("check")
    assert (ended.code, ended.err) == (0, "")
    assert re.search(r"^by_hand +by hand +- +true$", ended.out, re.MULTILINE)
    assert re.search(r"^often +\*/45 \* \* \* \* +[\d-]+ [\d:]+ +nosuchprogram$", ended.out, re.MULTILINE)
    described = json.loads(app.do("check", "--json").out)
    assert [set(task) for task in described["tasks"]] == [
        {"task", "description", "command", "schedule", "next_tick"}
    ] * 5
    next_ticks = {task["task"]: task["next_tick"] for task in described["tasks"]}
    assert [name for name, tick in next_ticks.items() if tick] == ["often", "nightly"]
    warnings = "\n".join(described["warnings"])
    for part in (
        "procman.yml:4: 'often': no command 'nosuchprogram' found",
        "procman.yml:4: 'often': ",
        "procman.yml:5: 'nightly': ",
        "procman.yml:7: 'past': 'at 2001-01-01 10:00' is past, so it will not run",
    ):
        assert part in warnings
        assert f"warning: {part}" in ended.out


def test_an_app_without_a_procfile_is_checked_too(app: App) -> None:
    app.tasks("t: {command: 'true', schedule: at 2040-01-01 06:00 UTC}", top="timezone: Asia/Tokyo\n")
    ended = app.do("check")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "valid procman.yml detected (t), and no Procfile",
        "",
        "task  schedule                 next (Asia/Tokyo)    command",
        "t     at 2040-01-01 06:00 UTC  2040-01-01 15:00:00  true",
    ]
    described = json.loads(app.do("check", "--json").out)
    assert (described["procfile"], described["processes"]) == (None, [])
    assert app.do("check", "-f", "Procfile").code == 2  # it was asked for


def test_an_app_with_neither_is_none_and_mistakes_in_the_one_are_all_there_is_to_tell(app: App) -> None:
    for content in (None, "start: {port: 3000}\n"):
        if content is not None:
            app.write("procman.yml", content)
        assert app.do("check").err.startswith("procman: Procfile: no such file")
    app.tasks("t: {command: 'true', schedule: nonsense}")
    assert [line for _, line, _ in told(app.do("check").err)] == [2]


def test_a_file_that_was_meant_to_be_procman_yml_is_told_by_whatever_reads_it(app: App) -> None:
    app.procfile(web="true")
    app.write("procman.yaml", "tasks: {t: 'true'}\n")
    said = "procman.yaml is not read: rename it to procman.yml"
    assert f"system | {said}\n" in app.do("start", "--no-timestamp").out
    assert f"warning: {said}\n" in app.do("check").out
    assert json.loads(app.do("check", "--json").out)["warnings"] == [said]
    for words in (("tasks",), ("schedule",), ("next",), ("run", "task", "t"), ("pause", "t"), ("scheduler",)):
        assert app.do(*words).err.startswith(f"procman: {said}\n"), words
    app.write("procman.yml", "tasks: {t: 'true'}\n")
    assert said not in app.do("check").out


# start: options


OPTIONS = "start:\n  port: 7000\n  formation: {web: 2}\n  timestamp: no\n  color: always\n"


def test_start_has_its_default_options_from_the_file_and_flags_win(app: App) -> None:
    app.procfile(web="echo port $PORT as $PS; exec sleep 1000")
    app.write("procman.yml", OPTIONS)
    running = app.start()
    running.wait_for(r"^\x1b\S+mweb\.1 +\| \x1b\[0mport 7000 as web\.1$")
    running.wait_for(r"^\x1b\S+mweb\.2 +\| \x1b\[0mport 7001 as web\.2$")
    assert running.stop() == 0
    running = app.start("-p", "8000", "-m", "web=1", "--color", "never")
    running.wait_for(r"^web\.1 +\| port 8000 as web\.1$")
    assert running.stop() == 0
    assert "web.2" not in running.out.text


def test_an_option_that_start_does_not_have_is_an_error_with_its_line(app: App) -> None:
    app.procfile(web="true")
    app.write("procman.yml", f"{OPTIONS}  no-such: 1\n")
    ended = app.do("start")
    assert (ended.code, ended.out) == (2, "")
    assert told(ended.err)[0][:2] == ("procman.yml", 6)
    assert "there is no option 'no_such'" in ended.err


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("prot: 3000", "did you mean 'port'?"),
        ("port: [1, 2]", "port"),
        ("port: x", "'x' is not a port number"),
        ("color: sometimes", "write auto, always or never"),
        ("timeout: soon", "'soon' is no value for timeout: write a number"),
        ("formation: {web: many}", "many"),
        ("formation: {wbe: 1}", "did you mean 'web'?"),
        ("timestamp: perhaps", "perhaps"),
    ],
)
def test_a_bad_option_in_the_file_is_an_error(app: App, option: str, text: str) -> None:
    app.procfile(web="true")
    app.write("procman.yml", f"start:\n  timestamp_format: '%H'\n  {option}\n")
    ended = app.do("start")
    assert (ended.code, ended.out) == (2, "")
    assert text in ended.err
    assert "Traceback" not in ended.err


# Zones


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "UTC"])
def test_zones_are_known_where_the_system_has_no_zone_data(app: App, zone: str) -> None:
    app.tasks("t: {command: 'true', schedule: daily at 02:30}", top=f"timezone: {zone}\n")
    without = {"PYTHONTZPATH": ""}
    ended = app.do("next", "-n", "3", "--from", "2024-03-29 12:00", "--json", env=without)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == app.do("next", "-n", "3", "--from", "2024-03-29 12:00", "--json").out
    running = app.launch(*PROCMAN, "run", "task", "t", "--in", "1h", env=without)
    assert running.end() == 0


def test_without_a_zone_in_the_file_it_is_that_of_the_system(app: App) -> None:
    app.tasks("t: {command: 'true', schedule: daily at 02:30}")
    for zone, hour in (("Asia/Tokyo", "17:30"), ("UTC", "02:30")):
        ended = app.do("next", "-n", "1", "--json", env={"TZ": zone})
        assert json.loads(ended.out)[0]["tick"][11:16] == hour
    ended = app.do("next", env={"TZ": "Mars/Olympus"})
    assert (ended.code, ended.out) == (2, "")
    assert re.fullmatch(
        r"procman: procman\.yml:2: task 't': schedule: 'daily at 02:30' needs a time zone, and the system's "
        r"cannot be told \(TZ is 'Mars/Olympus', .*\): set 'timezone:' in procman\.yml, or TZ\n",
        ended.err,
    )
    app.tasks("t: {command: 'true', schedule: daily at 02:30}", top="timezone: UTC\n")
    assert app.do("next", env={"TZ": "Mars/Olympus"}).code == 0
