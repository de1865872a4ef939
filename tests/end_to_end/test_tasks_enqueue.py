"""`from procman import enqueue` in the app's own code: threads, forks and processes at once."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from contextlib import closing
from typing import TYPE_CHECKING

from procman.core.tasks.run import Outcome, State, Trigger
from tests.end_to_end.harness import PROCMAN, PYTHON, Finished
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from tests.end_to_end.harness import App, Running

HEAD = """
import os, sys, threading, time
from datetime import UTC, datetime, timedelta, timezone
from procman import enqueue
"""
SHOW = "show: printf '<%s>' x\nother: 'true'"


def python(app: App, code: str, env: dict[str, str] | None = None) -> Finished:
    """Code of the app, run in its folder."""
    return ended(app.launch(PYTHON, "-c", HEAD + code, env=env))


def ended(running: Running) -> Finished:
    return Finished(running.end(), running.out.text, running.err.text)


def listening(app: App) -> Running:
    running = app.launch(*PROCMAN, "scheduler")
    wait_until((app.root / ".procman" / "wake").exists)
    return running


def test_the_app_asks_and_the_procman_that_runs_it_runs_it(app: App) -> None:
    app.write("ask.py", f"{HEAD}print(enqueue('show', 'a b', 42, 1.5, '$(touch hurt)', ''))")
    app.procfile(web=f"{PYTHON} ask.py; exec sleep 1000")
    app.tasks("show: printf '<%s>'")
    running = app.start()
    running.wait_for(r"show\.1 exited with code 0")
    running.wait_for(r"web\.1 +\| .*1\n")
    assert running.said_by("show.1") == ["<a b><42><1.5><$(touch hurt)><>"]
    assert running.stop() == 0
    (run,) = app.runs
    assert (run.trigger, run.outcome) == (Trigger.MANUAL, Outcome.OK)
    assert run.args == ("a b", "42", "1.5", "$(touch hurt)", "")
    assert not (app.root / "hurt").exists()


def test_it_is_started_by_the_bell_and_not_by_the_next_look(app: App) -> None:
    """The next look would come after 30 s, longer than the test's patience."""
    app.tasks(SHOW)
    running = listening(app)
    for number in range(1, 4):
        assert python(app, "enqueue('show')").code == 0
        running.wait_for(rf"show\.{number} exited with code 0")
    assert running.stop() == 0
    assert all((run.lateness or 0) < 30 for run in app.runs)


def test_later_at_a_time_and_only_once_for_a_key(app: App) -> None:
    app.tasks(SHOW)
    running = listening(app)
    said = python(
        app,
        """
print(enqueue("show", 1, delay=timedelta(seconds=0.3)))
print(enqueue("show", 2, delay=0.2))
print(enqueue("show", 3, at=datetime.now(UTC) + timedelta(seconds=0.1)))
print(enqueue("show", 4, at=datetime(2100, 12, 24, 18, tzinfo=timezone(timedelta(hours=1)))))
print(enqueue("show", 5, at=datetime(2001, 1, 1, tzinfo=UTC)))
print(enqueue("show", 6, key="k"), enqueue("show", 7, key="k"), enqueue("other", key="k"))
""",
    )
    assert (said.out, said.err) == ("1\n2\n3\n4\n5\n6 6 7\n", "")
    wait_until(lambda: sum(run.outcome is Outcome.OK for run in app.runs) == 6)
    assert running.stop() == 0
    (job,) = app.listed("jobs")
    assert (job["id"], job["due"]) == (4, "2100-12-24T17:00:00Z")
    for run in app.runs:
        assert run.due
        assert (run.started_at or 4e9 + 1e9) >= run.due
        assert run.trigger is (
            Trigger.MANUAL if run.task == "other" or run.args == ("6",) else Trigger.DELAYED
        )


def test_without_a_procman_it_is_kept_for_the_next_start(app: App) -> None:
    app.tasks(SHOW)
    assert python(app, "print(enqueue('show', 'x'))").out == "1\n"
    folder = app.root / ".procman"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "procman.db").stat().st_mode) == 0o600
    running = app.launch(*PROCMAN, "scheduler")
    running.wait_for(r"show\.1 exited with code 0")
    assert running.stop() == 0


def test_from_eight_processes_and_many_threads_at_once_none_is_lost(app: App) -> None:
    """The processes wait for one another, so that all of them make the store, too."""
    app.tasks("show: ':'")
    app.write(
        "ask.py",
        HEAD
        + """
def ask():
    for number in range(10):
        enqueue("show", os.getpid(), threading.get_ident(), number)
print("ready", flush=True)
while not os.path.exists("go"):
    time.sleep(0.001)
threads = [threading.Thread(target=ask) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
""",
    )
    askers = [app.launch(PYTHON, "ask.py") for _ in range(8)]
    for asker in askers:
        asker.wait_for("ready")
    app.write("go", "")
    assert [ended(asker) for asker in askers] == [(0, "ready\n", "")] * 8
    assert len({run.args for run in app.runs}) == len(app.runs) == 8 * 4 * 10
    running = app.launch(*PROCMAN, "scheduler")
    wait_until(lambda: all(run.outcome for run in app.runs))
    assert running.stop() == 0
    assert {run.outcome for run in app.runs} == {Outcome.OK}
    assert len(app.runs) == 320


