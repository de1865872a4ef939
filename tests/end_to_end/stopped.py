"""Processes that write down which signals they hear, to be stopped by somebody else."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import psutil

from tests.end_to_end.harness import PYTHON, App
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = """
import os, signal, sys
name, deaf = sys.argv[1], sys.argv[2:] == ["deaf"]
def hear(number, _):
    with open(f"{name}.heard", "a") as file:
        file.write(signal.Signals(number).name + "\\n")
    if not deaf:
        sys.exit(0)
for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT):
    signal.signal(number, hear)
with open(f"{name}.part", "w") as file:
    file.write(str(os.getpid()))
os.replace(f"{name}.part", f"{name}.up")
while True:
    signal.pause()
"""
HEARS = f"{PYTHON} hears.py"
"""Words behind it: a name, and `deaf` for one that does not end."""


def write(app: App, command: str, said: str = "") -> None:
    """An app with a process type `web`, of which procman.yml says this."""
    app.write("hears.py", PROGRAM)
    app.procfile(web=command)
    app.write("procman.yml", f"processes: {{web: {{{said}}}}}\n")


def pid(app: App, name: str, but: int = 0) -> int:
    """Of a process that listens, as soon as it does; of another one than that."""
    path = app.root / f"{name}.up"
    wait_until(lambda: path.exists() and int(path.read_text()) != but)
    return int(path.read_text())


def heard(app: App, name: str) -> list[str]:
    """The signals that a process has heard, those before it was started anew included."""
    path = app.root / f"{name}.heard"
    return path.read_text().split() if path.exists() else []


def is_gone(pid: int) -> bool:
    """Whether a process has ended; who is not yet buried has."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@contextmanager
def open_to_all() -> Iterator[tuple[App, Path]]:
    """An app, and a folder beside it, where other users find their way. Each pytest that starts closes the
    folders of all pytests to them."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "app").mkdir()
        (folder / "app").chmod(0o777)
        app = App(folder / "app")
        try:
            yield app, folder
        finally:
            app.close()
