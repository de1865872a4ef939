"""Runs by schedule: who they are, what becomes of their output, and that nothing of them is left."""

from __future__ import annotations

import json
import re
import shlex
import signal
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from procman.core.tasks.run import Outcome, State, Trigger
from tests.end_to_end.harness import PROCMAN, PYTHON, command_line
from tests.end_to_end.output import plain, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.core.tasks.run import Run
    from tests.end_to_end.harness import App, Running

SLEEPER = "exec sleep 1000"


def scheduler(app: App, *words: str, **options: dict[str, str]) -> Running:
    return app.launch(*PROCMAN, "scheduler", *words, **options)


def sleepers(app: App) -> list[psutil.Process]:
    return [process for process in app.processes() if command_line(process).startswith("sleep ")]


def daemons(running: Running) -> Callable[[], list[str]]:
    """Tells the commands of what sleeps for 2000 seconds and more below procman, however it got there."""
    procman = running.process

    def found() -> list[str]:
        if procman.poll() is not None:
            return []
        below = psutil.Process(procman.pid).children(recursive=True)
        return sorted(words for process in below if (words := command_line(process)).startswith("sleep 2"))

    return found


# Ticks


EXPRESSIONS = {"words": "every second", "cron": "'* * * * * mon-sun Europe/Riga'"}


def test_every_tick_runs_once_and_on_time(app: App) -> None:
    app.tasks(
        "\n".join(f"{name}: {{command: 'true', schedule: {each}}}" for name, each in EXPRESSIONS.items())
        + "\noff: {command: 'true', schedule: every second, enabled: no}"
    )
    running = scheduler(app)
    wait_until(lambda: all(len(ended(app, name)) >= 2 for name in ("words", "cron")))
    app.do("run", "task", "off", "--detach")
    running.wait_for(r"off\.\d+ exited with code 0")
    assert running.stop() == 0
    assert [run.trigger for run in ended(app, "off")] == [Trigger.MANUAL]
    for name in ("words", "cron"):
        first, second, *_ = ended(app, name)
        assert (first.trigger, first.outcome, first.attempt) == (Trigger.SCHEDULE, Outcome.OK, 1)
        assert first.tick
        assert second.tick == first.tick + 1
        for run in (first, second):
            assert run.due == run.tick
            assert run.started_at
            assert run.tick
            assert run.started_at >= run.tick


def ended(app: App, task: str) -> list[Run]:
    return [run for run in app.runs if run.task == task and run.outcome]


def test_at_start_and_once(app: App) -> None:
    soon = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 2))
    app.tasks(f"""
        boot: {{command: 'true', schedule: '@reboot'}}
        once: {{command: 'true', schedule: at {soon} UTC}}
        past: {{command: 'true', schedule: at 2001-01-01 10:00}}
    """)
    first = scheduler(app)
    first.wait_for(r"boot\.1 exited with code 0")
    first.wait_for(r"once\.2 exited with code 0")
    assert first.stop() == 0
    for number in (3, 4, 5):  # within one second
        again = scheduler(app)
        again.wait_for(rf"boot\.{number} exited with code 0")
        assert again.stop() == 0
    assert [run.name for run in app.runs] == ["boot.1", "once.2", "boot.3", "boot.4", "boot.5"]


def test_what_a_tick_does_while_a_run_of_its_task_is_there(app: App) -> None:
    for_all = "command: sleep 1.2, schedule: every second"
    app.tasks("\n".join(f"{name}: {{{for_all}, overlap: {name}}}" for name in OVERLAPS))
    running = scheduler(app)
    wait_until(lambda: all(len(ended(app, name)) >= 2 for name in OVERLAPS))
    assert running.stop() == 0
    for name, (outcome, reason) in OVERLAPS.items():
        first, second = [run for run in app.runs if run.task == name][:2]
        assert first.outcome is (Outcome.STOPPED if name == "replace" else Outcome.OK)
        assert second.outcome in (outcome, Outcome.STOPPED)
        told = first.reason if name == "replace" else second.reason
        assert told in (reason.format(first.name, second.name) or None, "procman was asked to stop")
        assert first.ended_at
        if name == "allow":
            assert second.started_at
            assert second.started_at < first.ended_at
        elif second.started_at:
            assert second.started_at >= first.ended_at


