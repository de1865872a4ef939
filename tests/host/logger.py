"""A child process whose stdout and stderr are the log."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

# Obeys lines of Python, and answers each with a value of JSON. `put` is one batch, back when it is rotated.
CHILD = """
import json, os, resource, sys, threading
from procman.host.rotation import Rotation
from procman.logs.writer import Writer

asked, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
rotation = Rotation(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
rotated, seen = threading.Condition(), 0
most_files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]

def rotate():
    global seen
    written = writer._written
    rotation()
    with rotated:
        seen = written
        rotated.notify()

def put(text):
    writer.put([text.encode()])
    with rotated:
        assert rotated.wait_for(lambda: seen >= writer._queued, 20), "the writer wrote nothing"
    return str(writer.error)

def files(number):
    resource.setrlimit(resource.RLIMIT_NOFILE, (number, most_files))

ended = threading.Event()
writer = Writer(1, lambda: writer.done and ended.set(), rotate)
for line in asked:
    print(json.dumps(eval(line)), file=answers, flush=True)
writer.close()
assert ended.wait(20)
"""


class Logger:
    """Somebody who writes to the log."""

    def __init__(self, path: Path, most: int = 100, kept: int = 5) -> None:
        self.path = path
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path), str(most), str(kept)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def do(self, code: str) -> Any:
        """The value of an expression in there."""
        asking, answering = self.process.stdin, self.process.stdout
        assert asking
        assert answering
        print(code, file=asking, flush=True)
        answer = answering.readline()
        assert answer, f"it has failed at: {code}"
        return json.loads(answer)

    def begin(self) -> Logger:
        self.do("rotation.begin()")
        return self

    def put(self, text: str) -> None:
        """One batch, that is to be written without an error."""
        assert self.do(f"put({text!r})") == "None"

    def end(self) -> int:
        """All is written; the exit code."""
        self.process.communicate(timeout=20)
        return self.process.returncode

    @property
    def files(self) -> list[Path]:
        """The oldest first."""
        found = [*self.path.parent.glob(f"{self.path.name}*")]
        return sorted(found, key=lambda path: -int(re.sub(r"\D", "", path.suffix) or 0))

    @property
    def texts(self) -> list[str]:
        return [path.read_text() for path in self.files]
