"""supervisord.conf becomes a Procfile and a procman.yml; supervisord's own parser says what is right."""

from __future__ import annotations

import io
import os
import re
import shlex
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import supervisor.options  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.errors import UserError
from tests.importing import shelling
from tests.importing.samples import ROOT, gather, lost, procman_yml

if TYPE_CHECKING:
    from procman.importing.found import Found

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
CONF = f"{ROOT}/supervisord.conf"
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "SAID": "plain", "HOME": "/home/shop", "PS": "web.1"}
SAMPLE = """\
; sample, in the shape of echo_supervisord_conf
[unix_http_server]
file=/tmp/supervisor.sock   ; the path to the socket file

[supervisord]
logfile=/tmp/supervisord.log
environment=LEVEL="info",CACHE="%(ENV_HOME)s/cache"

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[program:web]
command=gunicorn shop:app --bind 127.0.0.1:80%(process_num)02d -w %(ENV_WORKERS)s "a b$c" 100%%
process_name=%(program_name)s_%(process_num)02d
numprocs=2
directory=/srv/shop/api
environment=A="1,2",LEVEL="debug"
user=shop
stdout_logfile=/var/log/web.log

[program:once]
command=%(here)s/bin/once
autorestart=false
startsecs=0

[fcgi-program:php]
socket=tcp://127.0.0.1:9001
command=/usr/bin/php-cgi
priority=1

[group:all]
programs=web,once

[include]
files = conf.d/*.conf
"""


def read(text: str) -> Found:
    return gather((CONF, text), kind="supervisord")


def program(*options: str, name: str = "web") -> tuple[dict[str, Any], list[str]]:
    """What becomes of a program with these options; and what is told of it."""
    command = [] if any(each.startswith("command") for each in options) else ["command=serve"]
    found = read("\n".join([f"[program:{name}]", *command, *options, ""]))
    return found.processes.get(name, {}), [
        each for each in lost(found) if "autorestart: unexpected" not in each
    ]


def real(text: str) -> Any:
    """The same file as supervisord reads it."""
    options = supervisor.options.ServerOptions()
    options.here = ROOT
    options.environ_expansions = {f"ENV_{key}": value for key, value in ENVIRONMENT.items()}
    return options.read_config(io.StringIO(f"[supervisord]\n{text}"))


def test_a_percent_sign_that_is_written_twice_is_no_beginning_of_a_number() -> None:
    keys, told = program('environment=A="%%(",B=")\\0303"', "command=x %%1234 %%(y)12345")
    assert keys["env"] == {"A": "%(", "B": ")\\0303"}
    assert keys["command"] == "x %1234 '%(y)12345'"
    assert told == []


def test_a_supervisord_conf_becomes_processes() -> None:
    found = read(SAMPLE)
    number = '"$(printf %02d $((${PS##*.}-1)))"'
    cache = 'export CACHE="$HOME"/cache && '
    assert {name: keys["command"] for name, keys in found.processes.items()} == {
        "php": f"{cache}/usr/bin/php-cgi <&3",
        "web": f"{cache}gunicorn shop:app --bind 127.0.0.1:80{number} -w \"$WORKERS\" 'a b$c' 100%",
        "once": f"{cache}{ROOT}/bin/once",
    }
    assert found.env == {"LEVEL": "info"}
    backoff = {"reset_after": "1s", "give_up_after": 4}
    assert procman_yml(found) == {
        "processes": {
            "php": {
                "restart": "on-failure",
                "backoff": backoff,
                "timeout": "10s",
                "listen": "127.0.0.1:9001",
            },
            "web": {
                "instances": 2,
                "restart": "on-failure",
                "backoff": backoff,
                "timeout": "10s",
                "user": "shop",
                "cwd": "/srv/shop/api",
                "env": {"A": "1,2", "LEVEL": "debug"},
            },
            "once": {"restart": "never", "timeout": "10s"},
        }
    }


def test_what_is_lost_is_told_with_its_line() -> None:
    told = [re.sub(r"^/srv/shop/supervisord.conf:(\d+): ", r"\1 ", each) for each in lost(read(SAMPLE))]
    assert [" ".join(each.split()[:3]) for each in told] == [
        "2 [unix_http_server]: procman",
        "6 [supervisord] logfile:",
        "9 [rpcinterface:supervisor]: procman",
        "12 [program:web] autorestart:",
        "19 [program:web] stdout_logfile:",
        "29 [fcgi-program:php] priority:",
        "31 [group:all]: procman",
        "34 [include] files:",
    ]


