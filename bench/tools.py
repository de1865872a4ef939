"""The programs at both ends of a manager: compiled when there is a C compiler, plain Python otherwise."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Tools:
    """Command lines of the producer and of the sink, to which their arguments are added."""

    producer: tuple[str, ...]
    sink: tuple[str, ...]
    made_of: str


def build(folder: Path) -> Tools:
    """Compiles both programs into `folder`, or falls back to their Python twins."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return Tools(_script("producer.py"), _script("sink.py"), "Python, for want of a C compiler")
    return Tools(_compiled(compiler, "producer", folder), _compiled(compiler, "sink", folder), "C")


def _compiled(compiler: str, name: str, folder: Path) -> tuple[str, ...]:
    program = folder / name
    subprocess.run([compiler, "-O2", "-o", str(program), str(HERE / f"{name}.c")], check=True)
    return (str(program),)


def _script(name: str) -> tuple[str, ...]:
    return (sys.executable, "-S", "-E", str(HERE / name))
