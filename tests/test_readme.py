"""What the README says holds: its paths exist, its commands are commands, its set-up is the Makefile's."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from procman.cli import parser

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(?:sh|console)\n(.*?)```", README, re.DOTALL)
COMMANDS = [
    line.removeprefix("$ ").partition("#")[0].strip()
    for block in BLOCKS
    for line in block.splitlines()
    if line.startswith(("procman ", "$ procman "))
]


def test_there_are_commands_to_look_at() -> None:
    assert len(COMMANDS) >= 8


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_understood(command: str) -> None:
    line = parser.read(shlex.split(command)[1:])
    assert line.command
    assert not line.mistakes


def test_the_two_set_up_commands_are_targets_of_make() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)", "\n".join(BLOCKS), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"the Makefile has no target '{target}'"


def test_where_is_points_at_what_there_is() -> None:
    table = (ROOT / "CONTRIBUTING.md").read_text().partition("## Where is")[2].partition("##")[0]
    paths = [path for path in re.findall(r"`([\w/.-]+)`", table) if "/" in path]
    assert len(paths) >= 10
    missing = [path for path in paths if not (ROOT / path).exists()]
    assert not missing, f"CONTRIBUTING points at {missing}, which is not there"
