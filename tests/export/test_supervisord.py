"""The file for supervisord, read by supervisord's own parser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from procman.errors import UserError
from procman.export.plan import PRIVATE
from procman.export.supervisors import supervisordquoting as quoting
from tests.export.plans import ROOT, TASKS_YML, export, plan
from tests.export.texts import ANY, EXAMPLES, VARIABLES, seen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

options = pytest.importorskip("supervisor.options", reason="needs supervisor (PyPI)")
process = pytest.importorskip("supervisor.process")
datatypes = pytest.importorskip("supervisor.datatypes")

LINES = ANY.filter(lambda text: not quoting.NOT_TEXT.search(text))


def configs(text: str, folder: Path) -> dict[str, Any]:
    """The programs of a file as supervisord knows them, by name; the file is included, as people do it."""
    (folder / "app.conf").write_text(text, encoding="utf-8", newline="")
    main = folder / "supervisord.conf"
    main.write_text("[supervisord]\n[include]\nfiles = app.conf\n", encoding="utf-8")
    read = options.ServerOptions()
    read.here = str(folder)
    read.read_config(str(main))
    groups = read.configroot.supervisord.process_group_configs
    return {each.name: each for group in groups for each in group.process_configs}


def words(config: Any) -> list[str]:
    """What supervisord executes."""
    _, found = process.Subprocess(config).get_execv_args()
    return list(found)


def program(folder: Path, command: str = "command=x\n", environment: str = "", more: str = "") -> Any:
    text = f"[program:x]\n{command}stdout_logfile=NONE\n{environment}{more}"
    return configs(text, folder)["x"]


def written(exported: Any, tmp_path: Path) -> dict[str, Any]:
    """What supervisord makes of an export, in a folder where its logs can be."""
    return configs(exported.text("shop.conf"), tmp_path)


def shop(lines: str, yml: str, tmp_path: Path, **fields: Any) -> Any:
    fields = {"log": str(tmp_path), "user": None} | fields
    return export("supervisord", plan(lines, yml, **fields))


def web(yml: str, tmp_path: Path, **fields: Any) -> Any:
    """The one process of a type `web` of which this is said, as supervisord knows it."""
    said = f"processes: {{web: {{{yml}}}}}\n" if yml else ""
    return written(shop("web: ./web\n", said, tmp_path, **fields), tmp_path)["shop-web-1"]


# Quoting


@given(LINES.filter(bool))
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_command_arrives_as_it_is(tmp_path_factory: pytest.TempPathFactory, line: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    found = program(folder, f"command={quoting.command(('/bin/sh', '-c', line))}\n")
    assert words(found) == ["/bin/sh", "-c", line]


@given(VARIABLES)
@settings(max_examples=EXAMPLES, deadline=None)
def test_an_environment_arrives_as_it_is(
    tmp_path_factory: pytest.TempPathFactory, variables: Mapping[str, str]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    lines = [*map(quoting.decoding, quoting.encoded(variables)), "exec env -0"]
    command = quoting.command(("/bin/sh", "-c", "; ".join(lines)))
    found = program(folder, f"command={command}\n", f"environment={quoting.environment(variables)}\n")
    assert seen(words(found), variables, env=found.environment) == variables


@given(LINES)
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_folder_is_an_option_or_goes_into_the_shell(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = f"/srv/{text}"
    if quoting.holds(folder):
        found = program(tmp_path_factory.getbasetemp(), more=f"directory={quoting.value(folder)}\n")
        assert found.directory == folder


@given(LINES)
@settings(max_examples=EXAMPLES, deadline=None)
def test_the_path_of_a_log_arrives_or_is_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    path = f"{folder}/{text.replace('/', '')}"
    if quoting.holds(path):
        command = f"command=x\nstdout_logfile={quoting.path_of_log(path)}\n"
        assert configs(f"[program:x]\n{command}", folder)["x"].stdout_logfile == path


@pytest.mark.parametrize("text", ["a ;b", "a\nb", "a ", "", "%(here)s", "\udcff", "a\rb"])
def test_what_no_option_can_hold_is_refused(text: str) -> None:
    assert not quoting.holds(text)
    with pytest.raises(UserError, match="cannot stand in a file of supervisord"):
        quoting.value(text)


@pytest.mark.parametrize("text", ["a\rb", "\udcff"])
def test_a_command_that_supervisord_cannot_read_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="carriage return or is not UTF-8"):
        quoting.command(("/bin/sh", "-c", text))


def test_the_name_of_a_variable_that_cannot_stand_there_is_told_and_not_its_value() -> None:
    with pytest.raises(UserError) as caught:
        quoting.environment({"A,B": "secret"})
    assert "'A,B'" in str(caught.value)
    assert "secret" not in str(caught.value)
    with pytest.raises(UserError, match=r"'A\.B'") as caught:
        quoting.decoding("A.B")


def test_no_process_can_be_given_half_a_letter() -> None:
    with pytest.raises(UserError, match="'KEY' of 'web'"):
        export("supervisord", plan("web: ./web\n", env={"KEY": "\ud800"}))


def test_a_folder_that_is_no_option_is_entered_by_the_shell(tmp_path: Path) -> None:
    found = written(shop("web: ./web $PORT\n", "", tmp_path, root="/srv/my ;shop\n"), tmp_path)
    assert found["shop-web-1"].directory is None
    assert words(found["shop-web-1"])[2] == "cd '/srv/my ;shop\n' || exit 111; exec ./web $PORT"


# What each option becomes


def test_every_process_is_a_program_with_its_port(tmp_path: Path) -> None:
    found = written(
        shop("web: ./web\nworker: ./worker\n", "processes: {web: {instances: 2}}\n", tmp_path), tmp_path
    )
    ports = {name: each.environment["PORT"] for name, each in found.items()}
    assert ports == {"shop-web-1": "5000", "shop-web-2": "5001", "shop-worker-1": "5100"}
    assert found["shop-web-2"].environment["PS"] == "web.2"
    assert found["shop-web-2"].environment["PROCMAN_ROOT"] == ROOT
    assert words(found["shop-web-1"]) == ["/bin/sh", "-c", "exec ./web"]
    assert found["shop-web-1"].directory == ROOT


def test_all_is_one_group(tmp_path: Path) -> None:
    text = shop("web: ./web\n", TASKS_YML, tmp_path).text("shop.conf")
    assert "[group:shop]\nprograms=shop-web-1,shop-scheduler\n" in text


def test_the_file_is_for_nobody_else(tmp_path: Path) -> None:
    exported = shop("web: ./web\n", "", tmp_path)
    assert exported.files["shop.conf"].mode == PRIVATE
    assert exported.text("shop.conf").startswith("; Written by 'procman export supervisord'")


def test_tasks_with_schedules_are_left_to_a_scheduler(tmp_path: Path) -> None:
    exported = shop("web: ./web\n", TASKS_YML, tmp_path)
    assert exported.export.scheduled == ("remind", "digest")
    scheduler = written(exported, tmp_path)["shop-scheduler"]
    assert words(scheduler) == ["/bin/sh", "-c", "exec /usr/bin/procman scheduler"]
    assert (scheduler.directory, scheduler.autorestart) == (ROOT, datatypes.RestartUnconditionally)
    assert scheduler.stopwaitsecs == 10  # it waits 5 s for its runs


def test_without_schedules_nobody_waits_for_them(tmp_path: Path) -> None:
    yml = "tasks: {greet: ./greet}\n"
    exported = shop("web: ./web\n", yml, tmp_path)
    assert [*written(exported, tmp_path)] == ["shop-web-1"]
    assert exported.notes == ["greet: 'task greet': Run it by hand, with 'procman run greet'"]
    exported = shop("web: ./web\n", yml, tmp_path, all_to_scheduler=True)
    assert [*written(exported, tmp_path)] == ["shop-web-1", "shop-scheduler"]


@pytest.mark.parametrize(
    ("said", "restarts", "seconds", "tries"),
    [
        ("", datatypes.RestartUnconditionally, 1, 9),
        (
            "restart: always, backoff: {reset_after: 5m, give_up_after: 3}",
            datatypes.RestartUnconditionally,
            300,
            2,
        ),
        (
            "restart: on-failure, backoff: {give_up_after: never}",
            datatypes.RestartWhenExitUnexpected,
            1,
            1_000_000,
        ),
        ("restart: never", False, 0, 3),
        ("oneshot: true", False, 0, 3),
    ],
)
def test_restarts(tmp_path: Path, said: str, restarts: object, seconds: int, tries: int) -> None:
    found = web(said, tmp_path)
    assert (found.autorestart, found.startsecs, found.startretries) == (restarts, seconds, tries)
    assert found.exitcodes == [0]


def test_stopping(tmp_path: Path) -> None:
    found = web("", tmp_path, timeout=8.0)
    assert (found.stopsignal, found.stopwaitsecs) == (15, 8)
    assert (found.stopasgroup, found.killasgroup) == (False, True)
    found = web("stop_signal: QUIT, timeout: 1m, signal_to: group", tmp_path)
    assert (found.stopsignal, found.stopwaitsecs, found.stopasgroup) == (3, 60, True)
    assert web("stop_signal: QUIT, timeout: 0s", tmp_path).stopsignal == 9  # at once


def test_the_commands_of_a_shell_that_stays_hear_the_stop_signal_too(tmp_path: Path) -> None:
    found = written(shop("web: ./a | ./b\n", "", tmp_path), tmp_path)["shop-web-1"]
    assert found.stopasgroup


def test_part_of_a_second_is_told(tmp_path: Path) -> None:
    exported = shop("web: ./web\n", "processes: {web: {timeout: 200ms}}\n", tmp_path)
    assert exported.notes == [
        "web: 'timeout: 200 ms' has no counterpart: it counts whole seconds there, 1 of them"
    ]


def test_surroundings(tmp_path: Path) -> None:
    found = web('umask: "027", nice: 5, nofile: 99, stdin: "null", autostart: false, cwd: app', tmp_path)
    assert (found.umask, found.autostart, found.directory) == (0o27, False, f"{ROOT}/app")
    limits = "ulimit -S -n 99 2>/dev/null || ulimit -n 99 || exit 111"
    assert words(found) == ["nice", "-n", "5", "/bin/sh", "-c", f"{limits}; exec </dev/null; exec ./web"]


def test_the_user_and_what_it_finds_of_itself(tmp_path: Path) -> None:
    found = web("", tmp_path, user="nobody", home="/home/nobody")
    assert found.uid == 65534
    assert found.environment["HOME"] == "/home/nobody"
    assert found.environment["LOGNAME"] == "nobody"


def test_who_is_first_starts_first_and_stops_last(tmp_path: Path) -> None:
    yml = "processes: {web: {depends_on: redis}, worker: {depends_on: [web]}}\n"
    exported = shop("worker: ./worker\nweb: ./web\nredis: ./redis\nmail: ./mail\n", yml, tmp_path)
    found = written(exported, tmp_path)
    assert {name: each.priority for name, each in found.items()} == {
        "shop-redis-1": 10,
        "shop-web-1": 20,
        "shop-worker-1": 30,
        "shop-mail-1": 10,
    }
    assert "programs=shop-redis-1,shop-web-1,shop-worker-1,shop-mail-1" in exported.text("shop.conf")


def test_logs_go_where_foreman_has_them() -> None:
    exported = export("supervisord", plan("web: ./web\n"))
    assert "stdout_logfile=/var/log/shop/web-1.log\n" in exported.text("shop.conf")
    assert exported.export.then[0] == "mkdir -p /var/log/shop"  # supervisord takes no file without it


def test_the_file_is_linked_unless_it_is_where_supervisord_looks() -> None:
    then = export("supervisord", plan("web: ./web\n", folder="/my conf")).export.then
    assert then[1:] == ("ln -sf '/my conf/shop'.conf /etc/supervisor/conf.d/", "supervisorctl update")
    assert len(export("supervisord", plan("web: ./web\n", folder="/etc/supervisor/conf.d")).export.then) == 2


def test_what_supervisord_does_otherwise_is_told(tmp_path: Path) -> None:
    def told(said: str, **fields: Any) -> list[str]:
        exported = shop("web: ./web\n", f"processes: {{web: {{{said}}}}}\n", tmp_path, **fields)
        return [note.split("'")[1] for note in exported.notes]

    assert told("restart: on-failure") == ["restart: on-failure"]
    assert told("restart: always, backoff: {reset_after: 5m}") == []
    assert told("restart: on-failure, backoff: {reset_after: 5m}")[1:] == ["backoff: reset_after: 5 min"]
    assert told("nice: -5", user="nobody") == ["nice: -5"]
    assert told("nice: -5") == told("nice: 5", user="nobody") == []


def test_a_signal_of_its_own_is_named_and_one_without_a_name_a_number(tmp_path: Path) -> None:
    assert web("stop_signal: RTMIN", tmp_path).stopsignal == 34
    assert "stopsignal" not in shop("web: ./web\n", "", tmp_path).text("shop.conf")


def test_files_with_variables_cannot_be_named(tmp_path: Path) -> None:
    exported = shop("web: ./web\n", "", tmp_path, env_files=("/srv/shop/.env",), embed_environment=False)
    assert exported.notes[0].startswith("'--no-env (/srv/shop/.env)' has no counterpart: supervisord cannot")


def test_release_and_pid_files_are_told(tmp_path: Path) -> None:
    exported = shop("web: ./web\nrelease: ./migrate\n", "", tmp_path, run="/run/shop")
    assert exported.notes == [
        "release: 'release': Run it before a new version starts, with 'procman run release'",
        "'-r /run/shop' is not needed, as supervisord itself knows the pids",
    ]
