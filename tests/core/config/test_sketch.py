"""A procman.yml to begin with: right as it is, and with any of its settings taken in."""

from __future__ import annotations

import re
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.core.config import processchecks, sketch
from procman.core.config.processkeys import KEYS
from procman.core.config.taskfile import TaskFile, clashes, parse
from procman.core.plan import procfile
from procman.core.plan.policies import Condition, Kind, Probe

SETTING = re.compile(r"^( *)#(?=[a-z])", re.MULTILINE)
SHOP = """\
web: uvicorn shop:app --port $PORT
redis: redis-server --port 6380
worker: rq worker
migrate: ./manage migrate
"""


def sketched(text: str) -> str:
    return sketch.of(procfile.parse(text.encode(), "Procfile"))


def taken_in(text: str, which: set[int] | None = None) -> str:
    """With these settings, or all."""
    numbers = iter(range(text.count("\n")))
    return SETTING.sub(lambda each: each[1] if which is None or next(numbers) in which else each[0], text)


def read(text: str, types: list[str]) -> TaskFile:
    """What the file says, which has no mistake."""
    found = parse(text.encode(), "procman.yml", UTC)
    assert processchecks.problems(found.processes, types, "procman.yml") == []
    assert clashes(found.tasks, types, "procman.yml") == []
    return found


def test_as_it_is_nothing_is_said() -> None:
    found = read(sketched(SHOP), ["web", "redis", "worker", "migrate"])
    assert [*found.processes] == ["web", "redis", "worker", "migrate"]
    assert not any(each.lines for each in found.processes.values())
    assert (found.start, found.tasks) == ({}, {})


def test_with_all_settings_taken_in_it_is_a_whole_app() -> None:
    found = read(taken_in(sketched(SHOP)), ["web", "redis", "worker", "migrate"])
    policies = {name: settings.policies for name, settings in found.processes.items()}
    assert policies["web"].ready == Probe(Kind.HTTP, "/")
    assert policies["redis"].ready == Probe(Kind.TCP, "6380")
    assert policies["worker"].depends_on == {"redis": Condition.READY}
    assert (policies["worker"].instances, policies["worker"].watch) == (2, ("**/*.py",))
    assert policies["migrate"].oneshot
    assert found.start == {"port": "5000", "timeout": "5s", "log_dir": "log"}
    assert [*found.tasks] == ["report"]


def test_each_setting_can_be_taken_in_alone() -> None:
    text = sketched(SHOP)
    settings = SETTING.findall(text)
    assert len(settings) > 20
    for number in range(len(settings)):
        alone = taken_in(text, {number})
        assert len(SETTING.findall(alone)) == len(settings) - 1
        read(alone, ["web", "redis", "worker", "migrate"])


@pytest.mark.parametrize(
    ("command", "ready"),
    [
        ("redis-server", "{tcp: 6379}"),
        ("exec /usr/bin/redis-server conf", "{tcp: 6379}"),
        ("redis-server --port $PORT", "{tcp: port}"),
        ("redis-server -p 7000", "{tcp: 7000}"),
        ("postgres -D data", "{tcp: 5432}"),
        ("mysqld_safe", "{tcp: 3306}"),
        ("gunicorn app:app", "{http: /, within: 30s}"),
        ("./server --listen $PORT", "{http: /, within: 30s}"),
        ("python worker.py", None),
        ("echo postgresql", None),
    ],
)
def test_how_it_is_ready_is_guessed_from_the_command(command: str, ready: str | None) -> None:
    found = re.search(r"^ +#ready: (.*)$", sketched(f"it: {command}"), re.MULTILINE)
    assert (found and found[1]) == ready


def test_release_is_no_process_of_its_own() -> None:
    assert "release" not in sketched("release: ./manage migrate\nweb: x")
    assert read(sketched("release: x"), ["release"]).processes == {}


def test_what_a_key_is_for_is_told_once() -> None:
    text = " ".join(sketched(SHOP).replace("#", "").split())
    assert text.count(" ".join(KEYS["restart"].help.split())) == 1


NAMES = st.from_regex(r"[a-z_][a-z0-9_.-]{0,8}", fullmatch=True) | st.sampled_from([*sketch.TASKS])
COMMANDS = st.sampled_from(["redis-server", "x $PORT", "node a.js", "rake db:migrate", "\x1b[1m", "é # 'x"])


@given(st.dictionaries(NAMES, COMMANDS, min_size=1, max_size=9), st.sets(st.integers(0, 40)))
def test_whatever_the_procfile_any_of_it_can_be_taken_in(types: dict[str, str], which: set[int]) -> None:
    text = sketched("\n".join(f"{name}: {command}" for name, command in types.items()))
    read(taken_in(text, which), [*types])
