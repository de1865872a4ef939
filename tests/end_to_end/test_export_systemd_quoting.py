"""Any text, through the units of `procman export systemd` and a real systemd, is the same text behind it."""

from __future__ import annotations

import os
import shlex
from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from procman.core.plan.plan import ProcessPlan
from procman.core.plan.policies import Policies
from procman.errors import UserError
from procman.export.plan import Export, ExportPlan, TypePlan
from procman.export.systemd import quoting
from procman.export.systemd.quoting import REFUSED
from tests.end_to_end.systemdbox import Box, boot
from tests.export.plans import export

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
BATCH = 20
"""Texts for one run of systemd: a text is an example."""
SPECIAL = r"""% %% %i %h $ $$ $HOME ${HOME} \ \n \x41 " ' ` ; # = { } * [a] ~ -""".split()
SPECIAL += [" ", " ; ", "\t", "\n", "\r", "\x7f", "\x1b", "\ufeff", "\u2028"]
SIGN = st.one_of(st.sampled_from(SPECIAL), st.characters(exclude_categories=["Cs"]))
TEXT = st.lists(SIGN, max_size=12).map("".join).filter(lambda text: not REFUSED.search(text))
TEXTS = st.lists(TEXT, min_size=1, max_size=BATCH)
PROFILE = settings(
    max_examples=max(1, EXAMPLES // BATCH),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TELLS = 'printf %s "$1" >"$WHERE/argument"; printf %s "$VALUE" >"$WHERE/value"; pwd >"$WHERE/folder"'
numbers = count()


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """One that all have: each example has its own units."""
    made = boot(tmp_path_factory.mktemp("box"))
    yield made
    made.close()


def app(types: list[TypePlan], place: Path, **fields: object) -> ExportPlan:
    return ExportPlan("quoted", str(place), tuple(types), **fields)  # type: ignore[arg-type]


def oneshot(number: int, text: str, place: Path, cwd: Path | None = None) -> TypePlan:
    """One that tells the text, which it has as a word of its command and in a variable."""
    place.mkdir(parents=True)
    name = f"t{number}"
    policies = Policies(oneshot=True, cwd=str(cwd) if cwd else None)
    command = f"exec /bin/sh -c {shlex.quote(TELLS)} x {shlex.quote(text)}"
    environment = {"VALUE": text, "WHERE": str(place)}
    process = ProcessPlan(f"{name}.1", name, number, command, None, environment, policies=policies)
    return TypePlan(name, command, policies, (process,))


def run(box: Box, exported: Export) -> None:
    """Start all, and wait for their ends."""
    box.install(exported)
    box.run("systemctl", "start", "quoted.target")
    box.remove(exported)


def read(path: Path) -> str:
    """As it is, line ends too."""
    return path.read_bytes().decode("utf-8") if path.exists() else "it did not run"


@PROFILE
@example(texts=[*SPECIAL, *(f"a{sign}" for sign in SPECIAL)])
@given(texts=TEXTS)
def test_words_and_values_arrive_as_they_are(box: Box, texts: list[str]) -> None:
    here = box.shared / f"example{next(numbers)}"
    types = [oneshot(number, text, here / str(number)) for number, text in enumerate(texts)]
    run(box, export("systemd", app(types, here, environment={"OF_ALL": texts[0]})).export)
    assert [read(here / str(each) / "argument") for each in range(len(texts))] == texts
    assert [read(here / str(each) / "value") for each in range(len(texts))] == texts


@PROFILE
@example(texts=[*SPECIAL, *(f"a{sign}" for sign in SPECIAL)])
@given(texts=TEXTS)
def test_folders_arrive_as_they_are_or_are_refused(box: Box, texts: list[str]) -> None:
    here = box.shared / f"example{next(numbers)}"
    expected: dict[int, str] = {}
    types: list[TypePlan] = []
    for number, text in enumerate(texts):
        folder = here / f"{number}-{text.replace('/', '')}"
        type_ = oneshot(number, "", here / str(number), folder)
        try:
            quoting.path(str(folder))
        except UserError:
            continue
        folder.mkdir()
        expected[number] = f"{folder}\n"
        types.append(type_)
    run(box, export("systemd", app(types, here)).export)
    assert {each: read(here / str(each) / "folder") for each in expected} == expected


@PROFILE
@given(text=TEXT)
def test_environment_files_and_logs_are_found_in_any_folder(box: Box, text: str) -> None:
    here = box.shared / f"example{next(numbers)}"
    folder = here / f"x{text.replace('/', '')}"
    type_ = oneshot(0, "found", here / "told")
    try:
        exported = export("systemd", app([type_], here, folder=str(folder), log=str(folder))).export
    except UserError:
        return
    folder.mkdir()
    for file in exported.files:
        (folder / file.path).write_text(file.text)
    run(box, exported)
    assert read(here / "told" / "value") == "found"
    assert (folder / "t0.1.log").exists()
