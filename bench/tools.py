"""The programs around a manager or scheduler: compiled when there is a C compiler, plain Python otherwise."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PROGRAMS = ("producer", "sink", "stamp")


@dataclass(frozen=True)
class Tools:
    """Command lines of the programs, to which their arguments are added."""

    producer: tuple[str, ...]
    sink: tuple[str, ...]
    stamp: tuple[str, ...]
    made_of: str


def build(folder: Path) -> Tools:
    """Compiles the programs into `folder`, or falls back to their Python twins."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        scripts = {name: _script(f"{name}.py") for name in PROGRAMS}
        return Tools(**scripts, made_of="Python, for want of a C compiler")
    return Tools(**{name: _compiled(compiler, name, folder) for name in PROGRAMS}, made_of="C")


def _compiled(compiler: str, name: str, folder: Path) -> tuple[str, ...]:
    program = folder / name
    subprocess.run([compiler, "-O2", "-o", str(program), str(HERE / f"{name}.c")], check=True)
    return (str(program),)


def _script(name: str) -> tuple[str, ...]:
    return (sys.executable, "-S", "-E", str(HERE / name))
