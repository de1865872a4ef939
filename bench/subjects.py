"""What is measured: procman, its peers, and yardsticks that show what the machine could do at best."""

import importlib.metadata
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Commands = dict[str, list[str]]


@dataclass(frozen=True)
class Subject:
    """One program under measurement.

    `start` writes what the program wants to read into a folder and answers its command line. One with a
    `distribution` is a Python package. Those that are peers of the scheduler do not manage a Procfile.
    """

    name: str
    start: Callable[[Path, Commands], list[str]]
    program: str = ""
    manages: bool = True
    schedules: bool = False
    distribution: str = ""
    stop_signal: signal.Signals | None = signal.SIGTERM
    version: tuple[str, ...] = ("--version",)
    help: tuple[str, ...] = ("--help",)

    def path(self) -> str | None:
        """Where the program is, or the Python that has the package; None when it is missing."""
        if self.distribution:
            return sys.executable if _installed(self.distribution) else None
        return find(self.program)

    @property
    def is_peer(self) -> bool:
        """Whether it is a program like procman, or like a part of it, and no yardstick."""
        return self.manages or self.schedules


def with_file(subject: Subject, name: str, text: str) -> Callable[[Path, Commands], list[str]]:
    """The `start` of a subject, with one more file in the folder."""

    def start(folder: Path, commands: Commands) -> list[str]:
        (folder / name).write_text(text)
        return subject.start(folder, commands)

    return start


def search_path() -> str:
    """PATH, with the folder of this Python before it."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def find(program: str) -> str | None:
    """Full path of a program, None when it is missing."""
    return shutil.which(program, path=search_path())


def _installed(distribution: str) -> bool:
    try:
        return bool(importlib.metadata.version(distribution))
    except importlib.metadata.PackageNotFoundError:
        return False


def clean_environment(folder: Path) -> dict[str, str]:
    """All that a measured program gets to see of the environment."""
    kept = {key: os.environ[key] for key in ("HOME", "LANG") if key in os.environ}
    return {"PATH": search_path(), "TMPDIR": str(folder), **kept}


def version_text(subject: Subject) -> str:
    """The version as the program itself tells it, without its name."""
    path = subject.path()
    if path is None or not (subject.version or subject.distribution):
        return ""
    if subject.distribution:
        return importlib.metadata.version(subject.distribution)
    done = subprocess.run(
        [path, *subject.version], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    words = (done.stdout or done.stderr).split()
    numbers = (word.lstrip("v") for word in words if word.lstrip("v")[:1].isdigit())
    return next(numbers, "unknown")
