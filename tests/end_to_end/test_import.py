"""`procman import`: what is printed, written and refused, whatever the files are."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

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


def test_where_nothing_is_found_it_is_said(app: App) -> None:
    app.write("crontab", "# nothing\n")
    ended = app.do("import", "crontab")
    assert ended.code == 0
    assert ended.err.splitlines()[-1] == "procman: import: nothing was found that procman could run"
