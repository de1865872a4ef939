"""Property lists for launchd: read back by plistlib, their keys and types against launchd.plist(5)."""

from __future__ import annotations

import plistlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.errors import UserError
from procman.export.inits import plists
from procman.export.plan import PRIVATE
from tests.export.hostile import EXAMPLES, texts
from tests.export.plans import SHOP, TASKS_YML, Exported, export, plan

TEXTS = {"": str}
"""A dictionary with any keys, all of whose values are texts."""
KEYS: dict[str, Any] = {
    "Label": str,
    "ProgramArguments": [str],
    "EnvironmentVariables": TEXTS,
    "WorkingDirectory": str,
    "UserName": str,
    "GroupName": str,
    "StandardInPath": str,
    "StandardOutPath": str,
    "StandardErrorPath": str,
    "RunAtLoad": bool,
    "KeepAlive": (bool, {"SuccessfulExit": bool}),
    "ThrottleInterval": int,
    "ExitTimeOut": int,
    "Disabled": bool,
    "Umask": int,
    "Nice": int,
    "SoftResourceLimits": {"NumberOfFiles": int},
    "StartCalendarInterval": [{"Minute": int, "Hour": int, "Day": int, "Month": int, "Weekday": int}],
}
"""launchd.plist(5): the keys that we write, with the types that they may have."""
NOT_IN_XML = "".join([*map(chr, range(32)), "\ufffe\uffff"]).translate({9: None, 10: None, 13: None})
ALL = (
    "processes: {web: {restart: on-failure, backoff: {initial: 3s}, timeout: 30s, nice: 5, umask: '027',"
    " nofile: 4096, user: somebody, stdin: 'null', autostart: false, cwd: app, env: {A: b}}}\n"
)


def read(found: Exported, name: str) -> dict[str, Any]:
    """The property list of a job, as plistlib sees it."""
    file = found.files[f"{name}.plist"]
    assert file.mode == PRIVATE
    loaded: dict[str, Any] = plistlib.loads(file.text.encode(), fmt=plistlib.FMT_XML)
    assert fits(loaded, KEYS), loaded
    return loaded


def fits(value: Any, wanted: Any) -> bool:
    """Whether a value is of the type that the manual gives."""
    if isinstance(wanted, tuple):
        return any(fits(value, each) for each in wanted)
    if isinstance(wanted, list):
        return isinstance(value, list) and all(fits(each, wanted[0]) for each in value)
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(
            fits(each, wanted.get(key, wanted.get(""))) for key, each in value.items()
        )
    return type(value) is wanted


def test_a_process_is_a_job() -> None:
    found = read(export("launchd", plan(SHOP, env={"SECRET": "<&>"}, log="/var/log/shop")), "shop-web-1")
    assert found == {
        "Label": "shop-web-1",
        "ProgramArguments": ["/bin/sh", "-c", "exec bundle exec puma -p $PORT"],
        "EnvironmentVariables": {
            "SECRET": "<&>",
            "PROCMAN_PORT_WEB": "5000",
            "PROCMAN_PORT_WORKER": "5100",
            "PROCMAN_PORT_RELEASE": "5200",
            "PROCMAN_ROOT": "/srv/shop",
            "PROCMAN_STATE": "/srv/shop/.procman",
            "PORT": "5000",
            "PS": "web.1",
            "PROCMAN_PROCESS": "web.1",
        },
        "WorkingDirectory": "/srv/shop",
        "UserName": "shop",
        "StandardOutPath": "/var/log/shop/shop-web-1.log",
        "StandardErrorPath": "/var/log/shop/shop-web-1.log",
        "RunAtLoad": True,
        "KeepAlive": True,
        "ThrottleInterval": 1,
        "ExitTimeOut": 5,
    }


def test_all_that_launchd_has_a_key_for() -> None:
    found = read(export("launchd", plan("web: ./web\n", ALL)), "shop-web-1")
    wanted = {
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 3,
        "ExitTimeOut": 30,
        "Nice": 5,
        "Umask": 0o027,
        "SoftResourceLimits": {"NumberOfFiles": 4096},
        "UserName": "somebody",
        "StandardInPath": "/dev/null",
        "Disabled": True,
        "WorkingDirectory": "/srv/shop/app",
    }
    assert wanted.items() <= found.items()
    assert {"A": "b", "HOME": "/", "USER": "somebody"}.items() <= found["EnvironmentVariables"].items()


