"""What no process or file can have is told by its name."""

from __future__ import annotations

import pytest

from procman.errors import UserError
from procman.export import texts
from tests.export.plans import plan


@pytest.mark.parametrize("text", ["a\0b", "\ud83d"])
def test_what_is_not_fine_is_told_by_its_name(text: str) -> None:
    with pytest.raises(UserError, match="SECRET is wrong") as told:
        texts.check(
            plan(env={"SECRET": text, "OTHER": "fine"}), "crontab", texts.is_for_processes, "is wrong"
        )
    assert text not in str(told.value)
    assert "OTHER" not in str(told.value)


def test_bytes_that_are_no_letters_are_for_processes_alone() -> None:
    text = b"\xff".decode("utf-8", "surrogateescape")
    assert (texts.is_for_processes(text), texts.is_utf_8(text)) == (True, False)


def test_names_of_variables_are_looked_at_too() -> None:
    said = plan("web: ./web\n", "processes: {web: {env: {B: b}}}\n", env={"A\x1b": "a"})
    with pytest.raises(UserError) as told:
        texts.check(said, "x", lambda text: text not in ("A\x1b", "B"), "is wrong")
    assert [str(problem) for problem in told.value.problems] == [
        "x: the name of the variable 'A\\x1b' is wrong",
        "x: the name of the variable 'B' is wrong",
    ]


def test_all_that_comes_from_the_user_is_looked_at() -> None:
    lines = "web: ./web\nrelease: ./migrate\n"
    yml = "processes: {web: {env: {A: b}, cwd: app}}\ntasks: {t: {command: ./t, description: of it}}\n"
    assert set(texts.of(plan(lines, yml, env={"X": "y"}))) >= {
        *("X", "A of web", "cwd of web", "the command of web", "the command of release"),
        *("the command of t", "the description of t", "the folder of the app"),
    }
