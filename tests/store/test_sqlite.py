"""The store as a file: who may read it, what it costs, what happens when the world is against it."""

from __future__ import annotations

import errno
import os
import resource
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from procman.core.tasks.query import Query
from procman.core.tasks.run import Ending, Outcome, Survey
from procman.errors import StoreError, UnsafeError
from procman.store import opening
from procman.store.open import open_store
from procman.store.sqlite import SqliteStore

from .filling import fill
from .rows import ME, NOW, OTHER, TICK, asked, claimed, finished, ids, now, running, tick

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(path: str) -> Iterator[SqliteStore]:
    store = open_store(path)
    yield store
    store.close()


def script(path: str, code: str, *arguments: object) -> subprocess.Popen[str]:
    """A process that does something to the store when it is told to by a line on its standard input."""
    before = (
        "import sys\n"
        "from procman.core.tasks.run import Request, Ending, Outcome, TickRow, Trigger\n"
        "from procman.store.open import open_store\n"
        "store = open_store(sys.argv[1], durable=True)\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
    )
    command = [sys.executable, "-c", before + code, path, *map(str, arguments)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, bufsize=1
    )


def race(path: str, code: str, arguments: range) -> list[list[str]]:
    """What each of several processes prints, which all begin at once."""
    processes = [script(path, code, number) for number in arguments]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
    return [process.communicate()[0].split() for process in processes]


# The file


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_only_its_owner_may_read_it(path: str, mask: int) -> None:
    before = os.umask(mask)
    try:
        store = open_store(path)
        store.request(asked())
    finally:
        os.umask(before)
    files = sorted(Path(path).parent.iterdir())
    assert [file.name for file in files] == [
        "procman.db",
        "procman.db-shm",
        "procman.db-wal",
        "procman.db.lock",
    ]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    store.close()


def test_what_was_written_is_there_when_it_is_opened_again(path: str) -> None:
    store = open_store(path)
    run = finished(store, 1)
    store.close()
    store.close()
    assert not os.path.exists(f"{path}-wal")
    again = open_store(path)
    assert again.run(run.id) == run
    assert again.moved_aside is None
    again.close()


@pytest.mark.parametrize("name", ["a b", "50%", "what?", "#1", "é", "a%20b"])
def test_its_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    open_store(str(folder / "procman.db")).close()
    assert (folder / "procman.db").exists()


def test_a_relative_path_stays_the_same_file_when_the_folder_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store("procman.db")
    monkeypatch.chdir("/")
    assert store.request(asked()) == (1, True)
    store.close()


def test_it_may_be_used_in_another_thread_than_the_one_that_opened_it(store: SqliteStore) -> None:
    given: list[tuple[int, bool]] = []
    thread = threading.Thread(target=lambda: given.append(store.request(asked())))
    thread.start()
    thread.join()
    assert given == [(1, True)]


def test_a_reader_sees_the_state_before_a_transaction_that_is_not_over(path: str, store: SqliteStore) -> None:
    reader = open_store(path)
    with store.together():
        run = finished(store, 1)
        assert (reader.history(None, 9), reader.summaries(), reader.last_id()) == ([], {}, 0)
    assert reader.history(None, 9) == [run]
    reader.close()


def test_text_that_is_no_unicode_is_kept_readable(store: SqliteStore) -> None:
    run = claimed(store, 1)[0]
    store.started(run, "cat caf\udce9", 1, None, NOW)
    store.finish(run, Ending(Outcome.FAILED, NOW, reason="no file \udcff"))
    assert (now(store, run).command, now(store, run).reason) == ("cat caf\\udce9", "no file \\udcff")
    assert store.request(asked(key="\udc80")) == (2, True)
    assert store.request(asked(key="\udc80")) == (2, False)


# Others


def test_of_two_who_claim_the_same_ticks_each_gets_those_that_the_other_has_not(path: str) -> None:
    code = (
        "for at in range(100):\n"
        "    for run in store.claim([TickRow('mail', at)], sys.argv[2], 0.0): print(run.tick)"
    )
    claims = race(path, code, range(2))
    assert sorted(int(at) for mine in claims for at in mine) == list(range(100))
    store = open_store(path)
    assert [(run.tick, str(run.owner)) for run in reversed(store.history(None, 999))] == sorted(
        (int(at), str(owner)) for owner, mine in enumerate(claims) for at in mine
    )
    store.close()


