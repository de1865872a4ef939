"""What the shells make of a prepared line is what they make of the line itself."""

from __future__ import annotations

import itertools
import shutil
import subprocess

import pytest

from procman.core.plan.shell import prepare

SHELLS = [path for path in map(shutil.which, ("dash", "bash", "busybox")) if path]
FIRST = ["true", "false", "cd /tmp", "sh -c 'exit 4'", "A=1", "(exit 5)", '[ -n "$X" ]', "printf '%s' a"]
LAST = [
    "A='b c' env | grep ^A=",
    'sh -c \'echo "$0" "$PWD"; exit 3\' x',
    "pwd",
    "exit 6",
    "nosuchcommand",
    "(pwd; exit 2)",
]
JOINED = [" && ", " || ", "; ", " | ", " & wait; ", "\n", " # no comment\n"]
LINES = [first + joined + last for first, joined, last in itertools.product(FIRST, JOINED, LAST)]


def outcome(shell: str, line: str) -> tuple[int, bytes]:
    words = [shell, "sh", "-c", line] if shell.endswith("busybox") else [shell, "-c", line]
    ended = subprocess.run(words, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    return ended.returncode, ended.stdout


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("part", range(4))
def test_output_and_exit_code_are_the_same(shell: str, part: int) -> None:
    different = {
        line: (outcome(shell, line), outcome(shell, prepare(line).text))
        for line in LINES[part::16]
        if outcome(shell, line) != outcome(shell, prepare(line).text)
    }
    assert not different
