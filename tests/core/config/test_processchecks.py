"""What is wrong in `processes:` when one knows the Procfile."""

from __future__ import annotations

import pytest

from procman.core.config.processchecks import problems
from tests.core.config.processes import types

NAMES = ["web", "worker", "redis", "migrate", "release"]


def wrong(lines: str) -> list[tuple[int | None, str]]:
    found = problems(types(lines), NAMES, "procman.yml")
    assert all((each.source, each.text[:11]) == ("procman.yml", "processes: ") for each in found)
    return [(each.line, each.text[11:]) for each in found]


@pytest.mark.parametrize(
    "lines",
    [
        "web: {depends_on: [redis, migrate]}\nworker: {depends_on: {web: started}}\nmigrate: {oneshot: true}",
        "web: {depends_on: {migrate: completed}}\nmigrate: {restart: never}",
        "web: {depends_on: {migrate: completed}}\nmigrate: {restart: on-failure}",
        "web: {depends_on: {migrate: completed}}\nmigrate: {watch: x}",
        "web: {depends_on: {redis: ready}}",
        "web: {port: 3000, instances: 2}\nworker: {port: 3002}",
        "web: {listen: ['127.0.0.1:80']}\nworker: {listen: ['127.0.0.2:80', '[::1]:80']}",
        "web: {port: 80, listen: 80}",
    ],
)
def test_this_is_right(lines: str) -> None:
    assert wrong(lines) == []


@pytest.mark.parametrize(
    ("lines", "line", "mistake"),
    [
        ("wbe: {}", 2, "no process type 'wbe' in the Procfile, did you mean 'web'?"),
        ("web:\n  depends_on:\n  - redsi", 4,
         "web: depends_on: no process type 'redsi' in the Procfile, did you mean 'redis'?"),
        ("web: {depends_on: web}", 2, "web: depends_on: 'web' would wait for itself: take it out"),
        ("web: {depends_on: release}", 2,
         "web: depends_on: 'release' runs before all others with --release, and else not: take it out"),
        ("web: {depends_on: {migrate: ready}}\nmigrate: {oneshot: true}", 2,
         "web: depends_on: 'migrate' is to end, and never ready: write 'migrate: completed'"),
        ("web: {depends_on: {redis: completed}}\nredis: {restart: always}", 2,
         "web: depends_on: 'redis' is always restarted, so it never completes: write 'redis: ready'"),
        ("web: {depends_on: {redis: completed}}\nredis: {port: 1}", 2,
         "web: depends_on: the end of 'redis' is the end of all: write 'oneshot: true' for it, or"
         " 'redis: ready'"),
        ("web: {depends_on: {redis: completed}}", 2,
         "web: depends_on: the end of 'redis' is the end of all: write 'oneshot: true' for it, or"
         " 'redis: ready'"),
        ("worker:\n  depends_on: [web]\nweb:\n  depends_on: [worker]", 3,
         "worker: depends_on: a circle, in which none would ever start: worker -> web -> worker"),
        ("web: {port: 3000, instances: 3}\nworker: {port: 3002, instances: 2}", 3,
         "worker: port: 3002 is a port of 'web' already"),
        ("web: {port: 80}\nworker: {listen: '[::1]:80'}", 3, "worker: listen: 80 is a port of 'web' already"),
        ("web: {listen: [1, 80]}\nworker: {listen: [80, 1]}", 3,
         "worker: listen: 80 is a port of 'web' already"),
    ],
)  # fmt: skip
def test_a_mistake_says_where_and_what_to_do(lines: str, line: int, mistake: str) -> None:
    assert wrong(lines) == [(line, mistake)]


def test_a_circle_is_told_once_and_whole_beside_all_other_mistakes() -> None:
    found = wrong(
        "redis: {depends_on: [web]}\nweb: {depends_on: [worker]}\nworker: {depends_on: [redis, nobody]}"
    )
    assert found == [
        (2, "redis: depends_on: a circle, in which none would ever start: redis -> web -> worker -> redis"),
        (4, "worker: depends_on: no process type 'nobody' in the Procfile"),
    ]