def test_of_eight_who_ask_with_the_same_key_all_get_the_same_run(path: str) -> None:
    code = (
        "for n in range(20):\n"
        "    print(*store.request(Request('mail', (), Trigger.MANUAL, 0.0, 0.0, f'key {n}')), sep=':')"
    )
    answers = race(path, code, range(8))
    for same in zip(*answers, strict=True):
        assert len({answer.split(":")[0] for answer in same}) == 1
        assert sorted(answer.split(":")[1] for answer in same) == ["False"] * 7 + ["True"]
    store = open_store(path)
    assert len(store.jobs()) == 20
    store.close()


def test_of_eight_who_write_at_once_none_is_refused_and_nothing_is_lost(path: str) -> None:
    code = (
        "for n in range(100):\n"
        "    print(store.request(Request('mail', (sys.argv[2],), Trigger.MANUAL, 0.0, 0.0))[0])"
    )
    answers = race(path, code, range(8))
    numbers = [int(number) for mine in answers for number in mine]
    assert sorted(numbers) == list(range(1, 801))
    store = open_store(path)
    assert sorted(ids(store.jobs())) == sorted(numbers)
    store.close()


def test_who_opens_a_store_while_others_make_it_waits_for_it(path: str, tmp_path: Path) -> None:
    code = "print(open_store(sys.argv[2]).request(Request('mail', (), Trigger.MANUAL, 0.0, 0.0))[0])"
    answers = race(path, code.replace("sys.argv[2]", repr(str(tmp_path / "new.db"))), range(8))
    assert sorted(int(number) for mine in answers for number in mine) == list(range(1, 9))


def test_one_that_is_killed_while_it_writes_leaves_whole_rows_only(path: str) -> None:
    code = (
        "n = 0\n"
        "while True:\n"
        "    n += 1\n"
        "    run, = store.claim([TickRow('mail', n)], 'me', 0.0)\n"
        "    store.finish(run, Ending(Outcome.OK, 1.0, output=b'x' * 5000))\n"
        "    print(run.id, flush=True)"
    )
    known = 0
    for round_ in range(5):
        process = script(path, code.replace("n = 0", f"n = {1000 * round_}"))
        assert process.stdin
        assert process.stdout
        process.stdin.write("\n")
        assert process.stdout.readline() == "ready\n"
        told = [int(process.stdout.readline()) for _ in range(5 + 7 * round_)]
        process.kill()
        rest = process.communicate()[0].split()
        known = max(known, *told, *map(int, rest))
        store = open_store(path)
        runs = store.history(None, 9999)
        assert store.moved_aside is None
        assert {run.id for run in runs} >= set(range(1, known + 1))
        whole = {(False, True): b"x" * 5000, (True, False): None}
        for run in runs:
            ended = run.outcome is Outcome.OK
            assert store.output(run.id) == whole[not ended, ended]
        store.close()


def test_one_that_waits_in_vain_says_who_is_to_blame(path: str, store: SqliteStore) -> None:
    other = SqliteStore(path, waits=0)
    with store.together(), pytest.raises(StoreError, match="another program has locked it"):
        other.request(asked())
    assert other.request(asked()) == (1, True)
    other.close()


def test_a_locked_file_is_not_mistaken_for_a_damaged_one(path: str) -> None:
    open_store(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="another program has locked it"):
            open_store(path, patience=0)
    with closing(open_store(path)) as again:
        assert again.moved_aside is None


# Disk and permissions


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that everybody can reach, if they are let in."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


SOMEBODY = 65534


def give_away(*files: Path) -> None:
    """To somebody else, whom permissions bind."""
    for file in files if os.geteuid() == 0 else ():
        os.chown(file, SOMEBODY, -1)


