"""What only a server can do to a store: refuse, vanish, be shared by hosts that disagree about who lives."""

from __future__ import annotations

import hashlib
import signal
import threading
import time
from collections import Counter
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from procman.core.tasks.instance import Instance
from procman.core.tasks.run import (
    Ending,
    Finish,
    Outcome,
    Request,
    Run,
    Start,
    State,
    Survey,
    TaskState,
    TickRow,
    Trigger,
)
from procman.core.tasks.transitions import Event
from procman.errors import RefusedError, StoreBusyError, StoreError
from procman.store.postgres import database, opening
from procman.store.postgres.bell import Bell
from procman.store.postgres.failures import failure
from procman.store.postgres.line import Line
from procman.store.postgres.store import PostgresStore
from tests import pgbouncer, postgres
from tests.end_to_end.output import PATIENCE, wait_until

from .rows import NOW, claimed, ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.postgres import Server

SECRET = "hunter2"
TICK = 1_700_000_000
STRICT = "options=-c%20default_transaction_isolation%3Dserializable"
READ_ONLY = "options=-c%20default_transaction_read_only%3Don"


@pytest.fixture(scope="module")
def strict() -> Iterator[Server]:
    """A server that asks for passwords, and has few places."""
    if postgres.programs() is None:
        pytest.skip(postgres.WHY_NOT)
    with postgres.running("max_connections=8", "superuser_reserved_connections=0") as server:
        rules = server.data / "pg_hba.conf"
        here = "local all secret scram-sha-256\nlocal all rejected reject\n"
        rules.write_text(here + rules.read_text())
        do(server, f"CREATE ROLE secret LOGIN PASSWORD '{SECRET}'")
        do(server, "CREATE ROLE rejected LOGIN; CREATE ROLE weak LOGIN")
        do(server, "SELECT pg_reload_conf()")
        PostgresStore(server.url, "shop").close()
        yield server


@pytest.fixture
def two(server: Server, request: pytest.FixtureRequest) -> Iterator[tuple[PostgresStore, PostgresStore]]:
    """Two hosts of an app."""
    stores = [PostgresStore(server.url, request.node.name) for _ in range(2)]
    for store, name in zip(stores, ("one@h1", "two@h2"), strict=True):
        store.name = name
        store.instances.renew(Instance(name, name[-2:], 1, "1", 0.0), 0.0)
    yield stores[0], stores[1]
    for store in stores:
        store.close()


