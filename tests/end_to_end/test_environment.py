"""What processes find in their environment: PORT, names, .env."""

from __future__ import annotations

import json
import re
import socket
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import PYTHON

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

DUMP = f"""exec {PYTHON} -c 'import json, os; print("env", json.dumps(dict(os.environ)))'"""


def variables(app: App, *words: str, env: dict[str, str] | None = None) -> dict[str, str]:
    """The environment of the one process `web`."""
    app.procfile(web=DUMP)
    ended = app.do("start", "--no-prefix", "--no-timestamp", *words, env=env)
    (line,) = (line for line in ended.out.splitlines() if line.startswith("env "))
    found: dict[str, str] = json.loads(line.removeprefix("env "))
    return found


def ports(app: App, *words: str) -> dict[str, int]:
    """The ports of a formation, as the processes print them. They stay until all have."""
    app.procfile(
        web="echo port $PORT; exec sleep 1000", nothing="exit", worker="echo port $PORT; exec sleep 1000"
    )
    running = app.start(*words)
    names = ("web.1", "web.2", "worker.1")
    found = {name: int(running.wait_for(rf"{name} +\| port (\d+)$")[1]) for name in names}
    assert running.stop() == 0
    return found


def test_each_process_gets_base_plus_100_a_type_of_the_whole_procfile_plus_1_an_instance(app: App) -> None:
    assert ports(app, "-p", "7000", "-m", "web=2,worker=1") == {
        "web.1": 7000,
        "web.2": 7001,
        "worker.1": 7200,
    }


@pytest.mark.parametrize(
    ("words", "written", "real", "port"),
    [
        ((), "", {}, "5000"),
        ((), "", {"PORT": "4000"}, "4000"),
        ((), "PORT=3000\n", {"PORT": "4000"}, "3000"),
        (("--env-override", "os"), "PORT=3000\n", {"PORT": "4000"}, "4000"),
        (("-p", "2000"), "PORT=3000\n", {"PORT": "4000"}, "2000"),
    ],
)
def test_the_base_is_the_option_else_that_of_env_file_else_of_the_environment_else_5000(
    app: App, words: tuple[str, ...], written: str, real: dict[str, str], port: str
) -> None:
    app.write(".env", written)
    assert variables(app, *words, env=real)["PORT"] == port


def test_each_process_knows_its_name_and_the_first_port_of_every_type(app: App) -> None:
    app.write("Procfile", f"web-ui.x: {DUMP}\nworker: exec sleep 1000\n")
    ended = app.do("start", "--no-prefix", "--no-timestamp", "-p", "6000")
    (line,) = (line for line in ended.out.splitlines() if line.startswith("env "))
    found = json.loads(line.removeprefix("env "))
    assert found["PS"] == found["PROCMAN_PROCESS"] == "web-ui.x.1"
    assert (found["PROCMAN_PORT_WEB_UI_X"], found["PROCMAN_PORT_WORKER"]) == ("6000", "6100")


def test_the_command_reaches_the_shell_untouched(app: App) -> None:
    app.procfile(web='PSQL=a PORTS=b PSX=c; echo "$PSQL $PORTS ${PSX} $$PS" \'$PORT\' "$PS"; exit 0')
    ended = app.do("start", "--no-timestamp")
    text = next(line for line in ended.out.splitlines() if line.startswith("web.1 ")).partition("| ")[2]
    assert text.startswith("a b c ")
    assert text.endswith("PS $PORT web.1")


@pytest.mark.parametrize(
    ("given", "seen"), [({}, "1"), ({"PYTHONUNBUFFERED": ""}, ""), ({"PYTHONUNBUFFERED": "x"}, "x")]
)
def test_pythonunbuffered_is_set_unless_already_set(app: App, given: dict[str, str], seen: str) -> None:
    assert variables(app, env=given)["PYTHONUNBUFFERED"] == seen


