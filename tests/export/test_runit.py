"""Service folders of runit: what is in them, and what chpst and sh make of it."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings

from procman.errors import UserError
from procman.export.supervisors import envdir
from tests.export.plans import TASKS_YML, Exported, export, plan
from tests.export.texts import ANY, EXAMPLES, VARIABLES, seen, variables_of, write

if TYPE_CHECKING:
    from pathlib import Path

ENDS = {"BLANK": "x ", "TAB": "x\t", "NEWLINE": "x\n", "ALONE": "\n", "EMPTY": "", "BEGINS": "\n x"}
"""Values that end, or are, as some who read files would not have it."""
needs_chpst = pytest.mark.skipif(shutil.which("chpst") is None, reason="needs chpst (Debian: runit)")


def shop(lines: str = "web: ./web $PORT\n", yml: str = "", **fields: Any) -> Exported:
    return export("runit", plan(lines, yml, **({"user": None} | fields)))


def web(said: str, **fields: Any) -> Exported:
    """Of a type `web` of which this is said."""
    return shop(yml=f"processes: {{web: {{{said}}}}}\n" if said else "", **fields)


def run(exported: Exported, service: str = "shop-web-1") -> list[str]:
    """The lines of its script, behind the mark."""
    return exported.text(f"{service}/run").splitlines()[2:]


def finish(exported: Exported) -> list[str]:
    """What a `finish` does once nothing is left."""
    lines = exported.text("shop-web-1/finish").splitlines()
    return lines[lines.index("done") + 2 :]


def written(exported: Exported, folder: Path) -> Path:
    """A service folder as runsv has it."""
    shutil.rmtree(folder, ignore_errors=True)
    write(exported, folder)
    (folder / "shop-web-1" / "supervise").mkdir()
    return folder / "shop-web-1"


@needs_chpst
@given(VARIABLES)
@example(ENDS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_variables_arrive_as_they_are(
    tmp_path_factory: pytest.TempPathFactory, variables: dict[str, str]
) -> None:
    exported = shop("web: env -0\n", root="/", env=variables)
    service = written(exported, tmp_path_factory.getbasetemp() / "runit")
    assert seen(["./run"], variables, cwd=service) == variables


@needs_chpst
@given(ANY)
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_command_arrives_as_it_is(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    made = plan("web: ./web\n", user=None, root="/")
    (type_,) = made.types
    process = type_.processes[0]._replace(command=f"printf %s {shlex.quote(text)}")
    made = made._replace(types=(type_._replace(processes=(process,)),))
    service = written(export("runit", made), tmp_path_factory.getbasetemp() / "runit")
    ran = subprocess.run(["./run"], cwd=service, stdout=subprocess.PIPE, check=True)
    assert os.fsdecode(ran.stdout) == text


@needs_chpst
@pytest.mark.parametrize("name", ["env", "group", "left", "log"])
def test_what_the_script_itself_uses_is_not_in_the_way(tmp_path: Path, name: str) -> None:
    service = written(shop("web: env -0\n", root="/", env={name: "mine "}), tmp_path / "sv")
    assert seen(["./run"], [name], cwd=service, env={**os.environ, "env": "theirs"})[name] == "mine "


@needs_chpst
def test_what_comes_from_outside_stays(tmp_path: Path) -> None:
    service = written(shop("web: env -0\n", root="/", env={"A": "1"}), tmp_path / "sv")
    assert seen(["./run"], ["env", "A"], cwd=service, env={**os.environ, "env": "theirs"}) == {
        "env": "theirs",
        "A": "1",
    }


@needs_chpst
@pytest.mark.parametrize("name", [" ; # %", "$X `x`", 'it\'s "two"\nlines  ', "ä☃\udcff"])
def test_any_folder_is_entered(tmp_path: Path, name: str) -> None:
    root = f"{tmp_path}/{name}"
    os.mkdir(root)
    service = written(shop("web: pwd -P\n", root=root), tmp_path / "sv")
    found = subprocess.run(["./run"], cwd=service, stdout=subprocess.PIPE, check=True).stdout
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
        *("shop-web-1/run", "shop-web-1/finish", "shop-web-1/control/t", "shop-web-1/log/run"),
        *("shop-web-2/run", "shop-web-2/finish", "shop-web-2/control/t", "shop-web-2/log/run"),
    ]
    assert variables_of(exported, "shop-web-2")["PORT"] == "5001\n"
    assert run(exported) == [
        "exec 2>&1",
        "echo $$ >supervise/group",
        'set -- "$PWD/env"',
        "cd /srv/shop || exit 111",
        "exec chpst -P -e \"$1\" /bin/sh -c 'exec ./web $PORT'",
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
    assert "HOME=~shop; export HOME" in run(exported)
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


def test_of_a_user_with_groups_its_own_comes_first() -> None:
    made = plan("web: ./web\n", "processes: {web: {user: somebody}}\n")
    (type_,) = made.types
    account = type_.policies.account
    assert account
    policies = type_.policies._replace(account=account._replace(groups=(7, 1234, 8)))
    processes = tuple(each._replace(policies=policies) for each in type_.processes)
    made = made._replace(types=(type_._replace(policies=policies, processes=processes),))
    assert " -u :1234:1234:7:8 " in run(export("runit", made))[-1]


@pytest.mark.parametrize(
    ("said", "ends"),
    [
        ("", []),
        ("restart: always", []),
        ("restart: never", ["grep -q want supervise/stat || sv down ."]),
        ("oneshot: true", ["grep -q want supervise/stat || sv down ."]),
        (
            "restart: on-failure",
            [
                "case $1:$2 in",
                "0:* | -1:1 | -1:2 | -1:13 | -1:15) grep -q want supervise/stat || sv down . ;;",
                "esac",
            ],
        ),
    ],
)
def test_what_is_not_to_come_back_goes_down(said: str, ends: list[str]) -> None:
    assert finish(web(said)) == ends


def test_a_shell_that_stays_tells_a_signal_as_a_code_and_leaves_the_rest_to_finish() -> None:
    exported = shop("web: ./a; ./b | ./c\n", "processes: {web: {restart: on-failure}}\n")
    assert "-1:15 | 129:* | 130:* | 141:* | 143:*)" in exported.text("shop-web-1/finish")
    assert run(exported)[-1].endswith(" /bin/sh -c './a; ./b | ./c'")


def test_what_is_left_gets_the_same_signal_and_the_same_time() -> None:
    lines = web("stop_signal: QUIT, timeout: 90s").text("shop-web-1/finish").splitlines()
    assert 'kill -QUIT "-$group" 2>/dev/null' in lines
    assert "left=90" in lines
    assert 'while [ "$left" -ge 0 ] && kill -0 "-$group" 2>/dev/null; do' in lines  # zombies never go
    lines = web("signal_to: group", timeout=7.0).text("shop-web-1/finish").splitlines()
    assert '[ -e supervise/asked ] || kill -TERM "-$group" 2>/dev/null' in lines
    assert "left=7" in lines


def test_it_is_there_but_down_that_is_not_to_start() -> None:
    assert web("autostart: false").text("shop-web-1/down") == ""
    assert "shop-web-1/down" not in web("").files


def test_stopping() -> None:
    text = web("stop_signal: QUIT, timeout: 90s, signal_to: group").text("shop-web-1/control/t")
    assert 'kill -QUIT "-$pid" 2>/dev/null || kill -QUIT "$pid" || exit 1' in text
    assert "left=90" in text
    at_once = web("", timeout=0.0)
    assert "left=0\n" in at_once.text("shop-web-1/control/t")
    assert "left=0\n" in at_once.text("shop-web-1/finish")
    assert web("timeout: 90s").notes == []
    assert web("timeout: 1500ms").notes == [
        "web: 'timeout: 1.5 s' has no counterpart: it counts whole seconds there, 2 of them"
    ]
    text = web("", timeout=7.0).text("shop-web-1/control/t")
    assert '\nkill -TERM "$pid" || exit 1\n' in text
    assert "left=7" in text


def test_surroundings() -> None:
    assert run(web('umask: "027", nice: -5, nofile: 99, stdin: "null", cwd: app')) == [
        "exec 2>&1",
        "echo $$ >supervise/group",
        'set -- "$PWD/env"',
        "ulimit -S -n 99 2>/dev/null || ulimit -n 99 || exit 111",
        "exec </dev/null",
        "umask 027",
        "cd /srv/shop/app || exit 111",
        "exec chpst -P -n -5 -e \"$1\" /bin/sh -c 'exec ./web $PORT'",
    ]
    assert "umask 000" in run(web('umask: "0"'))


def test_who_depends_on_others_waits_until_they_run() -> None:
    lines = "web: ./web\nredis: ./redis\nmigrate: ./migrate\nload: ./load\n"
    said = "web: {depends_on: {redis: ready, migrate: started, load: completed}}"
    types = f"{said}, redis: {{instances: 2, autostart: false}}, migrate: {{oneshot: true}}"
    exported = shop(lines, f"processes: {{{types}}}\n")
    assert [line for line in run(exported) if line.startswith("until ")] == [
        "until sv check ../shop-redis-1 | grep '^ok: run: '; do sleep 1; done",
        "until sv check ../shop-redis-2 | grep '^ok: run: '; do sleep 1; done",
    ]
    why = "it does not wait for that, as runsv does not know whether a service has done its work"
    assert exported.notes == [
        f"web: 'depends_on: migrate started' has no counterpart: {why}",
        f"web: 'depends_on: load completed' has no counterpart: {why}",
        "web: 'depends_on': It waits before it starts, but all stop at once",
    ]


def test_a_note_stands_in_the_script_of_its_service() -> None:
    exported = web("max_runtime: 12h, backoff: {max: 5m}")
    assert "# web: 'max_runtime: 12 h' has no counterpart" in exported.text("shop-web-1/run")
    assert len(exported.notes) == 2


def test_the_next_command_is_said(tmp_path: Path) -> None:
    then = shop(folder="/etc/my sv").export.then
    assert then == ("ln -s '/etc/my sv'/shop-* /etc/service/", "sv status /etc/service/shop-*")
    assert shop(folder="/etc/service").export.then == ("sv status /etc/service/shop-*",)