OVERLAPS = {
    "skip": (Outcome.SKIPPED, "{0} is still running"),
    "allow": (Outcome.OK, ""),
    "queue": (Outcome.OK, ""),
    "replace": (Outcome.STOPPED, "replaced by {1}"),
}


# Ends


def test_one_that_takes_too_long_gets_term_and_then_kill_with_its_whole_group(app: App) -> None:
    app.write("ignoring", "trap 'echo told' TERM; echo up; while :; do sleep 0.05; done")
    app.tasks("endless: {command: 'sh ignoring & exec sh ignoring', timeout: 200ms}")
    app.do("run", "task", "endless", "--detach")
    running = scheduler(app, "-t", "0.3")
    running.wait_for(r"endless\.1 timed out: took longer than 200 ms, stopping it")
    running.wait_for(r"sending SIGKILL to endless\.1")
    wait_until(lambda: app.runs[0].outcome)
    assert len(app.processes()) == 2  # guardian and supervisor
    assert running.said_by("endless.1").count("told") == 1, "the main process alone was asked"
    assert running.stop() == 0
    (run,) = app.runs
    assert (run.outcome, run.code, run.reason) == (
        Outcome.TIMED_OUT,
        -signal.SIGKILL,
        "took longer than 200 ms",
    )


def test_what_a_run_leaves_in_its_group_or_as_a_daemon_is_stopped_when_it_ends(app: App) -> None:
    app.procfile(web="exec sleep 1000", other="setsid sleep 1001 & exec sleep 1000")
    app.tasks(
        "litter: 'sleep 2000 & setsid sleep 2001 & setsid -f sh -c \"sleep 2002 & sleep 2003\"; sleep 0.1'"
    )
    running = app.start()
    running.pid_of("other.1")
    app.do("run", "task", "litter", "--detach")
    running.wait_for(r"litter\.1 exited with code 0")
    wait_until(lambda: not any(" 200" in command_line(process) for process in sleepers(app)))
    assert sorted(map(command_line, sleepers(app))) == ["sleep 1000", "sleep 1000", "sleep 1001"]
    assert running.stop() == 0
    assert app.runs[0].outcome is Outcome.OK


CLEANED = """
import os, sys
read, write = os.pipe()
if os.fork():
    os.close(write)
    os.read(read, 1)  # until it has become another program
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
null = os.open("/dev/null", os.O_RDWR)
for number in range(3):
    os.dup2(null, number)
os.execve("/bin/sleep", ["sleep", sys.argv[1]], {})
"""


def test_daemons_with_a_cleaned_environment_end_with_the_runs_that_may_have_left_them(app: App) -> None:
    app.write("daemon.py", CLEANED)
    app.tasks(f"""
        first: '{PYTHON} daemon.py 2001; echo there; sleep 0.2'
        second: 'echo there; while ! test -e over; do sleep 0.1; done'
        third: '{PYTHON} daemon.py 2003'
    """)
    running = scheduler(app)
    left = daemons(running)
    app.do("run", "task", "first", "--detach")
    running.wait_for(r"first\.1 +\| there")
    wait_until(lambda: left() == ["sleep 2001"])
    running.wait_for(r"first\.1 exited with code 0")
    wait_until(lambda: not left())
    app.do("run", "task", "second", "--detach")
    running.wait_for(r"second\.2 +\| there")
    app.do("run", "task", "third", "--detach")
    running.wait_for(r"third\.3 exited with code 0")
    app.do("run", "task", "first", "--detach")  # a look follows each end
    running.wait_for(r"first\.4 exited with code 0")
    time.sleep(0.3)
    assert left() == ["sleep 2001", "sleep 2003"], "the second may have left them, and is there"
    app.write("over", "")
    running.wait_for(r"second\.2 exited with code 0")
    wait_until(lambda: not left())
    assert running.stop() == 0


