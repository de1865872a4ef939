"""One run of one manager, from its start to the end of its last process."""

import contextlib
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from bench import proc
from bench.context import Bench
from bench.filewatch import FileWatch
from bench.gates import Gates
from bench.load import Load, RunError, Tally
from bench.sinkend import Sink
from bench.subjects import Subject, clean_environment

PATIENCE = 120.0
STOP_PATIENCE = 30.0
BUSY = 0.5
SETTLE = 0.3


class Session:
    """Starts a manager with the children of a load; what can be waited for is reported, not slept for."""

    def __init__(self, bench: Bench, subject: Subject, load: Load) -> None:
        self._bench, self._subject, self._load = bench, subject, load
        self._folder = Path(tempfile.mkdtemp(dir=bench.folder))
        self._gates = Gates(self._folder, load.gated)
        self._output = self._folder / "output"
        self._file: FileWatch | None = None
        self._sink: Sink | None = None
        self._used = 0.0

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _start(self) -> None:
        commands = self._load.commands(self._bench.tools.producer, self._folder)
        argv = self._subject.start(self._folder, commands)
        with self._manager_output() as output, (self._folder / "stderr").open("wb") as errors:
            self.started_ns = time.monotonic_ns()
            self.manager = subprocess.Popen(
                argv,
                cwd=self._folder,
                env=clean_environment(self._folder),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )
        self._pidfd = os.pidfd_open(self.manager.pid)

    @contextlib.contextmanager
    def _manager_output(self) -> Iterator[int]:
        if self._load.into_file:
            self._file = FileWatch(self._output, self._load)
            with self._output.open("wb") as file:
                yield file.fileno()
            return
        reading, writing = os.pipe()
        try:
            self._sink = Sink([*self._bench.tools.sink, *self._load.sink_arguments()], reading)
            yield writing
        finally:
            os.close(reading)
            os.close(writing)

    @property
    def folder(self) -> Path:
        """The app's."""
        return self._folder

    def wait_for(self, path: Path) -> None:
        """Until there is such a file."""
        self._wait(path.name, path.exists, each_tick=lambda: None)

    @property
    def children(self) -> dict[str, int]:
        """Name and pid of each child that is up."""
        return self._gates.up

    def own(self) -> set[int]:
        """Pids of the manager and of what it runs for itself: neither the children nor the sink."""
        sink = {self._sink.pid} if self._sink else set()
        return proc.descendants(os.getpid()) - sink - set(self.children.values())

    def cpu(self) -> dict[int, float]:
        """CPU seconds of the manager's own processes so far."""
        return {pid: proc.cpu_seconds(pid) for pid in self.own()}

    def wait_up(self) -> None:
        """Until every child runs."""
        self._wait("start of all children", lambda: len(self._gates.up) == self._load.children, alive=True)

    def open_gate(self) -> int:
        """Lets the children begin; answers when, in CLOCK_MONOTONIC nanoseconds."""
        begin = time.monotonic_ns()
        self._gates.open("go")
        return begin

    def wait_written(self, each_tick: Callable[[], None] | None = None) -> None:
        """Until every child has written its last line."""
        self._wait("last line of all children", self._written, each_tick)

    def _written(self) -> bool:
        return self._gates.all_gone if self._load.leave else len(self._gates.done) == self._load.children

    def wait_seen(self, each_tick: Callable[[], None] | None = None) -> None:
        """Until everything has arrived, or nothing more will come.

        A yardstick such as sed keeps its last block until its input ends, so its producer leaves first.
        """
        if not self._subject.manages:
            self._gates.open("end")
        if self._file:
            return self._file.wait(PATIENCE)
        assert self._sink is not None
        sink, self._sink.idle = self._sink, 0
        self._wait(
            "arrival of the lines", lambda: sink.all_seen or sink.ended or self._quiet(sink), each_tick
        )
        return None

    def _quiet(self, sink: Sink) -> bool:
        """Two seconds without output from a manager that is not even at work."""
        if sink.idle < 2:
            return False
        before, self._used = self._used, sum(self.cpu().values())
        sink.idle = 0
        return self._used - before < BUSY

    def _wait(
        self,
        what: str,
        reached: Callable[[], bool],
        each_tick: Callable[[], None] | None = None,
        alive: bool = False,
    ) -> None:
        deadline = time.monotonic() + PATIENCE
        while not reached():
            if time.monotonic() > deadline or (alive and self._ended(0)):
                raise RunError(f"{what}: not reached; {self._last_words()}")
            self._listen(0.02 if each_tick else 1.0, alive)
            if each_tick:
                each_tick()

    def _listen(self, seconds: float, for_the_end: bool) -> None:
        sources: dict[int, Callable[[], None]] = {}
        if not self._gates.all_gone:
            sources[self._gates.fd] = self._gates.take
        if self._sink and not self._sink.ended:
            sources[self._sink.fd] = self._sink.take
        watched = [*sources, self._pidfd] if for_the_end else list(sources)
        for fd in select.select(watched, [], [], seconds)[0]:
            if fd in sources:
                sources[fd]()

    def _last_words(self) -> str:
        words = (self._folder / "stderr").read_text(errors="replace").strip()
        return (
            words.rpartition("\n")[2][-200:].replace(str(self._folder), "DIR") or "it said nothing on stderr"
        )

    def stop(self) -> float:
        """Asks the manager to stop; answers the seconds until it has exited.

        Not at once: honcho hangs when a signal comes while it is printing, and that is not in question.
        """
        time.sleep(SETTLE)
        begin = time.monotonic()
        if self._subject.stop_signal is None:
            self._gates.open("end")
        elif not self._ended(0):
            self.manager.send_signal(self._subject.stop_signal)
        if not self._ended(STOP_PATIENCE):
            raise RunError(f"still there {STOP_PATIENCE:.0f} s after the request to stop")
        seconds = time.monotonic() - begin
        self.manager.wait()
        return seconds

    def _ended(self, seconds: float) -> bool:
        return bool(select.select([self._pidfd], [], [], seconds)[0])

    def left_behind(self) -> int:
        """How many children outlive the manager."""
        return sum(proc.parent_of(pid) != 0 for pid in self.children.values())

    def tally(self) -> Tally:
        """What the sink found, once the manager has stopped and what it left is ended."""
        if self._file:
            return self._file.tally([*self._bench.tools.sink, *self._load.sink_arguments()])
        assert self._sink is not None
        proc.end_all_but({self._sink.pid})
        return self._sink.finish()

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        manager = getattr(self, "manager", None)
        proc.end_all_but(process.pid for process in (self._sink,) if process)
        if self._sink:
            self._sink.close()
        if manager:
            manager.wait()
            os.close(self._pidfd)
        self._gates.close()
        shutil.rmtree(self._folder, ignore_errors=True)