@pytest.mark.parametrize("said", ["restart: never", "oneshot: true"])
def test_what_is_to_end_is_not_kept_alive(said: str) -> None:
    found = read(export("launchd", plan("web: ./web\n", f"processes: {{web: {{{said}}}}}\n")), "shop-web-1")
    assert not {"KeepAlive", "ThrottleInterval"} & found.keys()
    assert found["RunAtLoad"] is True


@pytest.mark.parametrize(
    ("expression", "interval"),
    [
        ("hourly at :15", [{"Minute": 15}]),
        ("every 30 minutes", [{"Minute": 0}, {"Minute": 30}]),
        ("every minute", [{}]),
        ("mondays at 08:00", [{"Minute": 0, "Hour": 8, "Weekday": 1}]),
        ("monthly on 1 at 04:00", [{"Minute": 0, "Hour": 4, "Day": 1}]),
        ("0 9 24 12 *", [{"Minute": 0, "Hour": 9, "Day": 24, "Month": 12}]),
    ],
)
def test_launchd_times_what_it_can_say_exactly(expression: str, interval: list[dict[str, int]]) -> None:
    found = read(of_task(expression), "shop-t-task")
    assert found["StartCalendarInterval"] == interval
    assert found["ProgramArguments"] == ["/bin/sh", "-c", "exec ./t"]
    assert "RunAtLoad" not in found
    assert "KeepAlive" not in found


@pytest.mark.parametrize(
    ("expression", "more", "zone"),
    [
        ("daily at 02:30", "", ""),
        ("daily at 09:30 UTC", "", ""),
        ("daily at 09:30", "", "timezone: Europe/Berlin\n"),
        ("0 9 1,15 * mon", "", ""),
        ("*/2 9-17 * * *", "", ""),
        ("every 90s", "", ""),
        ("hourly at :15", ", overlap: allow", ""),
        ("hourly at :15", ", timeout: 5m", ""),
        ("hourly at :15", ", retries: 1", ""),
        ("hourly at :15", ", missed: skip", ""),
        ("at 2030-01-01 09:00", "", ""),
    ],
)
def test_all_else_is_left_to_the_scheduler(expression: str, more: str, zone: str) -> None:
    """A zone that is said, clocks that change, both days, too many times, more than launchd does."""
    found = of_task(expression, more, zone)
    assert found.export.scheduled == ("t",)
    assert list(found.files) == ["shop-scheduler.plist"]
    job = read(found, "shop-scheduler")
    assert job["ProgramArguments"] == ["/usr/bin/procman", "scheduler"]
    assert job["KeepAlive"] is True


@pytest.mark.parametrize(
    ("said", "whole"), [("timeout: 1500ms", "1.5s' is 2 s"), ("timeout: 0s", "0s' is 1 s")]
)
def test_times_are_rounded_up_and_that_is_told(said: str, whole: str) -> None:
    found = export("launchd", plan("web: ./web\n", f"processes: {{web: {{{said}}}}}\n"))
    assert found.notes == [f"web: 'timeout: {whole} there: it has whole seconds"]


def test_a_run_is_told_its_task_and_of_what_it_is_not_told() -> None:
    found = of_task("hourly at :15")
    wanted = {"PROCMAN_TASK": "t", "PROCMAN_ATTEMPT": "1", "PS": "t", "PROCMAN_PROCESS": "t"}
    assert wanted.items() <= read(found, "shop-t-task")["EnvironmentVariables"].items()
    assert any(note.startswith("'PROCMAN_RUN_ID' is not set") for note in found.notes)
    assert not any("RUN_ID" in note for note in of_task("daily at 02:30").notes)
    asks = "tasks: {t: {command: 'echo $PROCMAN_SCHEDULED_AT', schedule: hourly at :15}}\n"
    assert export("launchd", plan("", asks)).export.scheduled == ("t",)


def test_a_task_for_the_start_runs_at_load() -> None:
    found = read(of_task("@reboot"), "shop-t-task")
    assert found["RunAtLoad"] is True
    assert "StartCalendarInterval" not in found


def test_several_schedules_are_one_list_unless_one_of_them_is_otherwise() -> None:
    yml = "tasks: {{t: {{command: ./t, schedule: [{}]}}}}\n"
    found = export("launchd", plan("", yml.format("hourly at :15, hourly at :45")))
    assert read(found, "shop-t-task")["StartCalendarInterval"] == [{"Minute": 15}, {"Minute": 45}]
    for others in ("'@reboot', hourly at :15", "hourly at :15, daily at 02:30"):
        assert export("launchd", plan("", yml.format(others))).export.scheduled == ("t",)


