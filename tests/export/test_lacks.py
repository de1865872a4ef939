"""What procman.yml says that is not as usual, in words; and notes on what is in a table."""

from __future__ import annotations

import pytest

from procman.core.config.probekeys import ALIVE, READY
from procman.export import lacks
from procman.export.plan import Note
from tests.export.plans import plan


def of_type(said: str) -> dict[str, str]:
    return lacks.said_of_type(plan("web: ./web\n", f"processes: {{web: {{{said}}}}}\n").types[0].policies)


def of_task(said: str) -> dict[str, str]:
    return lacks.said_of_task(plan("", f"tasks: {{t: {{command: ./t, {said}}}}}\n").tasks[0])


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("restart: always", {"restart": "always"}),
        ("ready: {http: /up}", {"ready: http": "/up"}),
        ("ready: {http: /up, within: 2m}", {"ready: http": "/up", "ready: within": "2 min"}),
        ("alive: {tcp: port, failures: 7}", {"alive: tcp": "port", "alive: failures": "7"}),
        ("depends_on: {db: ready, m: completed}", {"depends_on": "db ready, m completed"}),
        ("restart: never, backoff: {max: 9m}", {"restart": "never", "backoff: max": "9 min"}),
        ("env: {TOKEN: hidden}", {"env": "TOKEN"}),
        ("autostart: false", {"autostart": "false"}),
    ],
)
def test_what_is_said_of_a_type(said: str, expected: dict[str, str]) -> None:
    assert of_type(said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("desc: Says it", {"description": "Says it"}),
        ("schedule: hourly at :15", {"schedule": "hourly at :15"}),
        ("timeout: 90s, enabled: false", {"timeout": "1 min 30 s", "enabled": "false"}),
        ("keep: 7, overlap: queue", {"keep": "7", "overlap": "queue"}),
        ("retries: 2, retry_delay: 19s", {"retries": "2", "retry_delay": "19 s"}),
    ],
)
def test_what_is_said_of_a_task(said: str, expected: dict[str, str]) -> None:
    assert of_task(said) == expected


def test_a_note_has_a_key_of_the_table_with_its_value_unless_that_is_long() -> None:
    said = "watch: ['*.py'], env: {A: b}, ready: {cmd: \"a\\nb\"}, alive: {http: /" + "x" * 40 + "}"
    policies = plan("web: ./web\n", f"processes: {{web: {{{said}}}}}\n").types[0].policies
    table = {"watch": "no", **lacks.of_probe("ready", "never"), **lacks.of_probe("alive", "nor that")}
    assert [*lacks.of_type("web", policies, table)] == [
        Note("web", "ready: cmd", "never"),
        Note("web", "alive: http", "nor that"),
        Note("web", "watch: *.py", "no"),
    ]
    task = plan("", "tasks: {t: {command: ./t, keep: 7, timeout: 9s}}\n").tasks[0]
    assert [*lacks.of_task(task, {"timeout": "no"})] == [Note("t", "timeout: 9 s", "no")]


def test_a_table_has_each_key_of_a_probe() -> None:
    assert lacks.of_probe("ready", "no") == {f"ready: {key}": "no" for key in READY}
    assert lacks.of_probe("alive", "no") == {f"alive: {key}": "no" for key in ALIVE}


def test_each_note_comes_once() -> None:
    first, second = Note("a", "b", "c"), Note("a", "b", "d")
    assert lacks.unique([first, second, first]) == (first, second)
