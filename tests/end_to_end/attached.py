"""An app and `procman attach`, each on a terminal of its own, which a shell has open too."""

from __future__ import annotations

import os
import re
import termios
from typing import TYPE_CHECKING

from tests.end_to_end.harness import PYTHON
from tests.end_to_end.output import PATIENCE, wait_until

if TYPE_CHECKING:
    from tests.end_to_end.harness import App, Running

COOKED = termios.ICANON | termios.ECHO | termios.ISIG


def started(app: App, script: str, *words: str, **others: str) -> Running:
    """An app on a terminal, whose `web` is a script; it can be talked to."""
    app.write("web.py", script)
    app.procfile(web=f"exec {PYTHON} web.py", **others)
    running = app.on_terminal("start", *words)
    running.pid_of("web.1")
    wait_until((app.root / ".procman" / "control.sock").exists)
    return running


class Attached:
    """Somebody who is attached. The terminal keeps its modes when procman ends: it is still open."""

    def __init__(self, app: App, *words: str, columns: int = 100, rows: int = 30) -> None:
        self.running: Running = app.on_terminal("attach", *words, columns=columns, rows=rows)
        self.out, self.type, self.resize = self.running.out, self.running.type, self.running.resize
        self.wait_for = self.running.wait_for
        self.process = self.running.process
        terminal = os.readlink(f"/proc/{self.process.pid}/fd/0")
        self._shell = os.open(terminal, os.O_RDWR | os.O_NOCTTY)
        wait_until(lambda: not self.local or self.process.poll() is not None)

    @property
    def local(self) -> int:
        """Lines, echo and the keys that are signals: which of them the terminal has."""
        found: int = termios.tcgetattr(self.running.master)[3] & COOKED
        return found

    def end(self) -> int:
        """Wait for the end, and that the terminal is as before; the exit code."""
        code = self.process.wait(PATIENCE)
        wait_until(self.is_as_before)
        self.leave_shell()
        return code

    def is_as_before(self) -> bool:
        """Whether the shell can be used again."""
        return self.local == COOKED

    def leave_shell(self) -> None:
        """Nobody has the terminal open any more, so its output ends."""
        os.close(self._shell)
        self.out.finish()

    def detach(self, key: str = "\x1c") -> None:
        """Leave the process, which goes on."""
        self.type(key)
        assert self.end() == 0
        assert re.search(r"detached from web\.1, it goes on\r\n\Z", self.out.text), self.out.text
