"""The pages about other tools show what their commands print, with the files that they show.

`python -m tests.test_moving` runs the commands anew and writes the results into the pages.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import tempfile
from datetime import UTC
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from procman.cli import main, parser
from procman.core.config import taskfile
from procman.importing import sources

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parent.parent / "docs"
PAGES = [*sorted((DOCS / "moving").glob("*.md")), DOCS / "import.md", DOCS / "export.md"]
FENCE = re.compile(r"^```(?P<language>\w*)(?: (?P<name>\S+))?\n(?P<text>.*?)^```\n", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"(?:#|;|//) (?P<name>[\w./-]*\w)\n")
COMMANDS, RESULT = "sh", "text"
ROOT = "/srv/shop"
"""What the pages call the folder of the app."""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the app, where the test is."""
    folder = tmp_path / "shop"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TZ", "UTC")
    return folder


class Step(NamedTuple):
    """A block of a page: a file that it shows, or commands, or what they print."""

    language: str
    name: str
    text: str
    span: tuple[int, int]


def steps(page: str) -> Iterator[Step]:
    """The blocks of a page in their order."""
    for match in FENCE.finditer(page):
        first = NAME.match(match["text"]) if match["language"] not in (COMMANDS, RESULT) else None
        name = match["name"] or (first["name"] if first else "")
        yield Step(match["language"], name, match["text"], match.span("text"))


def told(page: str) -> list[tuple[list[str], Step | None, str]]:
    """Each block of commands, the block behind it that shows what they print, and what they do print.

    Runs in the working folder, where the files of the page are written as they come.
    """
    found = []
    blocks = [*steps(page), None]
    for step, behind in pairwise(blocks):
        if step is None:
            break
        if step.name:
            Path(step.name).parent.mkdir(parents=True, exist_ok=True)
            Path(step.name).write_text(step.text)
        elif step.language == COMMANDS:
            shown = behind if behind and behind.language == RESULT else None
            lines = [line for line in step.text.splitlines() if line and not line.startswith("#")]
            found.append((lines, shown, "".join(printed(line) for line in lines)))
    return found


def printed(line: str) -> str:
    """What a command line prints, first what goes to standard output."""
    words = shlex.split(line, comments=True)
    assert words[0] == "procman", f"only procman's own commands can be run: {line}"
    output, errors = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        code = main.run(parser.read(words[1:]), None)
    assert code == 0, f"{line}: {errors.getvalue()}"
    output.seek(0)
    return (output.read() + errors.getvalue()).replace(os.getcwd(), ROOT)


def is_part(shown: str, output: str) -> bool:
    """Whether these are the lines of the output; `...` stands for any number of them."""
    parts = [re.escape(part) for part in re.split(r"^\.\.\.\n", shown, flags=re.MULTILINE)]
    return len(parts) > 1 and re.fullmatch("(?:.*\n)*?".join(parts), output) is not None


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_commands_print_what_the_page_shows(path: Path, shop: Path) -> None:
    assert shop.is_dir()
    for lines, shown, output in told(path.read_text()):
        if shown is not None:
            again = f"{path.name}, {lines}: run 'python -m tests.test_moving'"
            assert output == shown.text or is_part(shown.text, output), again


def test_each_kind_of_file_that_can_be_read_is_shown_on_a_page() -> None:
    names = {step.name for path in PAGES for step in steps(path.read_text()) if step.name}
    known = {sources.recognise(f"/srv/shop/{name}", b"") for name in names}
    assert {*sources.SOURCES} - known - {"kubernetes", "crontab-system"} == set()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_each_page_with_a_sample_shows_what_comes_of_it(path: Path) -> None:
    found = [*steps(path.read_text())]
    if any(step.name for step in found):
        assert any(step.language == COMMANDS for step in found)


EXPRESSIONS = [
    expression for path in PAGES for expression in re.findall(r"`schedule: (.+?)`", path.read_text())
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_expression_for_those_who_move_over_is_right(expression: str) -> None:
    text = f"tasks: {{t: {{command: run, schedule: {expression}}}}}"
    assert taskfile.parse(text.encode(), "moving", UTC).tasks["t"].schedules


def blocks(language: str) -> list[tuple[str, str]]:
    """Page and text of each example in a language that is no file of another tool."""
    return [
        (path.name, step.text)
        for path in PAGES
        for step in steps(path.read_text())
        if step.language == language and not step.name
    ]


@pytest.mark.parametrize(("page", "text"), blocks("yaml"))
def test_every_procman_yml_is_right(page: str, text: str) -> None:
    found = taskfile.parse(text.encode(), page, UTC)
    assert found.start or found.tasks or found.processes


def renewed(path: Path) -> str:
    """The page with what its commands print now."""
    page = path.read_text()
    with tempfile.TemporaryDirectory() as folder:
        shop = Path(folder, "shop")
        shop.mkdir()
        with contextlib.chdir(shop):
            found = told(page)
    for _, shown, output in reversed(found):
        if shown is not None and not is_part(shown.text, output):
            start, end = shown.span
            page = page[:start] + output + page[end:]
    return page


if __name__ == "__main__":
    os.environ["TZ"] = "UTC"
    for each in PAGES:
        each.write_text(renewed(each))
