"""`processes:` of procman.yml: every key, every mistake, and nothing but mistakes from any document."""

from __future__ import annotations

import re
import signal
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.config.probekeys import PROBES
from procman.core.config.processfile import ProcessSettings, Written
from procman.core.config.processkeys import BACKOFF, KEYS
from procman.core.config.taskfile import parse
from procman.core.plan.policies import Backoff, Condition, GiveUp, Kind, Policies, Probe, Restart
from tests.core.config.processes import mistakes, read, types, web, wrong
from tests.core.expect import problems_if_any

EXAMPLE = """\
start: {port: 5000, timeout: 5s}
processes:
  redis:
    ready: {tcp: 6379}
  web:
    depends_on: [redis, migrate]
    ready: {http: /health, within: 30s}
    alive: {http: /health, every: 10s, failures: 3}
    restart: on-failure
    backoff: {initial: 1s, max: 1m, reset_after: 1m, give_up_after: 10}
    watch: ["app/**/*.py"]
    max_memory: 512M
  worker: {instances: 2, stop_signal: QUIT, timeout: 30s}
  migrate: {oneshot: true}
"""


def cases(text: str) -> list[tuple[str, str]]:
    """What is written, each with what is wrong with it, indented."""
    found = re.findall(r"^(\S.*)\n((?: {4}.*\n)+)", text, re.MULTILINE)
    return [(line, " ".join(mistake.split())) for line, mistake in found]


def test_the_policies_are_all_that_the_file_says() -> None:
    found = {name: settings.policies for name, settings in read(EXAMPLE).items()}
    assert found == {
        "redis": Policies(ready=Probe(Kind.TCP, "6379")),
        "web": Policies(
            depends_on={"redis": Condition.READY, "migrate": Condition.COMPLETED},
            ready=Probe(Kind.HTTP, "/health", within=30.0),
            alive=Probe(Kind.HTTP, "/health", every=10.0, timeout=5.0, failures=3),
            restart=Restart.ON_FAILURE,
            backoff=Backoff(1.0, 60.0, 60.0, 10),
            watch=("app/**/*.py",),
            max_memory=512 << 20,
        ),
        "worker": Policies(instances=2, stop_signal=signal.SIGQUIT, timeout=30.0),
        "migrate": Policies(oneshot=True),
    }


def test_what_needs_the_disk_or_the_system_is_as_written() -> None:
    found = types(
        "web:\n  cwd: ../shop\n  env_file:\n    - a.env\n    - b.env\n  user: deploy\n  group: '33'"
    )
    assert found["web"] == ProcessSettings(
        Policies(),
        line=2,
        lines={"cwd": 3, "env_file": 4, "user": 7, "group": 8},
        cwd="../shop",
        env_files=(Written("a.env", 5), Written("b.env", 6)),
        user="deploy",
        group="33",
    )


def test_the_lines_of_what_it_depends_on_are_known() -> None:
    found = types("web:\n  depends_on:\n  - a\n  - b\nworker:\n  depends_on:\n    c: started")
    assert (found["web"].depends_lines, found["worker"].depends_lines) == ({"a": 4, "b": 5}, {"c": 8})


@pytest.mark.parametrize("text", ["web:", "web: ~", "web: null", "web: {}", "web: {restart: null, port: ~}"])
def test_a_type_of_which_nothing_is_said_is_as_without_the_file(text: str) -> None:
    assert types(text)["web"].policies == Policies()


@pytest.mark.parametrize("text", ["processes:", "processes: {}", "processes: ~", "tasks: {}"])
def test_there_may_be_no_types(text: str) -> None:
    assert read(text) == {}


@pytest.mark.parametrize("key", KEYS)
def test_every_key_takes_its_example(key: str) -> None:
    settings = types(f"web:\n  {key}: {KEYS[key].example}")["web"]
    assert settings.policies != Policies() or key in ("cwd", "env_file", "user", "group", "backoff")
    assert settings.lines == {key: 3}


@pytest.mark.parametrize(("part", "key"), [(part, key) for part in PROBES for key in PROBES[part]])
def test_every_key_of_a_probe_takes_its_example(part: str, key: str) -> None:
    row = PROBES[part][key]
    other = {"within": "tcp: port, ", "every": "tcp: port, ", "timeout": "tcp: port, "}.get(key, "")
    other = "tcp: port, " if key == "failures" else other
    assert getattr(web(f"{part}: {{{other}{key}: {row.example}}}"), part) is not None


