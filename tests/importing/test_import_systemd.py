"""Services of systemd become processes, and tasks when a timer starts them; what is lost is told."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.core.schedule import schedule
from procman.errors import UserError
from procman.importing.found import Found
from procman.importing.systemd import fromcalendar, reading, units
from tests.importing.samples import gather, lost, place

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
WEB = """\
[Unit]
Description=Shop
After=network.target redis.service
Requires=redis.service

[Service]
Type=notify
User=shop
WorkingDirectory=/srv/shop
Environment=RAILS_ENV=production "GREETING=Hello, world"
Environment=PORT=3000
EnvironmentFile=-/etc/default/shop
ExecStartPre=/srv/shop/bin/migrate --quiet
ExecStart=/srv/shop/bin/puma -p ${PORT} $OPTS "two words" \\
  --tag=%n --price=$$5 100%%
Restart=on-failure
RestartSec=5s
KillMode=mixed
KillSignal=SIGQUIT
TimeoutStopSec=30
WatchdogSec=20s
LimitNOFILE=65536
Nice=5
UMask=0027

[Install]
WantedBy=multi-user.target
"""
REDIS = "[Service]\nExecStart=/usr/bin/redis-server --port 6379\nRestart=always\n"
CLEAN = """\
[Unit]
Description=Clean up

[Service]
Type=oneshot
WorkingDirectory=/srv/shop
ExecStart=/bin/sh -c 'bin/clean "$$HOME" > log; date'
TimeoutStartSec=10min
"""
TIMER = """\
[Timer]
OnCalendar=*-*-* 04:30:00
OnCalendar=Mon *-*-* 12:00 UTC
RandomizedDelaySec=15min
Persistent=true

[Install]
WantedBy=timers.target
"""
USUAL = {"signal_to": "group", "timeout": "1m30s", "stdin": "null"}
"""What systemd does when nothing is said."""


def process(*lines: str, name: str = "web.service") -> dict[str, Any]:
    """The process of a service with these lines below [Service], in the app's folder; and its keys."""
    found = gather((name, "\n".join(["[Service]", "WorkingDirectory=/srv/shop", *lines, ""])))
    return next(iter(found.processes.values()))


def told(*lines: str) -> list[str]:
    """What is told of such a service; these lines begin with the fourth."""
    text = "\n".join(["[Service]", "WorkingDirectory=/srv/shop", "ExecStart=/x", *lines, ""])
    return lost(gather(("web.service", text)))


def command(line: str, name: str = "web.service") -> str:
    """What becomes of a line of ExecStart."""
    found: str = process(f"ExecStart={line}", name=name)["command"]
    return found


def test_a_service_becomes_a_process() -> None:
    found = gather(("/etc/systemd/system/web.service", WEB), ("redis.service", REDIS))
    assert found.processes["web"] == {
        "command": "/srv/shop/bin/migrate --quiet && /srv/shop/bin/puma -p \"${PORT}\" $OPTS 'two words'"
        " --tag=web.service '--price=$5' 100%",
        "ready": {"notify": True, "within": "1m30s"},
        "restart": "on-failure",
        "backoff": {"initial": "5s", "max": "5s", "give_up_after": "never"},
        "stop_signal": "QUIT",
        "timeout": "30s",
        "alive": {"notify": True, "every": "20s"},
        "nice": 5,
        "umask": "0027",
        "nofile": 65536,
        "stdin": "null",
        "port": 3000,
        "env": {"RAILS_ENV": "production", "GREETING": "Hello, world"},
        "env_file": ["/etc/default/shop"],
        "depends_on": ["redis"],
    }
    source = "/etc/systemd/system/web.service"
    assert lost(found) == [
        f"{source}:2: Description=Shop: a Procfile has no descriptions: write a comment",
        f"{source}:3: After=network.target redis.service: procman does not wait for what is not among the"
        " files: network.target",
        f"{source}:14: EnvironmentFile: of a variable that is in both, systemd takes that of the file,"
        " procman that of 'env'",
    ]


