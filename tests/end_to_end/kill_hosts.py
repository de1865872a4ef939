"""Hosts that share an app, killed again and again while they are busy, and so is their server.

One procman or both of a host, all of a host as by a power cut, a host suspended beyond its lease or cut off
from the server, the server itself: what must be true afterwards. The tasks write down themselves when they
begin and end: the history may say nothing else.

`python -m tests.end_to_end.kill_hosts --rounds 100 --seed 1` does it as often as you like; with `--sabotage
fence` it must find something.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psutil

from procman.core.tasks.run import Outcome, State
from procman.errors import StoreError
from tests import postgres
from tests.end_to_end import hurried
from tests.end_to_end.hosts import Hosts
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from procman.core.tasks.run import Run
    from tests.end_to_end.hosts import Host

HOSTS = 5
TASKS = """
x: &all {schedule: every second, keep: 1000000, grace: 1d, command: ./work}
brief: {<<: *all}
slow: {<<: *all, command: ./work 0.7, overlap: allow}
queued: {<<: *all, command: ./work 0.4, overlap: queue, missed: all}
failing: {<<: *all, command: ./work 0.1 1, retries: 2, retry_delay: 1s}
rerun: {<<: *all, command: ./work 10, on_lost: rerun, schedule: every 2 seconds, overlap: allow}
asked: ./work 0.05
"""
RERUN = "rerun"
"""It takes longer than a lease: a host that is cut off has it in hand when others may run it again."""
ASKED = "asked"
LEASE = hurried.LEASE_SECONDS
SUSPENDED, MENDED = "_suspend", "mended"


class Step(NamedTuple):
    """A line of the trace."""

    what: str
    task: str
    tick: str
    attempt: int
    run: int
    host: str


class Killer:
    """Does harm to hosts, by chance, and mends it."""

    def __init__(self, hosts: Hosts, seed: int) -> None:
        self._hosts = hosts
        self._chance = random.Random(seed)
        self.asked = 0
        self.done: Counter[str] = Counter()

    def round(self) -> None:
        """Let them work, do one or two of these, let them go on."""
        harms: tuple[tuple[Callable[[Host], None], int], ...] = (
            (self._kill_one, 4),
            (self._kill_both, 2),
            (self._cut_power, 3),
            (self._suspend, 2),
            (self._cut_off, 3),
            (self._kill_server, 2),
            (self._stop_server, 1),
        )
        for host in self._hosts.all:
            self._see_that_it_is_up(host)
        self._wait(0.0, 1.5)
        self._ask()
        chosen = self._chance.choices([act for act, _ in harms], [weight for _, weight in harms])[0]
        self.done[chosen.__name__] += 1
        victim = self._victim()
        self._hosts.note(chosen.__name__, victim.name)
        chosen(victim)
        self._hosts.note(MENDED, victim.name)
        self._ask()

    def _victim(self) -> Host:
        """Any of them, or the one that has begun last what another may run again."""
        last = next((words[-1] for words in reversed(self._hosts.steps) if words[:2] == ["begin", RERUN]), "")
        busy = [host for host in self._hosts.all if host.name == last and self._chance.random() < 0.5]
        return self._chance.choice(busy or self._hosts.all)

    def _see_that_it_is_up(self, host: Host) -> None:
        if host.running is None or host.running.process.poll() is not None:
            host.power_cut()
            host.up("--separate")

    def _wait(self, least: float, most: float) -> None:
        """A random moment is what this is about, so here it is time that is waited for."""
        time.sleep(self._chance.uniform(least, most))

    def _ask(self) -> None:
        for _ in range(self._chance.randrange(4)):
            with suppress(StoreError):  # then it is not acknowledged
                self._hosts.enqueue(ASKED)
                self.asked += 1

    def _kill_one(self, host: Host) -> None:
        """The guardian or the supervisor: the other sees to it that nothing is left."""
        for each in self._chance.sample(procmans := host.procmans(), min(1, len(procmans))):
            _kill(each)

    def _kill_both(self, host: Host) -> None:
        """Then runs go on, and nobody is there who would stop them. What fences such a host is its end, which
        comes before its lease has run out."""
        for each in host.procmans():
            _kill(each)
        self._wait(0.0, LEASE / 2)
        host.power_cut()

    def _cut_power(self, host: Host) -> None:
        host.power_cut()

    def _suspend(self, host: Host) -> None:
        host.suspend()
        self._wait(0.0, 2 * LEASE)
        host.wake()
        self._wait(hurried.KILL_TIMEOUT, hurried.KILL_TIMEOUT)

    def _cut_off(self, host: Host) -> None:
        self._chance.choice((host.way.cut, host.way.hold))()
        self._wait(0.0, 2 * LEASE)
        host.way.mend()

    def _kill_server(self, host: Host) -> None:
        """kill -9 of its processes, in the middle of something."""
        self._hosts.server.stop("immediate")
        self._hosts.server.start()

    def _stop_server(self, host: Host) -> None:
        self._hosts.server.stop("fast")
        self._wait(0.0, 2 * LEASE)
        self._hosts.server.start()


def _kill(process: psutil.Process) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGKILL)


def kill_again_and_again(hosts: Hosts, rounds: int, seed: int, sabotage: str = "") -> Counter[str]:
    """Do harm so often; then look at what is left. How often what was done."""
    for _ in range(HOSTS):
        hosts.add(TASKS, sabotage=sabotage)
    killer = Killer(hosts, seed)
    for number in range(rounds):
        killer.round()
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    _run_to_the_end(hosts)
    _compare(hosts, killer.asked)
    return killer.done


def _run_to_the_end(hosts: Hosts) -> None:
    """All but one are gone; the one runs what was asked for, and closes what was lost."""
    last, *others = hosts.all
    for host in others:
        host.power_cut()
    if last.running is None or last.running.process.poll() is not None:
        last.power_cut()
        last.up("--separate")
    assert last.running
    mine = "owner = (SELECT id FROM procman.instances ORDER BY heartbeat DESC LIMIT 1)"
    try:
        _drain(hosts, f"task = '{ASKED}' AND outcome IS NULL")
        _drain(hosts, f"state IN ('queued', 'claimed', 'running') AND NOT {mine}")
    except AssertionError:
        open_ = [run for run in hosts.runs if not run.outcome]
        print(*open_, last.running.out.text[-4000:], sep="\n", file=sys.stderr)
        raise
    assert last.running.stop() == 0, last.running.out.text
    assert not _open(hosts)


def _drain(hosts: Hosts, condition: str) -> None:
    """Until none is so: it takes a while, and goes on."""
    while before := hosts.count(condition):
        wait_until(lambda before=before: hosts.count(condition) < before)  # type: ignore[misc]


def _open(hosts: Hosts) -> list[Run]:
    return [run for run in hosts.runs if run.owner and run.state is not State.FINISHED]


def _compare(hosts: Hosts, asked: int) -> None:
    steps = [_step(line) for line in hosts.steps]
    begun = Counter(step[1:5] for step in steps if step.what == "begin")
    twice = [step for step, times in begun.items() if times > 1 and step[0] != ASKED]
    assert not twice, f"a run began twice: {twice}"
    ticks = Counter(step[:3] for step in begun if step[0] != ASKED)
    assert set(ticks.values()) == {1}, "an attempt at a tick has two runs"
    _never_beside(steps)
    rows = {run.id: run for run in hosts.runs}
    _look_at_rows(rows, {step[3] for step in begun}, {step.run for step in steps if step.what == "end"})
    assert sum(run.task == ASKED for run in rows.values()) >= asked, "lost what was asked for"


def _step(words: Sequence[str]) -> Step:
    what, task, tick, attempt, run, host = words
    return Step(what, task, tick, int(attempt), int(run), host)


def _never_beside(steps: Sequence[Step]) -> None:
    """Of a tick that runs again elsewhere, nobody goes on when the next attempt has begun: fencing. A procman
    that stands still cannot stop anything, and needs a moment when it goes on."""
    latest: Counter[str] = Counter()
    suspended, beside = "", []
    for step in steps:
        if step.what in (SUSPENDED, MENDED):
            suspended = step.host if step.what == SUSPENDED else ""
        elif step.task == RERUN and step.attempt < latest[step.tick]:
            if step.what == "begin" or step.host != suspended:
                beside.append((step, latest[step.tick]))
        elif step.task == RERUN:
            latest[step.tick] = step.attempt
    assert not beside, f"attempts beside later ones: {beside}"


def _look_at_rows(rows: dict[int, Run], began: set[int], ended: set[int]) -> None:
    assert began <= rows.keys(), "a run without a row"
    for number, run in rows.items():
        if run.outcome in (Outcome.OK, Outcome.FAILED):
            assert number in ended, f"{run} has not ended by itself"
            assert run.started_at, f"{run} has no start"
        elif run.outcome in (Outcome.SKIPPED, Outcome.MISSED):
            assert number not in began, f"{run} did begin"
        elif run.outcome:
            assert run.outcome in (Outcome.LOST, Outcome.STOPPED), run
        else:
            assert not run.owner, f"{run} is left open"
    for task, step in (("brief", 1), ("slow", 1), ("queued", 1), ("failing", 1), (RERUN, 2)):
        ticks = [run.tick or 0 for run in rows.values() if run.task == task and run.attempt == 1]
        assert sorted(ticks) == list(range(min(ticks), max(ticks) + 1, step)), f"{task}: a tick without a row"


def main() -> None:
    """As many rounds as are asked for, with a server and folders of their own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sabotage", default="")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="hosts"))
    with postgres.running("max_connections=50") as server:
        hosts = Hosts(server, folder, "shop")
        try:
            done = kill_again_and_again(hosts, options.rounds, options.seed, options.sabotage)
        finally:
            hosts.close()
    shutil.rmtree(folder, ignore_errors=True)
    print(f"{options.rounds} rounds ({dict(done)}): nothing lost, nothing twice, nothing left")


if __name__ == "__main__":
    main()
