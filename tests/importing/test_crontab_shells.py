"""Commands for bash stay as they are where sh does the same with them, and else are left to bash."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.importing.cron import commands
from tests.importing.samples import gather, lost

EACH_MINUTE = "* * * * *"


def read(*lines: str) -> tuple[dict[str, Any], list[str]]:
    """The tasks of a crontab with these lines; and what is told."""
    found = gather(("crontab", "\n".join([*lines, ""])))
    return found.tasks, lost(found)


EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
BASHISMS = (
    *(
        "x &>f",
        "x >&f",
        "x >&1a",
        "x > *",
        "x 2>>a?b",
        "x |& y",
        "x <<<y",
        "A+=1 x",
        "x $RANDOM",
        'x "$UID"',
        "x $'a'",
    ),
    *("x ${A/b/c}", "x {a,b}", "A=1 echo -e x", "x $(echo -e a)", "x; source y", "x $(cat <(y))"),
    *("coproc x", "[ a == b ]", "x $((2**3))", r"\%1"),
)
PLAIN = (
    *("x 2>&1", "x >&2", "x >&-|y", "A=1 x", "x '$RANDOM'", "x $HOME ${HOME}", r"x > a-$(date +\%F)"),
    *("x '*.gz' *.gz", "x --a=b | y"),
)


@pytest.mark.parametrize("line", BASHISMS)
def test_what_bash_does_otherwise_is_left_to_bash(line: str) -> None:
    tasks, _ = read("SHELL=/bin/bash", f"{EACH_MINUTE} {line}")
    assert next(iter(tasks.values()))["command"].startswith("/bin/bash -c ")


@pytest.mark.parametrize("line", PLAIN)
def test_what_sh_does_as_bash_stays_as_it_is(line: str) -> None:
    tasks, _ = read("SHELL=/bin/bash", f"{EACH_MINUTE} {line}")
    assert next(iter(tasks.values()))["command"] == line.replace("\\", "")


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@given(
    st.lists(
        st.sampled_from(
            [
                *(
                    "a",
                    " ",
                    " ",
                    "b=c",
                    "$X",
                    "${X}",
                    '"$X y"',
                    "'$X'",
                    "*",
                    "?",
                    "~",
                    "=",
                    "%",
                    "+=",
                    "{a,b}",
                    "'",
                ),
                *(
                    '"',
                    "$(/usr/bin/printf z)",
                    "$RANDOM",
                    " | /bin/cat ",
                    " && /bin/echo ",
                    "; /bin/echo ",
                    " 2>&1",
                    " >&2",
                    " |& /bin/cat",
                ),
                *(
                    " &> /dev/null",
                    " < /dev/null ",
                    "$'q'",
                    "#",
                    "!",
                    "[a]",
                    "`/bin/true`",
                    "\\",
                    " && A=1 /bin/echo ",
                ),
            ]
        ),
        max_size=6,
    ).map("".join)
)
@settings(max_examples=EXAMPLES, deadline=None)
def test_what_is_not_left_to_bash_is_the_same_with_sh(text: str) -> None:
    line = f"/usr/bin/printf '%s|' {text}"
    if commands.line(line, "", "/bin/bash").startswith("/bin/bash"):
        return
    by_bash, by_sh = (
        subprocess.run([shell, "-c", line], capture_output=True, check=False, cwd="/usr", env={"X": "a  b*"})
        for shell in ("bash", "sh")
    )
    assert by_sh.stdout == by_bash.stdout
    assert bool(by_sh.returncode) == bool(by_bash.returncode)  # of failures each has its own numbers