CARRIED = [
    ("autostart=false", {"autostart": False}),
    ("autostart=true", {}),
    ("numprocs=3\nprocess_name=%(program_name)s_%(process_num)02d", {"instances": 3}),
    ("autorestart=true", {"restart": "always"}),
    ("autorestart=unexpected", {"restart": "on-failure"}),
    ("autorestart=false", {"restart": "never", "backoff": None}),
    ("startsecs=10", {"backoff": {"reset_after": "10s", "give_up_after": 4}}),
    ("startsecs=0", {"backoff": {"give_up_after": "never"}}),
    ("startretries=5", {"backoff": {"reset_after": "1s", "give_up_after": 6}}),
    ("exitcodes=0", {}),
    ("stopsignal=QUIT", {"stop_signal": "QUIT"}),
    ("stopsignal=TERM", {}),
    ("stopwaitsecs=90", {"timeout": "1m30s"}),
    ("stopasgroup=true", {"signal_to": "group"}),
    ("killasgroup=true", {}),
    ("user=shop", {"user": "shop"}),
    ("umask=027", {"umask": "027"}),
    ("directory=/srv/shop/api", {"cwd": "/srv/shop/api"}),
    ("directory=api", {"cwd": "api"}),
    ("directory=%(here)s", {}),
    ("redirect_stderr=true", {}),
    ('environment=A="1",B=2', {"env": {"A": "1", "B": "2"}}),
    ('environment=PORT="3000"', {"port": 3000}),
    ("priority=5", {}),
    ("numprocs_start=1", {}),
    ("stdout_events_enabled=false", {}),
    ("serverurl=AUTO", {}),
]
USUAL = {
    "command": "serve",
    "restart": "on-failure",
    "backoff": {"reset_after": "1s", "give_up_after": 4},
    "timeout": "10s",
}


@pytest.mark.parametrize(("option", "keys"), CARRIED)
def test_an_option_is_carried_over_without_a_word(option: str, keys: dict[str, Any]) -> None:
    found, told = program(option)
    expected = {key: value for key, value in {**USUAL, **keys}.items() if value is not None}
    assert (found, told) == (expected, [])


TOLD = [
    ("process_name=other", "procman calls them web.1"),
    ("exitcodes=0,2", "code 0 is success for procman, and no other"),
    ("exitcodes=3", "code 0 is success for procman, and no other"),
    ("user=nobody_here", "write 'user: nobody_here'"),
    ("stdout_logfile=/var/log/a", "log_dir"),
    ("stderr_logfile=/var/log/a", "log_dir"),
    ("stdout_logfile_maxbytes=1MB", "log_dir"),
    ("stderr_logfile_maxbytes=1MB", "log_dir"),
    ("stdout_logfile_backups=1", "log_dir"),
    ("stderr_logfile_backups=1", "log_dir"),
    ("stdout_capture_maxbytes=1MB", "no events"),
    ("stderr_capture_maxbytes=1MB", "no events"),
    ("stdout_events_enabled=true", "no events"),
    ("stderr_events_enabled=true", "no events"),
    ("stdout_syslog=true", "syslog"),
    ("stderr_syslog=true", "syslog"),
    ("serverurl=http://x:1", "PROCMAN_STATE"),
    ("autorestart=false\nstartsecs=5", "procman never starts it again"),
    ("surprise=1", "does not know this option"),
    ("numprocs=many", "no whole number"),
    ("autostart=perhaps", "neither true nor false"),
    ("autorestart=perhaps", "not true, false or unexpected"),
    ("environment=A", "None of it is carried over"),
    ("directory=%(nothing)s", "starts in the app's folder"),
]


@pytest.mark.parametrize(("option", "text"), TOLD)
def test_an_option_that_is_not_carried_over_is_told_with_its_line(option: str, text: str) -> None:
    _, told = program(option)
    assert len(told) == 1
    assert text in told[0]
    assert told[0].startswith(f"{CONF}:")
    assert int(told[0].split(":")[1]) in (3, 4)


