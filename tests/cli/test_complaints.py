"""What procman says on stderr begins with its name, and steers no terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from procman.cli import complaints, main, parser

if TYPE_CHECKING:
    from pathlib import Path


def test_each_line_begins_with_the_name(capfd: pytest.CaptureFixture[str]) -> None:
    complaints.tell("a", "b")
    assert capfd.readouterr() == ("", "procman: a\nprocman: b\n")


def test_what_would_steer_a_terminal_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    complaints.tell("no type '\x1b]0;title\x07\x9b2J\n'")
    assert capfd.readouterr().err == r"procman: no type '\x1b]0;title\x07\x9b2J\n'" + "\n"


def test_a_password_is_not_repeated(capfd: pytest.CaptureFixture[str]) -> None:
    complaints.tell("no command 'redis://me:hunter2@db'")
    assert capfd.readouterr().err == "procman: no command 'redis://me:***@db'\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("start", "-p", "x", "-m", "web"), 2),
        (("check",), 2),
        (("run", "no-such-command"), 127),
        (("run", "task", "nothing"), 4),
        (("cancel", "17"), 4),
        (("history", "show", "17"), 4),
        (("history", "nothing"), 4),
        (("history", "a", "b"), 2),
        (("next", "--expr", "every blue moon"), 2),
        (("next", "-n", "0"), 2),
        (("strat",), 2),
        (("start", "--prot", "1"), 2),
        (("--prot", "1", "start"), 2),
        (("run", "task", "--prot", "1"), 2),
        (("tasks", "-d", "nowhere"), 2),
    ],
)
def test_every_mistake_is_told_in_that_form(
    words: tuple[str, ...],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Procfile").write_text("nonsense\nagain\n" if words == ("check",) else "web: true\n")
    assert main.run(parser.read(words), None) == code
    out, err = capfd.readouterr()
    assert out == ""
    assert err
    assert [line for line in err.splitlines() if not line.startswith("procman: ")] == []
