"""One run of one scheduler: what it starts tells when it began, through a FIFO."""

import contextlib
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from bench import cronfile, proc
from bench.context import Bench
from bench.load import RunError
from bench.subjects import clean_environment

PATIENCE, STOP_PATIENCE = 60.0, 15.0
BEAT = re.compile(rb"(beat|usr1) (\d{19})\n")


class Beat(NamedTuple):
    """A line of `stamp beat`: its word, when it was written and when it arrived here, in nanoseconds."""

    word: str
    written_ns: int
    seen_ns: int


class Watch:
    """`start` is asked for the command line when folder and FIFO are there. With `reading` the program's
    output is searched for beats, else it is thrown away."""

    def __init__(self, bench: Bench, start: Callable[[Path], Sequence[str]], reading: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=bench.folder))
        self.stamps: list[tuple[str, int]] = []
        self.beats: list[Beat] = []
        self._texts = {True: b"", False: b""}
        os.mkfifo(self.fifo)
        self._fifo = os.open(self.fifo, os.O_RDWR | os.O_NONBLOCK)
        self._output, writing = os.pipe() if reading else (-1, os.open(os.devnull, os.O_WRONLY))
        try:
            self._start(list(start(self.folder)), writing)
        finally:
            os.close(writing)

    def _start(self, argv: list[str], output: int) -> None:
        environment = {**clean_environment(self.folder), "TZ": "UTC"}
        with (self.folder / "stderr").open("wb") as errors:
            self.started_ns = time.time_ns()
            self.process = subprocess.Popen(
                argv,
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )

    @property
    def fifo(self) -> Path:
        """Where the started processes tell when they began."""
        return self.folder / "stamps"

    def __enter__(self) -> Self:
        return self

    def own(self) -> set[int]:
        """The scheduler and what it has forked of itself; what it has started runs another program."""
        first = self.process.pid
        line = proc.command_line(first)
        return {first} | {pid for pid in proc.descendants(first) if proc.command_line(pid) == line}

    def peak_megabytes(self) -> tuple[float, float]:
        """Resident peaks of all its own processes, and of the largest alone."""
        peaks = [proc.memory(pid).peak / 1e6 for pid in self.own()]
        return sum(peaks), max(peaks)

    def wait(
        self,
        reached: Callable[[], bool],
        what: str,
        patience: float = PATIENCE,
        each_turn: Callable[[], None] | None = None,
    ) -> None:
        """Until something is reached. Raises `RunError` when it takes too long or the scheduler ends."""
        deadline = time.monotonic() + patience
        while not reached():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RunError(f"{what}: not reached; {self._last_words()}")
            self._take(0.005 if each_turn else 0.2)
            if each_turn:
                each_turn()

    def listen(self, seconds: float) -> None:
        """Take in what comes for so long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._take(left)

    def _take(self, seconds: float) -> None:
        watched = [fd for fd in (self._fifo, self._output) if fd >= 0]
        for fd in select.select(watched, [], [], seconds)[0]:
            data = os.read(fd, 1 << 16)
            if fd == self._fifo:
                self._take_stamps(data)
            else:
                self._take_beats(data, time.time_ns())

    def _take_stamps(self, data: bytes) -> None:
        for line in self._lines(True, data):
            name, _, at = line.decode().rpartition(" ")
            self.stamps.append((name, int(at)))

    def _take_beats(self, data: bytes, now: int) -> None:
        for line in self._lines(False, data):
            if found := BEAT.search(line + b"\n"):
                self.beats.append(Beat(found[1].decode(), int(found[2]), now))

    def _lines(self, stamps: bool, data: bytes) -> list[bytes]:
        *lines, self._texts[stamps] = (self._texts[stamps] + data).split(b"\n")
        return lines

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_PATIENCE
        while self.process.poll() is None:
            if time.monotonic() > deadline:
                raise RunError(f"still there {STOP_PATIENCE:.0f} s after the request to stop")
            self._take(0.01)

    def _last_words(self) -> str:
        words = (self.folder / "stderr").read_text(errors="replace").strip()
        last = words.rpartition("\n")[2][-200:].replace(str(self.folder), "DIR")
        return last or "it said nothing on stderr"

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(RunError):
            if self.process.poll() is None:
                self.stop()
        cronfile.remove()
        proc.end_all_but(())
        self.process.wait()
        for fd in (self._fifo, self._output):
            if fd >= 0:
                os.close(fd)
        shutil.rmtree(self.folder, ignore_errors=True)
