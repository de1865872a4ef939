"""`systemd-analyze verify` has nothing to say of what `procman export systemd` and `systemd-whole` write."""

from __future__ import annotations

import os
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


RICH_LINES = """\
web.api: gunicorn app -b 127.0.0.1:$PORT
db-1: ./db | tee log
m: ./migrate
css: exec npx tailwind --watch
release: ./release --with "$X"
"""
RICH_YML = r"""
timezone: Australia/Lord_Howe
processes:
  web.api:
    restart: on-failure
    backoff: {initial: 200ms, max: 3m, give_up_after: 7, reset_after: 90s}
    give_up: stop
    depends_on: {m: completed, db-1: ready}
    instances: 3
    ready: {http: /up, within: 2m}
    alive: {tcp: port}
    max_memory: 1.5G
    max_runtime: 36h
    watch: "**/*.py"
    listen: 8000
    env: {PERCENT: "100 % of $X", LINES: "a\nb"}
    nice: -5
    umask: "027"
    nofile: 65536
  db-1: {restart: always, alive: {notify: true}, ready: {notify: true}, stop_signal: INT, timeout: 1m}
  m: {oneshot: true, restart: on-failure, max_runtime: 10m, user: root, group: daemon}
  css: {stdin: "null", pty: always, autostart: false, signal_to: group, stop_signal: RTMIN}
  release: {env: {X: y}, timeout: 3s}
tasks:
  a: {command: ./a, schedule: [daily at 09:30, "0 12 * * 5L,mon#1", "0 0 L * *"], missed: skip, timeout: 90s}
  b: {command: ./b, schedule: every 6h, jitter: 5m}
  c: {command: ./c, schedule: at 2030-01-01 09:00}
  d: {command: ./d, schedule: daily at 02:30}
  e: {command: ./e, schedule: weekdays at 18:00 Asia/Tokyo, desc: "Says\tit; twice"}
  f: {command: ./f, retries: 3}
"""


def verified(paths: list[str], *options: str) -> str:
    """What systemd has to say of these units."""
    words = ["systemd-analyze", *options, "verify", *paths]
    environment = {**os.environ, "XDG_RUNTIME_DIR": os.path.dirname(paths[0])}  # for units of a user
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    return done.stdout + done.stderr + f"exit code {done.returncode}" * bool(done.returncode)


@pytest.mark.parametrize("format_", ["systemd", "systemd-whole"])
@pytest.mark.parametrize("for_user", [False, True], ids=["system", "user"])
@pytest.mark.parametrize(
    ("lines", "yml"),
    [(SHOP, TASKS_YML), (HOSTILE_LINES, HOSTILE_YML), (RICH_LINES, RICH_YML)],
    ids=["shop", "hostile", "rich"],
)
def test_it_finds_no_fault(tmp_path: Path, format_: str, for_user: bool, lines: str, yml: str) -> None:
    folder = tmp_path / "a [%h]"
    folder.mkdir()
    what = plan(lines, yml, {"A": 'b"'}, procman=PROCMAN, folder=str(folder), user="root", log=str(folder))
    files = export(format_, what._replace(for_user=for_user)).export.files
    for file in files:
        (folder / file.path).write_text(file.text)
    paths = [str(folder / file.path) for file in files if not file.path.endswith(".env")]
    assert verified(paths, *(["--user"] if for_user else [])) == ""


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
