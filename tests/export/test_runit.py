"""Service folders of runit: what is in them, and what chpst and sh make of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from procman.errors import UserError
from procman.export.supervisors import envdir
from tests.export.plans import TASKS_YML, Exported, export, plan
from tests.export.texts import EXAMPLES, VARIABLES, seen, variables_of, write

if TYPE_CHECKING:
    from pathlib import Path

needs_chpst = pytest.mark.skipif(shutil.which("chpst") is None, reason="needs chpst (Debian: runit)")


def shop(lines: str = "web: ./web $PORT\n", yml: str = "", **fields: Any) -> Exported:
    return export("runit", plan(lines, yml, **({"user": None} | fields)))


def web(said: str, **fields: Any) -> Exported:
    """Of a type `web` of which this is said."""
    return shop(yml=f"processes: {{web: {{{said}}}}}\n" if said else "", **fields)


def run(exported: Exported, service: str = "shop-web-1") -> list[str]:
    """The lines of its script, behind the mark."""
    return exported.text(f"{service}/run").splitlines()[2:]


@needs_chpst
@given(VARIABLES)
@settings(max_examples=EXAMPLES, deadline=None)
def test_variables_arrive_as_they_are(
    tmp_path_factory: pytest.TempPathFactory, variables: dict[str, str]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "runit"
    shutil.rmtree(folder, ignore_errors=True)
    write(shop("web: env -0\n", root="/", env=variables), folder)
    assert seen(["./run"], variables, cwd=folder / "shop-web-1") == variables


@needs_chpst
@pytest.mark.parametrize("name", [" ; # %", "$X `x`", 'it\'s "two"\nlines  ', "ä☃\udcff"])
def test_any_folder_is_entered(tmp_path: Path, name: str) -> None:
    root = f"{tmp_path}/{name}"
    os.mkdir(root)
    os.mkdir(f"{root}/sv")
    exported = shop("web: pwd -P\n", root=root)
    service = tmp_path / "shop-web-1"
    write(exported, tmp_path)
    found = subprocess.run([service / "run"], cwd=service, stdout=subprocess.PIPE, check=True).stdout
    assert os.fsdecode(found) == f"{root}\n"


def test_a_value_that_chpst_would_change_is_set_by_the_script_which_is_secret_then() -> None:
    exported = shop(env={"KEPT": "a b", "LOST": "ends with a blank "})
    assert variables_of(exported, "shop-web-1")["KEPT"] == "a b\n"
    assert "LOST" not in variables_of(exported, "shop-web-1")
    assert "export LOST='ends with a blank '" in run(exported)
    assert exported.files["shop-web-1/run"].mode == 0o700
    assert exported.files["shop-web-1/env/KEPT"].mode == 0o600
    assert shop().files["shop-web-1/run"].mode == 0o755


@pytest.mark.parametrize("name", ["a/b", ".hidden"])
def test_a_name_that_no_file_can_have_is_told_and_not_its_value(name: str) -> None:
    with pytest.raises(UserError) as caught:
        envdir.of_chpst({name: "secret"})
    assert repr(name) in str(caught.value)
    assert "secret" not in str(caught.value)


def test_each_process_is_a_folder() -> None:
    exported = web("instances: 2")
    assert [path for path in exported.files if "/env/" not in path] == [
        *("shop-web-1/run", "shop-web-1/control/t", "shop-web-1/log/run"),
        *("shop-web-2/run", "shop-web-2/control/t", "shop-web-2/log/run"),
    ]
    assert variables_of(exported, "shop-web-2")["PORT"] == "5001\n"
    assert run(exported) == [
        "exec 2>&1",
        "env=$PWD/env",
        "cd /srv/shop || exit 111",
        "exec chpst -P -e \"$env\" /bin/sh -c 'exec ./web $PORT'",
    ]


def test_tasks_with_schedules_are_left_to_a_scheduler() -> None:
    exported = shop(yml=TASKS_YML)
    assert exported.export.scheduled == ("remind", "digest")
    assert run(exported, "shop-scheduler")[-1] == "exec chpst -P /bin/sh -c 'exec /usr/bin/procman scheduler'"
    assert variables_of(exported, "shop-scheduler") == {}  # it reads the app's files


def test_the_log_goes_into_a_folder_of_its_own() -> None:
    assert "log=/var/log/shop/web-1" in shop().text("shop-web-1/log/run")
    text = shop(log="/my logs").text("shop-web-1/log/run")
    assert text.splitlines()[2:] == [
        "log='/my logs/web-1'",
        'mkdir -p "$log" || exit 111',
        'exec chpst svlogd -tt "$log"',
    ]


def test_a_user_keeps_its_groups_and_its_home() -> None:
    exported = shop(user="shop")
    ids = "\"shop:$(id -Gn shop | tr ' ' ':')\""
    assert run(exported)[1] == "HOME=~shop; export HOME"
    assert f"exec chpst -P -u {ids} -e" in run(exported)[-1]
    assert f"exec chpst -u {ids} svlogd" in exported.text("shop-web-1/log/run")
    assert "chown shop" in exported.text("shop-web-1/log/run")
    exported = shop(user="shop", home="/home/shop")
    assert variables_of(exported, "shop-web-1")["HOME"] == "/home/shop\n"


def test_who_is_said_to_be_somebody_else_is_so_by_number() -> None:
    exported = web("user: somebody, group: somegroup", user="shop")
    assert " -u :1234:4321 " in run(exported)[-1]
    assert variables_of(exported, "shop-web-1")["USER"] == "somebody\n"
    exported = web("user: somebody", for_user=True)
    assert " -u " not in run(exported)[-1]
    assert exported.notes == ["web: 'user: somebody' is not heeded with --user-units"]


@pytest.mark.parametrize(
    ("said", "ends"),
    [
        ("restart: never", ["sv down ."]),
        ("oneshot: true", ["sv down ."]),
        (
            "restart: on-failure",
            ["case $1:$2 in", "0:* | -1:1 | -1:2 | -1:13 | -1:15) sv down . ;;", "esac"],
        ),
    ],
)
def test_what_is_not_to_come_back_goes_down(said: str, ends: list[str]) -> None:
    assert web(said).text("shop-web-1/finish").splitlines()[3:] == ends


def test_what_is_to_come_back_needs_no_word() -> None:
    assert "shop-web-1/finish" not in web("restart: always").files
    assert "shop-web-1/finish" not in web("").files


def test_a_shell_that_stays_tells_a_signal_as_a_code() -> None:
    text = shop("web: ./a; ./b | ./c\n", "processes: {web: {restart: on-failure}}\n").text(
        "shop-web-1/finish"
    )
    assert "-1:15 | 129:* | 130:* | 141:* | 143:*)" in text


def test_it_is_there_but_down_that_is_not_to_start() -> None:
    assert web("autostart: false").text("shop-web-1/down") == ""
    assert "shop-web-1/down" not in web("").files


def test_stopping() -> None:
    text = web("stop_signal: QUIT, timeout: 90s, signal_to: group").text("shop-web-1/control/t")
    assert 'kill -QUIT -- "-$pid" || kill -QUIT "$pid" || exit 1' in text
    assert "left=90" in text
    text = web("", timeout=7.0).text("shop-web-1/control/t")
    assert 'kill -TERM "$pid" || exit 1' in text
    assert "left=7" in text


def test_surroundings() -> None:
    assert run(web('umask: "027", nice: -5, nofile: 99, stdin: "null", cwd: app')) == [
        "exec 2>&1",
        "ulimit -S -n 99 2>/dev/null || ulimit -n 99 || exit 111",
        "exec </dev/null",
        "umask 027",
        "env=$PWD/env",
        "cd /srv/shop/app || exit 111",
        "exec chpst -P -n -5 -e \"$env\" /bin/sh -c 'exec ./web $PORT'",
    ]


def test_who_depends_on_others_waits_until_they_run() -> None:
    lines = "web: ./web\nredis: ./redis\nmigrate: ./migrate\nadmin: ./admin\n"
    said = "web: {depends_on: [redis, migrate, admin]}, migrate: {oneshot: true}, admin: {autostart: false}"
    exported = shop(lines, f"processes: {{{said}}}\n")
    assert run(exported)[2:4] == [
        "until sv check ../shop-redis-1; do sleep 1; done",
        "until sv start ../shop-admin-1; do sleep 1; done",  # nobody else starts it
    ]
    assert exported.notes == [
        "web: 'depends_on: migrate completed' has no counterpart: it does not wait for that, as runsv does"
        " not know whether a service has done its work"
    ]


def test_a_note_stands_in_the_script_of_its_service() -> None:
    exported = web("max_runtime: 12h, backoff: {max: 5m}")
    assert "# web: 'max_runtime: 12 h' has no counterpart" in exported.text("shop-web-1/run")
    assert len(exported.notes) == 2


def test_the_next_command_is_said(tmp_path: Path) -> None:
    then = shop(folder="/etc/my sv").export.then
    assert then == ("ln -s '/etc/my sv'/shop-* /etc/service/", "sv status /etc/service/shop-*")
    assert shop(folder="/etc/service").export.then == ("sv status /etc/service/shop-*",)
