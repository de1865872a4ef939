"""The manual is true where a machine can tell: its links, examples, commands, options, tables and keys."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from procman.app.foreman import read as read_foreman
from procman.cli import main, parser, sources
from procman.cli.commands import TABLE
from procman.cli.options import START, by_flag
from procman.cli.taskoptions import TASK
from procman.core.config import taskfile
from procman.core.config.probekeys import ALIVE, READY
from procman.core.config.processkeys import KEYS
from procman.core.plan import dotenv, instances, plan, procfile
from procman.core.tasks.run import Outcome, State, Trigger
from procman.host.signals import ALL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import StrEnum

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md")))
}
INDEX = PAGES["docs/index.md"]
OURS = [
    f"docs/{name}"
    for name in re.findall(r"^\| \[[^\]]+\]\((\w+\.md)\)", INDEX, re.MULTILINE)
    if name not in ("schedules.md", "import.md", "export.md")
]
"""The pages about processes; `test_moving.py` runs what stands on those about other tools."""
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[tuple[str, str]]:
    """Page and text of each example in a language."""
    return [(page, text) for page in OURS for found, text in FENCE.findall(PAGES[page]) if found == language]


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the table whose first heading is this one."""
    table = PAGES[page].partition(f"| {heading} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table]


def spans(text: str) -> list[str]:
    return [span.replace("\\|", "|") for span in re.findall(r"`([^`]+)`", text)]


# Links


def test_the_index_leads_to_every_page() -> None:
    targets = {target.partition("#")[0] for target in LINK.findall(INDEX)}
    missing = [page for page in PAGES if page.startswith("docs/") and page[5:] not in {*targets, "index.md"}]
    assert not missing, f"docs/index.md does not lead to {missing}"
    assert len(OURS) >= 11


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for target in LINK.findall(FENCE.sub("", PAGES[page])):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        place = (ROOT / page).parent / path if path else ROOT / page
        assert place.exists(), f"{page}: {target} is not there"
        if anchor:
            assert anchor in anchors(place.read_text()), f"{page}: {target} has no such heading"


def anchors(text: str) -> set[str]:
    """The headings, named as GitHub names them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


# Examples


def test_there_are_examples_of_each_kind() -> None:
    for language in ("procfile", "dotenv", "yaml", "sh", "ini", "dockerfile"):
        assert blocks(language), language


@pytest.mark.parametrize(("page", "text"), blocks("procfile"))
def test_every_procfile_is_right(page: str, text: str) -> None:
    assert procfile.parse(text.encode(), page)


@pytest.mark.parametrize(("page", "text"), blocks("dotenv"))
def test_every_env_file_is_right(page: str, text: str) -> None:
    assert dotenv.parse(text.encode(), page, {})


@pytest.mark.parametrize(("page", "text"), blocks("yaml"))
def test_every_configuration_is_right(page: str, text: str, tmp_path: Path) -> None:
    if text.startswith("# .foreman"):
        path = tmp_path / ".foreman"
        path.write_text(text)
        keys = set(read_foreman(str(path)))
    else:
        found = taskfile.parse(text.encode(), page, UTC)
        assert found.start or found.tasks or found.processes
        keys = set(found.start)
    assert keys <= set(sources.by_word(START))


COMMANDS = [
    (page, line.partition("  #")[0].strip())
    for page, text in blocks("sh")
    for line in text.splitlines()
    if line.startswith("procman ")
] + [
    (page, span)
    for page in OURS
    for span in spans(FENCE.sub("", PAGES[page]))
    if re.match(r"procman [a-z]", span) and "|" not in span
]


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_every_command_is_understood(page: str, command: str) -> None:
    words = shlex.split(command.partition(" > ")[0])[1:]
    line = parser.read(words)
    assert line.mistakes == [], f"{page}: {command}"
    if words[:2] == ["run", "task"] and len(words) > 2:
        assert parser.read_task(words[2:]).mistakes == []


def test_the_unit_for_systemd_is_one() -> None:
    ((_, text),) = blocks("ini")
    unit = configparser.ConfigParser(strict=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(text)
    service = unit["Service"]
    line = parser.read(shlex.split(service["ExecStart"])[1:])
    assert (line.command, line.mistakes) == ("start", [])
    assert service["KillMode"] == "mixed"
    assert line.values["timeout"] < int(service["TimeoutStopSec"])


def test_the_container_starts_procman_itself_and_is_not_killed_before_it_is_done() -> None:
    ((_, text),) = blocks("dockerfile")
    words = json.loads(text.partition("\nCMD ")[2])
    line = parser.read(words[1:])
    assert (words[0], line.command, line.mistakes) == ("procman", "start", [])
    assert line.values["timeout"] < 10


# Tables


@pytest.mark.parametrize(("line", "value"), rows("docs/env.md", "line"))
def test_what_a_line_of_an_env_file_means(line: str, value: str) -> None:
    (text,) = spans(line)
    expected = "" if value == "empty, but set" else spans(value)[0]
    assert dotenv.parse(text.encode(), ".env", {"X": "wrong"}).values == {"V": expected}


def test_the_ports_are_these() -> None:
    types = procfile.parse(blocks_of("docs/ports.md", "procfile")[0].encode(), "Procfile")
    wanted = instances.resolve([each.name for each in types], {"web": 2, "admin": 1}, [])
    planned = plan.build(types, wanted, 5000, plan.Environment({}, {}), release=False)
    found = [[f"`{process.name}`", str(process.port)] for process in planned.processes]
    assert rows("docs/ports.md", "process") == found


def blocks_of(page: str, language: str) -> list[str]:
    return [text for where, text in blocks(language) if where == page]


def test_every_option_of_start_is_in_the_table() -> None:
    listed = {flag for row in rows("docs/configuration.md", "option") for flag in flags(row[0])}
    assert listed == {flag for option in START for flag in (*option.flags, *option.also)}


def test_every_key_of_a_process_is_in_the_tables_with_its_default() -> None:
    page = "docs/configuration.md"
    assert {key for row in rows(page, "key | value") for key in spans(row[0])} == {*KEYS}
    assert {row[0].strip("`"): row[1].strip("`") for row in rows(page, "key of backoff")} == {
        "initial": "1s",
        "max": "1m",
        "reset_after": "1m",
        "give_up_after": "10",
    }
    assert [row[0].strip("`") for row in rows(page, "key of a probe")] == [*dict.fromkeys([*READY, *ALIVE])]


@pytest.mark.parametrize("command", TABLE)
def test_every_command_is_in_the_manual(command: str) -> None:
    assert any(re.search(rf"procman {command}\b", PAGES[page]) for page in PAGES)


def flags(text: str) -> Iterator[str]:
    for span in spans(text):
        yield from re.findall(r"(?<![\w-])--?[a-z][a-z-]*", span)


OTHER_PROGRAMS = (
    r"docker|pip|lsof|journalctl|chmod|ulimit|less|bash|sidekiq|python|sqlite3|gunicorn|uvicorn|hypercorn"
    r"|puma|web: node|process-compose|up "
)
"""How spans begin that are of them."""
OPTIONS_OF_OTHERS = {"--burst", "--no-daemon", "--init", "--host", "--url", "--version"}
OPTIONS_OF_OTHERS |= {"--bind", "--workers", "--ordered-shutdown"}


def test_the_manual_speaks_of_no_option_that_is_not_there() -> None:
    options = {option for command in TABLE.values() for option in command.options} | {*TASK}
    known = {*by_flag(options), "--help", "--version"}
    for page in OURS:
        prose = FENCE.sub("", PAGES[page])
        for span in spans(prose):
            if not re.match(OTHER_PROGRAMS, span):
                long = {flag for flag in flags(f"`{span}`") if flag.startswith("--")}
                assert long <= known | OPTIONS_OF_OTHERS, f"{page}: {span}"


def test_the_signals_are_those_that_procman_hears() -> None:
    told = " ".join(row[0] for row in rows("docs/stopping.md", "procman gets"))
    assert set(re.findall(r"SIG\w+", told)) == {number.name for number in ALL} | {"SIGWINCH", "SIGKILL"}


@pytest.mark.parametrize(("key", "words"), [("trigger", Trigger), ("state", State), ("outcome", Outcome)])
def test_the_words_of_runs_are_all_there(key: str, words: type[StrEnum]) -> None:
    (line,) = (each for each in PAGES["docs/json.md"].splitlines() if each.startswith(f"| `{key}` |"))
    assert set(spans(line)) - {key, "null"} == {str(word) for word in words}


MESSAGES = [
    span
    for line in PAGES["docs/troubleshooting.md"].splitlines()
    if line.startswith("| `")
    for span in spans(line.partition(" | ")[0])
]


@pytest.mark.parametrize("message", MESSAGES)
def test_messages_in_troubleshooting_are_those_of_the_code(message: str) -> None:
    said = "\n".join(path.read_text() for path in (ROOT / "procman").rglob("*.py"))
    said += "\n".join(os.strerror(number) for number in range(1, 40))
    parts = re.split(r"web\.1|\.\.\.|\d+|procman\.yaml|Procfile: ", message)
    assert max(parts, key=len).strip() in said


# JSON


def section(command: str) -> str:
    """What json.md says of a command."""
    (found,) = (
        text for text in PAGES["docs/json.md"].split("\n## ") if f"`{command}" in text.partition("\n")[0]
    )
    return found


ASKED = [
    ("procman check", "check"),
    ("procman tasks", "tasks"),
    ("procman schedule", "schedule"),
    ("procman next", "next -n 1"),
    ("procman history", "run task t --at 2040-01-01T00:00Z"),
    ("procman history", "jobs"),
    ("procman history", "history"),
    ("procman history", "history show 1"),
    ("procman history", "cancel 1"),
    ("procman pause", "pause t"),
    ("procman pause", "resume t"),
    ("procman store status", "store status"),
]


def test_the_keys_of_json_are_those_in_the_manual(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Procfile").write_text("web: true\n")
    (tmp_path / ".env").write_text("A=1\n")
    (tmp_path / ".foreman").write_text("port: 3000\n")
    (tmp_path / "procman.yml").write_text("tasks: {t: {command: 'true', schedule: every day}}\n")
    unused = {title: first_column(section(title)) for title, _ in ASKED}
    for title, words in ASKED:
        assert main.run(parser.read(["-d", str(tmp_path), *words.split(), "--json"]), None) == 0
        keys = set(all_keys(json.loads(capfd.readouterr().out)))
        assert keys <= set(spans(section(title))), f"docs/json.md, {title}"
        unused[title] -= keys
    assert unused == {title: set() for title in unused}


def first_column(text: str) -> set[str]:
    cells = (line.split(" | ")[0] for line in text.splitlines() if line.startswith("| `"))
    return {span for cell in cells for span in spans(cell)}


def all_keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from all_keys(each)