SECTIONS = [
    ("[eventlistener:x]\ncommand=l\nevents=TICK_5", "event protocol"),
    ("[inet_http_server]\nport=9001", "over the network"),
    ("[supervisorctl]\nserverurl=x", "need no settings"),
    ("[ctlplugin:x]\nsupervisor.ctl_factory=x", "no plugins"),
    ("[fcgi-program:x]\nsocket=unix:///tmp/s\ncommand=x", "TCP ports only"),
    ("[something]\nx=1", "does not know this section"),
    ("[program:]\ncommand=x", "the section has no name"),
    ("[program:x]\ncommand=%(nothing)s", "a name in '%(...)s' means nothing here. The program is left out"),
    ("[program:x]\ncommand=echo 'a", "a quote has no end"),
    ("[program:x]\nnumprocs=1", "it is empty"),
    ("[program:x]\ncommand=echo 50%", "write '%%' for a percent sign"),
    *(
        (f"[supervisord]\n{key}=z", key)
        for key in "logfile pidfile user directory childlogdir minfds".split()
    ),
    *((f"[supervisord]\n{key}=5", key) for key in "logfile_maxbytes logfile_backups minprocs".split()),
    *((f"[supervisord]\n{key}=true", key) for key in "silent nocleanup strip_ansi".split()),
    ("[supervisord]\nloglevel=debug", "loglevel"),
    ("[supervisord]\nidentifier=me", "identifier"),
    ("[fcgi-program:x]\nsocket=tcp://h:1\ncommand=x\nsocket_backlog=9", "net.core.somaxconn"),
    ("[fcgi-program:x]\nsocket=tcp://h:1\ncommand=x\nsocket_owner=a", "TCP ports only"),
    ("[fcgi-program:x]\nsocket=tcp://h:1\ncommand=x\nsocket_mode=0700", "TCP ports only"),
    ("[group:x]\nprograms=a\npriority=3", "'depends_on' says what starts first"),
]


@pytest.mark.parametrize(("text", "words"), SECTIONS)
def test_a_section_that_is_no_program_is_told(text: str, words: str) -> None:
    assert any(words in each for each in lost(read(text + "\n"))), lost(read(text + "\n"))


def test_all_options_that_supervisord_knows_are_in_these_tests() -> None:
    source = Path(supervisor.options.__file__).read_text()
    known = {*re.findall(r"get\(\s*(?:section, *)?'(\w+)'", source)}
    known -= {"buffer_size", "result_handler", "events", "files", "chown", "chmod", "file", "port"}
    known -= {"expansions", "include", "PATH", "nodaemon"}  # no options; told of below
    known -= {"username", "password", "prompt", "history_file", "programs", "socket", "command"}
    rows = [row for row, _ in CARRIED + TOLD + SECTIONS]
    missing = {key for key in known if not any(re.search(rf"(?m)^{key}=", row) for row in rows)}
    assert not missing


def test_names_of_supervisord_itself_are_replaced_twice() -> None:
    conf = 'environment=A="%%%%",B="%%(here)s"\n[program:a]\ncommand=x\n'
    expected = real(conf).process_group_configs[0].process_configs[0].environment
    assert read(f"[supervisord]\n{conf}").env == expected == {"A": "%", "B": ROOT}


def test_whether_it_is_a_daemon_needs_no_word() -> None:
    assert lost(read("[supervisord]\nnodaemon=true\nloglevel=info\n")) == []


def test_umask_and_variables_of_supervisord_are_those_of_all() -> None:
    found = read(
        "[supervisord]\numask=077\nenvironment=A=1,PORT=5\n[program:a]\ncommand=x\n[program:b]\ncommand=y\numask=022\n"
    )
    assert [keys["umask"] for keys in found.processes.values()] == ["077", "022"]
    assert found.env == {"A": "1"}
    assert found.processes["a"]["port"] == 5
    assert found.processes["b"]["command"] == "export PORT=5 && y"


def test_programs_stand_in_the_order_of_their_priorities() -> None:
    found = read("[program:b]\ncommand=b\npriority=20\n[program:a]\ncommand=a\npriority=10\n")
    assert [*found.processes] == ["a", "b"]


def test_a_folder_that_is_not_there_is_entered_by_the_command() -> None:
    assert program("directory=/not here")[0]["command"] == "cd '/not here' && serve"


def test_a_program_with_the_name_of_a_builtin_is_not_the_builtin() -> None:
    assert program("command=echo -e x")[0]["command"] == "exec echo -e x"
    assert program("command=A=b x")[0]["command"] == "exec A=b x"


def test_a_shell_is_not_started_twice() -> None:
    assert program("command=/bin/sh -c 'exec serve -p $PORT'")[0]["command"] == "serve -p $PORT"


def test_a_later_option_wins_and_a_comment_is_no_value() -> None:
    found, _ = program("command=a ; b", "command=c # d")
    assert found["command"] == "c"


