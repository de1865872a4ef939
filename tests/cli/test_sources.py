"""Where the value of an option comes from, and who wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from procman.app import foreman, taskfiles
from procman.cli import apps, parser, sources
from procman.errors import UserError
from tests.core.expect import problems

if TYPE_CHECKING:
    from pathlib import Path

    from procman.cli.options import Namespace


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    taskfiles.forget()
    return tmp_path


def options(text: str) -> Namespace:
    return sources.complete(parser.read(text.split()))


def mistakes(text: str) -> list[str]:
    return [str(each) for each in problems(lambda: options(text))]


def test_a_flag_wins_over_the_environment_that_over_procman_yml_and_that_over_foreman(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert options("start").port is None
    (folder / ".foreman").write_text(":port: 1\ntimeout: 9\n")
    assert options("start").port == "1"
    (folder / "procman.yml").write_text("start: {port: 2}")
    assert options("start").port == "2"
    monkeypatch.setenv("PROCMAN_START_PORT", "3")
    assert options("start").port == "3"
    found = options("start -p 4")
    assert (found.port, found.timeout) == ("4", 9.0)
    assert found.written == {"port": "procman.yml", "timeout": ".foreman"}


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("color: true", "color", "always"),
        ("color: false", "color", "never"),
        ("color: auto", "color", "auto"),
        ("no-color: true", "color", "never"),
        ("colour: no", "color", "never"),
        ("timestamp: false", "timestamp", False),
        ("timestamp: true", "timestamp", True),
        ("no_timestamp: true", "timestamp", False),
        ("no-timestamp: false", "timestamp", True),
        ("prefix: no", "prefix", False),
        ("pty: on", "pty", "always"),
        ("release: yes", "release", True),
        ("timeout: 2.5", "timeout", 2.5),
        ("env: [a, b]", "env", ["a,b"]),
        ("concurrency: web=2", "formation", "web=2"),
    ],
)
def test_both_files_take_switches_as_the_command_line_does(
    folder: Path, text: str, name: str, value: object
) -> None:
    (folder / ".foreman").write_text(f"{text}\n")
    assert getattr(options("start"), name) == value
    (folder / ".foreman").unlink()
    (folder / "procman.yml").write_text(f"start:\n  {text}\n")
    assert getattr(options("start"), name) == value


@pytest.mark.parametrize(
    ("variable", "name", "value"),
    [
        (("START_NO_TIMESTAMP", "1"), "timestamp", False),
        (("START_TIMESTAMP", "false"), "timestamp", False),
        (("START_NO_TIMESTAMP", "0"), "timestamp", True),
        (("START_COLOR", "always"), "color", "always"),
        (("START_NO_COLOR", "1"), "color", "never"),
        (("START_EXIT_CODE_FROM", "web"), "exit_code_from", "web"),
        (("START_ENV", "a,b"), "env", ["a,b"]),
        (("CHECK_PORT", "1"), "port", None),
        (("START_PORT", ""), "port", None),
    ],
)
def test_options_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, variable: tuple[str, str], name: str, value: object
) -> None:
    monkeypatch.setenv(f"PROCMAN_{variable[0]}", variable[1])
    assert getattr(options("start"), name) == value


def test_mistakes_of_the_command_line_the_environment_and_the_files_are_told_together(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".foreman").write_text("timeout: soon\nprot: 1\n")
    (folder / "procman.yml").write_text("start:\n  pty: sometimes\n  tiemout: 1\n")
    monkeypatch.setenv("PROCMAN_START_COLOR", "purple")
    assert mistakes("start --prefix=maybe") == [
        "start: 'maybe' is no value for --prefix: write true or false",
        "PROCMAN_START_COLOR: 'purple' is no value for color: write auto, always or never",
        "procman.yml:3: start: there is no option 'tiemout', did you mean 'timeout'?",
        ".foreman: 'soon' is no value for timeout: write a number of seconds, or a time such as 10s or 1m",
        "procman.yml:2: 'sometimes' is no value for pty: write auto, always or never",
    ]


@pytest.mark.parametrize("text", ["env: ''", "env: []", "port: ''", "pty: ''"])
def test_an_empty_value_in_foremans_file_is_a_mistake(folder: Path, text: str) -> None:
    (folder / ".foreman").write_text(f"{text}\n")
    name = text.partition(":")[0]
    assert mistakes("start") == [f".foreman: the value of {name} is empty: write one, or take it out"]


def test_what_is_no_option_in_foremans_file_is_passed_over_and_doubted(folder: Path) -> None:
    (folder / ".foreman").write_text("timout: 1\nuser: me\n:log: /var/log\nport: 2\n")
    found = options("start")
    assert (found.port, found.doubts) == (
        "2",
        [".foreman: there is no option 'timout', did you mean 'timeout'?"],
    )


def test_check_finds_mistakes_in_options_that_only_start_has(folder: Path) -> None:
    (folder / "procman.yml").write_text("start:\n  timeout: soon\n")
    assert mistakes("check") == mistakes("start")
    assert options("run true").port is None


def test_the_folder_that_foreman_names_is_where_procman_yml_is(folder: Path) -> None:
    (folder / "app").mkdir()
    (folder / ".foreman").write_text("root: app\n")
    (folder / "app" / "procman.yml").write_text("start: {port: 2, env: b}")
    found = options("start")
    assert (found.root, found.port, found.env) == ("app", "2", ["app/b"])
    assert options("tasks").root == "app"
    assert options("start -d .").port is None


def test_a_procfile_that_procman_yml_names_elsewhere_does_not_move_the_app(folder: Path) -> None:
    (folder / "procman.yml").write_text("start: {procfile: config/Procfile}")
    found = options("start")
    assert (found.procfile, found.root) == ("config/Procfile", ".")


def test_listings_are_not_kept_by_a_bad_file(folder: Path) -> None:
    (folder / ".foreman").write_text("port: [")
    assert options("history").root is None
    with pytest.raises(UserError, match="not YAML"):
        options("start")


@pytest.mark.parametrize(
    ("words", "files"),
    [
        ("start -d app", [".env", ".foreman"]),
        ("start -f app/Procfile", [".env", ".foreman"]),
        ("start -d app -e .env", [".foreman"]),
        ("start -d app/..", []),
        ("start", []),
    ],
)
def test_files_of_the_working_folder_that_are_passed_over_are_told(
    folder: Path, words: str, files: list[str]
) -> None:
    (folder / "app").mkdir()
    for name in (".env", ".foreman"):
        (folder / name).write_text("")
    root = "." if words in ("start", "start -d app/..") else "app"
    told = list(foreman.passed_over(str(folder / root), apps.settings(options(words))))
    assert [each.split()[0] for each in told] == files
    assert all(" the app is in app: " in each for each in told)


def test_the_file_that_says_where_the_app_is_is_not_passed_over(folder: Path) -> None:
    (folder / "app").mkdir()
    (folder / ".foreman").write_text("procfile: app/Procfile\n")
    (folder / ".env").write_text("")
    told = list(foreman.passed_over(str(folder / "app"), apps.settings(options("start"))))
    assert [each.split()[0] for each in told] == [".env"]


def test_nothing_is_told_where_there_is_nothing(folder: Path) -> None:
    (folder / "app").mkdir()
    assert list(foreman.passed_over(str(folder / "app"), apps.settings(options("start -d app")))) == []
