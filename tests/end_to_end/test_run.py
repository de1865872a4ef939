"""`procman run`: a one-off in the foreground, with the app's environment."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from tests.end_to_end.harness import PROCMAN, PYTHON, App, Running
from tests.end_to_end.output import wait_until

# Waits for Ctrl-C, then for a key, and tells each Ctrl-C that has come.
COUNTING = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
os.write(1, b"ready\\n")
signal.sigwait([signal.SIGINT])
os.write(1, b"told\\n")
os.read(0, 100)
os.write(1, b"told\\n" * len(signal.sigpending()))
"""


def run(app: App, *words: str) -> Running:
    return app.launch(*PROCMAN, "run", *words)


def test_the_name_of_a_type_means_its_command_with_its_port(app: App) -> None:
    app.procfile(web="true", worker='echo "hello from $PORT"')
    assert app.do("run", "-p", "7000", "worker").out == "hello from 7100\n"


def test_anything_else_is_a_command_on_path(app: App) -> None:
    app.procfile(web="true")
    assert app.do("run", "printf", "%s|", "a", "b c").out == "a|b c|"


def test_behind_dashes_it_is_a_command_even_if_a_type_has_its_name(app: App) -> None:
    app.procfile(echo="printf 'the type'")
    assert app.do("run", "echo").out == "the type"
    assert app.do("run", "--", "echo").out == "\n"


def test_a_type_with_words_is_the_command_on_path_else_an_error_with_a_hint(app: App) -> None:
    app.procfile(echo="printf 'the type'", web="true")
    assert app.do("run", "echo", "words").out == "words\n"
    ended = app.do("run", "web", "--reload")
    assert (ended.code, ended.out) == (127, "")
    assert "'procman run web -- --reload'" in ended.err


def test_a_command_runs_where_you_are_and_a_type_or_task_in_the_root(app: App) -> None:
    (app.root / "sub").mkdir()
    app.procfile(web="pwd")
    app.tasks("where: pwd")
    app.write("sub/here", "#!/bin/sh\npwd\n", mode=0o755)
    at = {
        words: app.do("run", "-d", "..", *words, cwd=app.root / "sub").out.strip()
        for words in (
            ("pwd",),
            ("./here",),
            ("--", "pwd"),
            ("pwd; true",),
            ("web",),
            ("where",),
            ("task", "where"),
        )
    }
    here, root = f"{app.root}/sub", str(app.root)
    assert [*at.values()] == [here, here, here, here, root, root, root]


def test_a_quoted_line_goes_to_the_shell(app: App) -> None:
    assert app.do("run", "echo one; echo two").out == "one\ntwo\n"


def test_a_task_that_does_not_exist_is_4(app: App) -> None:
    app.procfile(web="true")
    ended = app.do("run", "task", "cleanup")
    assert ended.code == 4
    assert "cleanup" in ended.err
    assert "Traceback" not in ended.err


def test_it_works_without_a_procfile(app: App) -> None:
    app.write(".env", "V=from the file\n")
    assert app.do("run", "--", "sh", "-c", 'echo "$V"').out == "from the file\n"


def test_arguments_behind_a_type_are_quoted_for_the_shell(app: App) -> None:
    app.procfile(show="printf '%s|'")
    nasty = ("a b", "$(touch hurt)", "`touch hurt`", "; touch hurt", "it's", '"', "*", "")
    assert app.do("run", "show", "--", *nasty).out == "".join(f"{word}|" for word in nasty)
    assert not (app.root / "hurt").exists()


def test_arguments_of_a_command_see_no_shell(app: App) -> None:
    assert app.do("run", "--", "printf", "%s", "$HOME; echo").out == "$HOME; echo"


def test_options_behind_the_command_are_its_own(app: App) -> None:
    assert app.do("run", "printf", "%s ", "-p", "-f", "--help").out == "-p -f --help "


@pytest.mark.parametrize(
    ("line", "code"),
    [("exit 0", 0), ("exit 3", 3), ("exit 255", 255), ("kill -TERM $$", -15), ("kill -KILL $$", -9)],
)
def test_it_ends_as_its_child_with_the_same_code_or_by_the_same_signal(
    app: App, line: str, code: int
) -> None:
    assert app.do("run", "--", "sh", "-c", line).code == code


def test_a_command_that_does_not_exist_is_127(app: App) -> None:
    app.procfile(web="true")
    ended = app.do("run", "wbe")
    assert ended.code == 127
    assert "did you mean 'web'" in ended.err
    assert "Traceback" not in ended.err


def test_a_command_that_is_not_executable_is_126(app: App) -> None:
    app.write("script", "#!/bin/sh\n")
    ended = app.do("run", "./script")
    assert ended.code == 126
    assert "./script" in ended.err
    assert "Traceback" not in ended.err


def test_a_script_without_interpreter_is_an_error_without_traceback(app: App) -> None:
    app.write("script", "#!/no/such/interpreter\n", mode=0o755)
    ended = app.do("run", "./script")
    assert ended.code in (126, 127)
    assert "Traceback" not in ended.err


