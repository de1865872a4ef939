"""Commands and options: their places, their other sources, help, version and completion."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

COMMANDS = ("start", "run", "check", "version", "completion")


@pytest.mark.parametrize("word", ["version", "--version", "-v"])
def test_the_version_is_that_of_the_package(app: App, word: str) -> None:
    ended = app.do(word)
    assert (ended.code, ended.out.strip()) == (0, importlib.metadata.version("procman-cli"))


@pytest.mark.parametrize("words", [("--help",), ("-h",), ()])
def test_help_names_the_commands(app: App, words: tuple[str, ...]) -> None:
    ended = app.do(*words)
    assert ended.code == 0
    assert all(command in ended.out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(app: App, command: str) -> None:
    ended = app.do(command, "--help")
    assert ended.code == 0
    assert f"usage: procman {command}" in ended.out


def test_help_of_start_names_its_options(app: App) -> None:
    shown = app.do("start", "--help").out
    for option in (
        "-m",
        "-f",
        "-e",
        "-p",
        "-d",
        "-t",
        "--release",
        "--no-timestamp",
        "--exit-code-from",
        "--pty",
    ):
        assert option in shown


def test_a_mistyped_command_gets_a_hint(app: App) -> None:
    ended = app.do("strat")
    assert ended.code == 2
    assert "did you mean 'start'?" in ended.err


def test_a_mistyped_option_is_a_mistake(app: App) -> None:
    app.procfile(web="touch started")
    ended = app.do("start", "--no-timestmap")
    assert ended.code == 2
    assert "--no-timestmap" in ended.err
    assert not (app.root / "started").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("start", "-f", "sub/Procfile.dev", "-e", "one", "-d", "sub"),
        ("-f", "sub/Procfile.dev", "-e", "one", "-d", "sub", "start"),
        ("-f", "sub/Procfile.dev", "start", "-e", "one", "-d", "sub"),
        ("--procfile=sub/Procfile.dev", "--root=sub", "start", "--env=one"),
    ],
)
def test_procfile_env_and_root_may_stand_before_and_after_the_command(
    app: App, words: tuple[str, ...]
) -> None:
    (app.root / "sub").mkdir()
    app.write("sub/Procfile.dev", 'web: echo "$V in $PWD"\n')
    app.write("one", "V=one\n")
    assert f"| one in {app.root}/sub\n" in app.do(*words).out


def test_env_before_and_after_the_command_both_count(app: App) -> None:
    app.procfile(web='echo "$A $B"')
    app.write("a", "A=1\nB=1\n")
    app.write("b", "B=2\n")
    assert "| 1 2\n" in app.do("-e", "a", "start", "-e", "b").out


def test_the_root_is_the_folder_of_the_procfile_unless_given(app: App) -> None:
    (app.root / "sub").mkdir()
    app.write("sub/Procfile", "web: pwd\n")
    assert f"| {app.root}/sub\n" in app.do("start", "-f", "sub/Procfile").out
    assert f"| {app.root}/sub\n" in app.do("start", "-d", "sub").out
    assert f"| {app.root}\n" in app.do("start", "-f", "sub/Procfile", "-d", ".").out


def test_names_choose_types(app: App) -> None:
    app.procfile(web="touch web", worker="touch worker", clock="touch clock")
    assert app.do("start", "worker", "--exit-code-from", "worker").code == 0
    assert {path.name for path in app.root.iterdir()} == {"Procfile", ".procman", "worker"}


@pytest.mark.parametrize(
    ("formation", "names"),
    [
        ("web=2", ["web.1", "web.2"]),
        ("web=2,worker=1", ["web.1", "web.2", "worker.1"]),
        ("all=1", ["clock.1", "web.1", "worker.1"]),
        ("all=2,web=0,clock=1", ["clock.1", "worker.1", "worker.2"]),
    ],
)
def test_the_formation_says_how_many_of_each_type(app: App, formation: str, names: list[str]) -> None:
    app.procfile(**dict.fromkeys(("web", "worker", "clock"), "echo ready; exec sleep 1000"))
    running = app.start("-m", formation)
    for name in names:
        running.wait_for(rf"{name} +\| ready$")
    assert running.stop() == 0
    started = [said.split()[0] for said in running.said_by("system") if " started " in said]
    assert sorted(started) == names


class TestFromTheEnvironment:
    """Every option can come from `PROCMAN_<COMMAND>_<OPTION>`."""

    def test_it_counts_and_the_flag_wins(self, app: App) -> None:
        app.procfile(web="echo $PORT")
        env = {"PROCMAN_START_PORT": "7000", "PROCMAN_START_NO_TIMESTAMP": "1", "PROCMAN_CHECK_PORT": "x"}
        assert "\nweb.1  | 7000\n" in app.do("start", env=env).out
        assert "\nweb.1  | 8000\n" in app.do("start", "-p", "8000", env=env).out

    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("COLOR", "purple"),
            ("TIMEOUT", "soon"),
            ("NO_TIMESTAMP", "maybe"),
            ("PORT", "70000"),
            ("FORMATION", "web=x"),
        ],
    )
    def test_a_bad_value_is_a_mistake(self, app: App, variable: str, value: str) -> None:
        app.procfile(web="true")
        ended = app.do("start", env={f"PROCMAN_START_{variable}": value})
        assert ended.code == 2
        assert value in ended.err
        assert "Traceback" not in ended.err


class TestForemanFile:
    """`.foreman`: default options of people who switch."""

    def test_it_is_honoured(self, app: App) -> None:
        app.write("Procfile.dev", "web: echo $PORT $V; exec sleep 1000\nworker: exec sleep 1000\n")
        app.write("dev.env", "V=dev\n")
        app.write(
            ".foreman", "procfile: Procfile.dev\nport: 7000\nformation: web=2\nenv: dev.env\ntimeout: 3\n"
        )
        running = app.start()
        running.wait_for(r"web.1 +\| 7000 dev$")
        running.wait_for(r"web.2 +\| 7001 dev$")
        assert running.stop() == 0
        assert "worker.1" not in running.out.text

    def test_flags_win(self, app: App) -> None:
        app.procfile(web="echo $PORT")
        app.write(".foreman", "port: 7000\n")
        assert "| 8000\n" in app.do("start", "-p", "8000").out

    def test_it_is_read_together_with_procman_yml_which_wins(self, app: App) -> None:
        app.procfile(web='echo "$PORT $V"')
        app.write("v.env", "V=v\n")
        app.write(".foreman", ":port: 7000\nenv: v.env\ntimestamp: false\n")
        app.write("procman.yml", "start:\n  port: 6000\n")
        assert "\nweb.1  | 6000 v\n" in app.do("start").out

    def test_check_says_which_file_sets_which_option(self, app: App) -> None:
        app.procfile(web="true")
        app.write(".foreman", "port: 7000\ntimeout: 3\ntimout: 8\n")
        app.write("procman.yml", "start: {port: 6000}\n")
        shown = app.do("check").out.splitlines()
        assert "warning: .foreman: there is no option 'timout', did you mean 'timeout'?" in shown
        assert [line.split() for line in shown if line.startswith(("port ", "timeout "))] == [
            ["port", "procman.yml"],
            ["timeout", ".foreman"],
        ]

    def test_one_that_is_passed_over_is_told_as_is_an_env_file(self, app: App) -> None:
        (app.root / "app").mkdir()
        app.write("app/Procfile", "web: echo $PORT\n")
        app.write(".foreman", "port: 7000\n")
        app.write(".env", "PORT=8000\n")
        for words in (("start", "-f", "app/Procfile"), ("run", "-d", "app", "web"), ("check", "-d", "app")):
            ended = app.do(*words)
            told = ended.out + ended.err
            assert ended.code == 0
            assert "5000" in told
            assert ".env of this folder is not read, as the app is in app" in told
            assert ".foreman of this folder is not read, as the app is in app" in told

    @pytest.mark.parametrize("text", ["port: [", "- a\n- b\n", "timeout: soon\n", "port: x\n", "\x00"])
    def test_a_bad_one_is_a_mistake(self, app: App, text: str) -> None:
        app.procfile(web="true")
        app.write(".foreman", text)
        ended = app.do("start")
        assert ended.code == 2
        assert "Traceback" not in ended.err


class TestRelease:
    """`release:` is no part of the formation; it runs first with `--release`."""

    RELEASE = "sleep 0.1; echo migrated; touch migrated"
    WEB = 'test -e migrated && echo "after the release"; exit 0'

    def test_it_is_not_started_by_default(self, app: App) -> None:
        app.procfile(release=self.RELEASE, web=self.WEB)
        ended = app.do("start")
        assert "release.1" not in ended.out
        assert not (app.root / "migrated").exists()

    def test_it_runs_first_and_to_its_end_when_asked_for(self, app: App) -> None:
        app.procfile(web=self.WEB, release=self.RELEASE)
        ended = app.do("start", "--release")
        assert ended.code == 0
        assert "| after the release\n" in ended.out
        assert ended.out.index("release.1 exited with code 0") < ended.out.index("web.1 started")

    def test_a_failing_one_stops_the_start(self, app: App) -> None:
        app.procfile(web="touch web", release="exit 3")
        ended = app.do("start", "--release")
        assert ended.code == 3
        assert "web.1 started" not in ended.out
        assert not (app.root / "web").exists()

    def test_the_code_of_a_failing_one_counts_though_exit_code_from_names_another(self, app: App) -> None:
        app.procfile(web="exit 0", release="exit 3")
        assert app.do("start", "--release", "--exit-code-from", "web").code == 3

    @pytest.mark.parametrize("command", ["start", "check"])
    def test_one_that_is_not_there_is_a_mistake_and_nothing_starts(self, app: App, command: str) -> None:
        app.procfile(web="touch web", relase="exit 0")
        for words, env in (["--release"], {}), ([], {f"PROCMAN_{command.upper()}_RELEASE": "true"}):
            ended = app.do(command, *words, env=env)
            assert ended.code == 2
            assert "--release: Procfile has no 'release:' line, did you mean 'relase'?\n" in ended.err
        assert not (app.root / "web").exists()

    def test_it_is_told_with_all_other_mistakes(self, app: App) -> None:
        app.procfile(web="touch web")
        ended = app.do("start", "--release", "-p", "many", "-m", "webb=2")
        assert ended.code == 2
        assert all(words in ended.err for words in ("no 'release:' line", "many", "'webb'"))
