"""Whatever is done in whatever order, the store in a file and the one in memory know the same."""

from __future__ import annotations

import tempfile
from contextlib import nullcontext
from itertools import count
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from procman.core.tasks.limits import Limits
from procman.core.tasks.query import Query
from procman.core.tasks.run import Ending, Finish, Outcome, Request, Run, Start, Survey, TickRow, Trigger
from procman.core.tasks.task import Retention
from procman.core.tasks.transitions import UNTRUE, Event
from procman.store.open import open_store
from procman.store.postgres.store import PostgresStore
from procman.testing.memory import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.engine.store import Store
    from tests import postgres

TASKS = st.sampled_from(["mail", "report", "é 'quoted\""])
OWNERS = st.sampled_from(["101:1:boot", "202:2:boot"])
TIMES = st.integers(0, 40).map(lambda half: half / 2)
RUNS = st.integers(0, 25)
FEW = st.integers(0, 4)
TICKS = st.builds(
    TickRow,
    TASKS,
    st.integers(0, 20),
    st.sampled_from([Trigger.SCHEDULE, Trigger.CATCH_UP]),
    TIMES,
    st.just("run it"),
    st.none() | st.sampled_from([Outcome.MISSED, Outcome.SKIPPED]),
    st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
)
ASKED = st.builds(
    Request,
    TASKS,
    st.lists(st.text(max_size=5), max_size=3).map(tuple),
    st.sampled_from([Trigger.MANUAL, Trigger.DELAYED]),
    TIMES,
    TIMES,
    st.none() | st.sampled_from(["a", "b", ""]),
)
ENDINGS = st.builds(
    Ending,
    st.sampled_from(Outcome),
    TIMES,
    st.none() | st.integers(-15, 255),
    st.none() | st.just("because"),
    st.none() | st.binary(max_size=5),
    st.none() | st.integers(0, 1 << 40),
    st.booleans(),
    st.none() | st.integers(0, 1 << 50),
    st.none() | st.floats(0, 1e6),
).map(lambda ending: ending._replace(output=None) if ending.outcome in UNTRUE else ending)
"""What never ran has written nothing."""
SURVEYS = st.builds(Survey, st.none() | OWNERS, TIMES, st.sets(TASKS).map(tuple), st.none() | RUNS, FEW)
MOSTS = st.dictionaries(TASKS, FEW)
LIMITS = st.builds(Limits, MOSTS, MOSTS)
QUERIES = st.builds(
    Query,
    st.none() | TASKS,
    st.none() | st.lists(st.none() | st.sampled_from(Outcome), max_size=3).map(tuple),
    st.none() | TIMES,
    st.none() | TIMES,
    st.none() | st.sampled_from(["run", "now", "a", "b", "because", "\n", "é", "\\", '"', "", "\x00", "[]"]),
    st.none() | st.tuples(TIMES, RUNS),
)


class UndoneError(Exception):
    pass


def row_of(store: Store, run: int) -> Run:
    return store.run(run) or Run(run, "mail")


