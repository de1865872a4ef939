"""A user's crontab becomes tasks that do what cron did, and what they cannot do is told."""

from __future__ import annotations

import os
import subprocess
import time
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.core.config import taskfile
from procman.core.schedule import schedule
from procman.errors import UserError
from procman.importing import written
from tests.importing.samples import CRONTAB, ROOT, gather, lost, procman_yml

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
ZONE = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 1, tzinfo=UTC)
EACH_MINUTE = "* * * * *"


def read(*lines: str, root: str = ROOT) -> tuple[dict[str, Any], list[str]]:
    """The tasks of a crontab with these lines; and what is told."""
    found = gather(("crontab", "\n".join([*lines, ""])), root=root)
    return found.tasks, lost(found)


def task(*lines: str) -> dict[str, Any]:
    """The last task of a crontab in whose folder it runs: so that only its own line is told of."""
    last: dict[str, Any] = list(read(*lines)[0].values())[-1]
    return last


def test_a_crontab_becomes_tasks() -> None:
    found = gather(("crontab", CRONTAB))
    assert found.tasks == {
        "remind": {
            "command": "./remind >> log/remind.log 2>&1",
            "desc": "Remind users who have not completed registration",
            "schedule": "*/10 9-17 * * mon-fri",
            "missed": "skip",
            "timeout": "5m",
        },
        "invoice": {
            "command": "./invoice --date=$(date +%F)",
            "schedule": "0 3 1 * *",
            "overlap": "allow",
            "missed": "skip",
        },
        "warm": {"command": "/srv/shop/bin/warm", "schedule": "@reboot"},
    }
    assert found.env == {"SHELL": "/bin/bash", "PATH": "/usr/local/bin:/usr/bin:/bin"}
    assert [line.split(": ")[0] for line in lost(found)] == [
        *("crontab:6", "crontab:9", "crontab:9", "crontab:11", "crontab")
    ]


def test_what_cron_does_at_the_same_time_procman_does_too_and_neither_makes_up_for_what_was_missed() -> None:
    said = task(f"{EACH_MINUTE} cd {ROOT} && ./slow")
    assert (said["overlap"], said["missed"]) == ("allow", "skip")


@pytest.mark.parametrize(
    ("line", "command", "keys"),
    [
        ("cd /srv/shop && ./x", "./x", {}),
        ("cd /srv/shop/; ./x", "./x", {}),
        ('cd "/srv/shop" && ./x || ./y', "./x || ./y", {}),
        ("cd /srv/other && ./x", "cd /srv/other && ./x", {}),
        ("cd /srv/shop && cd api && ./x", "cd api && ./x", {}),
        ("cd /srv/shop || exit; ./x", "cd /srv/shop || exit; ./x", {}),
        ("timeout 90 /x", "/x", {"timeout": "1m30s"}),
        ("/usr/bin/timeout 1.5h /x a 'b c'", "/x a 'b c'", {"timeout": "1h30m"}),
        ("timeout -s KILL 90 /x", "timeout -s KILL 90 /x", {}),
        ("timeout 0 /x", "timeout 0 /x", {}),
        ("timeout 90 /x; /y", "timeout 90 /x; /y", {}),
        ("cd /srv/other && timeout 90 /x", "cd /srv/other && /x", {"timeout": "1m30s"}),
        ("timeout > /tmp/log 90 /x", "timeout > /tmp/log 90 /x", {}),
        ("flock -n /tmp/a /x", "/x", {"overlap": None}),
        ("flock -x --nonblock /tmp/a nice -n 10 /x", "nice -n 10 /x", {"overlap": None}),
        ("flock /tmp/a /x", "flock /tmp/a /x", {}),
        ("flock -w 5 /tmp/a /x", "flock -w 5 /tmp/a /x", {}),
        ("flock -x /tmp/a /x", "flock -x /tmp/a /x", {}),
        ("flock -n /tmp/a -c /x", "flock -n /tmp/a -c /x", {}),
        ("flock -n /tmp/a timeout 60 /x", "/x", {"overlap": None, "timeout": "1m"}),
        ("timeout 60 flock -n /tmp/a /x", "/x", {"overlap": None, "timeout": "1m"}),
        ("sleep $((RANDOM \\% 60)); /x", "/x", {"jitter": "1m"}),
        ("sleep $(( RANDOM \\% 3600 )) && /x", "/x", {"jitter": "1h"}),
        ("sleep `shuf -i 0-90 -n 1` ; /x", "/x", {"jitter": "1m30s"}),
        ("sleep 30; /x", "sleep 30; /x", {}),
        ("/x >> /var/log/x.log 2>&1", "/x >> /var/log/x.log 2>&1", {}),
        ("/x &", "/x", {}),
        ("/a && /b &", "/a && /b", {}),
        ("/x \\&", "/x \\&", {}),
    ],
)
def test_what_a_key_says_is_no_part_of_the_command(line: str, command: str, keys: dict[str, Any]) -> None:
    said = task(f"{EACH_MINUTE} {line}")
    wanted = {"command": command, "schedule": EACH_MINUTE, "overlap": "allow", "missed": "skip", **keys}
    assert said == {key: value for key, value in wanted.items() if value}


