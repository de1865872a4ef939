"""What is imported before the first child of `procman start` runs: as little as can be."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import TYPE_CHECKING

from procman.typed import NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

ALLOWED = set(
    """
    collections copyreg enum functools itertools keyword operator re reprlib types
    __future__ importlib warnings errno math select selectors signal fcntl resource termios
    ctypes struct contextlib queue heapq threading array
    """.split()
)
"""Modules of the standard library that every start may wait for; those written in C are cheap."""
ROOMS = {"cli", "core", "engine", "errors", "host", "logs", "typed"}
SPY = """
import os, sys
from procman.cli.main import main
spawn = os.posix_spawn
def spy(*args, **options):
    loaded = [name for name, module in sys.modules.items() if getattr(module, "__file__", None)]
    with open("loaded", "x") as file:
        print(*loaded, file=file)
    os.posix_spawn = spawn
    return spawn(*args, **options)
os.posix_spawn = spy
main()
"""


def loaded(folder: Path, *words: str) -> set[str]:
    """The modules in memory when the first child is started, those of an empty program left out."""
    (folder / "Procfile").write_text("web: echo hello\n")
    command = [sys.executable, "-c", SPY, "start", *words]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert "hello" in ended.stdout, ended.stderr
    empty = "import sys; print(*sys.modules)"
    already = subprocess.run([sys.executable, "-c", empty], capture_output=True, text=True, check=True).stdout
    return set((folder / "loaded").read_text().split()) - set(already.split())


def test_little_is_imported_before_the_first_child(tmp_path: Path) -> None:
    modules = loaded(tmp_path)
    own = {name for name in modules if name.partition(".")[0] == "procman"}
    known = {*ALLOWED, "procman"}
    others = {name for name in modules if name.partition(".")[0] not in known and not name.startswith("_")}
    assert not others, (
        f"{', '.join(sorted(others))}: imported before the first child of `procman start`, so every start"
        " waits for it. Import it in the function that needs it (`python -X importtime -m procman start`"
        " shows who does), take `procman.typed` in place of `typing`; or, if no start can do without it,"
        " add it to ALLOWED in tests/test_lean.py."
    )
    rooms = {name.split(".")[1] for name in own if "." in name}
    assert rooms <= ROOMS, f"procman.{', '.join(rooms - ROOMS)}: not needed before the first child runs"


class Point(NamedTuple):
    """A place."""

    x: int
    y: int = 2

    @property
    def sum(self) -> int:
        return self.x + self.y


def test_values_are_as_typing_makes_them() -> None:
    point = Point(1)
    assert (point, point._replace(y=5), point.sum) == ((1, 2), (1, 5), 3)
    assert repr(point) == "Point(x=1, y=2)"
    assert (Point.__doc__, Point.__module__, Point._fields) == ("A place.", __name__, ("x", "y"))
    assert pickle.loads(pickle.dumps(point)) == point
    assert not hasattr(point, "__dict__")
    match point:
        case Point(1, y):
            assert y == 2
        case _:
            raise AssertionError
