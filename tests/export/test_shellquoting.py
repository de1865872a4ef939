"""Text for the shell, as real shells read it."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.errors import UserError
from procman.export import shellquoting
from tests.export.texts import ANY, EXAMPLES, VARIABLES, seen


@given(st.lists(ANY, min_size=1, max_size=8))
@settings(max_examples=EXAMPLES, deadline=None)
def test_words_arrive_as_they_are(words: list[str]) -> None:
    line = f"printf '%s\\0' {' '.join(map(shellquoting.quoted, words))}"
    script = line.encode("utf-8", "surrogateescape")
    ran = subprocess.run(["/bin/sh"], input=script, stdout=subprocess.PIPE, check=True)
    assert ran.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1] == words


@given(VARIABLES)
@settings(max_examples=EXAMPLES, deadline=None)
def test_variables_arrive_as_they_are(variables: dict[str, str]) -> None:
    lines = "".join(f"{shellquoting.assigned(name, text)}\n" for name, text in variables.items())
    script = f"{lines}exec env -0\n".encode("utf-8", "surrogateescape")
    assert seen(["/bin/sh"], variables, input=script) == variables


def test_a_name_that_no_shell_takes_is_told_and_not_its_value() -> None:
    with pytest.raises(UserError) as caught:
        shellquoting.assigned("A.B", "secret")
    assert "'A.B'" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("number", "name"), [(3, "QUIT"), (15, "TERM"), (34, "34"), (40, "40")])
def test_signals_have_names_but_those_for_real_time(number: int, name: str) -> None:
    assert shellquoting.signal(number) == name
