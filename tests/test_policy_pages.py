"""The pages about process policies are true where a machine can tell: examples, keys, facts and phases."""

from __future__ import annotations

import re
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

from procman.cli import sources
from procman.cli.options import START
from procman.control.listing import Listing
from procman.core.config import processchecks, taskfile
from procman.core.config.probekeys import ALIVE, READY
from procman.core.config.processkeys import BACKOFF, KEYS
from procman.core.life import facts
from procman.core.life.service import State
from procman.core.plan import procfile
from procman.core.plan.plan import ProcessPlan
from procman.core.plan.policies import READY_EVERY, READY_WITHIN, Backoff
from procman.engine.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.core.config.taskfile import TaskFile

DOCS = Path(__file__).parent.parent / "docs"
PAGES = {path.name: path.read_text() for path in sorted(DOCS.glob("*.md"))}
POLICIES = ("restart", "readiness", "dependencies", "limits", "listen", "watch")
MOVING = [
    DOCS / "moving" / f"{tool}.md"
    for tool in "supervisord circus pm2 process-compose docker-compose systemd".split()
]
"""What the settings of other tools are here."""
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def examples() -> list[tuple[str, str, str]]:
    """Each procman.yml that speaks of processes, with its page; on pages of policies also the Procfile that
    stands above it, if one does."""
    found = []
    for page, text in PAGES.items():
        above = ""
        for language, block in FENCE.findall(text):
            if language == "procfile" and page.removesuffix(".md") in POLICIES:
                above = block
            elif language == "yaml" and re.search(r"^processes:", block, re.MULTILINE):
                found.append((page, block, above))
                above = ""
    return found


def read(text: str) -> TaskFile:
    return taskfile.parse(text.encode(), "procman.yml", UTC)


@pytest.mark.parametrize(("page", "text", "above"), examples())
def test_every_example_is_a_procman_yml(page: str, text: str, above: str) -> None:
    said = read(text).processes
    assert said, page
    if above:
        types = [each.name for each in procfile.parse(above.encode(), page)]
        assert processchecks.problems(said, types, page) == []


@pytest.mark.parametrize("page", [page for page in POLICIES if page != "watch"])
def test_each_page_has_a_complete_example(page: str) -> None:
    assert any(where == f"{page}.md" and above for where, _, above in examples()), page


def test_every_page_is_in_the_index() -> None:
    assert not [page for page in POLICIES if f"]({page}.md)" not in PAGES["index.md"]]


@pytest.mark.parametrize("key", [*KEYS, *BACKOFF, *READY, *ALIVE])
def test_every_key_is_described_on_a_page_of_its_own(key: str) -> None:
    pages = "\n".join(PAGES[f"{page}.md"] for page in POLICIES)
    assert re.search(rf"`{key}[`:]|^\s+{key}:|[{{ ]{key}: ", pages, re.MULTILINE)


def spans(text: str) -> list[str]:
    return [span.replace("\\|", "|") for span in re.findall(r"`([^`]+)`", text)]


def rows(page: str) -> Iterator[list[str]]:
    yield from cells(PAGES[page])


def cells(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def named_by_others() -> Iterator[tuple[str, str]]:
    """What procman has for the settings of other tools: each span of the second column, and its row."""
    for path in MOVING:
        for row in cells(path.read_text()):
            for span in spans(row[1]):
                yield span, row[1]


SETTINGS = [(span, row) for span, row in named_by_others() if re.match(r"[a-z_]+: \S", span)]


@pytest.mark.parametrize(("span", "row"), SETTINGS)
def test_what_procman_has_for_settings_of_others_is_right(span: str, row: str) -> None:
    if "below `start:`" in row:
        assert set(read(f"start:\n  {span}\n").start) <= set(sources.by_word(START))
        return
    assert [*read(f"processes:\n  web:\n    {span}\n").processes["web"].lines] == [span.partition(":")[0]]


def test_all_settings_are_mapped_that_people_have() -> None:
    assert len(SETTINGS) > 120
    keys = {span.partition(":")[0] for span, _ in SETTINGS}
    assert set(KEYS) - keys == set()


@pytest.mark.parametrize("fact", get_args(facts.ProcessFact))
def test_every_fact_of_a_process_is_in_the_protocol(fact: type) -> None:
    (row,) = (cells for cells in rows("protocol.md") if cells[0] == f"`{fact.__name__}`")
    assert spans(row[1]) == list(getattr(fact, "_fields", ()))


def test_the_keys_of_a_process_are_in_the_protocol_and_for_scripts() -> None:
    plan = ProcessPlan("web.1", "web", 0, "true", 5000, {})
    keys = Listing(lambda: 0.0, lambda: 0.0).of(Service(plan))
    protocol = PAGES["protocol.md"].partition("- A process has the keys")[2].partition("\n- ")[0]
    assert not [key for key in keys if f"`{key}`" not in protocol]
    scripts = PAGES["json.md"].partition("## `procman ps --json`")[2].partition("\n## ")[0]
    assert not [key for key in keys if f"`{key}`" not in scripts and key != "leader"]


def test_the_phases_are_those_of_the_table() -> None:
    table = PAGES["restart.md"].partition("## Phases")[2]
    told = set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE))
    in_words = {State.UP: "running", State.FAILING: "stopping"}
    assert told == {in_words.get(state, state.value) for state in State}
    protocol = PAGES["protocol.md"].partition("`phase` (")[2].partition(")")[0]
    assert {*spans(protocol)} == told


def test_the_defaults_are_those_of_the_code() -> None:
    usual = Backoff()
    restart, readiness = PAGES["restart.md"], PAGES["readiness.md"]
    assert f"| `initial` | `{usual.initial:g}s` |" in restart
    assert f"| `give_up_after` | {usual.give_up_after} |" in restart
    assert (usual.longest, usual.reset_after) == (60, 60)
    assert "| `max` | `1m` |" in restart
    assert "| `reset_after` | `1m` |" in restart
    assert f"| `within` | `{READY_WITHIN:g}s` |" in readiness
    assert f"| `every` | `{READY_EVERY * 1000:g}ms` |" in readiness
