"""What a host does that shares a store with others, and loses sight of it: with fakes."""

from __future__ import annotations

from datetime import timedelta
from math import inf
from typing import TYPE_CHECKING, Any

import pytest

from procman.core.tasks.instance import LEASE_SECONDS, Renewal
from procman.core.tasks.run import Ending, Outcome, Request, State, TickRow, Trigger
from procman.core.tasks.transitions import Event
from procman.engine.lease import FENCED, TO_SPARE, Lease
from procman.errors import StoreError
from procman.testing.memory import MemoryStore
from tests.engine.timetable import NOON, Options, Timetable

if TYPE_CHECKING:
    from procman.core.tasks.run import Run
    from procman.engine.store import Store

KILL_TIMEOUT = 5.0
PATIENCE = LEASE_SECONDS - KILL_TIMEOUT - TO_SPARE
AWAY = StoreError("postgresql: the server cannot be reached")
TWO = """
again: {command: run, schedule: every 10 minutes, on_lost: rerun}
once: {command: run, schedule: every 10 minutes}
"""
EVERY = "remind: {command: run, schedule: every minute, missed: all}"
BEGIN = NOON - timedelta(minutes=1)
"""A minute before all of them are due."""


class Host(Timetable):
    """One of several procmans. Its lease is renewed every five seconds, as long as the store is there."""

    def __init__(
        self,
        tasks: str,
        kill_timeout: float = KILL_TIMEOUT,
        store: Store | None = None,
    ) -> None:
        options = Options(leased=True, kill_timeout=kill_timeout)
        super().__init__(tasks, store, BEGIN, "host", options)  # of `TWO` it begins with the first
        self.ahead = 0.0
        self.silent = inf
        """For how long the store has not heard of it, as its clock has it."""
        self.is_due = self.is_orphaned = True
        """What the store says when the lease is renewed."""
        self.hears = True
        """Whether what renews the lease reaches the store."""
        self._renew_at = 0.0
        self.turns = 0

    def at(self, minutes: float, seconds: float = 0) -> Host:
        super().at(minutes, seconds)
        return self

    def settle(self) -> Host:
        self.turns += 1
        if self.hears and self.clock.now >= self._renew_at:
            self._renew_at = self.clock.now + 5
            told = self.is_due, self.is_orphaned
            self.scheduler.renewed(Renewal(self.clock.now, self.ahead, self.silent, *told))
            self.silent = 5.0
        super().settle()
        return self

    def _next(self) -> float:
        renewal = self._renew_at - self.clock.now if self.hears else 1e9
        return max(0.0, min(super()._next(), renewal))

    def away(self) -> Host:
        """The store cannot be reached from now on."""
        self.hears, self.worker.broken = False, AWAY
        return self

    def back(self) -> Host:
        self.hears, self.worker.broken = True, None
        return self.settle()

    def notices(self) -> list[str]:
        return [line for line in self.told() if "store" in line or "clock" in line]


def begun(tasks: str = TWO, **takes: float) -> Host:
    """A host with runs that began at 1:00, of a time at which nobody looked for anything else."""
    host = Host(tasks)
    host.takes = takes
    host.start().at(1, 1)
    host.children.journal.clear()
    return host


# Silence


def test_while_the_lease_is_renewed_nothing_is_said() -> None:
    host = Host(EVERY)
    host.start().at(10)
    assert host.notices() == []
    assert len(host.rows()) == 10


def test_before_the_first_renewal_nothing_starts_and_nothing_is_claimed() -> None:
    """Others do not know us yet, and would close our runs at once."""
    host = Host(EVERY)
    host.hears = False
    host.store.request(Request("remind", (), Trigger.MANUAL, host.wall, host.wall))
    host.start().at(0, 10)
    assert host.rows() == []
    host.back()
    assert host.rows() == ["remind 0:00 manual ok"]


