"""Tasks as lines of a crontab: which are lines, and what is in them."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from procman.errors import UserError
from procman.export.cron import crontab
from procman.export.plan import PRIVATE
from tests.export.plans import Exported, export, plan

if TYPE_CHECKING:
    from pathlib import Path

needs_crontab = pytest.mark.skipif(shutil.which("crontab") is None, reason="needs crontab (Debian: cron)")
OFTEN = "schedule: every 10 minutes"
UNTOLD = (
    "'PROCMAN_RUN_ID' is not set there, nor are PROCMAN_TASK, PROCMAN_ATTEMPT and PROCMAN_SCHEDULED_AT;"
    " --scheduler does"
)


def exported(tasks: str, zone: str = "", **fields: object) -> Exported:
    return export("crontab", plan("", f"{zone}tasks: {{{tasks}}}\n", **fields))  # type: ignore[arg-type]


def line(found: Exported, name: str = "t") -> str:
    """The one line of a task."""
    _, _, rest = found.text("shop.crontab").partition(f"\n# {name}\n")
    return next(each for each in rest.splitlines() if not each.startswith("# "))


def test_a_task_is_a_line_that_goes_to_its_folder_and_takes_a_lock() -> None:
    state = "/srv/shop/.procman"
    assert line(exported(f"t: {{command: ./t, {OFTEN}}}")) == (
        f"*/10 * * * * cd /srv/shop && mkdir -p -m 700 {state} && flock -n -o {state}/cron-t.lock"
        " /bin/sh -c 'exec ./t'"
    )


def test_who_may_overlap_needs_no_lock() -> None:
    assert line(exported(f"t: {{command: ./t, {OFTEN}, overlap: allow}}")) == (
        "*/10 * * * * cd /srv/shop && /bin/sh -c 'exec ./t'"
    )


def test_a_timeout_is_that_of_timeout_and_ends_all_of_its_group() -> None:
    found = line(exported(f"t: {{command: ./t, {OFTEN}, timeout: 1m30s}}", timeout=2.5))
    assert " timeout -k 2.5 90 /bin/sh -c " in found


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("date +%H", r"date +\%H"),
        (r"'a\b'", r"'a\b'"),
        (r"'a\\b'", r"'a\''\b'"),
        (r"'a\\%b'", r"'a\''\''\%b'"),
    ],
)
def test_each_cron_reads_percents_and_backslashes_alike(line: str, expected: str) -> None:
    """Debian's takes two backslashes for one, cronie does not; both run it in tests/end_to_end."""
    assert crontab.command(line) == expected


def test_a_log_is_for_each_task() -> None:
    found = line(exported(f"t: {{command: ./t, {OFTEN}}}", log="/var/log/my app"))
    assert found.endswith(" >>'/var/log/my app/shop-t.log' 2>&1")


def test_what_is_not_enabled_is_there_but_off() -> None:
    (found,) = (
        each
        for each in exported(f"t: {{command: ./t, {OFTEN}, enabled: false}}")
        .text("shop.crontab")
        .splitlines()
        if "./t" in each
    )
    assert found.startswith("# enabled: false # */10 * * * * cd ")


@pytest.mark.parametrize(
    "said",
    [
        "overlap: queue",
        "overlap: replace",
        "retries: 1",
        "jitter: 5s",
        "on_lost: rerun",
        "on_stop: rerun",
        "missed: all",
        "grace: 2h",
        "desc: asks for its run, command: 'echo $PROCMAN_RUN_ID'",
        "desc: asks for its name, command: 'echo $PROCMAN_TASK'",
    ],
)
def test_what_cron_cannot_do_is_left_to_the_scheduler(said: str) -> None:
    command = "" if "command:" in said else "command: ./t, "
    found = exported(f"t: {{{command}{OFTEN}, {said}}}, u: {{command: ./u, {OFTEN}}}")
    assert found.export.scheduled == ("t",)
    text = found.text("shop.crontab")
    assert "./t" not in text
    for times in ("@reboot", r"\*/5 \* \* \* \*"):
        assert re.search(
            rf"^{times} cd /srv/shop && .*flock -n -o \S+ /usr/bin/procman scheduler t$", text, re.M
        )


