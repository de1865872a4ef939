"""Odd surroundings and odd children that once broke something."""

from __future__ import annotations

import shutil
import signal
from typing import TYPE_CHECKING

from tests.end_to_end.harness import PROCMAN

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

FOREVER = "exec sleep 1000"


def test_a_child_that_closes_its_terminal_lives_on(app: App) -> None:
    app.procfile(
        web=f"{FOREVER} >/dev/null 2>&1 </dev/null",
        beat=f"for i in 1 2 3 4 5; do sleep 0.1; echo beat $i; done; {FOREVER}",
    )
    running = app.start("--pty", "always")
    running.wait_for("beat 5")
    assert "terminated" not in running.out.text
    assert running.stop(signal.SIGTERM) == 0


def test_the_last_unterminated_line_is_printed_though_a_daemon_holds_the_pipe(app: App) -> None:
    app.procfile(web="(setsid sleep 1000 &); printf %5000s x")
    assert " " * 4999 + "x\n" in app.do("start", "-t", "1").out


def test_counts_may_stand_where_types_do_as_with_older_foremans(app: App) -> None:
    app.procfile(
        web="[ $PS = web.2 ] && : > up && exec sleep 1000; until [ -e up ]; do sleep 0.01; done",
        worker=FOREVER,
    )
    ended = app.do("start", "-c", "web=2")
    assert ended.code == 0
    assert "web.2 started" in ended.out
    assert "worker.1" not in ended.out


def test_a_state_folder_cleaned_meanwhile_is_no_matter(app: App) -> None:
    app.procfile(web=f"echo ready; {FOREVER}")
    running = app.start()
    running.wait_for("ready")
    shutil.rmtree(app.root / ".procman")
    assert running.stop(signal.SIGTERM) == 0
    assert running.err.text == ""


def test_a_folder_does_not_hide_a_command_of_its_name(app: App) -> None:
    (app.root / "sh").mkdir()
    assert app.do("run", "sh", "-c", "exit 7").code == 7


def test_a_timeout_of_years_is_waited_for_without_overflow(app: App) -> None:
    app.procfile(release="(sleep 0.3; echo late) &", web="echo up")
    ended = app.do("start", "--release", "-t", "999999999")
    assert ended.code == 0
    assert ended.err == ""


def test_a_suspended_supervisor_still_obeys(app: App) -> None:
    app.procfile(web=f"echo ready; {FOREVER}")
    running = app.start()
    running.wait_for("ready")
    running.supervisor().send_signal(signal.SIGSTOP)
    assert running.stop(signal.SIGINT) == 0


def test_a_resize_while_suspended_leaves_it_suspended_and_alive(app: App) -> None:
    app.procfile(web=f"echo ready; {FOREVER}")
    running = app.start()
    running.wait_for("ready")
    for number in (signal.SIGTSTP, signal.SIGWINCH, signal.SIGCONT):
        running.process.send_signal(number)
    assert running.stop(signal.SIGTERM) == 0


def test_an_empty_port_is_as_none(app: App) -> None:
    app.write(".env", "PORT=\n")
    app.procfile(web="echo port $PORT")
    assert "port 5000" in app.do("start").out


def test_check_answers_in_utf_8_whatever_python_is_told(app: App) -> None:
    app.write("Procfile", "web: echo日\n")
    ended = app.do("check", env={"PYTHONIOENCODING": "ascii"})
    assert ended.code == 0
    assert "echo日" in ended.out


def test_a_working_folder_that_is_gone_is_told_without_a_traceback(app: App) -> None:
    gone = app.root / "gone"
    gone.mkdir()
    line = f'cd {gone} && rmdir {gone} && exec "$0" "$@"'
    running = app.launch("sh", "-c", line, *PROCMAN, "check")
    assert running.end() == 1
    assert "Traceback" not in running.err.text
    assert "No such file or directory" in running.err.text