@contextmanager
def as_somebody_else() -> Iterator[None]:
    """Permissions do not bind root."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(SOMEBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"none/procman\.db: No such file or directory"):
        open_store(str(tmp_path / "none" / "procman.db"))


def test_a_folder_that_may_not_be_written_is_told(public: Path) -> None:
    public.chmod(0o555)
    with as_somebody_else(), pytest.raises(StoreError, match="permission denied: see that you own it"):
        open_store(str(public / "procman.db"))


def test_a_file_that_may_not_be_read_is_told_and_stays(public: Path) -> None:
    path = public / "procman.db"
    open_store(str(path)).close()
    path.chmod(0)
    give_away(path)
    public.chmod(0o777)
    with as_somebody_else(), pytest.raises(StoreError, match="it cannot be opened: see that you own it"):
        open_store(str(path))
    assert path.exists()


def test_a_file_that_may_not_be_written_is_told_and_can_still_be_read(public: Path) -> None:
    path = public / "procman.db"
    store = open_store(str(path))
    store.request(asked())
    for file in public.iterdir():
        file.chmod(0o444)
        give_away(file)
    public.chmod(0o777)
    with as_somebody_else():
        reader = open_store(str(path))
        assert ids(reader.jobs()) == [1]
        with pytest.raises(StoreError, match="it cannot be written: see that you own it"):
            reader.request(asked())
    reader.close()
    store.close()


@pytest.mark.parametrize("part", ["", "-wal", "-shm", ".lock"])
def test_a_symlink_at_the_place_of_a_file_is_not_followed(path: str, tmp_path: Path, part: str) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"kept")
    if part in ("-wal", "-shm"):
        open_store(path).close()
    os.symlink(other, path + part)
    with pytest.raises(
        UnsafeError, match=r"procman\.db\S* is a symlink, which procman does not follow: remove it"
    ):
        open_store(path)
    assert other.read_bytes() == b"kept"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_another_user_is_not_opened(path: str) -> None:
    open_store(path).close()
    os.chown(path, SOMEBODY, -1)
    with pytest.raises(
        UnsafeError, match=r"belongs to another user \(number 65534\): give it to the user who"
    ):
        open_store(path)


def test_a_store_in_the_place_of_another_gives_no_number_twice(path: str) -> None:
    store = open_store(path)
    running(store, 1)
    store.continue_after(41)
    assert claimed(store, 2)[0].id == 42
    store.continue_after(7)
    assert claimed(store, 3)[0].id == 43
    store.close()


def test_a_store_that_was_set_back_gives_no_number_twice(path: str, tmp_path: Path) -> None:
    store = open_store(path)
    running(store, 1)
    with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(tmp_path / "backup")) as backup:
        live.backup(backup)
        ids(claimed(store, 2, 3))
        assert store.last_id() == 3
        backup.backup(live)  # as the shell's .restore does
    assert store.last_id() == 3
    assert ids(claimed(store, 4)) == [4]
    assert ids(store.history()) == [4, 1]
    store.close()


def test_a_new_store_in_the_place_of_another_gives_no_number_twice(path: str) -> None:
    store = open_store(path)
    store.continue_after(41)
    assert claimed(store, 2)[0].id == 42
    store.close()


def test_something_else_at_its_place_is_told_and_stays(path: str) -> None:
    os.mkdir(path)
    with pytest.raises(StoreError, match="it cannot be opened"):
        open_store(path)
    assert os.path.isdir(path)


@contextmanager
def full_disk(store: SqliteStore, path: str) -> Iterator[None]:
    """The file may not get any larger."""
    pages = store._db.rows("PRAGMA page_count")[0][0]
    store._db.change(f"PRAGMA max_page_count = {pages}")
    yield
    store._db.change("PRAGMA max_page_count = 1000000")


@contextmanager
def refusing_disk(store: SqliteStore, path: str) -> Iterator[None]:
    """No file of this process may get any larger (RLIMIT_FSIZE, getrlimit(2))."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (os.path.getsize(f"{path}-wal") + 20_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


DISKS = {"the disk is full: make room": full_disk, "the disk refused": refusing_disk}


