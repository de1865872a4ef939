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
    assert "KeepAlive" not in found
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


def test_a_task_for_the_start_runs_at_load() -> None:
    found = read(of_task("@reboot"), "shop-t-task")
    assert found["RunAtLoad"] is True
    assert "StartCalendarInterval" not in found


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


@given(
    st.dictionaries(
        texts(NOT_IN_XML), st.one_of(st.booleans(), st.integers(-9, 99), st.lists(texts(NOT_IN_XML)))
    )
)
@settings(max_examples=EXAMPLES // 4, deadline=None)
def test_lists_of_any_shape_are_read_back(document: dict[str, Any]) -> None:
    assert plistlib.loads(plists.document(document).encode()) == document