def test_a_lock_that_two_jobs_share_stays_in_both() -> None:
    tasks, told = read(
        f"{EACH_MINUTE} cd /srv; flock -n /tmp/a /x", f"{EACH_MINUTE} cd /srv; flock -n /tmp/a /y"
    )
    assert [each["command"] for each in tasks.values()] == [
        "cd /srv; flock -n /tmp/a /x",
        "cd /srv; flock -n /tmp/a /y",
    ]
    assert {each["overlap"] for each in tasks.values()} == {"allow"}
    assert told == []


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("mail joe%Hi,%%bye%", "printf '%s\\n' Hi, '' bye | mail joe"),
        ("date +\\%F", "date +%F"),
        ("cat%a\\%b", "printf '%s\\n' a%b | cat"),
        ("cat%it's", "printf '%s\\n' 'it'\"'\"'s' | cat"),
        ("cat; cat%x", "printf '%s\\n' x | /bin/sh -c 'cat; cat'"),
        ("cat%", "cat"),
        ("cat%a%\\", "printf %s 'a\n\\' | cat"),
        ("cat%%", "printf '%s\\n' '' | cat"),
        ("echo a\\\\b", "echo a\\b"),
        ("echo a\\b", "echo a\\b"),
        ("echo a\\ ", "/bin/sh -c 'echo a\\ '"),
    ],
)
def test_a_percent_sign_is_where_standard_input_begins(line: str, command: str) -> None:
    assert task(f"{EACH_MINUTE} {line}")["command"] == command


def test_a_variable_above_all_jobs_is_one_of_the_app() -> None:
    found = gather(("crontab", f'A = 1\n\'B\'=" b "\nC=it\'s "$A" # c\n{EACH_MINUTE} cd /srv; x\n'))
    assert found.env == {"A": "1", "B": " b", "C": 'it\'s "$A" # c'}
    assert found.tasks["x"]["command"] == "cd /srv; x"
    assert lost(found) == []


def test_a_variable_that_holds_for_some_jobs_is_set_in_their_commands() -> None:
    found = gather(
        ("crontab", f"{EACH_MINUTE} cd /; x\nA=1\n{EACH_MINUTE} cd /; y\nA='2 3'\n{EACH_MINUTE} cd /; z\n")
    )
    assert [each["command"] for each in found.tasks.values()] == [
        *("cd /; x", "export A=1; cd /; y", "export A='2 3'; cd /; z")
    ]
    assert found.env == {}
    assert lost(found) == []


def test_a_variable_that_procman_sets_itself_is_set_in_the_command() -> None:
    found = gather(("crontab", f"PORT=80\n{EACH_MINUTE} cd /; x\n"))
    assert found.tasks["x"]["command"] == "export PORT=80; cd /; x"


def test_a_variable_that_nobody_has_is_told() -> None:
    _, told = read("A=1", f"{EACH_MINUTE} cd /; x", "B=2", "A=3", "=4")
    assert told == [
        "crontab:3: B: no job is below it, so it means nothing: it is left out",
        "crontab:4: A: no job is below it, so it means nothing: it is left out",
        "crontab:5: =: no job is below it, so it means nothing: it is left out",
    ]


def test_a_shell_other_than_sh_is_called_where_it_could_mean_something_else() -> None:
    tasks, _ = read("SHELL=/bin/bash", f"{EACH_MINUTE} a > b 2>&1", f"{EACH_MINUTE} echo $RANDOM {{1,2}}")
    assert [each["command"] for each in tasks.values()] == [
        "a > b 2>&1",
        "/bin/bash -c 'echo $RANDOM {1,2}'",
    ]
    assert task("SHELL=/usr/bin/fish", f"{EACH_MINUTE} a")["command"] == "/usr/bin/fish -c a"


