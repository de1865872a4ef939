"""Whatever is in a file: what is written passes `procman check`, or it is refused in sentences."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procman.errors import UserError
from procman.importing import sources
from tests.importing import everyfile
from tests.importing.loading import loaded
from tests.importing.samples import gather, lost

if TYPE_CHECKING:
    from procman.importing.found import Found

EXAMPLES = max(10, int(os.environ.get("PROCMAN_EXAMPLES", "200")) // 10)
QUICK = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[*HealthCheck])
TREES = [kind for kind in sources.SOURCES if everyfile.documents(everyfile.of_kind(kind)[0])]


def imported(kind: str, *files: tuple[str, bytes]) -> Found | None:
    """What is found in files, which has to be right; None when they are refused."""
    try:
        found = gather(*files, kind=kind)
    except UserError as error:
        assert error.problems  # noqa: PT017
        assert all(each.text for each in error.problems)  # noqa: PT017
        return None
    app = loaded(found)
    assert {each.name: each.command for each in app.types} == {
        name: keys["command"] for name, keys in found.processes.items()
    }
    assert {*app.said.tasks} == {*found.tasks}
    assert all(lost(found))
    return found


@pytest.mark.parametrize("kind", sources.SOURCES)
def test_a_file_as_people_have_it_is_read(kind: str) -> None:
    found = imported(kind, *((each.name, each.text.encode()) for each in everyfile.of_kind(kind)))
    assert found
    assert found.processes or found.tasks or found.settings or found.start


@pytest.mark.parametrize("kind", sources.SOURCES)
@given(
    data=st.binary(max_size=100) | everyfile.texts().map(lambda text: text.encode("utf-8", "surrogatepass"))
)
@QUICK
def test_garbage_is_refused_or_right(kind: str, data: bytes) -> None:
    for file in everyfile.of_kind(kind):
        imported(kind, (file.name, data))


@pytest.mark.parametrize("kind", sources.SOURCES)
@given(data=st.data())
@QUICK
def test_a_spoiled_file_is_refused_or_right(kind: str, data: st.DataObject) -> None:
    files = everyfile.of_kind(kind)
    at = data.draw(st.integers(0, len(files) - 1))
    texts = [each.text.encode() for each in files]
    texts[at] = data.draw(everyfile.spoiled(files[at].text))
    imported(kind, *((each.name, text) for each, text in zip(files, texts, strict=True)))


@pytest.mark.parametrize("kind", TREES)
@given(data=st.data())
@QUICK
def test_values_of_other_types_are_refused_or_right(kind: str, data: st.DataObject) -> None:
    (file,) = everyfile.of_kind(kind)
    imported(kind, (file.name, data.draw(everyfile.of_other_types(everyfile.documents(file)))))
