"""A file of process-compose becomes a Procfile and a procman.yml."""

from __future__ import annotations

import os
import re
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.errors import UserError
from procman.importing.processcompose import text as processcomposetext
from tests.importing import shelling
from tests.importing.loading import loaded
from tests.importing.samples import ROOT, gather, lost

if TYPE_CHECKING:
    from procman.importing.found import Found

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
FILE = f"{ROOT}/process-compose.yaml"
SAMPLE = """\
version: "0.5"
environment:
  - "LEVEL=info"
  - "CACHE=${HOME}/cache"
log_level: debug
vars:
  VERSION: v1.2.3

processes:
  db:
    command: "postgres -D ${PGDATA:-data}"
    readiness_probe:
      exec:
        command: pg_isready
      initial_delay_seconds: 1
      period_seconds: 2
    availability:
      restart: always
      backoff_seconds: 2
    log_location: ./db.log
  migrate:
    command: "migrate {{.VERSION}} $$HOME"
    depends_on:
      db:
        condition: process_healthy
  web:
    description: the shop
    command: "python3 -m http.server 404{{.PC_REPLICA_NUM}}"
    replicas: 2
    working_dir: api
    depends_on:
      migrate: {condition: process_completed_successfully}
      db: process_healthy
    environment:
      - A=1
    shutdown:
      signal: 2
      timeout_seconds: 3
    is_tty: true
  backup:
    command: ./backup.sh
    description: nightly
    schedule:
      cron: "0 2 * * *"
      timezone: UTC
      run_on_start: true
"""
USUAL: dict[str, Any] = {"command": "serve", "restart": "never", "timeout": "10s", "signal_to": "group"}


def read(text: str) -> Found:
    found = gather((FILE, text), kind="process-compose")
    loaded(found)
    return found


def process(more: str = "", **keys: Any) -> tuple[dict[str, Any], list[str]]:
    """What becomes of a process with these keys; and what is told of it."""
    text = yaml.safe_dump({"processes": {"web": {"command": "serve", **keys}}}, width=1000)
    found = read(f"{more}{text}")
    told = [each for each in lost(found) if "runs commands with bash" not in each]
    return found.processes.get("web", {}) or found.tasks.get("web", {}), told


def test_a_file_becomes_processes_and_tasks() -> None:
    found = read(SAMPLE)
    cache = 'export CACHE="${HOME}"/cache && '
    assert found.processes == {
        "db": {
            "command": f"{cache}postgres -D ${{PGDATA:-data}}",
            **{key: USUAL[key] for key in ("timeout", "signal_to")},
            "restart": "always",
            "backoff": {"initial": "2s", "max": "2s", "give_up_after": "never"},
            "ready": {"cmd": "pg_isready", "within": "7s", "every": "2s", "timeout": "1s"},
        },
        "migrate": {
            **USUAL,
            "command": f"{cache}migrate v1.2.3 $HOME",
            "depends_on": {"db": "ready"},
        },
        "web": {
            **USUAL,
            "command": 'export PC_REPLICA_NUM="$((${PS##*.}-1))" CACHE="${HOME}"/cache && '
            "python3 -m http.server 404$((${PS##*.}-1))",
            "instances": 2,
            "pty": "always",
            "stop_signal": "2",
            "timeout": "3s",
            "cwd": "api",
            "env": {"A": "1"},
            "depends_on": {"migrate": "completed", "db": "ready"},
        },
    }
    assert found.tasks == {
        "backup": {
            "command": f"{cache}./backup.sh",
            "desc": "nightly",
            "schedule": ["0 2 * * * UTC", "@reboot"],
            "missed": "skip",
        }
    }
    assert found.env == {"LEVEL": "info"}


def test_what_is_lost_is_told_with_its_line() -> None:
    told = [re.sub(r"^/srv/shop/process-compose.yaml:(\d+): ", r"\1 ", each) for each in lost(read(SAMPLE))]
    assert [" ".join(each.split()[:3]) for each in told] == [
        "5 log_level: procman",
        "10 process-compose runs",
        "10 readiness_probe: procman",
        "20 log_location, log_configuration:",
    ]


