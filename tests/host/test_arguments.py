"""Arguments go through real shells, and come out as they went in: no shell parses one."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from procman.core.plan import direct
from procman.core.plan.commands import SHELL, script

if TYPE_CHECKING:
    from pathlib import Path

SHELLS = {os.path.realpath(path) for path in (SHELL[0], *map(shutil.which, ("dash", "bash"))) if path}
MANY = 2000
SHAPES = [
    "SHOW",
    "SHOW; # it's the last",
    "cd / && true && SHOW",
    "A=1 B='$1' SHOW 2>&1",
    "true '\"$@\"' \\$1 && exec SHOW",
    "true \\\n && SHOW \\\n",
    'SHOW "$@" | cat',
    'true; SHOW "$@" & wait',
    'if test $# -gt 0; then (SHOW "$@"); fi; true',
    'f() { SHOW "$@"; }; f "$@"',
    'for each; do set -- "$@"; done; SHOW "$@"; true',
    'cat <<E >/dev/null; SHOW "$@"\nit\'s ${1}\nE',
]
NASTY = [
    *(
        "",
        " ",
        "\n",
        "-",
        "--",
        "-c",
        "$1",
        '"$@"',
        "$(exit 9)",
        "`exit 9`",
        "; exit 9",
        "& exit 9",
        "| exit 9",
    ),
    *(
        "> made",
        "*",
        "~",
        "'",
        '"',
        "\\",
        "#",
        "#x",
        "!",
        "{a,b}",
        "<<E",
        "E",
        "\nE\n",
        "A=1",
        "exit",
        "&&",
        ")",
    ),
]
PIECES = [
    *"ab09 -=@%+:,./_é!^",
    "  ",
    "\t",
    "''",
    "'a b'",
    '"c  d"',
    "'$x'",
    '"\'"',
    "'\"'",
    "exec ",
    "if ",
    "'\n'",
    "--x=",
    "A=1",
]
"""Of words that need no shell, mostly."""


def argument(chance: random.Random) -> bytes:
    """Whatever bytes there may be in one; half of them from a shell's own signs."""
    if chance.random() < 0.1:
        return chance.choice(NASTY).encode()
    signs = b" \t\n\"'\\`$(){}[]<>|&;#*?!~=%@-0aE" if chance.random() < 0.5 else bytes(range(1, 256))
    return bytes(chance.choices(signs, k=chance.randrange(12)))


@pytest.mark.parametrize("shell", sorted(SHELLS))
@pytest.mark.parametrize("shape", SHAPES)
def test_no_argument_is_ever_parsed_by_a_shell(tmp_path: Path, shell: str, shape: str) -> None:
    chance = random.Random(shape)
    given = [argument(chance) for _ in range(MANY)]
    show = tmp_path / "show"
    show.write_text(
        f"#!{sys.executable} -IS\nimport os, sys\n"
        "for word in sys.argv[1:]: sys.stdout.buffer.write(os.fsencode(word) + b'\\0')\n"
    )
    show.chmod(0o755)
    found = script(shape.replace("SHOW", str(show)), [os.fsdecode(word) for word in given])
    words = ["sh", "-c", *found.behind]
    ended = subprocess.run(
        words, executable=shell, capture_output=True, check=False, cwd=tmp_path, timeout=60
    )
    assert (ended.stdout.split(b"\0")[:-1], ended.stderr, ended.returncode) == (given, b"", 0)
    assert os.listdir(tmp_path) == ["show"]


@settings(max_examples=300, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join))
@pytest.mark.parametrize("shell", sorted(SHELLS))
def test_words_without_a_shell_are_those_that_it_would_have_made(shell: str, line: str) -> None:
    words = direct.words(f"env printf '%s\\0' x {line}")
    if not words:
        reject()
    ended = subprocess.run(
        ["sh", "-c", f"printf '%s\\0' x {line}"], executable=shell, capture_output=True, check=True
    )
    assert [os.fsencode(word) for word in words[3:]] == ended.stdout.split(b"\0")[:-1]