FRAGMENTS = st.sampled_from(
    [
        *(
            "%(ENV_SAID)s",
            "%(ENV_HOME)s",
            "%(program_name)s",
            "%(process_num)d",
            "%(process_num)02d",
            "%(here)s",
        ),
        *("%%", "%", "%(host_node_name)s", "%(group_name)s", "%s", "%(x)s"),
        *(
            " ",
            "  ",
            "'",
            '"',
            "\\",
            "$",
            "$X",
            "`",
            "*",
            "~",
            ";",
            "#",
            "&",
            "|",
            "(",
            ")",
            "<",
            ">",
            "!",
            "{a,b}",
        ),
        *("=", ",", ":", "a", "é", "\U0001f600", "\t", "\x7f", "shell0x", "-n", "%%(ENV_SAID)s", "[", "]"),
    ]
)
TEXTS = st.lists(
    FRAGMENTS | st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=4), max_size=8
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(TEXTS.map("".join))
def test_a_command_gets_the_words_that_supervisord_gives_it(text: str) -> None:
    conf = f"[program:web]\ncommand={shelling.PRINTER.replace('%', '%%')} {text}\n"
    argv = _argv(conf)
    found = read(conf)
    if NAMELESS in "".join(lost(found)):
        return
    assert ("web" in found.processes) == (argv is not None), lost(found)
    if argv:
        output = shelling.outputs([found.processes["web"]["command"]], ENVIRONMENT)[0]
        assert shelling.words(output) == (argv[2:] or [""])


def _argv(conf: str) -> list[str] | None:
    """The words that supervisord runs; None when it does not take the file, or the command."""
    try:
        command = real(conf).process_group_configs[0].process_configs[0].command
        return shlex.split(command)
    except ValueError:
        return None


NAMELESS = "a name in brackets is missing"
"""supervisord puts all that it knows into the place of such a '%'."""
VALUES = st.lists(TEXTS.map("".join).map(lambda text: text.replace("\t", " ")), min_size=1, max_size=3)


@settings(max_examples=EXAMPLES, deadline=None)
@given(VALUES, st.sampled_from(["'", '"', ""]))
def test_a_process_gets_the_variables_that_supervisord_gives_it(texts: list[str], quote: str) -> None:
    pairs = ",".join(f"V{number}={quote}{text}{quote}" for number, text in enumerate(texts))
    conf = f"[program:web]\ncommand=/usr/bin/env -0\nenvironment={pairs}\n"
    found = read(conf)
    told = "".join(lost(found))
    try:
        expected = real(conf).process_group_configs[0].process_configs[0].environment
    except ValueError:
        assert "None of it is carried over" in told
        return
    if NAMELESS in told:
        return
    process = found.processes["web"]
    output = shelling.outputs([process["command"]], {**ENVIRONMENT, **process.get("env", {})})[0]
    got = shelling.variables(output)
    kept = {key: value for key, value in expected.items() if f"variable {key!r}" not in told}
    assert {key: got.get(key) for key in kept} == kept


@pytest.mark.parametrize("first", [0, 1, 7])
def test_each_instance_has_the_number_that_supervisord_gives_it(first: int) -> None:
    form = "%(process_num)02d:%(process_num)d:%(process_num)x"
    conf = (
        f"[program:web]\ncommand={shelling.PRINTER.replace('%', '%%')} {form}\nnumprocs=2\n"
        f"numprocs_start={first}\nprocess_name=%(process_num)d\n"
    )
    line = read(conf).processes["web"]["command"]
    got = [shelling.words(shelling.outputs([line], {**ENVIRONMENT, "PS": f"web.{n}"})[0]) for n in (1, 2)]
    configs = real(conf).process_group_configs[0].process_configs
    assert got == [shlex.split(each.command)[2:] for each in configs]


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.binary(max_size=200)
    | st.lists(st.sampled_from([b"[program:x]\n", b"command=", b"a\n", b" ", b"[", b"%("])).map(b"".join)
)
def test_garbage_is_told_and_no_traceback(data: bytes) -> None:
    with suppress(UserError):
        gather((CONF, data), kind="supervisord")


def test_what_is_no_such_file_is_told_with_its_line() -> None:
    for data, line in ((b"[a]\nx=1\n\xff", 3), (b"x=1", 1), (b"[a]\nx\n", 2), (b"[a]\n\0", 2)):
        with pytest.raises(UserError) as caught:
            gather((CONF, data), kind="supervisord")
        assert caught.value.problems[0].line == line