def test_what_systemd_does_by_itself_is_said() -> None:
    found = gather(("redis.service", REDIS))
    assert found.processes["redis"] == {
        "command": "/usr/bin/redis-server --port 6379",
        "restart": "always",
        "backoff": {"initial": "100ms", "max": "100ms", "reset_after": "10s", "give_up_after": 5},
        "cwd": "/",
        **USUAL,
    }
    assert process("ExecStart=/x") == {"command": "/x", "restart": "never", **USUAL}
    assert lost(found) == []


@pytest.mark.parametrize("turned", [False, True])
def test_a_timer_and_its_service_become_a_task_in_either_order(turned: bool) -> None:
    files = [("clean.service", CLEAN), ("clean.timer", TIMER)]
    found = gather(*(files[::-1] if turned else files))
    assert found.tasks == {
        "clean": {
            "command": 'bin/clean "$HOME" > log; date',
            "desc": "Clean up",
            "schedule": ["30 4 * * *", "0 12 * * 1 UTC"],
            "missed": "once",
            "grace": "365d",
            "jitter": "15m",
            "timeout": "10m",
        }
    }
    assert found.processes == {}
    assert lost(found) == []


def test_a_timer_may_name_its_service() -> None:
    timer = "[Timer]\nOnCalendar=hourly UTC\nUnit=clean.service\n"
    found = gather(("often.timer", timer), ("clean.service", CLEAN))
    assert found.tasks["clean"]["schedule"] == "0 * * * * UTC"
    assert found.tasks["clean"]["missed"] == "skip"


def test_a_timer_without_its_service_is_told() -> None:
    found = gather(("clean.timer", TIMER))
    assert not found.tasks
    assert lost(found) == [
        "clean.timer: clean.service is not among the files: name it with this one, and they become a task"
    ]


def test_what_is_around_a_task_stands_in_front_of_its_command() -> None:
    around = "Environment=A=1 'B=2 3'\nEnvironmentFile=/srv/shop/.env\nUser=shop\n"
    text = f"[Service]\nType=oneshot\n{around}ExecStart=/x\n"
    found = gather(("x.service", text), ("x.timer", "[Timer]\nOnBootSec=5min\n"))
    assert found.tasks["x"]["command"].endswith("export A=1 B='2 3' && /x")
    assert found.tasks["x"]["schedule"] == "@reboot"
    assert [line.split(": ")[0] for line in lost(found)] == ["x.timer:2", "x.service:4"]


def test_times_that_count_from_something_are_told() -> None:
    timer = "[Timer]\nOnBootSec=5min\nOnUnitActiveSec=1h 30min\n"
    found = gather(("clean.service", CLEAN), ("clean.timer", timer))
    assert found.tasks["clean"]["schedule"] == ["@reboot", "every 1h30m"]
    assert [line.split("=")[0] for line in lost(found)] == [
        *("clean.timer:2: OnBootSec", "clean.timer:3: OnUnitActiveSec")
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("/x a  b", "/x a b"),
        ("/x 'a b' \"c'd\" e\\x41\\101\\s|", "/x 'a b' 'c'\"'\"'d' 'eAA |'"),
        ("/x $A ${B} c${D}e $$F g$H", "/x $A \"${B}\" c\"${D}\"e '$F' 'g$H'"),
        ("/x '$A' \"${B}\"", '/x $A "${B}"'),
        (":/x $A ${B} $$", "/x '$A' '${B}' '$$'"),
        ("-/x", "{ /x || true; }"),
        ("@/x name a", "/x a"),
        ("/x %% %n %p %N", "/x % web.service web web"),
        ("/x %h/a %t", '/x "$HOME"/a /run'),
        ("/bin/sh -c 'a | b \"$$C\"'", 'a | b "$C"'),
        ("/bin/sh -c 'exec a ${B}'", "a ${B}"),
        ("/bin/bash -c 'a | b'", "/bin/bash -c 'a | b'"),
        ("/x \\;", "/x ';'"),
        ("/x ; /y", "/x && /y"),
        ("/x a;b", "/x 'a;b'"),
        ("/x # no comment", "/x '#' no comment"),
    ],
)
def test_a_command_runs_the_same_words(line: str, expected: str) -> None:
    assert command(line) == expected


