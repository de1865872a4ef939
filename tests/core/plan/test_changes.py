"""What is different between two plans, or two sets of tasks."""

from __future__ import annotations

from datetime import UTC

import pytest

from procman.core.config import taskfile
from procman.core.config.processkeys import KEYS
from procman.core.plan import plan as plans
from procman.core.plan import procfile
from procman.core.plan.changes import Change, Kind, of_processes, of_tasks
from procman.core.plan.policies import Account


def told(
    before: str,
    after: str,
    shared: tuple[dict[str, str], dict[str, str]] = ({}, {}),
    counts: tuple[int, int] = (1, 1),
) -> list[Change]:
    made = []
    for text, values, count in zip((before, after), shared, counts, strict=True):
        types = procfile.parse(text.replace("; ", "\n").encode(), "Procfile")
        wanted = {type_.name: count for type_ in types}
        made.append(plans.build(types, wanted, 5000, plans.Environment(values, {}), release=False))
    first, second = made
    return of_processes(
        first.processes, second.processes, first.environment.values, second.environment.values
    )


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("web: a", "web: a", []),
        ("web: a", "web: b", [("web.1", "changed", "command")]),
        ("web: a", "web: a; mail: b", [("mail.1", "new")]),
        ("web: a; mail: b", "web: a", [("mail.1", "removed")]),
        (
            "web: a; mail: b",
            "mail: b; web: a",
            [
                ("mail.1", "changed", "PORT", "PROCMAN_PORT_MAIL", "PROCMAN_PORT_WEB"),
                ("web.1", "changed", "PORT", "PROCMAN_PORT_MAIL", "PROCMAN_PORT_WEB"),
            ],
        ),
        ("web: a", "# a line more\nweb: a", []),
    ],
)
def test_processes(before: str, after: str, expected: list[tuple[str, ...]]) -> None:
    assert [(each.name, each.kind.value, *each.what) for each in told(before, after)] == expected


def test_a_variable_of_all_is_a_change_of_all() -> None:
    found = told("web: a; mail: b", "web: a; mail: b", ({"A": "1", "B": "1"}, {"A": "2", "C": "1"}))
    assert found == [Change(name, Kind.CHANGED, ("A", "B", "C")) for name in ("web.1", "mail.1")]


def test_instances_come_and_go() -> None:
    assert told("web: a", "web: a", counts=(1, 2)) == [Change("web.2", Kind.NEW)]
    assert told("web: a", "web: a", counts=(2, 1)) == [Change("web.2", Kind.REMOVED)]


def under(before: str, after: str) -> list[tuple[str, ...]]:
    """The changes of a web of which procman.yml says something else."""
    made = []
    for lines in (before, after):
        text = f"processes:\n  web: {{{lines}}}\n"
        said = taskfile.parse(text.encode(), "procman.yml", UTC).processes["web"]
        account = Account(int(said.user), 1, (), "x", "/") if said.user else None
        policies = said.policies._replace(cwd=said.cwd, account=account)
        type_ = procfile.ProcessType("web", "run", 1, policies)
        made.append(plans.build([type_], {"web": 1}, 5000, plans.Environment({}, {}), release=False))
    found = of_processes(made[0].processes, made[1].processes, {}, {})
    return [(each.kind.value, *each.what) for each in found]


OF_CHILD = {
    "listen": ("listen", "PORT"),
    "port": ("PORT",),
    "env": ("LEVEL",),
    "user": ("user",),
    **{key: (key,) for key in ("cwd", "stdin", "pty", "nice", "umask", "nofile")},
}


@pytest.mark.parametrize("key", OF_CHILD)
def test_what_a_child_is_started_with_is_a_change_of_it(key: str) -> None:
    example = "7" if key == "user" else KEYS[key].example
    assert under("", f"{key}: {example}") == [("changed", *OF_CHILD[key])]
    assert under(f"{key}: {example}", "") == [("changed", *OF_CHILD[key])]
    assert under(f"{key}: {example}", f"{key}: {example}") == []


ELSEWHERE = ("group", "env_file", "instances")
"""Read where the app is, or seen in the number of processes."""


@pytest.mark.parametrize("key", [key for key in KEYS if key not in (*OF_CHILD, *ELSEWHERE, "backoff")])
def test_all_else_is_taken_over_by_a_process_that_goes_on(key: str) -> None:
    example = KEYS[key].example
    assert under("", f"{key}: {example}") == [("adjusted", key)]
    assert under(f"{key}: {example}", "") == [("adjusted", key)]
    assert under(f"{key}: {example}", f"{key}: {example}") == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("backoff: {initial: 1s}", "backoff: {initial: 2s}", [("adjusted", "backoff")]),
        ("", "restart: never, nice: 3", [("changed", "nice", "restart")]),
        ("port: 5000", "", []),
        ("instances: 2", "instances: 3", []),
        ("env: {A: 1}", "env: {A: 2, B: 1}", [("changed", "A", "B")]),
        ("", "ready: {notify: true}", [("changed", "ready")]),
        ("ready: {notify: true}", "ready: {tcp: 1}", [("changed", "ready")]),
        ("ready: {notify: true}", "ready: {notify: true, within: 1s}", [("adjusted", "ready")]),
        ("alive: {notify: true, every: 1s}", "alive: {notify: true, every: 2s}", [("changed", "alive")]),
        ("alive: {tcp: 1, every: 8s}", "alive: {tcp: 1, every: 9s}", [("adjusted", "alive")]),
    ],
)
def test_policies(before: str, after: str, expected: list[tuple[str, ...]]) -> None:
    assert under(before, after) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("{command: a}", "{command: a}", []),
        ("{command: a}", "\n\n  a: {command: b, timeout: 3 s}", ["command", "timeout"]),
        ("{command: a, schedule: every hour}", "{command: a, schedule: every day}", ["schedule"]),
        ("{command: a, schedule: every hour}", "{schedule: every hour, command: a}", []),
    ],
)
def test_tasks(before: str, after: str, expected: list[str]) -> None:
    read = [
        taskfile.parse(f"tasks:\n  a: {text}\n".replace("a: \n", "\n").encode(), "procman.yml", UTC).tasks
        for text in (before, after)
    ]
    assert [[*each.what] for each in of_tasks(*read)] == ([expected] if expected else [])


def test_tasks_come_and_go() -> None:
    one, other = (
        taskfile.parse(f"tasks:\n  {name}: {{command: x}}\n".encode(), "procman.yml", UTC).tasks
        for name in "ab"
    )
    assert of_tasks(one, other) == [Change("b", Kind.NEW), Change("a", Kind.REMOVED)]
    assert of_tasks({}, {}) == []
