"""An app in a folder and procman running it, on pipes or on a pseudo-terminal, seen from outside."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import sqlite3
import subprocess
import sys
import termios
import uuid
from textwrap import dedent, indent
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil

from procman.store.rows import to_run
from procman.store.statements import RUNS
from tests.end_to_end.output import PATIENCE, Output, plain, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from procman.core.tasks.run import Run

PROCMAN = (sys.executable, "-m", "procman")
PYTHON = sys.executable
UNWANTED = {
    *("PORT", "PS", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"),
    *("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"),
}
# The first terminal that a session leader opens becomes its controlling terminal (tty(4)).
TAKE_TERMINAL = ("/bin/sh", "-c", 'exec "$@" <>"$0" >&0 2>&0')


class Finished(NamedTuple):
    """A command that has ended."""

    code: int
    out: str
    err: str


class Running:
    """A procman that runs. On a terminal `out` and `err` are the same. `master` is where its log is read."""

    def __init__(self, process: subprocess.Popen[bytes], out: Output, err: Output, master: int) -> None:
        self.process, self.out, self.err, self.master = process, out, err, master
        self.wait_for = out.wait_for

    def pid_of(self, name: str) -> int:
        """The pid of a process, once it is started."""
        return int(self.wait_for(rf"{re.escape(name)} started \(pid (\d+)\)")[1])

    def supervisor(self) -> psutil.Process:
        """The one child that the guardian starts by itself."""
        wait_until(lambda: psutil.Process(self.process.pid).children())
        return psutil.Process(self.process.pid).children()[0]

    def kill(self, name: str) -> None:
        """End one process, without a chance to clean up."""
        os.kill(self.pid_of(name), signal.SIGKILL)

    def type(self, keys: str) -> None:
        """Press keys on the terminal."""
        os.write(self.master, keys.encode())

    def resize(self, columns: int, rows: int) -> None:
        """Drag the corner of the terminal's window."""
        termios.tcsetwinsize(self.master, (rows, columns))

    def end(self) -> int:
        """Wait for the end; the exit code."""
        self.out.finish()
        self.err.finish()
        return self.process.wait(PATIENCE)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit code."""
        self.process.send_signal(number)
        return self.end()

    @property
    def lines(self) -> list[str]:
        """Lines without time and colour."""
        return [plain(line) for line in self.out.text.splitlines()]

    def said_by(self, name: str) -> list[str]:
        """The text of the lines of one process."""
        found = (re.match(rf"{re.escape(name)} *\| ?(.*)", line) for line in self.lines)
        return [match[1] for match in found if match]


class App:
    """A folder with a Procfile; every process started for it has the marker in its environment."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.marker = uuid.uuid4().hex
        self._open: list[int] = []
        self._launched: list[subprocess.Popen[bytes]] = []

    def write(self, name: str, content: str | bytes, mode: int = 0o644) -> Path:
        """A file in the app's folder. Who waits for it may read it at once, and remove it."""
        path = self.root / name
        with path.open("wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            os.fchmod(file.fileno(), mode)
        return path

    def procfile(self, **commands: str) -> None:
        """The Procfile, a process type for each keyword."""
        self.write("Procfile", "".join(f"{name}: {command}\n" for name, command in commands.items()))

    def tasks(self, text: str, top: str = "") -> None:
        """`procman.yml` with these tasks, as they are written below `tasks:`."""
        self.write("procman.yml", f"{top}tasks:\n{indent(dedent(text), '  ')}\n")

    def listed(self, *words: str) -> list[dict[str, Any]]:
        """What a command lists as JSON."""
        ended = self.do(*words, "--json")
        assert ended.code == 0, ended.err
        found: list[dict[str, Any]] = json.loads(ended.out)
        return found

    @property
    def runs(self) -> list[Run]:
        """Every row of the store, the oldest first."""
        path = self.root / ".procman" / "procman.db"
        if not path.exists():
            return []
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as store:
            return [to_run(row) for row in store.execute(f"{RUNS} ORDER BY id")]

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of a plain shell."""
        inherited = {
            k: v for k, v in os.environ.items() if k not in UNWANTED and not k.startswith("PROCMAN_")
        }
        return inherited | {"TERM": "xterm", "PROCMAN_TEST": self.marker} | dict(more or {})

    def do(self, *words: str, env: Mapping[str, str] | None = None, **options: Any) -> Finished:
        """Run procman until it ends by itself."""
        running = self.launch(*PROCMAN, *words, env=env, **options)
        return Finished(running.end(), running.out.text, running.err.text)

    def start(self, *words: str, env: Mapping[str, str] | None = None, **options: Any) -> Running:
        """`procman start` on pipes."""
        return self.launch(*PROCMAN, "start", *words, env=env, **options)

    def launch(self, *command: str, env: Mapping[str, str] | None = None, **options: Any) -> Running:
        """A command in the app's folder, on pipes, in its own session."""
        out, inner_out = self._keep(os.pipe())
        err, inner_err = self._keep(os.pipe())
        defaults: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "start_new_session": True,
            "cwd": self.root,
        }
        process = subprocess.Popen(
            command,
            env=self.environment(env),
            stdout=inner_out,
            stderr=inner_err,
            **(defaults | options),
        )
        self._launched.append(process)
        self._close(inner_out, inner_err)
        return Running(process, Output(out), Output(err), out)

    def on_terminal(self, *words: str, **options: Any) -> Running:
        """Procman in the foreground of a terminal of its own."""
        return self.launch_on_terminal(*PROCMAN, *words, **options)

    def launch_on_terminal(
        self, *command: str, columns: int = 100, rows: int = 30, env: Mapping[str, str] | None = None
    ) -> Running:
        """A command in the foreground of a terminal of its own, whose output is read."""
        master, inner = self._keep(pty.openpty())
        termios.tcsetwinsize(inner, (rows, columns))
        process = subprocess.Popen(
            (*TAKE_TERMINAL, os.ttyname(inner), *command),
            cwd=self.root,
            env=self.environment(env),
            stdin=inner,
            stdout=inner,
            stderr=inner,
            start_new_session=True,
        )
        self._launched.append(process)
        self._close(inner)
        output = Output(master)
        return Running(process, output, output, master)

    def hang_up(self, running: Running) -> None:
        """Close the terminal's window, or the end of the pipe where the log is read."""
        running.out.abandon()
        self._close(running.master)

    def processes(self) -> list[psutil.Process]:
        """Every living process that was started for this app, however it hides."""
        return [process for process in psutil.process_iter() if marker_of(process) == self.marker]

    def close(self) -> None:
        """Kill what is left; an error if there is anything."""
        left = self.processes()
        described = [(process.pid, command_line(process)) for process in left]
        while left:
            for process in left:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(left, PATIENCE)
            left = self.processes()
        for launched in self._launched:
            launched.wait(PATIENCE)
        self._close(*self._open)
        assert not described, f"left behind: {described}"

    def _keep(self, fds: tuple[int, int]) -> tuple[int, int]:
        self._open += fds
        return fds

    def _close(self, *fds: int) -> None:
        for fd in fds:
            self._open.remove(fd)
            os.close(fd)


def marker_of(process: psutil.Process) -> str | None:
    """The marker that a living process has from its app, if it may be looked at."""
    try:
        return process.environ().get("PROCMAN_TEST")
    except (psutil.Error, OSError):
        return None


def command_line(process: psutil.Process) -> str:
    """What a process was started as, if it still lives."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return "(ended)"
