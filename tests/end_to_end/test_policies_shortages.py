"""Policies where procman itself lacks something: descriptors, or a folder for its state."""

from __future__ import annotations

import os
import resource
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.end_to_end.harness import PROCMAN
from tests.end_to_end.output import wait_until
from tests.end_to_end.policed import (
    SERVE,
    STAY,
    SWIFT,
    TELLS,
    free_port,
    heard,
    phases,
    pids,
    police,
    row_when,
    rows,
    serving,
    started,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.harness import App, Running

TIRELESS = "backoff: {initial: 20ms, max: 20ms, give_up_after: never}"
FEW = ("sh", "-c", 'ulimit -n "$0"; exec "$@"')


def few_descriptors(app: App, most: int) -> Running:
    """Procman with at most so many files open at once."""
    running = app.launch(*FEW, str(most), *PROCMAN, "start", "-p", str(free_port()))
    wait_until(lambda: heard(app) is not None or running.process.poll() is not None)
    return running


@pytest.mark.parametrize("probe", ["http: /", "tcp: port", "cmd: exit 0"])
def test_with_hardly_any_descriptors_it_says_so_and_goes_on(app: App, probe: str) -> None:
    """Twenty questions at once, of which some cannot be asked: they are asked again."""
    serving(app)
    app.procfile(web=SERVE, worker=STAY)
    police(
        app,
        f"web: {{instances: 1, ready: {{{probe}, every: 50ms, within: 1h}}}}\n"
        f"worker: {{instances: 12, ready: {{cmd: sleep 0.3, every: 50ms, within: 1h}}}}",
    )
    running = few_descriptors(app, 64)
    wait_until(lambda: {*phases(app).values()} == {"running"})
    assert len(phases(app)) == 13
    assert running.stop() == 0
    assert "Traceback" not in running.out.text + running.err.text


@contextmanager
def no_descriptors(running: Running) -> Iterator[None]:
    """Meanwhile procman can open nothing more."""
    pid = running.supervisor().pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        if psutil.pid_exists(pid):
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))


def test_one_that_dies_while_there_is_no_descriptor_left_comes_back_when_there_are(app: App) -> None:
    app.procfile(web=STAY, worker=STAY)
    police(app, f"web: {{depends_on: worker}}\nworker: {{restart: always, {TIRELESS}}}")
    running = started(app)
    victim = row_when(app, "worker.1", phase="running")["pid"]
    with no_descriptors(running):
        os.kill(victim, signal.SIGKILL)
        running.wait_for("worker.1 could not be started: .*open files(.|\n)*worker.1 starts again")
    row_when(app, "worker.1", phase="running")
    assert rows(app)["web.1"]["restarts"] == 0
    assert running.stop() == 0


@pytest.mark.parametrize("probe", ["http: /", "tcp: port", "cmd: exit 0"])
def test_one_that_cannot_be_asked_for_lack_of_descriptors_is_not_restarted_for_that(
    app: App, probe: str
) -> None:
    serving(app)
    app.procfile(web=SERVE, worker=STAY)
    alive = f"alive: {{{probe}, every: 50ms, timeout: 50ms, failures: 2}}"
    police(
        app, f"web: {{ready: {{tcp: port, every: 50ms}}, {alive}}}\nworker: {{restart: always, {TIRELESS}}}"
    )
    running = started(app)
    web, victim = row_when(app, "web.1", phase="running")["pid"], pids(app)["worker.1"]
    with no_descriptors(running):
        os.kill(victim, signal.SIGKILL)
        running.wait_for("worker.1 starts again.*9 failures in a row")
    row_when(app, "worker.1", phase="running")
    assert row_when(app, "web.1", phase="running")["pid"] == web
    assert running.stop() == 0
    assert "is not well" not in running.out.text


def test_without_a_state_folder_processes_tell_all_the_same_that_they_are_ready(app: App) -> None:
    app.write("tells.py", TELLS)
    app.procfile(web=f"{SWIFT} tells.py READY=1", worker=f"echo up; {STAY}")
    police(app, "web: {ready: {notify: true}, restart: never}\nworker: {restart: always}")
    app.write(".procman", "a file, not a folder")
    running = app.start("-p", str(free_port()))
    running.wait_for("up")
    running.wait_for("web.1 (ready after|could not be started|failed)")
    assert running.stop() == 0
    assert "Traceback" not in running.out.text + running.err.text
