"""How processes are stopped: one signal to each group, patience, SIGKILL."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.harness import App, Running

REFUSING = "trap 'echo told' TERM; echo ready; while :; do sleep 0.05; done"
STOPPING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", STOPPING)
def test_a_signal_to_procman_stops_all_with_sigterm(app: App, number: signal.Signals) -> None:
    app.procfile(**dict.fromkeys(("web", "worker"), "exec sh -c 'echo ready; exec sleep 1000'"))
    running = app.start()
    running.wait_for("web.1 .*ready$")
    running.wait_for("worker.1 .*ready$")
    assert running.stop(number) == 0
    assert f"{number.name} received, stopping" in running.out.text
    assert {"web.1 terminated by SIGTERM", "worker.1 terminated by SIGTERM"} <= set(running.said_by("system"))


def test_the_end_of_one_process_stops_all(app: App) -> None:
    app.procfile(
        web="while [ ! -e up ]; do sleep 0.02; done; exit 0", worker="sh -c 'touch up; exec sleep 1000'"
    )
    ended = app.do("start")
    assert "web.1 has ended, stopping" in ended.out
    assert "worker.1 terminated by SIGTERM" in ended.out


def test_a_process_that_ignores_sigterm_is_told_once_announced_each_second_and_killed(app: App) -> None:
    app.procfile(web=REFUSING)
    running = app.start("-t", "2.5")
    pid = running.pid_of("web.1")
    running.wait_for("ready$")
    assert running.stop() == 137
    assert running.said_by("web.1").count("told") == 1
    assert running.said_by("system")[1:] == [
        "SIGTERM received, stopping",
        f"waiting for web.1 (pid {pid}), SIGKILL in 2 s",
        f"waiting for web.1 (pid {pid}), SIGKILL in 1 s",
        f"sending SIGKILL to web.1 (pid {pid})",
        "web.1 terminated by SIGKILL",
    ]


def test_the_whole_group_gets_the_signal(app: App) -> None:
    app.procfile(web="(trap 'echo grandchild told; exit' TERM; echo up; while :; do sleep 0.02; done); true")
    running = app.start()
    running.wait_for("up$")
    assert running.stop() == 0
    assert "grandchild told" in running.said_by("web.1")


def test_last_words_of_a_group_whose_leader_has_ended_are_printed(app: App) -> None:
    late = "trap 'while [ ! -e go ]; do sleep 0.02; done; echo last words; exit' TERM; echo up; "
    app.procfile(web=f"trap 'exit 0' TERM; ({late} while :; do sleep 0.02; done) & wait")
    running = app.start()
    running.wait_for("up$")
    running.process.terminate()
    running.wait_for("web.1 exited with code 0")
    app.write("go", "")
    assert running.end() == 0
    assert "last words" in running.said_by("web.1")


def test_a_second_ctrl_c_kills_at_once(app: App) -> None:
    app.procfile(web=REFUSING)
    running = app.start("-t", "1000")
    running.wait_for("ready$")
    running.process.send_signal(signal.SIGINT)
    running.wait_for("SIGINT received, stopping: press Ctrl-C again to kill$")
    running.wait_for("waiting for web.1")  # one that comes within a moment is the same
    assert running.stop(signal.SIGINT) == 137
    assert "web.1 terminated by SIGKILL" in running.out.text


def test_timeout_0_does_not_wait(app: App) -> None:
    app.procfile(web="trap '' TERM; echo ready; while :; do sleep 0.05; done")
    running = app.start("-t", "0")
    running.wait_for("ready$")
    assert running.stop() == 137


def test_a_suspended_process_is_woken_to_obey(app: App) -> None:
    app.procfile(web="echo ready; exec sleep 1000")
    running = app.start("-t", "1000")
    running.wait_for("ready$")
    os.kill(running.pid_of("web.1"), signal.SIGSTOP)
    assert running.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGUSR2])
def test_user_signals_are_forwarded_to_all(app: App, number: signal.Signals) -> None:
    name = number.name.removeprefix("SIG")
    listening = f"trap 'echo got it' {name}; echo ready; while :; do sleep 0.02; done"
    app.procfile(web=listening, worker=listening)
    running = app.start()
    for process in ("web.1", "worker.1"):
        running.wait_for(rf"{process} .*ready$")
    running.process.send_signal(number)
    for process in ("web.1", "worker.1"):
        running.wait_for(rf"{process} .*got it$")
    assert running.stop() == 0


def test_the_end_of_a_process_is_noticed_though_another_holds_its_output_open(app: App) -> None:
    app.procfile(web="setsid sleep 1000 & exit 3")
    ended = app.do("start")
    assert ended.code == 3
    assert "web.1 exited with code 3" in ended.out


def test_a_process_that_closes_its_output_lives_on(app: App) -> None:
    app.procfile(web="exec >&- 2>&-; touch closed; while [ ! -e go ]; do sleep 0.02; done; exit 4")
    running = app.start()
    wait_until((app.root / "closed").exists)
    assert running.process.poll() is None
    app.write("go", "")
    assert running.end() == 4


class TestStateFolder:
    """`.procman/`, with the pid file that says who runs the app."""

    def test_it_is_for_its_owner_only_and_ignored_by_git(self, app: App) -> None:
        running = started(app)
        assert mode(app.root / ".procman") == 0o700
        assert (app.root / ".procman" / ".gitignore").read_text() == "*\n"
        assert mode(pid_file(app)) == 0o600
        assert pid_file(app).read_text().split() == [str(running.process.pid)]
        running.stop()

    def test_the_pid_file_goes_with_procman(self, app: App) -> None:
        started(app).stop()
        assert not pid_file(app).exists()

    def test_what_a_killed_procman_left_is_replaced_without_a_word(self, app: App) -> None:
        killed = started(app)
        killed.supervisor().kill()
        killed.end()
        assert pid_file(app).exists()
        running = started(app)
        assert pid_file(app).read_text().split() == [str(running.process.pid)]
        assert running.stop() == 0
        assert "another procman" not in running.out.text

    def test_a_second_procman_on_the_app_says_so(self, app: App) -> None:
        first = started(app)
        second = app.do("start")
        assert second.code == 3
        assert f"(pid {first.process.pid}, since " in second.err
        assert pid_file(app).read_text().split() == [str(first.process.pid)]
        assert first.stop() == 0


def started(app: App) -> Running:
    """A procman that has started its one process."""
    app.procfile(web="echo ready; exec sleep 1000")
    running = app.start()
    running.wait_for("ready$")
    return running


def pid_file(app: App) -> Path:
    return app.root / ".procman" / "procman.pid"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777
