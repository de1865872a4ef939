"""`procman completion`: scripts for shells, and what Tab makes of them."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import PROCMAN
from tests.end_to_end.output import PATIENCE

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

# What bash does for Tab: sets the COMP_ variables, calls the function of `complete`, reads COMPREPLY.
PRESS_TAB = """
source script
COMP_LINE=$LINE COMP_POINT=${#LINE} COMP_TYPE=9 COMP_WORDS=($LINE) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
function=$(complete -p procman); function=${function##*-F }
${function%% *} procman
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_script_for_the_shell(app: App, shell: str) -> None:
    ended = app.do("completion", shell)
    assert ended.code == 0
    assert "procman" in ended.out
    assert "complet" in ended.out or "compdef" in ended.out


def test_an_unknown_shell_is_a_mistake(app: App) -> None:
    ended = app.do("completion", "tcsh")
    assert ended.code == 2
    assert "bash" in ended.err


@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("procman sta", "start"),
        ("procman start --no-t", "--no-timestamp"),
        ("procman ch", "check"),
        ("procman help sta", "start"),
        ("procman --no-t", "--no-timestamp"),
        ("procman start --color al", "always"),
        ("procman start --color wor", "worker"),
        ("procman start --form", "--formation"),
        ("procman start wor", "worker"),
        ("procman run we", "web"),
        ("procman run rem", "remind"),
        ("procman run task rem", "remind"),
        ("procman pause rem", "remind"),
        ("procman next rem", "remind"),
        ("procman history rem", "remind"),
    ],
)
def test_bash_completes(app: App, line: str, offers: str) -> None:
    app.procfile(web="true", worker="true")
    app.tasks("remind: true")
    app.write("script", app.do("completion", "bash").out)
    app.write("procman", f'#!/bin/sh\nexec {" ".join(PROCMAN)} "$@"\n', mode=0o755)
    env = app.environment({"LINE": line, "PATH": f"{app.root}{os.pathsep}{os.environ['PATH']}"})
    command = [shutil.which("bash") or "bash", "--norc", "-c", PRESS_TAB]
    ended = subprocess.run(
        command, cwd=app.root, env=env, capture_output=True, text=True, timeout=PATIENCE, check=True
    )
    assert [word.strip() for word in ended.stdout.split()] == [offers]


@pytest.mark.parametrize(("shell", "apart"), [("zsh", ":"), ("fish", "\t")])
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("procman sch", {"schedule", "scheduler", "schema"}),
        ("procman start --no-p", {"--no-prefix", "--no-pty"}),
        ("procman start w", {"web", "worker"}),
    ],
)
def test_zsh_and_fish_are_told_what_each_offer_is(
    app: App, shell: str, apart: str, line: str, offered: set[str]
) -> None:
    app.procfile(web="true", worker="true")
    answer = app.root / "answer"
    # What their scripts of argcomplete set and read; \013 parts the offers.
    asked = {"_ARGCOMPLETE": "1", "_ARGCOMPLETE_SHELL": shell, "_ARGCOMPLETE_IFS": "\013"}
    asked |= {"_ARGCOMPLETE_DFS": apart} if shell == "fish" else {}
    asked |= {"COMP_LINE": line, "COMP_POINT": str(len(line)), "_ARGCOMPLETE_STDOUT_FILENAME": str(answer)}
    app.do(env=asked)
    told = [offer.partition(apart) for offer in answer.read_text().split("\013") if offer]
    assert {offer[0].strip() for offer in told} == offered
    assert "None" not in answer.read_text()
    if "web" not in offered:
        assert all(offer[2] for offer in told)
