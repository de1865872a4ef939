"""The docs say what the code says. `python -m tests.test_docs` draws the lifecycle anew."""

from __future__ import annotations

import re
from pathlib import Path

from procman.core.lifecycle import TABLE, Phase

ROOT = Path(__file__).parent.parent
LIFECYCLE = ROOT / "docs" / "lifecycle.md"
DRAWING = re.compile(r"```mermaid\n.*?```", re.DOTALL)


def drawing() -> str:
    """The transition table as a mermaid diagram; what changes nothing is left out."""
    arrows = ["[*] --> idle"]
    for (phase, event), (after, effects) in TABLE.items():
        if phase is not after or effects:
            does = f" / {', '.join(effect.value for effect in effects)}" if effects else ""
            arrows.append(f"{phase.value} --> {after.value}: {event.value}{does}")
    arrows.append(f"{Phase.ENDED.value} --> [*]")
    return "\n".join(["```mermaid", "stateDiagram-v2", *(f"    {arrow}" for arrow in arrows), "```"])


def test_the_lifecycle_is_drawn_from_its_table() -> None:
    found = DRAWING.search(LIFECYCLE.read_text())
    assert found, "docs/lifecycle.md has no diagram"
    assert found[0] == drawing(), "docs/lifecycle.md is out of date: run 'python -m tests.test_docs'"


def test_every_module_stands_on_the_map() -> None:
    text = (ROOT / "docs" / "map.md").read_text()
    modules = {path.stem for path in (ROOT / "procman").rglob("*.py")} - {"__init__", "__main__"}
    missing = sorted(name for name in modules if f"`{name}`" not in text and f"{name}.py`" not in text)
    assert not missing, f"docs/map.md does not say what is in {', '.join(missing)}"


if __name__ == "__main__":
    LIFECYCLE.write_text(DRAWING.sub(lambda _: drawing(), LIFECYCLE.read_text()))