def test_the_output_tells_whose_a_daemon_is(app: App) -> None:
    app.procfile(web="(env -i setsid sleep 2001 &); exec sleep 1000")
    app.tasks("""
        first: '(env -i setsid sleep 2002 &); echo there; while ! test -e over; do sleep 0.1; done'
        second: '(env -i setsid sleep 2003 &); sleep 0.1'
    """)
    running = app.start()
    left = daemons(running)
    app.do("run", "task", "first", "--detach")
    running.wait_for(r"first\.1 +\| there")
    app.do("run", "task", "second", "--detach")
    running.wait_for(r"second\.2 exited with code 0")
    wait_until(lambda: left() == ["sleep 2001", "sleep 2002"])
    app.write("over", "")
    running.wait_for(r"first\.1 exited with code 0")
    wait_until(lambda: left() == ["sleep 2001"])
    below = psutil.Process(running.process.pid).children(recursive=True)
    assert running.stop() == 0
    assert not any(process.is_running() for process in below)


def test_what_a_run_by_hand_leaves_is_stopped_too(app: App) -> None:
    app.tasks("litter: 'sleep 2000 & setsid sleep 2001 & sleep 0.1'")
    assert app.do("run", "task", "litter").code == 0
    assert app.processes() == []


def test_a_failing_task_never_stops_the_formation(app: App) -> None:
    app.procfile(web=SLEEPER)
    app.tasks("""
        bad: {command: 'exit 7', schedule: '@reboot'}
        worse: {command: kill -SEGV $$, schedule: '@reboot'}
    """)
    running = app.start()
    web = psutil.Process(running.pid_of("web.1"))
    running.wait_for(r"bad\.1 exited with code 7")
    running.wait_for(r"worse\.2 terminated by SIGSEGV")
    app.do("run", "task", "bad", "--detach")
    running.wait_for(r"bad\.3 exited with code 7")
    assert web.is_running()
    assert running.stop() == 0
    ends = {row["id"]: (row["outcome"], row["exit_code"], row["signal"]) for row in app.listed("history")}
    assert ends == {1: ("failed", 7, None), 2: ("failed", None, "SIGSEGV"), 3: ("failed", 7, None)}