def test_the_instance_of_a_template_is_the_number_of_the_process() -> None:
    assert command("/x --id=%i", name="web@.service") == '/x --id="${PS##*.}"'
    assert command("/x --id=%i", name="web@blue.service") == "/x --id=blue"
    found = gather(("web@blue.service", REDIS), ("web@green.service", REDIS))
    assert [*found.processes] == ["web_blue", "web_green"]


def test_a_specifier_that_only_systemd_knows_is_told() -> None:
    assert told("ExecStartPre=/y %m") == [
        "web.service:4: ExecStartPre: %m is something that only systemd knows: it is left out"
    ]


def test_several_commands_are_one_line() -> None:
    lines = ("Type=oneshot", "ExecStartPre=-/a", "ExecStart=/b", "ExecStart=/bin/sh -c 'c; exit'")
    found = process(*lines)
    assert found["command"] == "{ /a || true; } && /b && /bin/sh -c 'c; exit'"
    assert found["oneshot"] is True
    assert "restart" not in found


def test_an_empty_setting_takes_back_those_before_it() -> None:
    assert process("ExecStart=/a", "Environment=A=1", "ExecStart=", "Environment=", "ExecStart=/b") == {
        "command": "/b",
        "restart": "never",
        **USUAL,
    }


def test_a_drop_in_is_a_part_of_its_unit() -> None:
    more = "[Service]\nExecStart=\nExecStart=/y\nRestart=always\n"
    found = gather(("web.service", "[Service]\nExecStart=/x\n"), ("web.service.d/more.conf", more))
    assert [*found.processes] == ["web"]
    assert found.processes["web"]["command"] == "/y"
    assert found.processes["web"]["restart"] == "always"


def test_lines_go_on_and_comments_in_between_do_not_count() -> None:
    lines = "[Service]\nExecStart=/x a \\\n# b \\\n  c\\\n\n; d\nNope\nUser=shop\n"
    found = gather(("web.service", lines))
    assert found.processes["web"]["command"] == "/x a c"
    assert lost(found) == ["web.service:7: this is no setting: it is left out"]


@pytest.mark.parametrize(
    ("said", "restart", "is_told"),
    [
        ("no", "never", False),
        ("always", "always", False),
        ("on-failure", "on-failure", False),
        ("on-success", "always", True),
        ("on-abnormal", "on-failure", True),
        ("on-abort", "on-failure", True),
        ("on-watchdog", "on-failure", True),
    ],
)
def test_each_restart_is_the_nearest_of_procman(said: str, restart: str, is_told: bool) -> None:
    assert process("ExecStart=/x", f"Restart={said}")["restart"] == restart
    assert bool(told(f"Restart={said}")) == is_told


def test_the_limit_of_starts_is_that_of_failures() -> None:
    limit = "[Unit]\nStartLimitIntervalSec=5min\nStartLimitBurst=3\n"
    unit = f"{limit}[Service]\nExecStart=/x\nRestart=always\nRestartSec=2\n"
    assert gather(("x.service", unit)).processes["x"]["backoff"] == {
        "initial": "2s",
        "max": "2s",
        "reset_after": "5m",
        "give_up_after": 3,
    }


SECRET = ("ExecReload", "ExecStop", "ExecStopPost", "Environment", "LoadCredential", "Whatever")
"""What may have a secret as its value, and is told without it."""


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("Type=forking", "procman needs it in the foreground"),
        ("PIDFile=/run/x.pid", "procman watches the process itself"),
        ("ExecReload=/bin/kill -HUP $MAINPID", "say 'procman signal HUP NAME'"),
        ("ExecStop=/y", "procman stops by a signal"),
        ("ExecStopPost=/y", "nothing runs there"),
        ("KillMode=process", "procman stops all that a process leaves behind"),
        ("SuccessExitStatus=143", "code 0 is success"),
        ("MemoryMax=1G", "the kernel kills at once"),
        ("MemoryMax=10%", "'10%' is not a size"),
        ("CPUQuota=20%", "procman does not limit that"),
        ("LimitNOFILE=1024:4096", "'nofile' is one number"),
        ("LimitCORE=infinity", "procman does not limit that"),
        ("ProtectSystem=strict", "procman does not confine"),
        ("NoNewPrivileges=true", "procman does not confine"),
        ("DynamicUser=yes", "procman does not confine"),
        ("RuntimeDirectory=shop", "make the folder yourself"),
        ("StandardOutput=append:/var/log/x", "all that it writes is in procman's log"),
        ("User=nobody2", "procman cannot run it as that user here"),
        ("EnvironmentFile=/none", "the file is not there"),
        ("Environment=A", "a part of it is not NAME=value"),
        ("TimeoutStopSec=soon", "'soon' is no time span"),
        ("LoadCredential=a:/b", "procman does not confine"),
        ("Whatever=1", "it has no counterpart"),
    ],
)
def test_what_is_not_carried_over_is_told_with_its_line(line: str, text: str) -> None:
    key = line.partition("=")[0]
    shown = key if key in SECRET else line
    assert [each.startswith(f"web.service:4: {shown}: {text}") for each in told(line)] == [True], told(line)


