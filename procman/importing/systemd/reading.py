"""Unit files of systemd as they are written (systemd.syntax(7)): settings with their lines, and values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMENT = re.compile(r"[ \t]*[#;]")
SECTION = re.compile(r"\[([^\]]+)\]")
DROP_IN = re.compile(r"(?:^|/)([^/]+\.(?:service|timer))\.d/[^/]+\.conf$")
SECRET = re.compile(r"Exec\w*|\w*Environment|\w*Credential\w*")
LONGEST = 60
YES = frozenset("1 yes y true t on".split())
SPAN = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([a-zA-Zµμ]*)\s*", re.ASCII)
UNITS = {
    0.000001: "us usec µs μs",
    0.001: "ms msec",
    1.0: "s sec second seconds",
    60.0: "m min minute minutes",
    3600.0: "h hr hour hours",
    86400.0: "d day days",
    604800.0: "w week weeks",
    2630016.0: "M month months",
    31557600.0: "y year years",
}
"""systemd.time(7)"""
SECONDS = {name: seconds for seconds, names in UNITS.items() for name in names.split()} | {"": 1.0}
INFINITY = float("inf")


class Setting(NamedTuple):
    """A line `key=value` below `[section]`."""

    section: str
    key: str
    value: str
    line: int

    def __str__(self) -> str:
        """For people: without a value that may be a secret, as of variables and in commands."""
        if SECRET.fullmatch(self.key):
            return self.key
        shown = self.value if len(self.value) <= LONGEST else f"{self.value[: LONGEST - 3]}..."
        return f"{self.key}={shown}"


class Unit:
    """A unit, of one file or of several: `name` is as systemd calls it. What nobody takes out is left."""

    def __init__(self, name: str, source: str, settings: list[Setting]) -> None:
        self.name = name
        self.source = source
        self.left = settings

    @property
    def kind(self) -> str:
        """`service`, `timer`."""
        return self.name.rpartition(".")[2]

    @property
    def stem(self) -> str:
        """The name without what kind it is, and without `@` and an instance."""
        return self.name.rpartition(".")[0].partition("@")[0]

    @property
    def instance(self) -> str | None:
        """What is between `@` and the kind; None without an `@`."""
        _, at, instance = self.name.rpartition(".")[0].partition("@")
        return instance if at else None

    def all(self, section: str, key: str) -> list[Setting]:
        """All settings of a key behind the last empty one, which takes back those before it."""
        found: list[Setting] = []
        for each in self.left:
            if (each.section, each.key) == (section, key):
                found = [*found, each] if each.value else []
        self.left = [each for each in self.left if (each.section, each.key) != (section, key)]
        return found

    def last(self, section: str, key: str) -> Setting | None:
        """The one that counts of a key with one value."""
        found = self.all(section, key)
        return found[-1] if found else None


def name_of(source: str, data: str) -> str:
    """The name of the unit that a file is, by its path; without one by what is in it."""
    if found := DROP_IN.search(source):
        return found[1]
    base = source.rpartition("/")[2]
    if base.endswith((".service", ".timer")):
        return base
    stem = base if re.fullmatch(r"[\w@.:-]+", base, re.ASCII) else "service"
    return f"{stem}.timer" if re.search(r"^\[Timer\]", data, re.MULTILINE) else f"{stem}.service"


def settings(text: str) -> Iterator[Setting | int]:
    """The settings of a file in its order; the number of a line that is none."""
    section = ""
    for number, line in _logical(text):
        if found := SECTION.fullmatch(line.strip()):
            section = found[1]
            continue
        key, equals, value = line.partition("=")
        if not equals or not key.strip():
            yield number
        elif not section.startswith("X-") and not key.startswith("X-"):
            yield Setting(section, key.strip(), value.strip(), number)


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Lines put together where one ends with a backslash; comments in between do not count."""
    begun, parts = 0, [""]
    for number, raw in enumerate(text.split("\n"), start=1):
        if COMMENT.match(raw):
            continue
        line = raw.removesuffix("\r")
        begun = begun or number
        if (len(line) - len(line.rstrip("\\"))) % 2:
            parts.append(f"{line[:-1]} ")
            continue
        if joined := "".join([*parts, line]).strip():
            yield begun, joined
        begun, parts = 0, []
    if joined := "".join(parts).strip():
        yield begun, joined


def switch(value: str) -> bool:
    """Yes or no."""
    return value.lower() in YES


def seconds(value: str) -> float:
    """Seconds of a time span, as `1min 30s`; a number alone is in seconds. Raises `ValueError`."""
    if value.strip() == "infinity":
        return INFINITY
    total, at = 0.0, 0
    text = value.strip()
    while at < len(text):
        found = SPAN.match(text, at)
        if not found or found[2] not in SECONDS:
            raise ValueError(f"'{value}' is no time span")
        total, at = total + float(found[1]) * SECONDS[found[2]], found.end()
    if not text:
        raise ValueError("a time span is missing")
    return total
