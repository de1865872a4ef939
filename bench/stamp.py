"""The Python twin of stamp.c, for machines without a C compiler: slower, and so a little later."""

import time

NOW = time.time_ns()

import os  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402

TICK = 0.01


def _beat() -> None:
    words: list[bytes] = []
    signal.signal(signal.SIGUSR1, lambda _number, _frame: words.append(b"usr1"))
    while True:
        deadline = time.monotonic() + TICK
        while not words and (left := deadline - time.monotonic()) > 0:
            time.sleep(left)
        os.write(1, b"%s %d\n" % (words.pop() if words else b"beat", time.time_ns()))


if sys.argv[1:] == ["beat"]:
    _beat()
else:
    os.write(os.open(sys.argv[1], os.O_WRONLY), f"{sys.argv[2]} {NOW}\n".encode())
