"""An ecosystem file of pm2 becomes a Procfile and a procman.yml."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.errors import UserError
from procman.importing import checked, sources
from procman.importing.found import Found, Place
from tests.importing import shelling
from tests.importing.loading import loaded
from tests.importing.samples import ROOT, gather, lost

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
JSON, YAML, JS = f"{ROOT}/ecosystem.json", f"{ROOT}/ecosystem.yaml", f"{ROOT}/ecosystem.config.js"
SAMPLE = """\
// as 'pm2 init' writes it
module.exports = {
  apps : [{
    name   : "my-api",
    script : './app.js',
    args: "-a 13 'b c'",
    instances: 2,
    exec_mode: 'cluster',
    watch: ["src", "config.json"],
    ignore_watch: ["node_modules", "src/tmp"],
    max_memory_restart: '300M',
    env: { NODE_ENV: 'development', PORT: 3000 },
    env_production: { NODE_ENV: "production" }, /* for --env */
    out_file: './out.log',
    cron_restart: '0 3 * * *',
  }, {
    script: 'worker.py',
    autorestart: false,
  }],
  deploy: { production: { user: 'shop' } }
};
"""


def read(text: str, name: str = JSON) -> Found:
    found = gather((name, text), kind="pm2")
    loaded(found)
    return found


def app(**keys: Any) -> tuple[dict[str, Any], list[str]]:
    """What becomes of an app with these keys; and what is told."""
    found = read(json.dumps({"apps": [{"name": "api", "script": "./api.js", **keys}]}, indent=1))
    return found.processes.get("api", {}), lost(found)


USUAL: dict[str, Any] = {
    "command": "node ./api.js",
    "restart": "always",
    "backoff": {"initial": "100ms", "max": "100ms", "reset_after": "1s", "give_up_after": 16},
    "stop_signal": "INT",
    "timeout": "1.6s",
    "signal_to": "group",
}


def test_an_ecosystem_file_becomes_processes() -> None:
    found = read(SAMPLE, JS)
    instance = 'export NODE_APP_INSTANCE="$((${PS##*.}-1))" && '
    common = {key: USUAL[key] for key in ("stop_signal", "timeout", "signal_to")}
    assert found.processes == {
        "my-api": {
            "command": f"{instance}node ./app.js -a 13 'b c'",
            "instances": 2,
            "restart": "always",
            "backoff": USUAL["backoff"],
            **common,
            "max_memory": "300M",
            "watch": ["src", "config.json", "!src/tmp"],
            "port": 3000,
            "env": {"NODE_ENV": "development"},
        },
        "worker": {
            "command": "python worker.py",
            "restart": "never",
            **common,
            "env": {"PYTHONUNBUFFERED": "1"},
        },
    }
    assert found.tasks == {
        "restart_my-api": {
            "command": "procman restart my-api",
            "schedule": "0 3 * * *",
            "missed": "skip",
        }
    }


def test_what_is_lost_is_told_with_its_line() -> None:
    told = [
        re.sub(r"^/srv/shop/ecosystem.config.js:(\d+): ", r"\1 ", each) for each in lost(read(SAMPLE, JS))
    ]
    assert [each.split(": ")[0:2] for each in told] == [
        ["8 my-api", "exec_mode"],
        ["13 my-api", "env_production"],
        ["14 my-api", "out_file"],
        ["20 deploy", "procman copies nothing to other machines"],
    ]


def test_yaml_says_the_same() -> None:
    text = "apps:\n  - script: ./api.js\n    name: api\n    args: [a, 1]\n    env:\n      A: 'x'\n"
    found = read(text, YAML)
    assert found.processes["api"]["command"] == "node ./api.js a 1"
    assert found.processes["api"]["env"] == {"A": "x"}
    assert lost(found) == []


@pytest.mark.parametrize(
    "text",
    [
        '[{"name": "api", "script": "./api.js"}]',
        '{"name": "api", "script": "./api.js"}',
        '{"pm2": [{"name": "api", "script": "./api.js"}]}',
        '{"apps": {"name": "api", "script": "./api.js"}}',
        "{ // comment\n apps: [{name: 'api', script: `./api.js`,},],}",
    ],
)
def test_all_shapes_of_the_file_are_read(text: str) -> None:
    found = read(text)
    assert (found.processes, lost(found)) == ({"api": USUAL}, [])


CARRIED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"args": "a 'b c'"}, {"command": "node ./api.js a 'b c'"}),
    ({"args": ["a", "b c", 1]}, {"command": "node ./api.js a 'b c' 1"}),
    ({"interpreter": "/usr/bin/node"}, {"command": "/usr/bin/node ./api.js"}),
    ({"exec_interpreter": "none"}, {"command": "./api.js"}),
    ({"node_args": "--harmony -x"}, {"command": "node --harmony -x ./api.js"}),
    ({"interpreter_args": ["--harmony"]}, {"command": "node --harmony ./api.js"}),
    ({"interpreterArgs": ["--harmony"]}, {"command": "node --harmony ./api.js"}),
    ({"script": None, "exec": "run.sh"}, {"command": "bash run.sh"}),
    ({"script": "a.rb"}, {"command": "ruby a.rb"}),
    ({"script": "a.pl"}, {"command": "perl a.pl"}),
    ({"script": "a.php"}, {"command": "php a.php"}),
    ({"script": "npm", "args": "start"}, {"command": "npm start"}),
    ({"script": "npm start && x $Y"}, {"command": "bash -c 'npm start && x $Y'"}),
    ({"cwd": "/srv/shop/api"}, {"cwd": "/srv/shop/api"}),
    ({"cwd": "/elsewhere"}, {"command": "cd /elsewhere && node ./api.js"}),
    ({"instances": 1}, {}),
    ({"instances": "1"}, {}),
    ({"exec_mode": "fork"}, {}),
    ({"exec_mode": "fork_mode", "instances": 2}, {"instances": 2}),
    ({"watch": True}, {"watch": ["**/*"]}),
    ({"watch": False}, {}),
    ({"watch": "api"}, {"watch": ["api/"]}),
    ({"watch": ["a.js"], "ignore_watch": ["b.js", "node_modules", r"\.git"]}, {"watch": ["a.js", "!b.js"]}),
    ({"max_memory_restart": "1G"}, {"max_memory": "1G"}),
    ({"maxMemoryRestart": 104857600}, {"max_memory": "104857600"}),
    ({"env": {"A": "x", "B": 1, "C": True}}, {"env": {"A": "x", "B": "1", "C": "true"}}),
    ({"env": {"PORT": 8000}}, {"port": 8000}),
    ({"port": 8000}, {"port": 8000}),
    ({"autorestart": True}, {}),
    ({"autorestart": False}, {"restart": "never", "backoff": None}),
    ({"stop_exit_codes": [0]}, {"restart": "on-failure"}),
    ({"max_restarts": 3}, {"backoff": {**USUAL["backoff"], "give_up_after": 3}}),
    ({"min_uptime": "10s"}, {"backoff": {**USUAL["backoff"], "reset_after": "10s"}}),
    ({"min_uptime": 2500}, {"backoff": {**USUAL["backoff"], "reset_after": "2.5s"}}),
    ({"restart_delay": 3000}, {"backoff": {**USUAL["backoff"], "initial": "3s", "max": "3s"}}),
    (
        {"exp_backoff_restart_delay": 200},
        {"backoff": {"initial": "200ms", "max": "15s", "reset_after": "30s", "give_up_after": "never"}},
    ),
    ({"kill_timeout": 5000}, {"timeout": "5s"}),
    ({"treekill": False}, {"signal_to": None}),
    ({"treekill": True}, {}),
    ({"uid": "shop"}, {"user": "shop"}),
    ({"user": "shop"}, {"user": "shop"}),
    ({"cron_restart": "0"}, {}),
    ({"increment_var": "N", "env": {"N": 5}}, {"env": {"N": "5"}}),
    ({"instance_var": "I", "instances": 2, "exec_mode": "fork"}, {"instances": 2}),
    ({"namespace": "default", "source_map_support": True, "vizion": True}, {}),
    ({"execute_command": True, "filter_env": False, "force": False}, {}),
]


@pytest.mark.parametrize(("said", "keys"), CARRIED)
def test_a_key_is_carried_over_without_a_word(said: dict[str, Any], keys: dict[str, Any]) -> None:
    found, told = app(**said)
    expected = {key: value for key, value in {**USUAL, **keys}.items() if value is not None}
    if "instances" in keys:
        expected["command"] = found["command"]
        assert str(found["command"]).endswith('="$((${PS##*.}-1))" && node ./api.js')
    assert (found, told) == (expected, [])


TOLD: list[tuple[dict[str, Any], str]] = [
    ({"name_prefix": "x"}, "into the name"),
    ({"append_env_to_name": True}, "into the name"),
    ({"filter_env": ["A"]}, "env -u NAME"),
    ({"namespace": "mails"}, "patterns name several"),
    ({"install_url": "x"}, "installs nothing"),
    ({"interpreter": "node@18.1.0"}, "does not choose Node 18.1.0"),
    ({"script": "a.ts"}, "where bun is not installed"),
    ({"script": "bin/www"}, "write 'node' in front"),
    ({"script": "a b", "args": "c"}, "does not pass them"),
    ({"instances": "max"}, "write a number"),
    ({"instances": -1}, "write a number"),
    ({"instances": 0}, "write a number"),
    ({"exec_mode": "cluster", "instances": 2}, "'listen: 3000'"),
    ({"watch": "../other"}, "not in the app's folder"),
    ({"watch": True, "ignore_watch": ["[/\\\\]tmp"]}, "write it as a pattern"),
    ({"watch_delay": 1000}, "a burst of changes"),
    ({"watch_options": {"usePolling": True}}, "as the system tells it"),
    ({"env_production": {"A": 1}}, ".env.production"),
    ({"env": "A=1"}, "env: names with values belong here"),
    ({"env": {"A": None}}, "A: it has no value"),
    ({"stop_exit_codes": [0, 2]}, "0 alone"),
    ({"min_uptime": "long"}, "no time like"),
    ({"max_restarts": "some"}, "no number"),
    ({"listen_timeout": 8000}, "within: 8s"),
    ({"wait_ready": True}, "process.send('ready') reaches nobody"),
    ({"shutdown_with_message": True}, "signals only"),
    *(({key: "x"}, "log_dir") for key in "out_file out output out_log error_file error err err_file".split()),
    *(({key: "x"}, "log_dir") for key in "err_log log_file log log_date_format log_type".split()),
    *(({key: True}, "log_dir") for key in "merge_logs combine_logs disable_logs time".split()),
    ({"pid_file": "x"}, "procman ps --json"),
    ({"pid": "x"}, "procman ps --json"),
    ({"uid": "nobody_here"}, "write 'user: nobody_here'"),
    ({"gid": "shop"}, "write 'group: shop'"),
    ({"source_map_support": False}, "--enable-source-maps"),
    ({"disable_source_map_support": True}, "--enable-source-maps"),
    ({"force": True}, "each line of the Procfile"),
    ({"post_update": ["x"]}, "copies nothing"),
    *(({key: True}, "reports to nobody") for key in "trace v8 event_loop_inspector deep_monitoring".split()),
    *(({key: False}, "reports to nobody") for key in "pmx automation disable_trace".split()),
    ({"io": {}}, "reports to nobody"),
    ({"vizion": False}, "repository"),
    ({"windowsHide": False}, "Windows"),
    ({"username": "x"}, "pm2 sets it itself"),
    ({"kill_retry_time": 50}, "waits for the end"),
    ({"write": True}, "means nothing"),
    ({"surprise": 1}, "does not know this key"),
    ({"cron_restart": "at noon"}, "schedule: at noon"),
    ({"max_memory_restart": "10 elephants"}, "elephants"),
]


@pytest.mark.parametrize(("said", "text"), TOLD)
def test_a_key_that_is_not_carried_over_is_told_with_its_line(said: dict[str, Any], text: str) -> None:
    _, told = app(**said)
    told = [each for each in told if "exec_mode: cluster" not in each] or told  # said of all 'instances'
    assert len(told) == 1
    assert text in told[0]
    assert told[0].startswith(f"{JSON}:")


SCHEMA = """
script name name_prefix filter_env namespace install_url cwd args exec_interpreter node_args
out_file error_file log_file disable_logs log_type log_date_format time env env_production
max_memory_restart pid_file restart_delay exp_backoff_restart_delay source_map_support
disable_source_map_support wait_ready instances kill_timeout shutdown_with_message listen_timeout
cron_restart merge_logs vizion autorestart watch_delay watch ignore_watch watch_options min_uptime
max_restarts execute_command exec_mode force append_env_to_name post_update trace disable_trace v8
event_loop_inspector deep_monitoring increment_var instance_var pmx automation treekill port
username uid gid windowsHide kill_retry_time write io stop_exit_codes
""".split()
"""All of lib/API/schema.json in pm2 7."""


def test_all_keys_that_pm2_knows_are_in_these_tests() -> None:
    rows = {key for said, _ in [*CARRIED, *TOLD] for key in said} | {"name"}
    assert not {*SCHEMA} - rows


def test_an_app_without_a_script_is_told() -> None:
    assert lost(read('{"apps": [{"name": "a"}, "b"]}')) == [
        f"{JSON}:1: here are no keys with values: nothing is made of it",
        f"{JSON}:1: a: no 'script': the app is left out",
    ]


def test_a_counted_port_is_counted_by_procman() -> None:
    found, told = app(instances=2, exec_mode="fork", increment_var="PORT", env={"PORT": 3000})
    assert (found["port"], told) == (3000, [])


def test_a_counted_variable_is_counted_by_the_shell() -> None:
    found, _ = app(instances=2, exec_mode="fork", increment_var="N", env={"N": 7})
    line = str(found["command"]).replace("node ./api.js", "/usr/bin/env -0")
    got = [
        shelling.variables(shelling.outputs([line], {"PATH": "/usr/bin:/bin", "PS": f"api.{n}"})[0])
        for n in (1, 2)
    ]
    assert [(each["N"], each["NODE_APP_INSTANCE"]) for each in got] == [("7", "0"), ("8", "1")]


def test_a_file_of_the_folder_is_no_program_of_the_path() -> None:
    found = Found(Place(ROOT, lambda _: False, lambda path: path == f"{ROOT}/server", lambda _: False))
    sources.importer("pm2").read(b'{"apps": [{"script": "server"}]}', JSON, found.of(JSON))
    checked.check(found)
    assert found.processes["server"]["command"] == "./server"


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")), max_size=4))
def test_arguments_are_the_same(arguments: list[str]) -> None:
    found = read(
        json.dumps([{"script": "/usr/bin/printf", "interpreter": "none", "args": ["%s\\0", *arguments]}])
    )
    line = found.processes["printf"]["command"]
    output = subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=True).stdout
    assert shelling.words(output) == (arguments or [""])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("const x = 1\nmodule.exports = {}", 1),
        ('"use strict";\n\nconst x = 1\nmodule.exports = {}', 3),
        ("module.exports = {\n apps: [{script: process.env.X}]}", 2),
        ("module.exports = {}\nfoo()", 2),
        ("module.exports = {\n apps: [`${x}`]}", 2),
        ("export default {\n apps: f()}", 2),
    ],
)
def test_javascript_that_computes_is_left_to_node(text: str, line: int) -> None:
    with pytest.raises(UserError) as caught:
        gather((JS, text), kind="pm2")
    (problem,) = caught.value.problems
    assert problem.line == line
    assert f'JSON.stringify(require("{JS}")' in problem.text


@pytest.mark.parametrize(
    "head", ["/**\n * As pm2 init\n * writes it: module.exports = x\n */\n", "// a\n/* b */ 'use strict'\n\n"]
)
def test_what_stands_in_front_as_a_comment_is_no_code(head: str) -> None:
    found = gather((JS, head + "module.exports = {apps: [{name: 'a', script: 'x.js'}]};\n"), kind="pm2")
    assert found.processes["a"]["command"] == "node x.js"


@pytest.mark.parametrize("text", ["/" * 20_000, "/*" * 20_000, "/**/" * 20_000 + "x", "// a\n" * 9_999 + "x"])
def test_comments_without_an_end_are_read_at_once(text: str) -> None:
    begin = time.process_time()
    with pytest.raises(UserError):
        gather((JS, text), kind="pm2")
    assert time.process_time() - begin < 3


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b'{"apps": [\n}', 2),
        (b"\xff", 1),
        (b"{}\n}", 2),
        (b"a: [", 1),
        (b'{"a": 1\n "b": 2}', 2),
        (b"{\0}", 1),
    ],
)
def test_what_is_no_such_file_is_told_with_its_line(text: bytes, line: int) -> None:
    with pytest.raises(UserError) as caught:
        gather((JSON, text), kind="pm2")
    assert caught.value.problems[0].line == line


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(st.sampled_from(SCHEMA) | st.text(max_size=3), below, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "apps": st.lists(
                st.dictionaries(st.sampled_from([*SCHEMA, "env_x"]), VALUES, max_size=8), max_size=3
            )
        }
    )
    | VALUES
)
def test_values_of_wrong_types_are_told_and_no_traceback(document: Any) -> None:
    with suppress(UserError):
        read(json.dumps(document))


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.binary(max_size=100) | st.lists(st.sampled_from(SAMPLE.split(" "))).map(" ".join).map(str.encode))
def test_garbage_is_told_and_no_traceback(data: bytes) -> None:
    for name in (JSON, YAML, JS):
        with suppress(UserError):
            loaded(gather((name, data), kind="pm2"))


def test_as_many_as_there_are_processors_listen_on_one_port_too() -> None:
    _, told = app(instances="max", exec_mode="cluster")
    assert sorted(each.split(": ")[2] for each in told) == ["exec_mode", "instances"]
    _, told = app(instances="max", exec_mode="fork")
    assert [each.split(": ")[2] for each in told] == ["instances"]


def test_the_time_that_is_up_counts_with_the_growing_delay_is_told() -> None:
    keys, told = app(exp_backoff_restart_delay=100, min_uptime="10s")
    assert keys["backoff"]["reset_after"] == "30s"
    assert len(told) == 1
    assert "min_uptime: 'reset_after' is the 30s" in told[0]