HTTP = {"path": "/h", "port": "80", "host": "127.0.0.1", "scheme": "http"}
ASKED = {"every": "10s", "timeout": "1s", "failures": 3}
TIMES = {"within": "30s", "every": "10s", "timeout": "1s"}
CARRIED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"command": "a && b | c"}, {"command": "a && b | c"}),
    ({"command": "a\nb\n"}, {"command": "eval \"$(printf '%s\\n' a b)\""}),
    ({"command": "[[ -f x ]] && y"}, {"command": "bash -c '[[ -f x ]] && y'"}),
    ({"command": "", "entrypoint": ["a", "b c", "$X"]}, {"command": "a 'b c' '$X'"}),
    ({"working_dir": "api"}, {"cwd": "api"}),
    ({"working_dir": "/x y"}, {"command": "cd '/x y' && serve"}),
    ({"working_dir": "${W}/x"}, {"command": 'cd "${W}"/x && serve'}),
    ({"environment": ["A=1", "B=c d"]}, {"env": {"A": "1", "B": "c d"}}),
    ({"environment": {"A": 1}}, {"env": {"A": "1"}}),
    ({"environment": ["A=$$X", "B=${X}y"]}, {"env": {"A": "$X"}, "command": 'export B="${X}"y && serve'}),
    ({"environment": ["PORT=8000"]}, {"port": 8000}),
    ({"env_file": ".env"}, {"env_file": ".env"}),
    ({"availability": {"restart": "no"}}, {}),
    (
        {"availability": {"restart": "on_failure", "max_restarts": 5}},
        {"restart": "on-failure", "backoff": {"initial": "1s", "max": "1s", "give_up_after": 6}},
    ),
    ({"availability": {"restart": "exit_on_failure"}}, {"give_up": "stop"}),
    ({"availability": {"exit_on_end": True}}, {"restart": None}),
    ({"availability": {"exit_on_skipped": False}}, {}),
    (
        {"liveness_probe": {"http_get": HTTP}},
        {"alive": {"http": "http://127.0.0.1:80/h", **ASKED}},
    ),
    (
        {
            "readiness_probe": {"http_get": {"num_port": 9}},
            "liveness_probe": {"exec": {"command": "x"}, "failure_threshold": 1},
        },
        {
            "ready": {"http": "http://127.0.0.1:9/", **TIMES},
            "alive": {"cmd": "x", "every": "10s", "timeout": "1s", "failures": 1},
        },
    ),
    (
        {"liveness_probe": {"exec": {"command": "x", "working_dir": "d"}, "success_threshold": 1}},
        {"alive": {"cmd": "cd d && x", **ASKED}},
    ),
    (
        {"liveness_probe": {"http_get": {"scheme": "https", "port": 1, "status_code": 200}}},
        {
            "alive": {
                "cmd": "curl -fsS -o /dev/null https://127.0.0.1:1/",
                "every": "10s",
                "timeout": "1s",
                "failures": 3,
            }
        },
    ),
    ({"shutdown": {"signal": 15, "timeout_seconds": 4}}, {"timeout": "4s"}),
    ({"shutdown": {"signal": 1}}, {"stop_signal": "1"}),
    ({"shutdown": {"parent_only": True}}, {"signal_to": None}),
    ({"disabled": True}, {"autostart": False}),
    ({"is_disabled": "true"}, {"autostart": False}),
    ({"is_tty": True}, {"pty": "always"}),
    ({"is_interactive": True}, {"pty": "always"}),
    ({"replicas": 1}, {}),
    ({"vars": {"A": "b"}, "command": "x {{.A}}"}, {"command": "x b"}),
    ({"is_template_disabled": True, "command": "x {{.A}}"}, {"command": "x {{.A}}"}),
    ({"command": 'x {{ "{{.A}}" }}'}, {"command": "x {{.A}}"}),
    ({"command": "x {{.PC_REPLICA_NUM}}"}, {"command": "x 0", "env": {"PC_REPLICA_NUM": "0"}}),
    ({"command": "x $PC_PROC_NAME"}, {"command": "x $PC_PROC_NAME", "env": {"PC_PROC_NAME": "web"}}),
    ({"success_exit_codes": [0]}, {}),
    (
        {
            "watch": {
                "paths": [{"path": "./src", "include": ["*.go"], "exclude": ["gen/**"]}],
                "debounce": "1s",
                "max_entries": 9,
            }
        },
        {"watch": ["src/**/*.go", "!src/gen/**"]},
    ),
    ({"watch": {"paths": [{"path": "."}]}}, {"watch": ["**/*"]}),
    ({"description": "d", "namespace": "default", "is_daemon": False, "x-note": 1, "name": "n"}, {}),
]


