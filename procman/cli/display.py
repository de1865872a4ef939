"""Procman's own output: what `start` writes to, and how lines look there."""

from __future__ import annotations

import os

from procman.cli.colours import coloured, dumb
from procman.core.text.plain import PlainScreen
from procman.core.text.prefix import Style, colours_of, fitted
from procman.core.text.terminal import TerminalScreen
from procman.host import descriptors
from procman.host.spawn import WindowSize
from procman.logs.heads import Prefixes, stamper
from procman.logs.hub import Log
from procman.logs.writer import Writer
from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from procman.app.app import App
    from procman.cli.options import Namespace
    from procman.core.plan.plan import Plan
    from procman.core.text.prompts import Prompts
    from procman.host.rotation import Rotation
    from procman.logs.hub import Heads, Screen

STDOUT = 1
USUAL_TIME = "%H:%M:%S"
JSON = "json"
NARROWEST = 20
"""A child's window is never told to be narrower, since programs then print garbage."""


class Display:
    """The log on standard output, and the window of children that get a terminal (None: pipes).

    `runs` are names of runs as long as any that may come.
    """

    def __init__(
        self, options: Namespace, app: App, plan: Plan, runs: Iterable[str], wake: Callable[[], None]
    ) -> None:
        self._options = options
        self._terminal = os.isatty(STDOUT)
        self._screen: TerminalScreen | None = None
        self._prefixes: Prefixes | None = None
        descriptors.enlarge(STDOUT)
        if options.log_format == JSON:
            from procman.core.text.jsonlines import JsonScreen  # only machines wait for it
            from procman.logs.jsonheads import JsonHeads

            screen: Screen = JsonScreen()
            heads: Heads = JsonHeads()
        else:
            screen = PlainScreen()
            if self._terminal and not dumb():
                screen = self._screen = TerminalScreen(*_size())
            self._style = self._wide_style(app, plan.name_width(runs))
            stamp = stamper(_time_format(options)) if options.timestamp else str
            heads = self._prefixes = Prefixes(self._fitted(), stamp)
        path = getattr(options, "log_file", None)
        with_terminals = self._terminal or path is not None  # so that `attach` goes there
        on_terminals = options.pty == "always" or (options.pty == "auto" and with_terminals)
        prompts = _prompts() if self._terminal or on_terminals else None
        writer = Writer(STDOUT, wake, _rotation(path) if path else None)
        self.log = Log(writer, screen, heads, options.quiet, prompts)
        self.usual = self._window()
        """Of one that has a terminal though others have none."""
        self.window = self.usual if on_terminals else None

    def resized(self) -> WindowSize:
        """Take the terminal's new size, and give that of the children's windows."""
        if self._prefixes:
            self._prefixes.style = self._fitted()
        if self._screen:
            self.log.writer.put(self._screen.resize(*_size()))
            self.log.repaint()
        return self._window()

    def learn(self, app: App, plan: Plan) -> None:
        """Other processes and tasks from now on; names stay in the column in which they are."""
        if self._prefixes:
            width = max(self._style.width, plan.name_width())
            self._style = self._wide_style(app, width)
            self._prefixes.style = self._fitted()

    def _wide_style(self, app: App, width: int) -> Style:
        options = self._options
        colours = colours_of([*(type_.name for type_ in app.types), *app.tasks])
        shown = colours if coloured(options.color, self._terminal) else {}
        return Style(width, options.timestamp, options.prefix, shown)

    def _fitted(self) -> Style:
        """On a terminal as wide as there is room for; in a pipe or file names are whole."""
        return fitted(self._style, _size()[0]) if self._terminal else self._style

    def _window(self) -> WindowSize:
        columns, rows = _size()
        width = self._prefixes.width if self._prefixes else 0
        window = WindowSize(max(NARROWEST, columns - width), rows)
        self.log.window.columns, self.log.window.rows = window
        return window


def _rotation(path: str) -> Rotation:
    from procman.host.rotation import Rotation  # only a detached procman has a file

    return Rotation(path)


def _time_format(options: Namespace) -> str:
    """In a file that is kept for days the date is a part of it, unless people want it otherwise."""
    form: str = options.timestamp_format
    return f"%Y-%m-%d {form}" if getattr(options, "log_file", None) and form == USUAL_TIME else form


def _prompts() -> Prompts:
    from procman.core.text.prompts import Prompts  # only on terminals are there keys

    return Prompts()


def _size() -> tuple[int, int]:
    """Columns and rows of the terminal; 80 by 24 when there is none, or it does not know."""
    try:
        columns, rows = os.get_terminal_size(STDOUT)
    except OSError:
        return 80, 24
    return columns or 80, rows or 24
