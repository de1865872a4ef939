"""Words that another tool would run become a line of a Procfile that runs the same."""

from __future__ import annotations

import os
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.core.plan import commands
from procman.importing.reading.shells import command_of, unwrapped
from tests.importing.samples import place

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
LINES = [
    "bundle exec puma -p $PORT",
    "cd app && ./web",
    "cd x; (a; b) && exec c",
    "echo a | cat",
    "exec foo",
    "trap '' INT; x",
    "A=b foo",
    "if x; then y; fi",
    "a 'exec b' && c",
    "foo && echo \"trap 'exit' TERM; \"",
    "echo 'trap x'",
]
WORDS = st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=12), max_size=5)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("signal", ["TERM", "QUIT"])
def test_what_an_export_puts_into_a_line_is_taken_out_again(line: str, signal: str) -> None:
    exported = commands.script(line, (), signal).behind[0]
    found = command_of(["/bin/sh", "-c", exported])
    assert commands.script(found, (), signal).behind[0] == exported
    assert found in (line, line.removeprefix("exec "))


@given(st.lists(st.sampled_from([*"ab '\"$;&|()\n\\`", "exec ", "trap 'exit' TERM; ", " && "])).map("".join))
@settings(max_examples=EXAMPLES, deadline=None)
def test_any_exported_line_comes_back_as_one_that_is_exported_so(line: str) -> None:
    exported = commands.script(line, ()).behind[0]
    found = command_of(["/bin/sh", "-c", exported])
    if exported.strip():
        assert commands.script(found, ()).behind[0] == exported or found == exported


@given(WORDS)
@settings(max_examples=min(EXAMPLES, 300), deadline=None)
def test_words_reach_a_program_as_they_are(words: list[str]) -> None:
    line = command_of(["printf", "%s\\0", *words, "end"])
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=True)
    assert done.stdout.decode().split("\0")[:-1] == [*words, "end"]


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (["sh", "-c", "a && b"], "a && b"),
        (["/usr/bin/sh", "-c", "exec a"], "a"),
        (["bash", "-c", "a && b"], "bash -c 'a && b'"),
        (["/bin/sh", "-ec", "a"], "/bin/sh -ec a"),
        (["/bin/sh", "-c", "a", "b"], "/bin/sh -c a b"),
        (["/bin/sh", "-c", " "], "/bin/sh -c ' '"),
        (["node", "app server.js"], "node 'app server.js'"),
        (["if", "x"], "'if' x"),
        (["A=b", "x"], "'A=b' x"),
        ([], ""),
    ],
)
def test_of_a_shell_its_line_is_left_and_of_other_words_a_quoted_line(argv: list[str], line: str) -> None:
    assert command_of(argv) == line


@pytest.mark.parametrize(
    ("line", "command", "keys"),
    [
        ("umask 027; exec ./web", "./web", {"umask": "027"}),
        ("cd ./api || exit; exec ./web", "./web", {"cwd": "api"}),
        (
            "ulimit -n 64 || exit; cd ./api || exit; ./a && exec b",
            "./a && exec b",
            {"nofile": 64, "cwd": "api"},
        ),
        ("cd ./nowhere || exit; exec ./web", "cd ./nowhere || exit; exec ./web", {}),
        ("cd api && ./web", "cd api && ./web", {}),
        ("trap 'exit' TERM; umask 022; exec ./web", "umask 022; ./web", {}),
    ],
)
def test_what_a_container_does_before_its_command_becomes_keys(
    line: str, command: str, keys: dict[str, object]
) -> None:
    assert unwrapped(["/bin/sh", "-c", line], place()) == (command, keys)
