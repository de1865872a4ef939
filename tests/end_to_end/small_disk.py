"""A file system that is soon full."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


class SmallDisk:
    """A file system of its own, where we may mount one."""

    def __init__(self, path: Path, size: str = "1m", owner: int = 0) -> None:
        self.path = path
        path.mkdir()
        options = f"size={size},mode=700,uid={owner}"
        mounting = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)]
        if subprocess.run(mounting, capture_output=True, check=False).returncode:
            pytest.skip("file systems cannot be mounted here")

    def fill(self) -> None:
        with suppress(OSError), open(self.path / "filling", "wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    def clear(self) -> None:
        (self.path / "filling").unlink()

    def close(self) -> None:
        subprocess.run(["umount", "-l", str(self.path)], check=True)
