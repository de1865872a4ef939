"""`procman check`: the plan, or every mistake."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from procman.core.config.policyrows import as_json
from procman.core.plan.policies import FOREMAN

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

SECRET = "hunter2"


def checked(app: App, *words: str, code: int = 0) -> dict[str, Any]:
    ended = app.do("check", "--json", *words)
    assert ended.code == code
    found: dict[str, Any] = json.loads(ended.out)
    return found


def test_the_first_line_is_that_of_foreman(app: App) -> None:
    app.procfile(web="true", worker="true")
    ended = app.do("check")
    assert ended.code == 0
    assert ended.out.splitlines()[0] == "valid procfile detected (web, worker)"


def test_it_shows_name_command_instances_and_port_of_each_type(app: App) -> None:
    app.procfile(web="sleep 1", worker="sleep 2")
    shown = app.do("check", "-p", "7000", "-m", "web=2,worker=1").out
    assert re.search(r"^web .*\b2\b.*\b7000\b.*sleep 1$", shown, re.MULTILINE)
    assert re.search(r"^worker .*\b1\b.*\b7100\b.*sleep 2$", shown, re.MULTILINE)


def test_json_has_the_same_plan(app: App) -> None:
    app.procfile(web="sleep 1", worker="sleep 2")
    app.write(".env", "A=1\n")
    found = checked(app, "-p", "7000", "-m", "web=2")
    policies = as_json(FOREMAN)
    assert found["processes"] == [
        {"name": "web", "command": "sleep 1", "instances": 2, "port": 7000, "policies": policies},
        {"name": "worker", "command": "sleep 2", "instances": 0, "port": None, "policies": policies},
    ]
    assert found["procfile"] == "Procfile"
    assert found["root"] == str(app.root)
    assert found["environment"] == [{"key": "A", "source": ".env"}]
    assert {"tasks", "warnings"} <= set(found)


def test_each_environment_key_is_shown_with_the_file_that_set_it_and_never_with_its_value(app: App) -> None:
    app.procfile(web="true")
    app.write("a", f"BOTH={SECRET}\nONE={SECRET}\n")
    app.write("b", f"BOTH={SECRET}\n")
    shown = app.do("check", "-e", "a,b").out
    assert re.search(r"^BOTH .*\bb$", shown, re.MULTILINE)
    assert re.search(r"^ONE .*\ba$", shown, re.MULTILINE)
    assert SECRET not in shown
    assert SECRET not in app.do("check", "--json", "-e", "a,b").out


def test_a_mistake_in_an_env_file_does_not_print_the_secret(app: App) -> None:
    app.procfile(web="true")
    app.write(".env", f'KEY="{SECRET}\n')
    ended = app.do("check")
    assert ended.code == 2
    assert SECRET not in ended.out + ended.err


def test_a_dollar_in_an_env_file_that_is_hardly_meant_literally_is_a_warning(app: App) -> None:
    app.procfile(web="true")
    app.write(".env", "A=1\nPATH=/x:$PATH\n")
    (told,) = (each for each in checked(app)["warnings"] if "$PATH" in each)
    assert told.startswith(".env:2: ")
    assert "${PATH}" in told


def test_all_mistakes_are_told_at_once_with_exit_code_2(app: App) -> None:
    app.write("Procfile", "web: true\nnonsense\nweb: false\nempty:\n")
    app.write(".env", "GOOD=1\nJUSTKEY\n")
    ended = app.do("check", "-p", "70000", "-m", "web=x")
    assert ended.code == 2
    for part in ("Procfile:2:", "Procfile:3:", "Procfile:4:", ".env:2:", "70000", "web=x"):
        assert part in ended.err
    assert "Traceback" not in ended.err


def test_json_has_the_mistakes_too(app: App) -> None:
    app.write("Procfile", "web: true\nnonsense\n")
    errors = checked(app, code=2)["errors"]
    assert [(each["source"], each["line"]) for each in errors] == [("Procfile", 2)]
    assert "nonsense" in errors[0]["message"]


@pytest.mark.parametrize("words", [("-m", "web=x"), ("-p", "70000")])
def test_json_has_mistakes_of_the_command_line(app: App, words: tuple[str, ...]) -> None:
    app.procfile(web="true")
    assert words[1] in checked(app, *words, code=2)["errors"][0]["message"]


@pytest.mark.parametrize(
    ("line", "about"),
    [("web: no-such-command", "no-such-command"), ("web: sleep 1 &", "&"), ("system: true", "system")],
)
def test_what_is_probably_wrong_is_a_warning(app: App, line: str, about: str) -> None:
    app.write("Procfile", f"{line}\n")
    ended = app.do("check")
    assert ended.code == 0
    assert any(about in each for each in ended.out.splitlines() if each.startswith("warning: "))
    assert any(about in each for each in checked(app)["warnings"])


def test_a_sound_app_has_no_warnings(app: App) -> None:
    app.procfile(web="exec sleep 1", worker="FOO=1 sh -c 'true && true'")
    assert checked(app)["warnings"] == []


def test_nothing_is_started_and_nothing_written(app: App) -> None:
    app.procfile(web="touch started")
    app.do("check")
    assert [path.name for path in app.root.iterdir()] == ["Procfile"]


def test_mistakes_in_options_are_json_too(app: App) -> None:
    app.procfile(web="true")
    ended = app.do("check", "--json", env={"PROCMAN_CHECK_RELEASE": "maybe"})
    assert ended.code == 2
    assert json.loads(ended.out)["errors"][0]["source"] == "PROCMAN_CHECK_RELEASE"
