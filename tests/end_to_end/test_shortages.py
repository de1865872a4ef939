"""Where descriptors, processes, memory or the disk are short: a sentence that says what to do."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import PROCMAN, PYTHON
from tests.end_to_end.test_bad_luck import AS_USER, foreign  # noqa: F401  # a fixture

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

USER = 61_234
"""Nobody else's, since the limit of processes counts all of a user's."""
LIMITED = """
import resource, sys
kind, most = getattr(resource, sys.argv.pop(1)), int(sys.argv.pop(1))
resource.setrlimit(kind, (most, most))
"""
EXEC = "import os; os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"


def with_most(app: App, kind: str, most: int, *words: str) -> tuple[int, str]:
    """The exit code, and all that is said."""
    running = app.launch(PYTHON, "-c", LIMITED + EXEC, kind, str(most), *PROCMAN[1:], *words)
    return running.end(), running.out.text + running.err.text


def two_processes_and_a_task(app: App) -> None:
    app.procfile(web="echo hello; exit 0", worker="exec sleep 1000")
    app.tasks("t: {command: 'true', schedule: '@reboot'}")


@pytest.mark.parametrize("most", [5, 7, 8, 12, 13, 14])
def test_few_descriptors_are_told_with_what_to_do(app: App, most: int) -> None:
    two_processes_and_a_task(app)
    for words in (("start",), ("run", "task", "t"), ("check",)):
        code, said = with_most(app, "RLIMIT_NOFILE", most, *words)
        assert "Traceback" not in said
        assert code == 0 or "raise the limit with 'ulimit -n'" in said, (words, said)
        assert app.processes() == []
    if most == 5:
        assert with_most(app, "RLIMIT_NOFILE", most, "start")[0] == 1


@pytest.mark.parametrize("kilobytes", [34_000, 46_000, 180_000])
def test_little_memory_is_told_with_what_to_do(app: App, kilobytes: int) -> None:
    two_processes_and_a_task(app)
    for words in (("start",), ("check",)):
        code, said = with_most(app, "RLIMIT_AS", kilobytes << 10, *words)
        assert "Traceback" not in said
        assert code == 0 or "ulimit -v" in said, (words, said)
        assert app.processes() == []


@pytest.mark.parametrize("most", [1, 3, 4, 5])
def test_few_processes_are_told_with_what_to_do(foreign: App, most: int) -> None:  # noqa: F811
    foreign.procfile(web="echo hello; exit 0", worker="exec sleep 1000")
    user = str(USER if os.getuid() == 0 else os.getuid())
    for words in (("start",), ("run", "true")):
        script = AS_USER.replace("user =", f"{LIMITED}user =")
        running = foreign.launch(PYTHON, "-c", script, "RLIMIT_NPROC", str(most), user, *words)
        code = running.end()
        said = running.out.text + running.err.text
        assert "Traceback" not in said
        assert code == 0 or "ulimit -u" in said, (words, said)
        assert foreign.processes() == []


def test_files_that_may_not_grow_keep_no_process_from_running(app: App) -> None:
    two_processes_and_a_task(app)
    code, said = with_most(app, "RLIMIT_FSIZE", 0, "start")
    assert code == 0
    assert "no pid file: " in said
    assert "File too large: raise the limit of a file's size with 'ulimit -f'" in said
    assert "| hello\n" in said
    code, said = with_most(app, "RLIMIT_FSIZE", 0, "run", "task", "t")
    assert code == 0
    assert said.startswith("procman: this run will not be in the history: ")