def test_without_words_it_says_what_is_missing(app: App) -> None:
    ended = app.do("run")
    assert ended.code == 2
    assert "run" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("name", ["INT", "TERM", "HUP", "USR1", "USR2"])
def test_signals_are_forwarded(app: App, name: str) -> None:
    running = run(
        app, "sh", "-c", f"trap 'echo got {name}; exit 5' {name}; echo up; while :; do sleep 0.02; done"
    )
    running.wait_for("up$")
    running.process.send_signal(signal.Signals[f"SIG{name}"])
    assert running.end() == 5
    assert f"got {name}\n" in running.out.text


# It says what it got, and ends when it is told to, so that a signal too many would be seen.
RECORDING = """
import os, signal, time
def got(number, frame):
    os.write(1, b"got %d\\n" % number)
for name in ("INT", "TERM", "HUP", "QUIT", "USR1", "USR2"):
    signal.signal(getattr(signal, "SIG" + name), got)
os.write(1, b"up\\n")
while not os.path.exists("over"):
    time.sleep(0.02)
"""


@pytest.mark.parametrize("name", ["INT", "TERM", "HUP", "QUIT", "USR1", "USR2"])
def test_a_signal_to_procman_and_to_its_whole_group_reaches_the_child_once(app: App, name: str) -> None:
    app.write("recording.py", RECORDING)
    running = run(app, PYTHON, "recording.py")
    running.wait_for("up$")
    number = signal.Signals[f"SIG{name}"]
    for times in (1, 2):  # as timeout(1) does; the second time shows that the first was dealt with
        os.kill(running.process.pid, number)
        os.killpg(running.process.pid, number)
        running.wait_for(rf"(got {number}\n){{{times}}}")
        wait_until(lambda: not pending(running.process.pid, number))
    app.write("over", "")
    assert running.end() == 0
    assert running.out.text == "up\n" + f"got {number}\n" * 2


def pending(pid: int, number: int) -> bool:
    """Whether a process has still to deal with a signal."""
    status = Path(f"/proc/{pid}/status").read_text()
    masks = [
        int(line.split()[1], 16) for line in status.splitlines() if line.startswith(("SigPnd", "ShdPnd"))
    ]
    return any(mask >> (number - 1) & 1 for mask in masks)


def test_nothing_is_left_of_who_tells_whether_the_group_was_signalled(app: App) -> None:
    before = len(psutil.Process().children(recursive=True))
    running = run(app, "sh", "-c", "echo up; exec sleep 1000")
    running.wait_for("up$")
    os.kill(running.process.pid, signal.SIGKILL)
    running.end()
    wait_until(lambda: not app.processes())
    assert len(psutil.Process().children(recursive=True)) == before


@pytest.mark.parametrize("words", [("run", "sh", "-c", "exit 4"), ("start",)])
def test_a_parent_that_ignores_sigchld_hides_no_end(app: App, words: tuple[str, ...]) -> None:
    app.procfile(web="exit 4")
    ignoring = "import os, signal; from sys import argv; signal.signal(signal.SIGCHLD, signal.SIG_IGN); "
    ignoring += "os.execv(argv[1], argv[1:])"
    assert app.launch(PYTHON, "-c", ignoring, *PROCMAN, *words).end() == 4


def test_stdin_stdout_and_stderr_are_inherited(app: App) -> None:
    source = app.write("source", "from a file\n")
    with source.open("rb") as stdin:
        ended = app.do("run", "sh", "-c", "cat; echo problem >&2", stdin=stdin)
    assert (ended.out, ended.err) == ("from a file\n", "problem\n")


def test_the_terminal_is_inherited_with_its_foreground_and_can_be_read(app: App) -> None:
    code = (
        "import os; print([os.isatty(fd) for fd in (0, 1, 2)], os.tcgetpgrp(0) == os.getpgrp(), "
        "os.get_terminal_size().columns, input('name? '))"
    )
    running = app.on_terminal("run", PYTHON, "-c", code, columns=91)
    running.wait_for(r"name\? $")
    running.type("ann\r")
    assert running.end() == 0
    assert "[True, True, True] True 91 ann" in running.out.text


def test_ctrl_c_on_the_terminal_reaches_the_child_exactly_once(app: App) -> None:
    app.write("counting.py", COUNTING)
    running = app.on_terminal("run", PYTHON, "counting.py")
    running.wait_for("ready")
    running.type("\x03")
    running.wait_for("told")
    running.type("\r")
    assert running.end() == 0
    assert running.out.text.count("told") == 1


def test_ctrl_c_on_the_terminal_ends_a_child_that_does_not_care(app: App) -> None:
    running = app.on_terminal("run", "sh", "-c", "echo ready; exec sleep 1000")
    running.wait_for("ready")
    running.type("\x03")
    assert running.end() == -signal.SIGINT


def test_kill_9_of_procman_ends_the_child(app: App) -> None:
    running = run(app, "sh", "-c", "echo ready; exec sleep 1000")
    running.wait_for("ready$")
    os.kill(running.process.pid, signal.SIGKILL)
    running.end()
