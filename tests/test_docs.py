"""The docs say what the code says. `python -m tests.test_docs` draws the lifecycle anew."""

from __future__ import annotations

import re
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from procman.core.config import taskfile
from procman.core.config.taskkeys import KEYS
from procman.core.life import formation, service
from procman.core.life.child import TABLE, Phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from enum import Enum

ROOT = Path(__file__).parent.parent
LIFECYCLE = ROOT / "docs" / "lifecycle.md"
DRAWING = re.compile(r"```mermaid\n.*?```", re.DOTALL)


def drawings() -> list[str]:
    """The life of a child, and of a process without commands; what changes nothing is left out."""
    commands = (service.Event.START, service.Event.STOP, service.Event.RESTART)
    of_itself = {pair: cell for pair, cell in service.TABLE.items() if pair[1] not in commands}
    return [
        drawing("idle", TABLE, Phase.ENDED.value),
        drawing("waiting", of_itself, *(state.value for state in service.OVER)),
    ]


def drawing(first: str, table: Mapping[Any, Any], *last: str) -> str:
    """A transition table as a mermaid diagram."""
    arrows = [f"[*] --> {first}"]
    for (phase, event), (after, effects) in table.items():
        if phase is not after or effects:
            arrows.append(f"{phase.value} --> {after.value}: {event.value}{_done(effects)}")
    arrows += [f"{each} --> [*]" for each in last]
    return "\n".join(["```mermaid", "stateDiagram-v2", *(f"    {arrow}" for arrow in arrows), "```"])


def matrix(states: Iterable[Enum], events: Iterable[Enum], table: Mapping[Any, Any]) -> str:
    """A table: a row for each state, a column for each event, every cell of it."""
    events = [*events]
    rows = [
        "| state | " + " | ".join(event.value for event in events) + " |",
        "|---" * (1 + len(events)) + "|",
    ]
    for state in states:
        cells = [_cell(table.get((state, event))) for event in events]
        rows.append(f"| **{state.value}** | {' | '.join(cells)} |")
    return "\n".join(rows)


def _cell(found: Any) -> str:
    if found is None:
        return "cannot happen"
    after, effects = found
    return f"{after.value}{_done(effects)}"


def _done(effects: Any) -> str:
    done = ", ".join(each.value for each in (effects if isinstance(effects, tuple) else (effects,)) if each)
    return f" / {done}" if done else ""


def test_the_lifecycle_is_drawn_from_its_table() -> None:
    found = DRAWING.findall(LIFECYCLE.read_text())
    assert found == drawings(), "docs/lifecycle.md is out of date: run 'python -m tests.test_docs'"


@pytest.mark.parametrize(
    "printed",
    [
        matrix(service.State, service.Event, service.TABLE),
        matrix(formation.Phase, formation.Event, formation.TABLE),
    ],
)
def test_the_other_tables_are_printed_whole(printed: str) -> None:
    assert printed in LIFECYCLE.read_text(), f"docs/lifecycle.md is out of date, print\n{printed}"


def test_every_module_stands_on_the_map() -> None:
    text = (ROOT / "docs" / "map.md").read_text()
    paths = [path for path in (ROOT / "procman").rglob("*.py") if path.parent.name != "commands"]
    modules = {path.stem for path in paths} - {"__init__", "__main__"}
    missing = sorted(name for name in modules if f"`{name}`" not in text and f"{name}.py`" not in text)
    assert not missing, f"docs/map.md does not say what is in {', '.join(missing)}"


BLOCKS = [
    (path.name, block)
    for path in (ROOT / "README.md", ROOT / "docs" / "schedules.md")
    for block in re.findall(r"```yaml\n(.*?)```", path.read_text(), re.DOTALL)
]


@pytest.mark.parametrize(("page", "block"), BLOCKS)
def test_every_procman_yml_in_the_docs_is_right(page: str, block: str) -> None:
    found = taskfile.parse(block.encode(), page, UTC)
    assert found.tasks or found.processes


def test_the_tests_of_the_rules_are_there() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", (ROOT / "docs" / "tested.md").read_text()))
    assert len(named) > 20
    assert not [path for path in sorted(named) if not (ROOT / path).exists()]


def test_every_key_of_a_task_is_described() -> None:
    table = (ROOT / "docs" / "schedules.md").read_text()
    missing = [key for key in (*KEYS, "schedule") if key != "description" and f"`{key}`" not in table]
    assert not missing


if __name__ == "__main__":
    drawn = iter(drawings())
    LIFECYCLE.write_text(DRAWING.sub(lambda _: next(drawn), LIFECYCLE.read_text()))
