"""A running app is talked to from another terminal."""

from __future__ import annotations

import json
import os
import signal
from datetime import datetime
from typing import TYPE_CHECKING

from procman.control import client
from tests.end_to_end.harness import PROCMAN, PYTHON
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from tests.end_to_end.harness import App, Running


WAITS = "echo up; exec sleep 1000"


def started(app: App, *words: str, **processes: str) -> Running:
    """The app runs, and can be talked to."""
    app.procfile(**(processes or {"web": WAITS, "worker": WAITS}))
    running = app.start(*words)
    wait_until(lambda: os.path.exists(app.root / ".procman" / "control.sock"))
    return running


def test_ps_lists_processes_with_what_they_use(app: App) -> None:
    running = started(
        app, web=f"{PYTHON} -c 'import time; x = b\"x\" * 50_000_000; print(1); time.sleep(99)'"
    )
    pid = running.pid_of("web.1")
    running.wait_for(r"\| 1\n")
    (row,) = app.listed("ps")
    assert (row["name"], row["phase"], row["pid"], row["port"]) == ("web.1", "running", pid, 5000)
    assert row["memory_bytes"] > 50_000_000
    assert row["cpu_percent"] >= 0
    assert datetime.fromisoformat(row["started_at"]).tzinfo is not None
    assert "leader" not in row
    table = app.do("ps")
    assert [line.split()[0] for line in table.out.splitlines()] == ["process", "web.1"]
    assert running.stop() == 0


def test_a_process_is_stopped_started_and_restarted_while_others_go_on(app: App) -> None:
    running = started(app)
    worker, web = running.pid_of("worker.1"), running.pid_of("web.1")
    assert app.do("stop", "web").out == "web.1 is down, exit code 143\n"
    assert not os.path.exists(f"/proc/{web}")
    again = app.do("start", "web.1")
    assert again.code == 0
    assert again.out.startswith("web.1 is running (pid ")
    (row,) = app.listed("restart", "web.*")
    assert (row["phase"], row["restarts"]) == ("running", 2)
    rows = {row["name"]: row for row in app.listed("ps")}
    assert rows["worker.1"]["pid"] == worker
    assert rows["web.1"]["pid"] == row["pid"]
    assert running.stop() == 0


def test_stop_alone_ends_procman_and_waits_for_it(app: App) -> None:
    running = started(app)
    pid = running.process.pid
    stopped = app.do("stop")
    assert stopped.out == f"procman has ended (pid {pid})\n"
    assert running.process.poll() == 0 or running.end() == 0
    assert "stop requested, stopping" in running.out.text
    assert not (app.root / ".procman" / "control.sock").exists()
    again = app.do("stop")
    assert (again.code, again.err) == (3, "procman: no procman runs this app: 'procman start' runs it\n")


def test_who_takes_long_is_not_waited_for_longer_than_asked(app: App) -> None:
    running = started(app, "-t", "2", web="trap '' TERM; echo up; while :; do sleep 0.1; done")
    running.wait_for("up")
    late = app.do("stop", "web", "--timeout", "0.2")
    assert late.code == 1
    assert "not done after 0.2 s" in late.err
    assert app.do("stop", "web", "--no-wait").out.startswith("web.1 is stopping")
    assert app.do("stop", "web").out == "web.1 is down, exit code 137\n"
    assert app.do("stop", "--no-wait").out == f"procman is stopping (pid {running.process.pid})\n"
    assert running.end() == 0


def test_a_second_start_says_who_runs_the_app(app: App) -> None:
    running = started(app)
    second = app.do("start")
    assert second.code == 3
    assert f"procman runs this app already (pid {running.process.pid}, since " in second.err
    beside = app.start("--separate", "worker")
    beside.pid_of("worker.1")
    assert beside.stop() == 0
    assert len(app.listed("ps")) == 2  # the socket is still the first one's
    assert running.stop() == 0


def test_start_of_a_type_that_did_not_run_starts_it_in_the_running_app(app: App) -> None:
    app.procfile(web=WAITS, worker=WAITS)
    running = app.start("web")
    wait_until(lambda: os.path.exists(app.root / ".procman" / "control.sock"))
    asked = app.do("start", "worker")
    assert asked.code == 0
    assert "procman logs -f worker" in asked.out
    assert running.pid_of("worker.1") == {row["name"]: row["pid"] for row in app.listed("ps")}["worker.1"]
    counted = app.do("start", "worker=2")
    assert (counted.code, "'procman scale worker=2'" in counted.err) == (2, True)
    unknown = app.do("start", "wrker")
    assert unknown.code != 0
    assert "did you mean 'worker'" in unknown.err
    assert running.stop() == 0


def test_logs_come_from_what_is_kept_and_then_live_over_a_restart(app: App) -> None:
    running = started(app, web="echo one; echo caf\\303\\251; exec sleep 1000", worker=WAITS)
    running.wait_for("one")
    kept = app.do("logs", "web", "--no-prefix")
    assert kept.out.splitlines()[0] == "one"
    following = app.launch(*PROCMAN, "logs", "-f", "web", "--no-prefix")
    following.wait_for("one")
    app.do("restart", "web")
    following.wait_for("one(.|\n)*one")
    assert app.do("logs", "--grep", "^one", "-n", "1", "--json").out.count("\n") == 1
    assert app.do("logs", "--grep", "(").code == 2
    app.do("stop")
    assert following.end() == 0  # when procman ends


def test_events_are_told_as_they_come(app: App) -> None:
    started(app)
    following = app.launch(*PROCMAN, "events", "--json")
    wait_until(lambda: app.do("signal", "URG", "worker").code == 0 and "CommandGiven" in following.out.text)
    app.do("restart", "web")
    following.wait_for("ProcessStarted")
    kinds = [json.loads(line)["type"] for line in following.out.text.splitlines()]
    assert kinds[-3:] == ["CommandGiven", "ProcessEnded", "ProcessStarted"]
    app.do("stop")
    assert following.end() == 0


