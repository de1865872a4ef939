"""What `procman export --no-env` writes for those who read no environment files: procman reads them there."""

from __future__ import annotations

import plistlib
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.end_to_end.exported import LOOK, export, seen
from tests.end_to_end.harness import PYTHON

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.harness import App, Running

SECRET = "opensesame"
SAID = f"processes: {{web: {{env: {{LEVEL: own, TOKEN: {SECRET}}}}}}}\n"


def run_upstart(app: App, folder: Path) -> Running:
    """Its `script`, by a shell as upstart calls it."""
    text = (folder / "shop-web-1.conf").read_text()
    script = folder / "script"
    script.write_text(text.partition("\nscript\n")[2].partition("\nend script\n")[0])
    return app.launch("/bin/sh", "-e", str(script))


def run_launchd(app: App, folder: Path) -> Running:
    """The program with its words and variables."""
    job = plistlib.loads((folder / "shop-web-1.plist").read_bytes())
    return app.launch(*job["ProgramArguments"], env=job["EnvironmentVariables"])


@pytest.mark.parametrize(("format_", "run"), [("upstart", run_upstart), ("launchd", run_launchd)])
def test_own_variables_win_over_files_and_nobody_sees_them(app: App, format_: str, run: object) -> None:
    app.write("look.py", LOOK)
    app.write(".env", "LEVEL=file\nFROM_FILE=1\nPORT=7000\n")
    app.write("procman.yml", SAID)
    app.procfile(web=f"{PYTHON} look.py 'a  b'")
    folder = app.root / "out"
    (app.root / "log").mkdir()
    export(app, format_, folder, "--no-env")
    running = run(app, folder)  # type: ignore[operator]
    found = seen(app, "web.1")
    wanted = {"LEVEL": "own", "TOKEN": SECRET, "FROM_FILE": "1", "PORT": "7000"}
    assert {name: found.environment.get(name) for name in wanted} == wanted
    assert found.words == ["a  b"]
    assert not [name for name in found.environment if name.startswith("__")]
    around = [running.process.pid, *(each.pid for each in app.processes())]
    shown = [psutil.Process(pid).cmdline() for pid in around]
    assert any("run" in words for words in shown), "procman is one of them"
    assert SECRET not in str(shown)
    assert running.stop() in (0, 143)