def test_a_plist_ends_with_its_line() -> None:
    assert plists.document({}) == plists.HEAD + "<dict>\n</dict>\n</plist>\n"


def test_all_tasks_can_be_left_to_the_scheduler_which_is_there_for_jobs_too() -> None:
    tasks = export("launchd", plan("", TASKS_YML, all_to_scheduler=True))
    assert tasks.export.scheduled == ("remind", "digest")
    found = export("launchd", plan("web: ./web\n", all_to_scheduler=True))
    assert read(found, "shop-scheduler")["ExitTimeOut"] == 10  # it stops its runs first


def test_files_that_only_procman_reads_as_meant_are_read_by_it() -> None:
    what = plan("", TASKS_YML, {"SECRET": "x"}, embed_environment=False)._replace(environment={})
    assert export("launchd", what).export.scheduled == ("remind", "digest")


def test_what_launchd_does_otherwise_is_told() -> None:
    found = export("launchd", plan("web: ./web\n", "processes: {web: {restart: on-failure}}\n"))
    assert found.notes == [
        "web: 'restart: on-failure' is so, but an end by HUP, INT, TERM or PIPE is a failure to launchd"
    ]
    found = of_task("hourly at :15", ", keep: 7")
    assert [note.split("'")[1] for note in found.notes] == ["missed: once", "PROCMAN_RUN_ID", "keep: 7"]
    what = plan("web: ./web\n", "processes: {web: {watch: '*.py'}}\n")
    types = tuple(each._replace(processes=()) for each in what.types)
    assert export("launchd", what._replace(types=types)).notes == []


def test_a_user_without_a_name_is_a_mistake() -> None:
    with pytest.raises(UserError, match="user 4242 has no name here"):
        export("launchd", plan("web: ./web\n", user="4242"))


def test_then_says_what_is_typed_next() -> None:
    copy, *others = export("launchd", plan("web: ./web\n", folder="/my plists")).export.then
    assert copy == "sudo cp '/my plists'/shop-*.plist /Library/LaunchDaemons"
    assert [*export("launchd", plan("web: ./web\n", folder="/Library/LaunchDaemons")).export.then] == others
    assert others[-1] == "sudo launchctl load /Library/LaunchDaemons/shop-*.plist"
    assert export("launchd", plan("")).export.then == ()


def test_a_task_that_is_not_enabled_is_disabled() -> None:
    assert read(of_task("hourly at :15", ", enabled: false"), "shop-t-task")["Disabled"] is True


def test_jobs_that_the_app_enqueues_have_a_scheduler_beside_launchds_own_tasks() -> None:
    found = export("launchd", plan("", TASKS_YML + "  mail: ./mail\n"))
    assert read(found, "shop-scheduler")["ProgramArguments"] == ["/usr/bin/procman", "scheduler", "mail"]
    assert "shop-remind-task.plist" in found.files


def of_task(expression: str, more: str = "", zone: str = "") -> Exported:
    yml = f"{zone}tasks: {{t: {{command: ./t, schedule: '{expression}'{more}}}}}\n"
    return export("launchd", plan("", yml))


@given(texts(NOT_IN_XML), texts(NOT_IN_XML))
@settings(max_examples=EXAMPLES, deadline=None)
def test_texts_are_read_back_as_they_are(argument: str, variable: str) -> None:
    document = {"ProgramArguments": ["/bin/sh", "-c", argument], "EnvironmentVariables": {"V": variable}}
    assert plistlib.loads(plists.document(document).encode()) == document


def test_what_xml_cannot_hold_is_told_by_its_name() -> None:
    for text in ("\x1b[31m", "\udcff", "\ufffe", "\0"):
        with pytest.raises(UserError, match="SECRET has a") as told:
            export("launchd", plan("web: ./web\n", env={"SECRET": f"hidden{text}"}))
        assert "hidden" not in str(told.value)
        with pytest.raises(ValueError, match="XML cannot hold"):
            plists.text(text)
    with pytest.raises(UserError, match="the name of the variable 'A"):
        export("launchd", plan("web: ./web\n", env={"A\x1b": "hidden"}))


@given(
    st.dictionaries(
        texts(NOT_IN_XML), st.one_of(st.booleans(), st.integers(-9, 99), st.lists(texts(NOT_IN_XML)))
    )
)
@settings(max_examples=EXAMPLES // 4, deadline=None)
def test_lists_of_any_shape_are_read_back(document: dict[str, Any]) -> None:
    assert plistlib.loads(plists.document(document).encode()) == document