@pytest.mark.parametrize("key", BACKOFF)
def test_every_key_of_a_backoff_takes_its_example(key: str) -> None:
    assert web(f"backoff: {{{key}: {BACKOFF[key].example}}}").backoff == Backoff()


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("restart: never", "restart", Restart.NEVER),
        ("restart: always", "restart", Restart.ALWAYS),
        ("give_up: stop", "give_up", GiveUp.STOP),
        ("backoff: {give_up_after: never}", "backoff", Backoff(give_up_after=None)),
        ("backoff: {initial: 5m}", "backoff", Backoff(initial=300.0, longest=300.0)),
        ("backoff: {initial: 5s, max: 5s}", "backoff", Backoff(initial=5.0, longest=5.0)),
        ("oneshot: yes", "oneshot", True),
        ("autostart: no", "autostart", False),
        ("timeout: 0", "timeout", 0.0),
        ("timeout: 1h30m", "timeout", 5400.0),
        ("stop_signal: SIGINT", "stop_signal", signal.SIGINT),
        ("stop_signal: 15", "stop_signal", signal.SIGTERM),
        ("stop_signal: usr1", "stop_signal", signal.SIGUSR1),
        ("signal_to: group", "signal_group", True),
        ("signal_to: main", "signal_group", False),
        ("max_memory: 10 MiB", "max_memory", 10 << 20),
        ("max_runtime: 1 day", "max_runtime", 86400.0),
        ("watch: src/**/*.py", "watch", ("src/**/*.py",)),
        ("watch: [a, b..c, .env]", "watch", ("a", "b..c", ".env")),
        ("watch: []", "watch", ()),
        ("listen: 8080", "listen", ("127.0.0.1:8080",)),
        (
            "listen: ['[::1]:80', 0.0.0.0:81, localhost:82]",
            "listen",
            ("[::1]:80", "0.0.0.0:81", "localhost:82"),
        ),
        ("env: {A: 1, B: '', C: no, D: null, E: 007}", "env", {"A": "1", "B": "", "C": "no", "E": "007"}),
        ("stdin: null", "stdin_null", True),
        ("stdin: 'null'", "stdin_null", True),
        ("stdin: open", "stdin_null", False),
        ("pty: always", "pty", "always"),
        ("pty: auto", "pty", None),
        ("nice: -20", "nice", -20),
        ("umask: 022", "umask", 0o22),
        ("umask: 0o77", "umask", 0o77),
        ("umask: 7", "umask", 7),
        ("depends_on: redis", "depends_on", {"redis": Condition.READY}),
        ("depends_on: {redis: started, db: ~}", "depends_on", {"redis": Condition.STARTED}),
    ],
)
def test_a_value_means_this(line: str, field: str, value: object) -> None:
    assert getattr(web(line), field) == value


@pytest.mark.parametrize(
    ("lines", "probe"),
    [
        ("ready: {tcp: port}", Probe(Kind.TCP, "port")),
        ("ready: {tcp: '[::1]:80'}", Probe(Kind.TCP, "[::1]:80")),
        ("ready: {http: 'http://localhost:8080/up?x=1'}", Probe(Kind.HTTP, "http://localhost:8080/up?x=1")),
        ("ready: {cmd: 'pg_isready -q'}", Probe(Kind.CMD, "pg_isready -q")),
        ("ready: {log: /port \\d+/, within: 2m}", Probe(Kind.LOG, "/port \\d+/", within=120.0)),
        ("ready: {log: /}", Probe(Kind.LOG, "/")),
        ("ready: {notify: true, within: 1s}", Probe(Kind.NOTIFY, within=1.0)),
        ("ready: {tcp: 1, every: 50ms, timeout: 1s}", Probe(Kind.TCP, "1", every=0.05, timeout=1.0)),
        ("ready: {tcp: null, http: /}", Probe(Kind.HTTP, "/")),
        ("alive: {tcp: 1}", Probe(Kind.TCP, "1", every=10.0, timeout=5.0, failures=3)),
        ("alive: {tcp: 1, every: 2s}", Probe(Kind.TCP, "1", every=2.0, timeout=2.0, failures=3)),
        ("alive: {notify: yes, every: 20s}", Probe(Kind.NOTIFY, every=20.0, timeout=5.0, failures=3)),
    ],
)
def test_a_probe_is_this(lines: str, probe: Probe) -> None:
    found = web(lines)
    assert (found.ready or found.alive) == probe


