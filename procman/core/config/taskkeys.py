"""The keys of a task in procman.yml that take one value: what each is in `Task`, and how it is read.

Each reader takes the text as written and raises `ValueError` with a sentence about what is wrong with it.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from procman.core.schedule import durations
from procman.core.tasks.task import Missed, OnLost, OnStop, Overlap
from procman.errors import suggest

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import StrEnum

MOST_RETRIES, MOST_KEPT = 100, 1_000_000
SWITCH = dict.fromkeys(("true", "yes", "on", "1"), True) | dict.fromkeys(("false", "no", "off", "0"), False)
"""What YAML and the command line take for yes and no, in any case of letters."""


class Key(NamedTuple):
    """`field` is that of `Task`."""

    field: str
    read: Callable[[str], Any]


def command(text: str) -> str:
    """What to run, which may be several lines for the shell."""
    if not text.strip():
        raise ValueError("it is empty: write what to run")
    return text.strip()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _word(words: type[StrEnum], text: str) -> StrEnum:
    known = [word.value for word in words]
    if text not in known:
        raise ValueError(f"'{text}' is not one of {', '.join(known)}{suggest(text, known)}")
    return words(text)


def _whole(least: int, most: int, text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise ValueError(f"'{text}' is not a whole number from {least} to {most}")
    return int(text)


def _more_than_nothing(text: str) -> float:
    seconds = durations.parse(text)
    if not seconds > 0:
        raise ValueError(f"'{text}' is no time at all: write more, or take the line out")
    return seconds


def _switch(text: str) -> bool:
    if text.lower() not in SWITCH:
        raise ValueError(f"'{text}' is neither true nor false")
    return SWITCH[text.lower()]


KEYS = {
    "desc": Key("description", _one_line),
    "description": Key("description", _one_line),
    "command": Key("command", command),
    "overlap": Key("overlap", partial(_word, Overlap)),
    "missed": Key("missed", partial(_word, Missed)),
    "grace": Key("grace", durations.parse),
    "timeout": Key("timeout", _more_than_nothing),
    "retries": Key("retries", partial(_whole, 0, MOST_RETRIES)),
    "retry_delay": Key("retry_delay", durations.parse),
    "jitter": Key("jitter", durations.parse),
    "enabled": Key("enabled", _switch),
    "on_lost": Key("on_lost", partial(_word, OnLost)),
    "on_stop": Key("on_stop", partial(_word, OnStop)),
    "keep": Key("keep", partial(_whole, 1, MOST_KEPT)),
    "keep_for": Key("keep_for", _more_than_nothing),
    "keep_keys": Key("keep_keys", _more_than_nothing),
}