class Stores(RuleBasedStateMachine):
    """Does the same to both, and compares what they say; some of it is undone again."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._memory = MemoryStore()
        self._kept = self._open()

    def _open(self) -> Store:
        return open_store(f"{self._folder.name}/procman.db")

    def teardown(self) -> None:
        self._kept.close()
        self._folder.cleanup()

    def _both(self, operation: Callable[[Store], Any], undone: bool = False) -> None:
        def perform(store: Store) -> Any:
            answer = None
            try:
                with store.together() if undone else nullcontext():
                    answer = operation(store)
                    if undone:
                        raise UndoneError
            except UndoneError:
                pass
            return answer

        assert perform(self._kept) == perform(self._memory)

    @rule()
    def open_again(self) -> None:
        self._kept.close()
        self._kept = self._open()

    @rule(schedules=st.dictionaries(TASKS, st.sampled_from(["", "hourly", "daily"])), now=st.integers(0, 20))
    def recall(self, schedules: dict[str, str], now: int) -> None:
        self._both(lambda store: store.recall(schedules, now))

    @rule(living=st.sets(OWNERS), rerun=st.sets(TASKS), now=TIMES, undone=st.booleans())
    def recover(self, living: set[str], rerun: set[str], now: float, undone: bool) -> None:
        self._both(lambda store: store.recover(lambda run: run.owner not in living, rerun, now), undone)

    @rule(rows=st.lists(TICKS, max_size=6), owner=OWNERS, now=TIMES, undone=st.booleans())
    def claim(self, rows: list[TickRow], owner: str, now: float, undone: bool) -> None:
        self._both(lambda store: store.claim(rows, owner, now), undone)

    @rule(tasks=st.sets(TASKS), owner=OWNERS)
    def open_runs(self, tasks: set[str], owner: str) -> None:
        self._both(lambda store: store.open_runs(tasks, owner))

    @rule(runs=st.sets(RUNS), reason=st.sampled_from(["replaced", "told so"]))
    def ask_to_stop(self, runs: set[int], reason: str) -> None:
        self._both(lambda store: store.ask_to_stop(runs, reason))

    @rule(now=TIMES, owner=OWNERS, late_before=TIMES, room=st.tuples(FEW, FEW), limits=LIMITS)
    def take_due(
        self, now: float, owner: str, late_before: float, room: tuple[int, int], limits: Limits
    ) -> None:
        self._both(lambda store: store.take_due(now, owner, late_before, room, limits))

    @rule(survey=SURVEYS)
    def survey(self, survey: Survey) -> None:
        self._both(lambda store: store.survey(survey))

    @rule(run=RUNS, event=st.sampled_from([Event.QUEUE, Event.CALL, Event.RELEASE]))
    def move(self, run: int, event: Event) -> None:
        self._both(lambda store: store.move(row_of(store, run), event))

    @rule(run=RUNS, at=TIMES)
    def started(self, run: int, at: float) -> None:
        self._both(lambda store: store.started(row_of(store, run), "run it now", 4711, None, at))

    @rule(run=RUNS, ending=ENDINGS, retry_due=st.none() | TIMES, undone=st.booleans())
    def finish(self, run: int, ending: Ending, retry_due: float | None, undone: bool) -> None:
        self._both(lambda store: store.finish(row_of(store, run), ending, retry_due), undone)

    @rule(news=st.lists(st.tuples(RUNS, TIMES, st.none() | ENDINGS, st.none() | TIMES), max_size=6))
    def tell(self, news: list[tuple[int, float, Ending | None, float | None]]) -> None:
        """Of many at once; none begins after it has ended."""
        over: set[int] = set()
        possible = []
        for each in news:
            run, _, ending, _ = each
            over |= {run} if ending else set()
            possible += [each] if ending or run not in over else []

        def told(store: Store) -> list[Run | None]:
            rows = [(row_of(store, run), at, ending, again) for run, at, ending, again in possible]
            starts_and_ends = [
                Finish(row, ending, again) if ending else Start(row, "run it now", 4711, None, at)
                for row, at, ending, again in rows
            ]
            return store.tell(starts_and_ends)

        self._both(told)

    @rule(task=TASKS, keep=FEW, before=TIMES, most=FEW, undone=st.booleans())
    def prune(self, task: str, keep: int, before: float, most: int, undone: bool) -> None:
        self._both(lambda store: store.prune(task, keep, before, most), undone)

    @rule(task=TASKS, before=TIMES, most=FEW, undone=st.booleans())
    def prune_keys(self, task: str, before: float, most: int, undone: bool) -> None:
        self._both(lambda store: store.prune_keys(task, before, most), undone)

    @rule(retentions=st.dictionaries(TASKS, st.builds(Retention, FEW, TIMES, TIMES)))
    def retain(self, retentions: dict[str, Retention]) -> None:
        self._both(lambda store: store.retain(retentions))

    @rule(request=ASKED, undone=st.booleans())
    def ask(self, request: Request, undone: bool) -> None:
        self._both(lambda store: store.request(request), undone)

    @rule(request=ASKED, owner=OWNERS)
    def begin(self, request: Request, owner: str) -> None:
        self._both(lambda store: store.begin(request, "run it", owner))

    @rule(run=RUNS, now=TIMES)
    def cancel(self, run: int, now: float) -> None:
        self._both(lambda store: store.cancel(run, now))

    @rule(task=TASKS, now=TIMES, undone=st.booleans())
    def pause(self, task: str, now: float, undone: bool) -> None:
        self._both(lambda store: store.pause(task, now), undone)

    @rule(task=TASKS, now=TIMES)
    def resume(self, task: str, now: float) -> None:
        self._both(lambda store: store.resume(task, now))

    @rule(query=QUERIES, limit=st.none() | FEW)
    def history(self, query: Query, limit: int | None) -> None:
        self._both(lambda store: (store.history(query, limit), store.count(query), store.count(query, limit)))

    @rule(limit=FEW)
    def jobs(self, limit: int) -> None:
        self._both(lambda store: (store.jobs(limit), store.count_jobs(), store.count_jobs(limit)))

    @invariant()
    def they_know_the_same(self) -> None:
        self._both(lambda store: (store.history(None, 999), store.jobs()))
        self._both(lambda store: (store.states(), store.summaries(), store.last_id()))
        self._both(lambda store: [store.output(run) for run in range(store.last_id() + 1)])


class OnServer(Stores):
    """The same of a store in PostgreSQL, in which a number is used up also when its run is undone."""

    server: postgres.Server
    apps = count()

    def __init__(self) -> None:
        self._app = f"app {next(self.apps)}"
        super().__init__()

    def _open(self) -> Store:
        return PostgresStore(self.server.url, self._app)

    def _both(self, operation: Callable[[Store], Any], undone: bool = False) -> None:
        super()._both(operation)


SETTINGS = settings(max_examples=20, stateful_step_count=40, deadline=None)
TestStores = Stores.TestCase
TestStores.settings = SETTINGS


def test_a_store_on_a_server(server: postgres.Server) -> None:
    OnServer.server = server
    run_state_machine_as_test(OnServer, settings=SETTINGS)
