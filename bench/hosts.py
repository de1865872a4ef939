"""Several procmans that share the tasks of one app, each in a folder of its own, as on hosts of their own."""

import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from bench import schedulers
from bench.context import Bench
from bench.load import RunError
from bench.schedulers import Job
from bench.subjects import clean_environment

PATIENCE, STOP_PATIENCE = 60.0, 20.0
APP = "bench"


class Hosts:
    """Each runs `procman scheduler`; what they start tells when it began, through one FIFO.

    Without a `store` the one host has its file.
    """

    def __init__(self, bench: Bench, number: int, store: str | None) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=bench.folder))
        self.fifo = self.folder / "stamps"
        self.stamps: list[tuple[str, int]] = []
        self._text = b""
        os.mkfifo(self.fifo)
        self._fd = os.open(self.fifo, os.O_RDWR | os.O_NONBLOCK)
        self.roots = [self.folder / f"host{each}" for each in range(number)]
        self._top = f'store: "{store}"\napp: {APP}\n' if store else ""
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, jobs: Callable[[Path], Sequence[Job]]) -> None:
        """Start them all, with these jobs."""
        for root in self.roots:
            self.launch(root, self.write(root, jobs(self.fifo)))

    def write(self, root: Path, jobs: Sequence[Job]) -> list[str]:
        """Make a folder with the app in it; what runs it."""
        root.mkdir()
        argv = schedulers.procman(root, jobs)
        file = root / "procman.yml"
        file.write_text(self._top + file.read_text())
        return argv

    def launch(self, folder: Path, argv: Sequence[str]) -> None:
        """Start a program that is to run until the end."""
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                argv,
                cwd=folder,
                env={**clean_environment(folder), "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)

    def wait(self, reached: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
        """Until something is reached. Raises `RunError` when that takes too long."""
        deadline = time.monotonic() + patience
        while not reached():
            if time.monotonic() > deadline or any(each.poll() is not None for each in self.processes):
                raise RunError(f"{what}: not reached; {self._last_words()}")
            self._take(0.2)

    def wait_more(self, seen: int, what: str) -> None:
        """Until more have begun than so many."""
        self.wait(lambda: len(self.stamps) > seen, what)

    def wait_ready(self) -> None:
        """Until each has said what it has to do."""
        self.wait(lambda: all(self._says(root, b", next: ", b"scheduled") for root in self.roots), "start")

    def listen(self, seconds: float) -> None:
        """Take in what comes for so long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._take(left)

    def _says(self, root: Path, *parts: bytes) -> bool:
        said = (root / "log").read_bytes()
        return any(part in said for part in parts)

    def _take(self, seconds: float) -> None:
        if select.select([self._fd], [], [], seconds)[0]:
            *lines, self._text = (self._text + os.read(self._fd, 1 << 16)).split(b"\n")
            for line in lines:
                name, _, at = line.decode().rpartition(" ")
                self.stamps.append((name, int(at)))

    def _last_words(self) -> str:
        logs = [root / "log" for root in (*self.roots, self.folder)]
        words = [log.read_text(errors="replace").strip()[-200:] for log in logs if log.exists()]
        return " / ".join(words).replace(str(self.folder), "DIR")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(STOP_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        os.close(self._fd)
        shutil.rmtree(self.folder, ignore_errors=True)
