"""The command line: places of options, values of switches, beginnings of commands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.cli import parser
from procman.cli.commands import FOREMANS, RUN_TASK, TABLE, meant
from procman.cli.options import by_flag


def read(text: str) -> dict[str, Any]:
    """The values of a line without a mistake."""
    line = parser.read(text.split())
    assert line.mistakes == []
    return line.values


def mistakes(text: str) -> list[str]:
    return parser.read(text.split()).mistakes


@pytest.mark.parametrize(
    ("words", "color"),
    {
        "--color": "always",
        "-c": "always",
        "--color always": "always",
        "--color never": "never",
        "--color auto": "auto",
        "--color true": "always",
        "--color false": "never",
        "-c false": "never",
        "--color=always": "always",
        "--color=never": "never",
        "--color=t": "always",
        "--color=FALSE": "never",
        "-c=never": "never",
        "--no-color": "never",
        "--colour": "always",
        "--no-colour": "never",
        "--color --no-color": "never",
        "--no-color -c": "always",
    }.items(),
)
@pytest.mark.parametrize(
    "line", ["start {}", "{} start", "start web {}", "start {} web", "-p 1 {} start web"]
)
def test_color_has_a_value_or_none_in_any_place(words: str, color: str, line: str) -> None:
    values = read(line.format(words))
    assert values["color"] == color
    assert values["names"] == ["web"] * ("web" in line)


@pytest.mark.parametrize(
    ("words", "timestamp"),
    {
        "--timestamp": True,
        "--timestamp true": True,
        "--timestamp false": False,
        "--timestamp=false": False,
        "--timestamp=no": False,
        "--timestamp=1": True,
        "--no-timestamp": False,
        "--no_timestamp": False,
    }.items(),
)
@pytest.mark.parametrize("line", ["start {}", "{} start", "start {} web", "start web {}"])
def test_timestamp_has_a_value_or_none_in_any_place(words: str, timestamp: bool, line: str) -> None:
    values = read(line.format(words))
    assert values["timestamp"] is timestamp
    assert values["names"] == ["web"] * ("web" in line)


@pytest.mark.parametrize(
    "flag", ["--color", "-c", "--timestamp", "--no-timestamp", "--no-color", "--release"]
)
@pytest.mark.parametrize("word", ["web", "t", "f", "yes", "1", "web=2", "on"])
def test_a_word_that_can_be_a_process_type_is_left_alone(flag: str, word: str) -> None:
    assert read(f"start {flag} {word}")["names"] == [word]


def test_a_negative_switch_leaves_even_true_and_false_alone() -> None:
    assert read("start --no-timestamp false")["names"] == ["false"]


@pytest.mark.parametrize("name", ["prefix", "scheduler", "release", "timestamp"])
def test_every_switch_can_be_turned_on_and_off(name: str) -> None:
    assert read(f"start --{name}")[name] is read(f"start --{name}=true")[name] is True
    assert read(f"start --no-{name}")[name] is read(f"start --{name} false")[name] is False


@pytest.mark.parametrize(
    "text",
    [
        "start -p 3000 -m web=2",
        "start -p3000 -mweb=2",
        "start -p=3000 --formation=web=2",
        "-p 3000 -m web=2 start",
        "--port=3000 start --formation web=2",
        "start --concurrency web=2 --port 3000",
        "s -p 3000 -m web=2",
    ],
)
def test_values_stand_behind_their_flag_in_every_usual_way(text: str) -> None:
    assert read(text) == {"port": "3000", "formation": "web=2", "names": []}


def test_short_flags_may_stand_together() -> None:
    assert read("start -cp 3000") == {"color": "always", "port": "3000", "names": []}


def test_repeated_options_gather_and_others_count_last() -> None:
    values = read("-e a -p 1 start -e b,c -p 2")
    assert (values["env"], values["port"]) == (["a", "b,c"], "2")


def test_two_dashes_end_the_options() -> None:
    assert read("start -- web --color")["names"] == ["web", "--color"]


@pytest.mark.parametrize("text", ["run {}", "-e a run {}", "run -e a {}", "r {}"])
@pytest.mark.parametrize("words", ["grep -e FOO -p", "-- web --help", "task remind --in 5m -- -x", "- a"])
def test_what_stands_behind_run_is_the_commands_own(text: str, words: str) -> None:
    assert read(text.format(words))["words"] == words.split()


def test_behind_run_task_options_may_stand_anywhere_before_two_dashes() -> None:
    line = parser.read_task("remind --in 5m 42 --json -- -v --in".split())
    assert line.values == {"delay": "5m", "json": True, "task": ["remind", "42", "-v", "--in"]}


@pytest.mark.parametrize(
    ("text", "topic"),
    {
        "": "",
        "--help": "",
        "-h": "",
        "start --help": "start",
        "st -h": "start",
        "--help start": "start",
        "run --help": "run",
        "start --prot --help": "start",
    }.items(),
)
def test_help_is_a_command_however_it_is_asked_for(text: str, topic: str) -> None:
    line = parser.read(text.split())
    assert (line.command, line.values, line.mistakes) == ("help", {"topic": topic}, [])


def test_version_is_asked_for_before_a_command_only() -> None:
    assert parser.read(["-v"]).command == parser.read(["--version"]).command == "version"
    assert mistakes("start -v") == ["there is no option -v"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    {
        "strat": ["no command 'strat', did you mean 'start'?"],
        "xyz": ["no command 'xyz': 'procman help' lists them"],
        "sch": ["'sch' can mean schedule, scheduler, schema: write more of it"],
        "start --no-timestmap": ["there is no option --no-timestmap, did you mean '--no-timestamp'?"],
        "--timout 1 start": ["there is no option --timout, did you mean '--timeout'?"],
        "check --color": ["--color is an option of other commands, not of this one"],
        "start -p": ["-p needs a value: write -p PORT"],
        "start -p --color": ["-p needs a value: write -p PORT"],
        "start -t x": ["'x' is no value for -t: write a number of seconds, or a time such as 10s or 1m"],
        "start -t -1": ["'-1' is no value for -t: write a number of seconds, or a time such as 10s or 1m"],
        "start -t nan": ["'nan' is no value for -t: write a number of seconds, or a time such as 10s or 1m"],
        "start --color=purple": ["'purple' is no value for --color: write auto, always or never"],
        "start --timestamp=maybe": ["'maybe' is no value for --timestamp: write true or false"],
        "start --no-color=1": ["--no-color takes no value: write --no-color alone, or --color=1"],
        "start --log-format=xml": ["'xml' is no value for --log-format: write text or json"],
        "next -n 0": ["'0' is no value for -n: write a number, 1 or more"],
        "cancel": ["say which ID: the number of the job"],
        "cancel 1 2": ["there is one word too many, '2'"],
        "tasks a": ["there is one word too many, 'a'"],
        "next a b": ["there is one word too many, 'b'"],
        "completion tcsh": ["'tcsh' is none of bash, zsh, fish"],
        "start -t soon --pty=x -p": [
            "'soon' is no value for -t: write a number of seconds, or a time such as 10s or 1m",
            "'x' is no value for --pty: write auto, always or never",
            "-p needs a value: write -p PORT",
        ],
    }.items(),
)  # fmt: skip
def test_all_mistakes_are_told_with_what_to_do(text: str, wrong: list[str]) -> None:
    assert mistakes(text) == wrong


EVERY_FLAG = [
    (command, flag, option)
    for command, row in {**TABLE, "run task": RUN_TASK}.items()
    for option in row.options
    for flag in (*option.flags, *option.also)
]


@pytest.mark.parametrize("empty", ["", " ", ","])
@pytest.mark.parametrize("joined", [False, True])
def test_no_option_takes_an_empty_value_for_an_answer(empty: str, joined: bool) -> None:
    """`--at "$UNSET"` must not mean now, nor `-d "$UNSET"` this folder."""
    for command, flag, option in EVERY_FLAG:
        if option.on is not None and not joined:
            continue  # a word that cannot be its value is none
        words = [f"{flag}={empty}"] if joined and flag.startswith("--") else [flag, empty]
        task = command == "run task"
        line = parser.read_task(words) if task else parser.read([command, *words])
        if len(words) == 1 or option.on is None:
            assert line.mistakes[0].startswith(f"the value of {flag} is empty: write {flag}"), words
            assert option.name not in line.values


@pytest.mark.parametrize(
    ("word", "names"),
    {
        "st": ["start"],
        "s": ["start"],
        "c": ["check"],
        "r": ["run"],
        "h": ["help"],
        "v": ["version"],
        "co": ["completion"],
        "ca": ["cancel"],
        "re": ["restart", "reload", "reopen-logs", "resume"],
        "n": ["next"],
        "hi": ["history"],
        "schedule": ["schedule"],
        "scheduler": ["scheduler"],
        "sc": ["scale", "schedule", "scheduler", "schema"],
        "strat": [],
        "": [],
        "Start": [],
    }.items(),
)  # fmt: skip
def test_the_beginning_of_a_command_is_enough_and_foremans_own_come_first(
    word: str, names: list[str]
) -> None:
    assert meant(word) == names


def test_every_beginning_of_a_foreman_command_means_what_it_does_there() -> None:
    beginnings = [(name[:length], name) for name in FOREMANS for length in range(1, len(name) + 1)]
    assert all(meant(word) == [name] for word, name in beginnings if name in TABLE)


def test_a_flag_takes_a_value_in_all_commands_or_in_none() -> None:
    kinds: dict[str, set[tuple[bool, tuple[str, ...]]]] = {}
    for command in TABLE.values():
        for flag, (option, _) in by_flag(command.options).items():
            kinds.setdefault(flag, set()).add((option.on is None, option.separate))
    assert [flag for flag, found in kinds.items() if len(found) > 1] == ["-f"]  # `logs -f` follows


def test_f_in_front_of_logs_is_the_procfile_and_behind_it_follows() -> None:
    line = parser.read(["-f", "other", "logs", "-f", "web"])
    assert (line.values["procfile"], line.values["follow"], line.values["names"]) == ("other", True, ["web"])
    assert not line.mistakes


WORDS = st.sampled_from(
    [
        "start",
        "st",
        "run",
        "check",
        "web",
        "-p",
        "-c",
        "--color",
        "--",
        "never",
        "=",
        "-",
        "--=",
        "-t1",
        "x=y",
    ]
)


@given(st.lists(WORDS | st.text("-=acp1 ", max_size=5), max_size=7))
def test_whatever_is_typed_is_a_command_or_a_mistake(words: list[str]) -> None:
    line = parser.read(words)
    assert line.command in TABLE or line.mistakes
