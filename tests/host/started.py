"""A command that was typed and its daemon, which plays procman's part, seen from outside."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import uuid
from typing import TYPE_CHECKING

import psutil

from tests.end_to_end.harness import marker_of
from tests.end_to_end.output import PATIENCE, Output

if TYPE_CHECKING:
    from pathlib import Path

# `say` is heard by the test, which answers what `wait` waits for. Both end with the last who has them.
BEFORE = """
import os, signal, sys, time
from procman.host.daemon import detach
heard, answered = map(int, sys.argv[1:3])
say = lambda *words: os.write(heard, (" ".join(map(str, words)) + chr(10)).encode())
wait = lambda: os.read(answered, 1)
signal.signal(signal.SIGINT, signal.SIG_DFL)
"""
FORK = """
outcome = detach()
if isinstance(outcome, int):
    sys.exit(outcome)
say("daemon", os.getpid())
def log(path):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for output in (1, 2):
        os.dup2(fd, output)
    outcome.has_log(path)
"""


class Start:
    """A command that was typed, and its daemon."""

    def __init__(self, folder: Path, daemon: str, before: str = "") -> None:
        self._marker = uuid.uuid4().hex
        hearing, saying = os.pipe()
        answered, self._answering = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-c", BEFORE + before + FORK + daemon, str(saying), str(answered)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(saying, answered),
            cwd=folder,
            env=os.environ | {"PROCMAN_TEST": self._marker},
            start_new_session=True,
        )
        for fd in (saying, answered):
            os.close(fd)
        self._hearing = hearing
        self.said = Output(hearing)
        assert self.process.stdout
        assert self.process.stderr
        self.out, self.err = Output(self.process.stdout.fileno()), Output(self.process.stderr.fileno())
        self.daemon = int(self.said.wait_for(r"daemon (\d+)\n")[1])

    def go_on(self) -> None:
        os.write(self._answering, b".")

    def read_no_more(self) -> None:
        """The pipe that is its stdout breaks."""
        self.out.abandon()
        self.out.ended = True
        assert self.process.stdout
        self.process.stdout.close()

    def end(self) -> int:
        """The command has ended; its exit code."""
        code = self.process.wait(PATIENCE)
        self.out.finish()
        self.err.finish()
        return code

    def close(self) -> None:
        """Nobody is left."""
        for each in psutil.process_iter():
            if marker_of(each) == self._marker:
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.kill()
        self.end()
        self.said.finish()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe
            pipe.close()
        for fd in (self._hearing, self._answering):
            os.close(fd)


class Starts:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made: list[Start] = []

    def __call__(self, daemon: str, before: str = "") -> Start:
        self.made.append(Start(self.folder, daemon, before))
        return self.made[-1]
