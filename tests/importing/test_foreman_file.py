"""`.foreman` and `.honcho`: options of `start`."""

from __future__ import annotations

from typing import Any

import pytest

from procman.errors import UserError
from tests.importing.samples import gather, lost


def read(text: str) -> tuple[dict[str, Any], list[str]]:
    """The options of such a file; and what is told."""
    found = gather((".foreman", text))
    return found.start, lost(found)


def test_options_are_those_of_start_with_rubys_symbols_too() -> None:
    text = ":port: 3000\nconcurrency: web=2,worker=1\n:timeout: 30\nprocfile: Procfile.dev\n"
    assert read(text) == (
        {
            "port": 3000,
            "formation": "web=2,worker=1",
            "timeout": 30,
            "procfile": "Procfile.dev",
        },
        [],
    )


def test_a_list_and_a_mapping_stay_what_they_are() -> None:
    assert read("env: [.env, .env.local]\nformation:\n  :web: 2\n  worker: 1\n") == (
        {"env": [".env", ".env.local"], "formation": {"web": 2, "worker": 1}},
        [],
    )


def test_what_is_turned_off() -> None:
    assert read("no-color: true\nno_timestamp: yes\nno-prefix: false\n") == (
        {"color": "never", "timestamp": False},
        [],
    )


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("user: app", "user: it is an option of 'procman export': say it there"),
        (":log: /var/log", ":log: it is an option of 'procman export': say it there"),
        ("app-root: ..", "app-root: procman.yml stands in the app's folder: write it there, with -d"),
        ("no-color: maybe", "no-color: there is no value that the option could have"),
        ("quiet: web", "quiet: it hides the output of processes there"),
        ("colours: 3", "colours: Foreman has no such option, nor has procman: nothing is made of it"),
        ("port: []", "port: there is no value that the option could have: nothing is made of it"),
        ("port: {a: [1]}", "port: there is no value that the option could have: nothing is made of it"),
    ],
)
def test_what_is_not_carried_over_is_told_with_its_line(line: str, text: str) -> None:
    start, told = read(f"# mine\ntimeout: 5\n{line}\n")
    assert start == {"timeout": 5}
    assert len(told) == 1
    assert told[0].startswith(f".foreman:3: {text}")


def test_nothing_said_is_nothing() -> None:
    assert read("port:\ntimeout: ~\n") == ({}, [])
    assert read("") == ({}, [])


def test_what_is_no_yaml_is_a_mistake() -> None:
    with pytest.raises(UserError, match=r"\.foreman:1: "):
        read("port: [\n")
