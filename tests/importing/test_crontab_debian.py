"""What Debian's cron reads otherwise than procman is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.importing.samples import gather, lost

EACH_MINUTE = "* * * * *"


def read(*lines: str) -> tuple[dict[str, Any], list[str]]:
    """The tasks of a crontab with these lines; and what is told."""
    found = gather(("crontab", "\n".join([*lines, ""])))
    return found.tasks, lost(found)


WITH_SECONDS = "six fields: the first is read as seconds"
DOWN, BEHIND = "to Debian's cron a range that goes down is empty", "Debian's cron reads no further than"


@pytest.mark.parametrize(
    ("when", "texts"),
    [
        ("0 22-2 * * *", [f"hour '22-2': {DOWN}"]),
        ("0 3 * nov-feb FRI-mon", [f"month 'nov-feb', day of week 'FRI-mon': {DOWN}"]),
        ("0 3 1-5,20-10/2 * *", [f"day of month '1-5,20-10/2': {DOWN}"]),
        ("0 3 * * mon#1", [f"day of week 'mon#1': {BEHIND} 'mon'"]),
        ("0 3 * * tue,mon#1,fri", [f"day of week 'tue,mon#1,fri': {BEHIND} 'tue,mon'"]),
        (
            "0 3 * * fri-mon,tue#2",
            [f"day of week 'fri-mon,tue#2': {DOWN}"] * 1 + [f"day of week 'fri-mon,tue#2': {BEHIND}"],
        ),
        ("0 3 * * 5-7", []),
        ("0 0-23/2 * jan-dec mon-fri", []),
        ("*/5 9-17 1,15 * *", []),
        ("5/10 3 L * *", []),
        ("@daily", []),
        ("0 0 22-2 * * *", [WITH_SECONDS]),
    ],
)
def test_what_debians_cron_reads_otherwise_is_told(when: str, texts: list[str]) -> None:
    tasks, told = read(f"{when} cd /; x")
    assert tasks["x"]["schedule"] == when
    assert [each.partition(": ")[2].startswith(text) for each, text in zip(told, texts, strict=True)] == [
        True
    ] * len(texts), told


def test_a_percent_sign_that_ends_a_command_in_the_middle_is_told() -> None:
    _, told = read(f"{EACH_MINUTE} cd /; x $((RANDOM % 60))", f"{EACH_MINUTE} cd /; mail -s hi me%Hello%you")
    assert len(told) == 1
    assert told[0].startswith("crontab:1: cron ends the command at the first '%'")
