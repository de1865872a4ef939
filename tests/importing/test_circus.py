"""circus.ini becomes a Procfile and a procman.yml."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.errors import UserError
from procman.importing.circus import dialect
from tests.importing import shelling
from tests.importing.loading import loaded
from tests.importing.samples import ROOT, gather, lost, procman_yml

if TYPE_CHECKING:
    from procman.importing.found import Found

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
INI = f"{ROOT}/circus.ini"
SAMPLE = """\
# as in circus's documentation
[circus]
check_delay = 2
endpoint = tcp://127.0.0.1:5555
umask = 002

[watcher:worker]
cmd = python
args = -u worker.py --id=$(circus.wid) $(circus.env.cake) ((CIRCUS.ENV.HOME)) "a;b"
numprocesses = 3
copy_env = True
priority = 1
stdout_stream.class = FileStream
stdout_stream.filename = worker.log
hooks.before_start = my.hooks.control_redis

[env:work*]
PATH = $PATH:/bin
CAKE = lie

[watcher:web]
cmd = chaussette --fd $(circus.sockets.webapp) bench_app
use_sockets = True
copy_env = True
max_age = 3600
working_dir = /srv/shop/api

[socket:webapp]
host = localhost
port = 8888

[env]
LEVEL = info

[plugin:statsd]
use = circus.plugins.statsd.StatsdEmitter
"""


def read(text: str) -> Found:
    found = gather((INI, text), kind="circus")
    loaded(found)
    return found


def watcher(*options: str) -> tuple[dict[str, Any], list[str]]:
    """What becomes of a watcher with these options; and what is told."""
    command = [] if any(each.startswith("cmd") for each in options) else ["cmd = serve"]
    found = read("\n".join(["[watcher:web]", "copy_env = True", *command, *options, ""]))
    return found.processes.get("web", {}), lost(found)


def test_a_circus_ini_becomes_processes() -> None:
    found = read(SAMPLE)
    usual = {
        "stdin": "null",
        "restart": "always",
        "backoff": {"max": "2s", "give_up_after": "never"},
        "timeout": "30s",
        "umask": "002",
    }
    assert found.processes == {
        "worker": {
            "command": 'export PATH="$PATH":/bin && '
            'python -u worker.py --id="${PS##*.}" "$CAKE" "$HOME" \'a;b\'',
            "instances": 3,
            **usual,
            "env": {"CAKE": "lie"},
        },
        "web": {
            "command": "chaussette --fd 3 bench_app",
            **usual,
            "max_runtime": "1h",
            "listen": ["127.0.0.1:8888"],
            "cwd": "/srv/shop/api",
        },
    }
    assert found.env == {"LEVEL": "info"}


def test_what_is_lost_is_told_with_its_line() -> None:
    told = [re.sub(r"^/srv/shop/circus.ini:(\d+): ", r"\1 ", each) for each in lost(read(SAMPLE))]
    assert [each.split(": ")[0] for each in told] == [
        "4 [circus] endpoint",
        "12 [watcher:worker] priority",
        "13 [watcher:worker] stdout_stream.class, stdout_stream.filename",
        "15 [watcher:worker] hooks.before_start",
        "35 [plugin:statsd]",
    ]


USUAL = {
    "command": "serve",
    "stdin": "null",
    "restart": "always",
    "backoff": {"max": "5s", "give_up_after": "never"},
    "timeout": "30s",
}
CARRIED = [
    ("args = -a 'b c'", {"command": "serve -a 'b c'"}),
    ("shell = True", {}),
    ("working_dir = /srv/shop/api", {"cwd": "/srv/shop/api"}),
    ("working_dir = /nowhere", {"command": "cd /nowhere && serve"}),
    ("uid = shop", {"user": "shop"}),
    ("copy_path = False", {}),
    ("warmup_delay = 0", {}),
    ("autostart = False", {"autostart": False}),
    ("numprocesses = 4", {"instances": 4}),
    ("numprocesses = 0", {"autostart": False}),
    ("rlimit_nofile = 500", {"nofile": 500}),
    ("close_child_stdin = False", {"stdin": None}),
    ("close_child_stdout = False", {}),
    ("close_child_stderr = False", {}),
    ("send_hup = False", {}),
    ("stop_signal = int", {"stop_signal": "INT"}),
    ("stop_signal = SIGTERM", {}),
    ("stop_children = True", {"signal_to": "group"}),
    ("max_retry = 5", {}),
    ("graceful_timeout = 1.5", {"timeout": "1.5s"}),
    ("priority = 3", {}),
    ("singleton = True\nnumprocesses = 3", {}),
    ("max_age = 60", {"max_runtime": "1m"}),
    ("respawn = False", {"restart": "never", "backoff": None}),
    ("on_demand = False", {}),
    ("use_sockets = True", {}),
    ("[env:web]\nPORT = 3000", {"port": 3000}),
    ("[env:web,other]\nA = b c", {"env": {"A": "b c"}}),
    (
        "[socket:s]\nport = 8000\nfamily = AF_INET6\n[watcher:web]\nuse_sockets = yes",
        {"listen": ["[::1]:8000"]},
    ),
]


@pytest.mark.parametrize(("option", "keys"), CARRIED)
def test_an_option_is_carried_over_without_a_word(option: str, keys: dict[str, Any]) -> None:
    expected = {key: value for key, value in {**USUAL, **keys}.items() if value is not None}
    assert watcher(option) == (expected, [])


TOLD = [
    ("shell_args = -x", "nothing uses"),
    ("uid = nobody_here", "write 'user: nobody_here'"),
    ("gid = shop", "write 'group: shop'"),
    ("copy_path = True", "PYTHONPATH"),
    ("warmup_delay = 3", "starts all instances at once"),
    ("rlimit_core = 0", "ulimit"),
    ("stderr_stream.class = StdoutStream", "log_dir"),
    ("stdout_stream.filename = x", "log_dir"),
    ("close_child_stdout = True", "> /dev/null"),
    ("close_child_stderr = True", "2> /dev/null"),
    ("send_hup = True", "procman signal HUP"),
    ("max_retry = 3", "give_up_after"),
    ("max_age_variance = 5", "max_runtime"),
    ("on_demand = True", "at once"),
    ("hooks.after_stop = a.b, true", "no functions of Python"),
    ("virtualenv = venv", "venv/bin/python"),
    ("executable = /bin/x", "exec -a"),
    ("check_flapping = True", "backoff"),
    ("use_papa = True", "listen"),
    ("stdin_socket = s", "<&3"),
    ("surprise = 1", "does not know this option"),
    ("numprocesses = many", "no whole number"),
    ("graceful_timeout = soon", "no number"),
    ("args = $(circus.what)", "stays as it is written"),
    ("working_dir = $(circus.env.home)", "starts in the app's folder"),
]


@pytest.mark.parametrize(("option", "text"), TOLD)
def test_an_option_that_is_not_carried_over_is_told_with_its_line(option: str, text: str) -> None:
    _, told = watcher(option)
    assert len(told) == 1
    assert text in told[0]
    assert int(told[0].split(":")[1]) in (3, 4)


CIRCUS = {
    **dict.fromkeys(
        "endpoint endpoint_owner pubsub_endpoint multicast_endpoint stats_endpoint pidfile".split(), "x"
    ),
    **dict.fromkeys("statsd statsd_close_outputs httpd httpd_close_outputs debug debug_gc".split(), "True"),
    **dict.fromkeys(
        "include include_dir stream_backend httpd_host httpd_port loglevel fqdn_prefix".split(), "x"
    ),
    **dict.fromkeys("logoutput loggerconfig".split(), "x"),
    "warmup_delay": "1",
}


@pytest.mark.parametrize("key", CIRCUS)
def test_an_option_of_circus_itself_is_told(key: str) -> None:
    (told,) = lost(read(f"[circus]\n{key} = {CIRCUS[key]}\n[watcher:a]\ncmd = b\ncopy_env = yes\n"))
    assert told.startswith(f"{INI}:2: [circus] {key}: ")


SECTIONS = [
    ("[watcher:a]\ncmd = b\n", "copy_env: circus gives a process no other variables"),
    ("[watcher:a]\ncmd = 'b\n", "a quote has no end"),
    ("[watcher:a]\nnumprocesses = 1\n", "it is empty. The watcher is left out"),
    ("[socket:a]\npath = /tmp/s\n", "/tmp/s: procman listens on TCP ports only"),
    ("[socket:a]\ntype = SOCK_DGRAM\n", "AF_INET SOCK_DGRAM: procman listens on TCP ports only"),
    ("[socket:a]\nport = $(circus.env.p)\n", "procman listens on TCP ports only"),
    ("[socket:a]\nport = 80\n", "no watcher uses it"),
    *((f"[socket:a]\n{key} = 7\n", key) for key in "umask interface replace so_reuseport backlog".split()),
    ("[watcher:a]\ncmd = b\npriority = 1\n[watcher:c]\ncmd = d\n", "They stand in this order"),
    ("[other]\nx = 1\n", "does not know this section"),
]


@pytest.mark.parametrize(("text", "words"), SECTIONS)
def test_what_a_section_says_and_is_not_carried_over_is_told(text: str, words: str) -> None:
    assert any(words in each for each in lost(read(text))), lost(read(text))


def test_watchers_stand_in_the_order_of_their_priorities() -> None:
    found = read("[watcher:a]\ncmd = a\n[watcher:b]\ncmd = b\npriority = 5\n")
    assert [*found.processes] == ["b", "a"]


def test_only_one_watcher_can_have_a_socket() -> None:
    text = "cmd = x $(circus.sockets.s)\nuse_sockets = 1\ncopy_env = 1\n"
    found = read(f"[socket:s]\nport = 80\n[watcher:a]\n{text}[watcher:b]\n{text}")
    assert [keys.get("listen") for keys in found.processes.values()] == [["127.0.0.1:80"], None]
    assert "another watcher has the socket s already" in lost(found)[0]


def test_sockets_are_descriptors_in_the_order_in_which_the_command_names_them() -> None:
    found = read(
        "[socket:a]\nport = 1\n[socket:b]\nport = 2\n"
        "[watcher:w]\ncmd = x $(circus.sockets.b) $(circus.sockets.a)\nuse_sockets = 1\n"
    )
    assert found.processes["w"]["command"] == "x 3 4"
    assert found.processes["w"]["listen"] == ["127.0.0.1:2", "127.0.0.1:1"]


def test_a_value_with_a_blank_is_several_words_as_in_circus() -> None:
    found = read(
        "[env]\nMANY = a 'b c'\nONE = d\n[watcher:w]\ncmd = x $(circus.env.many) $(circus.env.one)\n"
    )
    assert found.processes["w"]["command"] == "x a 'b c' \"$ONE\""


def test_each_instance_has_its_number() -> None:
    found = read(f"[watcher:w]\ncmd = {shelling.PRINTER} $(circus.wid)\nnumprocesses = 2\n")
    line = found.processes["w"]["command"]
    outputs = [shelling.outputs([line], {"PATH": "/usr/bin:/bin", "PS": f"w.{n}"})[0] for n in (1, 2)]
    assert [shelling.words(each) for each in outputs] == [["1"], ["2"]]


def test_the_file_is_read_as_circus_reads_it() -> None:
    text = (
        "[a]\nx = 1 ; a comment\n# another\nrem and another\nX = 2\nx = 3\n"
        "y = a;b ; c\n  more\n\n  and more\n"
        '[b]\nempty = ""\n[a]\nz: 4\n'
    )
    first, second = dialect.read(text.encode(), INI)
    assert {key: (option.value, option.line) for key, option in first.options.items()} == {
        "x": ("1", 2),
        "X": ("2", 5),
        "y": ("a;b ; c\nmore\nand more", 7),
        "z": ("4", 14),
    }
    assert second.options["empty"].value == ""


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.binary(max_size=200)
    | st.lists(st.sampled_from(SAMPLE.splitlines(keepends=True))).map("".join).map(str.encode)
)
def test_garbage_is_told_and_no_traceback(data: bytes) -> None:
    with suppress(UserError):
        loaded(gather((INI, data), kind="circus"))


def test_what_is_no_such_file_is_told_with_its_line() -> None:
    for data, line in ((b"[a]\nx=1\n\xff", 3), (b"x=1", 1), (b"[a]\nx\n", 2), (b"[a]\n\0", 2)):
        with pytest.raises(UserError) as caught:
            gather((INI, data), kind="circus")
        assert caught.value.problems[0].line == line


def test_the_procman_yml_is_yaml() -> None:
    assert procman_yml(read(SAMPLE))["processes"]["web"]["stdin"] == "null"
