"""`processes:` in procman.yml, from outside: `check`, `init`, `run`, `start`, `reload`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.test_check import checked
from tests.end_to_end.test_reload import STAY, pids, started

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

SECRET = "hunter2"
TELLS = 'echo "$(pwd) $LEVEL $FILE $PORT $PS $(umask)"'


def say(app: App, text: str) -> None:
    """`processes:` of procman.yml."""
    app.write("procman.yml", f"processes:\n{text}\n")


def test_check_shows_in_a_line_what_is_said_of_a_type_and_in_json_all(app: App) -> None:
    app.procfile(redis="true", web="true", worker="true")
    say(
        app,
        f"  redis: {{ready: {{tcp: 6379}}}}\n"
        f"  web: {{depends_on: redis, restart: on-failure, max_memory: 512M, env: {{KEY: {SECRET}}}}}",
    )
    shown = app.do("check").out
    assert re.search(r"^redis +ready: tcp 6379$", shown, re.MULTILINE)
    assert re.search(
        r"^web +restart: on-failure; depends_on: redis ready; max_memory: 512 MB; env: KEY$",
        shown,
        re.MULTILINE,
    )
    assert len(re.findall("^worker", shown, re.MULTILINE)) == 1
    assert SECRET not in shown
    redis, web, worker = (each["policies"] for each in checked(app)["processes"])
    assert redis["ready"] == {"tcp": "6379", "every": 0.2, "timeout": 2.0, "within": 30.0}
    assert (web["restart"], web["depends_on"], web["env"]) == ("on-failure", {"redis": "ready"}, ["KEY"])
    assert worker["backoff"] == {"initial": 1.0, "max": 60.0, "reset_after": 60.0, "give_up_after": 10}
    assert SECRET not in json.dumps(checked(app))


def test_check_warns_of_what_is_allowed_and_surprising(app: App) -> None:
    app.procfile(web="true", worker="true", mail="true")
    say(app, "  worker: {port: 5000, depends_on: mail}\n  mail: {autostart: false}")
    assert checked(app)["warnings"] == [
        "web.1 and worker.1 both have port 5000",
        "'worker' depends on 'mail', which is not started with it",
    ]


def test_every_mistake_is_told_with_its_line_and_its_path(app: App) -> None:
    app.procfile(web="true")
    say(app, "  web:\n    ready: {http: /, within: 30}\n    cwd: nowhere\n  wbe: {}")
    ended = app.do("check")
    assert ended.code == 2
    first, *others = ended.err.splitlines()
    assert (
        first == "procman: procman.yml:3: processes: web: ready: within: '30' has no unit: is it 30s or 30m?"
    )
    assert [line.partition(": processes: ")[0] for line in others] == [
        "procman: procman.yml:4",
        "procman: procman.yml:5",
    ]


def test_what_could_not_be_read_makes_no_other_mistakes(app: App) -> None:
    app.procfile(web="true", migrate="true")
    say(app, "  web: {depends_on: {migrate: completed}}\n  migrate: {oneshot: treu}")
    (told,) = app.do("check").err.splitlines()
    assert "oneshot: 'treu' is neither true nor false" in told


def test_init_writes_a_file_that_is_right_and_no_second_one(app: App) -> None:
    app.procfile(web="sleep 1", redis="redis-server")
    ended = app.do("init")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("procman.yml is written")
    text = (app.root / "procman.yml").read_text()
    assert "#ready: {tcp: 6379}" in text
    assert app.do("check").code == 0
    again = app.do("init")
    assert again.code == 2
    assert "procman.yml: it is there already" in again.err
    assert (app.root / "procman.yml").read_text() == text


@pytest.mark.parametrize(
    ("files", "mistake"),
    [
        ({}, "Procfile: no such file"),
        ({"Procfile": "nonsense\n"}, "Procfile:1: expected"),
        ({"Procfile": "web: x\n", "procman.yaml": ""}, "procman.yaml is not read: rename it"),
    ],
)
def test_init_writes_nothing_where_it_does_not_know_what(
    app: App, files: dict[str, str], mistake: str
) -> None:
    for name, text in files.items():
        app.write(name, text)
    ended = app.do("init")
    assert ended.code == 2
    assert mistake in ended.err
    assert not (app.root / "procman.yml").exists()


def test_the_schema_is_json(app: App) -> None:
    ended = app.do("schema")
    assert ended.code == 0
    assert json.loads(ended.out)["title"] == "procman.yml"


@pytest.mark.parametrize("how", [("run", "web"), ("start", "web"), ("start", "--release", "-m", "worker=1")])
def test_a_type_has_its_folder_and_its_variables_however_it_is_started(
    app: App, how: tuple[str, ...]
) -> None:
    app.procfile(web=TELLS, worker="sleep 0.1", release=TELLS)
    (app.root / "sub").mkdir()
    app.write(".env.web", "FILE=file\nLEVEL=file\nPORT=1\n")
    said = "cwd: sub, env_file: .env.web, env: {LEVEL: debug}, umask: 077"
    say(app, f"  web: {{port: 3000, {said}}}\n  release: {{port: 4000, {said}}}")
    told = {"run": "3000 run.1", "start": "3000 web.1"}[how[0]] if "web" in how else "4000 release.1"
    ended = app.do(*how)
    assert ended.code == 0
    assert f"{app.root}/sub debug file {told} 0077" in ended.out


def test_the_timeout_of_start_may_have_a_unit(app: App) -> None:
    app.procfile(web="sleep 60")
    app.write("procman.yml", "start: {timeout: 1m}\n")
    assert checked(app)["options"] == [{"option": "timeout", "source": "procman.yml"}]
    running = app.start("-t", "5s")
    running.pid_of("web.1")
    assert running.stop() == 0


def test_a_reload_restarts_only_for_what_a_child_is_started_with(app: App) -> None:
    app.procfile(web=STAY, worker=STAY)
    running = started(app)
    before = pids(app)
    say(app, "  web: {timeout: 9s}\n  worker: {nice: 5}")
    ended = app.do("reload")
    assert ended.code == 0
    after = pids(app)
    assert after["web.1"] == before["web.1"]
    assert after["worker.1"] != before["worker.1"]
    assert ended.out.splitlines() == [
        f"web.1 is running (pid {after['web.1']}): timeout adjusted",
        f"worker.1 is running (pid {after['worker.1']}): nice changed",
    ]
    assert running.stop() == 0


def test_a_reload_takes_over_how_many_there_are_of_a_type_that_nobody_has_scaled(app: App) -> None:
    app.procfile(web=STAY, worker=STAY)
    running = started(app)
    assert app.do("scale", "web=3").code == 0
    say(app, "  web: {instances: 2}\n  worker: {instances: 2}")
    assert app.do("reload").out == f"worker.2 is running (pid {pids(app)['worker.2']}): new\n"
    assert [*pids(app)] == ["web.1", "web.2", "web.3", "worker.1", "worker.2"]
    assert running.stop() == 0
