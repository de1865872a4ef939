"""Patterns of files, as `watch` has them: `app/**/*.py`, `config/`, `*.{yml,toml}`, `!app/old/`.

They are names below the app's folder with `/` between them, read as bash does (Pattern Matching in bash(1),
with globstar). `*`, `?` and `[...]` stand for signs of one name, `**` for any number of folders, `{a,b}` for
either. None of them stands for the dot that a hidden name begins with: it has to be written.

A pattern that ends with `/`, or whose last name is written out, means all below it too. `!` takes out what
fits, hidden names included, and all below it, wherever it stands among the others.
"""

from __future__ import annotations

import re

from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

IGNORED = {
    *".git .hg .svn .procman node_modules __pycache__ .venv venv".split(),
    *".mypy_cache .pytest_cache .ruff_cache .tox .nox .DS_Store".split(),
    "4913",  # how Vim tries whether it may write in a folder
}
"""No file of these names counts, and none below such a folder, whatever the patterns say."""
TEMPORARY = re.compile(
    r".*~ | (\..*)?\.sw[a-z] | \#.*\# | \.\#.* | .*\.tmp | .*___jb_(tmp|old)___ | .*\.py[co]",
    re.VERBOSE | re.DOTALL,
)
"""Nor do these: what editors and Python leave for themselves."""
ANY_FOLDERS = "**"
WILD = re.compile(r"[*?[]")
CHOICE = re.compile(r"\{([^{}]*,[^{}]*)\}")
CLASS = re.compile(r"\[(!|\^)?(\]?[^]]*)\]")
SIGN = re.compile(r"(.)(?:-(.))?", re.DOTALL)


class Globs:
    """Patterns that belong together. Where there are only such with `!`, all else is meant."""

    def __init__(self, patterns: Iterable[str]) -> None:
        texts = [text.strip() for text in patterns]
        meant = [text for text in texts if text and not text.startswith("!")] or ["./"]
        self._meant = [_pattern(each, hidden=False) for text in meant for each in _choices(text)]
        taken_out = [text[1:] for text in texts if text.startswith("!") and text != "!"]
        self._taken_out = [_pattern(each, hidden=True) for text in taken_out for each in _choices(text)]

    def matches(self, path: str) -> bool:
        """Whether a file is meant. Its path is relative to the app's folder."""
        names = path.split("/")
        if not any(pattern.ends(pattern.after(names)) for pattern in self._meant):
            return False
        return not (is_ignored(names) or self._takes_out(names))

    def enters(self, folder: str, is_link: bool = False) -> bool:
        """Whether files that are meant may be in a folder or below it; "" is that of the app.

        `**` does not lead through a symlink, as it may lead anywhere: one that is written does.
        """
        names = folder.split("/") if folder else []
        if not any(pattern.leads_on(pattern.after(names, is_link)) for pattern in self._meant):
            return False
        return not (is_ignored(names) or self._takes_out(names))

    def _takes_out(self, names: Sequence[str]) -> bool:
        heads = [names[:length] for length in range(1, len(names) + 1)]
        return any(pattern.ends(pattern.after(head)) for pattern in self._taken_out for head in heads)


def is_ignored(names: Sequence[str]) -> bool:
    """Whether a path, as names, never counts."""
    return not IGNORED.isdisjoint(names) or bool(names and TEMPORARY.fullmatch(names[-1]))


class _Pattern(NamedTuple):
    """`names` are regular expressions, None for `**`. With `below` all counts that is below what fits."""

    names: Sequence[re.Pattern[str] | None]
    below: bool
    hidden: bool

    def after(self, names: Sequence[str], is_link: bool = False) -> set[int]:
        """How many names of the pattern can be behind us after those of a path; empty when it does not fit.

        `is_link`: not with names that `**` stands for.
        """
        places = self._on({0})
        for name in names:
            free = not is_link and (self.hidden or not name.startswith("."))
            places = self._on({place for here in places for place in self._over(here, name, free)})
        return places

    def ends(self, places: set[int]) -> bool:
        return len(self.names) in places

    def leads_on(self, places: set[int]) -> bool:
        return any(place < len(self.names) or self.below for place in places)

    def _over(self, here: int, name: str, free: bool) -> Iterator[int]:
        """Where one more name leads to. `free`: `**` may stand for it."""
        if here == len(self.names):
            if free and self.below:
                yield here
        elif (expected := self.names[here]) is None:
            if free:
                yield here
        elif expected.fullmatch(name):
            yield here + 1

    def _on(self, places: set[int]) -> set[int]:
        """`**` stands for no folder too."""
        for place, expected in enumerate(self.names):
            if expected is None and place in places:
                places.add(place + 1)
        return places


def _choices(text: str) -> Iterator[str]:
    """What `{a,b}` stands for, those within others included."""
    found = CHOICE.search(text)
    if not found:
        yield text
        return
    for choice in found[1].split(","):
        yield from _choices(text[: found.start()] + choice + text[found.end() :])


def _pattern(text: str, hidden: bool) -> _Pattern:
    names = [name for name in text.split("/") if name not in ("", ".")]
    below = text.endswith("/") or not names or not WILD.search(names[-1])
    return _Pattern(
        [None if name == ANY_FOLDERS else _expression(name, hidden) for name in names], below, hidden
    )


def _expression(name: str, hidden: bool) -> re.Pattern[str]:
    """One name, or part of a path between slashes.

    What is between two `*` is best found where it comes first: there is nothing to go back for, and names
    like `*a*a*a*b` take no longer than others.
    """
    first, *others = _fixed(name)
    dot = "" if hidden or name.startswith(".") else r"(?!\.)"
    if not others:
        return re.compile(dot + first, re.DOTALL)
    *between, last = others
    found = "".join(f"(?>.*?{part})" for part in between)
    return re.compile(f"{dot}{first}{found}.*{last}", re.DOTALL)


def _fixed(name: str) -> list[str]:
    """The parts of a name between its `*`, as expressions."""
    parts = [""]
    place = 0
    while place < len(name):
        sign = name[place]
        found = CLASS.match(name, place)
        if sign == "*":
            parts.append("")
        elif found:
            parts[-1] += _class(found[2], negated=bool(found[1]))
        else:
            parts[-1] += "." if sign == "?" else re.escape(sign)
        place += len(found[0]) if found else 1
    return parts


def _class(signs: str, negated: bool) -> str:
    """`[a-z_]`; a range whose end comes before its beginning is empty."""
    ranges = [(first, last or first) for first, last in SIGN.findall(signs)]
    inner = "".join(f"{re.escape(first)}-{re.escape(last)}" for first, last in ranges if first <= last)
    if negated:
        return f"[^{inner}]" if inner else "."
    return f"[{inner}]" if inner else "(?!)"
