"""Leaving the foreground behind for a child that is started in it."""

from __future__ import annotations

import subprocess
import sys

# A process in the foreground of a terminal, and not the leader of its session, does `body`.
SCRIPT = """
import os, signal, sys
from procman.host import foreground

master, inner = os.openpty()
os.setsid()
os.close(os.open(os.ttyname(inner), os.O_RDWR))
signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's, whom Ctrl-C reaches as well
if os.fork():
    os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
told = []
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda number, frame: told.append(signal.Signals(number).name))

def ctrl_c():
    os.write(master, b"\\x03")
    while signal.SIGINT not in signal.sigpending():
        pass

{body}
print(*told, os.getpgrp() == os.getpid(), os.tcgetpgrp(inner) == os.getppid())
"""


def outcome(body: str) -> str:
    script = [sys.executable, "-c", SCRIPT.format(body=body)]
    return subprocess.run(script, capture_output=True, text=True, check=True, timeout=60).stdout


def test_what_the_terminal_sends_after_the_start_is_the_childs_and_what_others_send_is_ours() -> None:
    body = "foreground.leave_to(lambda: ctrl_c() or os.kill(os.getpid(), signal.SIGTERM) or 1)"
    assert outcome(body) == "SIGTERM True True\n"


def test_what_the_terminal_sent_before_the_start_is_ours() -> None:
    body = "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT]); ctrl_c()"
    body += "\nforeground.leave_to(lambda: 1)"
    body += "\nsignal.pthread_sigmask(signal.SIG_SETMASK, ())"
    assert outcome(body) == "SIGINT True True\n"
