"""Words that were imported are the same words for the shell."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.core.plan import direct
from procman.importing.reading import words
from procman.importing.reading.words import Marks, Shell
from tests.importing import shelling

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "X": 'it\'s a "value" $HOME *', "PS": "web.12"}
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=6)
WORDS = st.lists(TEXTS | st.just(words.variable("X")), max_size=4).map(tuple)


def value(word: words.Word) -> str:
    return "".join(ENVIRONMENT["X"] if isinstance(each, Shell) else each for each in word)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(WORDS, max_size=4))
def test_a_line_has_the_words_that_it_is_made_of(found: list[words.Word]) -> None:
    line = words.line([("/usr/bin/printf",), ("%s\\0",), *found])
    output = shelling.outputs([line], ENVIRONMENT)[0]
    assert shelling.words(output) == ([value(word) for word in found] or [""])


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.dictionaries(st.from_regex("[A-Z_][A-Z0-9_]{0,3}", fullmatch=True).map("V{}".format), WORDS))
def test_exported_variables_have_their_values(found: dict[str, words.Word]) -> None:
    line = f"{words.exported(found)}/usr/bin/env -0"
    got = shelling.variables(shelling.outputs([line], ENVIRONMENT)[0])
    assert {name: got.get(name) for name in found} == {name: value(word) for name, word in found.items()}


@pytest.mark.parametrize(
    "name", ["echo", "test", "if", "{", "A=b", "time", "printf", "!", "a b", "'", "-x", "$X"]
)
def test_a_program_is_found_whatever_it_is_called(name: str, tmp_path: Path) -> None:
    program = tmp_path / name
    program.write_text("#!/bin/sh\n/usr/bin/printf 'itself %s' \"$1\"\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    line = words.line([(name,), ("-e",)])
    environment = {**ENVIRONMENT, "PATH": f"{tmp_path}:/usr/bin:/bin"}
    assert shelling.outputs([line], environment) == [b"itself -e"]


def test_what_needs_no_shell_needs_none() -> None:
    assert direct.words(words.line([("echo",), ("a b",)])) == ("echo", "a b")


@pytest.mark.parametrize(
    ("first", "form", "expected"),
    [(1, "", "12"), (0, "d", "11"), (0, "02d", "11"), (5, "04d", "0016"), (0, "x", "b"), (1, "5d", "   12")],
)
def test_the_number_of_an_instance_is_in_its_name(first: int, form: str, expected: str) -> None:
    line = words.line([("/usr/bin/printf",), ("%s\\0",), (words.instance(first, form),)])
    assert shelling.words(shelling.outputs([line], ENVIRONMENT)[0]) == [expected]


def test_a_mark_is_nothing_that_stands_in_the_text() -> None:
    marks = Marks("shell0x shells0x")
    mark = marks.put(words.variable("X"))
    assert marks.split(f"a{mark}b shell0x") == [("a", Shell("$X"), "b"), ("shell0x",)]
    assert mark not in "shell0x shells0x"
