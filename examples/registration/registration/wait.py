"""`python -m registration.wait redis mail -- COMMAND …` runs COMMAND once redis and mail listen.

All processes start at the same moment, so each waits for those it needs instead of crashing.
"""

import os
import signal
import socket
import sys
import time

from registration import settings

TRIES = 150
PAUSE = 0.1
TOLD = 10
"""After so many tries that somebody is waited for is worth a line."""


def until_listening(*process_types: str) -> None:
    """Return when each type accepts connections; exit with a message after some 15 seconds."""
    for process_type in process_types:
        _wait_for(process_type, settings.port_of(process_type))


def end_on_sigterm() -> None:
    """Make SIGTERM a normal end with exit code 0, as a stop on request is no failure."""
    signal.signal(signal.SIGTERM, lambda signum, frame: sys.exit(0))


def _wait_for(process_type: str, port: int) -> None:
    for attempt in range(TRIES):
        if _listens(port):
            return
        if attempt == TOLD:
            print(f"waiting for {process_type} on port {port}", flush=True)
        time.sleep(PAUSE)
    sys.exit(f"gave up: {process_type} does not listen on port {port} after {TRIES} tries")


def _listens(port: int) -> bool:
    try:
        socket.create_connection((settings.HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def main() -> None:
    """Split the arguments at `--`, wait for the types before it, become the command after it."""
    if "--" not in sys.argv[1:-1]:
        sys.exit("usage: python -m registration.wait TYPE… -- COMMAND…")
    end_on_sigterm()
    dashes = sys.argv.index("--")
    until_listening(*sys.argv[1:dashes])
    command = sys.argv[dashes + 1 :]
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
