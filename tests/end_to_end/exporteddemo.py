"""The registration demo, exported to others, and how it is used then."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.end_to_end.demo import copy_of_demo
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROCMAN = os.path.join(os.path.dirname(sys.executable), "procman")
SYSTEM = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
"""What a machine's services find in their environment."""
REGISTER = """
import sys, urllib.request
base = f"http://127.0.0.1:{sys.argv[1]}"
urllib.request.urlopen(f"{base}/health")
urllib.request.urlopen(f"{base}/register", b"name=Ann&email=ann%40example.com")
"""


def copy(folder: Path) -> Path:
    """The demo with tasks that are due soon: its folder."""
    found = copy_of_demo(folder, follow_up=1, remind=1, when="every 2s")
    return found / "examples" / "registration"


def export(demo: Path, format_: str, folder: Path, *words: str) -> None:
    """Have its files in a folder, as an administrator would."""
    command = [PROCMAN, "export", format_, str(folder), "-a", "shop", *words]
    done = subprocess.run(command, cwd=demo, capture_output=True, text=True, check=False, env=SYSTEM)
    assert done.returncode == 0, done.stderr


def here(*words: str) -> subprocess.CompletedProcess[str]:
    """A command on this machine."""
    return subprocess.run(words, capture_output=True, text=True, check=False)


def use(demo: Path, port: int, run: Callable[..., subprocess.CompletedProcess[str]] = here) -> None:
    """Register, and wait for all three kinds of background work. `run` is where the demo runs."""
    wait_until(lambda: run(sys.executable, "-c", REGISTER, str(port)).returncode == 0)
    for subject in ("Welcome, Ann", "How is it going, Ann", "One step is left, Ann"):
        wait_until(lambda subject=subject: _has_come(demo, subject))  # type: ignore[misc]


def _has_come(demo: Path, subject: str) -> bool:
    mails = [path.read_text() for path in (demo / "var" / "mails" / "new").glob("*")]
    return any(re.search(f"^Subject: {re.escape(subject)}", mail, re.MULTILINE) for mail in mails)
