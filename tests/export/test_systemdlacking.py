"""`procman export systemd`: what units cannot say is told, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.export.plans import export, plan

WEB = "web: ./web\nother: ./other\n"


def told(said: str, lines: str = WEB, more: str = "", **fields: Any) -> list[str]:
    """What the notes are about."""
    what = plan(lines, f"processes: {{web: {{{said}}}{more}}}\n", **fields)
    return [note.split("'")[1] for note in export("systemd", what).notes]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("restart: always", []),
        ("ready: {notify: true, within: 2m}, alive: {notify: true, every: 7s}", []),
        ("ready: {http: /, every: 3s}", ["ready: http: /", "ready: every: 3 s"]),
        ("alive: {cmd: ./ok, failures: 7}", ["alive: cmd: ./ok", "alive: failures: 7"]),
        ("pty: always", ["pty: always"]),
        ("pty: never", []),
        ("env: {a.b: x}", ["env: a.b"]),
        ("restart: never, max_runtime: 1h", ["restart: never with max_runtime"]),
        ("restart: never, max_memory: 1G", ["max_memory: 1 GB", "restart: never with max_memory"]),
        ("oneshot: true, restart: never, max_runtime: 1h", []),
        ("restart: never, backoff: {initial: 3s}", ["backoff: initial: 3 s"]),
        ("oneshot: true, backoff: {initial: 3s}", ["backoff: initial: 3 s"]),
        ("oneshot: true, restart: on-failure, backoff: {initial: 3s}", []),
        ("restart: on-failure, backoff: {give_up_after: 3, reset_after: 9s}", []),
        ("restart: on-failure, backoff: {max: 9s}", ["backoff: max: 9 s"]),
        (
            "restart: always, backoff: {give_up_after: 3, reset_after: 9s}",
            ["backoff: reset_after: 9 s", "backoff: give_up_after: 3"],
        ),
        ("listen: [8080, 8081]", ["listen"]),
        ("listen: 'db:8080'", ["listen: db:8080"]),
        ("listen: '[::1]:8080'", []),
    ],
)
def test_of_a_process(said: str, expected: list[str]) -> None:
    assert told(said) == expected


@pytest.mark.parametrize(
    ("condition", "other", "expected"),
    [
        ("started", "", ["depends_on: other"]),
        ("completed", "oneshot: true", []),
        ("completed", "oneshot: true, restart: on-failure", ["depends_on: other"]),
        ("started", "oneshot: true", ["depends_on: other"]),
        ("completed", "restart: never", ["depends_on: other"]),
        ("started", "autostart: false", ["depends_on: other"]),
    ],
)
def test_of_who_depends_on_another(condition: str, other: str, expected: list[str]) -> None:
    assert told(f"depends_on: {{other: {condition}}}", more=f", other: {{{other}}}") == expected


def test_only_who_is_done_is_required_and_only_its_end_is_waited_for() -> None:
    yml = "processes: {web: {depends_on: {other: started}}, other: {oneshot: true}}"
    assert "Requires=" not in export("systemd", plan(WEB, yml)).text("shop-web@.service")


def test_who_is_not_there_is_not_waited_for() -> None:
    what = plan(WEB, "processes: {web: {depends_on: {other: started}}}")
    types = tuple(each._replace(processes=()) if each.name == "other" else each for each in what.types)
    assert export("systemd", what._replace(types=types)).notes == []


def test_who_is_not_started_by_itself_is_told_as_that() -> None:
    what = plan(WEB, "processes: {web: {depends_on: {other: started}}, other: {autostart: false}}")
    assert export("systemd", what).notes == [
        "web: 'depends_on: other' has no counterpart: it is not started by itself, and not waited for"
    ]


def test_units_of_a_user_have_no_other_user() -> None:
    assert told("user: postgres, group: staff", for_user=True) == ["user: postgres", "group: 4321"]
    assert told("user: postgres, group: staff") == []


def test_of_all_together() -> None:
    assert told("", run="/run/shop") == ["--run"]
    fields: dict[str, Any] = {"env": {"A": "1"}}
    assert told("", **fields) == []
    assert told("", **fields, embed_environment=False, environment={}) == ["--no-env"]
    assert told("", embed_environment=False) == []
    assert told("", env={"a.b": "1", "é": "2"}) == ["env: a.b", "env: é"]
