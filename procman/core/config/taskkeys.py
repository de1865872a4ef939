"""The keys of a task in procman.yml that take one value: what each is in `Task`, and how it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from procman.core.config.values import member, more_than_nothing, switch, whole
from procman.core.schedule import durations
from procman.core.tasks.labels import label
from procman.core.tasks.task import Missed, OnLost, OnStop, Overlap

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_RETRIES, MOST_KEPT, MOST_AT_ONCE = 100, 1_000_000, 10_000


class Key(NamedTuple):
    """`field` is that of `Task`. `read` raises `ValueError` with a sentence."""

    field: str
    read: Callable[[str], Any]


def command(text: str) -> str:
    """What to run, which may be several lines for the shell."""
    if not text.strip():
        raise ValueError("it is empty: write what to run")
    return text.strip()


def _one_line(text: str) -> str:
    return " ".join(text.split())


KEYS = {
    "desc": Key("description", _one_line),
    "description": Key("description", _one_line),
    "command": Key("command", command),
    "overlap": Key("overlap", member(Overlap)),
    "missed": Key("missed", member(Missed)),
    "grace": Key("grace", durations.parse),
    "timeout": Key("timeout", more_than_nothing),
    "retries": Key("retries", whole(0, MOST_RETRIES)),
    "retry_delay": Key("retry_delay", durations.parse),
    "jitter": Key("jitter", durations.parse),
    "enabled": Key("enabled", switch),
    "on_lost": Key("on_lost", member(OnLost)),
    "on_stop": Key("on_stop", member(OnStop)),
    "keep": Key("keep", whole(1, MOST_KEPT)),
    "keep_for": Key("keep_for", more_than_nothing),
    "keep_keys": Key("keep_keys", more_than_nothing),
    "runs_on": Key("runs_on", label),
    "concurrency": Key("concurrency", whole(1, MOST_AT_ONCE)),
}
