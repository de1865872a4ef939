"""What `make demo` runs: this app under procman, on ports that are free.

`python -m registration.demo FILE` leaves in FILE what to do next, nothing when all went well; make shows it.
"""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from registration.settings import HOST

PREFERRED = 5000
"""macOS has a service of its own on this one."""
TYPES = 4
"""Process types in the Procfile; procman gives each the port that is 100 above that of the one before."""
TRIES = 100


class DemoError(Exception):
    """Why the demo did not run, or not to its end, and what to do."""


def free_base_port(preferred: int) -> int:
    """The first port from the preferred one on that is free for web, and with it those of the others."""
    for base in range(preferred, preferred + TRIES):
        if all(_is_free(base + 100 * number) for number in range(TYPES)):
            return base
    raise DemoError(
        f"The ports from {preferred} on are taken: choose another one, as in 'make demo PORT=7000'"
    )


def run(port: int) -> int:
    """Have procman run the app until both end; its exit code."""
    with subprocess.Popen(["procman", "start", "-p", str(port)], cwd=Path(__file__).parents[1]) as procman:
        signal.signal(signal.SIGTERM, lambda number, frame: procman.send_signal(number))
        for from_terminal in (signal.SIGINT, signal.SIGHUP):  # procman hears these itself
            signal.signal(from_terminal, signal.SIG_IGN)
        return procman.wait()


def demo() -> None:
    """Run the app on free ports. Raises `DemoError`."""
    preferred = _preferred_port()
    port = free_base_port(preferred)
    if port != preferred:
        print(f"port {preferred} or one that belongs to it is taken: the demo runs on {port}", flush=True)
    if code := run(port):
        raise DemoError(
            f"The demo ended with code {code}: the lines above say why. "
            "With that mended type 'make demo', or 'make clean demo' to set it up anew"
        )


def _preferred_port() -> int:
    text = os.environ.get("PORT") or str(PREFERRED)
    if not text.isdecimal() or not 1 <= int(text) <= 65535 - TRIES - 100 * TYPES:
        raise DemoError(
            f"PORT={text} is no port for the demo: choose another one, as in 'make demo PORT=7000'"
        )
    return int(text)


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
        return True


def main() -> None:
    """Run the demo, and say in the file what to do next."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m registration.demo FILE")
    advice = Path(sys.argv[1])
    advice.write_text("")
    try:
        demo()
    except DemoError as error:
        advice.write_text(str(error))


if __name__ == "__main__":
    main()
