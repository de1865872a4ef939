"""What the shell really makes of imported commands: which words and variables a program gets."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PRINTER = "/usr/bin/printf '%s\\0'"
"""A command that prints each word behind it with a NUL."""
END = b"\0--end--\0"


def outputs(lines: Sequence[str], environment: Mapping[str, str]) -> list[bytes]:
    """What each line writes, run by one shell, each in a subshell."""
    script = "\n".join(f"( {line}\n) 2>/dev/null; printf '\\0--end--\\0'" for line in lines)
    found = subprocess.run(
        ["/bin/sh"], input=script.encode(), env={**environment}, capture_output=True, check=False
    )
    return found.stdout.split(END)[:-1]


def words(output: bytes) -> list[str]:
    """The words that PRINTER got."""
    return output.decode().split("\0")[:-1]


def variables(output: bytes) -> dict[str, str]:
    """What `env -0` wrote."""
    return dict(each.split("=", 1) for each in output.decode().split("\0")[:-1])
