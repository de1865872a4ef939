"""/etc/crontab and files of /etc/cron.d, in which each line names a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.importing.cron import crontab

if TYPE_CHECKING:
    from procman.importing.found import Found


def read(data: bytes, source: str, found: Found) -> None:
    """Add the tasks of a crontab of the system. Raises `UserError` for what is no text."""
    crontab.carry_over(data, source, found, with_user=True)