@pytest.mark.parametrize(("text", "disk"), DISKS.items(), ids=["full", "refusing"])
@pytest.mark.parametrize("durable", [False, True])
def test_what_the_disk_does_not_take_is_not_kept_by_half(
    path: str, text: str, disk: Callable[[SqliteStore, str], AbstractContextManager[None]], durable: bool
) -> None:
    store = open_store(path, durable=durable)
    run = running(store, 1)
    ending = Ending(Outcome.FAILED, NOW, output=b"x" * 1_000_000)

    def finish() -> None:
        with store.together():
            store.request(asked())
            store.finish(run, ending, NOW)

    with disk(store, path), pytest.raises(StoreError, match=text):
        finish()
    assert (now(store, run), store.jobs(), store.output(run.id)) == (run, [], None)
    finish()
    assert (now(store, run).outcome, len(store.jobs()), store.output(run.id)) == (
        Outcome.FAILED,
        2,
        ending.output,
    )
    store.close()


def a_write_for_which_there_is_no_room(store: SqliteStore) -> None:
    run = running(store, 7)
    with full_disk(store, ""), pytest.raises(StoreError, match="full"):
        store.finish(run, Ending(Outcome.OK, NOW, output=b"x" * 1_000_000))


def a_question_that_fails(store: SqliteStore) -> None:
    with pytest.raises(StoreError):
        store.run(1 << 64)


