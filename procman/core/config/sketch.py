"""A procman.yml to begin with: everything in it is a suggestion, guessed from the commands of a Procfile."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from procman.core.config.processkeys import KEYS
from procman.core.plan.procfile import RELEASE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from procman.core.plan.procfile import ProcessType

HEAD = """\
# What procman does with the Procfile's processes, and its tasks. Nothing here has to be said. Settings stand
# behind a '#' without a blank: take it away from those that you want. 'procman check' tells all mistakes.
#
# For an editor that completes and checks this file: procman schema > procman.schema.json
# and this as the first line: # yaml-language-server: $schema=procman.schema.json

start:
  #port: 5000
  #timeout: 5s
  #log_dir: log

processes:
"""
TAIL = """
tasks:
  #{}: {{command: echo done, schedule: daily at 09:30}}
"""
TASKS = ("report", "cleanup", "nightly", "daily", "every_day", "task")
BACKENDS = {
    r"redis-server|valkey-server": 6379,
    r"postgres|pg_ctl": 5432,
    r"mysqld\w*|mariadbd?": 3306,
    r"mongod": 27017,
    r"memcached": 11211,
    r"rabbitmq-server": 5672,
    r"nats-server": 4222,
    r"elasticsearch|opensearch": 9200,
    r"mailpit|mailhog": 1025,
}
"""Servers that others wait for, and where they listen if nobody says otherwise."""
WEB = (
    r"uvicorn|gunicorn|hypercorn|daphne|granian|waitress-serve|flask|puma|unicorn|rails|next|vite|http.server"
)
TO_END = r"migrate|migrations|setup|seed|collectstatic"
FILES = {
    r"python[\d.]*|uvicorn|gunicorn|hypercorn|flask|celery|rq|\S+\.py": ["**/*.py"],
    r"ruby|rails|bundle|puma|sidekiq|\S+\.rb": ["**/*.rb"],
    r"node|tsx|deno|bun|\S+\.[jt]s": ["**/*.js", "**/*.ts"],
    r"go": ["**/*.go"],
}
LINES = re.compile(r".{1,100}(?:\s|$)")


class _Suggestion(NamedTuple):
    key: str
    value: str


def of(types: Sequence[ProcessType]) -> str:
    """The text of the file."""
    backends = [type_.name for type_ in types if _port(type_)]
    told: set[str] = set()
    lines: list[str] = []
    for type_ in types:
        if type_.name != RELEASE:
            lines.append(f"  {type_.name}:")
            lines += _told(_suggested(type_, backends), told)
    taken = {type_.name for type_ in types}
    task = next((name for name in TASKS if name not in taken), f"{'_'.join(sorted(taken))}_task")
    return HEAD + "".join(f"{line}\n" for line in lines) + TAIL.format(task)


def _told(suggestions: Iterator[_Suggestion], told: set[str]) -> Iterator[str]:
    """What a key is for stands above its first."""
    for key, value in suggestions:
        if key not in told:
            yield from (f"    # {line.strip()}" for line in LINES.findall(KEYS[key].help))
        told.add(key)
        yield f"    #{key}: {value}"


def _suggested(type_: ProcessType, backends: Sequence[str]) -> Iterator[_Suggestion]:
    if _has(type_, TO_END):
        yield _Suggestion("oneshot", "true")
        if backends:
            yield _Suggestion("depends_on", f"[{', '.join(backends)}]")
        return
    if port := _port(type_):
        yield _Suggestion("ready", f"{{tcp: {port}}}")
        yield _Suggestion("restart", "on-failure")
        return
    elif _has(type_, WEB) or "$PORT" in type_.command:
        yield _Suggestion("ready", "{http: /, within: 30s}")
        yield _Suggestion("alive", "{http: /, every: 10s, failures: 3}")
    else:
        yield _Suggestion("instances", "2")
    yield from _usual(type_, backends)


def _usual(type_: ProcessType, backends: Sequence[str]) -> Iterator[_Suggestion]:
    if backends:
        yield _Suggestion("depends_on", f"[{', '.join(backends)}]")
    yield _Suggestion("restart", "on-failure")
    yield _Suggestion("max_memory", "512M")
    for words, patterns in FILES.items():
        if _has(type_, words):
            quoted = ", ".join(f'"{pattern}"' for pattern in patterns)
            yield _Suggestion("watch", f"[{quoted}]")
            break
    yield _Suggestion("timeout", "30s")


def _port(type_: ProcessType) -> str | None:
    """Where a server listens that others wait for: its own port, what its command says, or what is usual.

    None for all else.
    """
    usual = next((port for words, port in BACKENDS.items() if _has(type_, words)), None)
    said = re.search(r"\s(?:--port|-p)[ =]([1-9][0-9]{1,4})(?!\S)", type_.command)
    if usual is None:
        return None
    return "port" if "$PORT" in type_.command else said[1] if said else str(usual)


def _has(type_: ProcessType, words: str) -> bool:
    """Whether one of these is a word of the command, or the name of the type."""
    pattern = rf"(?:^|[\s/;&|])(?:{words})(?=$|[\s;&|:])"
    return re.search(pattern, type_.command) is not None or re.fullmatch(words, type_.name) is not None
