"""Long listings: which runs, how many of them, and how many more there are."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from procman.cli import main, parser, taskoptions
from procman.core.tasks.run import Ending, Outcome, Request, TickRow, Trigger
from procman.store.open import in_folder, open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from procman.store.sqlite import SqliteStore

HOUR = 3600
Told = tuple[int, str, str]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    (tmp_path / "procman.yml").write_text("timezone: UTC\ntasks: {mail: run, report: run}\n")
    folder = tmp_path / ".procman"
    folder.mkdir(mode=0o700)
    store = open_store(in_folder(str(folder)))
    yield store
    store.close()


@pytest.fixture
def tell(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """What a command answers: exit code, stdout, stderr without the words that nobody runs tasks."""

    def answer(*words: str) -> Told:
        code = main.run(parser.read(["-d", str(tmp_path), *words]), None)
        out, err = capfd.readouterr()
        return code, out, err.replace("procman: nothing will run until 'procman start'\n", "")

    return answer


def ids(told: Told) -> list[int]:
    assert told[0] == 0, told
    return [row["id"] for row in json.loads(told[1])]


def ask(store: SqliteStore, task: str = "mail", due: float = 0, **more: Any) -> int:
    return store.request(Request(task, more.get("args", ()), Trigger.MANUAL, due, 0, more.get("key")))[0]


def end(store: SqliteStore, hours_ago: float, outcome: Outcome = Outcome.OK, **more: Any) -> int:
    """A run of one second that ended so long ago."""
    at = time.time() - hours_ago * HOUR
    run = store.begin(Request(more.pop("task", "mail"), (), Trigger.MANUAL, at - 2, at - 2), "run", "1:1:x")
    store.started(run, "run", 1, None, at - 1)
    store.finish(run, Ending(outcome, at, **more))
    return run.id


# How many


def test_jobs_are_told_fifty_at_a_time_with_how_many_there_are(
    store: SqliteStore, tell: Callable[..., Told]
) -> None:
    with store.together():
        for number in range(1234):
            ask(store, due=number)
    _, out, err = tell("jobs")
    assert [line.split()[0] for line in out.splitlines()] == ["job", *map(str, range(1, 51))]
    assert err == "procman: 50 of 1,234 jobs; -n N or --all shows more\n"
    told = tell("jobs", "--json")
    assert (ids(told), told[2]) == ([*range(1, 51)], err)
    told = tell("jobs", "-n", "3", "--json")
    assert (ids(told), told[2]) == ([1, 2, 3], "procman: 3 of 1,234 jobs; -n N or --all shows more\n")
    for words in (["--all"], ["-n", "1234"], ["-n", "9999"]):
        told = tell("jobs", "--json", *words)
        assert (ids(told), told[2]) == ([*range(1, 1235)], "")
    assert len(tell("jobs", "--all")[1].splitlines()) == 1235


def test_history_is_told_twenty_at_a_time_with_how_many_there_are(
    store: SqliteStore, tell: Callable[..., Told]
) -> None:
    with store.together():
        for number in range(30):
            end(store, 30 - number, Outcome.FAILED if number % 2 else Outcome.OK)
    _, out, err = tell("history")
    assert [line.split()[0] for line in out.splitlines()] == ["run", *map(str, range(30, 10, -1))]
    assert err == "procman: 20 of 30 runs; -n N or --all shows more\n"
    told = tell("history", "--json", "--outcome", "failed", "-n", "5")
    assert (ids(told), told[2]) == ([30, 28, 26, 24, 22], "procman: 5 of 15 runs; -n N or --all shows more\n")
    told = tell("history", "--json", "--all")
    assert (ids(told), told[2]) == ([*range(30, 0, -1)], "")


def test_more_than_a_hundred_thousand_are_not_counted(
    store: SqliteStore, tell: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("procman.cli.pages.COUNTED", 5)
    for number in range(6):
        ask(store, due=number)
    assert tell("jobs", "-n", "2")[2] == "procman: 2 of more than 5 jobs; -n N or --all shows more\n"


# Which


def test_history_tells_the_runs_that_are_asked_for(store: SqliteStore, tell: Callable[..., Told]) -> None:
    end(store, 9, reason="nobody there")
    end(store, 3, Outcome.TIMED_OUT, output=b"sent 3 mails\n")
    end(store, 1, Outcome.FAILED, task="report")
    store.claim([TickRow("mail", int(time.time()), due=time.time(), command="run")], "1:1:x", time.time())
    cases = {
        (): [4, 3, 2, 1],
        ("mail",): [4, 2, 1],
        ("--outcome", "failed"): [3],
        ("--outcome", "failed", "--outcome", "timed_out"): [3, 2],
        ("--outcome", "running"): [4],
        ("--since", "2h"): [4, 3],
        ("--since", f"{datetime.fromtimestamp(time.time() - 2 * HOUR, UTC):%H:%M:%S}"): [4, 3],
        ("--until", "2h"): [2, 1],
        ("--since", "5 h", "--until", "2h"): [2],
        ("--since", "2000-01-01 00:00"): [4, 3, 2, 1],
        ("--until", "2000-01-01T00:00Z"): [],
        ("--contains", "3 mails"): [2],
        ("--contains", "nobody"): [1],
        ("mail", "--outcome", "ok", "--since", "1d", "--contains", "there"): [1],
    }
    assert {words: ids(tell("history", "--json", *words)) for words in cases} == cases
    assert tell("history", "--contains", "nowhere") == (0, "no such runs\n", "")
    assert tell("history", "report", "--outcome", "ok") == (0, "no such runs\n", "")


MISTAKES = {
    ("--outcome", "fialed"): "'fialed' is no value for --outcome: write ok or failed or timed_out",
    ("--since", "2 hurs"): "--since",
    ("--until", "soon"): "or how long ago, like 2h or '3 days'",
    ("--since", "1h", "--until", "2h"): "nothing can be both since that time and until the other",
    ("-n", "3", "--all"): "-n and --all exclude each other",
    ("--contains", ""): "--contains",
    ("--since", ""): "--since",
    ("show", "1", "--outcome", "ok"): "--outcome is for lists of runs: leave it out",
    ("show", "1", "--all"): "--all is for lists of runs",
    ("show", "1", "-n", "1"): "-n is for lists of runs",
}


@pytest.mark.parametrize(("words", "text"), MISTAKES.items())
def test_what_cannot_be_asked_is_an_error_that_says_what_can(
    store: SqliteStore, tell: Callable[..., Told], words: tuple[str, ...], text: str
) -> None:
    end(store, 1)
    code, out, err = tell("history", *words)
    assert (code, out) == (2, "")
    assert text in err


def test_every_outcome_can_be_asked_for() -> None:
    assert {*taskoptions.OUTCOMES} == {*Outcome, "running"}


# What they say


def test_runs_have_the_same_keys_wherever_they_are_listed(
    store: SqliteStore, tell: Callable[..., Told]
) -> None:
    ask(store, due=50.25, key="k", args=("a", "caf\udce9"))
    end(store, 1, code=0)
    end(store, 2, Outcome.FAILED, code=-9)
    (job,) = json.loads(tell("jobs", "--json")[1])
    runs = json.loads(tell("history", "--json")[1])
    shown = json.loads(tell("history", "show", "1", "--json")[1])[0]
    canceled = json.loads(tell("cancel", "1", "--json")[1])[0]
    assert {*map(tuple, [job, *runs, canceled])} == {tuple(job)}
    assert shown == {**job, "output": None}
    assert (job["due"], job["key"], job["created_at"]) == (
        *("1970-01-01T00:00:50.250Z", "k"),
        "1970-01-01T00:00:00Z",
    )
    assert job["args"] == ["a", "caf\ufffd"]
    assert [(run["exit_code"], run["signal"]) for run in runs] == [(0, None), (None, "SIGKILL")]
    assert (job["exit_code"], job["signal"], job["state"]) == (None, None, "pending")
    assert (canceled["started_at"], canceled["lateness_s"], canceled["outcome"]) == (None, None, "canceled")


def test_a_line_of_json_is_a_run(store: SqliteStore, tell: Callable[..., Told]) -> None:
    end(store, 2)
    end(store, 1)
    lines = tell("history", "--json")[1].splitlines()
    assert (lines[0], lines[-1]) == ("[", "]")
    assert [json.loads(line.rstrip(","))["id"] for line in lines[1:-1]] == [2, 1]


def test_what_was_canceled_or_missed_did_not_begin(store: SqliteStore, tell: Callable[..., Told]) -> None:
    ask(store, due=time.time() + 9 * HOUR)
    store.cancel(1, 1_700_000_000)
    store.claim([TickRow("mail", 1_600_000_000, outcome=Outcome.MISSED, reason="late")], "x", 1_700_000_000)
    out = tell("history")[1]
    assert out.splitlines()[0].split() == ["run", "task", "when", "(UTC)", "took", "outcome", "why"]
    assert [line.split()[2:4] for line in out.splitlines()[1:]] == [
        ["11-14", "22:13:20"],
        ["09-13", "12:26:40"],
    ]
    for number, word in ((1, "canceled:"), (2, "written:")):
        out = tell("history", "show", str(number))[1]
        assert [line for line in out.splitlines() if line.startswith(word)] == [
            f"{word:11} 2023-11-14 22:13:20 UTC"
        ]
        assert "began:" not in out
        assert "\nended:" not in out


def test_jobs_say_what_keeps_them(store: SqliteStore, tell: Callable[..., Told]) -> None:
    for task in ("mail", "report", "gone"):
        ask(store, task)
    store.pause("report", 0)
    out = tell("jobs")[1]
    assert [line.split("00:00:00")[1].strip() for line in out.splitlines()[1:]] == [
        "now",
        "paused",
        "no such task",
    ]


def test_a_column_is_as_wide_as_what_is_in_it(store: SqliteStore, tell: Callable[..., Told]) -> None:
    ask(store, args=("\u65e5\u672c",))
    ask(store, args=("abcdefg",))
    first, second = tell("jobs")[1].splitlines()[1:]
    assert first.index("1970") + 2 == second.index("1970")
