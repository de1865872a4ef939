"""Where the system's time zone cannot be told: what needs it is an error, and all else goes on."""

from __future__ import annotations

import json
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from procman.cli import main, parser
from procman.core.tasks.run import Ending, Outcome, Request, Trigger
from procman.store.open import in_folder, open_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Told = tuple[int, str, str]
TOLD = "needs a time zone, and the system's cannot be told (TZ is 'Mars/Olympus', which is no time zone): "
TOLD += "set 'timezone:' in procman.yml, or TZ"


@pytest.fixture
def tell(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Told]:
    """What a command answers: exit code, stdout, stderr without the words that nobody runs tasks."""
    monkeypatch.setenv("TZ", "Mars/Olympus")
    (tmp_path / "procman.yml").write_text(
        "tasks: {mail: 'true', other: {command: x, schedule: every hour}}\n"
    )

    def answer(*words: str) -> Told:
        code = main.run(parser.read(["-d", str(tmp_path), *words]), None)
        out, err = capfd.readouterr()
        return code, out, err.replace("procman: nothing will run until 'procman start'\n", "")

    return answer


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["run", "task", "mail", "--at", "18:00"], "--at: '18:00'"),
        (["run", "task", "mail", "--at", "2100-01-01 18:00"], "--at: '2100-01-01 18:00'"),
        (["next", "--from", "2100-01-01 18:00"], "--from: '2100-01-01 18:00'"),
        (["next", "--expr", "daily at noon"], "--expr: 'daily at noon'"),
        (["next", "--expr", "0 9 * * *"], "--expr: '0 9 * * *'"),
        (["history", "--since", "18:00"], "--since: '18:00'"),
    ],
)
def test_a_time_that_needs_the_zone_is_an_error(
    words: list[str], option: str, tell: Callable[..., Told]
) -> None:
    code, out, wrong = tell(*words)
    assert (code, out) == (2, "")
    assert wrong.replace(", or how long ago, like 2h or '3 days'", "") == f"procman: {option} {TOLD}\n"


def test_what_names_its_zone_or_needs_none_goes_on(tell: Callable[..., Told]) -> None:
    for words in (
        ("run", "task", "mail", "--at", "2100-01-01T18:00:00.250Z"),
        ("run", "task", "mail", "--at", "2100-01-01 18:00 Europe/Paris"),
        ("next", "--from", "2100-01-01T18:00+01"),
        ("next", "--expr", "daily at noon Europe/Paris"),
        ("next", "--expr", "daily at noon", "--tz", "Europe/Paris"),
        ("next", "--expr", "5 minutes"),
        ("schedule",),
        ("check",),
    ):
        code, out, err = tell(*words)
        assert (code, bool(out), err) == (0, True, ""), words


def test_what_was_is_shown_in_utc_which_is_said(tell: Callable[..., Told], tmp_path: Path) -> None:
    folder = tmp_path / ".procman"
    folder.mkdir(mode=0o700)
    with closing(open_store(in_folder(str(folder)))) as store:
        now = time.time()
        run = store.begin(Request("mail", (), Trigger.MANUAL, now, now), "true", "1:1:x")
        store.started(run, "true", 1, None, now)
        store.finish(run, Ending(Outcome.OK, now, 0))
    code, out, err = tell("history")
    assert (code, err) == (0, "")
    assert "when (UTC)" in out


def test_a_schedule_of_the_file_that_needs_it_is_an_error_with_its_line(
    tell: Callable[..., Told], tmp_path: Path
) -> None:
    schedules = (
        "tasks:\n  a: {command: x, schedule: every hour}\n  b: {command: x, schedule: daily at 9:00}\n"
    )
    (tmp_path / "procman.yml").write_text(schedules)
    code, _, wrong = tell("next")
    assert code == 2
    assert wrong.endswith(f"procman.yml:3: task 'b': schedule: 'daily at 9:00' {TOLD}\n")


def test_a_zone_in_the_file_is_enough(tell: Callable[..., Told], tmp_path: Path) -> None:
    (tmp_path / "procman.yml").write_text(
        "timezone: Asia/Tokyo\ntasks: {a: {command: x, schedule: daily at 9:00}}\n"
    )
    code, out, err = tell("next", "--json", "-n", "1")
    assert (code, err) == (0, "")
    assert json.loads(out)[0]["tick"].endswith("T00:00:00Z")


def test_the_zone_of_a_file_with_mistakes_is_not_guessed(tell: Callable[..., Told], tmp_path: Path) -> None:
    (tmp_path / "procman.yml").write_text("timezone: Asia/Tokio\ntasks: {a: x}\n")
    for words in (("next", "--expr", "daily at noon"), ("history", "--since", "18:00")):
        code, _, wrong = tell(*words)
        assert code == 2
        assert "procman.yml cannot be told, as the file has mistakes: 'procman check' tells them" in wrong
    assert tell("history")[0] == 0
