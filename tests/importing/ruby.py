"""Ruby and fugit themselves, where they are installed (Debian: ruby-fugit); and what an import finds."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from procman.core.config import taskfile
from procman.importing import checked, sources, written
from procman.importing.found import Found, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

needs_ruby = pytest.mark.skipif(shutil.which("ruby") is None, reason="needs ruby (Debian: ruby)")


@cache
def has_fugit() -> bool:
    """Whether Ruby finds fugit."""
    ruby = shutil.which("ruby")
    asked = [str(ruby), "-rfugit", "-e", ""]
    return bool(ruby) and not subprocess.run(asked, check=False, capture_output=True).returncode


def each_line(program: str, lines: Sequence[str], *options: str) -> list[Any]:
    """What a block of Ruby with a line `l` gives for each line, as JSON."""
    whole = f"STDIN.set_encoding('UTF-8'); STDIN.each_line(chomp: true){{|l| puts JSON.generate({program})}}"
    command = ["ruby", "-rjson", *options, "-e", whole]
    text = "".join(f"{line}\n" for line in lines)
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=True)
    found = [json.loads(line) for line in done.stdout.decode().split("\n")[:-1]]
    assert len(found) == len(lines)
    return found


def imported(kind: str, text: str | bytes, source: str = "it") -> Found:
    """What is found in a file, checked as `procman import` does."""
    found = Found(Place("/srv/shop", lambda _: True, lambda _: True, lambda _: True))
    data = text.encode() if isinstance(text, str) else text
    sources.importer(kind).read(data, source, found.of(source))
    found.finish()
    checked.check(found)
    if found.tasks:
        taskfile.parse(written.procman_yml(found).encode(), "procman.yml", UTC)
    return found


def lost(found: Found) -> list[str]:
    """Line and text of what is told, without what is true of all."""
    return [f"{problem.line}: {problem.text}" for problem in found.lost if problem.line]
