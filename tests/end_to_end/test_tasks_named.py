"""`procman scheduler TASK`: the ticks of some tasks here, those of others by somebody else's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psutil

from tests.end_to_end.harness import PROCMAN

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

EACH_SECOND = "command: echo it, schedule: '* * * * * *'"


def test_only_their_ticks_run_and_the_jobs_of_all(app: App) -> None:
    app.tasks(f"ours: {{{EACH_SECOND}}}\ntheirs: {{{EACH_SECOND}}}")
    app.do("run", "task", "theirs", "--in", "1s")
    running = app.launch(*PROCMAN, "scheduler", "ours")
    running.wait_for(r"theirs\.\d+ exited")
    running.wait_for(r"(?s)(?:ours\.\d+ exited.*){2}")
    assert running.stop() == 0
    triggers = {(run.task, str(run.trigger)) for run in app.runs}
    assert triggers == {("ours", "schedule"), ("theirs", "delayed")}


def test_a_name_that_no_task_has_is_told_with_the_one_that_was_meant(app: App) -> None:
    app.tasks("remind: {command: echo it, schedule: hourly at :15}")
    ended = app.do("scheduler", "remnid", "remind", "x")
    assert ended.code == 2
    assert ended.err.splitlines() == [
        "procman: scheduler: no task 'remnid', did you mean 'remind'?",
        "procman: scheduler: no task 'x': there are remind",
    ]


def test_a_scheduler_looks_after_no_processes(app: App) -> None:
    app.procfile(web="sleep 1000")
    app.tasks(f"ours: {{{EACH_SECOND}}}", top="processes: {web: {watch: '*.py', ready: {log: up}}}\n")
    running = app.launch(*PROCMAN, "scheduler")
    running.wait_for(r"ours\.\d+ exited")
    below = psutil.Process(running.process.pid).children(recursive=True)
    assert not [each for each in below if "procman.host.watcher" in " ".join(each.cmdline())]
    assert running.stop() == 0
