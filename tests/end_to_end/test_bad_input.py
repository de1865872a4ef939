"""Mistakes in files and on the command line: said clearly, with exit code 2, never with a traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import PROCMAN, PYTHON

if TYPE_CHECKING:
    from tests.end_to_end.harness import App, Finished

START = (*PROCMAN, "start")
# Root may read every file, but for a root without these capabilities (capabilities(7)); prctl(2) takes
# them, CAP_DAC_OVERRIDE (1) and CAP_DAC_READ_SEARCH (2), from what is executed next.
WITHOUT_PRIVILEGE = """
import ctypes, os, sys
for capability in (1, 2):
    ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def refused(app: App, *words: str, env: dict[str, str] | None = None) -> str:
    """What `start` says about a mistake."""
    return complaint(app.do("start", *words, env=env))


def complaint(ended: Finished) -> str:
    assert ended.code == 2
    assert ended.out == ""
    assert "Traceback" not in ended.err
    assert ended.err.strip()
    return ended.err


def test_a_missing_procfile(app: App) -> None:
    assert "Procfile: no such file" in refused(app)


def test_a_missing_procfile_named_by_hand(app: App) -> None:
    assert "Procfile.dev: no such file" in refused(app, "-f", "Procfile.dev")


@pytest.mark.parametrize("name", ["Procfile.dev", "procfile", "Profile"])
def test_a_missing_procfile_with_one_like_it(app: App, name: str) -> None:
    app.write(name, "web: true\n")
    said = f"procman: Procfile: no such file, but there is {name}: rename it, or name it with -f\n"
    for command in ("start", "check"):
        assert complaint(app.do(command)) == said


def test_a_missing_env_file_with_one_like_it(app: App) -> None:
    app.procfile(web="true")
    app.write(".env.local", "A=1\n")
    assert ".env.lokal: no such file, but there is .env.local: rename it, or name it with -e" in refused(
        app, "-e", ".env.lokal"
    )


def test_a_missing_procfile_beside_tasks_and_what_would_be_procman_yml(app: App) -> None:
    app.write("procman.yaml", "tasks: {t: 'true'}\n")
    assert refused(app).endswith("; procman.yaml is not read: rename it to procman.yml\n")
    app.write("procman.yml", "tasks: {t: 'true'}\n")
    assert refused(app).endswith("; 'procman scheduler' runs the tasks of procman.yml without one\n")


def test_a_missing_folder(app: App) -> None:
    assert "nowhere" in refused(app, "-d", "nowhere")
    assert "nowhere" in refused(app, "-f", "nowhere/Procfile")


@pytest.mark.parametrize("text", ["", "\n\n", "# web: true\n", "\ufeff"])
def test_a_procfile_without_a_process(app: App, text: str) -> None:
    app.write("Procfile", text)
    assert "Procfile: no process" in refused(app)


def test_a_procfile_that_may_not_be_read(app: App) -> None:
    app.write("Procfile", "web: true\n", mode=0)
    running = app.launch(PYTHON, "-c", WITHOUT_PRIVILEGE, *START)
    assert running.end() == 2
    assert running.err.text == "procman: Procfile: cannot be read: Permission denied\n"


def test_an_env_file_that_may_not_be_read(app: App) -> None:
    app.procfile(web="true")
    app.write(".env", "A=1\n", mode=0)
    running = app.launch(PYTHON, "-c", WITHOUT_PRIVILEGE, *START)
    assert running.end() == 2
    assert running.err.text == "procman: .env: cannot be read: Permission denied\n"


def test_a_folder_instead_of_a_procfile(app: App) -> None:
    (app.root / "Procfile").mkdir()
    assert "Procfile: this is a folder" in refused(app)


@pytest.mark.parametrize(
    "line", ["no colon", ": no name", "-x: bad name", "web true", "a b: true", "ü: true"]
)
def test_a_line_that_is_no_process(app: App, line: str) -> None:
    app.write("Procfile", f"# first\n\n{line}\nweb: true\n")
    assert f"Procfile:3: expected 'name: command', not '{line}'" in refused(app)


def test_a_name_without_a_command(app: App) -> None:
    app.write("Procfile", "web: true\nworker:  \n")
    assert "Procfile:2: 'worker' has no command" in refused(app)


def test_a_name_that_comes_twice(app: App) -> None:
    app.write("Procfile", "web: true\nworker: true\nweb: false\n")
    assert "Procfile:3: 'web' is already defined on line 1" in refused(app)


def test_a_binary_procfile_gets_a_screen_of_complaints_at_most(app: App) -> None:
    app.write("Procfile", bytes(range(256)) * 500)
    assert len(refused(app).splitlines()) <= 25


