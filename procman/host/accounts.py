"""Children that run as another user.

posix_spawn(3) can change only the effective user. To become somebody else for the moment in which a child
starts is no way either: whoever runs as that user could signal procman meanwhile. So a small program
(`launch.py`) takes the child's first moment: it gives root's rights away, and what is to run takes its place.
"""

from __future__ import annotations

import os
import sys

from procman.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.core.plan.policies import Account

LAUNCHER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "launch.py")


def variables(account: Account) -> dict[str, str]:
    """What a program finds of its user, as after a login."""
    return {"HOME": account.home, "USER": account.name, "LOGNAME": account.name}


def launched(account: Account, words: tuple[str, ...], environment: Mapping[str, str]) -> tuple[str, ...]:
    """The words that start others as somebody else. Python sets LC_CTYPE in a C locale (PEP 538), so the
    launcher is told what it was."""
    groups = ",".join(map(str, account.groups))
    options = ("-I", "-S", "-X", "utf8")
    locale = environment.get("LC_CTYPE", "")
    return (
        *(sys.executable, *options, LAUNCHER),
        *(str(account.uid), str(account.gid), groups, locale, "--", *words),
    )