def test_failed_runs_are_tried_again(app: App) -> None:
    app.tasks("""
        flaky:
          command: echo "attempt $PROCMAN_ATTEMPT"; test $PROCMAN_ATTEMPT = 3
          retries: 5
          retry_delay: 50ms
    """)
    app.do("run", "task", "flaky", "--detach")
    running = scheduler(app)
    running.wait_for(r"flaky\.1 will be tried again in 0 s \(attempt 2 of 6\)")
    wait_until(lambda: len(app.runs) == 3 and app.runs[2].outcome)
    assert running.stop() == 0
    assert [(run.attempt, run.trigger, run.outcome) for run in app.runs] == [
        (1, Trigger.MANUAL, Outcome.FAILED),
        (2, Trigger.RETRY, Outcome.FAILED),
        (3, Trigger.RETRY, Outcome.OK),
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", ["start", "scheduler"])
def test_a_stop_of_procman_stops_the_runs_and_is_no_failure(
    app: App, command: str, number: signal.Signals
) -> None:
    app.procfile(web=SLEEPER)
    app.tasks(f"long: {{command: 'echo up; {SLEEPER}', schedule: '@reboot'}}")
    running = app.launch(*PROCMAN, command)
    running.wait_for(r"\| up")
    assert running.stop(number) == 0
    (run,) = app.runs
    assert (run.outcome, run.reason) == (Outcome.STOPPED, "procman was asked to stop")


def test_when_the_formation_ends_the_runs_are_stopped_and_the_exit_code_is_the_formations(app: App) -> None:
    app.procfile(web="until test -e up; do sleep 0.01; done; exit 5")
    app.tasks(f"long: {{command: 'touch up; {SLEEPER}', schedule: '@reboot'}}")
    assert app.do("start").code == 5
    assert [run.outcome for run in app.runs] == [Outcome.STOPPED]


def test_ctrl_c_on_the_terminal_stops_the_scheduler(app: App) -> None:
    app.tasks(f"long: {{command: 'echo up; {SLEEPER}', schedule: '@reboot'}}")
    running = app.on_terminal("scheduler")
    running.wait_for(r"\| .*up")
    running.type("\x03")
    assert running.end() == 0
    assert app.runs[0].outcome is Outcome.STOPPED


def test_start_says_what_is_scheduled_in_the_zone_of_the_app(app: App) -> None:
    app.procfile(web=SLEEPER)
    app.tasks("late: {command: 'true', schedule: at 2040-01-01 06:00 UTC}", top="timezone: Asia/Tokyo\n")
    running = app.start()
    running.wait_for(r"^.*system +\| 1 task, next: late at 15:00 on Sun 2040-01-01$")
    assert running.stop() == 0


def test_without_scheduler_no_task_runs_and_no_store_is_made(app: App) -> None:
    app.procfile(web="sleep 0.3")
    app.tasks("boot: {command: 'true', schedule: '@reboot'}")
    ended = app.do("start", "--no-scheduler")
    assert ended.code == 0
    assert "boot" not in ended.out + ended.err
    assert not (app.root / ".procman" / "procman.db").exists()
    assert not (app.root / ".procman" / "wake").exists()


def test_a_scheduler_without_tasks_is_a_mistake_with_a_hint(app: App) -> None:
    for content in (None, "", "tasks:\n"):
        if content is not None:
            app.write("procman.yml", content)
        said = app.do("scheduler")
        assert (said.code, said.out) == (2, "")
        assert "procman.yml: no tasks: write some below 'tasks:'" in said.err


def test_the_scheduler_starts_nothing_of_a_procfile(app: App) -> None:
    app.procfile(web=SLEEPER)
    app.tasks("boot: {command: 'true', schedule: '@reboot'}")
    running = scheduler(app)
    running.wait_for(r"boot\.1 exited")
    assert running.stop() == 0
    assert "web" not in running.out.text


# Output and environment


def test_a_flood_is_whole_in_the_log_and_cut_in_the_row_and_takes_little_memory(app: App) -> None:
    line = "x" * 999
    app.tasks(f"flood: 'echo first; yes {line} | head -n 100000; echo last'")
    app.do("run", "task", "flood", "--detach")
    script = 'exec "$@" > log'
    running = app.launch("/bin/sh", "-c", script, "sh", *PROCMAN, "scheduler")
    wait_until(lambda: app.runs[0].outcome)
    peak = peak_of(running.supervisor().pid)
    assert running.stop() == 0
    said = [
        line.partition(b"| ")[2]
        for line in (app.root / "log").read_bytes().splitlines()
        if re.search(rb"flood\.1 +\|", line)
    ]
    assert said[0] == b"first"
    assert said[-1] == b"last"
    assert len(said) == 100_002
    assert set(said[1:-1]) == {line.encode()}
    assert peak < 150_000_000
    (run,) = app.listed("history", "show", "1")
    assert run["output_bytes"] == 100_000_000 + len("first\nlast\n")
    assert run["truncated"] is True
    assert run["output"].startswith(f"first\n{line}\n")
    assert run["output"].endswith(f"{line}\nlast\n")
    assert 1 << 19 < len(run["output"]) <= (1 << 20) + 200


def peak_of(pid: int) -> int:
    """Bytes of memory that a process has had at most (proc_pid_status(5))."""
    with open(f"/proc/{pid}/status") as file:
        found = re.search(r"VmHWM:\s+(\d+) kB", file.read())
    assert found
    return 1024 * int(found[1])


def test_output_that_is_no_text_is_kept_and_shown(app: App) -> None:
    app.tasks(r"""odd: {command: 'printf "\377\000\033[2J no end\033]0;\nlast"', schedule: '@reboot'}""")
    running = scheduler(app)
    running.wait_for(r"odd\.1 exited")
    assert running.stop() == 0
    assert app.listed("history", "show", "1")[0]["output"] == "\ufffd\0\x1b[2J no end\x1b]0;\nlast"
    shown = app.on_terminal("history", "show", "1")
    assert shown.end() == 0
    assert shown.lines[-3:] == [r"\xff\x00", r" no end\x1b]0;", "last"], "a clear begins a line"


def test_a_run_knows_who_it_is(app: App) -> None:
    app.procfile(web=SLEEPER)
    app.write(".env", "FROM_FILE=yes\n")
    app.tasks("who: {command: env, schedule: '@reboot'}")
    running = app.start("-p", "7000")
    running.wait_for(r"who\.1 exited")
    assert running.stop() == 0
    found = dict(line.partition("=")[::2] for line in running.said_by("who.1"))
    run = app.runs[0]
    scheduled = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(run.tick))
    assert {key: found.get(key) for key in ("PROCMAN_TASK", "PROCMAN_RUN_ID", "PROCMAN_ATTEMPT", "PS")} == {
        "PROCMAN_TASK": "who",
        "PROCMAN_RUN_ID": "1",
        "PROCMAN_ATTEMPT": "1",
        "PS": "who.1",
    }
    assert found["PROCMAN_SCHEDULED_AT"] == scheduled
    assert found["PROCMAN_ROOT"] == str(app.root)
    assert found["PWD"] == str(app.root)
    assert found["FROM_FILE"] == "yes"
    assert "PORT" not in found


