"""A file of every kind as people have them, and how the tests spoil it."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from hypothesis import strategies as st

from procman.importing import sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent / "files"
NAMES = {
    "crontab": ("crontab",),
    "crontab-system": ("cron.d",),
    "supervisord": ("supervisord.conf",),
    "circus": ("circus.ini",),
    "systemd": (
        *("systemd/shop-web.service", "systemd/shop-web.service.d/override.conf"),
        *("systemd/shop-worker@.service", "systemd/shop-backup.service", "systemd/shop-backup.timer"),
        *("systemd/shop-poll.service", "systemd/shop-poll.timer"),
    ),
    "compose": ("docker-compose.yml",),
    "process-compose": ("process-compose.yaml",),
    "kubernetes": ("shop.yaml",),
    "pm2": ("ecosystem.config.js",),
    "app.json": ("app.json",),
    "sidekiq-cron": ("schedule.yml",),
    "sidekiq-scheduler": ("sidekiq.yml",),
    "good_job": ("good_job.rb",),
    "solid_queue": ("recurring.yml",),
    "overmind": (".overmind.env",),
    "foreman": (".foreman",),
}
SECRET = "hunter2"
"""Each file has it as the value of variables, and in commands."""
TOKENS = re.compile(r"(\s+|[=:,;\"'{}\[\]()%$#*&|<>-])")
SIGNS = "'\"$%\\`!#&;|<>(){}[]*?~=:,@^-+/ \t\r\n"
WORDS = (
    *("${", "}", "$(", "%(", "%(x)s", "%%", "<%= x %>", "{{.X}}", "&a", "*a", "!!x", "<<: ", "- ", ": "),
    *("---", "0", "-1", "9" * 30, "1e9", "1.5", ".inf", "@daily", "* * * * *", "*/0", "22-2", "[x]", "é"),
    *("\x85", "\u2028", "\ufeff", "\x1b[31m", "\0", "\ud800", "\\x00", "\\ud800", "null", "~", "true", "{}"),
)
TYPES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 1.5, 10**30, "", " ", "x", "x y", "=", "\n", "é", "~", "true", "0", "-1"),
    *([], [[]], [None], ["", None], {}, {"": ""}, {"x": None}, {"x": [{}]}, [{"x": "y"}], "${X", "${X:-y}"),
    *("99999999999", "* * * * *", "{{x}}", "<%= x %>", "a\0b", "%(x)s", "$(X)", "1s", "1h30m", "\u2028"),
)


class File(NamedTuple):
    """Of a kind; `name` is what tells it."""

    kind: str
    name: str
    text: str


def of_kind(kind: str) -> list[File]:
    """The files of a kind, which belong together."""
    return [File(kind, name, (HERE / name).read_text()) for name in NAMES[kind]]


def documents(file: File) -> list[Any]:
    """What is in a file of JSON or YAML; nothing for others."""
    if file.name.endswith((".yml", ".yaml", ".json", ".foreman")):
        return [*yaml.load_all(re.sub(r"<%.*?%>|!reset", "x", file.text), Loader=yaml.BaseLoader)]
    return []


def texts() -> st.SearchStrategy[str]:
    """Any text; most of it signs that mean something to somebody."""
    parts = st.sampled_from([*SIGNS, *WORDS, *"abz09._"]) | st.characters()
    return st.lists(parts, max_size=6).map("".join)


@st.composite
def spoiled(draw: st.DrawFn, text: str) -> bytes:
    """A file in which lines or words are gone, doubled, in other places, or others; in some encoding."""
    pieces = text.splitlines(keepends=True) if draw(st.booleans()) else TOKENS.split(text)
    for _ in range(draw(st.integers(1, 4))):
        at, to = (draw(st.integers(0, max(0, len(pieces) - 1))) for _ in range(2))
        act = draw(st.sampled_from(ACTS))
        act(pieces, at, to, draw)
    encode = draw(st.sampled_from(ENCODINGS))
    return encode("".join(pieces))


def _drop(pieces: list[str], at: int, to: int, _: st.DrawFn) -> None:
    del pieces[min(at, to) : min(at, to) + 1]


def _double(pieces: list[str], at: int, to: int, _: st.DrawFn) -> None:
    pieces[to:to] = pieces[at : at + 1]


def _swap(pieces: list[str], at: int, to: int, _: st.DrawFn) -> None:
    if pieces:
        pieces[at], pieces[to] = pieces[to], pieces[at]


def _replace(pieces: list[str], at: int, _: int, draw: st.DrawFn) -> None:
    pieces[at : at + 1] = [draw(texts())]


def _insert(pieces: list[str], at: int, _: int, draw: st.DrawFn) -> None:
    pieces[at:at] = [draw(texts())]


ACTS: tuple[Callable[[list[str], int, int, st.DrawFn], None], ...] = (
    _drop,
    _double,
    _swap,
    _replace,
    _insert,
)
ENCODINGS: tuple[Callable[[str], bytes], ...] = (
    *[lambda text: text.encode("utf-8", "surrogatepass")] * 6,
    lambda text: b"\xef\xbb\xbf" + text.encode("utf-8", "surrogatepass"),
    lambda text: text.replace("\n", "\r\n").encode("utf-8", "surrogatepass"),
    lambda text: text.replace("\n", "\r").encode("utf-8", "surrogatepass"),
    lambda text: text.encode("utf-16", "surrogatepass"),
    lambda text: text.encode("latin-1", "replace"),
)


@st.composite
def of_other_types(draw: st.DrawFn, trees: list[Any]) -> bytes:
    """Documents in which some nodes are of other types, or stand in other places."""
    changed = copy.deepcopy(trees)
    for _ in range(draw(st.integers(1, 3))):
        parent, key = draw(st.sampled_from([*_places(changed)]))
        others = st.sampled_from(TYPES) | texts() | st.sampled_from([*_places(changed)]).map(_value)
        parent[key] = copy.deepcopy(draw(others))
    return "\n---\n".join(json.dumps(each) for each in changed).encode()


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Each value by what it is in, and where."""
    for key in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        yield node, key
        yield from _places(node[key])


def _value(place: tuple[Any, Any]) -> Any:
    parent, key = place
    return parent[key]


assert {*NAMES} == {*sources.SOURCES}