BAD_VALUES = r"""
restrat: never
    unknown key 'restrat', did you mean 'restart'?
restart: alway
    restart: 'alway' is not one of never, on-failure, always, did you mean 'always'?
restart: [never]
    restart: write one value, not a list
restart:
    restart: it has no value: write one, or take the line out
backoff: 3s
    backoff: write keys like {initial: 1s, max: 1m}, not text
backoff:
    backoff: it has no value: write one, or take the line out
backoff: {max: 1s, initial: 2s}
    backoff: max: it is shorter than 'initial', which is 2 s
backoff: {max: 500ms}
    backoff: max: it is shorter than 'initial', which is 1 s
backoff: {inital: 1s}
    backoff: unknown key 'inital', did you mean 'initial'?
backoff: {give_up_after: 0}
    backoff: give_up_after: '0' is not a whole number from 1 to 1000000, or 'never'
oneshot: maybe
    oneshot: 'maybe' is neither true nor false
instances: 0
    instances: '0' is not a whole number from 1 to 9999
timeout: 30
    timeout: '30' has no unit: is it 30s or 30m?
max_runtime: 0
    max_runtime: '0' is no time at all: write more, or take the line out
stop_signal: QIUT
    stop_signal: no signal 'QIUT', did you mean 'QUIT'?
stop_signal: 99
    stop_signal: no signal '99': write a name such as HUP or USR1
stop_signal: STOP
    stop_signal: SIGSTOP suspends a process and ends none: write TERM, INT or QUIT
signal_to: all
    signal_to: 'all' is not one of main, group
max_memory: 512
    max_memory: '512' is less than any process needs: is it 512M?
max_memory: 5 Q
    max_memory: 'Q' is not a unit of size: K, M, G and T are
watch: ../*.py
    watch: '../*.py' leads out of the app's folder: write a pattern like src/**/*.py
watch: /*.py
    watch: '/*.py' leads out of the app's folder: write a pattern like src/**/*.py
watch: [[a]]
    watch: write one value, not a list
watch: '!/etc'
    watch: '!/etc' leads out of the app's folder: write a pattern like src/**/*.py
watch: ''
    watch: it is empty: write something, or take the line out
port: 65536
    port: '65536' is not a whole number from 1 to 65535
listen: 0
    listen: '0' is not a port, or HOST:PORT
listen: [1, 2, 3, 4, 5, 6]
    listen: there are 6, 5 at most
listen: [80, '127.0.0.1:80']
    listen: 127.0.0.1:80 is there twice: take one out
env: [A=1]
    env: write keys and values like {LEVEL: debug}, not a list
env: {A: [1]}
    env: A: write one value, not a list
env: {PORT: 80}
    env: PORT: procman itself sets PORT: write 'port: 3000' for a fixed one
env: {PROCMAN_PORT_WEB: 1}
    env: PROCMAN_PORT_WEB: procman itself sets PROCMAN_PORT_WEB: take it out
env: {A B: x}
    env: A B: the name of a variable has no blank and no '=' in it
env: {A: LONG}
    env: A: the value is longer than the 128 KiB that a process can be given
stdin: closed
    stdin: 'closed' is not one of open, null
pty: sometimes
    pty: 'sometimes' is not one of auto, always, never
nice: 20
    nice: '20' is not a whole number from -20 to 19
umask: 999
    umask: '999' is not an octal number up to 777, such as 022
umask: 1777
    umask: '1777' is not an octal number up to 777, such as 022
nofile: x
    nofile: 'x' is not a whole number from 1 to 100000000
user: a b
    user: 'a b' is neither a name nor a number
cwd: ' '
    cwd: it is empty: write something, or take the line out
depends_on: {redis: reday}
    depends_on: redis: 'reday' is not one of started, ready, completed, did you mean 'ready'?
depends_on: [[redis]]
    depends_on: write one value, not a list
depends_on: 'a b'
    depends_on: 'a b' is not the name of a process type
"""


@pytest.mark.parametrize(("line", "mistake"), cases(BAD_VALUES))
def test_a_bad_value_is_a_mistake_that_says_what_to_write(line: str, mistake: str) -> None:
    assert wrong(line.replace("LONG", "x" * (128 << 10))) == [mistake]