def test_a_lease_that_is_not_renewed_lapses_in_time_and_that_is_said_once() -> None:
    host = begun(again=1000.0, once=1000.0).away()  # renewed at 1:00
    host.at(1, PATIENCE - 0.1)
    assert host.told("SIGTERM") == []
    host.at(1, PATIENCE + 0.1)
    assert host.scheduler.deadline is None or host.scheduler.deadline > host.clock.now
    assert [line for line in host.told() if "not reached" in line or "SIGTERM" in line] == [
        "SIGTERM to again.1",
        "the store was not reached for 22 s: nothing starts until it is; 1 run is stopped,"
        " as another host may run it again",
        "again.1 terminated by SIGTERM",
    ]
    host.at(6)
    assert not [line for line in host.told() if "not reached" in line]


def test_who_does_not_obey_is_killed_before_the_lease_ends() -> None:
    for kill_timeout in (5.0, 60.0):
        host = Host(TWO, kill_timeout=kill_timeout)
        host.takes, host.obeys = {"again": 1000.0, "once": 1000.0}, False
        host.start().at(1, 1)
        host.away().at(1, LEASE_SECONDS - TO_SPARE - 0.1)
        assert host.children.signalled == {"again.1": 15}
        host.at(1, LEASE_SECONDS - TO_SPARE + 0.1)
        assert host.children.signalled == {"again.1": 9}, kill_timeout


def test_a_job_whose_start_the_store_was_not_told_of_is_stopped_too() -> None:
    """It is claimed there, and no more: another host takes it for one that has not begun, and runs it."""
    host = begun("once: run", once=1000.0)
    host.store.request(Request("once", (), Trigger.MANUAL, host.wall, host.wall))
    host.scheduler.look()
    host.worker.work()  # claimed
    host.away().settle()  # it begins
    assert host.children.pids.keys() == {"once.1"}
    host.at(1, LEASE_SECONDS)
    host.store.recover(lambda run: True, (), host.wall)
    assert [job.id for job in host.store.jobs()] == [1]
    assert host.children.signalled == {"once.1": 15}


def test_who_is_being_stopped_already_is_killed_before_the_lease_ends() -> None:
    host = Host("again: {command: run, schedule: every 10 minutes, on_lost: rerun, timeout: 5s}", 60.0)
    host.takes, host.obeys = {"again": 1000.0}, False
    host.start().at(1, 1)
    host.away().at(1, 6)
    assert host.children.signalled == {"again.1": 15}
    host.at(1, LEASE_SECONDS - TO_SPARE + 0.1)
    assert host.children.signalled == {"again.1": 9}


def test_what_no_other_host_may_run_goes_on_and_its_end_is_written_when_the_store_is_back() -> None:
    host = begun(again=1000.0, once=90.0).away()
    host.at(3)
    host.back().at(3, 5)
    assert [run.outcome for run in host.runs() if run.task == "once"] == [Outcome.OK]


def test_what_was_stopped_is_lost_and_runs_again() -> None:
    host = begun(again=40.0, once=1.0).away()
    host.at(1, 55)
    host.back().at(3, 50)
    first, second = [run for run in host.runs() if run.task == "again"][:2]
    assert (first.outcome, first.reason) == FENCED
    assert (second.tick, second.attempt, second.outcome) == (first.tick, 2, Outcome.OK)


def test_what_was_stopped_runs_again_as_soon_as_the_store_knows_of_it() -> None:
    """On a host that nobody rings, and that has looked already when the store was back."""
    host = Host("again: {command: run, on_lost: rerun}")
    host.takes["again"] = 600.0
    host.start()
    host.store.request(Request("again", (), Trigger.MANUAL, host.wall, host.wall))
    host.scheduler.look()
    host.settle().away().at(1)
    host.back().at(1, 10)
    assert [each.attempt for each in host.store.open_runs({"again"}, "")] == [2]


def test_nothing_starts_until_the_store_is_back_and_no_tick_is_forgotten() -> None:
    host = begun(EVERY).away().at(4, 30)
    assert not host.told("spawn")
    host.back().at(5, 30)
    made_up = [f"remind {minute}:00 catch_up ok" for minute in (2, 3, 4)]
    assert host.rows() == ["remind 1:00 ok", *made_up, "remind 5:00 ok"]
    assert "the store is back: this host takes part again" in host.notices()


