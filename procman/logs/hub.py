"""Where a batch goes: cut into whole lines, dressed with its prefix, handed to the writer."""

from __future__ import annotations

from procman.core.facts import WaitsForInput
from procman.core.text.lines import LineCutter, newest_state
from procman.core.text.prefix import SYSTEM
from procman.core.text.visible import printable
from procman.logs.writer import FULL
from procman.typed import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.core.text.prefix import Buffer
    from procman.core.text.prompts import Prompts

REFRESH_SECONDS = 0.05
"""Unfinished lines are shown at most 20 times a second, and at most this late."""

MOST_OWN_BYTES = 1 << 20
"""Of procman's own words, waiting in a log that is full."""


class Screen(Protocol):
    """How whole and unfinished lines become buffers; see `core/text/` for the three there are."""

    only_calm: bool
    """Whether an unfinished line is shown only when its process has paused."""

    def lines(self, name: str, prefix: bytes, lines: bytes) -> list[Buffer]: ...

    def partial(self, states: Mapping[str, tuple[bytes, bytes]]) -> list[Buffer]: ...

    def go_below(self) -> list[Buffer]: ...


class Heads(Protocol):
    """What stands in front of lines; see `logs/heads.py` and `logs/jsonheads.py`."""

    def of(self, name: str) -> bytes: ...

    def about(self, words: object) -> bytes: ...

    def forget(self, name: str) -> None: ...


class Output(Protocol):
    """Where buffers go; see `logs/writer.py`."""

    error: OSError | None
    done: bool
    limit: int
    stuck_since: float | None

    @property
    def lost(self) -> bool: ...

    @property
    def pending(self) -> int: ...

    def put(self, buffers: list[Buffer]) -> None: ...

    def full(self) -> bool: ...

    def busy(self) -> bool: ...

    def give_up(self) -> None: ...

    def close(self) -> None: ...


class Log:
    """The multiplexed log of all processes, on one screen; when `quiet` without procman's own words.

    With `prompts` it says of whom it seems to wait for keys.
    """

    def __init__(
        self,
        writer: Output,
        screen: Screen,
        heads: Heads,
        quiet: bool = False,
        prompts: Prompts | None = None,
    ) -> None:
        self.writer = writer
        self._screen = screen
        self._heads = heads
        self._quiet = quiet
        self._prompts = prompts
        self._cutters: dict[str, LineCutter] = {}
        self._fed: dict[str, float] = {}
        self._refresh_at: float | None = None
        self._behind = False
        self._own_bytes = 0
        self._unsaid = 0

    @property
    def deadline(self) -> float | None:
        """When `refresh` is due, on the monotonic clock."""
        prompt_at = self._prompts.deadline if self._prompts else None
        if prompt_at is None or self._refresh_at is None:
            return self._refresh_at if prompt_at is None else prompt_at
        return min(prompt_at, self._refresh_at)

    def output(self, name: str, data: bytes, now: float) -> None:
        """A batch of a process's output, as read. `now` is on the monotonic clock."""
        if self.writer.lost:
            return
        cutter = self._cutters.get(name)
        if cutter is None:
            cutter = self._cutters[name] = LineCutter()
        if lines := cutter.feed(data):
            self._put(name, lines)
        if self._prompts:
            self._prompts.changed(name, cutter.rest, bool(lines), now)
        if cutter.rest:
            self._fed[name] = now
            if self._refresh_at is None and not self._behind:
                self._refresh_at = now + REFRESH_SECONDS

    def finish(self, name: str) -> None:
        """A process has no more output: print its unterminated last line."""
        cutter = self._cutters.pop(name, None)
        self._fed.pop(name, None)
        if cutter and (line := cutter.finish()):
            self._put(name, line)
        self._heads.forget(name)
        if self._prompts:
            self._prompts.forget(name)

    def say(self, words: object) -> None:
        """A line of procman's own: a fact, or what else is worth knowing.

        While nobody reads the log these are bounded too, and then counted.
        """
        head = self._heads.about(words)
        if self._quiet:
            return
        line = f"{printable(str(words))}\n".encode()
        if self.writer.pending < FULL:
            self._own_bytes = 0
        self._own_bytes += len(line)
        if self._own_bytes > MOST_OWN_BYTES:
            self._unsaid += 1
            return
        if self._unsaid:
            unsaid = f"{self._unsaid} lines of procman's own are left out here\n"
            self.writer.put(self._screen.lines(SYSTEM, self._heads.about(unsaid), unsaid.encode()))
            self._unsaid = 0
        self.writer.put(self._screen.lines(SYSTEM, head, line))

    def go_below(self) -> None:
        """The terminal has shown a key, `^C`, at the cursor: that stands on a line of its own."""
        if buffers := self._screen.go_below():
            self.writer.put(buffers)

    def refresh(self, now: float) -> None:
        """Show the unfinished lines that have not grown just now; say who waits at one."""
        for name in self._prompts.waiting(now) if self._prompts else ():
            self.say(WaitsForInput(name))
        self._refresh_at = None
        self._behind = self.writer.busy()
        if self._behind:
            return
        rests = {name: cutter.rest for name, cutter in self._cutters.items() if cutter.rest}
        if self._screen.only_calm:
            calm = {name: rest for name, rest in rests.items() if now - self._fed[name] >= REFRESH_SECONDS}
            if len(calm) < len(rests):
                self._refresh_at = now + REFRESH_SECONDS
            rests = calm
        states = {name: (self._heads.of(name), newest_state(rest)) for name, rest in rests.items()}
        if buffers := self._screen.partial(states):
            self.writer.put(buffers)

    def repaint(self) -> None:
        """Unfinished lines look different now: show them anew, at once."""
        if self._refresh_at is not None or any(cutter.rest for cutter in self._cutters.values()):
            self._refresh_at = 0.0

    def catch_up(self, now: float) -> None:
        """All is written: show what `refresh` could not."""
        if self._behind:
            self.refresh(now)

    def _put(self, name: str, lines: bytes) -> None:
        self.writer.put(self._screen.lines(name, self._heads.of(name), lines))