@pytest.mark.parametrize(("said", "keys"), CARRIED)
def test_a_key_is_carried_over_without_a_word(said: dict[str, Any], keys: dict[str, Any]) -> None:
    expected = {key: value for key, value in {**USUAL, **keys}.items() if value is not None}
    assert process(**said) == (expected, [])


TOLD: list[tuple[dict[str, Any], str]] = [
    ({"command": "x {{.NOTHING}}"}, "{{.NOTHING}} is no name of 'vars'"),
    ({"command": "x {{if .A}}y{{end}}"}, "is more than a name of 'vars'"),
    ({"command": "x ${A^^}"}, "what stands between '${' and '}' is more than the shell can say"),
    ({"command": "x ${A"}, "'${' has no '}'"),
    ({"command": ""}, "there is no command. The process is left out"),
    ({"environment": ["A=b"], "command": "x ${A}"}, "procman the process's own value"),
    ({"environment": ["A=${B^^}"]}, "environment: A: what stands between '${' and '}' is more"),
    ({"env_file": "nowhere.env"}, "there is no nowhere.env here"),
    ({"working_dir": "{{.X}}"}, "It starts in the app's folder"),
    ({"availability": {"exit_on_skipped": True}}, "nothing is left"),
    ({"availability": {"restart": "on_failure", "exit_on_end": True}}, "does not end all"),
    ({"availability": {"restart": "sometimes"}}, "taken as no"),
    ({"availability": {"backoff_seconds": "${W}"}}, "no whole number"),
    ({"readiness_probe": {"exec": {"command": "x"}}}, "'alive' says what is to be asked"),
    ({"ready_log_line": "/up/"}, "within: 1h"),
    ({"liveness_probe": {"exec": {"command": "x"}, "initial_delay_seconds": 3}}, "begins to ask when"),
    ({"liveness_probe": {"exec": {"command": "x"}, "success_threshold": 3}}, "one good answer"),
    ({"liveness_probe": {"exec": {"command": "x"}, "timeout_seconds": 30}}, "timeout_seconds"),
    ({"liveness_probe": {"grpc": {"port": 1}}}, "grpc_health_probe"),
    ({"liveness_probe": {"http_get": {"headers": {"A": "b"}}}}, "curl -fsS -H"),
    ({"liveness_probe": {"http_get": {"status_code": 204}}}, "200 to 399"),
    ({"shutdown": {"command": "x"}}, "a 'trap' in the command"),
    ({"shutdown": {"send_keys": "q"}}, "no keys"),
    ({"is_daemon": True}, "to the background"),
    ({"launch_timeout_seconds": 9}, "'within' below 'ready'"),
    ({"is_foreground": True}, "procman run web"),
    ({"is_elevated": True}, "sudo"),
    ({"namespace": "x"}, "procman has none"),
    ({"log_location": "./x"}, "log_dir"),
    ({"log_configuration": {"rotation": {"max_size_mb": 1}}}, "log_dir"),
    ({"truncate_log": True}, "log_dir"),
    ({"disable_ansi_colors": True}, "no colours"),
    ({"extends": "other"}, "into this one"),
    ({"mcp": {}}, "for models"),
    ({"monitor_for": "activity"}, "tells nobody"),
    ({"monitor_silence_threshold": "1s"}, "tells nobody"),
    ({"is_dotenv_disabled": True}, "env -u NAME"),
    *(({key: "x"}, "means nothing in a file") for key in "original_config replica_name executable".split()),
    ({"replica_num": 1, "args": None}, "means nothing in a file"),
    ({"args": ["x"]}, "means nothing in a file"),
    ({"success_exit_codes": [0, 143]}, "only 0 is success"),
    ({"watch": {"paths": [{"path": "a"}], "cascade": True}}, "restarts the process alone"),
    ({"depends_on": {"nobody": {}}}, "'nobody' is no process here"),
    ({"surprise": 1}, "does not know this key"),
    ({"schedule": {"interval": "30m"}}, "procman in UTC"),
    ({"schedule": {"cron": "0 2 * * *", "max_concurrent": 3}}, "overlap: allow"),
    (
        {"schedule": {"cron": "0 2 * * *"}, "availability": {"restart": "always"}},
        "a task of procman has no such key",
    ),
]


