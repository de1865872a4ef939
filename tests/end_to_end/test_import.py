"""`procman import`: what is printed, written and refused, whatever the files are."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import PROCMAN, PYTHON
from tests.end_to_end.test_bad_input import WITHOUT_PRIVILEGE

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

CRONTAB = """\
MAILTO=ops@example.com
LEVEL=debug
*/10 * * * * ./remind
"""
SUPERVISORD = """\
[program:web]
command=./web --port 5000
environment=LEVEL="high"
serverurl=AUTO
"""


def test_it_prints_the_files_and_apart_what_is_lost(app: App) -> None:
    app.write("crontab", CRONTAB)
    ended = app.do("import", "crontab")
    assert ended.code == 0
    assert "# procman.yml\ntasks:\n  remind:\n    command: ./remind\n" in ended.out
    assert "# .env\nLEVEL=debug\n" in ended.out
    assert ended.err.startswith("procman: crontab:1: ")
    assert "MAILTO" in ended.err


def test_what_is_written_passes_check_and_is_never_written_over(app: App) -> None:
    app.write("crontab", CRONTAB)
    app.write("supervisord.conf", SUPERVISORD)
    written = app.do("import", "crontab", "supervisord.conf", "--write")
    assert written.code == 0
    assert written.out.splitlines()[:3] == [
        "Procfile is written",
        "procman.yml is written",
        ".env is written",
    ]
    assert app.do("check").code == 0
    assert stat.S_IMODE((app.root / ".env").stat().st_mode) == 0o600
    before = {path.name: path.read_text() for path in app.root.iterdir() if path.is_file()}
    again = app.do("import", "crontab", "--write")
    assert again.code == 2
    assert [line.split(": ")[1] for line in again.err.splitlines()] == ["procman.yml", ".env"]
    assert {path.name: path.read_text() for path in app.root.iterdir() if path.is_file()} == before


def test_another_folder_is_made(app: App) -> None:
    app.write("crontab", CRONTAB)
    assert app.do("import", "crontab", "--write", "-d", "new/app").code == 0
    assert app.do("check", "-d", "new/app").code == 0


def test_standard_input_needs_its_format(app: App) -> None:
    path = app.write("some.txt", CRONTAB)
    with path.open() as file:
        ended = app.do("import", "-", "--from", "crontab", stdin=file)
    assert "./remind" in ended.out
    assert ended.err.startswith("procman: standard input:1: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing"], "nothing: no such file"),
        (["unknown"], "unknown: it is not clear what this is: say it with --from: crontab, "),
        (["unknown", "--from", "crontabs"], "--from: no format 'crontabs', did you mean 'crontab'?"),
        ([], "say which FILE"),
        (["folder"], "folder: this is a folder, not a file"),
    ],
)
def test_misuse_is_told(app: App, words: list[str], said: str) -> None:
    app.write("unknown", "what is this?\n")
    (app.root / "folder").mkdir()
    ended = app.do("import", *words)
    assert ended.code == 2
    assert said in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("more", [[], ["--write"]])
def test_where_nothing_is_found_it_is_said_and_nothing_is_written(app: App, more: list[str]) -> None:
    app.write("crontab", "# nothing\n")
    ended = app.do("import", "crontab", *more)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "procman: import: nothing was found that procman could run\n"
    assert [path.name for path in app.root.iterdir()] == ["crontab"]


def test_variables_alone_are_something(app: App) -> None:
    app.write(".overmind.env", "LEVEL=debug\n")
    ended = app.do("import", ".overmind.env")
    assert (ended.code, ended.out) == (0, "# .env\nLEVEL=debug\n")
    assert ended.err == "procman: import: nothing was found that procman could run\n"


def test_the_mistakes_of_all_files_are_told_at_once(app: App) -> None:
    app.write("crontab", CRONTAB)
    app.write("supervisord.conf", "a\nb\n")
    ended = app.do("import", "nothing", "crontab", "supervisord.conf", "--write")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines() == [
        "procman: nothing: no such file",
        "procman: supervisord.conf:1: a section like [program:web] is missing before this line",
    ]
    assert not (app.root / "procman.yml").exists()


def test_a_file_that_is_named_twice_is_read_once(app: App) -> None:
    app.write("crontab", CRONTAB)
    assert app.do("import", "crontab", "crontab").out == app.do("import", "crontab").out


def test_one_file_that_is_there_keeps_all_from_being_written(app: App) -> None:
    app.write("crontab", CRONTAB)
    app.write("mine.env", "A=1\n")
    (app.root / ".env").symlink_to("nowhere")
    ended = app.do("import", "crontab", "--write")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("procman: .env: it is there already, and stays as it is")
    assert not (app.root / "procman.yml").exists()


def test_where_one_file_cannot_be_written_none_is(app: App) -> None:
    app.write("crontab", CRONTAB)
    limited = ("/bin/sh", "-c", 'ulimit -f 0; trap "" XFSZ; exec "$@"', "sh")
    running = app.launch(*limited, *PROCMAN, "import", "crontab", "--write")
    assert running.end() == 2
    assert running.err.text.startswith(f"procman: {app.root}: cannot be written: ")
    assert [path.name for path in app.root.iterdir()] == ["crontab"]


@pytest.mark.parametrize("place", ["crontab", "crontab/app"])
def test_a_folder_that_cannot_be_made_is_told(app: App, place: str) -> None:
    app.write("crontab", CRONTAB)
    ended = app.do("import", "crontab", "--write", "-d", place)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"procman: {app.root / place}: cannot be written: ")


def test_a_file_that_may_not_be_read(app: App) -> None:
    app.write("crontab", CRONTAB, mode=0)
    running = app.launch(PYTHON, "-c", WITHOUT_PRIVILEGE, *PROCMAN, "import", "crontab")
    assert running.end() == 2
    assert running.err.text == "procman: crontab: cannot be read: Permission denied\n"


@pytest.mark.parametrize(("mode", "made"), [(0o644, 0o644), (0o640, 0o600), (0o600, 0o600)])
def test_what_is_written_is_no_more_public_than_the_file_that_was_read(
    app: App, mode: int, made: int
) -> None:
    app.write("crontab", CRONTAB, mode)
    app.write("supervisord.conf", SUPERVISORD)
    os.umask(0o022)
    ended = app.do("import", "supervisord.conf", "crontab", "--write")
    assert ended.code == 0
    modes = [stat.S_IMODE((app.root / name).stat().st_mode) for name in ("Procfile", "procman.yml", ".env")]
    assert modes == [made, made, 0o600]


def test_the_next_command_knows_the_folder(app: App) -> None:
    app.write("crontab", CRONTAB)
    assert app.do("import", "crontab", "--write", "-d", "a b").out.splitlines() == [
        "a b/procman.yml is written",
        "a b/.env is written",
        "ask 'procman check -d 'a b'' what it means",
    ]


def test_a_timer_and_its_service_are_one_task(app: App) -> None:
    app.write("shop.service", "[Service]\nExecStart=/bin/true\n")
    app.write("shop.timer", "[Timer]\nOnCalendar=*-*-* 05:00:00 UTC\n")
    ended = app.do("import", "shop.timer", "shop.service")
    assert (ended.code, ended.err) == (0, "")
    assert "  shop:\n    command: cd / && /bin/true\n    schedule: 0 5 * * * UTC\n" in ended.out


def test_a_compose_file_and_its_override_are_one(app: App) -> None:
    app.write("compose.yaml", "services: {web: {build: ., command: ./a, environment: {A: 1, B: 1}}}\n")
    app.write("compose.override.yaml", "services:\n  web: {command: ./b, environment: [B=2]}\n")
    alone = app.do("import", "compose.yaml")
    assert "procman: compose.yaml: docker reads compose.override.yaml with it" in alone.err
    both = app.do("import", "compose.yaml", "compose.override.yaml")
    assert both.out.startswith("# Procfile\nweb: ./b\n")
    assert "    env:\n      A: '1'\n      B: '2'\n" in both.out
    assert "override" not in both.err


def test_what_was_imported_runs(app: App) -> None:
    app.write(
        "supervisord.conf",
        "[program:hello]\ncommand=/bin/echo %(program_name)s %(ENV_WORD)s\n"
        'environment=WORD="it is 100%%"\nautorestart=false\n[program:again]\ncommand=/bin/echo twice\n'
        "autorestart=false\nnumprocs=2\n",
    )
    assert app.do("import", "supervisord.conf", "--write").code == 0
    running = app.launch(*PROCMAN, "start")
    assert running.end() == 0
    assert running.said_by("hello.1") == ["hello it is 100%"]
    assert [running.said_by(f"again.{number}") for number in (1, 2)] == [["twice"], ["twice"]]
