"""A real systemd: one of its own, in a container made of this machine's `/usr` by systemd-nspawn(1)."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.end_to_end.output import PATIENCE, wait_until

if TYPE_CHECKING:
    from procman.export.plan import Export

NSPAWN = "systemd-nspawn"
REPOSITORY = Path(__file__).parents[2]
UNITS = "etc/systemd/system"
SLOW = ("systemd-firstboot", "systemd-networkd-wait-online")
"""Services that wait for somebody at the terminal, or for a network that there is not."""
WITH_US = ("setpriv", "--pdeathsig", "KILL")
"""It ends when the tests do, however they end."""
WITHOUT_OTHERS = ("--private-network", "--register=no", "--keep-unit", "--link-journal=no")


class Box:
    """It is up when it is made. `shared` is a folder that it has under the same path."""

    def __init__(self, shared: Path) -> None:
        self.shared = shared
        words = [
            *WITH_US,
            NSPAWN,
            "--directory=/",
            "--volatile=yes",
            "--boot",
            *WITHOUT_OTHERS,
            "--console=pipe",
        ]
        words += [f"--machine=procman-{os.getpid()}", f"--bind={shared}", *_bound()]
        words += ["systemd.unit=basic.target", *(f"systemd.mask={each}.service" for each in SLOW)]
        self._output = shared / "nspawn.log"
        with self._output.open("wb") as output:
            self._nspawn = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=os.environ | {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "0"},
                start_new_session=True,
            )
        try:
            wait_until(self._is_up)
        except BaseException:
            self.close()
            raise

    @property
    def root(self) -> Path:
        """Its files, as they are seen from here."""
        return Path(f"/proc/{self._first()}/root")

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command in it."""
        spaces = ("--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd")
        enter = ["nsenter", f"--target={self._first()}", *spaces]
        return subprocess.run(
            [*enter, *words], capture_output=True, text=True, check=False, timeout=6 * PATIENCE
        )

    def systemctl(self, *words: str) -> str:
        """What it says. It must succeed."""
        done = self.run("systemctl", *words)
        assert done.returncode == 0, f"{words}: {done.stderr}{self.journal()}"
        return done.stdout.strip()

    def shown(self, unit: str, name: str) -> str:
        """A property of a unit."""
        return self.systemctl("show", "--property", name, "--value", unit)

    def install(self, export: Export) -> None:
        """Write what was exported, and have it read."""
        for file in export.files:
            path = self.root / UNITS / file.path
            path.write_bytes(file.text.encode("utf-8", "surrogateescape"))
            path.chmod(file.mode)
        self.systemctl("daemon-reload")

    def remove(self, export: Export) -> None:
        """Stop all of it, and take it away."""
        units = [file.path for file in export.files if file.path.endswith((".target", ".socket", ".timer"))]
        services = [file.path.replace("@.", "@*.") for file in export.files if file.path.endswith(".service")]
        self.run("systemctl", "stop", *units, *services)
        for file in export.files:
            (self.root / UNITS / file.path).unlink(missing_ok=True)
        self.run("systemctl", "reset-failed")

    def journal(self) -> str:
        """The last that it has heard."""
        return self.run("journalctl", "--quiet", "--no-pager", "--lines=30").stdout

    def close(self) -> None:
        """End it, with all that runs in it."""
        if (first := self._first()) is not None:
            os.kill(first, signal.SIGKILL)  # PID 1 of its namespace: nothing outlives it
        elif self._nspawn.poll() is None:
            self._nspawn.kill()
        self._nspawn.wait(PATIENCE)

    def _first(self) -> int | None:
        if self._nspawn.poll() is not None:
            return None
        return next((child.pid for child in psutil.Process(self._nspawn.pid).children()), None)

    def _is_up(self) -> bool:
        assert self._nspawn.poll() is None, self._output.read_text()
        if self._first() is None:
            return False
        return self.run("systemctl", "is-active", "basic.target").stdout.strip() == "active"


def _bound() -> list[str]:
    """procman and its Python, where they are not below `/usr`."""
    places = {str(REPOSITORY), sys.prefix, sys.base_prefix}
    return [f"--bind-ro={place}" for place in sorted(places) if not place.startswith("/usr/")]


def boot(shared: Path) -> Box:
    """One that is up. Skips the tests where it cannot be had."""
    missing = [each for each in (NSPAWN, "nsenter", "setpriv") if not shutil.which(each)]
    if missing or os.geteuid():
        pytest.skip(f"needs {' and '.join(missing or ['root'])} (Debian: systemd-container, util-linux)")
    try:
        return Box(shared)
    except (AssertionError, TimeoutError, psutil.Error) as error:
        pytest.skip(f"systemd cannot be booted here: {error}")
