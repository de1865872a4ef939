"""What procman does after the end of its processes may fail, and changes no exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import PROCMAN, PYTHON, Finished
from tests.end_to_end.test_bad_input import WITHOUT_PRIVILEGE

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

TASK = "beat: {command: 'exit 9', schedule: every hour}"


def unprivileged(app: App, *words: str) -> Finished:
    running = app.launch(PYTHON, "-c", WITHOUT_PRIVILEGE, *PROCMAN, *words)
    return Finished(running.end(), running.out.text, running.err.text)


@pytest.mark.parametrize("with_tasks", [False, True])
@pytest.mark.parametrize("mode", ["500", "0"])
def test_a_pid_file_that_cannot_be_removed(app: App, mode: str, with_tasks: bool) -> None:
    app.procfile(web=f"chmod {mode} .procman; exit 7")
    if with_tasks:
        app.tasks(TASK)
    ended = unprivileged(app, "start")
    (app.root / ".procman").chmod(0o700)
    assert (ended.code, ended.err) == (7, "")
    told = rf"cannot tidy up {app.root}/.procman/procman.pid: Permission denied"
    assert ended.out.splitlines()[-1].endswith(f"| {told}")
    (app.root / ".procman" / "procman.pid").unlink()


def test_a_state_folder_that_has_become_a_file(app: App) -> None:
    app.procfile(web="rm -r .procman; touch .procman; exit 7")
    ended = app.do("start")
    assert (ended.code, ended.err) == (7, "")
    assert "tidy" not in ended.out


def test_a_run_that_cannot_be_written_down(app: App) -> None:
    app.tasks(TASK)
    (app.root / ".procman").mkdir(mode=0)
    ended = unprivileged(app, "run", "task", "beat")
    (app.root / ".procman").chmod(0o700)
    assert ended.code == 9
    assert "this run will not be in the history" in ended.err


@pytest.mark.parametrize("words", ["start", "check", "check --bogus", "strat"])
def test_a_mistake_that_cannot_be_told(app: App, words: str) -> None:
    app.write("Procfile", "no process\n")
    assert without_stderr(app, *words.split()) == 2


def test_what_cannot_be_told_about_a_run(app: App) -> None:
    app.tasks(TASK)
    app.write(".procman", "in the way")
    assert without_stderr(app, "run", "task", "beat") == 9
    assert without_stderr(app, "run", "task", "bead") == 4
    assert without_stderr(app, "run", "--", "no-such-command") == 127


def without_stderr(app: App, *words: str) -> int:
    """The exit code of a procman whose errors go to a full disk."""
    return app.launch("/bin/sh", "-c", 'exec "$@" 2>/dev/full', "sh", *PROCMAN, *words).end()