@pytest.mark.parametrize(("said", "text"), TOLD)
def test_a_key_that_is_not_carried_over_is_told_with_its_line(said: dict[str, Any], text: str) -> None:
    _, told = process(**said)
    assert len(told) == 1
    assert text in told[0]
    assert told[0].startswith(f"{FILE}:")


PROCESS = """
disabled is_daemon command entrypoint log_location log_configuration environment env_file
availability depends_on liveness_probe readiness_probe ready_log_line shutdown disable_ansi_colors
working_dir namespace replicas description vars is_foreground is_tty is_elevated is_interactive
launch_timeout_seconds is_disabled is_dotenv_disabled original_config replica_num replica_name
executable args schedule watch mcp truncate_log is_template_disabled monitor_for
monitor_silence_threshold success_exit_codes extends
""".split()
"""All of src/types/process.go."""


def test_all_keys_that_process_compose_knows_are_in_these_tests() -> None:
    rows = {key for said, _ in [*CARRIED, *TOLD] for key in said}
    assert not {*PROCESS} - rows


PROJECT = [
    ("log_level: debug", "-q leaves them out"),
    ("log_length: 5", "procman logs"),
    ("log_format: json", "--log-format"),
    ("log_location: x", "log_dir"),
    ("log_configuration: {no_color: true}", "log_dir"),
    ("is_tui_disabled: true", "procman top"),
    ("extends: other.yaml", "write both into one"),
    ("env_cmds: {A: date}", "write X=$(command)"),
    ("mcp_server: {port: 1}", "for models"),
    ("file_names: [a]", "means nothing"),
    ("env_file_names: [a]", "-e"),
    ("dot_env_vars: {A: b}", ".env"),
    ("shell: {shell_command: sh, shell_argument: -c, elevated_shell_command: sudo}", "sudo"),
    ("surprise: 1", "does not know this key"),
]


@pytest.mark.parametrize(("line", "text"), PROJECT)
def test_a_key_of_the_whole_file_is_told(line: str, text: str) -> None:
    _, told = process(f"{line}\n")
    assert len(told) == 1
    assert told[0].startswith(f"{FILE}:1: ")
    assert text in told[0]


def test_some_keys_of_the_whole_file_need_no_word() -> None:
    silent = "version: '0.5'\nis_strict: true\nname: shop\nordered_shutdown: true\nlog_level: info\n"
    assert process(silent) == (USUAL, [])


def test_a_shell_is_used_as_it_is_said() -> None:
    shell = "shell: {{shell_command: {}, shell_argument: {}}}\n".format
    assert (
        process(shell("python3", "-m"), command="http.server 80")[0]["command"]
        == "python3 -m 'http.server 80'"
    )
    assert process(shell("sh", "-c"), command="[[ x ]]")[0]["command"] == "[[ x ]]"
    assert process(shell("bash", "-c"), command="[[ x ]]")[0]["command"] == "bash -c '[[ x ]]'"


def test_dollars_are_the_shells_when_expansion_is_off() -> None:
    more = "disable_env_expansion: true\n"
    assert process(more, command="a $$ ${X^^}")[0]["command"] == "bash -c 'a $$ ${X^^}'"


