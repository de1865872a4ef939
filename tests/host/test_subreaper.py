"""What is left is stopped; in a process of its own, since all that it has started is swept away."""

from __future__ import annotations

import subprocess
import sys

import pytest

SWEEPING = """
import signal, subprocess, sys
from procman.host import subreaper

signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
line = {"refuses": "trap '' TERM; "}.get(sys.argv[1], "") + "echo up; while :; do sleep 0.01; done"
for _ in range(2 if sys.argv[1] != "nobody" else 0):
    assert subprocess.Popen(["sh", "-c", line], stdout=subprocess.PIPE).stdout.readline() == b"up\\n"
subreaper.sweep(0.1 if sys.argv[1] == "refuses" else 1000, {signal.SIGTERM, signal.SIGINT})
assert not subreaper.any_children()
print(sorted(number.name for number in signal.pthread_sigmask(signal.SIG_BLOCK, [])))
"""


@pytest.mark.parametrize("who", ["nobody", "obeys", "refuses"])
def test_a_sweep_leaves_nobody_and_signals_as_they_were(who: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SWEEPING, who], capture_output=True, text=True, timeout=20, check=False
    )
    assert (ended.stdout, ended.returncode) == ("['SIGUSR1']\n", 0), ended.stderr


RENAMED = """
import sys
sys.modules.update(dict.fromkeys(sys.argv[2:]))
from procman.host import subreaper
subreaper.rename(sys.argv[1])
print(open("/proc/self/comm").read(), end="")
"""


@pytest.mark.parametrize("missing", [["ctypes"], ["_ctypes"]])
def test_the_system_is_called_with_and_without_what_is_private_to_cpython(missing: list[str]) -> None:
    code = RENAMED if missing == ["ctypes"] else f"import ctypes\n{RENAMED}"
    command = [sys.executable, "-c", code, "somebody", *missing]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "somebody\n"
