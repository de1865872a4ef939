"""An app that is exported, and then run by somebody else: what its processes see of the world."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, NamedTuple

from tests.end_to_end.harness import PYTHON
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.end_to_end.harness import App

NASTY = "  it's \"quoted\" ; and # 100% %(here)s $HOME `x` \\n \\\\ \tä☃\n\n[two] = 'lines'  "
"""A value that means something else to almost everybody."""
LOOK = """
import json, os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
name = os.environ["PS"]
seen = {"pid": os.getpid(), "words": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ)}
with open(f"{name}.part", "w") as file:
    json.dump(seen, file)
os.replace(f"{name}.part", f"{name}.seen")
print("looks at the world", flush=True)
while True:
    signal.pause()
"""
USER = () if os.getuid() == 0 else ("--user-units",)
"""Who is not root runs everything as themselves."""


class Seen(NamedTuple):
    """What a process has found when it began."""

    pid: int
    words: list[str]
    folder: str
    environment: Mapping[str, str]


def write_app(app: App) -> None:
    """Two process types that look at the world, and a task that leaves a file each second."""
    app.write("look.py", LOOK)
    app.procfile(web=f"{PYTHON} look.py web $PORT 'a  b'", worker=f"{PYTHON} look.py worker")
    app.write(".env", "FROM_FILE=1\nEMPTY=\n")
    web = f"processes: {{web: {{instances: 2, env: {{NASTY: {json.dumps(NASTY)}}}}}}}\n"
    app.tasks("tick: {command: echo >ticked, schedule: '* * * * * *'}", top=web)


def export(app: App, format_: str, folder: Path, *words: str) -> None:
    """Have the files of the app `shop` in a folder, its logs in another."""
    log = folder.parent / "log"
    ended = app.do("export", format_, str(folder), "-a", "shop", "-l", str(log), *USER, *words)
    assert ended.code == 0, ended.err


def seen(app: App, name: str, but: int = 0) -> Seen:
    """What a process has seen, as soon as it has; of another one than that of this pid."""
    path = app.root / f"{name}.seen"

    def look() -> Seen | None:
        found = Seen(**json.loads(path.read_text())) if path.exists() else None
        return found if found and found.pid != but else None

    wait_until(look)
    found = look()
    assert found
    return found


def check_world(app: App, port: int) -> None:
    """Each process has its port, its words, its folder and all its variables."""
    for instance in (1, 2):
        web = seen(app, f"web.{instance}")
        own = str(port + instance - 1)
        assert web.words == ["web", own, "a  b"]
        assert web.folder == str(app.root)
        wanted = {"PORT": own, "NASTY": NASTY, "FROM_FILE": "1", "EMPTY": "", "PROCMAN_ROOT": str(app.root)}
        assert {name: web.environment.get(name) for name in wanted} == wanted
    worker = seen(app, "worker.1").environment
    assert (worker["PORT"], worker["PROCMAN_PORT_WEB"]) == (str(port + 100), str(port))
    assert "NASTY" not in worker


def check_clock(app: App) -> None:
    """The scheduler runs the task."""
    wait_until((app.root / "ticked").exists)
    assert any(run.task == "tick" for run in app.runs)
