"""kill -9 of children, again and again, and of procman itself while it waits, asks or watches."""

from __future__ import annotations

import os
import random
import re
import signal
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.end_to_end.harness import PYTHON
from tests.end_to_end.output import wait_until
from tests.end_to_end.policed import (
    SERVE,
    STAY,
    SWIFT,
    TELLS,
    ask,
    following,
    phases,
    pids,
    police,
    row_when,
    rows,
    serving,
    started,
    told,
)

if TYPE_CHECKING:
    from tests.end_to_end.harness import App, Running

OFTEN = "backoff: {initial: 20ms, max: 40ms, give_up_after: never}"
WRITES = f"{PYTHON} -S -s -u -c 'import itertools\nfor n in itertools.count(): print(\"line\", n)'"
PROBED = """
web: {ready: {http: /, every: 50ms}, alive: {http: /, every: 50ms}, restart: always}
asked: {ready: {cmd: sleep 987 & sleep 987, within: 1h, timeout: 1h}}
late: {ready: {tcp: 1, within: 1h}}
lame: {restart: always, backoff: {initial: 1h, max: 1h}}
telling: {ready: {notify: true, within: 1h}}
seen: {watch: "*.py"}
large: {max_memory: 1G}
"""


def zombies(running: Running) -> list[psutil.Process]:
    """Children of procman that it has not taken leave of."""
    below = psutil.Process(running.process.pid).children(recursive=True)
    with suppress(psutil.NoSuchProcess):  # gone in between
        return [each for each in below if each.status() == psutil.STATUS_ZOMBIE]
    return zombies(running)


def test_sixty_kills_of_ten_processes_under_load_and_all_come_back(app: App) -> None:
    chance = random.Random(10)
    app.write("loud.py", "import itertools\nfor n in itertools.count(): print('line', n)\n")
    app.procfile(loud=f"{SWIFT} loud.py", web=STAY)
    police(
        app,
        f"loud: {{instances: 2, restart: always, {OFTEN}}}\nweb: {{instances: 8, restart: always, {OFTEN}}}",
    )
    running = started(app)
    events = following(app)
    killed: set[int] = set()
    while len(killed) < 60:
        there = [pid for pid in pids(app).values() if pid and pid not in killed]
        if there:
            victim = chance.choice(there)
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
                killed.add(victim)
    wait_until(lambda: set(phases(app).values()) == {"running"} and not killed & {*pids(app).values()})
    assert len(rows(app)) == 10
    wait_until(lambda: len(told(events, "ProcessEnded")) >= 60)
    ended = Counter(fact["pid"] for fact in told(events, "ProcessEnded"))
    assert ended == Counter(killed)
    assert sum(row["restarts"] for row in rows(app).values()) == 60
    wait_until(lambda: not zombies(running))
    assert len(running.supervisor().children()) == 10
    assert running.stop() == 0
    assert events.end() == 0
    said = Counter(re.findall(r"(\w+\.\d) terminated by SIGKILL", running.out.text))
    assert said.total() == 60


@pytest.mark.parametrize("victim", ["guardian", "supervisor"])
def test_procman_killed_while_it_asks_waits_and_watches_leaves_nothing(app: App, victim: str) -> None:
    serving(app)
    app.procfile(web=SERVE, asked=STAY, late=STAY, lame="exit 1", telling=STAY, seen=STAY, large=STAY)
    police(app, PROBED)
    running = started(app)
    row_when(app, "web.1", phase="running")
    row_when(app, "lame.1", phase="backoff")
    wait_until(lambda: [each for each in app.processes() if "987" in each.cmdline()])
    guardian, supervisor = running.process, running.supervisor()
    if victim == "guardian":
        guardian.kill()
    else:
        supervisor.kill()
    running.end()
    wait_until(lambda: not app.processes())
    again = started(app)  # what is left of sockets and files is no hindrance
    row_when(app, "web.1", phase="running")
    row_when(app, "telling.1", phase="starting")
    assert again.stop() == 0