def a_transaction_that_is_given_up(store: SqliteStore) -> None:
    with suppress(ZeroDivisionError), store.together():
        store.request(asked(1 // 0))


CAUGHT = [a_write_for_which_there_is_no_room, a_question_that_fails, a_transaction_that_is_given_up]


@pytest.mark.parametrize("trouble", CAUGHT)
def test_an_error_that_is_caught_inside_still_undoes_all(
    store: SqliteStore, trouble: Callable[[SqliteStore], None]
) -> None:
    def together() -> None:
        with store.together():
            store.request(asked())
            trouble(store)

    with pytest.raises(StoreError, match="failed before"):
        together()
    assert (store.jobs(), store.history(None, 9)) == ([], [])
    store._db.change("PRAGMA max_page_count = 1000000")
    assert store.request(asked()) == (1, True)


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The inodes of what was flushed to the disk."""
    inodes: list[int] = []
    monkeypatch.setattr("os.fsync", lambda fd: inodes.append(os.fstat(fd).st_ino))
    return inodes


def test_a_durable_write_is_on_the_disk_when_the_call_is_back(path: str, flushed: list[int]) -> None:
    store = open_store(path, durable=True)
    store.request(asked(key="k"))
    log, folder = os.stat(f"{path}-wal").st_ino, os.stat(os.path.dirname(path)).st_ino
    assert set(flushed) == {log, folder}
    flushed.clear()
    with store.together():
        store.request(asked())
        assert flushed == []
    assert flushed == [log]
    store.request(asked(key="k"))  # who wrote it may not have flushed it yet
    assert flushed == [log, log]
    store.close()


def test_another_write_does_not_wait_for_the_disk(store: SqliteStore, flushed: list[int]) -> None:
    finished(store, 1)
    assert flushed == []


@pytest.mark.parametrize("durable", [True, False])
def test_sqlite_flushes_the_log_before_it_is_copied_into_the_file(path: str, durable: bool) -> None:
    """`synchronous = NORMAL` (sqlite.org/pragma.html): with OFF a power cut may damage the file."""
    with closing(open_store(path, durable=durable)) as store:
        assert store._db.rows("PRAGMA synchronous") == [(1,)]


def test_a_disk_that_does_not_flush_is_told(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(fd: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    store = open_store(path, durable=True)
    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(StoreError, match=r"procman\.db: Input/output error"):
        store.request(asked())
    store.close()


def test_a_file_system_on_which_it_cannot_work_is_told(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda name, **rest: connect(f"{name}&vfs=unix-dotfile", **rest))
    with pytest.raises(StoreError, match="use a local disk"):
        open_store(path)
    assert not os.path.exists(path)


# Gone while it is in use


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_was_deleted_while_in_use_is_noticed(path: str, replaced: bool) -> None:
    store = open_store(path)
    run = running(store, 1)
    for part in ("", "-wal", "-shm"):
        os.unlink(path + part)
    other = open_store(path) if replaced else None
    with pytest.raises(StoreError, match="moved or deleted while it was in use: try again"):
        store.finish(run, Ending(Outcome.OK, NOW))
    assert store.request(asked()) == (1, True)
    again = other or open_store(path)
    assert ids(again.jobs()) == [1]
    again.close()
    store.close()


# Versions


def version(path: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_a_store_of_a_newer_procman_is_left_alone(path: str) -> None:
    open_store(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 7")
        connection.execute("CREATE TABLE unheard_of (x)")
    before = Path(path).read_bytes()
    with pytest.raises(StoreError) as caught:
        open_store(path)
    text = "was written by a newer procman (schema 7, this one knows 2): upgrade procman"
    assert str(caught.value) == f"{path} {text}"
    assert Path(path).read_bytes() == before
    assert not [file for file in os.listdir(os.path.dirname(path)) if "corrupt" in file]


def test_a_store_of_an_older_procman_is_brought_up_to_date(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(path)
    run = finished(store, 1)
    store.close()
    second = tmp_path / "second.sql"
    second.write_text(
        "-- a comment; with a semicolon\nCREATE TABLE colours (x);\nINSERT INTO colours\nVALUES (';');"
    )
    monkeypatch.setattr(opening, "SCRIPTS", (*opening.SCRIPTS, str(second)))
    for _ in range(2):
        store = open_store(path)
        assert store.history(None, 9) == [run]
        assert store._db.rows("SELECT x FROM colours") == [(";",)]
        store.close()
    assert version(path) == len(opening.SCRIPTS)


def test_a_step_that_fails_leaves_the_older_version_as_it_was(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store(path).close()
    second = tmp_path / "second.sql"
    second.write_text("CREATE TABLE colours (x);\nCREATE TABLE runs (y);\n")
    monkeypatch.setattr(opening, "SCRIPTS", (*opening.SCRIPTS, str(second)))
    with pytest.raises(StoreError, match="table runs already exists"):
        open_store(path)
    assert version(path) == len(opening.SCRIPTS) - 1
    monkeypatch.undo()
    store = open_store(path)
    assert store._db.rows("SELECT name FROM sqlite_schema WHERE name = 'colours'") == []
    store.close()


def test_an_sqlite_that_is_too_old_is_told(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "OLDEST_SQLITE", (99, 1, 0))
    with pytest.raises(StoreError, match=r"99\.1\.0 or newer is needed"):
        open_store(path)


# Damage


def emptied(data: bytes) -> bytes:
    return b""


def garbage(data: bytes) -> bytes:
    return b"this is no store " * 500


def cut_in_the_header(data: bytes) -> bytes:
    return data[:60]


def cut_after_the_first_page(data: bytes) -> bytes:
    return data[:4096]


def cut_in_the_last_page(data: bytes) -> bytes:
    return data[:-4000]


def damaged_header(data: bytes) -> bytes:
    return data[:16] + b"\xff" * 20 + data[36:]


def damaged_schema(data: bytes) -> bytes:
    return data[:100] + b"\xa5" * 3900 + data[4000:]


def damaged_pages(data: bytes) -> bytes:
    return data[:4096] + b"\xa5" * (len(data) - 4096)


def damaged_indexes(data: bytes) -> bytes:
    return data.replace(b"mail", b"liam")


def another_database(data: bytes) -> bytes:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE x (y)")
        return connection.serialize()


DAMAGES = [
    emptied,
    garbage,
    cut_in_the_header,
    cut_after_the_first_page,
    cut_in_the_last_page,
    damaged_header,
    damaged_schema,
    damaged_pages,
    another_database,
]


def damage(path: str, how: Callable[[bytes], bytes]) -> bytes:
    store = open_store(path)
    for number in range(50):
        store.claim([tick(number)], ME, NOW)
    store.close()
    data = how(Path(path).read_bytes())
    Path(path).write_bytes(data)
    return data


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_file_is_put_aside_and_a_new_one_begun(
    path: str, how: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = damage(path, how)
    monkeypatch.setattr("time.strftime", lambda *_: "20261224T180000Z")
    store = open_store(path)
    assert store.moved_aside == f"{path}.corrupt-20261224T180000Z"
    assert Path(store.moved_aside).read_bytes() == data
    assert store.history(None, 9) == []
    assert store.request(asked()) == (1, True)
    store.close()
    with closing(open_store(path)) as again:
        assert again.moved_aside is None


def test_what_was_put_aside_earlier_is_not_overwritten(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.strftime", lambda *_: "20261224T180000Z")
    aside = []
    for text in (b"one", b"two", b"three"):
        Path(path).write_bytes(text)
        store = open_store(path)
        aside.append(str(store.moved_aside))
        store.close()
    assert [Path(name).read_bytes() for name in aside] == [b"one", b"two", b"three"]
    assert aside[1:] == [f"{aside[0]}-2", f"{aside[0]}-3"]


def test_its_log_goes_with_a_damaged_file(path: str) -> None:
    for part in ("", "-wal", "-shm"):
        Path(path + part).write_bytes(b"damaged" + part.encode())
    store = open_store(path)
    for part in ("", "-wal"):
        assert Path(f"{store.moved_aside}{part}").read_bytes() == b"damaged" + part.encode()
    assert os.path.exists(f"{store.moved_aside}-shm")
    assert store.request(asked()) == (1, True)
    store.close()


def test_a_log_whose_file_is_gone_is_not_taken_for_that_of_the_new_one(path: str) -> None:
    store = open_store(path)
    store.request(asked())
    log = Path(f"{path}-wal").read_bytes()
    os.unlink(path)
    again = open_store(path)
    assert again.jobs() == []
    assert Path(f"{again.moved_aside}-wal").read_bytes() == log
    again.close()
    store.close()


def test_of_eight_who_find_it_damaged_one_puts_it_aside(path: str) -> None:
    damage(path, garbage)
    code = "print(open_store(sys.argv[1]).request(Request('mail', (), Trigger.MANUAL, 0.0, 0.0))[0])"
    processes = [script(path, code) for _ in range(8)]
    answers = [process.communicate("\n")[0].split() for process in processes]
    assert sorted(int(number) for _, number in answers) == list(range(1, 9))
    asides = [name for name in os.listdir(os.path.dirname(path)) if "corrupt" in name]
    assert len(asides) == 1
    assert (Path(path).parent / asides[0]).read_bytes() == garbage(b"")


@pytest.mark.parametrize("begun", [False, True])
def test_one_that_is_put_aside_just_before_it_is_opened_is_begun_anew(
    path: str, begun: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(path).write_bytes(b"damaged")
    connect = sqlite3.connect

    def after_it_is_gone(name: str, **options: object) -> sqlite3.Connection:
        if not name.endswith("procman.db?mode=rw"):
            return connect(name, **options)  # type: ignore[call-overload, no-any-return]
        Path(path).rename(f"{path}.corrupt")
        monkeypatch.undo()
        with pytest.raises(sqlite3.OperationalError) as failed:
            connect(name, **options)  # type: ignore[call-overload]
        if begun:
            open_store(path).close()
        raise failed.value

    monkeypatch.setattr(sqlite3, "connect", after_it_is_gone)
    store = open_store(path)
    assert store.request(asked()) == (1, True)
    assert store.moved_aside is None
    store.close()


def test_damage_that_shows_later_is_told(path: str) -> None:
    fill(path, 20_000)
    data = bytearray(Path(path).read_bytes())
    assert len(data) > opening.CHECKED_BYTES
    quarter = len(data) // 4 // 4096 * 4096
    data[quarter : quarter + 40 * 4096] = b"\xa5" * 40 * 4096
    Path(path).write_bytes(data)
    store = open_store(path)
    assert store.moved_aside is None
    with pytest.raises(StoreError, match="damaged: move it away, and procman begins a new one"):
        store.history(None, 20_000)
    store.close()


def test_damage_where_it_matters_most_is_found_in_a_large_file_too(path: str) -> None:
    fill(path, 20_000)
    data = Path(path).read_bytes()
    Path(path).write_bytes(data[: len(data) // 2])
    store = open_store(path)
    assert store.moved_aside
    store.close()


def test_one_that_was_killed_while_it_made_the_store_is_nobodys_trouble(path: str) -> None:
    for part in ("", "-journal", "-wal", "-shm"):
        Path(f"{path}.new{part}").write_bytes(b"half")
    store = open_store(path)
    assert store.request(asked()) == (1, True)
    assert store.moved_aside is None
    store.close()


# What it costs


ENDED = Ending(Outcome.OK, NOW, output=b"x")
CALLS: dict[str, Callable[[SqliteStore], object]] = {
    "history": lambda store: store.history(None, 50),
    "history of a task": lambda store: store.history(Query("task3"), 50),
    "summaries": lambda store: store.summaries(),
    "claim": lambda store: store.claim([tick(10**6, "task1"), tick(-5, "task2")], ME, NOW),
    "recall": lambda store: store.recall({"task1": "hourly", "new": "hourly"}, 2 * TICK),
    "recover": lambda store: store.recover(lambda run: True, {"task1"}, NOW),
    "open runs": lambda store: store.open_runs(["task1"], ME),
    "take due": lambda store: store.take_due(NOW, ME, NOW - 5, (4, 100)),
    "survey": lambda store: store.survey(Survey(ME, NOW, ("task2",), store.last_id() - 5, 100)),
    "survey alone": lambda store: store.survey(Survey(None, NOW)),
    "started": lambda store: store.started(now(store, store.last_id()), "x", 1, None, NOW),
    "finish": lambda store: store.finish(now(store, store.last_id() - 1), ENDED, NOW),
    "prune": lambda store: store.prune("task1", 10, NOW, 5),
    "prune keys": lambda store: store.prune_keys("task1", NOW + 1, 5),
    "ask": lambda store: store.request(asked(task="task1", key="key")),
    "ask again": lambda store: store.request(asked(task="task1", key="known")),
    "jobs": lambda store: store.jobs(),
    "cancel": lambda store: store.cancel(store.last_id(), NOW),
    "output": lambda store: store.output(7),
    "last id": lambda store: store.last_id(),
}


def filled(path: str, runs: int) -> SqliteStore:
    fill(path, runs)
    store = open_store(path)
    store.request(asked(task="task1", key="known"))
    store.request(asked(task="task2"))
    claimed(store, 10**7, task="task4", owner=OTHER)
    claimed(store, 10**7, task="task1", owner=OTHER)
    return store


def steps(path: str, runs: int, call: Callable[[SqliteStore], object]) -> int:
    """How many hundreds of instructions SQLite's machine takes for a call."""
    store = filled(path, runs)
    count = [0]

    def tell() -> int:
        count[0] += 1
        return 0

    store._file._connection.set_progress_handler(tell, 10)
    call(store)
    store._file._connection.set_progress_handler(None, 0)
    store.close()
    return count[0]


@pytest.mark.parametrize("name", CALLS)
def test_what_a_call_costs_does_not_grow_with_the_number_of_runs(tmp_path: Path, name: str) -> None:
    few, many = (steps(str(tmp_path / f"{runs}.db"), runs, CALLS[name]) for runs in (2_000, 8_000))
    assert many <= few * 1.2 + 5


@pytest.mark.parametrize("name", [name for name in CALLS if name != "history"])
def test_no_call_reads_all_runs(path: str, name: str) -> None:
    store = filled(path, 100)
    statements: list[str] = []
    store._file._connection.set_trace_callback(statements.append)
    CALLS[name](store)
    store._file._connection.set_trace_callback(None)
    words = ("SELECT", "INSERT", "UPDATE", "DELETE")
    plans = [
        str(row[3])
        for statement in statements
        if statement.startswith(words)
        for row in store._db.rows(f"EXPLAIN QUERY PLAN {statement.replace('Inf', '9e999')}")
    ]
    assert any(statement.startswith(words) for statement in statements)
    scans = {plan for plan in plans if plan.startswith(("SCAN runs", "SCAN outputs"))}
    assert scans <= {f"SCAN runs USING INDEX runs_{small}" for small in ("open", "pending")}
    store.close()
