"""Words for the shell, asked of the shell itself."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from procman.errors import UserError
from procman.export import shell
from tests.export.hostile import EXAMPLES, texts
from tests.export.texts import VARIABLES, seen

BATCH = 50


def said(script: str) -> list[str]:
    """What printf in a shell has got as its words."""
    done = subprocess.run(["/bin/sh", "-e"], input=script.encode(), capture_output=True, check=True)
    return done.stdout.decode().split("\0")[:-1]


@given(st.lists(texts(), min_size=BATCH, max_size=BATCH))
@settings(max_examples=EXAMPLES // BATCH, deadline=None, phases=[Phase.generate])
def test_the_shell_gets_the_text_back(values: list[str]) -> None:
    words = " ".join(map(shell.word, values))
    assert said(f"printf '%s\\0' {words}\n") == values


@given(st.lists(texts(), min_size=BATCH, max_size=BATCH))
@settings(max_examples=EXAMPLES // BATCH, deadline=None, phases=[Phase.generate])
def test_it_does_so_from_a_single_line(values: list[str]) -> None:
    line = shell.prepared(f"printf '%s\\0' {shell.words(values)}")
    assert "\n" not in line
    assert said(f"{line}\n") == values


def test_what_needs_no_quotes_has_none() -> None:
    assert shell.word("/usr/bin/procman") == "/usr/bin/procman"
    assert shell.word("") == "''"


@given(VARIABLES)
@settings(max_examples=EXAMPLES, deadline=None)
def test_variables_arrive_as_they_are(variables: dict[str, str]) -> None:
    lines = "".join(f"{shell.assigned(name, text)}\n" for name, text in variables.items())
    script = f"{lines}exec env -0\n".encode("utf-8", "surrogateescape")
    assert seen(["/bin/sh"], variables, input=script) == variables


@pytest.mark.parametrize(
    ("command", "stays"),
    [
        ("puma -p $PORT", False),
        ("exec puma -p $PORT", False),
        ("cd app && exec puma -p $PORT", False),
        ("test -e x || exec ./x", False),
        ("trap '' HUP; exec ./x >log", False),
        ("./x | tee log", True),
        ("exec ./x | tee log", True),
        ("./y | exec ./x", True),
        ("exec ./x &", True),
        ("exec >log", True),
        ("(exec ./x)", True),
        ("if y; then exec ./x; fi", True),
        ("exec ./x 'without end", True),
        ("# nothing", True),
    ],
)
def test_a_shell_stays_unless_it_gives_its_place_away(command: str, stays: bool) -> None:
    assert shell.stays(command) is stays


def test_a_name_that_no_shell_takes_is_told_and_not_its_value() -> None:
    with pytest.raises(UserError) as caught:
        shell.assigned("A.B", "secret")
    assert "'A.B'" in str(caught.value)
    assert "secret" not in str(caught.value)