def do(server: Server, sql: str) -> list[tuple[Any, ...]]:
    with closing(psycopg.connect(server.url, autocommit=True)) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def cut(server: Server) -> None:
    """The server ends all connections of procmans."""
    here = "application_name = 'procman' AND pid <> pg_backend_pid()"
    do(server, f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {here}")


def job(task: str = "mail") -> Request:
    return Request(task, (), Trigger.MANUAL, 1.0, 1.0)


# What it refuses


@pytest.mark.parametrize(
    ("user", "place", "told"),
    [
        ("secret:hunter3", "postgres", "the password is wrong: see ~/.pgpass or PGPASSWORD ("),
        ("secret", "postgres", "it wants a password: put it in ~/.pgpass or PGPASSWORD ("),
        ("rejected", "postgres", "this user may not connect: see the server's pg_hba.conf ("),
        ("nobody-here", "postgres", "there is no such user: make it with 'createuser' ("),
        ("procman", "missing", "there is no such database: make it with 'createdb' ("),
        (
            f"secret:{SECRET}",
            "postgres",
            "this user may not do that: the one who made the schema procman may,",
        ),
    ],
)
def test_who_is_refused_is_told_what_to_do_and_no_password(
    strict: Server, user: str, place: str, told: str
) -> None:
    with pytest.raises(StoreError) as raised:
        PostgresStore(f"postgresql://{user}@/{place}?host={strict.folder}", "shop").last_id()
    text = str(raised.value)
    name, _, password = user.partition(":")
    assert text.startswith(f"postgresql (user={name}, host={strict.folder}, dbname={place}): {told}"), text
    assert len(text.splitlines()) == 1
    assert not password or password not in text


@pytest.mark.parametrize(
    "where", ["/nowhere?host=/nowhere", "127.0.0.1:1/shop", "no-such-host.invalid/shop", "h,h2:1/shop"]
)
def test_who_finds_no_server_is_told_so_and_no_password(where: str) -> None:
    with pytest.raises(StoreError) as raised:
        PostgresStore(f"postgresql://me:{SECRET}@{where}", "shop")
    assert "the server cannot be reached: see that it runs, and that this is where (" in str(raised.value)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("password", ["hun@ter2", "hun/ter2", "hun%ter2", "@", "a@b/c"])
def test_a_password_that_is_read_as_something_else_is_not_repeated(password: str) -> None:
    with pytest.raises(RefusedError) as raised:
        PostgresStore(f"postgresql://me:{password}@db/shop", "shop")
    assert str(raised.value).startswith("postgresql://...: this is ")
    assert "hun" not in str(raised.value)
    assert "ter2" not in str(raised.value)


def test_a_server_without_room_is_told_of_and_has_some_again(strict: Server) -> None:
    store = PostgresStore(strict.url, "shop")
    store.close()
    held: list[psycopg.Connection[Any]] = []
    with suppress(psycopg.OperationalError):
        while True:
            held.append(psycopg.connect(strict.url))
    with pytest.raises(StoreError, match=r"no connection left: raise max_connections, or use pgbouncer \("):
        store.last_id()
    for each in held:
        each.close()
    wait_until(lambda: len(do(strict, "SELECT 1 FROM pg_stat_activity WHERE usename = 'procman'")) < 4)
    assert store.last_id() == 0
    store.close()


def test_a_server_that_takes_no_changes_is_told_of_and_read(strict: Server) -> None:
    store = PostgresStore(f"{strict.url}&{READ_ONLY}", "shop")
    assert store.history() == []
    with pytest.raises(StoreError, match=r"the server takes no changes: name the one that does \("):
        store.request(job())
    store.close()


def test_a_schema_that_is_newer_is_left_alone(server: Server) -> None:
    PostgresStore(server.url, "shop").close()
    do(server, "INSERT INTO procman.version VALUES (99)")
    try:
        with pytest.raises(RefusedError, match=r"newer procman \(schema 99, this one knows \d\): upgrade"):
            PostgresStore(server.url, "shop")
    finally:
        do(server, "DELETE FROM procman.version WHERE version = 99")


def test_five_that_start_first_make_one_schema(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    do(server, "DROP SCHEMA IF EXISTS procman CASCADE")
    together, look, numbers = threading.Barrier(5), opening._version, []

    def look_together(connection: psycopg.Connection[Any]) -> int:
        found = look(connection)
        if not connection.info.transaction_status:
            together.wait(PATIENCE)
        return found

    monkeypatch.setattr(opening, "_version", look_together)

    def start() -> None:
        with closing(PostgresStore(server.url, "new")) as store:
            numbers.append(store.request(job())[0])

    in_threads([start] * 5)
    assert sorted(numbers) == [1, 2, 3, 4, 5]
    assert do(server, "SELECT count(*) FROM procman.version") == [(len(opening.SCRIPTS),)]


def in_threads(acts: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)


def test_a_disk_that_is_full_is_told_of(server: Server) -> None:
    """As the server says it: its own words, and a code."""
    made = "DO $$ BEGIN RAISE SQLSTATE '{}' USING MESSAGE = 'could not extend file'; END $$"
    for code, told in (("53100", "the disk of the server is full: make room"), ("57P01", "being stopped")):
        with closing(psycopg.connect(server.url)) as connection, pytest.raises(psycopg.Error) as raised:
            connection.execute(made.format(code))
        assert told in str(failure(raised.value, "postgresql"))
        assert str(failure(raised.value, "postgresql")).endswith("(could not extend file)")


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many ways there and back it were since this was asked last."""
    made: list[None] = []
    real = database.Database._try

    def noted(self: database.Database, run: Any) -> Any:
        made.append(None)
        return real(self, run)

    def asked() -> int:
        number = len(made)
        made.clear()
        return number

    monkeypatch.setattr(database.Database, "_try", noted)
    return asked


def test_many_ends_are_as_many_ways_as_one(
    two: tuple[PostgresStore, PostgresStore], ways: Callable[[], int]
) -> None:
    """A transaction keeps all other hosts of the app waiting."""
    store, _ = two
    for many in (1, 20):
        runs = claimed(store, *range(many), task=f"of {many}", owner=store.name)
        ways()
        store.tell([Start(run, "run", 7, None, NOW) for run in runs])
        assert ways() == 1
        told = store.tell([Finish(run, Ending(Outcome.OK, NOW), NOW) for run in runs])
        assert [run and run.id for run in told] == ids(runs)
        assert ways() == 2  # the runs, and what changes


def test_what_is_due_is_taken_in_few_ways(
    two: tuple[PostgresStore, PostgresStore], ways: Callable[[], int]
) -> None:
    """All that a scheduler asks for while it has the app for itself."""
    store, other = two
    for many in (1, 20):
        for _ in range(many):
            other.request(job())
        ways()
        with store.together():
            taken = store.take_due(NOW, store.name, NOW, (99, 99))
            assert store.open_runs({"mail"}, store.name) == []
            assert store.survey(Survey(store.name, NOW, (), 0, 100)).next_due is None
        assert len(taken) == many
        assert ways() == 4  # what is due, who is there, what else there is, and the commit


def test_a_lock_that_another_holds_is_waited_for_and_then_told_of(
    two: tuple[PostgresStore, PostgresStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = two
    monkeypatch.setattr(database, "LIMITS", "SET LOCAL lock_timeout = '50ms'")
    with one.together():
        one.last_id()
        with pytest.raises(StoreBusyError, match=r"another program has it locked \("):
            other.pause("mail", 1.0)
    assert other.pause("mail", 1.0)


def test_where_the_database_is_strict_a_single_statement_is_not_refused_for_what_others_do(
    server: Server, request: pytest.FixtureRequest
) -> None:
    """Leases that are renewed at the same moment read each other's rows."""
    url, app = f"{server.url}&{STRICT}", request.node.name
    line = Line(url, app, lambda: Instance("one@h1", "h1", 1, "1", 0.0))
    with closing(PostgresStore(url, app)) as store:
        for each in (store._server, line._found()):
            assert each.rows("SHOW transaction_isolation") == [("read committed",)]
    line.close(leave=True)


@pytest.mark.parametrize("key", [None, "key"])
@pytest.mark.parametrize("pooled", [False, True])
def test_who_asks_for_a_run_is_told_of_a_table_that_another_has_locked(
    server: Server,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    key: str | None,
    pooled: bool,
) -> None:
    monkeypatch.setattr(database, "LIMITS", "SET LOCAL lock_timeout = '50ms'")
    monkeypatch.setattr(opening, "SETTINGS", "SET lock_timeout = '50ms'")
    monkeypatch.setattr(opening, "_is_pooled", lambda connection: pooled)
    with (
        closing(PostgresStore(server.url, request.node.name)) as store,
        closing(psycopg.connect(server.url)) as another,
    ):
        release = threading.Timer(5.0, another.rollback)  # so that who waits in vain does not do so for ever
        another.execute("LOCK TABLE procman.runs")
        release.start()
        with pytest.raises(StoreBusyError, match=r"another program has it locked \("):
            store.request(job()._replace(key=key))
        release.cancel()


def test_who_waited_for_another_scheduler_sees_what_that_has_written(
    server: Server, request: pytest.FixtureRequest
) -> None:
    """Also where the database has all transactions see what was there when they began, unless they say so."""
    url, name = f"{server.url}&{STRICT}", request.node.name
    with closing(PostgresStore(url, name)) as one, closing(PostgresStore(url, name)) as other:
        one.request(job())
        taken: list[Run] = []
        thread = threading.Thread(target=lambda: taken.extend(other.take_due(2.0, "two@h2", 0.0, (9, 9))))
        waits = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        with one.together():
            one.last_id()
            thread.start()
            wait_until(lambda: do(server, waits))
            first = one.take_due(2.0, "one@h1", 0.0, (9, 9))
        thread.join(PATIENCE)
        assert (len(first), taken) == (1, [])
        assert len(other.take_due(2.0, "two@h2", 0.0, (9, 9))) == 0


def test_a_store_that_was_set_back_gives_no_number_twice(server: Server) -> None:
    with closing(PostgresStore(server.url, "set back")) as store:
        for _ in range(3):
            store.request(job())
        assert store.last_id() == 3
        store._server.change("DELETE FROM procman.runs WHERE app = ?", store.app)
        store._server.rows(f"SELECT setval('procman.runs_{store._number}', 1)")
        assert store.last_id() == 3
        assert store.request(job())[0] == 4


@pytest.mark.parametrize("app", ["caf\udce9", 'it\'s \\ "a"', "x" * 2000, "%s ?1 :v1 {}", "\U0001f600"])
def test_an_app_may_be_called_anything_that_a_folder_is(server: Server, app: str) -> None:
    line = Line(server.url, app, lambda: Instance("one@h1", "h1", 1, "1", 0.0))
    line.renew()
    with closing(PostgresStore(server.url, app)) as store:
        store.name = "one@h1"
        number, _ = store.request(job()._replace(key="k"))
        (run,) = store.take_due(2.0, "one@h1", 0.0, (9, 9))
        assert run.id == number
        store.finish(run, Ending(Outcome.OK, 3.0))
        assert store.instances.living() == {"one@h1"}
        assert [run.outcome for run in store.history()] == [Outcome.OK]
    line.close(leave=True)


def test_a_key_that_is_too_long_for_an_index_is_told_with_what_may_be(
    two: tuple[PostgresStore, PostgresStore],
) -> None:
    long = "".join(hashlib.sha512(bytes([number])).hexdigest() for number in range(64))
    assert two[0].request(job()._replace(key=long[:2000]))[1]
    with pytest.raises(StoreError, match="a key, or a name, has 2,000 bytes at most") as raised:
        two[0].request(job()._replace(key=long))
    assert long[:20] not in str(raised.value)


# Connections that end


def test_a_connection_that_was_cut_is_made_anew_without_a_word(
    two: tuple[PostgresStore, PostgresStore], server: Server
) -> None:
    store = two[0]
    first, _ = store.request(job())
    cut(server)
    assert store.request(job())[0] == first + 1
    cut(server)
    assert store.last_id() == first + 1
    cut(server)
    assert store.pause("mail", 1.0)


def test_of_a_transaction_in_which_the_connection_was_cut_nothing_is_kept(
    two: tuple[PostgresStore, PostgresStore], server: Server
) -> None:
    store = two[0]

    def write() -> None:
        with store.together():
            store.pause("mail", 1.0)
            cut(server)
            with pytest.raises(StoreError):
                store.pause("report", 1.0)
            store.pause("another", 1.0)

    with pytest.raises(StoreError, match="the transaction failed before: nothing of it is kept"):
        write()
    assert store.states() == {}


class LateError(Exception):
    """What the handler of a signal raises."""


@pytest.mark.parametrize("error", [LateError, KeyboardInterrupt])
def test_who_is_interrupted_while_changes_are_made_hears_that_and_nothing_of_it_is_kept(
    two: tuple[PostgresStore, PostgresStore], server: Server, error: type[BaseException]
) -> None:
    def handle(number: int, frame: object) -> None:
        raise error

    store = two[0]
    before = signal.signal(signal.SIGALRM, handle)
    try:
        with closing(psycopg.connect(server.url)) as another:
            another.execute("LOCK TABLE procman.tasks IN SHARE MODE")  # it can be read
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            with pytest.raises(error):
                store.pause("mail", 1.0)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert store.states() == {}
    assert store.pause("mail", 1.0)


@pytest.fixture(params=["database", "schema"])
def anew(server: Server, request: pytest.FixtureRequest) -> Iterator[tuple[str, Callable[[], None]]]:
    """A URL, and what makes the database anew, or drops our schema from it."""
    do(server, "CREATE DATABASE shop")
    url = server.url.replace("/postgres?", "/shop?")

    def make() -> None:
        if request.param == "database":
            do(server, "DROP DATABASE shop WITH (FORCE)")
            do(server, "CREATE DATABASE shop")
        else:
            with closing(psycopg.connect(url, autocommit=True)) as connection:
                connection.execute("DROP SCHEMA procman CASCADE")

    yield url, make
    do(server, "DROP DATABASE shop WITH (FORCE)")


def test_a_database_that_is_made_anew_is_used_and_numbers_go_on(anew: tuple[str, Callable[[], None]]) -> None:
    url, make = anew
    with closing(PostgresStore(url, "shop")) as store, closing(PostgresStore(url, "shop")) as other:
        line = Line(url, "shop", lambda: Instance("one@h1", "h1", 1, "1", 0.0))
        line.renew()
        store.request(job())
        assert store.last_id() == 1
        make()
        for act in (line.renew, store.last_id, other.last_id):
            with suppress(StoreError):
                act()
        line.renew()
        assert store.request(job())[0] == 2
        assert other.request(job())[0] == 3
        with other.together():
            other.last_id()
            locks = "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND database ="
            mine = "(SELECT oid FROM pg_database WHERE datname = 'shop')"
            held = store.database.rows(f"{locks} {mine}")
        assert held == store.database.rows("SELECT (? & 4294967295)::oid", store._server.lock)
        assert rung(line)
        line.close(leave=True)


@pytest.mark.parametrize("tasks", [2, 200])
def test_a_connection_that_is_cut_on_the_way_is_told_by_us_alone(
    two: tuple[PostgresStore, PostgresStore],
    server: Server,
    tasks: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The driver would write to standard error that it could not leave its pipeline."""
    store = two[0]

    def write() -> None:
        with store.together():
            cut(server)
            store.database.change_each(store._sql.CLAIM, [("one@h1", number) for number in range(tasks)])

    with pytest.raises(StoreError, match=r"this is where|being stopped"):
        write()
    assert caplog.messages == []
    assert store.last_id() == 0


# Many who want the same


@pytest.mark.parametrize("hosts", [2, 5])
def test_of_hosts_that_race_for_a_thousand_ticks_one_gets_each(
    server: Server, hosts: int, request: pytest.FixtureRequest
) -> None:
    rows = [TickRow(f"t{number % 50}", TICK + number // 50, due=1.0) for number in range(1000)]
    claimed: list[Run] = []
    start = threading.Barrier(hosts)

    def race(name: str) -> None:
        with closing(PostgresStore(server.url, request.node.name)) as store:
            store.name = name
            start.wait(PATIENCE)
            for batch in range(0, 1000, 50):
                claimed.extend(store.claim(rows[batch : batch + 50], name, TICK))

    in_threads([lambda name=f"{number}@h": race(name) for number in range(hosts)])  # type: ignore[misc]
    assert Counter((run.task, run.tick) for run in claimed) == {(row.task, row.tick): 1 for row in rows}
    with closing(PostgresStore(server.url, request.node.name)) as store:
        assert {run.id: run.owner for run in store.history()} == {run.id: run.owner for run in claimed}


# Who is taken for dead, and comes back


def taken_over(one: PostgresStore, two: PostgresStore) -> Run:
    """A job that one had claimed, was recovered and given to two."""
    one.request(job())
    (run,) = one.take_due(2.0, one.name, 0.0, (9, 9))
    two.recover(lambda run: run.owner == one.name, (), 3.0)
    (again,) = two.take_due(4.0, two.name, 0.0, (9, 9))
    assert again.id == run.id
    return again


def test_what_is_told_of_a_run_that_another_has_by_now_changes_nothing(
    two: tuple[PostgresStore, PostgresStore],
) -> None:
    one, other = two
    run = taken_over(one, other)
    one.move(run, Event.RELEASE)
    one.started(run, "run", 1, "1:1", 5.0)
    assert one.finish(run, Ending(Outcome.OK, 6.0), 7.0) is None
    assert other.run(run.id) == run
    other.started(run, "run", 2, "2:2", 5.0)
    assert one.finish(run, Ending(Outcome.FAILED, 6.0), 7.0) is None
    ended = other.finish(run, Ending(Outcome.OK, 8.0))
    assert ended == other.run(run.id)
    assert ended is not None
    assert (ended.owner, ended.pid, ended.outcome, ended.reason) == (other.name, 2, Outcome.OK, None)


def test_a_host_that_came_since_the_last_look_is_not_taken_for_dead(
    two: tuple[PostgresStore, PostgresStore],
) -> None:
    one, other = two
    looks: list[set[str]] = []
    one.look = lambda living: looks.append({*living})
    (run,) = other.claim([TickRow("mail", TICK)], other.name, TICK)
    for _ in range(2):
        assert [each.id for each in one.open_runs({"mail"}, one.name)] == [run.id]
    assert looks == [{one.name, other.name}]


def test_a_clock_that_is_behind_makes_nobody_forget_what_was(
    two: tuple[PostgresStore, PostgresStore],
) -> None:
    """What a host takes for still to come was, by the clock of the server."""
    one, other = two
    now = int(time.time())
    rows = [TickRow("mail", now - age, outcome=Outcome.SKIPPED, reason="busy") for age in (30, 20, 10)]
    one.recall({"mail": "every second"}, now - 60)
    assert len(one.claim(rows, one.name, now)) == 3
    states = other.recall({"mail": "every second"}, now - 45)
    assert (states["mail"].accounted or 0) >= now - 10
    assert len(one.history()) == 3


def test_a_host_with_other_tasks_leaves_those_of_a_living_one_alone(
    two: tuple[PostgresStore, PostgresStore],
) -> None:
    """It does not know them, or has them disabled: whose they are knows how far they are accounted for."""
    one, other = two
    now = int(time.time()) + 60
    one.recall({"mail": "hourly", "report": "daily"}, now)
    other.recall({"report": "", "clean": "hourly"}, now + 10)
    assert one.recall({"mail": "hourly", "report": "daily"}, now + 20) == {
        "mail": TaskState("mail", "hourly", now),
        "report": TaskState("report", "daily", now),
    }


def test_a_host_that_is_alone_says_what_tasks_there_are(two: tuple[PostgresStore, PostgresStore]) -> None:
    one, other = two
    now = int(time.time()) + 60
    one.recall({"mail": "hourly", "report": "daily"}, now)
    one.instances.leave(one.name)
    other.recall({"report": "", "clean": "hourly"}, now + 10)
    assert other.states() == {
        "mail": TaskState("mail"),
        "report": TaskState("report"),
        "clean": TaskState("clean", "hourly", now + 10),
    }


# The bell


@pytest.fixture
def line(server: Server, request: pytest.FixtureRequest) -> Iterator[Line]:
    made = Line(server.url, request.node.name, lambda: Instance("one@h1", "h1", 1, "1", 0.0))
    made.renew()
    yield made
    made.close(leave=True)


def rung(line: Line) -> bool:
    """It takes a moment until what was rung is there."""
    until = time.monotonic() + 0.5
    found = False
    while not found and time.monotonic() < until:
        found = line.rung()
    return found


def test_who_listens_hears_the_others_and_not_itself(
    line: Line, two: tuple[PostgresStore, PostgresStore]
) -> None:
    one, other = two
    assert line.hears
    assert not line.rung()
    other.request(job())
    assert rung(line)
    assert not line.rung()
    one.request(job())
    assert not rung(line)
    one.name = ""  # an app that asks
    one.request(job())
    assert rung(line)


@pytest.mark.parametrize("what", ["pause", "resume", "cancel"])
def test_what_is_asked_for_rings(line: Line, two: tuple[PostgresStore, PostgresStore], what: str) -> None:
    _, other = two
    number, _ = other.request(job()._replace(due=1e9))
    other.pause("report", 1.0)
    assert rung(line)
    acts: dict[str, Callable[[], bool]] = {
        "pause": lambda: other.pause("mail", 2.0),
        "resume": lambda: other.resume("report", 2.0),
        "cancel": lambda: other.cancel(number, 2.0),
    }
    assert acts[what]()
    assert rung(line)


def test_a_ring_that_comes_while_the_lease_is_renewed_is_heard(
    line: Line, two: tuple[PostgresStore, PostgresStore]
) -> None:
    two[1].request(job())
    line.renew()
    assert line.rung()


def test_the_time_that_connecting_takes_is_none_by_which_a_clock_is_wrong(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = line._connect

    def slow() -> psycopg.Connection[Any]:
        time.sleep(0.5)
        return connect()

    monkeypatch.setattr(line, "_connect", slow)
    assert line._database
    line._database.close()
    assert abs(line.renew().ahead) < 0.1


def test_what_listens_and_is_cut_says_so_and_listens_again(
    line: Line, two: tuple[PostgresStore, PostgresStore], server: Server
) -> None:
    cut(server)
    with pytest.raises(StoreError):
        rung(line)
    line.renew()
    two[1].request(job())
    assert rung(line)


def test_what_listens_again_may_have_missed_a_ring(
    line: Line, two: tuple[PostgresStore, PostgresStore], server: Server
) -> None:
    assert not line.rung()
    cut(server)
    two[1].request(job())
    line.renew()
    assert line.rung()
    assert not line.rung()


def test_who_cannot_listen_again_is_told_so_in_every_call(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The thread of the lease goes on after a `StoreError`, and after nothing else."""
    acts: list[Callable[[], object]] = [line.fileno, line.rung, line.renew]
    monkeypatch.setattr(Bell, "channel", "no name")
    for act in acts:
        assert line._database
        line._database.close()
        with pytest.raises(StoreError):
            act()


@pytest.mark.skipif(not pgbouncer.PROGRAM, reason=pgbouncer.WHY_NOT)
def test_through_a_pool_all_works_but_the_bell(server: Server, request: pytest.FixtureRequest) -> None:
    name = request.node.name
    with pgbouncer.before(server) as url, closing(PostgresStore(url, name)) as store:
        assert not store.rings
        store.name = "one@h1"
        line = Line(url, name, lambda: Instance("one@h1", "h1", 1, "1", 0.0))
        for _ in range(20):  # PostgreSQL would begin to prepare the statements after five
            line.renew()
            store.request(job())
        assert (line.fileno(), line.rung()) == (-1, False)
        assert store.instances.living() == {"one@h1"}
        assert len(store.take_due(2.0, "one@h1", 0.0, (99, 99))) == 20
        line.close(leave=True)
        assert store.instances.living() == set()
        with closing(PostgresStore(server.url, name)) as straight:
            assert straight.rings
            assert {run.state for run in straight.history()} == {State.CLAIMED}