def test_jobs_need_the_scheduler_but_no_tick_comes_twice() -> None:
    found = exported(f"mail: ./mail, t: {{command: ./t, {OFTEN}}}")
    assert found.export.scheduled == ("mail",)
    assert found.text("shop.crontab").count("procman scheduler mail\n") == 2
    assert "./t" in line(found)


def test_all_can_be_left_to_the_scheduler() -> None:
    found = exported(f"t: {{command: ./t, {OFTEN}}}", all_to_scheduler=True)
    assert found.export.scheduled == ("t",)
    assert found.notes == []


def test_files_that_only_procman_reads_as_meant_are_read_by_it() -> None:
    tasks = f"tasks: {{t: {{command: ./t, {OFTEN}}}}}\n"
    what = plan("", tasks, {"SECRET": "x"}, embed_environment=False)._replace(environment={})
    assert export("crontab", what).export.scheduled == ("t",)


def test_variables_are_lines_where_cron_reads_them_as_they_are() -> None:
    env = {"PLAIN": "a b#c", "PERCENT": "5%", "QUOTED": "\"a\" 'b'", "MAILTO": "me", "LONG": "x" * 895}
    found = export("crontab", plan("", f"tasks: {{t: {{command: ./t, {OFTEN}}}}}\n", env))
    text = found.text("shop.crontab")
    assert "\nPLAIN=a b#c\n" in text
    assert "\nPERCENT=5%\n" in text
    assert "\nQUOTED" not in text
    assert "\nMAILTO" not in text
    assert """ env 'QUOTED="a" '"'"'b'"'"'' MAILTO=me """ in line(found)
    assert found.export.scheduled == ()
    assert found.files["shop.crontab"].mode == PRIVATE


def test_a_variable_that_cron_would_cut_off_is_set_for_the_command() -> None:
    yml = f"tasks: {{t: {{command: ./t, {OFTEN}, overlap: allow}}}}\n"
    found = export("crontab", plan("", yml, {"LONG": "x" * 896}))
    assert "\nLONG" not in found.text("shop.crontab")
    assert f" env LONG={'x' * 896} " in line(found)


def test_the_scheduler_is_there_for_jobs_and_has_a_log() -> None:
    found = export("crontab", plan("web: ./web\n", log="/var/log", all_to_scheduler=True))
    assert found.text("shop.crontab").count("procman scheduler >>/var/log/shop-scheduler.log 2>&1\n") == 2
    assert "procman scheduler" not in export("crontab", plan("web: ./web\n")).text("shop.crontab")


def test_what_a_line_lacks_stands_in_the_file() -> None:
    found = exported(f"t: {{command: ./t, {OFTEN}, missed: skip, keep: 7}}")
    assert "t: 'keep: 7' has no counterpart: there is no history" in found.notes
    assert "# t: 'keep: 7' has no counterpart: there is no history\n" in found.text("shop.crontab")


def test_a_line_that_cron_would_not_take_is_left_to_the_scheduler() -> None:
    env = {"CERTIFICATE": "\n".join(["x" * 60] * 20)}
    found = export("crontab", plan("", f"tasks: {{t: {{command: ./t, {OFTEN}}}}}\n", env))
    assert found.export.scheduled == ("t",)
    assert "xxx" not in found.text("shop.crontab")


def test_the_zone_of_the_machine_is_not_written_and_one_that_is_said_is() -> None:
    tasks = "t: {command: ./t, schedule: 'daily at 09:30'}"
    assert "CRON_TZ" not in exported(tasks).text("shop.crontab")
    found = exported(tasks, "timezone: Asia/Tokyo\n")
    assert "\nCRON_TZ=Asia/Tokyo\n" in found.text("shop.crontab")
    assert line(found).startswith('30 9 * * * eval "$CRON_TZ_CHECK" && cd ')
    assert any(note.startswith("'timezone: Asia/Tokyo' is followed by cronie") for note in found.notes)


