"""What a process finds when a script of an export has started it, with a stand-in for setpriv(1)."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from procman.export.plan import ExportPlan

SETPRIV = '#!/bin/sh\nwhile [ "${1#--}" != "$1" ]; do shift; done\nexec "$@"\n'
"""setpriv(1) for those who may not change their user: it starts the command behind its options."""


def reports(what: ExportPlan, out: Path, pairs: Sequence[tuple[str, str]]) -> ExportPlan:
    """The plan with a process for each pair: an argument of its command, and the variable V of its own."""
    (type_,) = what.types
    (process,) = type_.processes
    processes = tuple(
        process._replace(
            name=f"web.{number}",
            command=f'printf "%s\\0" "$V" {shlex.quote(argument)} > {out}/{number}',
            environment={**process.environment, "V": variable},
        )
        for number, (argument, variable) in enumerate(pairs, start=1)
    )
    return what._replace(types=(type_._replace(processes=processes),))


def reported(out: Path, number: int) -> tuple[str, str]:
    """What the process has got: its argument and its variable."""
    variable, argument, _ = (out / str(number)).read_bytes().decode("utf-8", "surrogateescape").split("\0")
    return argument, variable


def run(script: str, folder: Path, options: str = "", env: Mapping[str, str] | None = None) -> None:
    """Run a script as root would, with nothing else in the environment."""
    bin_ = folder / "bin"
    bin_.mkdir(exist_ok=True)
    (bin_ / "setpriv").write_text(SETPRIV)
    (bin_ / "setpriv").chmod(0o755)
    path = folder / "script"
    path.write_bytes(script.encode("utf-8", "surrogateescape"))
    words = ["/bin/sh", *([options] if options else []), str(path)]
    subprocess.run(
        words, env={"PATH": f"{bin_}:/usr/bin:/bin", **(env or {})}, check=True, capture_output=True
    )
