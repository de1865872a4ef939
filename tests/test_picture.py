"""How what a terminal shows is drawn for the README (`docs/record.py`)."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyte

SCRIPT = Path(__file__).parent.parent / "docs" / "record.py"
TEXT = "{http://www.w3.org/2000/svg}text"


def record() -> Any:
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("record", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_word_stands_in_its_column_and_colour() -> None:
    module = record()
    screen = pyte.Screen(module.COLUMNS, module.ROWS)
    pyte.ByteStream(screen).feed(b"$ a <b> & c\r\n\x1b[36mweb.1     | \x1b[0mhello you\r\n")
    drawn = ElementTree.fromstring(module.draw(screen, "a <title>"))
    pieces = [(each.text, each.get("fill"), float(each.get("x", 0))) for each in drawn.iter(TEXT)]
    at = [module.MARGIN + round(column * module.WIDTH, 1) for column in (0, 10, 12)]
    assert [piece[:2] for piece in pieces] == [
        ("$ a <b> & c", None),
        *((word, module.INKS["cyan"]) for word in ("web.1", "|")),
        ("hello you", None),
    ]
    assert [piece[2] for piece in pieces[1:]] == at
    rows = {float(each.get("y", 0)) for each in drawn.iter(TEXT)}
    assert max(rows) - min(rows) == module.HEIGHT