def test_lines_that_need_no_zone_and_the_scheduler_stand_before_it() -> None:
    tasks = f"a: {{command: ./a, schedule: 'daily at 9:30 UTC'}}, b: {{command: ./b, {OFTEN}}}, c: ./c"
    text = exported(tasks).text("shop.crontab")
    assert text.index("procman scheduler") < text.index("./b") < text.index("CRON_TZ=UTC") < text.index("./a")


def test_processes_are_named_as_left_out_in_one_line_and_in_the_file_with_their_keys() -> None:
    yml = 'processes: {web: {restart: always, env: {TOKEN: hidden}, ready: {cmd: "a\\nb"}}}\n'
    found = export("crontab", plan(yml=yml))
    assert found.notes == [
        "release: 'release' is left out: run 'procman run release' before a new version starts",
        "'processes: web, worker' is left out: a crontab has tasks alone",
    ]
    lines = found.text("shop.crontab").splitlines()
    assert "# process web, restart: always, ready: cmd: a b, env: TOKEN" in lines
    assert "# process worker" in lines
    assert export("crontab", plan("", f"tasks: {{t: {{command: ./t, {OFTEN}, missed: skip}}}}")).notes == [
        UNTOLD
    ]


def test_missed_ticks_are_told_of_once() -> None:
    skips = f"c: {{command: ./c, {OFTEN}, missed: skip}}"
    tasks = f"a: {{command: ./a, {OFTEN}}}, b: {{command: ./b, {OFTEN}}}, {skips}"
    assert len([note for note in exported(tasks).notes if "missed" in note]) == 1
    assert exported(skips).notes == [UNTOLD]


def test_a_nul_is_told_by_the_name_of_its_variable() -> None:
    with pytest.raises(UserError, match="SECRET has a NUL") as told:
        export("crontab", plan("", f"tasks: {{t: {{command: ./t, {OFTEN}}}}}\n", {"SECRET": "hidden\0"}))
    assert "hidden" not in str(told.value)


def test_then_says_that_a_crontab_is_replaced() -> None:
    (then,) = exported(f"t: {{command: ./t, {OFTEN}}}", folder="/etc/my app").export.then
    assert then.startswith("crontab -u shop '/etc/my app/shop.crontab'   # in place of ")
    (then,) = exported(f"t: {{command: ./t, {OFTEN}}}", user=None).export.then
    assert then.startswith("crontab shop.crontab ")


@needs_crontab
def test_crontab_takes_lines_up_to_the_limit_and_none_beyond(tmp_path: Path) -> None:
    assert is_taken(tmp_path, "* * * * * " + "x" * crontab.LONGEST)
    assert not is_taken(tmp_path, "* * * * * " + "x" * (crontab.LONGEST + 1))


@needs_crontab
def test_crontab_takes_the_whole_file(tmp_path: Path) -> None:
    tasks = (
        f"a: {{command: 'date +%H; echo \"$HOME\"', {OFTEN}, timeout: 5m, desc: 'Says it'}},"
        "b: {command: ./b, schedule: ['weekdays at 9:00', 'weekends at 11:00 '], overlap: allow},"
        "c: {command: ./c, schedule: 'daily at 9:30 Asia/Tokyo'}, d: {command: ./d, schedule: 0 9 L * *},"
        "e: {command: ./e, schedule: '@reboot'}, f: {command: ./f, schedule: '*/7 22-2 * feb-apr fri-mon'}"
    )
    found = export("crontab", plan("", f"tasks: {{{tasks}}}\n", {"A": "b c", "N": "1\n2"}, log="/var/log"))
    assert found.export.scheduled == ("d",)
    assert is_taken(tmp_path, found.text("shop.crontab"))


def is_taken(folder: Path, text: str) -> bool:
    """Whether Debian's crontab would install it."""
    (folder / "crontab").write_text(f"{text}\n")
    done = subprocess.run(["crontab", "-n", folder / "crontab"], capture_output=True, check=False)
    return done.returncode == 0
