"""What the system is short of, in words that say what to do. Imported first, for nothing can be read then."""

from __future__ import annotations

import errno
import os

MEMORY = "free some memory, or raise the limit with 'ulimit -v'"
DISK = "make room on the disk"
WHAT_TO_DO = {
    errno.EMFILE: "raise the limit with 'ulimit -n'",
    errno.ENFILE: "raise the limit with 'ulimit -n'",
    errno.EAGAIN: "raise the limit of processes with 'ulimit -u'",
    errno.ENOMEM: MEMORY,
    errno.ENOSPC: DISK,
    errno.EDQUOT: DISK,
    errno.EFBIG: "raise the limit of a file's size with 'ulimit -f'",
}
NO_THREAD = "no thread can be started: raise the limits with 'ulimit -u' (processes) or 'ulimit -v' (memory)"


def reason(error: OSError) -> str:
    """What the system says, and what to do about it when it is a shortage."""
    text = os.strerror(error.errno) if error.errno else str(error)
    advice = WHAT_TO_DO.get(error.errno or 0)
    return f"{text}: {advice}" if advice else text


def in_words(error: BaseException) -> str | None:
    """What to tell of an error that is the world's and not ours; None for one that is a bug."""
    if isinstance(error, OSError):
        return f"{os.fsdecode(error.filename)}: {reason(error)}" if error.filename else reason(error)
    if isinstance(error, MemoryError):
        return f"out of memory: {MEMORY}"
    if isinstance(error, ImportError) and not str(error.name).startswith("procman"):
        return f"Python cannot load its module {error.name} ({error}): see that it is whole, or {MEMORY}"
    return None