def test_a_line_of_the_log_that_looks_like_a_pattern_is_none() -> None:
    assert process(ready_log_line="/up./")[0]["ready"] == {"log": r"//up\.//", "within": "1h"}
    assert process(ready_log_line="up.")[0]["ready"] == {"log": "up.", "within": "1h"}


def test_conditions_are_carried_over_where_procman_has_them() -> None:
    text = """\
processes:
  a: {command: a}
  b: {command: b, readiness_probe: {exec: {command: x}}}
  c: {command: c, ready_log_line: up}
  d: {command: d, availability: {restart: always}}
  web:
    command: x
    depends_on:
      a: {condition: process_completed}
      b: {condition: process_healthy}
      c: {condition: process_log_ready}
      d: {condition: process_started}
  list: {command: x, depends_on: [a]}
  wrong: {command: x, depends_on: {a: {condition: maybe}}}
  never: {command: x, depends_on: {d: {condition: process_completed_successfully}}}
"""
    found = read(text)
    said = {name: keys.get("depends_on") for name, keys in found.processes.items()}
    assert said["web"] == {"a": "completed", "b": "ready", "c": "ready", "d": "started"}
    assert (said["list"], said["wrong"], said["never"]) == ({"a": "started"}, {"a": "started"}, None)
    told = "\n".join(lost(found))
    assert f"{FILE}:9: web: depends_on: a: process_completed: " in told
    assert f"{FILE}:14: wrong: depends_on: a: 'maybe' is no condition" in told
    assert f"{FILE}:15: never: depends_on: 'd' is always restarted" in told


@pytest.mark.parametrize(
    ("schedule", "keys"),
    [
        ({"cron": "0 2 * * *"}, {"schedule": "0 2 * * *"}),
        ({"cron": "0 2 * * *", "timezone": "Local"}, {"schedule": "0 2 * * *"}),
        ({"cron": "0 2 * * *", "timezone": "Europe/Berlin"}, {"schedule": "0 2 * * * Europe/Berlin"}),
        ({"cron": "0 2 * * *", "interval": "5m"}, {"schedule": "0 2 * * *"}),
        ({"interval": "1h30m"}, {"schedule": "every 1h30m"}),
        ({"cron": "0 2 * * *", "run_on_start": True}, {"schedule": ["0 2 * * *", "@reboot"]}),
        ({"cron": "0 2 * * *", "max_concurrent": 1}, {"schedule": "0 2 * * *"}),
    ],
)
def test_a_scheduled_process_is_a_task(schedule: dict[str, Any], keys: dict[str, Any]) -> None:
    found, _ = process(schedule=schedule, disabled=True, environment=["A=b c"], working_dir="api")
    expected = {"command": "cd api && export A='b c' && serve", **keys, "missed": "skip", "enabled": False}
    assert found == expected


DOLLARS = st.lists(
    st.sampled_from(
        ["$$", "${X}", "${X:-d e}", "${N-f}", "${N:+g}", "'", '"', " ", "a", "\\", "é", "=", "${#X}"]
    ),
    max_size=7,
).map("".join)


