"""The signals that mean something to procman."""

from __future__ import annotations

import signal

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
"""Mean: stop everything."""
FOR_PROCESSES = (signal.SIGUSR1, signal.SIGUSR2)
"""Mean nothing to procman, and are passed on."""
OF_THE_TERMINAL = (signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH)
"""Suspended, resumed, resized."""
ALL = (*STOPPING, *FOR_PROCESSES, *OF_THE_TERMINAL)
GRACE_SECONDS = 5.0
"""Between SIGTERM and SIGKILL where no `-t` says otherwise."""
SI_KERNEL = 0x80
"""`si_code` of a signal that the terminal sent to its whole foreground group (sigaction(2))."""
