"""Who waits for a run, or for a place, at one host is woken by another, and nobody else is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from procman.core.tasks.instance import Instance
from procman.core.tasks.limits import Limits
from procman.core.tasks.run import Ending, Outcome, TickRow
from procman.core.tasks.transitions import Event
from procman.store.postgres.line import Line
from procman.store.postgres.store import PostgresStore

from .rows import asked, claimed, to_stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.core.tasks.run import Run
    from tests.postgres import Server

ONE, TWO = "one@h1", "two@h2"
ENDED = Ending(Outcome.OK, time.time())


class Two:
    """Two hosts, of which the first listens."""

    def __init__(self, server: Server, app: str) -> None:
        self.one, self.two = PostgresStore(server.url, app), PostgresStore(server.url, app)
        self.one.name, self.two.name = ONE, TWO
        self._line = Line(server.url, app, lambda: Instance(ONE, "h1", 1, "1", 0.0))
        self._line.renew()
        self.two.take_due(0.0, TWO, 0.0, (0, 0))  # it knows of no task with few places

    def rung(self, patience: float = 0.5) -> bool:
        """Whether the first was rung; it takes a moment until that is there."""
        until = time.monotonic() + patience
        while not (found := self._line.rung()) and time.monotonic() < until:
            time.sleep(0.01)
        return found

    def runs_at_two(self, task: str = "mail") -> Run:
        (run,) = claimed(self.two, 1, task=task, owner=TWO)
        self.rung(0.1)
        return run

    def close(self) -> None:
        self._line.close(leave=True)
        self.one.close()
        self.two.close()


@pytest.fixture
def hosts(server: Server, request: pytest.FixtureRequest) -> Iterator[Two]:
    two = Two(server, request.node.name)
    yield two
    two.close()


def test_the_end_of_a_run_wakes_nobody_who_does_not_wait(hosts: Two) -> None:
    run = hosts.runs_at_two()
    hosts.two.request(asked(time.time() - 1))  # long ago, by the row: nobody is rung
    hosts.two.finish(run, ENDED)
    assert not hosts.rung()


def test_the_end_of_a_run_wakes_who_waits_in_line(hosts: Two) -> None:
    run = hosts.runs_at_two()
    (waiting,) = claimed(hosts.one, 2, owner=ONE)
    hosts.one.move(waiting, Event.QUEUE)
    hosts.two.finish(run, ENDED)
    assert hosts.rung()


def test_the_end_of_a_run_wakes_who_may_take_a_job_of_a_task_with_few_places(hosts: Two) -> None:
    run = hosts.runs_at_two()
    hosts.two.request(asked(time.time() - 1))  # long ago, by the row: nobody is rung
    limits = Limits({"mail": 1})
    assert hosts.two.take_due(time.time(), TWO, 0.0, (9, 9), limits) == []
    hosts.two.finish(run, ENDED)
    assert hosts.rung()


def test_who_lines_up_wakes_who_took_it_for_one_that_begins(hosts: Two) -> None:
    (waiting,) = claimed(hosts.one, 1, owner=ONE)
    hosts.one.move(waiting, Event.QUEUE)
    (later,) = claimed(hosts.two, 2, owner=TWO)
    assert not hosts.rung()
    hosts.two.move(later, Event.QUEUE)
    assert hosts.rung()


def test_who_is_to_stop_a_run_is_woken(hosts: Two) -> None:
    (run,) = claimed(hosts.one, 1, owner=ONE)
    hosts.two.ask_to_stop([run.id], "replaced by mail.2")
    assert hosts.rung()
    assert [each.reason for each in to_stop(hosts.one, ONE)] == ["replaced by mail.2"]


def test_a_run_that_comes_again_wakes_who_has_room(hosts: Two) -> None:
    run = hosts.runs_at_two()
    hosts.two.finish(run, ENDED, retry_due=ENDED.at)
    assert hosts.rung()


def test_a_tick_that_is_given_back_wakes_who_may_take_it(hosts: Two) -> None:
    run = hosts.runs_at_two()
    hosts.two.move(run, Event.RELEASE)
    assert hosts.rung()


def test_a_tick_that_is_given_back_before_it_is_due_wakes_who_may_take_it(hosts: Two) -> None:
    """Who stops may have claimed it a moment before."""
    now = time.time()
    (run,) = hosts.two.claim([TickRow("mail", int(now) + 1, due=now + 0.9)], TWO, now)
    hosts.two.move(run, Event.RELEASE)
    assert hosts.rung()