def test_a_port_already_taken_is_told_with_the_name_of_the_process(app: App) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        app.procfile(web="echo ready; exec sleep 1000")
        running = app.start("-p", str(port))
        running.wait_for(rf"system \| .*{port}.*web\.1")
        running.wait_for("ready$")
        assert running.stop() == 0


ENV_FILES = [
    ("V=bar # c", "bar"),
    ("V=bar#c", "bar#c"),
    ('V="bar" # c', "bar"),
    ("V=a b c", "a b c"),
    ("V=bar   ", "bar"),
    ("V = bar", "bar"),
    ("  V=bar", "bar"),
    ("export V=bar", "bar"),
    ("V=it's", "it's"),
    ("V=", ""),
    ('V=""', ""),
    (r"""V='a\nb $X "y"'""", r'a\nb $X "y"'),
    (r'V="a\nb"', "a\nb"),
    (r'V="a\tb"', "a\tb"),
    (r'V="a\"b"', 'a"b'),
    (r'V="a\$b"', "a$b"),
    (r'V="\!"', "!"),
    (r"V=a\nb", r"a\nb"),
    ("V=$X", "$X"),
    ("V=pa$$word", "pa$$word"),
    ("V=${X}", "ex"),
    ("V=${NONE:-d}", "d"),
    ('V="${X}!"', "ex!"),
    ("V='${X}'", "${X}"),
    ('V="l1\nl2"', "l1\nl2"),
    ("V=first\nV=last", "last"),
    ("V=bar\r\nW=1\r", "bar"),
    ("\ufeffV=bar", "bar"),
]
"""What stands in a file, and the value of V."""


def test_every_line_of_an_env_file_means_what_it_should(app: App) -> None:
    for number, (text, _) in enumerate(ENV_FILES):
        app.write(f"{number}.env", re.sub(r"\bV\b", f"V{number}", text) + "\n")
    named = ",".join(f"{number}.env" for number in range(len(ENV_FILES)))
    show = "import json, os; print(json.dumps(dict(os.environ)))"
    ended = app.do("run", "-e", named, "--", PYTHON, "-c", show, env={"X": "ex"})
    found = json.loads(ended.out)
    assert {text: found[f"V{number}"] for number, (text, _) in enumerate(ENV_FILES)} == dict(ENV_FILES)


def test_the_env_file_wins_over_the_real_environment(app: App) -> None:
    app.write(".env", "V=file\n")
    assert variables(app, env={"V": "real"})["V"] == "file"


def test_env_override_os_lets_the_real_environment_win(app: App) -> None:
    app.write(".env", "V=file\nW=file\n")
    found = variables(app, "--env-override=os", env={"V": "real"})
    assert (found["V"], found["W"]) == ("real", "file")


@pytest.mark.parametrize("words", [("-e", "a,b"), ("-e", "a", "-e", "b")])
def test_of_several_env_files_the_later_wins_and_the_default_is_not_read(
    app: App, words: tuple[str, ...]
) -> None:
    app.write("a", "V=a\nA=a\n")
    app.write("b", "V=b\nB=b\n")
    app.write(".env", "C=c\n")
    found = variables(app, *words)
    assert (found["V"], found["A"], found["B"], found.get("C")) == ("b", "a", "b", None)


def test_a_missing_env_file_named_by_hand_is_a_mistake(app: App) -> None:
    app.procfile(web="true")
    ended = app.do("start", "-e", "nowhere.env")
    assert ended.code == 2
    assert "nowhere.env" in ended.err


def test_env_files_are_looked_up_in_the_root_and_processes_run_there(app: App) -> None:
    (app.root / "app").mkdir()
    app.write("app/Procfile", "web: pwd; echo $V\n")
    app.write("app/.env", "V=found\n")
    ended = app.do("start", "-f", "app/Procfile")
    assert str(app.root / "app") in ended.out
    assert "| found\n" in ended.out
