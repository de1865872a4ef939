"""What a run has left outside its process group is found by its environment, and stopped."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import os, signal, subprocess, sys
from procman.host import strays, subreaper
subreaper.adopt_orphans()
read, write = os.pipe()
daemon = "echo $$ >&%d; exec %d>&-; trap '' HUP; sleep 1000 & wait" % (write, write)
middle = ["/bin/sh", "-c", 'setsid sh -c "$0" & exit', daemon]
for run in ("7", "77"):
    subprocess.run(middle, env={**os.environ, "PROCMAN_RUN_ID": run}, pass_fds=[write])
daemons = []
while len(daemons) < 2:
    daemons += map(int, os.read(read, 100).split())
other = subprocess.Popen(["sleep", "1000"], env={**os.environ, "PROCMAN_RUN_ID": "7"})
print(strays.stop([7], signal.SIGKILL, {other.pid}))
ended, _ = os.waitpid(-1, 0)
while strays.stop([7], signal.SIGKILL, {other.pid}):
    os.waitpid(-1, 0)
print(ended in daemons, other.poll(), strays.stop([8], signal.SIGKILL, ()))
os.kill(other.pid, signal.SIGKILL)
subreaper.sweep(5, set())
"""


def test_daemons_of_a_run_are_stopped_and_no_others() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "{7}\nTrue None set()\n", done.stderr
