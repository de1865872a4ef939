"""What runs have left outside their process groups is found, with what tells whose it is."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import os, signal, subprocess, sys, time
from procman.host import strays, subreaper
subreaper.adopt_orphans()
read, write = os.pipe()
daemon = "echo $$ >&%d; exec %d>&-; trap '' HUP; sleep 1000 & wait" % (write, write)
started = 0

def start(*words, **environment):
    middle = ["/bin/sh", "-c", '"$@" & exit', "sh", *words, "sh", "-c", daemon]
    subprocess.run(middle, env={**os.environ, **environment}, pass_fds=[write], stdout=write)
    return int(os.read(read, 100))

marked = start("setsid", PROCMAN_RUN_ID="7", PROCMAN_PROCESS="job.7")
other = start("setsid", PROCMAN_PROCESS="web.1")
time.sleep(0.3)
bare = start("env", "-i", "setsid")
known = subprocess.Popen(["setsid", "sh", "-c", "env -i sleep 1000 & sleep 0.1"], stdout=subprocess.PIPE)
odd = start("setsid", PROCMAN_RUN_ID="of mine")
known_pid = known.pid
known.wait()

found = {stray.pid: stray for stray in strays.find({known_pid})}
assert found.keys() == {marked, other, bare, odd}, (found, marked, other, bare, odd)
assert [found[pid].run for pid in (marked, other, bare, odd)] == [7, None, None, None]
assert [found[pid].process for pid in (marked, other, bare, odd)] == ["job.7", "web.1", None, None]
assert 0.2 < found[other].age - found[bare].age < 30, found
assert -0.1 < found[bare].age < 30, found
output = os.fstat(write)
assert (output.st_dev, output.st_ino) in found[bare].outputs
assert len(strays.find(())) == 5 and marked not in {stray.pid for stray in strays.find({marked})}

assert strays.reach(marked, signal.SIGKILL)
ended = {os.waitpid(-1, 0)[0]}
while marked not in ended:
    ended.add(os.waitpid(-1, 0)[0])
while marked in {stray.pid for stray in strays.find(())} or any(stray.run for stray in strays.find(())):
    os.waitpid(-1, 0)  # what was below it was reached too
assert not strays.reach(marked, signal.SIGKILL)
os.kill(bare, signal.SIGKILL)
os.waitid(os.P_PID, bare, os.WEXITED | os.WNOWAIT)
assert bare not in {stray.pid for stray in strays.find(())}, "it has ended"
subreaper.sweep(5, set())
"""


def test_orphans_are_told_apart() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
