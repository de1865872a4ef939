"""Several procmans on one store: labels, `concurrency`, `overlap` and fair shares over all of them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from procman.core.tasks.instance import Renewal
from procman.core.tasks.run import Outcome, Request, Run, State, Trigger
from procman.testing.memory import MemoryStore

from .timetable import Options, Timetable

GPU = Options(labels=("gpu",))


class Hosts:
    """Procmans whose clocks go together. `bell` has all of them look whenever something has happened; without
    it they share a folder, where nobody can be rung."""

    def __init__(self, *tasks: str, labels: tuple[tuple[str, ...], ...] = (), bell: bool = True) -> None:
        self.store = MemoryStore()
        labels = labels or ((),) * len(tasks)
        self.bell = bell
        self.all = [
            Timetable(text, self.store, owner=f"procman-{n}", options=Options(leased=bell, labels=has))
            for n, (text, has) in enumerate(zip(tasks, labels, strict=True), start=1)
        ]
        for table in self.all:
            self.renew(table)
            table.start()

    def __getitem__(self, number: int) -> Timetable:
        return self.all[number]

    def renew(self, table: Timetable) -> None:
        if self.bell:
            table.scheduler.renewed(Renewal(table.clock.now, 0.0))

    def at(self, minutes: float, seconds: float = 0) -> Hosts:
        until = self.all[0].begun + minutes * 60 + seconds
        while self.all[0].wall < until:
            step = min(5.0, until - self.all[0].wall, *(table._next() for table in self.all))
            for table in self.all:
                table.pass_time(step)
                self.renew(table)
            self.settle()
        return self

    def settle(self) -> Hosts:
        for _ in range(4):
            for table in self.all:
                if self.bell:
                    table.scheduler.look()
                table.settle()
        return self

    def reload(self, number: int, text: str) -> None:
        table = self.all[number]
        table.tasks = Timetable(text).tasks
        table.scheduler.reload(table.tasks)

    def ask(self, task: str, times: int = 1) -> None:
        """So many jobs, due now."""
        now = self.all[0].wall
        for _ in range(times):
            self.store.request(Request(task, (), Trigger.MANUAL, now, now))
        self.settle()

    def runs(self) -> list[Run]:
        return self.all[0].runs()

    def rows(self) -> list[str]:
        return [f"{row} {run.owner}" for row, run in zip(self.all[0].rows(), self.runs(), strict=True)]

    def most_at_once(self, task: str) -> int:
        """Of the runs of a task that have begun."""
        changes: list[tuple[float, int]] = []
        for run in self.runs():
            if run.task == task and run.started_at is not None:
                changes += [(run.started_at, 1), *([(run.ended_at, -1)] if run.ended_at else [])]
        there = most = 0
        for _, change in sorted(changes):
            there += change
            most = max(most, there)
        return most


def task(**keys: object) -> str:
    said = "".join(f", {key}: {value}" for key, value in keys.items())
    return f"remind: {{command: run, schedule: every 10 minutes{said}}}"


BELL = pytest.mark.parametrize("bell", [True, False], ids=["rung", "in a folder"])


# Ticks of each elsewhere


def test_procmans_that_share_out_the_schedules_forget_nothing_of_each_other() -> None:
    """As `procman scheduler a` and `procman scheduler b` do."""
    text = "a: {command: run, schedule: every 10 minutes}\nb: {command: run, schedule: every 10 minutes}"
    store = MemoryStore()
    b = Options(ticks_of=("b",))
    Timetable(text, store, owner="procman-1", options=b).start().at(15).stop()
    a = Timetable(text, store, owner="procman-2", options=Options(ticks_of=("a",))).start().at(35)
    Timetable(text, store, _now(a), "procman-3", b).start().at(1)
    rows = [row for row in a.rows() if row.startswith("b")]
    assert rows == ["b 10:00 ok", "b 20:00 missed", "b 30:00 catch_up ok"]


# runs_on


def test_a_tick_is_left_to_the_host_with_the_label() -> None:
    hosts = Hosts(task(runs_on="gpu"), task(runs_on="gpu"), labels=((), ("gpu", "big")))
    assert hosts.at(30).rows() == [f"remind {m}:00 ok procman-2" for m in (10, 20, 30)]


def test_what_is_asked_for_is_left_to_the_host_with_the_label() -> None:
    hosts = Hosts("mail: {command: run, runs_on: gpu}\nother: run", "mail: {command: run, runs_on: gpu}")
    hosts.ask("mail")
    hosts.ask("other")
    assert hosts.at(5).rows() == ["other 0:00 manual ok procman-1"]
    assert [run.task for run in hosts.store.jobs()] == ["mail"]
    assert hosts[0].told("mail") == ["left to hosts that are started with --label gpu: mail"]


def test_ticks_that_no_host_could_take_are_made_up_for_by_the_first_that_can() -> None:
    text = task(runs_on="gpu", missed="all")
    store = MemoryStore()
    without = Timetable(text, store).start().at(45)
    assert without.rows() == []
    labelled = Timetable(text, store, _now(without), "procman-2", GPU).start()
    labelled.at(1)
    assert labelled.rows() == [f"remind {m}:00 catch_up ok" for m in (-35, -25, -15, -5)]


def test_the_start_of_a_host_is_a_tick_only_if_it_has_the_label() -> None:
    text = "warm: {command: run, schedule: '@reboot', runs_on: gpu}"
    assert Timetable(text).start().at(1).rows() == []
    assert len(Timetable(text, options=GPU).start().at(1).rows()) == 1


def test_a_reload_may_give_a_task_another_label() -> None:
    table = Timetable(task(runs_on="gpu"), options=GPU).start().at(10)
    table.scheduler.reload(Timetable(task(runs_on="big")).tasks)
    table.settle()
    assert table.told("label") == ["left to hosts that are started with --label big: remind"]
    assert table.at(30).rows() == ["remind 10:00 ok"]


def test_many_tasks_with_a_label_are_not_all_named() -> None:
    text = "\n".join(f"t{n}: {{command: run, runs_on: gpu}}" for n in range(7))
    (told,) = Timetable(text).start().told("--label gpu")
    assert told.endswith(": t0, t1, t2, t3, t4 and 2 more")


# concurrency


@BELL
def test_no_more_run_at_once_than_the_task_says_on_all_hosts_together(bell: bool) -> None:
    text = "mail: {command: run, concurrency: 2}"
    hosts = Hosts(text, text, text, bell=bell)
    for table in hosts.all:
        table.takes["mail"] = 20
    hosts.ask("mail", 10)
    hosts.at(5)
    assert [run.outcome for run in hosts.runs()] == [Outcome.OK] * 10
    assert hosts.most_at_once("mail") == 2


def test_who_waited_for_a_place_is_taken_when_one_ends() -> None:
    hosts = Hosts("mail: {command: run, concurrency: 1}", "mail: {command: run, concurrency: 1}")
    for table in hosts.all:
        table.takes["mail"] = 7
    hosts.ask("mail", 3)
    hosts.at(1)
    assert sorted((run.started_at or 0) - hosts[0].begun for run in hosts.runs()) == [0, 7, 14]


def test_one_procman_alone_keeps_to_it_too() -> None:
    table = Timetable("mail: {command: run, concurrency: 1}")
    table.takes["mail"] = 7
    table.start()
    for _ in range(3):
        table.store.request(Request("mail", (), Trigger.MANUAL, table.wall, table.wall))
    table.scheduler.look()
    table.settle().at(1)
    assert sorted((run.started_at or 0) - table.begun for run in table.runs()) == [0, 7, 14]


@BELL
def test_ticks_side_by_side_wait_for_a_place_too(bell: bool) -> None:
    text = task(overlap="allow", concurrency=2)
    hosts = Hosts(text, text, bell=bell)
    for table in hosts.all:
        table.takes["remind"] = 25 * 60
    hosts.at(65)
    assert hosts.most_at_once("remind") == 2
    started = sorted(run.started_at or 0 for run in hosts.runs() if run.started_at)
    minutes = [round((at - hosts[0].begun) / 60, 1) for at in started]
    assert minutes == [10, 20, 35, 45, 60]


def test_a_full_task_keeps_no_other_from_its_place() -> None:
    hosts = Hosts("mail: {command: run, concurrency: 1}\nother: run")
    hosts[0].takes["mail"] = 600
    hosts.ask("mail", 30)
    hosts.ask("other", 5)
    hosts.at(1)
    assert Counter(run.task for run in hosts.runs()) == {"mail": 1, "other": 5}


# overlap


@BELL
def test_queue_waits_for_the_run_on_another_host(bell: bool) -> None:
    hosts = Hosts(task(overlap="queue"), "none: run", bell=bell)
    hosts[0].takes["remind"] = 15 * 60
    hosts.at(15)
    hosts.reload(1, task(overlap="queue"))
    hosts.reload(0, "none: run")
    hosts.at(20)
    assert [(run.state, run.owner) for run in hosts.runs()] == [
        (State.RUNNING, "procman-1"),
        (State.QUEUED, "procman-2"),
    ]
    assert [*hosts[1].scheduler.waiting().values()] == ["remind.1 is still running"]
    hosts.at(25, 2)
    assert hosts.rows() == ["remind 10:00 ok procman-1", "remind 20:00 ok procman-2"]
    assert hosts.most_at_once("remind") == 1


@BELL
def test_queues_on_many_hosts_are_one_line(bell: bool) -> None:
    text = "remind: {command: run, schedule: every 10 seconds, overlap: queue}"
    hosts = Hosts(text, text, text, bell=bell)
    for number, table in enumerate(hosts.all):
        table.takes["remind"] = 13 + number
    hosts.at(3)
    begun = [run for run in hosts.runs() if run.started_at]
    assert len(begun) > 9
    assert hosts.most_at_once("remind") == 1
    starts = [run.started_at for run in sorted(begun, key=lambda run: run.tick or 0)]
    assert starts == sorted(starts, key=lambda at: at or 0)


def test_no_more_than_so_many_wait_in_line_on_all_hosts_together() -> None:
    text = "remind: {command: run, schedule: every second, overlap: queue}"
    hosts = Hosts(text, text)
    for table in hosts.all:
        table.takes["remind"] = 3600
    hosts.at(3)
    assert Counter(run.state for run in hosts.runs())[State.QUEUED] == 100


def test_replace_has_the_other_host_stop_its_run() -> None:
    hosts = Hosts(task(overlap="replace"), "none: run")
    hosts[0].takes["remind"] = 3600
    hosts.at(15)
    hosts.reload(1, task(overlap="replace"))  # both have the tick then, and one of them is faster
    hosts.at(20, 5)
    first = hosts.runs()[0]
    assert (first.outcome, first.reason) == (Outcome.STOPPED, "replaced by remind.2")
    assert hosts.most_at_once("remind") == 1


@BELL
def test_replaced_and_replacing_whichever_host_claims(bell: bool) -> None:
    text = "remind: {command: run, schedule: every minute, overlap: replace}"
    hosts = Hosts(text, text, bell=bell)
    for table in hosts.all:
        table.takes["remind"] = 3600
    for minute in range(1, 9):
        late = hosts.all[minute % 2]
        late.scheduler.ticks.hold()  # the other one claims this tick
        hosts.at(minute, 40)
        late.scheduler.ticks.plan_anew(int(late.wall))
    runs = hosts.runs()
    assert {run.owner for run in runs} == {"procman-1", "procman-2"}
    assert [run.outcome for run in runs[:-1]] == [Outcome.STOPPED] * 7
    assert [run.reason for run in runs[:-1]] == [f"replaced by {run.name}" for run in runs[1:]]
    assert hosts.most_at_once("remind") == 1


def test_what_waits_elsewhere_is_replaced_too() -> None:
    text = "remind: {command: run, schedule: every minute, overlap: replace}"
    hosts = Hosts(text, text)
    for table in hosts.all:
        table.takes["remind"], table.obeys = 3600, False
    for minute in range(1, 4):
        late = hosts.all[minute % 2]
        late.scheduler.ticks.hold()
        hosts.at(minute, 1)
        late.scheduler.ticks.plan_anew(int(late.wall))
    rows = [(run.outcome or run.state, run.reason) for run in hosts.runs()]
    assert rows == [
        (State.RUNNING, "replaced by remind.2"),
        (Outcome.SKIPPED, "replaced by remind.3"),
        (State.QUEUED, None),
    ]


class Unheard(Hosts):
    """The bell is not heard."""

    def settle(self) -> Hosts:
        for _ in range(4):
            for table in self.all:
                table.settle()
        return self


@pytest.mark.parametrize("takes", [599.85, 599.92, 599.95])
def test_who_waits_for_a_run_that_ended_just_before_it_was_in_line_waits_no_longer(takes: float) -> None:
    """The other host has not seen that anybody waits, and did not ring."""
    hosts = Unheard(task(overlap="queue"), task(overlap="queue"))
    hosts[0].takes["remind"] = takes
    hosts[1].scheduler.ticks.hold()
    hosts.at(15)
    hosts[1].scheduler.ticks.plan_anew(int(hosts[1].wall))
    hosts[0].scheduler.ticks.hold()
    hosts.at(19, 50)
    hosts[1].scheduler.look()  # the next look is at 20:20
    hosts.at(20, 2)
    assert hosts.rows() == ["remind 10:00 ok procman-1", "remind 20:00 ok procman-2"]


# a host that is gone


def die(hosts: Hosts) -> None:
    """The first host, whose run has begun, is there no more."""
    (run,) = hosts.runs()
    assert (run.owner, run.state) == ("procman-1", State.RUNNING)
    del hosts.all[0]
    for table in hosts.all:
        table.dead |= {"procman-1", run.identity or ""}


def test_what_is_lost_is_left_to_a_host_that_knows_whether_it_runs_again() -> None:
    text = task(on_lost="rerun")
    hosts = Hosts(text, "none: run", text)
    hosts[2].scheduler.ticks.hold()
    hosts[0].takes["remind"] = 3600
    hosts.at(10, 5)
    die(hosts)
    hosts.at(12)
    assert hosts.rows() == ["remind 10:00 lost procman-1", "remind 10:00 retry ok procman-3"]


def test_what_is_lost_of_a_task_that_no_host_knows_any_more_is_closed_later() -> None:
    hosts = Hosts(task(on_lost="rerun"), "none: run", "none: run")
    hosts[0].takes["remind"] = 3600
    hosts.at(10, 5)
    die(hosts)
    hosts.at(11)
    assert hosts.rows() == ["remind 10:00 running procman-1"]
    hosts.at(13)
    assert hosts.rows() == ["remind 10:00 lost procman-1"]


# fair shares


def test_a_host_takes_jobs_only_as_it_has_room() -> None:
    text = "mail: run"
    hosts = Hosts(text, text)
    for table in hosts.all:
        table.takes["mail"] = 60
    hosts.ask("mail", 150)
    hosts.at(0, 30)
    shares = Counter(run.owner for run in hosts.runs())
    assert sum(shares.values()) == 150
    assert max(shares.values()) <= 100
    hosts.at(5)
    assert Counter(run.outcome for run in hosts.runs()) == {Outcome.OK: 150}


def _now(table: Timetable) -> datetime:
    return datetime.fromtimestamp(table.wall, UTC)
