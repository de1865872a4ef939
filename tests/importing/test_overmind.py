"""`.overmind.env`: options of overmind, and variables of the processes."""

from __future__ import annotations

import pytest

from procman.errors import UserError
from tests.importing.samples import gather, lost, procman_yml

FILE = """\
# overmind
OVERMIND_PROCFILE=Procfile.dev
OVERMIND_PORT=3000
export OVERMIND_FORMATION="web=2,worker=3"
OVERMIND_CAN_DIE=assets,migrate
OVERMIND_AUTO_RESTART=worker
OVERMIND_STOP_SIGNALS=web=QUIT,worker=INT
OVERMIND_TIMEOUT=10
OVERMIND_SHOW_TIMESTAMPS=1
OVERMIND_ENV=.env.local,.env.dev
RAILS_ENV=development
"""


def read(*lines: str) -> tuple[dict[str, object], list[str]]:
    """The procman.yml of such a file; and what is told."""
    found = gather((".overmind.env", "\n".join([*lines, ""])))
    return procman_yml(found), lost(found)


def test_options_become_those_of_start_and_keys_of_process_types() -> None:
    found = gather((".overmind.env", FILE))
    assert procman_yml(found) == {
        "start": {
            "procfile": "Procfile.dev",
            "port": 3000,
            "formation": {"all": 1, "web": 2, "worker": 3},
            "timeout": "10s",
            "timestamp": True,
            "env": [".env", ".env.local", ".env.dev"],
        },
        "processes": {
            "assets": {"restart": "never"},
            "migrate": {"restart": "never"},
            "worker": {"restart": "always", "stop_signal": "INT"},
            "web": {"stop_signal": "QUIT"},
        },
    }
    assert found.env == {"RAILS_ENV": "development"}
    assert found.processes == {}
    assert lost(found) == []


def test_one_of_each_is_started_that_the_formation_does_not_name() -> None:
    assert read("OVERMIND_FORMATION=web=2")[0] == {"start": {"formation": {"all": 1, "web": 2}}}
    assert read("OVERMIND_FORMATION=all=2,web=0")[0] == {"start": {"formation": {"all": 2, "web": 0}}}
    assert read("OVERMIND_PROCESSES=web, worker")[0] == {"start": {"formation": {"web": 1, "worker": 1}}}


def test_an_ignored_process_is_not_started_by_the_formation_either() -> None:
    assert read("OVERMIND_IGNORED_PROCESSES=mail", "OVERMIND_FORMATION=web=2")[0] == {
        "start": {"formation": {"all": 1, "web": 2, "mail": 0}},
        "processes": {"mail": {"autostart": False}},
    }


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("OVERMIND_PORT_STEP=10", "it is always 100"),
        ("OVERMIND_FORMATION_PORT_STEP=10", "it is always 1"),
        ("OVERMIND_TMUX_CONFIG=~/.tmux", "procman has no tmux"),
        ("OVERMIND_DAEMONIZE=1", "write 'procman start --detach'"),
        ("OVERMIND_ANY_CAN_DIE=1", "write 'restart: never' below each process"),
        ("OVERMIND_CAN_DIE=all", "it is for all processes there"),
        ("OVERMIND_STOP_SIGNALS=web", "a part of it is not NAME=VALUE"),
        ("OVERMIND_SHELL=bash", "procman runs commands by /bin/sh"),
        ("OVERMIND_NEW=1", "overmind's option is not known"),
    ],
)
def test_what_is_not_carried_over_is_told_with_its_line(line: str, text: str) -> None:
    _, told = read("# c", "A=1", line)
    assert len(told) == 1
    assert told[0].startswith(f".overmind.env:3: {line.partition('=')[0]}: {text}")


@pytest.mark.parametrize(
    "line", ["OVERMIND_PORT_STEP=100", "OVERMIND_DAEMONIZE=0", "OVERMIND_SHELL=sh", "OVERMIND_NO_PORT=false"]
)
def test_what_is_so_anyway_is_not_told(line: str) -> None:
    assert read(line) == ({}, [])


def test_a_variable_of_the_environment_is_not_known() -> None:
    found = gather((".overmind.env", "A=1\nB=${A}/b\nC=${HOME}/c\n"))
    assert found.env == {"A": "1", "B": "1/b", "C": "/c"}
    assert [line.partition(", ")[0] for line in lost(found)] == [
        ".overmind.env:3: C: its value depends on ${HOME}"
    ]


def test_keys_of_a_type_whose_command_is_found_too_are_those_of_one_process() -> None:
    unit = ("web.service", "[Service]\nExecStart=/bin/web\nRestart=on-failure\n")
    found = gather((".overmind.env", "OVERMIND_STOP_SIGNALS=web=QUIT\n"), unit)
    assert [*found.processes] == ["web"]
    assert found.settings == {}
    assert (found.processes["web"]["stop_signal"], found.processes["web"]["restart"]) == (
        "QUIT",
        "on-failure",
    )


def test_a_signal_that_is_none_is_told() -> None:
    yml, told = read("OVERMIND_STOP_SIGNALS=web=BYE")
    assert yml == {}
    assert len(told) == 1
    assert "no signal 'BYE'" in told[0]


def test_a_line_that_is_none_is_a_mistake() -> None:
    with pytest.raises(UserError, match=r"\.overmind\.env:2: '=' is missing"):
        read("A=1", "OVERMIND_PORT")