def test_home_is_where_commands_run() -> None:
    tasks, told = read(
        "HOME=/var/lib/shop", f"{EACH_MINUTE} ./x", f"{EACH_MINUTE} ./y; ./z", f"{EACH_MINUTE} cd /; w"
    )
    assert [each["command"] for each in tasks.values()] == [
        *("cd /var/lib/shop && ./x", "cd /var/lib/shop || exit; ./y; ./z", "cd /; w")
    ]
    assert told == []
    assert task(f"HOME={ROOT}", f"{EACH_MINUTE} ./x")["command"] == "./x"


def test_who_leans_on_the_home_folder_is_named() -> None:
    _, told = read(*[f"{EACH_MINUTE} job{number}" for number in range(7)])
    assert len(told) == 1
    assert told[0].startswith(f"crontab: cron runs commands in the home folder, procman in {ROOT}: ")
    assert told[0].endswith("job0, job1, job2, job3, job4 and 2 more")


def test_one_time_zone_is_that_of_the_app() -> None:
    found = gather(("crontab", f"CRON_TZ=Europe/Paris\n{EACH_MINUTE} cd /; x\n@daily cd /; y\n"))
    assert found.timezone == "Europe/Paris"
    assert [each["schedule"] for each in found.tasks.values()] == [EACH_MINUTE, "@daily"]
    assert found.env == {}


def test_time_zones_that_change_are_in_the_expressions() -> None:
    found = gather(
        ("crontab", "0 9 * * * x\nCRON_TZ=Europe/Paris\n0 9 * * * y\nCRON_TZ=NZ\n@daily z\n@reboot w\n")
    )
    assert found.timezone is None
    assert [each["schedule"] for each in found.tasks.values()] == [
        *("0 9 * * *", "0 9 * * * Europe/Paris", "@daily NZ", "@reboot")
    ]


def test_a_time_zone_that_is_none_is_told_with_its_line() -> None:
    found = gather(("crontab", "CRON_TZ=Europe/Pariss\n0 9 * * * cd /; x\n"))
    assert lost(found) == [
        "crontab:1: CRON_TZ: no time zone is called 'Europe/Pariss', did you mean 'Europe/Paris'?"
    ]
    assert found.tasks["x"]["schedule"] == "0 9 * * *"


def test_the_zone_of_another_file_is_told() -> None:
    first, second = "CRON_TZ=Europe/Paris\n0 9 * * * cd /; x\n", "0 9 * * * cd /; y\n"
    told = lost(gather(("one.crontab", first), ("two.crontab", second)))
    assert told == [
        "two.crontab: its times are read in the time zone Europe/Paris, which another file has set"
    ]
    found = gather(("two.crontab", second), ("one.crontab", first))
    assert found.timezone is None
    assert found.tasks["x"]["schedule"] == "0 9 * * * Europe/Paris"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("61 * * * * x", "'61 * * * *': minute '61': 0 to 59: no task is made of it"),
        (
            "5 H * * * x",
            "'5 H * * *': hour 'H': hashed and random values are not supported, write the value",
        ),
        ("0 0 ? * 1 x", "'0 0 ? * 1': day of month '?': write '*' for any"),
        ("0 0 31 2 * x", "'0 0 31 2 *': day of month '31' never comes in month '2'"),
        ("@fortnightly x", "'@fortnightly': '@fortnightly' is not known"),
        ("* * * * *", "this is neither NAME=value nor five fields and a command: nothing is made of it"),
        ("* * * * x", "this is neither NAME=value nor five fields and a command: nothing is made of it"),
        ("@daily", "there is no command: nothing is made of it"),
        ("* * * * * %x", "there is nothing to run: nothing is made of it"),
        ("hello", "this is neither NAME=value nor five fields and a command: nothing is made of it"),
        ("&bootrun 0 9 * * * x", "this is neither NAME=value"),
    ],
)
def test_a_line_that_procman_cannot_read_is_told(line: str, text: str) -> None:
    tasks, told = read("", "# c", line, f"{EACH_MINUTE} cd /; ok")
    assert [*tasks] == ["ok"]
    assert len(told) == 1
    assert told[0].startswith(f"crontab:3: {text}")