def test_a_host_without_its_store_sleeps() -> None:
    host = begun(TWO, again=1000.0, once=1000.0).away().at(1, 40)
    host.turns = 0
    host.at(11, 40)
    assert host.turns < 10 * 60  # the store is asked again every second or so


def test_what_waits_for_a_run_to_end_waits_no_longer_here() -> None:
    """Others have taken it by the time that we are back: it must not begin here because its turn has come."""
    queued = "remind: {command: run, schedule: every minute, overlap: queue}"
    host = begun(queued, remind=75.0).at(2, 1).away().at(2, 30)
    waiting = next(run for run in host.store.history() if run.state is State.QUEUED)
    host.store.recover(lambda run: run.id == waiting.id, (), host.wall)
    (taken,) = host.store.take_due(host.wall, "another", 0.0, (10, 10))
    assert taken.id == waiting.id
    host.back().at(2, 50)
    assert host.children.pids.keys() == {"remind.1"}


def test_what_was_called_while_the_store_was_away_does_not_begin_where_another_has_it() -> None:
    queued = "remind: {command: run, schedule: every minute, overlap: queue}"
    host = begun(queued, remind=75.0).at(2, 10).away().at(2, 20)  # its turn has come at 2:15
    waiting = next(run for run in host.store.history() if run.state is State.QUEUED)
    host.at(2, 50)
    host.store.recover(lambda run: run.id == waiting.id, (), host.wall)
    (taken,) = host.store.take_due(host.wall, "another", 0.0, (10, 10))
    assert taken.id == waiting.id
    host.back().at(2, 59)
    host.store.finish(taken, Ending(Outcome.OK, host.wall))
    host.at(3, 40)
    assert host.children.pids.keys() == {"remind.1", "remind.3"}


def test_what_was_claimed_and_waits_to_be_started_is_given_back() -> None:
    host = begun(EVERY)
    host.store.request(Request("remind", (), Trigger.MANUAL, host.wall, host.wall))
    host.scheduler.look()
    host.worker.work()  # claimed, and not started yet
    host.away().clock.now += PATIENCE
    host.scheduler.expire(host.clock.now)
    host.settle()
    assert not host.told("spawn")
    host.back().at(1, 40)
    assert host.rows()[-1] == "remind 1:01 manual ok"
    assert host.runs()[-1].owner == "host"


def test_what_is_given_back_late_and_taken_again_meanwhile_is_not_given_back() -> None:
    """Another host had released it; the word that it is given back comes when it is at work here again."""
    host = begun("once: run", once=20.0)
    host.store.request(Request("once", (), Trigger.MANUAL, host.wall, host.wall))
    host.scheduler.look()
    host.worker.work()  # claimed, and not started yet
    host.away().clock.now += PATIENCE
    host.scheduler.expire(host.clock.now)
    host.settle()
    host.store.recover(lambda run: True, (), host.wall)
    host.back().at(1, 15)
    assert host.children.pids.keys() == {"once.1"}
    assert host.store.jobs() == []
    host.at(2)
    assert host.rows() == ["once 1:01 manual ok"]


def test_a_claim_that_is_answered_too_late_starts_nothing() -> None:
    host = begun(EVERY)
    host.store.request(Request("remind", (), Trigger.MANUAL, host.wall, host.wall))
    host.scheduler.look()
    host.hears = False
    host.clock.now += PATIENCE
    host.scheduler.expire(host.clock.now)
    host.settle()
    assert not host.told("spawn")
    assert [job.state for job in host.store.jobs()] == [State.PENDING]


def test_a_tick_that_was_claimed_a_moment_before_it_is_due_is_given_back() -> None:
    host = begun(EVERY)
    host.at(1, 59.92)
    assert [run.state for run in host.runs()] == [State.FINISHED, State.CLAIMED]
    host.hears = False
    host.clock.now += PATIENCE
    host.settle()
    host.at(2, 1)
    assert [run.state for run in host.store.jobs()] == [State.PENDING]


