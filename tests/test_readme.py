"""What the README says holds: its paths exist, its commands are commands, its set-up is the Makefile's."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from procman.cli import parser

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(?:sh|console)\n(.*?)```", README, re.DOTALL)
COMMANDS = [
    re.split(r"[#|>]", line.removeprefix("$ "), maxsplit=1)[0].strip()
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


LINKS = re.findall(r"\]\(([^)]+)\)", README)


def test_the_links_lead_somewhere() -> None:
    assert len(LINKS) >= 5
    missing = [link for link in LINKS if "://" not in link and not (ROOT / link).exists()]
    assert not missing, f"README points at {missing}, which is not there"


def test_the_picture_needs_nothing_from_elsewhere() -> None:
    picture = ElementTree.parse(ROOT / "docs" / "demo.svg").getroot()
    assert "docs/demo.svg" in LINKS
    assert not [each for each in picture.iter() if any("href" in name for name in each.attrib)]
    shown = "".join(picture.itertext())
    for step in ("procman start", "Welcome, Ann", "How is it going, Ann?", "One step is left, Ann", "^C"):
        assert step in shown


def hook() -> Any:
    """The module that the build calls."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_on_the_package_index_every_link_is_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCMAN_HOME", "https://host/own/procman/")
    metadata: dict[str, Any] = {"version": "1.2.3"}
    hook().CustomMetadataHook(str(ROOT), {}).update(metadata)
    text = metadata["readme"]["text"]
    assert "(https://host/own/procman/raw/v1.2.3/docs/demo.svg)" in text
    assert "(https://host/own/procman/blob/v1.2.3/docs/benchmarks.md)" in text
    assert not [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert metadata["urls"]["Source"] == "https://host/own/procman"


@pytest.mark.parametrize(
    "text", ["[a](https://x/y)", "[a](#install)", "[a](mailto:a@b)", "a (b) [c]", "`[x](y z)`"]
)
def test_other_links_stay_as_they_are(text: str) -> None:
    assert hook().absolute(text, "https://host", "v1") == text
