"""docs/moving/foreman.md says what procman does: command lines are understood, values are those of .env."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from procman.cli import parser
from procman.core.plan import dotenv
from procman.errors import UserError

PAGE = (Path(__file__).parent.parent / "docs" / "moving" / "foreman.md").read_text()
VERDICTS = {"same", "better", "different"}
IN_WORDS = {"empty": "", "a tab between a and b": "a\tb"}


def rows(heading: str) -> list[list[str]]:
    """The cells of the tables below a heading."""
    text = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = re.findall(r"^\|(.+)\|$", text, re.MULTILINE)
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def typed() -> list[str]:
    found = (re.fullmatch("`foreman (.+)`", cells[0]) for cells in rows("What you type"))
    return [match[1] for match in found if match]


@pytest.mark.parametrize("line", typed())
def test_what_people_type_is_understood(line: str) -> None:
    found = parser.read(shlex.split(line))
    assert found.command
    assert not found.mistakes


def values() -> list[list[str]]:
    return [cells for cells in rows(".env") if cells[0].startswith("`")]


def test_there_is_something_to_look_at() -> None:
    assert len(typed()) > 25
    assert len(values()) > 25


@pytest.mark.parametrize(("line", "foreman", "value", "verdict"), values(), ids=str)
def test_a_line_of_an_env_file_means_what_the_page_says(
    line: str, foreman: str, value: str, verdict: str
) -> None:
    data = line[1:-1].replace("⏎", "\n").encode()
    if value == "error":
        with pytest.raises(UserError):
            dotenv.parse(data, ".env", {"X": "outer"})
    else:
        expected = IN_WORDS.get(value, value.replace("⏎", "\n"))
        assert dotenv.parse(data, ".env", {"X": "outer"}).values == {"V": expected}
    assert (verdict == "same") == (foreman == value)


@pytest.mark.parametrize("heading", re.findall(r"^## (.+)$", PAGE, re.MULTILINE))
def test_every_row_says_whether_it_is_the_same(heading: str) -> None:
    assert {cells[-1] for cells in rows(heading)} - {"", "---"} <= VERDICTS