def test_who_was_suspended_beyond_its_lease_stops_what_others_run_by_now() -> None:
    host = begun(again=1000.0, once=1000.0)
    host.pass_time(60)
    host.settle()  # the first that it hears is that its lease is renewed
    assert [line for line in host.told() if "SIGTERM" in line or "store" in line] == [
        "SIGTERM to again.1",
        "the store was not reached for 1 min 1 s: nothing starts until it is; 1 run is stopped,"
        " as another host may run it again",
        "the store is back: this host takes part again",
        "again.1 terminated by SIGTERM",
    ]


@pytest.mark.parametrize("silent", [LEASE_SECONDS, 3600.0, inf])
def test_a_machine_that_was_suspended_as_a_whole_hears_of_it_from_the_store(silent: float) -> None:
    """Its own clocks stood still, too."""
    host = begun(again=1000.0, once=1000.0)
    host.silent = silent
    host.at(1, 6)
    assert "SIGTERM to again.1" in host.told()
    assert host.children.signalled == {"again.1": 15}
    host.at(1, 11)
    assert host.notices() == []


def test_who_is_asked_to_stop_while_the_store_is_away_starts_nothing_when_it_is_back() -> None:
    host = begun(EVERY, remind=1000.0).away().at(1, 40)
    host.supervisor.stop("asked", host.clock.now)
    host.back().at(3)
    assert host.children.pids.keys() == {"remind.1"}
    assert host.runs()[0].outcome is Outcome.STOPPED


def test_a_claim_whose_answer_was_lost_is_found_again() -> None:
    """The server has committed, and the connection broke before it could say so."""
    host = begun(EVERY)
    host.at(1, 59)
    host.worker.deaf = AWAY
    host.at(2, 1)
    assert [run.state for run in host.runs()] == [State.FINISHED, State.CLAIMED]
    host.worker.deaf = None
    host.at(2, 50)
    assert host.rows() == ["remind 1:00 ok", "remind 2:00 ok"]


def test_a_call_whose_answer_was_lost_is_made_again() -> None:
    """Its own place is not taken by another one."""
    text = "remind: {command: run, schedule: every minute, overlap: queue, concurrency: 1}"
    host = begun(text, remind=75.0).at(2, 10)
    assert [run.state for run in host.runs()] == [State.RUNNING, State.QUEUED]
    host.worker.deaf = AWAY
    host.at(2, 16)
    assert [run.state for run in host.runs()] == [State.FINISHED, State.CLAIMED]
    host.worker.deaf = None
    host.at(2, 50)
    assert [run.state for run in host.runs()] == [State.FINISHED, State.RUNNING]


def test_an_answer_that_took_too_long_is_no_lease() -> None:
    """The network held it back: the store may have heard us long ago."""
    host = begun(again=1000.0, once=1000.0).away().at(1, 40)
    told = host.told()
    host.scheduler.renewed(Renewal(host.clock.now - PATIENCE, 0.0))
    host.settle()
    host.at(1, 50)
    assert [line for line in told if "not reached" in line]
    assert host.notices() == []
    host.back()
    assert "the store is back: this host takes part again" in host.notices()


# The clock


def test_a_clock_that_is_wrong_by_more_than_a_second_is_told_of_with_the_figure_and_once() -> None:
    host = Host(EVERY)
    host.ahead = 0.9
    host.start().at(1)
    assert host.notices() == []
    host.ahead = -2.44
    host.at(3)
    host.ahead = 0.9
    host.at(4)
    host.ahead = 0.1
    host.at(5)
    assert host.notices() == [
        "the clock of this host is 2.4 s behind the store's",
        "the clock of this host is right again",
    ]
    assert len(host.rows()) == 5


@pytest.mark.parametrize("ahead", [45.0, -45.0])
def test_a_clock_that_is_wrong_by_more_than_half_a_minute_claims_no_tick_but_jobs(ahead: float) -> None:
    host = Host(EVERY)
    host.ahead = ahead
    host.start().at(5, 30)
    host.store.request(Request("remind", (), Trigger.MANUAL, host.wall, host.wall))
    host.scheduler.look()
    host.settle()
    assert host.rows() == ["remind 5:30 manual ok"]
    where = "ahead of" if ahead > 0 else "behind"
    assert host.notices() == [
        f"the clock of this host is 45 s {where} the store's:"
        " no tick of a schedule is taken here until it is right"
    ]
    host.ahead = 0.0
    host.at(7)
    made_up = [f"remind {minute}:00 catch_up ok" for minute in range(1, 6)]
    assert sorted(host.rows()[1:]) == [*made_up, "remind 6:00 ok", "remind 7:00 ok"]