@pytest.mark.parametrize(
    ("line", "schedule_", "text"),
    [
        ("@every 1h30m cd /; x", "@every 1h30m", "'@every' counts from 1970-01-01 UTC"),
        ("@reboot cd /; x", "@reboot", "@reboot is whenever procman starts"),
        ("-*/5 * * * * cd /; x", "*/5 * * * *", "'-' keeps a job out of syslog there"),
        ("*/5 * * * * * cd /; x", "*/5 * * * * *", "six fields: the first is read as seconds"),
        ("0 0 9 * * 1-5 cd /; x", "0 0 9 * * 1-5", "six fields: the first is read as seconds"),
    ],
)
def test_what_means_a_little_else_is_told(line: str, schedule_: str, text: str) -> None:
    tasks, told = read(line)
    assert tasks["x"]["schedule"] == schedule_
    assert len(told) == 1
    assert told[0].startswith(f"crontab:1: {text}")


def test_mail_is_told_unless_there_is_none() -> None:
    assert read('MAILTO=""', f"{EACH_MINUTE} cd /; x") == read("MAILTO=", f"{EACH_MINUTE} cd /; x")
    tasks, told = read("MAILTO=ops@example.com", f"{EACH_MINUTE} cd /; x")
    assert [*tasks] == ["x"]
    assert len(told) == 1
    assert told[0].startswith("crontab:1: MAILTO: procman mails nothing: 'procman history' has")


def test_the_random_delay_of_cronie_is_jitter() -> None:
    assert task("RANDOM_DELAY=45", f"{EACH_MINUTE} x")["jitter"] == "45m"


@pytest.mark.parametrize(
    ("comments", "desc"),
    [
        (["# one", "#  two"], "one two"),
        (["# far away", ""], None),
        (["# ------", "# Backups", "# ------"], "Backups"),
        (["#*/5 * * * * ./off"], None),
        (["# @daily ./off"], None),
        (["# Edit this file", "# m h  dom mon dow   command"], None),
        (["# DO NOT EDIT THIS FILE - edit the master and reinstall."], None),
        (["# Begin Whenever generated tasks for: shop"], None),
        (["# for a", "A=1"], None),
    ],
)
def test_comments_right_above_describe_a_task(comments: list[str], desc: str | None) -> None:
    assert task(*comments, f"{EACH_MINUTE} x").get("desc") == desc


def test_ansible_names_its_jobs() -> None:
    tasks, _ = read("#Ansible: nightly dump", f"{EACH_MINUTE} cd /; pg_dump shop")
    assert [*tasks] == ["nightly_dump"]
    assert "desc" not in tasks["nightly_dump"]


def test_line_ends_of_windows_are_line_ends() -> None:
    assert task(f"A=1\r\n{EACH_MINUTE} cd /; x\r")["command"] == "cd /; x"


def test_what_is_not_utf_8_is_told_and_not_changed() -> None:
    found = gather(("crontab", b"A=\xe9\n* * * * * cd /; caf\xe9\n# caf\xe9\n* * * * * cd /; x\n"))
    assert [*found.tasks] == ["x"]
    assert lost(found) == [
        "crontab:1: A: the value is not UTF-8 text: it is left out",
        "crontab:2: caf: command: not UTF-8 text",
        "crontab:4: x: desc: not UTF-8 text",
    ]


def test_a_binary_file_is_no_crontab() -> None:
    with pytest.raises(UserError, match="crontab:2: this is not a text file"):
        gather(("crontab", b"\n\0"))


# Whatever is in a crontab, the same reaches the shell at the same times

NUMBERS = {"minute": (0, 59), "hour": (0, 23), "day": (1, 28), "month": (1, 12), "weekday": (0, 7)}
NAMES = {
    "month": "jan feb mar apr may jun jul aug sep oct nov dec".split(),
    "weekday": "sun mon tue wed thu fri sat".split(),
}


@st.composite
def fields(draw: st.DrawFn, kind: str) -> str:
    """A field as crontab(5) has it."""
    low, high = NUMBERS[kind]
    if draw(st.booleans()):
        return draw(st.sampled_from(["*", "*/2", "*/7"]))
    items = []
    for _ in range(draw(st.integers(1, 3))):
        first, last = sorted(draw(st.tuples(st.integers(low, high), st.integers(low, high))))
        item = draw(st.sampled_from([f"{first}", f"{first}-{last}", f"{first}-{last}/3"]))
        items.append(draw(st.sampled_from([item, *NAMES.get(kind, [])])))
    return ",".join(items)


