"""What `procman help` says."""

from __future__ import annotations

import pytest

from procman.cli import usage
from procman.cli.commands import RUN_TASK, TABLE
from procman.cli.commands.help import run
from procman.cli.options import Namespace
from procman.errors import UserError

NAMES = [*TABLE, "run task"]


def test_every_command_is_listed_with_what_it_does() -> None:
    shown = " ".join(usage.of_all().split())
    assert all(f" {name} {command.summary}" in shown for name, command in TABLE.items())


@pytest.mark.parametrize("name", NAMES)
def test_a_command_is_described_with_all_its_options(name: str) -> None:
    shown = usage.of_command(name)
    command = RUN_TASK if name == "run task" else TABLE[name]
    assert shown.startswith(f"usage: procman {name}")
    words = " ".join(shown.split())
    for option in command.options:
        assert f"{', '.join(option.flags)}" in words
        assert option.help in words
        assert not option.choices or option.negative in words


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("start", "usage: procman start [OPTION ...] [TYPE ...]"),
        ("run", "usage: procman run [OPTION ...] TASK|TYPE|COMMAND ..."),
        ("run task", "usage: procman run task [OPTION ...] NAME [ARG ...]"),
        ("next", "usage: procman next [OPTION ...] [TASK]"),
        ("pause", "usage: procman pause [OPTION ...] TASK"),
        ("version", "usage: procman version"),
    ],
)
def test_the_first_line_shows_what_can_stand_where(name: str, first: str) -> None:
    assert usage.of_command(name).splitlines()[0] == first


def test_no_line_is_wider_than_80_columns() -> None:
    pages = (usage.of_all(), *map(usage.of_command, NAMES))
    assert max(len(line) for page in pages for line in page.splitlines()) < 80


@pytest.mark.parametrize(
    ("topic", "shown"), [(None, "procman COMMAND"), ("start", "procman start"), ("st", "procman start")]
)
def test_a_topic_may_be_the_beginning_of_a_command(
    topic: str | None, shown: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(Namespace(topic=topic)) == 0
    assert capfd.readouterr().out.startswith(f"usage: {shown}")


@pytest.mark.parametrize(
    ("topic", "told"), [("strat", "did you mean 'start'"), ("sch", "schedule, scheduler")]
)
def test_a_topic_that_is_none_or_several_is_a_mistake(topic: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        run(Namespace(topic=topic))
