"""Which unfinished line is a prompt: on procman's terminal no key reaches the process that waits there."""

from __future__ import annotations

import re

from procman.core.text.visible import readable
from procman.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

CALM_SECONDS = 2.0
"""A line that has not changed for so long is waited at, and not merely slow."""
LONGEST = 300
"""Bytes; nobody asks in longer lines."""
COLOUR = r"\x1b\[[0-9;:]*m"
PROGRESS = r"\d ?%|[\u2800-\u28ff\u2580-\u259f\u25a0-\u25ff]|\\x08"
"""Percents, spinners of Braille dots, bars of blocks, backspaces."""
PROMPT = (
    r".*\w.*:"  # Password: In [1]:
    r"|(?:.*[^=<-])?>(?<!/>)"  # > mysql> irb(main):001:0>
    r"|\w+[=-][>#]"  # psql's app=>
    r"|[\w.@:~/-]+[$#]"  # a shell's
    r"|.*\w.*\?"  # Overwrite?
    r"|.*[(\[][A-Za-z]+(?:/[A-Za-z]+)+[)\]]"  # [y/N]
    r"|\([A-Za-z][\w:+ -]*\)"  # (Pdb) (rdb:1)
    r"|(?i:.*\b(?:press|hit)\b.*\b(?:key|enter|return)\b.*)"
    r"|\? \S.*"  # what npm's questions begin with
)
TAG = r".*<[^<>]*>"
"""Markup is no prompt, though it ends so."""


def is_prompt(line: bytes) -> bool:
    """Whether an unfinished line looks as if its process waited for an answer."""
    if len(line) > LONGEST:
        return False
    text = re.sub(COLOUR, "", readable(line)).strip()
    if re.search(PROGRESS, text) or re.fullmatch(TAG, text):
        return False
    return re.fullmatch(PROMPT, text) is not None


class _Line(NamedTuple):
    """`rewritten` is what progress states are, and prompts are not; `since` on the monotonic clock."""

    text: bytes
    rewritten: bool
    since: float


class Prompts:
    """Notices, once a process, that one seems to wait at a prompt."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._candidates: dict[str, float] = {}
        self._told: set[str] = set()

    @property
    def deadline(self) -> float | None:
        """When to ask for `waiting`, on the monotonic clock."""
        return min(self._candidates.values()) + CALM_SECONDS if self._candidates else None

    def changed(self, name: str, line: bytes, fresh: bool, now: float) -> None:
        """The unfinished line of a process is another; `fresh` when lines before it have ended since.

        Behind a carriage return at its end nobody waits: the cursor stands where the next state begins.
        """
        if name in self._told:
            return
        before = self._lines.pop(name, None)
        self._candidates.pop(name, None)
        if not line or line.endswith(b"\r"):
            return
        line = line.rpartition(b"\r")[2]
        goes_on = before is not None and not fresh
        rewritten = goes_on and before is not None and (before.rewritten or not line.startswith(before.text))
        self._lines[name] = _Line(line, rewritten, now)
        if not rewritten and is_prompt(line):
            self._candidates[name] = now

    def waiting(self, now: float) -> Iterator[str]:
        """The processes that have waited long enough; each is told once."""
        for name, since in list(self._candidates.items()):
            if now - since >= CALM_SECONDS:
                self._told.add(name)
                self._lines.pop(name)
                del self._candidates[name]
                yield name

    def forget(self, name: str) -> None:
        """A process has ended; what comes under its name is another one."""
        self._lines.pop(name, None)
        self._candidates.pop(name, None)
        self._told.discard(name)
