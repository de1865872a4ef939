"""Plans as nobody writes them: each key of procman.yml with values at its ends, and names of all kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from hypothesis import assume
from hypothesis import strategies as st

from procman.errors import UserError
from tests.export.hostile import texts
from tests.export.plans import ROOT, plan

if TYPE_CHECKING:
    from procman.export.plan import ExportPlan

NAMES = ("web", "worker", "web_ui", "web.ui", "WEB", "scheduler", "release", "_", "9", "x" * 70, "x" * 71)
DURATIONS = ("1ms", "500ms", "1s", "1500ms", "59.9s", "36h", "36500d")
COMMANDS = st.one_of(
    st.sampled_from(["./run", "echo $A $(A) ${A}", "exec x", "umask 022; x", "cd a || exit; x"]),
    texts("\0\r\n").map(lambda text: f"./x {text}".strip()),
)
VARIABLES = st.dictionaries(st.sampled_from(["A", "B_1", "lower", "_"]), texts(), max_size=3)
ASKED = (
    *({"tcp": "port"}, {"tcp": "1"}, {"tcp": "db:5432"}, {"http": "/"}, {"http": "/up?a=$b&c=(d)"}),
    *({"http": "http://[::1]:81/x"}, {"http": "http://other/"}, {"cmd": "is $(A) \"'\\"}, {"notify": True}),
)
LISTENED = ("8080", "0.0.0.0:80", "[::1]:1", "localhost:65535", "a.b:1")
NOT_OF_ONESHOT = ("ready", "alive", "restart", "backoff")


def times(*keys: str) -> dict[str, st.SearchStrategy[Any]]:
    return {key: st.sampled_from(DURATIONS) for key in keys}


def probe(more: tuple[dict[str, Any], ...], keys: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    asked = st.sampled_from(ASKED + more)
    return st.tuples(asked, st.fixed_dictionaries({}, optional=keys)).map(lambda each: each[0] | each[1])


KEYS: dict[str, st.SearchStrategy[Any]] = {
    "restart": st.sampled_from(["never", "on-failure", "always"]),
    "backoff": st.fixed_dictionaries(
        {},
        optional=times("initial", "max", "reset_after")
        | {"give_up_after": st.sampled_from([1, 2, 1000, "never"])},
    ),
    "give_up": st.just("stop"),
    "oneshot": st.booleans(),
    "autostart": st.booleans(),
    "instances": st.sampled_from([1, 2, 700]),
    "timeout": st.sampled_from(["0", *DURATIONS]),
    "stop_signal": st.sampled_from(["QUIT", "KILL", "1", "RTMIN", "USR2"]),
    "signal_to": st.sampled_from(["main", "group"]),
    "ready": probe(({"log": "up"},), times("within", "every", "timeout")),
    "alive": probe((), times("every", "timeout") | {"failures": st.sampled_from([1, 1000])}),
    "max_memory": st.sampled_from(["1M", "1048577", "512M", "1T"]),
    "max_runtime": st.sampled_from(DURATIONS),
    "watch": st.just(["**/*.py"]),
    "port": st.sampled_from([1, 80, 65535]),
    "listen": st.lists(st.sampled_from(LISTENED), max_size=2),
    "cwd": st.sampled_from(["app", "my app", "a'b", "-x", "../up"]),
    "env": VARIABLES,
    "stdin": st.sampled_from(["open", "null"]),
    "pty": st.sampled_from(["always", "never", "auto"]),
    "nice": st.sampled_from([-20, 19]),
    "umask": st.sampled_from(["000", "0777"]),
    "nofile": st.sampled_from([1, 100_000_000]),
    "user": st.just("somebody"),
    "group": st.just("somegroup"),
}
OF_RELEASE = ("timeout", "stop_signal", "signal_to", "cwd", "env", "stdin", "pty", "nice", "umask", "nofile")
OF_TASK: dict[str, st.SearchStrategy[Any]] = {
    "schedule": st.sampled_from(["@daily", "*/7 * * * *", "30 2 * * *", "every 15 minutes", "@reboot"]),
    "desc": texts("\0\r\n"),
    "overlap": st.sampled_from(["skip", "allow", "queue", "replace"]),
    "missed": st.sampled_from(["skip", "once", "all"]),
    **times("grace", "timeout", "retry_delay", "jitter", "keep_for", "keep_keys"),
    "retries": st.sampled_from([0, 1, 6, 7]),
    "enabled": st.booleans(),
    "on_lost": st.sampled_from(["rerun", "leave"]),
    "on_stop": st.sampled_from(["rerun", "leave"]),
    "keep": st.sampled_from([1, 1000]),
}


@st.composite
def plans(draw: st.DrawFn) -> ExportPlan:
    """A plan of what procman takes."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=3))
    assume(names != ["release"])
    lines = "".join(f"{name}: {draw(COMMANDS)}\n" for name in names)
    processes = {name: _process(draw, name, names[:at]) for at, name in enumerate(names)}
    tasks = {
        name: {"command": draw(COMMANDS), **draw(st.fixed_dictionaries({}, optional=OF_TASK))}
        for name in draw(st.lists(st.sampled_from(["web", "t", "a.b", "y" * 63]), unique=True, max_size=2))
    }
    said = yaml.safe_dump({"processes": processes, "tasks": tasks}, sort_keys=False, allow_unicode=True)
    fields = {
        "timeout": draw(st.sampled_from([0.0, 0.5, 5.0, 36_000.5])),
        "folder": draw(st.sampled_from([None, ROOT, "/srv/out"])),
        "embed_environment": draw(st.booleans()),
        "all_to_scheduler": draw(st.booleans()),
        "app": draw(st.sampled_from(["shop", "My_App.2", "_", "z" * 80])),
    }
    try:
        return plan(lines, said, env=draw(VARIABLES), **fields)
    except UserError:  # two keys that make no sense together
        assume(False)
        raise


def _process(draw: st.DrawFn, name: str, others: list[str]) -> dict[str, Any]:
    keys = draw(st.fixed_dictionaries({}, optional=KEYS))
    if name == "release":
        return {key: value for key, value in keys.items() if key in OF_RELEASE}
    if keys.get("oneshot"):
        keys = {key: value for key, value in keys.items() if key not in NOT_OF_ONESHOT}
    if needed := [each for each in others if each != "release"]:
        keys["depends_on"] = draw(st.lists(st.sampled_from(needed), unique=True))
    return keys
