"""Our limit of open files may grow; that of the children stays."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import os, resource
from procman.core.plan.commands import Script
from procman.host import spawn
from procman.host.limits import OPEN_FILES
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 4096))
OPEN_FILES.__init__()
OPEN_FILES.extend()
pipes = [os.pipe() for _ in range(300)]
child = spawn.spawn(Script(("ulimit -Sn",), True), dict(os.environ), spawn.Given(None, pipes[0][0]))
os.set_blocking(child.output, True)
print(os.read(child.output, 100).decode().strip(), resource.getrlimit(resource.RLIMIT_NOFILE))
os.waitpid(child.pid, 0)
"""


def test_many_files_for_us_and_the_old_limit_for_children() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout == "256 (4096, 4096)\n"