NONSENSE = r"""
ready: {}
    ready: say how: write one of tcp, http, cmd, log, notify below it
alive: {every: 1s}
    alive: say how: write one of tcp, http, cmd, notify below it
ready: {htttp: /}
    ready: unknown key 'htttp', did you mean 'http'?
ready: {tcp: 1, http: /}
    ready: tcp and http: write just one of them
ready: 30s
    ready: write keys like {http: /health, within: 30s}, not text
ready: {tcp: 70000}
    ready: tcp: '70000' is not a port, or HOST:PORT
ready: {tcp: }
    ready: tcp: it has no value: write one, or take the line out
ready: {http: health}
    ready: http: 'health' is neither a path like /health nor a URL like http://127.0.0.1:8080/health
ready: {http: 'http://x:99999/'}
    ready: http: 'http://x:99999/' is neither a path like /health nor a URL like
    http://127.0.0.1:8080/health
ready: {http: 'https://x/up'}
    ready: http: https is not asked by procman itself: write 'cmd: curl -fsS https://x/up'
ready: {http: '/a b'}
    ready: http: '/a b' has blanks, '#' or letters that a URL does not have: write them as %20
ready: {log: /(/}
    ready: log: '/(/' is not a regular expression: missing ), unterminated subpattern at position 0
ready: {log: //}
    ready: log: '//' would fit every line: write a pattern between the slashes
ready: {log: ''}
    ready: log: it is empty: write something, or take the line out
ready: {notify: false}
    ready: notify: 'false' means nothing here: take the line out
ready: {notify: true, every: 1s}
    ready: every: it means nothing with 'notify', as nobody asks the process: take it out
ready: {log: x, timeout: 1s}
    ready: timeout: it means nothing with 'log', as nobody asks the process: take it out
ready: {tcp: 1, within: 0s}
    ready: within: '0s' is no time at all: write more, or take the line out
alive: {log: x, tcp: 1}
    alive: unknown key 'log': write one of cmd, every, failures, http, notify, tcp, timeout
alive: {notify: true, failures: 3}
    alive: failures: it means nothing with 'notify', as nobody asks the process: take it out
alive: {tcp: 1, timeout: 20s}
    alive: timeout: it is longer than 'every', which is 10 s: an answer has to be there when the
    next one is asked for
alive: {tcp: 1, every: 1s, timeout: 2s}
    alive: timeout: it is longer than 'every', which is 1 s: an answer has to be there when the next
    one is asked for
{oneshot: true, restart: always}
    restart: 'oneshot' is to end, and 'always' starts it again for ever: take one of them out
{oneshot: true, ready: {tcp: 1}}
    ready: 'oneshot' is to end, and nobody asks it until then: take one of them out
{oneshot: true, alive: {tcp: 1}}
    alive: 'oneshot' is to end, and nobody asks it until then: take one of them out
"""


@pytest.mark.parametrize(("line", "mistake"), cases(NONSENSE))
def test_what_makes_no_sense_is_a_mistake(line: str, mistake: str) -> None:
    assert wrong(line) == [mistake]


def test_all_mistakes_come_at_once_each_with_its_line() -> None:
    text = (
        "processes:\n  web:\n    restart: x\n    ready:\n      tcp: x\n      within: 30\n"
        "    env:\n      PORT: 1\n  worker: [a]\n  mail:\n    nice: x\ntasks: {t: {retries: x, command: x}}\n"
    )
    assert [line for line, _ in mistakes(text)] == [3, 5, 6, 8, 9, 11, 12]


def test_anchors_and_merge_keys_are_for_defaults_of_several_types() -> None:
    found = read(
        "x-defaults: &d {restart: on-failure, timeout: 9s}\n"
        "processes:\n  web: {<<: *d, timeout: 1s}\n  worker: *d\n  mail:\n    <<: *d\n"
    )
    both = Policies(restart=Restart.ON_FAILURE, timeout=9.0)
    assert [each.policies for each in found.values()] == [both._replace(timeout=1.0), both, both]


def test_whoever_is_to_end_is_waited_for_until_it_has_unless_something_else_is_said() -> None:
    found = types("web: {depends_on: m}\nw: {depends_on: {m: started}}\nm: {oneshot: true}")
    assert found["web"].policies.depends_on == {"m": Condition.COMPLETED}
    assert found["w"].policies.depends_on == {"m": Condition.STARTED}


WORDS = st.sampled_from(
    ["x", "1", "0", "-1", "true", "~", "", "1s", "1m", "never", "always", "/a/", "/(/", "/[[a]/", "port",
     "80", "h:80", "é", "QUIT", "512M", "022", "a b", "''", "*", "9" * 30, "http://[::1]/", "/(?i)a/", "../x"]
)  # fmt: skip
VALUES = st.recursive(
    WORDS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda each: f"[{', '.join(each)}]"),
        st.dictionaries(
            st.sampled_from([*KEYS, *PROBES["ready"], *BACKOFF, "A", "web"]), inner, max_size=3
        ).map(lambda each: "{" + ", ".join(f"{key}: {value}" for key, value in each.items()) + "}"),
    ),
    max_leaves=6,
)
TYPES = st.dictionaries(
    st.sampled_from(["web", "worker", "a.b"]), st.dictionaries(st.sampled_from([*KEYS]), VALUES)
)


@given(TYPES)
def test_whatever_the_values_only_mistakes_on_lines_of_the_file_are_raised(types: dict[str, Any]) -> None:
    lines = ["processes:"]
    for name, keys in types.items():
        lines += [f"  {name}:", *(f"    {key}: {value}" for key, value in keys.items())]
    found = problems_if_any(lambda: parse("\n".join(lines).encode(), "procman.yml", UTC))
    assert all(each.line is None or 1 <= each.line <= len(lines) for each in found)


@given(st.text(max_size=40), st.sampled_from([*KEYS]))
def test_any_text_is_a_value_or_a_mistake(text: str, key: str) -> None:
    quoted = text.replace("'", "''")
    problems_if_any(
        lambda: parse(f"processes: {{web: {{{key}: '{quoted}'}}}}".encode(errors="replace"), "f", UTC)
    )