def test_10_000_lines_of_processes_are_read(app: App) -> None:
    app.write("Procfile", "".join(f"p{number}: true\n" for number in range(10_000)))
    ended = app.do("start", "p9999")
    assert ended.code == 0
    assert "p9999.1 exited with code 0" in ended.out


def test_10_000_lines_of_mistakes_get_a_screen_of_complaints_at_most(app: App) -> None:
    app.write("Procfile", "nonsense\n" * 10_000)
    assert len(refused(app).splitlines()) <= 25


@pytest.mark.parametrize(
    "text", ["web: echo fine\r\n", "\ufeffweb: echo fine\n", "web:echo fine", "\n#c\nweb:\techo fine\n"]
)
def test_a_procfile_with_other_habits_is_fine(app: App, text: str) -> None:
    app.write("Procfile", text)
    assert "| fine\n" in app.do("start").out


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"JUSTKEY", "'=' is missing"),
        (b'V="abc', ""),
        (b"V='abc", ""),
        (b'V="abc" def', ""),
        (b"=value", ""),
        (b"V=\xff", "not UTF-8"),
        (b"V=a\0b", "NUL"),
    ],
)
def test_a_bad_line_in_the_env_file_is_told_with_its_number(app: App, line: bytes, text: str) -> None:
    app.procfile(web="true")
    app.write(".env", b"# first\nGOOD=1\n\n" + line + b"\nALSO_GOOD=2\n")
    said = refused(app)
    assert said.startswith("procman: .env:4: ")
    assert text in said


def test_an_env_file_of_random_bytes(app: App) -> None:
    app.procfile(web="true")
    app.write(".env", bytes(range(256)) * 100)
    assert ".env" in refused(app)


def test_an_unknown_type_on_the_command_line(app: App) -> None:
    app.procfile(web="true", worker="true")
    said = refused(app, "wbe", "wroker")
    assert "no process type 'wbe' in the Procfile, did you mean 'web'?" in said
    assert "no process type 'wroker' in the Procfile, did you mean 'worker'?" in said


def test_an_unknown_type_like_no_other(app: App) -> None:
    app.procfile(web="true")
    assert "did you mean" not in refused(app, "database")


@pytest.mark.parametrize("formation", ["web=x", "web=-1", "web=", "web", "=1", "web=1.5", "web=²"])
def test_a_formation_that_is_none(app: App, formation: str) -> None:
    app.procfile(web="true")
    assert f"'{formation}' should be NAME=COUNT" in refused(app, "-m", formation)


def test_a_formation_with_an_unknown_type(app: App) -> None:
    app.procfile(web="true")
    assert "no process type 'wbe' in the Procfile, did you mean 'web'?" in refused(app, "-m", "wbe=1")


@pytest.mark.parametrize("formation", ["web=0", "all=0"])
def test_a_formation_of_nothing(app: App, formation: str) -> None:
    app.procfile(web="true")
    assert "nothing to start" in refused(app, "-m", formation)


@pytest.mark.parametrize("port", ["70000", "0", "-1", "x", "80.5"])
def test_a_port_that_is_none(app: App, port: str) -> None:
    app.procfile(web="true")
    assert f"'{port}' is not a port number" in refused(app, f"--port={port}")


def test_a_port_that_is_none_in_the_env_file_or_environment_is_named_with_its_place(app: App) -> None:
    app.procfile(web="true")
    assert "PORT in the environment: 'x'" in refused(app, env={"PORT": "x"})
    app.write(".env", "PORT=y\n")
    assert "PORT in .env: this is not a port number" in refused(app)


@pytest.mark.parametrize("value", ["x", "-1", "nan", "inf", ""])
def test_a_timeout_that_is_none(app: App, value: str) -> None:
    app.procfile(web="true")
    assert "--timeout" in refused(app, f"--timeout={value}")


def test_several_mistakes_are_told_at_once(app: App) -> None:
    app.write("Procfile", "web: true\nnonsense\nweb: false\n")
    app.write(".env", "JUSTKEY\nV='open\n")
    said = refused(app, "-p", "70000", "-m", "web=x,worker=-1", "wbe")
    for part in ("Procfile:2", "Procfile:3", ".env:1", ".env:2", "70000", "'web=x'", "'worker=-1'"):
        assert part in said


def test_nothing_is_started_when_there_is_a_mistake(app: App) -> None:
    app.write("Procfile", "web: touch started\nnonsense\n")
    refused(app)
    assert [path.name for path in app.root.iterdir()] == ["Procfile"]