@pytest.mark.parametrize("ahead", [45.0, -45.0])
def test_a_clock_that_is_wrong_leaves_ticks_to_others_that_have_been_given_back(ahead: float) -> None:
    host = Host(EVERY)
    host.ahead = ahead
    host.start()
    tick = int(host.wall)
    (run,) = host.store.claim([TickRow("remind", tick, due=float(tick))], "other", host.wall)
    host.store.move(run, Event.RELEASE)
    host.at(3)
    assert [each.state for each in host.store.jobs()] == [State.PENDING]
    host.ahead = 0.0
    host.at(4)
    assert host.store.jobs() == []


def test_a_clock_that_becomes_wrong_by_little_more_is_told_of_when_that_means_something() -> None:
    said: list[object] = []
    lease = Lease(said.append, KILL_TIMEOUT, 0.0)
    for ahead in (29.7, 30.2, 29.9):
        lease.renewed(Renewal(1.0, ahead), 1.0)
    assert [("no tick" in str(each)) for each in said] == [False, True, False]


def test_a_clock_that_is_wrong_misses_no_attempt_of_another_host() -> None:
    host = Host("remind: {command: run, schedule: every 10 minutes}")
    host.ahead = 7200.0
    then = int(host.wall - host.ahead)
    host.store.recall({"remind": "every 10 minutes"}, then - 1)
    (run,) = host.store.claim([TickRow("remind", then, due=then)], "another", then)
    host.store.finish(run, Ending(Outcome.FAILED, then), then + 5.0)
    host.start().at(1)
    assert [(job.tick, job.attempt) for job in host.store.jobs()] == [(then, 2)]
    host.ahead = 0.0
    host.wall -= 7200.0
    host.settle()
    host.pass_time(60)
    host.settle()
    assert [run.outcome for run in host.runs()[:2]] == [Outcome.FAILED, Outcome.OK]


# What the store says with it


class Counted(MemoryStore):
    """How often it was looked at what is due, and what was left."""

    looks = recoveries = 0

    def take_due(self, *words: Any) -> list[Run]:
        self.looks += 1
        return super().take_due(*words)

    def recover(self, *words: Any) -> list[Run]:
        self.recoveries += 1
        return super().recover(*words)


def test_where_the_store_says_that_there_is_nothing_nobody_looks() -> None:
    store = Counted()
    host = Host("later: {command: run, schedule: '0 0 1 1 *'}", store=store)
    host.is_due = host.is_orphaned = False
    host.start().at(1)
    store.looks = store.recoveries = 0
    host.at(20)
    assert (store.looks, store.recoveries) == (0, 0)
    host.is_due = True
    host.at(21)
    assert 2 <= store.looks <= 3
    host.is_due, store.looks = False, 0
    host.is_orphaned = True
    host.at(21, 7)
    assert (store.looks, store.recoveries) == (0, 1)
    host.at(22, 50)
    assert store.recoveries == 4  # and every half a minute, as long as it says so


def test_what_is_known_to_be_due_is_looked_for_whatever_the_store_said_before() -> None:
    host = Host("fails: {command: run, retries: 1, retry_delay: 20s}")
    host.codes["fails"], host.is_due = 1, False
    host.start().at(1)
    host.store.request(Request("fails", (), Trigger.MANUAL, host.wall, host.wall))
    host.scheduler.look()
    host.settle().at(2)
    assert [row.split()[2] for row in host.rows()] == ["manual", "retry"]


def test_an_attempt_that_is_due_after_the_next_look_is_not_forgotten_by_leaving_that_out() -> None:
    """When its lease was renewed, the run before it had not ended."""
    host = Host("fails: {command: run, retries: 1, retry_delay: 20s}")
    host.codes["fails"], host.takes["fails"], host.is_due = 1, 12.0, False
    host.start().at(1)
    host.store.request(Request("fails", (), Trigger.MANUAL, host.wall, host.wall))
    host.scheduler.look()
    host.settle().at(1, 33)  # there was no look at 1:30
    assert [row.split()[2] for row in host.rows()] == ["manual", "retry"]


