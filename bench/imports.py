"""What procman has imported when it starts its first child, and what every start therefore waits for."""

import subprocess
import sys
from pathlib import Path

LIST, PROCFILE = "imported", "Procfile"
SPY = f"""
import os, sys
empty = set(sys.modules)
from procman.cli.main import main
spawn = os.posix_spawn
def spy(*args, **options):
    with open({LIST!r}, "x") as file:
        print(*set(sys.modules) - empty, file=file)
    os.posix_spawn = spawn
    return spawn(*args, **options)
os.posix_spawn = spy
main()
"""
"""`procman start`, with the names of modules written down, those of an empty program left out."""


def before_the_first_child(folder: Path) -> set[str]:
    """Names of modules, of the standard library too. The folder gets a Procfile, if it has none."""
    if not (folder / PROCFILE).exists():
        (folder / PROCFILE).write_text("web: true\n")
    command = [sys.executable, "-c", SPY, "start"]
    subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return set((folder / LIST).read_text().split())