@pytest.mark.parametrize(
    "line",
    ["RemainAfterExit=yes", "StandardInput=null", "NotifyAccess=main", "Type=exec", "TimeoutSec=1min 30s"],
)
def test_what_makes_no_difference_is_not_told(line: str) -> None:
    assert told(line) == []


def test_a_file_that_is_no_unit_is_a_mistake() -> None:
    with pytest.raises(UserError, match=r"x: there is neither \[Service\] nor \[Timer\]"):
        gather(("x", "[Unit]\nDescription=x\n"), kind="systemd")


def test_a_service_that_runs_nothing_is_told() -> None:
    assert lost(gather(("x.service", "[Service]\nType=oneshot\n"))) == [
        "x.service: no ExecStart that can be read: nothing is made of it"
    ]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5", 5),
        ("1min 30s", 90),
        ("2h30m", 9000),
        ("500ms", 0.5),
        ("1.5 h", 5400),
        ("infinity", float("inf")),
    ],
)
def test_a_time_span(text: str, seconds: float) -> None:
    assert reading.seconds(text) == seconds


# Calendar events

EVENTS = {
    "minutely": "* * * * *",
    "hourly": "0 * * * *",
    "daily": "0 0 * * *",
    "weekly": "0 0 * * 1",
    "monthly": "0 0 1 * *",
    "quarterly": "0 0 1 */3 *",
    "daily Europe/Paris": "0 0 * * * Europe/Paris",
    "Mon..Fri 09:30": "30 9 * * 1-5",
    "*:0/15": "*/15 * * * *",
    "*-*-1..7 3:05:10": "10 5 3 1-7 * *",
    "Mon *-*-01..07 03:00": "0 3 * * 1#1",
    "Sat,Sun *-*-15..21 03:00": "0 3 * * 6#3,0#3",
    "*-*~01 12:00": "0 12 L * *",
    "Sun *-*~01..07 12:00": "0 12 * * 0L",
    "2027-01-02 03:04 UTC": "at 2027-01-02 03:04 UTC",
    "Thursday 12:00": "0 12 * * 4",
}


@pytest.mark.parametrize(("event", "expression"), EVENTS.items())
def test_a_calendar_event_is_a_schedule(event: str, expression: str) -> None:
    assert fromcalendar.expression(event) == expression
    schedule.parse(expression, UTC)


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ("2027..2029-01-01", "a schedule has no years"),
        ("Mon *-*-10..20", "a day of the month and one of the week must both fit"),
        ("*-*~03", "only the last day of a month has one"),
        ("daily Mars/Base", "is neither a day nor a time zone"),
        ("25:00", "is no hour"),
        ("12:00 noon", "is neither a day nor a time zone"),
        ("*:*:0.5", "is no second that a schedule knows"),
        ("Noday 12:00", "is no day of the week"),
    ],
)
def test_a_calendar_event_that_is_no_schedule(event: str, why: str) -> None:
    with pytest.raises(fromcalendar.NotTheSameError, match=why):
        fromcalendar.expression(event)