def test_a_signal_is_sent_to_the_main_process(app: App) -> None:
    running = started(app, web="trap 'echo got it' USR2; echo up; while :; do sleep 0.05; done")
    running.wait_for("up")
    assert "web.1 got it (pid" in app.do("signal", "USR2", "web").out
    running.wait_for("got it")
    assert app.do("signal", "USR2").code == 2
    assert app.do("signal", "NOPE", "web").code == 2
    assert app.do("signal", "HUP", "wbe").code == 4
    assert running.stop() == 0


def test_a_socket_that_a_killed_procman_left_is_replaced(app: App) -> None:
    running = started(app)
    supervisor = running.supervisor().pid
    os.kill(running.process.pid, signal.SIGKILL)
    wait_until(lambda: not os.path.exists(f"/proc/{supervisor}"))
    again = app.start()
    again.pid_of("worker.1")
    wait_until(lambda: app.do("ps").code == 0)
    assert again.stop() == 0


def test_a_start_waits_for_one_whose_guardian_was_killed(app: App) -> None:
    running = started(app, web="trap 'sleep 1; exit' TERM; echo up; while :; do sleep 0.05; done")
    running.wait_for("up")
    running.process.kill()
    running.process.wait()
    again = app.start()
    again.wait_for("up")
    assert again.stop() == 0


def test_a_restart_is_told_while_nothing_else_happens(app: App) -> None:
    running = started(app, web="exec sleep 1000", worker="exec sleep 1000")
    for _ in range(3):
        assert app.do("restart", "web", "--timeout", "20").code == 0
    assert running.stop() == 0


def test_scale_follows_the_rule_for_ports_and_forgets_what_is_gone(app: App) -> None:
    running = started(app, web='echo "port $PORT"; exec sleep 1000', worker=WAITS)
    scaled = app.do("scale", "web=3", "worker=0")
    assert scaled.code == 0
    assert scaled.out.startswith("web.1 is running")
    running.wait_for("port 5002")
    rows = app.listed("ps")
    assert [(row["name"], row["port"]) for row in rows] == [("web.1", 5000), ("web.2", 5001), ("web.3", 5002)]
    assert app.do("scale", "web=1").code == 0
    assert [row["name"] for row in app.listed("ps")] == ["web.1"]
    unknown = app.do("scale", "wbe=2")
    assert (unknown.code, "did you mean 'web'" in unknown.err) == (4, True)
    assert app.do("scale", "web").code == 2
    assert running.stop() == 0


def test_a_thousand_restarts_leak_nothing_and_are_told_once_each(app: App) -> None:
    running = started(app, web="exec sleep 1000", worker="exec sleep 1000")
    folder, supervisor = str(app.root / ".procman"), running.supervisor()
    seen = 0
    for number in range(1, 1001):
        (row,) = client.ask(folder, "restart", timeout=20.0, names=["web"])
        assert (row["phase"], row["restarts"]) == ("running", number)
        if number == 20:
            files, memory = supervisor.num_fds(), supervisor.memory_info().rss
        seen = row["pid"]
    assert supervisor.num_fds() <= files + 1
    assert supervisor.memory_info().rss < memory + 5_000_000
    assert seen in [child.pid for child in supervisor.children()]
    assert len(supervisor.children()) == 2  # no orphan
    assert running.stop() == 0


def test_a_client_that_is_stopped_slows_nobody_and_is_told_what_it_missed(app: App) -> None:
    many = (
        "import os; line = b'x' * 99 + b'\\n'; [os.write(1, line * 5000) for _ in range(100)]; print('all')"
    )
    app.write("many.py", f"import time; time.sleep(1.5)\n{many}\ntime.sleep(1000)\n")
    running = started(app, web=f"{PYTHON} many.py")
    following = app.launch(*PROCMAN, "logs", "-f", "--no-prefix")
    following.wait_for("started")
    following.process.send_signal(signal.SIGSTOP)
    running.wait_for(r"\| all\n")  # the log went on
    assert running.supervisor().memory_info().rss < 100_000_000
    following.process.send_signal(signal.SIGCONT)
    following.err.wait_for(r"\d+ pieces of the log are left out")
    following.wait_for("all\n")
    assert running.stop() == 0
    assert following.end() == 0


def test_logs_show_a_line_as_start_does_and_steer_nothing(app: App) -> None:
    running = started(app, web=r"printf '\033[31mred\n\033[2Jcleared\nplain\n'; exec sleep 1000")
    running.wait_for("plain")
    ended = app.do("logs", "web", "--no-prefix")
    assert ended.err == ""
    shown = ended.out
    assert "\033[31mred\033[0m\n" in shown
    assert "\033[2J" not in shown
    assert "plain\n" in shown
    assert running.stop() == 0


def test_ps_on_a_narrow_screen_breaks_no_number(app: App) -> None:
    running = started(app)
    worker = running.pid_of("worker.1")
    screen = app.launch_on_terminal(*PROCMAN, "ps", columns=40)
    screen.wait_for(rf"worker\.1 .*running\S* +{worker} ")
    assert "memory" not in screen.out.text
    assert screen.end() == 0
    assert running.stop() == 0


def test_the_history_says_why_a_run_waits(app: App) -> None:
    app.tasks("slow: {command: 'touch began; exec sleep 1000', schedule: every second, overlap: queue}")
    running = started(app)
    wait_until((app.root / "began").exists)
    wait_until(lambda: any(row["reason"] == "slow.1 is still running" for row in app.listed("history")))
    assert "slow.1 is still running" in app.do("history").out
    assert running.stop() == 0