def test_asked_for_while_they_run_none_is_lost(app: App) -> None:
    app.tasks("show: ':'")
    running = listening(app)
    askers = [app.launch(PYTHON, "-c", HEAD + "for n in range(25): enqueue('show', n)") for _ in range(4)]
    assert [ended(asker).code for asker in askers] == [0] * 4
    wait_until(lambda: len(app.runs) == 100 and all(run.outcome for run in app.runs))
    assert running.stop() == 0
    assert {run.outcome for run in app.runs} == {Outcome.OK}


def test_after_a_fork_parent_and_child_ask_on(app: App) -> None:
    app.tasks(SHOW)
    said = python(
        app,
        """
enqueue("show", "before")
children = []
for number in range(3):
    pid = os.fork()
    if not pid:
        for n in range(20): enqueue("show", "child", number, n)
        sys.exit() if number else os._exit(0)
    children.append(pid)
for n in range(10): enqueue("show", "parent", n)
print([os.waitpid(pid, 0)[1] for pid in children])
for n in range(10, 20): enqueue("show", "parent", n)
""",
    )
    assert (said.out, said.err) == ("[0, 0, 0]\n", "")
    assert len({run.args for run in app.runs}) == len(app.runs) == 81
    assert {run.state for run in app.runs} == {State.PENDING}


def test_what_cannot_be_meant_is_an_error_and_nothing_is_kept(app: App) -> None:
    app.tasks(SHOW)
    said = python(
        app,
        """
for call in (
    "enqueue('show', 1, [2])", "enqueue('show', at=datetime(2100, 1, 1))", "enqueue('show', delay='10')",
    "enqueue('')", "enqueue('sho')", "enqueue('show', key='')",
):
    try: eval(call)
    except (TypeError, ValueError) as error: print(type(error).__name__, error)
""",
    )
    path = app.root / "procman.yml"
    assert said == (
        0,
        "TypeError argument 2 is a list: a command takes str, int and float; pass a number or a name by which"
        " the task finds it again\n"
        "ValueError at=datetime.datetime(2100, 1, 1, 0, 0) has no time zone: make it aware, as with"
        " datetime.now(UTC)\n"
        "ValueError delay: '10' has no unit: is it 10s or 10m?\n"
        "ValueError the name of the task is empty: write one that stands in procman.yml\n"
        f"ValueError {path}: no task 'sho', did you mean 'show'?\n"
        "ValueError key is empty: write what is to happen once only, as key='welcome-42', or leave it out\n",
        "",
    )
    assert app.runs == []


def test_from_an_asyncio_loop_that_goes_on_while_the_store_is_locked(app: App) -> None:
    app.tasks(SHOW)
    python(app, "enqueue('show')")
    app.write(
        "ask.py",
        HEAD
        + """
import asyncio
from procman import enqueue_async
async def main():
    asked = [asyncio.ensure_future(enqueue_async("show", n, delay="1h", key=f"{n}")) for n in range(20)]
    for _ in range(20): await asyncio.sleep(0.001)
    await asyncio.to_thread(print, "the loop goes on, and so do its threads", flush=True)
    print(sorted(await asyncio.gather(*asked)) == list(range(2, 22)))
    try: await enqueue_async("none")
    except ValueError as error: print(error)
asyncio.run(main())
""",
    )
    with closing(sqlite3.connect(app.root / ".procman" / "procman.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        running = app.launch(PYTHON, "ask.py")
        running.wait_for("the loop goes on")
        other.execute("ROLLBACK")
    assert ended(running).err == ""
    assert running.lines[1:] == ["True", f"{app.root}/procman.yml: no task 'none': there are show, other"]
    assert {run.key for run in app.runs} == {None, *map(str, range(20))}


def test_where_there_is_no_app_is_an_error_that_says_what_to_do(app: App) -> None:
    said = python(app, "enqueue('show')")
    assert said.code == 1
    assert said.err.splitlines()[-1] == (
        f"ValueError: no app with tasks in {app.root}: set PROCMAN_ROOT, or run where procman.yml is"
    )


def test_where_nothing_can_be_kept_is_the_error_that_is_promised(app: App) -> None:
    app.tasks(SHOW)
    app.write(".procman", "a file where the folder should be")
    last = python(app, "enqueue('show')").err.splitlines()[-1]
    assert last.startswith(f"procman.errors.StoreError: {app.root}/.procman is not a folder: move it away")


def test_the_app_is_found_by_procman_root_from_anywhere(app: App) -> None:
    app.tasks(SHOW)
    said = python(app, "os.chdir('/'); print(enqueue('show'))", env={"PROCMAN_ROOT": str(app.root)})
    assert said.out == "1\n"
    assert [run.task for run in app.runs] == ["show"]


def test_a_task_of_a_run_asks_for_further_runs(app: App) -> None:
    app.write("ask.py", f"{HEAD}os.chdir('/'); enqueue('other')")
    app.tasks(f"first: {{command: '{PYTHON} ask.py', schedule: '@reboot'}}\nother: 'true'")
    running = app.launch(*PROCMAN, "scheduler")
    running.wait_for(r"other\.2 exited with code 0")
    assert running.stop() == 0


def test_the_import_is_light(app: App) -> None:
    heavy = "rich yaml croniter zoneinfo asyncio subprocess dotenv psutil threading json".split()
    code = f"import sys; from procman import enqueue; print([m for m in {heavy} if m in sys.modules])"
    path = os.pathsep.join(filter(None, sys.path))
    assert ended(app.launch(PYTHON, "-S", "-c", code, env={"PYTHONPATH": path})) == (0, "[]\n", "")
