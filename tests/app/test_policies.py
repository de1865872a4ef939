"""What procman.yml says of processes, in an app on disk: policies, plan, and every mistake at once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from procman.app import app as apps
from procman.app import taskfiles
from procman.app.reading import Mistakes
from procman.app.settings import Settings
from procman.core.plan.policies import FOREMAN, Policies, Restart
from tests.core.expect import problems

if TYPE_CHECKING:
    from pathlib import Path

    from procman.app.app import App
    from procman.core.plan.plan import Plan


USUAL = Settings()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    taskfiles.forget()
    (tmp_path / "Procfile").write_text("web: serve\nworker: work\nrelease: migrate\n")
    return tmp_path


def say(folder: Path, text: str) -> None:
    """`processes:` of procman.yml."""
    (folder / "procman.yml").write_text(f"processes:\n{text}\n")
    taskfiles.forget()


def loaded(settings: Settings = USUAL) -> App:
    mistakes = Mistakes()
    app = apps.load(settings, mistakes)
    mistakes.check()
    return app


def planned(settings: Settings = USUAL) -> Plan:
    mistakes = Mistakes()
    app = apps.load(settings, mistakes)
    return apps.plan(app, settings, mistakes)


def wrong(settings: Settings = USUAL) -> list[str]:
    return [str(each) for each in problems(lambda: planned(settings))]


def counted(plan: Plan) -> list[str]:
    return [process.name for process in plan.processes]


def test_without_a_word_all_is_as_with_foreman(folder: Path) -> None:
    assert all(process.policies == FOREMAN for process in planned().processes)
    say(folder, "  web:\n")
    assert loaded().policies == {}


def test_what_the_file_says_of_a_type_is_in_the_plan_of_its_processes(folder: Path) -> None:
    say(folder, "  web: {restart: always}\n  release: {timeout: 9s, restart: never}")
    assert loaded().policies == {
        "web": Policies(restart=Restart.ALWAYS),
        "release": Policies(timeout=9.0, restart=Restart.NEVER),
    }
    plan = planned(Settings(release=True))
    assert [process.policies.restart for process in plan.processes] == [Restart.ALWAYS, None]
    assert plan.release
    assert plan.release.policies == Policies(timeout=9.0)


def test_a_folder_is_one_from_the_apps_and_absolute_in_the_plan(folder: Path) -> None:
    (folder / "sub").mkdir()
    say(folder, f"  web: {{cwd: sub}}\n  worker: {{cwd: {folder}}}")
    found = loaded(Settings(root=str(folder))).policies
    assert (found["web"].cwd, found["worker"].cwd) == (f"{folder}/sub", str(folder))


def test_a_folder_may_be_in_the_home_of_a_user(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    say(folder, "  web: {cwd: '~'}")
    assert loaded().policies["web"].cwd == str(folder)


def test_env_wins_over_env_file_a_later_file_over_an_earlier_and_both_over_the_apps(folder: Path) -> None:
    (folder / ".env").write_text("A=app\nHERE=app\n")
    (folder / "one").write_text("A=one\nB=one\nC=one\nD=${HERE}-${E:-none}\n")
    (folder / "two").write_text("B=two\nC=two\nE=${C}\n")
    say(folder, "  web: {env_file: [one, two], env: {C: web}}")
    assert loaded().policies["web"].env == {"A": "one", "B": "two", "C": "web", "D": "app-none", "E": "two"}


def test_where_the_real_environment_wins_it_wins_over_these_files_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A", "os")
    monkeypatch.setenv("C", "os")
    (folder / "one").write_text("A=one\nB=${A}\n")
    say(folder, "  web: {env_file: one, env: {C: web}}")
    assert loaded(Settings(outer_wins=True)).policies["web"].env == {"B": "os", "C": "web"}
    assert loaded().policies["web"].env == {"A": "one", "B": "one", "C": "web"}


def test_no_file_changes_what_tells_a_process_who_it_is(folder: Path) -> None:
    (folder / "one").write_text("PORT=1\nPS=x\nPROCMAN_PORT_WEB=1\nA=1\n")
    say(folder, "  web: {env_file: one}")
    assert planned().processes[0].environment == {
        "A": "1",
        "PORT": "5000",
        "PS": "web.1",
        "PROCMAN_PROCESS": "web.1",
    }


def test_what_is_hardly_meant_so_in_such_a_file_is_told(folder: Path) -> None:
    (folder / "one").write_text("PATH=/x:$PATH\n")
    say(folder, "  web: {env_file: one}")
    (told,) = loaded().environment.doubts
    assert told.startswith("one:1: ")


def test_all_mistakes_of_all_files_come_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    (folder / "Procfile").write_text("web: serve\nworker: work\nnonsense\n")
    (folder / "bad").write_text("A\n")
    (folder / ".env.web").write_text("A=1\n")
    say(
        folder,
        "  web:\n    user: root\n    env_file: [bad, .env.wbe]\n    cwd: sub\n"
        "  worker: {cwd: Procfile, depends_on: worker}",
    )
    assert wrong(Settings(port="x")) == [
        "Procfile:3: expected 'name: command', not 'nonsense'",
        "procman.yml:3: processes: web: user: only root can start processes as somebody else",
        "procman.yml:4: processes: web: env_file: .env.wbe: no such file, but there is .env.web: rename it,"
        " or name it with env_file",
        f"procman.yml:5: processes: web: cwd: no such folder: {folder}/sub",
        f"procman.yml:6: processes: worker: cwd: no such folder: {folder}/Procfile",
        "bad:1: '=' is missing: write NAME=value; a value of several lines needs quotes, from its first"
        " line on",
        "port: 'x' is not a port number from 1 to 65535",
    ]
    (folder / "Procfile").write_text("web: serve\nworker: work\n")
    assert (
        "procman.yml:6: processes: worker: depends_on: 'worker' would wait for itself: take it out" in wrong()
    )


def test_a_type_that_is_not_there_is_a_mistake(folder: Path) -> None:
    say(folder, "  wbe: {restart: never}")
    assert wrong() == [
        "procman.yml:2: processes: no process type 'wbe' in the Procfile, did you mean 'web'?",
    ]


def test_so_many_instances_as_the_file_says_unless_the_command_line_does(folder: Path) -> None:
    say(folder, "  web: {instances: 3}")
    assert counted(planned()) == ["web.1", "web.2", "web.3", "worker.1"]
    assert counted(planned(Settings(formation="web=1"))) == ["web.1"]
    assert counted(planned(Settings(formation="all=1"))) == ["web.1", "worker.1"]
    assert counted(planned(Settings(names=["web"]))) == ["web.1", "web.2", "web.3"]
    assert counted(planned(Settings(names=["web=2"]))) == ["web.1", "web.2"]


@pytest.mark.parametrize(
    ("settings", "starts"),
    [
        (Settings(), False),
        (Settings(formation="all=2"), False),
        (Settings(formation="worker=1,web=1"), True),
        (Settings(names=["worker"]), True),
        (Settings(names=["worker=2"]), True),
    ],
)
def test_what_does_not_start_by_itself_starts_when_it_is_named(
    folder: Path, settings: Settings, starts: bool
) -> None:
    say(folder, "  worker: {autostart: false}")
    found = {process.type: process.policies.autostart for process in planned(settings).processes}
    assert found["worker"] is starts
    assert found.get("web", True)


def test_where_nothing_would_start_somebody_has_to_be_named(folder: Path) -> None:
    say(folder, "  worker: {autostart: false}\n  web: {autostart: false}")
    (text,) = wrong()
    assert text.startswith("procman.yml: nothing to start: every process type has 'autostart: false'")
    assert counted(planned(Settings(names=["web"]))) == ["web.1"]


@pytest.mark.parametrize(
    ("before", "after", "running", "expected"),
    [
        ("", "instances: 2", 1, 2),
        ("instances: 2", "", 2, 1),
        ("instances: 2", "instances: 3", 4, 4),
        ("instances: 2", "instances: 3", 0, 0),
        ("", "", 5, 5),
    ],
)
def test_a_reload_keeps_what_was_scaled_and_takes_over_other_numbers(
    folder: Path, before: str, after: str, running: int, expected: int
) -> None:
    say(folder, f"  web: {{{before}}}")
    app = loaded()
    say(folder, f"  web: {{{after}}}")
    _, plan = apps.reload(USUAL, {"web": running, "worker": 1}, app, with_tasks=True)
    assert [process.type for process in plan.processes].count("web") == expected


def test_a_reload_keeps_the_numbers_of_the_command_line(folder: Path) -> None:
    app = loaded()
    say(folder, "  web: {instances: 2}")
    _, plan = apps.reload(Settings(formation="web=1"), {"web": 1}, app, with_tasks=True)
    assert counted(plan) == ["web.1"]


def test_a_reload_reads_policies_again(folder: Path) -> None:
    app = loaded()
    say(folder, "  web: {restart: never}\n  worker: {autostart: false}")
    again, plan = apps.reload(Settings(names=["web"]), {"web": 1}, app, with_tasks=True)
    assert again.policies["web"] == plan.processes[0].policies == Policies(restart=Restart.NEVER)
    assert not again.policies["worker"].autostart


def test_so_many_of_each_may_be_started_later(folder: Path) -> None:
    say(folder, "  worker: {instances: 2, autostart: false}")
    app = loaded()
    assert [plan.name for plan in apps.formation(app, Settings())] == ["web.1", "worker.1", "worker.2"]
    assert [plan.name for plan in apps.formation(app, Settings(), {"worker": 1})] == ["worker.1"]