def test_a_procman_in_a_run_tells_its_processes_nothing_of_that_run(app: App) -> None:
    inner = app.root / "inner"
    inner.mkdir()
    (inner / "Procfile").write_text("web: env\n")
    (inner / "procman.yml").write_text("tasks: {own: env}\n")
    procman = shlex.join(PROCMAN)
    app.tasks(f"""
        one: {procman} start -d inner
        two: {procman} run -d inner env
        three: cd inner && {procman} run task own
    """)
    for task in ("one", "two"):
        ended = app.do("run", "task", task)
        assert ended.code == 0
        assert "PROCMAN_RUN_ID" not in ended.out
        assert "PROCMAN_TASK" not in ended.out
        assert f"PROCMAN_STATE={inner}/.procman" in ended.out
    ended = app.do("run", "task", "three")
    assert "PROCMAN_TASK=own\n" in ended.out
    assert "PROCMAN_RUN_ID=1\n" in ended.out
    assert [run.task for run in app.runs] == ["one", "two", "three"]


def test_a_run_that_was_asked_for_knows_when_it_was_due(app: App) -> None:
    app.tasks("who: echo $PROCMAN_SCHEDULED_AT")
    (job,) = app.listed("run", "task", "who", "--in", "100ms")
    running = scheduler(app)
    running.wait_for(r"who\.1 exited")
    assert running.stop() == 0
    (said,) = running.said_by("who.1")
    assert said[:19] == job["due"][:19]


def test_each_task_has_its_colour_and_its_runs_their_number(app: App) -> None:
    app.procfile(web=SLEEPER)
    app.tasks("one: echo hello\ntwo: echo hello")
    for task in ("one", "two", "one", "two"):
        app.do("run", "task", task, "--detach")
    running = app.on_terminal("start")
    for name in (r"one\.1", r"two\.2", r"one\.3", r"two\.4"):
        running.wait_for(rf"{name} +\| .*hello")
    assert running.stop() == 0
    colours = {
        name: set(re.findall(rf"\x1b\[([0-9;]+)m(?:[0-9:]+ )?{name}\.\d+ +\|", running.out.text))
        for name in ("one", "two")
    }
    assert len(colours["one"]) == len(colours["two"]) == 1
    assert colours["one"] != colours["two"]
    columns = {line.index("|") for line in map(plain, running.out.text.splitlines()) if " | " in line}
    assert len(columns) == 1


def test_secrets_of_the_environment_are_told_nowhere(app: App) -> None:
    app.procfile(web=SLEEPER)
    app.write(".env", "SECRET_TOKEN=hunter2hunter2\n")
    app.tasks("use: {command: 'test -n \"$SECRET_TOKEN\" && sleep 0.2', schedule: '@reboot'}")
    running = app.start()
    running.wait_for(r"use\.1 started")
    lines = [command_line(process) for process in app.processes()]
    running.wait_for(r"use\.1 exited with code 0")
    assert running.stop() == 0
    told = [running.out.text, running.err.text, *lines]
    for words in (("history",), ("history", "show", "1"), ("schedule",), ("tasks",), ("check",)):
        told += [app.do(*words).out, app.do(*words, "--json").out]
    assert not any("hunter2" in text for text in told)
    store = (app.root / ".procman" / "procman.db").read_bytes()
    assert b"hunter2" not in store
    assert json.loads(told[-1])["environment"][-1]["source"] == ".env"
    assert [run.state for run in app.runs] == [State.FINISHED]
