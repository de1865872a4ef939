"""Where a batch goes: cut into whole lines, dressed with its prefix, handed to the writer."""

from __future__ import annotations

from procman.core.facts import WaitsForInput, has_words
from procman.core.text.lines import LineCutter
from procman.core.text.pace import REFRESH_SECONDS, Pace
from procman.core.text.prefix import SYSTEM
from procman.core.text.visible import masked, printable
from procman.core.text.window import Window
from procman.logs.backlog import FULL
from procman.typed import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from procman.core.facts import Fact
    from procman.core.text.prefix import Buffer
    from procman.core.text.prompts import Prompts
    from procman.logs.backlog import Output, Waiting

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


class Log:
    """The multiplexed log of all processes, on one screen; when `quiet` without procman's own words.

    `window` is what children see as their terminal, `answer` takes what theirs says to them, by name.
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
        self.window = Window()
        self.answer: Callable[[str, bytes], None] = lambda name, data: None
        self._cutters: dict[str, LineCutter] = {}
        self._paces: dict[str, Pace] = {}
        self._refresh_at: float | None = None
        self._behind = False
        self._own_bytes = 0
        self._unsaid = 0
        self.sinks: list[Callable[[str, bytes, object], None]] = []
        """They get all whole lines too, by name; and of procman's own (`system`) the words that they say."""
        self.outputs: list[Waiting] = [writer]
        """All that writes them; the first is the writer."""
        self.attachable = False
        """Whether somebody can come to the terminals of processes from outside."""

    @property
    def deadline(self) -> float | None:
        """When `refresh` is due, on the monotonic clock."""
        prompt_at = self._prompts.deadline if self._prompts else None
        if prompt_at is None or self._refresh_at is None:
            return self._refresh_at if prompt_at is None else prompt_at
        return min(prompt_at, self._refresh_at)

    def output(self, name: str, data: bytes, now: float) -> None:
        """A batch of a process's output, as read. `now` is on the monotonic clock."""
        if all(each.lost for each in self.outputs):
            return
        cutter = self._cutters.get(name)
        if cutter is None:
            cutter = self._cutters[name] = LineCutter(self.window)
            self._paces[name] = Pace()
        if lines := cutter.feed(data):
            self._put(name, lines)
        if self._prompts:
            self._prompts.changed(name, cutter.rest, bool(lines), now)
        if cutter.answers:
            self.answer(name, cutter.answers)
            cutter.answers = b""
        if cutter.unsettled:
            self._paces[name].fed_at = now
            if not self._behind:
                self._refresh_by(now + REFRESH_SECONDS)

    def finish(self, name: str) -> None:
        """A process has no more output: print its unterminated last line."""
        cutter = self._cutters.pop(name, None)
        self._paces.pop(name, None)
        if cutter and (lines := cutter.finish()):
            self._put(name, lines)
        self._heads.forget(name)
        if self._prompts:
            self._prompts.forget(name)

    def unfinished(self, name: str) -> bytes:
        """What a process has written of a line that it has not ended."""
        cutter = self._cutters.get(name)
        return cutter.state if cutter else b""

    def hear(self, fact: Fact) -> None:
        """Say a fact, if it is for people."""
        if has_words(fact):
            self.say(fact)

    def say(self, words: object) -> None:
        """A line of procman's own: a fact, or what else is worth knowing.

        While nobody reads the log these are bounded too, and then counted.
        """
        head = self._heads.about(words)
        if self._quiet:
            return
        line = f"{printable(masked(str(words)))}\n".encode()
        for sink in self.sinks:
            sink(SYSTEM, line, words)
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
            self.say(WaitsForInput(name, self.attachable))
        self._refresh_at = None
        self._behind = any(each.busy() for each in self.outputs)
        if self._behind:
            return
        states = {}
        for name, cutter in self._cutters.items():
            if cutter.unsettled:
                self._show_kept(name, cutter, now)
                if state := cutter.state:
                    states[name] = state
        self._show_unfinished(states, now)

    def _show_kept(self, name: str, cutter: LineCutter, now: float) -> None:
        """Show a block, or the blank lines that a process wrote, if it is time to."""
        pace = self._paces[name]
        if cutter.redrawn:
            due = pace.block_due(now)
        elif cutter.waiting:
            due = pace.fed_at + REFRESH_SECONDS
        else:
            pace.block_is_still()
            return
        if now < due:
            self._refresh_by(due)
            return
        if cutter.redrawn:
            pace.block_shown(now)
        if lines := cutter.show():
            self._put(name, lines)

    def _show_unfinished(self, states: dict[str, bytes], now: float) -> None:
        if self._screen.only_calm:
            calm = {name: state for name, state in states.items() if self._paces[name].paused(now)}
            if len(calm) < len(states):
                self._refresh_by(now + REFRESH_SECONDS)
            states = calm
        if buffers := self._screen.partial({name: (self._heads.of(name), states[name]) for name in states}):
            self.writer.put(buffers)

    def repaint(self) -> None:
        """Unfinished lines look different now: show them anew, at once."""
        if self._refresh_at is not None or any(cutter.state for cutter in self._cutters.values()):
            self._refresh_at = 0.0

    def _refresh_by(self, at: float) -> None:
        if self._refresh_at is None or at < self._refresh_at:
            self._refresh_at = at

    def catch_up(self, now: float) -> None:
        """All is written: show what `refresh` could not."""
        if self._behind:
            self.refresh(now)

    def _put(self, name: str, lines: bytes) -> None:
        self.writer.put(self._screen.lines(name, self._heads.of(name), lines))  # first who has to wait for it
        for sink in self.sinks:
            sink(name, lines, None)
