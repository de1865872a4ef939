"""No managers: the least that has to be done, to tell a slow manager from a slow machine."""

import shlex
import sys
from pathlib import Path

from bench.subjects import Commands, Subject
from bench.tools import HERE

SED, LOOP, CAT, DIRECT = "sed 's/^/x/'", "Python loop", "cat", "no manager"
PYTHON, SHELL = "python -c pass", "sh -c /bin/true"


def _yardstick(name: str, *filter_argv: str) -> Subject:
    def start(_folder: Path, commands: Commands) -> list[str]:
        (producer,) = commands.values()
        if not filter_argv:
            return producer
        return ["/bin/sh", "-c", f"{shlex.join(producer)} | {shlex.join(filter_argv)}"]

    return Subject(name, start, program=(filter_argv or ("sh",))[0], manages=False, stop_signal=None)


YARDSTICKS = (
    _yardstick(CAT, "cat"),
    _yardstick(SED, "sed", "s/^/x/"),
    _yardstick(LOOP, sys.executable, "-S", "-E", str(HERE / "loop.py")),
    _yardstick(DIRECT),
    Subject(
        PYTHON,
        lambda _folder, _commands: [],
        program=sys.executable,
        manages=False,
        version=("-c", "pass"),
        help=("-c", "pass"),
    ),
    Subject(SHELL, lambda _folder, _commands: [], program="sh", manages=False),
)