def test_a_lost_calendar_event_is_told() -> None:
    timer = "[Timer]\nOnCalendar=Mon *-*-10..20\nOnCalendar=12:00\n"
    found = gather(("clean.service", CLEAN), ("clean.timer", timer))
    assert found.tasks["clean"]["schedule"] == "0 12 * * *"
    assert [line.split(": ")[0] for line in lost(found)] == ["clean.timer:2"]


def test_hours_in_which_clocks_change_are_told() -> None:
    timer = "[Timer]\nOnCalendar=02:30\nOnCalendar=04:00\nOnCalendar=02:30 UTC\n"
    (line,) = lost(gather(("clean.service", CLEAN), ("clean.timer", timer)))
    assert line.startswith("clean.timer:2: OnCalendar=02:30: where clocks change, systemd leaves out an hour")


def parts(low: int, high: int) -> st.SearchStrategy[str]:
    """A part of a calendar event: `*`, values, ranges and steps."""
    number = st.integers(low, high)
    pair = st.lists(number, min_size=2, max_size=2, unique=True).map(sorted)
    return st.one_of(
        st.just("*"),
        number.map(str),
        st.lists(number, min_size=2, max_size=3).map(lambda each: ",".join(map(str, each))),
        pair.map(lambda each: f"{each[0]}..{each[1]}"),
        st.tuples(number, st.integers(2, 9)).map(lambda each: f"{each[0]}/{each[1]}"),
    )


DAYS = st.sampled_from(["", "Mon ", "Mon..Fri ", "Sat,Sun ", "Tue,Thu..Sat "])
DATES = st.tuples(parts(1, 12), parts(1, 28)).map(lambda each: f"*-{each[0]}-{each[1]}")
TIMES = st.tuples(parts(0, 23), parts(0, 59), st.one_of(st.just("00"), parts(0, 59))).map(":".join)
STARTS = [datetime(2026, 1, 30, tzinfo=UTC), datetime(2027, 2, 27, 23, 59, 59, tzinfo=UTC)]


def ticks_by_systemd(event: str, base: datetime, count: int) -> list[datetime] | None:
    """The next ticks, as systemd-analyze(1) tells them; None for an event that it does not take."""
    words = [f"--iterations={count}", f"--base-time={base:%Y-%m-%d %H:%M:%S} UTC", event]
    said = subprocess.run(
        ["systemd-analyze", "calendar", *words],
        env={"TZ": "UTC", "LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    found = re.findall(r"(?:Next elapse|Iter\. #\d+): (.*) UTC$", said.stdout, re.MULTILINE)
    ticks = [datetime.strptime(f"{each} +0000", "%a %Y-%m-%d %H:%M:%S %z") for each in found]
    return None if said.returncode else ticks


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze (Debian: systemd)")
@given(
    st.tuples(DAYS, DATES, TIMES).map(lambda each: f"{each[0]}{each[1]} {each[2]}"), st.sampled_from(STARTS)
)
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_schedule_has_the_ticks_that_systemd_tells(event: str, base: datetime) -> None:
    try:
        expression = fromcalendar.expression(event)
    except fromcalendar.NotTheSameError:
        return
    try:
        ours = [each.tick for each in islice(schedule.upcoming(schedule.parse(expression, UTC), base), 20)]
    except schedule.ScheduleError:
        ours = []  # a day that never comes
    theirs = ticks_by_systemd(event, base, 20)
    assert theirs is None or ours == theirs


def test_drop_ins_that_lie_beside_a_unit_are_told_unless_they_are_named() -> None:
    def read(*sources: str) -> list[str]:
        found = Found(place()._replace(is_folder=lambda path: path == "units/x.service.d"))
        for source in sources:
            units.read(b"[Service]\nExecStart=/bin/x\n", source, found.of(source))
        found.finish()
        return lost(found)

    text = "units/x.service: systemd reads units/x.service.d/*.conf with it: name these files, too"
    assert read("units/x.service") == [text]
    assert text not in read("units/x.service", "units/x.service.d/a.conf")
    assert read("units/y.service") == []


def test_lines_that_go_on_for_ever_are_read_at_once() -> None:
    begin = time.process_time()
    line = "/x \\\n" + " a \\\n" * 100_000 + " b"
    assert len(command(line).split()) == 100_002
    assert time.process_time() - begin < 5