@settings(max_examples=EXAMPLES, deadline=None)
@given(DOLLARS)
def test_a_variable_of_the_environment_has_the_value_that_was_put_in(text: str) -> None:
    found, _ = process(command="/usr/bin/env -0", environment=[f"A={text}"])
    put_in = {"$$": "$", "${X}": "it's", "${X:-d e}": "it's", "${N-f}": "f", "${N:+g}": "", "${#X}": "4"}
    expected = re.sub(r"\$\$|\$\{[^}]*\}", lambda match: put_in[match[0]], text)
    environment = {"PATH": "/usr/bin:/bin", "X": "it's", **found.get("env", {})}
    assert shelling.variables(shelling.outputs([found["command"]], environment)[0])["A"] == expected


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("${X} '${X}' \"${X}\"", ["v", "v", "v"]),
        ("'a'${X}'b'", ["avb"]),
        ("\"it's ${X}\" '${X}'", ["it's v", "v"]),
        (r"\'${X}\' ${N:-'d e'}", ["'v'", "d e"]),
        ("'$${X}' $${X} $$X", ["${X}", "v", "v"]),
    ],
)
def test_a_command_gets_what_was_put_in(command: str, words: list[str]) -> None:
    found, _ = process(command=f"{shelling.PRINTER} {command}")
    output = shelling.outputs([found["command"]], {"PATH": "/usr/bin:/bin", "X": "v"})[0]
    assert shelling.words(output) == words


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), max_size=4))
def test_the_words_of_an_entrypoint_are_the_same(texts: list[str]) -> None:
    entrypoint = ["/usr/bin/printf", "%s\\0", *(each.replace("$", "$$") for each in texts)]
    found, _ = process(command="", entrypoint=entrypoint)
    output = subprocess.run(["/bin/sh", "-c", found["command"]], capture_output=True, check=True).stdout
    assert shelling.words(output) == (texts or [""])


def test_what_bash_alone_knows_is_seen() -> None:
    for text in (
        "[[ a ]]",
        "(( a ))",
        "a <<< b",
        "a &> b",
        "a <(b)",
        "echo $'a'",
        "echo {a,b} {1..3}",
        "source x",
        "a=(b)",
        "a+=b",
        "echo -e x",
        "set -o pipefail",
        "echo $RANDOM",
        "a |& b",
        "for x in **/*; do :; done",
    ):
        assert processcomposetext.BASH.search(text), text
    for text in (
        "a | b && c",
        "x=$((1+2)) y",
        "echo ${A:-b}",
        "a > b 2>&1",
        "[ -f x ] && y",
        "$HOME/bin/x",
        "(a; b)",
    ):
        assert not processcomposetext.BASH.search(text), text


@pytest.mark.parametrize(
    ("text", "line"),
    [(b"\xff", 1), (b"a: [\n", 1), (b"a: b\n c: d\n", 2), (b"- a\n", 1), (b"a: 1\n---\nb: 2\n", 2)],
)
def test_what_is_no_such_file_is_told_with_its_line(text: bytes, line: int) -> None:
    with pytest.raises(UserError) as caught:
        gather((FILE, text), kind="process-compose")
    assert caught.value.problems[0].line == line


@pytest.mark.parametrize("text", ["", "version: 1\n", "processes:\n", "processes: [a]\n", "processes: {}\n"])
def test_a_file_without_processes_has_none(text: str) -> None:
    assert not read(text).processes


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["${X}", "{{.A}}", "${", "{{"]),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [*PROCESS, *"exec http_get command restart signal paths path cron interval condition".split()]
            )
            | st.text(max_size=3),
            below,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["a", "b c", "web"]), st.dictionaries(st.sampled_from(PROCESS), VALUES, max_size=8)
    )
    | VALUES
)
def test_values_of_wrong_types_are_told_and_no_traceback(processes: Any) -> None:
    with suppress(UserError):
        read(yaml.safe_dump({"processes": processes, "environment": processes}))


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.binary(max_size=100)
    | st.lists(st.sampled_from(SAMPLE.splitlines(keepends=True))).map("".join).map(str.encode)
)
def test_garbage_is_told_and_no_traceback(data: bytes) -> None:
    with suppress(UserError):
        loaded(gather((FILE, data), kind="process-compose"))


def test_a_process_that_is_off_and_in_the_foreground_is_told_of_both() -> None:
    keys, told = process(
        disabled=True, is_disabled=True, is_foreground=True, is_tty=True, is_interactive=True
    )
    assert (keys["autostart"], keys["pty"]) == (False, "always")
    assert [each.partition("is_foreground: ")[2][:16] for each in told] == ["'procman run web"]


def test_many_braces_are_read_at_once() -> None:
    begin = time.process_time()
    for text in ("{{.a" * 10_000, '{{"' * 10_000, "{{" * 10_000, "${" * 5_000):
        process(command=text)
    assert time.process_time() - begin < 3
