"""Options of `start` that procman would refuse are taken out, and told where they stood."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.cli.options import START
from procman.core.plan import instances, ports
from procman.errors import UserError
from procman.importing import startoptions
from procman.importing.procfiles import foremanfile, overmind
from tests.importing.samples import gather, lost

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
BY_WORD = {option.word: option for option in START}
LATER: dict[str, Callable[[str], object]] = {
    "port": lambda text: ports.parse_base(text, ""),
    "formation": lambda text: instances.parse(text, ""),
}
"""What procman reads only when it makes its plan."""


def foreman(*lines: str) -> tuple[dict[str, Any], list[str]]:
    """The options of such a file; and what is told."""
    found = gather((".foreman", "\n".join([*lines, ""])))
    return found.start, lost(found)


def test_all_options_that_an_import_writes_are_options_of_start() -> None:
    made = {*foremanfile.OPTIONS.values(), *foremanfile.TURNED.values()}
    made |= {name for name, _ in overmind.OPTIONS.values()}
    assert made == {*startoptions.READERS}
    assert made <= {*BY_WORD}


TEXTS = st.sampled_from(
    [
        *"0 1 65535 65536 -1 1.5 1e9 1e8 10s 1m nan inf auto always never true web=2 web=1,all=0 a=b".split(),
        *("web", ",", "\t", "x y", "999999999999", "1e400", "5 s", "é"),
    ]
)
OTHER_WORDS = ("t", "y", "f", "n", "yes", "no", "on", "off", "0", "1")
"""Words for yes and no that procman takes, and nobody writes here."""


def is_taken(name: str, text: str) -> bool:
    """Whether procman takes this value of an option."""
    try:
        BY_WORD[name].read(text)
        LATER.get(name, str)(text)
    except (ValueError, UserError):
        return False
    return bool(text.strip(" \t\n,"))


@pytest.mark.parametrize("name", startoptions.READERS)
@given(text=TEXTS | st.text(max_size=6))
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_value_is_kept_where_procman_takes_it(name: str, text: str) -> None:
    if name in ("timestamp", "prefix", "color") and (text.lower() != text or text in OTHER_WORDS):
        return
    assert (startoptions.refused(name, text) == "") == is_taken(name, text)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("port: 99999", "port: '99999' is not a port number from 1 to 65535"),
        ("port: web", "port: 'web' is not a port number from 1 to 65535"),
        ("timeout: soon", "timeout: 'soon' is not a duration like 90s, 10m or 1h30m"),
        ("timeout: -1", "timeout: '-1' is no time such as 10 or 1m"),
        ("timeout: 1e9", "timeout: '1e9' is no time such as 10 or 1m"),
        ("formation: web", "formation: 'web' should be NAME=COUNT with a count up to 9999"),
        ("formation: {web: x}", "formation: 'web=x' should be NAME=COUNT with a count up to 9999"),
        ("timeout: [1]", "timeout: write one value, not a list"),
        ("procfile: {a: b}", "procfile: write one value, not keys and values"),
        ("color: sometimes", "color: 'sometimes' is not one of auto, always, never"),
        ("timestamp: maybe", "timestamp: 'maybe' is neither true nor false"),
        ('env: ","', "env: it is empty: it is left out"),
        ("env: [.env.other]", "env: there is no file .env.other: it is left out"),
    ],
)
def test_what_procman_would_refuse_is_told_and_left_out(line: str, told: str) -> None:
    start, lines = foreman("# mine", "prefix: false", line)
    assert start == {"prefix": False}
    assert len(lines) == 1
    assert lines[0].startswith(f".foreman:3: {told}")


def test_files_with_variables_are_those_that_are_there() -> None:
    assert foreman("env: .env,.env.other,.env.dev") == (
        {"env": [".env", ".env.dev"]},
        [".foreman:1: env: there is no file .env.other: it is left out"],
    )
    assert foreman("env: .env") == ({}, [])  # which is read in any case
    assert foreman("env: .env.dev, .env.local") == ({"env": ".env.dev, .env.local"}, [])


def test_the_file_with_variables_that_is_written_is_read_first() -> None:
    found = gather(("/elsewhere/.overmind.env", "A=1\nOVERMIND_ENV=.env.dev\n"))
    assert found.start == {"env": [".env", ".env.dev"]}


def test_a_procfile_that_is_not_there_yet_is_told() -> None:
    assert foreman("procfile: Procfile.new") == (
        {"procfile": "Procfile.new"},
        [".foreman:1: procfile: there is no Procfile.new here yet: procman needs it beside these settings"],
    )


def test_another_procfile_is_left_out_where_one_is_written() -> None:
    unit = ("web.service", "[Service]\nExecStart=/bin/web\n")
    found = gather((".overmind.env", "OVERMIND_PROCFILE=Procfile.dev\n"), unit)
    assert found.start == {}
    assert lost(found) == [
        ".overmind.env:1: procfile: the commands are written to 'Procfile': it is left out"
    ]


@pytest.mark.parametrize("value", ["abc", "0", "70000", "30 00"])
def test_a_port_in_env_that_is_none_is_told_without_it(value: str) -> None:
    found = gather((".overmind.env", f"A=1\nPORT={value}\n"))
    assert found.env == {"A": "1"}
    why = "it is the first port of all processes, and this is none: it is left out"
    assert lost(found) == [f".overmind.env:2: variable PORT: {why}"]


@pytest.mark.parametrize("value", ["3000", ""])
def test_a_port_in_env_stays(value: str) -> None:
    found = gather((".overmind.env", f"PORT={value}\n"))
    assert (found.env, lost(found)) == ({"PORT": value}, [])
