"""A program of its own: becomes another user, then what is behind `--`. See `accounts`.

It imports nothing of procman, and little else: it runs as root, and each such child waits for it.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # what `signal` is made of, without 5 ms of enum
import os
import sys

CANNOT = 126
"""As the shell has it."""


def become(uid: int, gid: int, groups: list[int]) -> None:
    """Give root's rights away, those of the user last: they allow the others."""
    os.setgroups(groups)
    os.setgid(gid)
    os.setuid(uid)


def main(uid: str, gid: str, groups: str, locale: str, *words: str) -> None:
    """Raises `OSError`; otherwise it does not come back."""
    become(int(uid), int(gid), [int(group) for group in groups.split(",") if group])
    os.environ.pop("LC_CTYPE", None)
    if locale:
        os.environ["LC_CTYPE"] = locale
    for number in (_signal.SIGINT, _signal.SIGPIPE, _signal.SIGXFSZ):  # Python has its own way with them
        _signal.signal(number, _signal.SIG_DFL)
    _signal.pthread_sigmask(_signal.SIG_SETMASK, ())
    os.execv(words[1], words[1:])


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except OSError as error:
        os.write(2, f"procman: cannot run as user {sys.argv[1]}: {error.strerror}\n".encode())
        os._exit(CANNOT)