def test_what_has_come_since_the_lease_was_renewed_is_found_when_it_is_renewed_again() -> None:
    """Nobody has rung, or that was not heard."""
    host = Host("job: run")
    host.is_due = False
    host.start().at(1)
    host.scheduler.look()
    host.settle().at(1, 29)
    host.store.request(Request("job", (), Trigger.MANUAL, host.wall, host.wall))
    host.at(1, 30.5)
    host.is_due = True
    host.at(1, 36)
    assert host.rows() == ["job 1:29 manual ok"]


def test_a_look_that_was_refused_is_made_again_whatever_the_store_said_before() -> None:
    host = Host("job: run")
    host.is_due = False
    host.start().at(1)
    host.store.request(Request("job", (), Trigger.MANUAL, host.wall, host.wall))
    host.worker.broken = AWAY
    host.scheduler.look()
    host.settle()
    host.worker.broken = None
    host.at(1, 31)
    assert host.rows() == ["job 1:00 manual ok"]


def test_who_waited_for_a_run_that_another_has_closed_by_now_sleeps() -> None:
    """Its procman is dead, and it was still there: it was to be looked for a second later."""
    host = begun("once: run")
    tick = TickRow("once", 60, due=60.0)
    (run,) = host.store.claim([tick], "dead", 60.0)
    host.store.started(run, "run", 1, "child", 60.0)
    host.dead.add("dead")
    host.scheduler.begin_anew()
    host.settle()
    host.store.finish(run, Ending(Outcome.LOST, host.wall))
    host.is_orphaned, host._renew_at = False, 0.0
    host.settle().pass_time(2)
    host.settle()
    assert host.scheduler.deadline is None or host.scheduler.deadline > host.clock.now


def test_what_falls_due_while_the_store_is_slow_to_say_what_is_lets_nobody_spin() -> None:
    host = begun("once: run")
    host.scheduler.look()  # the store does not answer yet
    host.scheduler.intake.by(host.wall + 1)
    host.pass_time(2)
    host.scheduler.expire(host.clock.now)
    assert host.scheduler.deadline is None or host.scheduler.deadline > host.clock.now


@pytest.mark.parametrize("silent", [5.9, 6.1, 1000.0, inf])
def test_in_a_store_that_was_set_back_nobody_is_dead_before_they_could_renew_their_leases(
    silent: float,
) -> None:
    """All the leases there are as old as ours, which we know that we have renewed since."""
    host = begun("once: run")
    tick = TickRow("once", 60, due=60.0)
    (run,) = host.store.claim([tick], "other", 60.0)
    host.store.started(run, "run", 1, "child", 60.0)
    host.at(1, 10)  # its lease is renewed just now
    host.dead |= {"other", "child"}
    host.silent = silent
    host.at(1, 16)
    host.scheduler.begin_anew()
    host.at(1, 40)
    assert outcome(host, run) is (Outcome.LOST if silent < 6 else None)
    host.at(2, 30)
    assert outcome(host, run) is Outcome.LOST


def outcome(host: Host, run: Run) -> Outcome | None:
    found = host.store.run(run.id)
    assert found
    return found.outcome


@pytest.mark.parametrize(
    ("silent", "told"),
    [
        (3600.0, "the store has not heard of this host for 1 h: nothing starts until it has"),
        (inf, "the store does not know this host any more: nothing starts until it does"),
    ],
)
def test_a_store_that_has_not_heard_of_us_was_reached_all_the_same(silent: float, told: str) -> None:
    """It was set back, or the machine was suspended: others may have taken us for dead."""
    host = begun(again=1000.0)
    host.at(1, 10)
    host.silent = silent
    host.at(1, 16)
    assert host.notices() == [
        f"{told}; 1 run is stopped, as another host may run it again",
        "the store is back: this host takes part again",
    ]