EXPRESSIONS = st.one_of(
    st.tuples(*map(fields, NUMBERS)).map(" ".join),
    st.sampled_from("@hourly @daily @midnight @weekly @monthly @yearly @annually".split()),
)
TEXTS = st.text(st.sampled_from("ab '\"\\%$&;|>#=é\t~*`(){}!-"), max_size=20)


def as_cron_does(text: str) -> tuple[str, str]:
    """What crontab(5) says of `%`, sign by sign: the command, and its standard input."""
    command, at = "", 0
    while at < len(text) and text[at] != "%":
        escapes = text[at] == "\\" and text[at + 1 : at + 2] in ("%", "\\")
        command += text[at + 1] if escapes else text[at]
        at += 2 if escapes else 1
        if command.endswith("\\") and not escapes and at < len(text) and text[at] not in "%\\":
            command, at = command + text[at], at + 1
    given, at = "", at + 1
    while at < len(text):
        escapes = text.startswith("\\%", at)
        given += "%" if escapes else "\n" if text[at] == "%" else text[at]
        at += 2 if escapes else 1
    last = given.rstrip("\\")[-1:]  # cron itself: see tests/end_to_end/test_import_crontab.py
    return command, given + "\n" * (last not in ("", "\n"))


@given(EXPRESSIONS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_task_has_the_ticks_of_its_line(expression: str) -> None:
    try:
        expected = schedule.parse(expression, ZONE)
    except schedule.ScheduleError:
        return  # a day that never comes
    found = gather(("crontab", f"CRON_TZ={ZONE.key}\n{expression} cd /; x\n"))
    said = taskfile.parse(written.procman_yml(found).encode(), "", UTC).tasks["x"].schedules[0]
    ticks = [[each.tick for each in islice(schedule.upcoming(one, START), 20)] for one in (expected, said)]
    assert ticks[0] == ticks[1]


def test_of_many_lines_that_are_none_the_first_are_told() -> None:
    tasks, told = read(*["what is this"] * 30, f"{EACH_MINUTE} cd /; x")
    assert [*tasks] == ["x"]
    assert len(told) == 21
    assert (
        told[20]
        == "crontab:21: from here on 10 more lines are no lines of a crontab: nothing is made of them"
    )


def test_a_line_of_many_blanks_is_read_at_once() -> None:
    begin = time.process_time()
    for line in (" " * 100_000 + "a:", "a" + " " * 100_000 + "b", "\t" * 100_000 + "="):
        assert read(line)[0] == {}
    assert time.process_time() - begin < 3


def test_a_command_that_nobody_could_read_is_a_task_with_a_name() -> None:
    assert [*read(f"{EACH_MINUTE} {'$(' * 9999}")[0]] == ["process"]


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shell that writes down what it is to run, and what it is given."""
    folder = tmp_path_factory.mktemp("recorder")
    shell = folder / "shell"
    shell.write_text(f"#!/bin/sh\nprintf '%s' \"$2\" > {folder}/command; cat > {folder}/given\n")
    shell.chmod(0o755)
    return shell


@given(TEXTS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_the_shell_gets_what_cron_would_give_it(recorder: Path, text: str) -> None:
    text = text.strip(" \t")
    command, given_ = as_cron_does(text)
    if not command.strip(" \t") or command.rstrip(" \t").endswith("&") or text[0] in "*=":
        return
    tasks, _ = read(f"SHELL={recorder}", f"{EACH_MINUTE} {text}")
    line = next(iter(tasks.values()))["command"]
    subprocess.run(["/bin/sh", "-c", line], check=True, stdin=subprocess.DEVNULL, timeout=20)
    expected = command.encode(), given_.encode()
    got = (recorder.parent / "command").read_bytes(), (recorder.parent / "given").read_bytes()
    assert got == expected


@given(TEXTS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_what_is_written_is_what_was_read(text: str) -> None:
    found = gather(("crontab", f"# {text}\n{EACH_MINUTE} cd /; x {text}\nA={text}\n@daily y\n"))
    said = procman_yml(found)["tasks"]
    parsed = taskfile.parse(written.procman_yml(found).encode(), "", UTC).tasks
    assert {name: each["command"] for name, each in said.items()} == {
        name: each.command for name, each in parsed.items()
    }