def test_a_stop_while_it_asks_waits_and_watches_leaves_nothing(app: App) -> None:
    serving(app)
    app.procfile(web=SERVE, asked=STAY, late=STAY, lame="exit 1", telling=STAY, seen=STAY, large=STAY)
    police(app, PROBED)
    running = started(app)
    row_when(app, "web.1", phase="running")
    wait_until(lambda: [each for each in app.processes() if "987" in each.cmdline()])
    assert running.stop() == 0
    assert app.processes() == []
    assert not (app.root / ".procman" / "notify").exists()


def test_a_kill_of_all_at_once_with_the_shell_in_front_of_them(app: App) -> None:
    """`sh -c` stays as the leader, and only what it runs is killed, or only it."""
    app.procfile(web="sleep 1000; exit 5", worker="sleep 1000; exit 6")
    police(app, f"web: {{restart: always, {OFTEN}}}\nworker: {{restart: always, {OFTEN}}}")
    running = started(app)
    for number in range(1, 4):
        for name in ("web.1", "worker.1"):
            row = row_when(app, name, phase="running")
            os.kill(row["pid"] if number % 2 else row["leader"], signal.SIGKILL)
            row_when(app, name, phase="running", restarts=number)
    wait_until(lambda: not zombies(running))
    assert running.stop() == 0
    assert app.processes() == []
    ends = re.findall(r"web\.1 (?:exited|terminated).*", running.out.text)
    assert len(ends) == 4


def test_a_child_that_is_killed_while_it_is_asked_to_stop_is_told_once(app: App) -> None:
    app.procfile(web="trap 'echo asked' TERM; echo up; while :; do sleep 0.02; done", worker=STAY)
    police(app, f"web: {{restart: always, timeout: 10m, {OFTEN}}}")
    running = started(app)
    running.wait_for("up")
    leader = rows(app)["web.1"]["leader"]
    assert app.do("stop", "web", "--no-wait").code == 0
    running.wait_for("asked")
    os.kill(leader, signal.SIGKILL)
    row_when(app, "web.1", phase="down")
    assert running.stop() == 0
    assert running.out.text.count("web.1 terminated by SIGKILL") == 1
    assert running.out.text.count("web.1 started") == 1


def test_thirty_restarts_with_all_that_looks_after_a_process_leak_nothing(app: App) -> None:
    app.write("tells.py", TELLS)
    app.procfile(web=f"{SWIFT} tells.py READY=1", worker=STAY)
    alive = "alive: {cmd: exit 0, every: 50ms, timeout: 50ms, failures: 99}"
    limits = "max_memory: 1G, max_runtime: 5h, pty: always"
    police(app, f"web: {{ready: {{notify: true}}, {alive}, {limits}, restart: always, {OFTEN}}}")
    running = started(app)
    supervisor = running.supervisor()
    for number in range(1, 31):
        os.kill(row_when(app, "web.1", phase="running")["pid"], signal.SIGKILL)
        row_when(app, "web.1", phase="running", restarts=number)
        if number == 10:
            files, memory = supervisor.num_fds(), supervisor.memory_info().rss
    assert supervisor.num_fds() <= files + 4  # of a question that is on its way
    assert supervisor.memory_info().rss < memory + 5_000_000
    assert running.stop() == 0


@pytest.mark.parametrize("command", ["stop", "restart"])
def test_the_question_about_one_that_is_stopped_is_over_with_it(app: App, command: str) -> None:
    app.write("probe", "echo x >> asked; sleep 987 & sleep 987\n")
    app.procfile(web=STAY, worker=STAY)
    police(app, "web: {ready: {cmd: sh probe, within: 1h, timeout: 1h}}")
    running = started(app)
    wait_until((app.root / "asked").exists)
    before = [each for each in app.processes() if "probe" in each.cmdline()]
    assert before
    ask(app, command, "web")
    wait_until(lambda: not any(each.is_running() for each in before))
    wait_until(lambda: len([each for each in app.processes() if "987" in each.cmdline()]) in (0, 2))
    wait_until(lambda: not zombies(running))
    assert running.stop() == 0
