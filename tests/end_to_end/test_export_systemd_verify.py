"""`systemd-analyze verify` has nothing to say of what `procman export systemd` and `systemd-whole` write."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.demo import copy_of_demo
from tests.end_to_end.harness import PROCMAN
from tests.export.plans import SHOP, TASKS_YML, export, plan

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="needs systemd-analyze (Debian: systemd)"
)
HOSTILE_LINES = """\
web: echo '%h $$ "\\' ; \\
job: ./a | b
out: %i
"""
HOSTILE_YML = r"""
tasks:
  t: {command: "echo '%h $HOME ;' \\\\", desc: "100 % of \\", schedule: "*/10 * * * *"}
  u: {command: "echo %i", schedule: [daily at 12:30 Asia/Tokyo, every 90s], enabled: false}
  v: {command: "echo $PROCMAN_RUN_ID", schedule: every 7s}
processes:
  web: {listen: ["[::1]:8080", 8081], instances: 3, ready: {notify: true}, alive: {notify: true}}
  job: {oneshot: true, restart: on-failure, max_runtime: 1h, max_memory: 64M}
  out: {depends_on: {job: completed, web: started}, restart: never, timeout: 0s, stop_signal: QUIT}
"""


def verified(paths: list[str]) -> str:
    """What systemd has to say of these units."""
    done = subprocess.run(["systemd-analyze", "verify", *paths], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr + f"exit code {done.returncode}" * bool(done.returncode)


@pytest.mark.parametrize("format_", ["systemd", "systemd-whole"])
@pytest.mark.parametrize(
    ("lines", "yml"), [(SHOP, TASKS_YML), (HOSTILE_LINES, HOSTILE_YML)], ids=["shop", "hostile"]
)
def test_it_finds_no_fault(tmp_path: Path, format_: str, lines: str, yml: str) -> None:
    folder = tmp_path / "a [%h]"
    folder.mkdir()
    what = plan(lines, yml, {"A": 'b"'}, procman=PROCMAN, folder=str(folder), user="root", log=str(folder))
    files = export(format_, what).export.files
    for file in files:
        (folder / file.path).write_text(file.text)
    assert verified([str(folder / file.path) for file in files if not file.path.endswith(".env")]) == ""


@pytest.mark.parametrize("format_", ["systemd", "systemd-whole"])
def test_it_finds_no_fault_in_the_units_of_the_demo(tmp_path: Path, format_: str) -> None:
    demo = copy_of_demo(tmp_path) / "examples" / "registration"
    units = tmp_path / "units"
    done = subprocess.run(
        [*PROCMAN, "export", format_, str(units)], cwd=demo, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert verified([str(path) for path in units.iterdir() if not path.name.endswith(".env")]) == ""


def test_it_would_find_one(tmp_path: Path) -> None:
    unit = tmp_path / "x.service"
    unit.write_text("[Service]\nExecStart=/bin/true\nKilMode=mixed\n")
    assert "KilMode" in verified([str(unit)])
